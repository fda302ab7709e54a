#include "normalizer/instrument_map.hpp"

#include <string_view>
#include <utility>

namespace tidegate {

std::uint64_t InstrumentMap::hash_of(BrokerId broker, const NativeRef& native) {
  // FNV-1a over the text, then a 64-bit mix of everything: brokers choose their ids, so neighbours must not cluster.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : native.text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash ^= (std::uint64_t{broker.value()} << 48U) ^ (std::uint64_t{native.segment} << 32U) ^ native.token;
  hash = (hash ^ (hash >> 31U)) * 0x9e3779b97f4a7c15U;
  hash ^= hash >> 29U;
  return hash == 0 ? 1 : hash;
}

std::size_t InstrumentMap::slot_of(std::uint64_t hash, BrokerId broker, const NativeRef& native) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.hash == 0) return i;
    if (slot.hash == hash && slot.broker == broker && slot.segment == native.segment && slot.token == native.token &&
        std::string_view{texts_}.substr(slot.text, slot.text_length) == native.text) {
      return i;
    }
  }
}

InstrumentId InstrumentMap::find(BrokerId broker, const NativeRef& native) const {
  if (slots_.empty()) return kNoInstrument;
  return slots_[slot_of(hash_of(broker, native), broker, native)].instrument;
}

void InstrumentMap::add(BrokerId broker, const NativeId& native, InstrumentId instrument) {
  if ((used_ + 1) * 2 > slots_.size()) grow();
  const NativeRef ref{native.segment, native.token, native.text};
  const std::uint64_t hash = hash_of(broker, ref);
  Slot& slot = slots_[slot_of(hash, broker, ref)];
  if (slot.hash == 0) {
    slot = {hash,   native.token, native.segment, static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint16_t>(native.text.size()),
            broker, instrument};
    texts_ += native.text;
    ++used_;
  }
  slot.instrument = instrument;
}

void InstrumentMap::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 64 : slots_.size() * 2));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.hash == 0) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].hash != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void InstrumentMap::add(const CatalogEntry& entry) {
  for (std::size_t i = 0; i < entry.brokers.size(); ++i) add(entry.brokers[i], entry.natives[i], entry.id);
}

void InstrumentMap::load(const Catalog& catalog, const Catalog* before) {
  const auto take = [this](const CatalogEntry& entry) { add(entry); };
  if (before != nullptr && catalog.shares_lists_with(*before)) {
    catalog.for_each_found_since(*before, take);
  } else {
    catalog.for_each(take);
  }
}

}  // namespace tidegate
