// Partial text: key:value pairs, of which only those come that changed.
#include "tools/sim/xts/figures_text.hpp"
#include "tools/sim/xts/messages.hpp"

namespace tidegate::sim::xts {
namespace {

class Pairs {
 public:
  explicit Pairs(const Row& row) : row_(row), out_("t:" + std::to_string(row.segment) + "_" + std::to_string(row.id)) {}

  void integer(std::string_view key, std::int64_t now, std::int64_t before) {
    if (now != before) always(key, std::to_string(now));
  }
  void price(std::string_view key, std::int64_t now, std::int64_t before) {
    if (now == before) return;
    std::string text;
    append_price(text, now, row_.decimals);
    always(key, text);
  }
  void always(std::string_view key, std::string_view value) {
    out_.append(",").append(key).append(":").append(value);
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  const Row& row_;
  std::string out_;
  std::size_t count_ = 0;
};

/// The changed rows as position|size|price|orders, joined by '|'; a field that did not change is empty.
std::string rows_text(const Row& row, const std::array<BookLevel, kBookLevels>& now, const std::array<BookLevel, kBookLevels>& before,
                      std::size_t levels) {
  std::string out;
  for (std::size_t level = 0; level < levels; ++level) {
    if (now[level] == before[level]) continue;
    if (!out.empty()) out += '|';
    out += std::to_string(level) + '|';
    if (now[level].quantity != before[level].quantity) out += std::to_string(now[level].quantity);
    out += '|';
    if (now[level].price != before[level].price) append_price(out, now[level].price, row.decimals);
    out += '|';
    if (now[level].orders != before[level].orders) out += std::to_string(now[level].orders);
  }
  return out;
}

void add_book(Pairs& pairs, const Subject& subject, const Figures& before, std::size_t levels) {
  const std::string bids = rows_text(subject.row, subject.now.bids, before.bids, levels);
  const std::string asks = rows_text(subject.row, subject.now.asks, before.asks, levels);
  if (!bids.empty()) pairs.always("bi", bids);
  if (!asks.empty()) pairs.always("ai", asks);
}

void add_figures(Pairs& pairs, const Subject& subject, const Figures& before) {
  const Figures& now = subject.now;
  pairs.price("ltp", now.last, before.last);
  pairs.integer("ltq", now.last_quantity, before.last_quantity);
  pairs.integer("tb", now.total_buy, before.total_buy);
  pairs.integer("ts", now.total_sell, before.total_sell);
  pairs.integer("v", now.volume, before.volume);
  pairs.price("ap", now.average, before.average);
  pairs.integer("ltt", since_1980(now.trade_time_s), since_1980(before.trade_time_s));
  if (now.last != before.last) {
    std::string percent;
    append_double(percent, percent_change(now.last, now.close));
    pairs.always("pc", percent);
  }
  pairs.price("o", now.open, before.open);
  pairs.price("h", now.high, before.high);
  pairs.price("l", now.low, before.low);
  pairs.price("c", now.close, before.close);
}

/// The time of the update alone is no update.
std::string finish(Pairs& pairs, const Subject& subject, const Figures& before) {
  if (pairs.count() == 0) return {};
  pairs.integer("lut", since_1980(subject.now.time_s), since_1980(before.time_s));
  return pairs.text();
}

}  // namespace

std::string touchline_partial(const Subject& subject, const Figures& before) {
  Pairs pairs{subject.row};
  add_figures(pairs, subject, before);
  add_book(pairs, subject, before, 1);
  return finish(pairs, subject, before);
}

std::string depth_partial(const Subject& subject, const Figures& before) {
  Pairs pairs{subject.row};
  add_book(pairs, subject, before, kBookLevels);
  add_figures(pairs, subject, before);
  return finish(pairs, subject, before);
}

std::string open_interest_partial(const Subject& subject, const Figures& before) {
  Pairs pairs{subject.row};
  pairs.integer("o", subject.now.open_interest, before.open_interest);
  return pairs.count() == 0 ? std::string{} : pairs.text();
}

std::string last_price_partial(const Subject& subject, const Figures& before) {
  Pairs pairs{subject.row};
  pairs.price("ltp", subject.now.last, before.last);
  pairs.integer("ltq", subject.now.last_quantity, before.last_quantity);
  pairs.integer("lut", since_1980(subject.now.trade_time_s), since_1980(before.trade_time_s));
  if (pairs.count() == 0) return {};
  pairs.always("bt", "1");
  pairs.always("mt", "1");
  return pairs.text();
}

std::string candle_partial(const Row& row, const Candle& candle) {
  Pairs pairs{row};
  const Bar& bar = candle.bar;
  for (const auto& [key, price] : {std::pair{"o", bar.open}, {"h", bar.high}, {"l", bar.low}, {"c", bar.close}}) {
    std::string text;
    append_price(text, price, row.decimals);
    pairs.always(key, text);
  }
  pairs.always("bt", std::to_string(since_1970_india(candle.end_s)));
  pairs.always("bv", std::to_string(candle.day_volume));
  pairs.always("pv", "0");
  return pairs.text();
}

}  // namespace tidegate::sim::xts
