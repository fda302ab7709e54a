#include "brokers/xts/instruments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <unordered_set>
#include <utility>

namespace tidegate::xts {
namespace {

/// Columns of every row, then those of contracts. Futures and spreads lack what only options have, so their later columns stand elsewhere; none of
/// those is read.
enum class Column : std::uint8_t {
  Segment = 0,
  Id = 1,
  Type = 2,
  Name = 3,
  Description = 4,
  Series = 5,
  NameWithSeries = 6,
  TickSize = 11,
  LotSize = 12,
  Multiplier = 13,  // not read; the last one that every row has
  Expiration = 16,
  Strike = 17,
};
constexpr std::array<std::string_view, 18> kColumnNames = {
    "ExchangeSegment",        "ExchangeInstrumentID", "InstrumentType",     "Name",       "Description", "Series",  "NameWithSeries",
    "InstrumentID",           "PriceBand.High",       "PriceBand.Low",      "FreezeQty",  "TickSize",    "LotSize", "Multiplier",
    "UnderlyingInstrumentId", "UnderlyingIndexName",  "ContractExpiration", "StrikePrice"};
constexpr std::size_t index_of(Column column) { return static_cast<std::size_t>(column); }

/// In the place of InstrumentType; the master itself has numbers there.
constexpr std::string_view kIndexWord = "INDEX";

enum class Type : std::uint32_t { Future = 1, Option = 2, Spread = 4 };

constexpr std::uint32_t kBse = 11;  // BSECM

/// Fields of one row; what is behind the last column that is read is not split.
class Row {
 public:
  explicit Row(std::string_view line) {
    for (; count_ < fields_.size(); ++count_) {
      const std::size_t length = std::min(line.find('|'), line.size());
      fields_[count_] = line.substr(0, length);
      if (length == line.size()) {
        ++count_;
        return;
      }
      line.remove_prefix(length + 1);
    }
  }
  [[nodiscard]] bool has(Column column) const { return index_of(column) < count_; }
  [[nodiscard]] std::string_view operator[](Column column) const { return fields_[index_of(column)]; }

