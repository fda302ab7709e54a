// A generated exchange: what happens in its instruments, in whole numbers, whatever a broker makes of it. Trades, day figures, open interest and
// depth agree with one another. Pure: time comes with each call; the same seed makes the same moves, whatever the time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tools/sim/common/random.hpp"

namespace tidegate::sim {

enum class Trading : std::uint8_t {
  Index,  // has a value, and nothing else
  Share,
  Derivative,  // has open interest besides
};

/// What an instrument starts with. Prices are in units of the broker's choice; quantities in shares or contract units.
struct Listing {
  std::uint64_t seed = 0;  // told apart from those of other instruments by the caller
  Trading kind = Trading::Share;
  std::int64_t price = 0;  // where it starts, and what it tends back to
  std::int64_t tick = 1;
  std::int64_t lot = 1;
  bool untraded = false;  // nothing happens in it today: last price and close, everything else zero
};

struct BookLevel {
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  std::int64_t orders = 0;
  bool operator==(const BookLevel&) const = default;
};
inline constexpr std::size_t kBookLevels = 5;

/// Everything that is known of an instrument. Times are the exchange's whole seconds, unix.
struct Figures {
  std::int64_t last = 0, last_quantity = 0, average = 0, volume = 0;
  std::int64_t total_buy = 0, total_sell = 0;  // of the whole book, most of which lies below the five levels
  std::int64_t open = 0, high = 0, low = 0;
  std::int64_t close = 0;  // of the day before
  std::int64_t open_interest = 0, open_interest_high = 0, open_interest_low = 0;
  std::int64_t trade_time_s = 0, time_s = 0;
  std::array<BookLevel, kBookLevels> bids{}, asks{};  // best first
};

/// Prices since the bar began; nothing traded: no trades, and open is the last price before it.
struct Bar {
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
};

/// What the last step changed, as bits.
namespace change {
inline constexpr unsigned kPrice = 1;     // another last price
inline constexpr unsigned kTrade = 2;     // a trade, at whatever price; of an index: a value
inline constexpr unsigned kQuantity = 4;  // of the book
inline constexpr unsigned kOrders = 8;    // of the book
inline constexpr unsigned kOpenInterest = 16;
}  // namespace change

struct ExchangeOptions {
  double moves_per_step = 0.25;  // of each instrument, on average
  bool always = false;           // every instrument moves in every step
};

class Exchange {
 public:
  explicit Exchange(const ExchangeOptions& options) : options_(options) {}

  /// Returns its index: they count up from 0.
  std::size_t add(const Listing& listing, std::int64_t utc_us);
  /// Lets the market move on.
  void step(std::int64_t utc_us);

  [[nodiscard]] std::size_t size() const { return instruments_.size(); }
  [[nodiscard]] const Figures& figures(std::size_t index) const { return instruments_[index].figures; }
  /// What they were before the last step; current only where it changed something.
  [[nodiscard]] const Figures& before(std::size_t index) const { return instruments_[index].before; }
  [[nodiscard]] unsigned changes(std::size_t index) const { return instruments_[index].changes; }
  /// The bar so far, and a new one begins at its last price.
  Bar take_bar(std::size_t index);

 private:
  struct Instrument {
    Listing listing;
    Random random{0};
    Figures figures, before;
    Bar bar;
    unsigned changes = 0;
  };

  static void open_tradable(Instrument& instrument, std::int64_t utc_us);
  static void place_book(Figures& figures, std::int64_t tick, std::int64_t middle);
  static void note_price(Instrument& instrument, std::int64_t price, std::int64_t quantity);
  static void move(Instrument& instrument, std::int64_t time_s);
  static void move_index(Instrument& instrument, std::int64_t time_s);
  static void trade(Instrument& instrument, std::int64_t time_s);
  static void change_open_interest(Instrument& instrument, std::int64_t quantity);
  static void change_quantity(Instrument& instrument);
  static void change_orders(Instrument& instrument);

  ExchangeOptions options_;
  std::vector<Instrument> instruments_;
};

}  // namespace tidegate::sim
