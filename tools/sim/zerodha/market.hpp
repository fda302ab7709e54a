// The generated market in the broker's packets: one body of bytes per instrument, of which every mode's packet is a beginning.
// Pure: time comes with each call; the same seed makes the same moves, whatever the time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/sim/common/exchange.hpp"
#include "tools/sim/zerodha/instruments.hpp"
#include "tools/sim/zerodha/packets.hpp"

namespace tidegate::sim::zerodha {

struct MarketOptions {
  std::uint64_t seed = 1;
  ExchangeOptions exchange;
};

class Market {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Market(const std::vector<Row>& rows, const MarketOptions& options, std::int64_t utc_us);

  void add(const Row& row, std::int64_t utc_us);
  /// Lets the market move on.
  void step(std::int64_t utc_us);

  [[nodiscard]] std::size_t find(std::uint32_t token) const;
  /// Whether the last step changed a field of this mode's packet.
  [[nodiscard]] bool changed(std::size_t index, Mode mode) const;
  [[nodiscard]] std::string_view packet(std::size_t index, Mode mode) const {
    const Instrument& instrument = instruments_[index];
    return {instrument.body.data(), body_bytes(instrument.token, mode)};
  }
  /// Takes over a packet made elsewhere, until the instrument moves; one of no known length, or longer than the instrument's, changes nothing.
  void overwrite(std::size_t index, std::string_view packet);

 private:
  struct Instrument {
    std::array<char, kFullBytes> body{};
    std::uint32_t token = 0;
  };

  void write(std::size_t index);

  std::uint64_t seed_;
  Exchange exchange_;
  std::vector<Instrument> instruments_;  // by the exchange's index
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

}  // namespace tidegate::sim::zerodha
