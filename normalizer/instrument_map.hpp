// (broker, the broker's own id) to InstrumentId: one probe, no allocation. The key is (broker, segment, token or text), never the token alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/core/catalog.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/update.hpp"

namespace tidegate {

class InstrumentMap {
 public:
  /// Takes over every id of the catalog; ids it knew before stay. `before`: the one that was loaded last, which may spare most of the work.
  void load(const Catalog& catalog, const Catalog* before = nullptr);
  void add(BrokerId broker, const NativeId& native, InstrumentId instrument);
  /// kNoInstrument when no list holds it.
  [[nodiscard]] InstrumentId find(BrokerId broker, const NativeRef& native) const;

 private:
  struct Slot {
    std::uint64_t hash = 0;  // 0: free
    std::uint64_t token = 0;
    std::uint32_t segment = 0;
    std::uint32_t text = 0;  // offset in texts_
    std::uint16_t text_length = 0;
    BrokerId broker{};
    InstrumentId instrument = kNoInstrument;
  };
  [[nodiscard]] static std::uint64_t hash_of(BrokerId broker, const NativeRef& native);
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash, BrokerId broker, const NativeRef& native) const;
  void add(const CatalogEntry& entry);
  void grow();

  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  std::string texts_;
  std::size_t used_ = 0;
};

}  // namespace tidegate