 private:
  std::array<std::string_view, kColumnNames.size()> fields_;
  std::size_t count_ = 0;
};

template <class Integer>
bool read_integer(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// One row as an instrument; keeps the first fault.
class RowReader {
 public:
  explicit RowReader(const Row& row) : row_(row) {}

  Result<Instrument> read() {
    if (!row_.has(Column::Id)) return Error{Reason::BadShape};
    segment_ = find_segment(row_[Column::Segment]);
    if (segment_ == nullptr) return Error{Reason::BadText, kColumnNames[0]};
    instrument_.venue = segment_->venue;
    instrument_.native.segment = segment_->number;
    if (!read_integer(row_[Column::Id], instrument_.native.token) || instrument_.native.token == 0) fail(Reason::BadInteger, Column::Id);
    if (row_.has(Column::Name) && row_[Column::Type] == kIndexWord) {
      instrument_.kind = InstrumentKind::Index;
      read_name(Column::Name);
    } else if (row_.has(Column::Multiplier)) {
      read_master();
    } else {
      return Error{Reason::BadShape};
    }
    if (failed_) return error_;
    return std::move(instrument_);
  }
  /// Of the instrument that was read; a view into the row.
  [[nodiscard]] std::string_view name() const { return name_; }

 private:
  void read_master() {
    std::uint32_t number = 0;
    if (!read_integer(row_[Column::Type], number)) fail(Reason::BadInteger, Column::Type);
    const Type type{number};
    const bool is_contract = type == Type::Future || type == Type::Option || type == Type::Spread;
    if (type == Type::Future) instrument_.kind = InstrumentKind::Future;
    if (type == Type::Option) instrument_.kind = InstrumentKind::Option;
    if (!is_contract && segment_->cash) instrument_.kind = InstrumentKind::Cash;
    read_name(is_contract || !segment_->cash ? Column::Description : cash_name());
    instrument_.tick_size = read_amount(Column::TickSize);
    instrument_.lot_size = read_amount(Column::LotSize);
    if (type == Type::Future || type == Type::Option) instrument_.expiry = read_expiry();
    if (type == Type::Option) instrument_.strike = read_amount(Column::Strike);
  }

  [[nodiscard]] Column cash_name() const { return segment_->number == kBse || row_[Column::Series] == "EQ" ? Column::Name : Column::NameWithSeries; }

  void read_name(Column column) {
    name_ = row_[column];
    if (!common::is_listed_name(name_)) return fail(Reason::BadText, column);
    instrument_.name = name_;
  }
  Decimal read_amount(Column column) {
    if (!row_.has(column)) {
      fail(Reason::MissingField, column);
      return kAbsent;
    }
    const Result<Decimal> amount = common::read_instrument_amount(row_[column]);
    if (amount) return *amount;
    fail(amount.error().reason, column);
    return kAbsent;
  }
  /// `2026-01-27T14:30:00` in India, of which the day is kept.
  UtcTime read_expiry() {
    if (!row_.has(Column::Expiration)) {
      fail(Reason::MissingField, Column::Expiration);
      return kNoTime;
    }
    const std::string_view text = row_[Column::Expiration];
    const auto day = common::parse_expiry_date(text.substr(0, text.find('T')));
    if (!day) fail(Reason::BadText, Column::Expiration);
    return day.value_or(kNoTime);
  }

  void fail(Reason reason, Column column) {
    if (failed_) return;
    failed_ = true;
    error_ = {reason, kColumnNames[index_of(column)]};
  }

  const Row& row_;
  const Segment* segment_ = nullptr;
  std::string_view name_;
  Instrument instrument_;
  bool failed_ = false;
  Error error_{};
};

/// Symbols and ids that are taken, by segment: a segment has a venue of its own.
class Taken {
 public:
  /// False: one of them is taken already. `name` outlives this.
  bool take(std::uint32_t segment, std::string_view name, std::uint64_t token) {
    const auto place = static_cast<std::size_t>(find_segment(segment) - kSegments.data());
    Sets& sets = sets_[place];
    if (sets.names.contains(name) || sets.tokens.contains(token)) return false;
    sets.names.insert(name);
    sets.tokens.insert(token);
    return true;
  }

 private:
  struct Sets {
    std::unordered_set<std::string_view> names;
    std::unordered_set<std::uint64_t> tokens;
  };
  std::array<Sets, kSegments.size()> sets_;
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::vector<const Segment*>> parse_segments(std::string_view names) {
  std::vector<const Segment*> segments;
  while (!names.empty()) {
    const std::size_t length = std::min(names.find(','), names.size());
    const std::string_view name = trimmed(names.substr(0, length));
    names.remove_prefix(std::min(length + 1, names.size()));
    const Segment* segment = find_segment(name);
    if (segment == nullptr) return Error{Reason::BadText, name};
    if (std::ranges::find(segments, segment) == segments.end()) segments.push_back(segment);
  }
  if (segments.empty()) return Error{Reason::MissingField};
  return segments;
}

common::ParsedInstruments parse_instruments(std::string_view text) {
  common::ParsedInstruments list;
  constexpr std::size_t kShortestRow = 32;  // keeps what is set aside in proportion to the text
  list.instruments.reserve(std::min(static_cast<std::size_t>(std::ranges::count(text, '\n')), text.size() / kShortestRow));
  Taken taken;
  for (std::uint64_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;

    const Row row{line};
    RowReader reader{row};
    Result<Instrument> instrument = reader.read();
    if (!instrument) {
      if (list.bad_rows++ > 0) continue;
      list.first_bad = instrument.error();
      list.first_bad_line = line_number;
    } else if (!taken.take(instrument->native.segment, reader.name(), instrument->native.token)) {
      ++list.duplicates;
    } else {
      list.instruments.push_back(std::move(*instrument));
    }
  }
  return list;
}

std::string index_rows(const Segment& segment, std::span<const std::string_view> entries, std::uint64_t& bad) {
  std::string rows;
  for (const std::string_view entry : entries) {
    const std::size_t mark = entry.rfind('_');
    const std::string_view name = trimmed(entry.substr(0, mark));
    std::uint64_t id = 0;
    if (mark == std::string_view::npos || !read_integer(entry.substr(mark + 1), id) || id == 0 || !common::is_listed_name(name) ||
        name.find('|') != std::string_view::npos) {
      ++bad;
      continue;
    }
    rows.append(segment.name).append("|").append(std::to_string(id)).append("|").append(kIndexWord).append("|").append(name).append("\n");
  }
  return rows;
}

}  // namespace tidegate::xts
