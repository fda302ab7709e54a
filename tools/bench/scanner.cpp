#include "tools/bench/scanner.hpp"

#include <utility>
#include <vector>

namespace tidegate::bench {
namespace {

/// Where the scanner stands in a frame.
class Cursor {
 public:
  explicit Cursor(const char* begin) : at_(begin) {}

  void step(std::size_t bytes) { at_ += bytes; }
  [[nodiscard]] char peek() const { return *at_; }
  /// Stops behind the next `end`.
  std::string_view until(char end) {
    const char* const begin = at_;
    while (*at_ != end) ++at_;
    return {begin, static_cast<std::size_t>(at_++ - begin)};
  }
  /// Stops at the first byte that is no digit.
  std::uint64_t integer() {
    std::uint64_t value = 0;
    for (; *at_ >= '0'; ++at_) value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
    return value;
  }
  /// Digits, a point, digits, a quote, behind which it stops. Zeros at the end are dropped, as the gateway's decimals want it.
  Decimal decimal() {
    std::int64_t mantissa = 0;
    for (; *at_ != '.'; ++at_) mantissa = mantissa * 10 + (*at_ - '0');
    const char* const point = at_++;
    const char* last = point;  // the last digit that is not zero
    std::int64_t kept = mantissa;
    for (; *at_ != '"'; ++at_) {
      mantissa = mantissa * 10 + (*at_ - '0');
      if (*at_ == '0') continue;
      last = at_;
      kept = mantissa;
    }
    ++at_;
    return {kept, static_cast<std::int8_t>(point - last)};
  }
  UtcTime milliseconds() { return UtcTime{static_cast<std::int64_t>(integer()) * 1'000'000}; }

 private:
  const char* at_;
};

constexpr std::size_t size_of(std::string_view text) { return text.size(); }

class Scanner final : public Decoder {
 public:
  explicit Scanner(std::unique_ptr<Decoder> others) : others_(std::move(others)) {}

  Decoded decode(const RawFrame& frame, UpdateSink& sink) override {
    if (frame.kind != FrameKind::Text) return others_->decode(frame, sink);
    Cursor cursor{frame.bytes.data()};
    cursor.step(size_of(R"({"stream":")"));
    cursor.until('@');
    switch (cursor.peek()) {
      case 'b':
        book_ticker(cursor, sink);
        break;
      case 't':
        trade(cursor, sink);
        break;
      default:
        depth(cursor, sink);
    }
    return {.updates = 1};
  }

 private:
  static void book_ticker(Cursor cursor, UpdateSink& sink) {
    QuoteUpdate update;
    cursor.step(size_of(R"(bookTicker","data":{"u":)"));
    update.book_id = cursor.integer();
    cursor.step(size_of(R"(,"s":")"));
    update.instrument.text = cursor.until('"');
    cursor.step(size_of(R"(,"b":")"));
    update.bid_price = cursor.decimal();
    cursor.step(size_of(R"(,"B":")"));
    update.bid_size = cursor.decimal();
    cursor.step(size_of(R"(,"a":")"));
    update.ask_price = cursor.decimal();
    cursor.step(size_of(R"(,"A":")"));
    update.ask_size = cursor.decimal();
    sink.on_quote(update);
  }

  static void trade(Cursor cursor, UpdateSink& sink) {
    TradeUpdate update;
    update.numbered = true;
    cursor.step(size_of(R"(trade","data":{"e":"trade","E":)"));
    cursor.until(',');
    cursor.step(size_of(R"("s":")"));
    update.instrument.text = cursor.until('"');
    cursor.step(size_of(R"(,"t":)"));
    update.trade_id = cursor.integer();
    cursor.step(size_of(R"(,"p":")"));
    update.price = cursor.decimal();
    cursor.step(size_of(R"(,"q":")"));
    update.quantity = cursor.decimal();
    cursor.step(size_of(R"(,"T":)"));
    update.ts_event = cursor.milliseconds();
    cursor.step(size_of(R"(,"m":)"));
    update.side = cursor.peek() == 't' ? Side::Sell : Side::Buy;
    sink.on_trade(update);
  }

  void depth(Cursor cursor, UpdateSink& sink) {
    DepthUpdate update;
    update.kind = DepthKind::Delta;
    update.chain = ChainRule::FirstFollowsLast;
    cursor.step(size_of(R"(depth@100ms","data":{"e":"depthUpdate","E":)"));
    update.ts_event = cursor.milliseconds();
    cursor.step(size_of(R"(,"s":")"));
    update.instrument.text = cursor.until('"');
    cursor.step(size_of(R"(,"U":)"));
    update.first_id = static_cast<std::int64_t>(cursor.integer());
    cursor.step(size_of(R"(,"u":)"));
    update.last_id = static_cast<std::int64_t>(cursor.integer());
    cursor.step(size_of(R"(,"b":[)"));
    levels(cursor, bids_);
    cursor.step(size_of(R"(,"a":[)"));
    levels(cursor, asks_);
    update.bids = bids_;
    update.asks = asks_;
    sink.on_depth(update);
  }

  /// From behind the opening bracket of a side to behind its closing one.
  static void levels(Cursor& cursor, std::vector<LevelUpdate>& side) {
    side.clear();
    while (cursor.peek() == '[') {
      cursor.step(size_of(R"([")"));
      const Decimal price = cursor.decimal();
      cursor.step(size_of(R"(,")"));
      side.push_back({.price = price, .quantity = cursor.decimal()});
      cursor.step(size_of("]"));
      if (cursor.peek() == ',') cursor.step(1);
    }
    cursor.step(1);
  }

  std::unique_ptr<Decoder> others_;
  std::vector<LevelUpdate> bids_, asks_;
};

}  // namespace

std::unique_ptr<Decoder> make_scanner(std::unique_ptr<Decoder> others) { return std::make_unique<Scanner>(std::move(others)); }

}  // namespace tidegate::bench
