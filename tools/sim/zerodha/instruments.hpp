// What the simulated broker lists: rows of the instruments file, and the file itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tidegate::sim::zerodha {

/// One row. Texts are as the file has them.
struct Row {
  std::uint32_t token = 0;
  std::string symbol;
  std::string name;
  std::string expiry;        // YYYY-MM-DD; empty: none
  std::string strike = "0";  // rupees
  std::string tick_size = "0.05";
  int lot_size = 1;
  std::string type = "EQ";
  std::string segment;
  std::string exchange;
  std::int64_t price = 0;  // where a generated market starts, in units of the packets; not in the file
  std::int64_t tick = 5;   // the same as tick_size, in those units
  bool untraded = false;   // nothing happens in it today
};

/// The generated market's instruments: indices, shares, futures and options of every segment first, then as many made-up shares as are wanted.
[[nodiscard]] std::vector<Row> generated_rows(std::size_t count);
/// Of a token found in a recording: its known name, else one made of its segment and the token.
[[nodiscard]] Row row_of_token(std::uint32_t token);
/// A made-up share of the exchange, SIM00001 and so on.
[[nodiscard]] Row made_up_row(std::size_t number);

class InstrumentList {
 public:
  /// `now_s`: when the file is supposed to have been written, unix seconds.
  InstrumentList(std::vector<Row> rows, std::int64_t now_s);

  /// Serves this text, a recorded file, instead of the rows.
  void use_text(std::string csv) { text_ = std::move(csv); }
  void add(Row row, std::int64_t now_s);
  /// False: it was not there.
  bool remove(std::uint32_t token);

  [[nodiscard]] bool holds(std::uint32_t token) const { return places_.count(token) != 0; }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  /// The whole file, or one exchange's rows; empty where the exchange has none.
  [[nodiscard]] std::string csv(std::string_view exchange) const;
  /// As in instruments_meta: W/"<hex unix time of the file>-<more>".
  [[nodiscard]] std::string etag() const;

 private:
  std::vector<Row> rows_;
  std::unordered_map<std::uint32_t, std::size_t> places_;
  std::string text_;
  std::int64_t written_s_ = 0;
  std::uint32_t version_ = 0;
};

}  // namespace tidegate::sim::zerodha
