#include "tools/bench/frame_maker.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

namespace tidegate::bench {
namespace {

constexpr std::array<std::string_view, 20> kBases = {"BTC", "ETH", "BNB",  "SOL", "XRP", "DOGE", "ADA",  "AVAX", "LINK", "DOT",
                                                     "TRX", "LTC", "NEAR", "UNI", "APT", "ATOM", "PEPE", "FIL",  "ARB",  "SHIB"};
constexpr std::int64_t kSnapshotLevels = 500;  // a side
constexpr std::int64_t kNearTop = 100;         // changes stay within so many ticks of the best price

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = static_cast<char>(c - 'A' + 'a');
  return result;
}

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

/// Eight decimals, as the venue pads them.
void put_price(std::string& out, std::int64_t ticks) { put(out, "\"{}.{:02}000000\"", ticks / 100, ticks % 100); }
void put_quantity(std::string& out, std::uint64_t units) { put(out, "\"{}.{:05}000\"", units / 100'000, units % 100'000); }

}  // namespace

FrameMaker::FrameMaker() {
  for (std::size_t i = 0; i < kBases.size(); ++i) {
    Market market;
    market.symbol = std::string{kBases[i]} + "USDT";
    market.stream = lower(market.symbol);
    market.middle = 2'000 + static_cast<std::int64_t>((kBases.size() - i) * (kBases.size() - i)) * 16'000;
    market.update_id = 40'000'000'000 + below(1'000'000'000);
    market.trade_id = 1'000'000'000 + below(1'000'000'000);
    markets_.push_back(std::move(market));
  }
}

std::uint64_t FrameMaker::below(std::uint64_t bound) { return random_() % bound; }

void FrameMaker::fill(std::vector<RawFrame>& frames) {
  for (RawFrame& frame : frames) {
    Market& market = markets_[below(markets_.size())];
    frame.bytes.clear();
    time_ms_ += static_cast<std::int64_t>(below(2));
    frame.received = UtcTime{(time_ms_ + 3) * 1'000'000 + static_cast<std::int64_t>(below(1'000'000))};
    const std::uint64_t kind = below(100);
    if (kind < 68) {
      book_ticker(market, frame.bytes);
    } else if (kind < 92) {
      trade(market, frame.bytes);
    } else {
      depth(market, frame.bytes);
    }
  }
}

void FrameMaker::book_ticker(Market& market, std::string& out) {
  put(out, R"({{"stream":"{}@bookTicker","data":{{"u":{},"s":"{}","b":)", market.stream, market.update_id += 1 + below(5), market.symbol);
  put_price(out, market.middle - 1 - static_cast<std::int64_t>(below(kNearTop)));
  out += R"(,"B":)";
  put_quantity(out, 1 + below(10'000'000));
  out += R"(,"a":)";
  put_price(out, market.middle + 1 + static_cast<std::int64_t>(below(kNearTop)));
  out += R"(,"A":)";
  put_quantity(out, 1 + below(10'000'000));
  out += "}}";
}

void FrameMaker::trade(Market& market, std::string& out) {
  put(out, R"({{"stream":"{}@trade","data":{{"e":"trade","E":{},"s":"{}","t":{},"p":)", market.stream, time_ms_, market.symbol, ++market.trade_id);
  put_price(out, market.middle - 50 + static_cast<std::int64_t>(below(kNearTop)));
  out += R"(,"q":)";
  put_quantity(out, 1 + below(1'000'000));
  put(out, R"(,"T":{},"m":{},"M":true}}}})", time_ms_ - 1, below(2) == 0 ? "true" : "false");
}

void FrameMaker::depth(Market& market, std::string& out) {
  const std::uint64_t first = market.depth_id + 1;
  market.update_id += 20 + below(100);
  market.depth_id = market.update_id;
  put(out, R"({{"stream":"{}@depth@100ms","data":{{"e":"depthUpdate","E":{},"s":"{}","U":{},"u":{},"b":[)", market.stream, time_ms_, market.symbol,
      first, market.depth_id);
  levels(market.middle - 1, -1, 5 + below(11), out);
  out += R"(],"a":[)";
  levels(market.middle + 1, 1, 5 + below(11), out);
  out += "]}}";
}

/// `count` prices, best first; a fifth of them leave the book.
void FrameMaker::levels(std::int64_t best, std::int64_t step, std::uint64_t count, std::string& out) {
  std::int64_t ticks = best;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    out += '[';
    put_price(out, ticks);
    out += ',';
    put_quantity(out, below(5) == 0 ? 0 : 1 + below(10'000'000));
    out += ']';
    ticks += step * static_cast<std::int64_t>(1 + below(static_cast<std::uint64_t>(kNearTop) / 15));
  }
}

std::vector<RawFrame> FrameMaker::snapshots() {
  std::vector<RawFrame> frames;
  for (Market& market : markets_) {
    market.depth_id = market.update_id;
    RawFrame& frame = frames.emplace_back();
    frame.kind = FrameKind::Rest;
    frame.request = fmt::format("GET /api/v3/depth?symbol={}&limit=1000", market.symbol);
    frame.received = UtcTime::from_milliseconds(time_ms_);
    put(frame.bytes, R"({{"lastUpdateId":{},"bids":[)", market.update_id);
    for (const std::int64_t step : {-1, 1}) {
      for (std::int64_t i = 0; i < kSnapshotLevels; ++i) {
        frame.bytes += i == 0 ? "[" : ",[";
        put_price(frame.bytes, market.middle + step * (1 + i));
        frame.bytes += ',';
        put_quantity(frame.bytes, 1 + below(10'000'000));
        frame.bytes += ']';
      }
      frame.bytes += step < 0 ? R"(],"asks":[)" : "]}";
    }
  }
  return frames;
}

std::vector<std::string> FrameMaker::symbols() const {
  std::vector<std::string> symbols;
  for (const Market& market : markets_) symbols.push_back(market.symbol);
  return symbols;
}

}  // namespace tidegate::bench
