#include "tests/ibkr/update_text.hpp"

#include <array>

namespace tidegate::test::ibkr {
namespace {

std::string text(Decimal value) { return value.present() ? to_text(value) : "none"; }

/// "quote 265598@ARCA delayed at 1777552110061": milliseconds.
std::string head(std::string_view kind, const NativeRef& instrument, Flags flags, UtcTime ts_event) {
  std::string out = std::string{kind} + " " + std::to_string(instrument.token);
  if (!instrument.text.empty()) out += "@" + std::string{instrument.text};
  CHECK(instrument.segment == 0);
  if (has(flags, Flags::Delayed)) out += " delayed";
  if (has(flags, Flags::Stale)) out += " stale";
  CHECK_FALSE(has(flags, Flags::Float));
  return ts_event.known() ? out + " at " + std::to_string(ts_event.ns / 1'000'000) : out;
}

std::string side(std::span<const LevelUpdate> levels) {
  std::string out;
  for (const LevelUpdate& level : levels) out += " " + text(level.quantity) + "@" + text(level.price);
  return out;
}

}  // namespace

void DescribingSink::on_quote(const QuoteUpdate& update) {
  lines.push_back(head("quote", update.instrument, update.flags, update.ts_event) + " " + text(update.bid_size) + "@" + text(update.bid_price) + " " +
                  text(update.ask_size) + "@" + text(update.ask_price));
}

void DescribingSink::on_depth(const DepthUpdate& update) {
  CHECK(update.kind == DepthKind::TopLevels);
  lines.push_back(head("depth", update.instrument, update.flags, update.ts_event) + " bids" + side(update.bids) + " asks" + side(update.asks));
}

/// What is sent, what is over (only where it was known), and behind a bar what still stands.
void DescribingSink::on_ticker(const TickerUpdate& update) {
  constexpr std::array<std::string_view, kTickerFieldCount> kNames = {"price", "change",   "percent",   "high",     "low",      "volume", "open",
                                                                      "close", "average",  "last_size", "turnover", "interest", "bid",    "bid_size",
                                                                      "ask",   "ask_size", "buys",      "sells",    "upper",    "lower"};
  CHECK((update.present & update.cleared) == 0);
  CHECK((update.present & update.standing) == 0);
  CHECK((update.cleared & update.standing) == 0);
  CHECK_FALSE(update.derive_change);
  std::string out = head("ticker", update.instrument, update.flags, update.ts_event);
  std::string over, standing;
  std::size_t over_count = 0;
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    const std::string field = " " + std::string{kNames[i]};
    if ((update.present >> i & 1U) != 0) out += field + "=" + text(update.values[i]);
    if ((update.cleared >> i & 1U) != 0) {
      over += field + "=none";
      ++over_count;
    }
    if ((update.standing >> i & 1U) != 0) standing += field + "=" + text(update.values[i]);
  }
  // The first message of a stream ends all that an earlier connection may have said; that is a long list.
  lines.push_back(out + (over_count > 3 ? " and nothing else" : over) + (standing.empty() ? "" : " |" + standing));
}

void DescribingSink::on_availability(const AvailabilityUpdate& update) {
  constexpr std::array<std::string_view, 7> kNames = {"unstated",       "real_time",    "delayed",      "frozen",
                                                      "delayed_frozen", "not_entitled", "no_instrument"};
  lines.push_back(head("access", update.instrument, Flags::None, kNoTime) + " " + std::string{kNames[static_cast<std::size_t>(update.access)]});
  CHECK(gives_nothing(update.access) <= !update.words.empty());
}

void DescribingSink::on_instrument_status(const InstrumentStatusUpdate& update) {
  lines.push_back(head("status", update.instrument, update.flags, update.ts_event) + " " + std::string{to_text(update.state)});
}

}  // namespace tidegate::test::ibkr
