// The generated market: one body of bytes per instrument, patched field by field, of which every mode's packet is a beginning.
// Pure: time comes with each call; the same seed makes the same moves, whatever the time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/sim/common/random.hpp"
#include "tools/sim/zerodha/instruments.hpp"
#include "tools/sim/zerodha/packets.hpp"

namespace tidegate::sim::zerodha {

struct MarketOptions {
  std::uint64_t seed = 1;
  double moves_per_step = 0.25;  // of each instrument, on average
  bool always = false;           // every instrument moves in every step
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
  [[nodiscard]] bool changed(std::size_t index, Mode mode) const { return instruments_[index].changed >= weight(mode); }
  [[nodiscard]] std::string_view packet(std::size_t index, Mode mode) const {
    const Instrument& instrument = instruments_[index];
    return {instrument.body.data(), body_bytes(instrument.token, mode)};
  }
  /// Takes over a packet made elsewhere; one of no known length, or longer than the instrument's, changes nothing.
  void overwrite(std::size_t index, std::string_view packet);

 private:
  static constexpr std::uint8_t weight(Mode mode) { return static_cast<std::uint8_t>(3 - static_cast<int>(mode)); }

  struct Instrument {
    std::array<char, kFullBytes> body{};
    std::uint32_t token = 0;
    std::int32_t tick = 0;
    std::int32_t home = 0;  // the price it tends back to
    std::uint32_t lot = 1;
    Random random{0};
    bool untraded = false;
    std::uint8_t changed = 0;  // weight of the least mode of which a field changed, which the greater modes show too; 0: nothing did

    [[nodiscard]] std::uint32_t get(std::size_t offset) const { return get_u32(body.data() + offset); }
    void put(std::size_t offset, std::int64_t value) { put_u32(body.data() + offset, static_cast<std::uint32_t>(value)); }
    void mark(Mode least) { changed = std::max(changed, weight(least)); }
  };

  static void open_index(Instrument& instrument);
  static void open_tradable(Instrument& instrument, bool derivative, std::uint32_t time_s);
  static void move_index(Instrument& instrument, std::uint32_t time_s);
  static void trade(Instrument& instrument, std::uint32_t time_s);
  static void change_quantity(Instrument& instrument);
  static void change_orders(Instrument& instrument);
  static void place_book(Instrument& instrument, std::int64_t middle);
  static void move(Instrument& instrument, std::uint32_t time_s);

  MarketOptions options_;
  std::vector<Instrument> instruments_;
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

}  // namespace tidegate::sim::zerodha
