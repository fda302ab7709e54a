#include "brokers/zerodha/instruments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>

#include "brokers/common/csv.hpp"
#include "brokers/common/instrument_fields.hpp"
#include "brokers/zerodha/segments.hpp"

namespace tidegate::zerodha {
namespace {

/// The columns that are read. exchange_token repeats the token, last_price is always 0, and name names the company or the underlying.
enum class Column : std::uint8_t { Token, Symbol, Expiry, Strike, TickSize, LotSize, Type, Segment, Exchange };
constexpr std::array<std::string_view, 9> kColumnNames = {"instrument_token", "tradingsymbol",   "expiry",  "strike",  "tick_size",
                                                          "lot_size",         "instrument_type", "segment", "exchange"};
constexpr std::string_view name_of(Column column) { return kColumnNames[static_cast<std::size_t>(column)]; }

InstrumentKind kind_of(std::uint32_t token, std::string_view segment, std::string_view type) {
  // The list marks indices by their segment, packets by their token; where only one does, there is still nothing but a ticker.
  if (segment == "INDICES" || is_index(segment_of(token))) return InstrumentKind::Index;
  if (type == "EQ") return InstrumentKind::Cash;
  if (type == "FUT") return InstrumentKind::Future;
  if (type == "CE" || type == "PE") return InstrumentKind::Option;
  return InstrumentKind::Other;
}

/// Reads rows as instruments; the first line says where their columns stand.
class RowReader {
 public:
  /// The column that is missing, or an empty text.
  std::string_view read_header(std::span<const std::string_view> header) {
    width_ = header.size();
    for (std::size_t i = 0; i < kColumnNames.size(); ++i) {
      const auto found = std::ranges::find(header, kColumnNames[i]);
      if (found == header.end()) return kColumnNames[i];
      places_[i] = static_cast<std::size_t>(found - header.begin());
    }
    return {};
  }

  Result<Instrument> read(std::span<const std::string_view> row) {
    if (row.size() != width_) return Error{Reason::BadShape};  // its fields stand under the wrong names
    row_ = row;
    failed_ = false;
    Instrument instrument;
    const std::uint32_t token = read_token();
    instrument.native = native_id(token);
    instrument.name = read_name(Column::Symbol);
    instrument.venue = read_name(Column::Exchange);
    if (instrument.venue.find(':') != std::string::npos) fail(Reason::BadText, Column::Exchange);
    instrument.kind = kind_of(token, field(Column::Segment), field(Column::Type));
    instrument.expiry = read_expiry();
    instrument.strike = read_amount(Column::Strike);
    instrument.tick_size = read_amount(Column::TickSize);
    instrument.lot_size = read_amount(Column::LotSize);
    if (failed_) return error_;
    return instrument;
  }

 private:
  [[nodiscard]] std::string_view field(Column column) const { return row_[places_[static_cast<std::size_t>(column)]]; }

  void fail(Reason reason, Column column) {
    if (failed_) return;
    failed_ = true;
    error_ = {reason, name_of(column)};
  }

  /// The token alone counts; exchange_token should be its upper 24 bits, and is not compared.
  std::uint32_t read_token() {
    const std::string_view text = field(Column::Token);
    std::uint32_t token = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), token);
    if (error != std::errc{} || end != text.data() + text.size() || token == 0) fail(Reason::BadInteger, Column::Token);
    return token;
  }
  std::string_view read_name(Column column) {
    const std::string_view text = field(column);
    if (!common::is_listed_name(text)) fail(Reason::BadText, column);
    return text;
  }
  UtcTime read_expiry() {
    const std::string_view text = field(Column::Expiry);
    if (text.empty()) return kNoTime;
    const auto expiry = common::parse_expiry_date(text);
    if (!expiry) fail(Reason::BadText, Column::Expiry);
    return expiry.value_or(kNoTime);
  }
  Decimal read_amount(Column column) {
    const Result<Decimal> amount = common::read_instrument_amount(field(column));
    if (amount) return *amount;
    fail(amount.error().reason, column);
    return kAbsent;
  }

  std::size_t width_ = 0;
  std::array<std::size_t, kColumnNames.size()> places_{};
  std::span<const std::string_view> row_;
  bool failed_ = false;
  Error error_{};
};

}  // namespace

Result<InstrumentCsv> parse_instruments(std::string_view csv) {
  common::CsvReader lines{csv};
  RowReader rows;
  if (!lines.next()) return Error{Reason::MissingField, kColumnNames.front()};
  if (const std::string_view missing = rows.read_header(lines.fields()); !missing.empty()) return Error{Reason::MissingField, missing};

  InstrumentCsv list;
  constexpr std::size_t kShortestRow = 32;  // keeps what is set aside in proportion to the text
  list.instruments.reserve(std::min(static_cast<std::size_t>(std::ranges::count(csv, '\n')), csv.size() / kShortestRow));
  while (lines.next()) {
    auto row = lines.well_formed() ? rows.read(lines.fields()) : Result<Instrument>{Error{Reason::BadShape}};
    if (row) {
      list.instruments.push_back(std::move(*row));
    } else if (list.bad_rows++ == 0) {
      list.first_bad = row.error();
      list.first_bad_line = lines.line_number();
    }
  }
  return list;
}

}  // namespace tidegate::zerodha
