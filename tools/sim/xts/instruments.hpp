// What the simulated broker lists: rows of the instrument master, the indices, and what a recording's instruments are called.
// Source: docs/protocols/xts.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::sim::xts {

namespace segment {
inline constexpr std::uint32_t kNseCash = 1, kNseDerivatives = 2, kNseCurrency = 3, kBseCash = 11, kBseDerivatives = 12, kBseCurrency = 13;
inline constexpr std::uint32_t kMcx = 51;
}  // namespace segment

/// NSECM, NSEFO and so on; empty: unknown.
[[nodiscard]] std::string_view segment_name(std::uint32_t number);
/// 0: unknown.
[[nodiscard]] std::uint32_t segment_number(std::string_view name);

enum class RowKind : std::uint8_t { Index = 0, Future = 1, Option = 2, Share = 8 };  // the last three as the broker numbers them

/// One row. Texts are as the master has them.
struct Row {
  std::uint32_t segment = segment::kNseCash;
  std::uint64_t id = 0;
  RowKind kind = RowKind::Share;
  std::string name;
  std::string description;  // of a share NAME-SERIES, of a contract its trading symbol; of an index its name
  std::string series = "EQ";
  std::string company;
  std::string expiry{};      // 2030-12-31T14:30:00
  std::string strike{};      // rupees
  int option_type = 0;       // 3: call, 4: put
  std::string underlying{};  // its index; empty: the share `name`
  std::uint64_t underlying_id = 0;
  std::string tick_size = "0.05";
  std::int64_t lot = 1;
  int decimals = 2;        // of its prices
  std::int64_t price = 0;  // where a generated market starts, in units of the last decimal
  std::int64_t tick = 5;   // the same as tick_size, in those units
  bool untraded = false;   // nothing happens in it today
};

using InstrumentKey = std::pair<std::uint32_t, std::uint64_t>;  // segment and id

[[nodiscard]] inline InstrumentKey key_of(const Row& row) { return {row.segment, row.id}; }
[[nodiscard]] inline bool is_derivative(const Row& row) { return row.kind == RowKind::Future || row.kind == RowKind::Option; }

/// The generated market's instruments: indices, shares, futures and options of every segment first, then as many made-up shares as are wanted.
[[nodiscard]] std::vector<Row> generated_rows(std::size_t count);
/// Of an instrument found in a recording: its known name, else one made of its segment and id.
[[nodiscard]] Row row_of(InstrumentKey key);
/// A made-up share of NSE, SIM00001 and so on.
[[nodiscard]] Row made_up_row(std::size_t number);

class InstrumentList {
 public:
  explicit InstrumentList(std::vector<Row> rows);

  /// Serves this text, a recorded master, instead of the rows; it decides nothing else.
  void use_text(std::string master) { text_ = std::move(master); }
  void add(Row row);
  void remove(InstrumentKey key);

  /// Null: not listed.
  [[nodiscard]] const Row* find(InstrumentKey key) const;
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  /// Rows of these segments, separated by line feeds; indices are not in it.
  [[nodiscard]] std::string master(const std::vector<std::uint32_t>& segments) const;

 private:
  std::vector<Row> rows_;
  std::map<InstrumentKey, std::size_t> places_;
  std::string text_;
};

/// One row of the master: 22 columns for a share, 21 for a future, 23 for an option.
[[nodiscard]] std::string master_row(const Row& row);
/// The broker's 64-bit InstrumentID.
[[nodiscard]] std::uint64_t instrument_id(const Row& row);

}  // namespace tidegate::sim::xts
