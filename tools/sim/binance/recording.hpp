// What a frames file holds, found out before it is played: streams, symbols, snapshots, market.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tools/sim/binance/kept_book.hpp"
#include "tools/sim/binance/streams.hpp"

namespace tidegate::sim::binance {

/// The parts of one recorded text frame. Everything views into the frame, except an inferred name.
struct FrameParts {
  std::string stream;        // empty: names none
  std::string_view payload;  // without the envelope
  bool control = false;      // an answer to a request, or a shutdown notice: not played
};
void split_frame(std::string_view frame, FrameParts& out);

struct RecordedSymbol {
  std::string depth_stream;   // whose events keep the book; empty: none recorded
  std::int64_t first_id = 0;  // U and pu of its first event
  std::int64_t first_previous = 0;
  std::string snapshot;    // body of the first depth answer; empty: none recorded
  int price_decimals = 0;  // finest seen
  int quantity_decimals = 0;
};

struct Recording {
  bool usdm = false;
  std::map<std::string, std::uint64_t, std::less<>> streams;   // frames of each
  std::map<std::string, RecordedSymbol, std::less<>> symbols;  // by upper-case name
  std::uint64_t frames = 0;
  std::uint64_t bad_lines = 0;
  std::string first_problem;
};

/// Reads the file once. Returns an empty text, or why nothing can be played.
[[nodiscard]] std::string examine(const std::string& path, Recording& out);

[[nodiscard]] std::string symbol_of_stream(std::string_view stream);  // "btcusdt@trade" -> "BTCUSDT"
/// "BTCUSDT" into BTC and USDT, by the quote assets we know.
[[nodiscard]] SymbolSpec recorded_spec(std::string_view name, const RecordedSymbol& symbol, Market market);

}  // namespace tidegate::sim::binance
