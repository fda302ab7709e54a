#include "tools/sim/xts/instruments.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/sim/common/random.hpp"
#include "tools/sim/xts/figures_text.hpp"

namespace tidegate::sim::xts {
namespace {

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 15> kSegments = {{
    {1, "NSECM"},
    {2, "NSEFO"},
    {3, "NSECD"},
    {4, "NSECO"},
    {5, "SLBM"},
    {7, "NIFSC"},
    {11, "BSECM"},
    {12, "BSEFO"},
    {13, "BSECD"},
    {14, "BSECO"},
    {21, "NCDEX"},
    {41, "MSECM"},
    {42, "MSEFO"},
    {43, "MSECD"},
    {51, "MCXFO"},
}};
constexpr std::size_t kMadeUpIds = 100'000;  // ids of made-up shares start here, above those of real ones

using enum RowKind;
using namespace segment;

struct Known {
  std::uint32_t segment;
  std::uint64_t id;
  RowKind kind;
  const char* name;
  const char* description;
  const char* series;
  const char* company;
  std::int64_t price;
  std::int64_t lot = 1;
  const char* expiry = "";
  const char* strike = "";
  int option_type = 0;
  const char* underlying = "";
  std::uint64_t underlying_id = 0;
  const char* tick_size = "0.05";
  std::int64_t tick = 5;
  int decimals = 2;
  bool untraded = false;
};

constexpr Known index_of(std::uint32_t segment, std::uint64_t id, const char* name, std::int64_t price) {
  return {segment, id, Index, name, name, "INDEX", name, price};
}
constexpr Known share(std::uint64_t id, const char* name, const char* description, const char* company, std::int64_t price) {
  return {kNseCash, id, Share, name, description, "EQ", company, price};
}

// Indices and shares have their real ids. Contracts are made up and run until 2030, so that no test of this gateway expires with them.
constexpr std::array kKnown = {
    index_of(kNseCash, 26000, "NIFTY 50", 2'431'265),
    share(2885, "RELIANCE", "RELIANCE-EQ", "RELIANCE INDUSTRIES LTD", 293'850),
    share(1594, "INFY", "INFY-EQ", "INFOSYS LIMITED", 157'480),
    Known{kNseDerivatives, 66'001, Future, "NIFTY", "NIFTY30DECFUT", "FUTIDX", "", 2'438'500, 65, "2030-12-31T14:30:00", "", 0, "Nifty 50", 26000},
    Known{kNseDerivatives, 66'011, Option, "NIFTY", "NIFTY30DEC24500CE", "OPTIDX", "", 21'560, 65, "2030-12-31T14:30:00", "24500", 3, "Nifty 50",
          26000},
    index_of(kBseCash, 1, "SENSEX", 7'779'845),
    Known{kBseCash, 500325, Share, "RELIANCE", "RELIANCE-A", "A", "RELIANCE INDUSTRIES LTD.", 293'905},
    Known{kMcx, 466'001, Future, "GOLD", "GOLD30DECFUT", "FUTCOM", "", 9'908'800, 100, "2030-12-05T23:30:00", "", 0, "", 0, "1", 100},
    Known{kNseCurrency, 12'001, Future, "USDINR", "USDINR30DECFUT", "FUTCUR", "", 831'175, 1000, "2030-12-27T12:30:00", "", 0, "", 0, "0.0025", 25,
          4},
    Known{kBseCurrency, 1'095'001, Future, "EURINR", "EURINR30DECFUT", "FUTCUR", "", 901'325, 1000, "2030-12-27T12:30:00", "", 0, "", 0, "0.0025", 25,
          4},
    Known{kBseDerivatives, 889'001, Option, "SENSEX", "SENSEX30DEC78000CE", "IO", "", 61'480, 20, "2030-12-26T14:30:00", "78000", 3, "SENSEX", 1},
    Known{kBseDerivatives, 889'002, Future, "SENSEX", "SENSEX30DECFUT", "IF", "", 7'798'200, 20, "2030-12-26T14:30:00", "", 0, "SENSEX", 1},
    Known{kNseDerivatives, 66'012, Option, "NIFTY", "NIFTY30DEC24500PE", "OPTIDX", "", 18'635, 65, "2030-12-31T14:30:00", "24500", 4, "Nifty 50",
          26000},
    Known{kNseDerivatives, 66'013, Option, "NIFTY", "NIFTY30DEC30000CE", "OPTIDX", "", 110, 65, "2030-12-31T14:30:00", "30000", 3, "Nifty 50", 26000,
          "0.05", 5, 2, true},
    index_of(kNseCash, 26001, "NIFTY BANK", 5'208'330),
    Known{kNseDerivatives, 66'002, Future, "BANKNIFTY", "BANKNIFTY30DECFUT", "FUTIDX", "", 5'216'400, 30, "2030-12-31T14:30:00", "", 0, "Nifty Bank",
          26001},
    Known{kNseDerivatives, 66'003, Future, "RELIANCE", "RELIANCE30DECFUT", "FUTSTK", "", 295'700, 500, "2030-12-31T14:30:00", "", 0, "", 2885},
    Known{kMcx, 466'002, Future, "CRUDEOIL", "CRUDEOIL30DECFUT", "FUTCOM", "", 552'400, 100, "2030-12-18T23:30:00", "", 0, "", 0, "1", 100},
    share(11536, "TCS", "TCS-EQ", "TATA CONSULTANCY SERV LT", 321'105),
    share(1333, "HDFCBANK", "HDFCBANK-EQ", "HDFC BANK LTD", 160'895),
    share(3045, "SBIN", "SBIN-EQ", "STATE BANK OF INDIA", 81'310),
    share(4963, "ICICIBANK", "ICICIBANK-EQ", "ICICI BANK LTD.", 112'385),
    share(1660, "ITC", "ITC-EQ", "ITC LTD", 43'190),
    share(11483, "LT", "LT-EQ", "LARSEN & TOUBRO LTD.", 355'990),
    share(2031, "M&M", "M&M-EQ", "MAHINDRA & MAHINDRA LTD", 284'465),
    share(3456, "TATAMOTORS", "TATAMOTORS-EQ", "TATA MOTORS LIMITED", 39'370),
    share(5900, "AXISBANK", "AXISBANK-EQ", "AXIS BANK LIMITED", 118'420),
    share(10604, "BHARTIARTL", "BHARTIARTL-EQ", "BHARTI AIRTEL LIMITED", 138'210),
    share(10999, "MARUTI", "MARUTI-EQ", "MARUTI SUZUKI INDIA LTD.", 1'239'420),
    // Of another series than EQ, whose names carry it.
    Known{kNseCash, 99'001, Share, "SIMTRADE", "SIMTRADE-BE", "BE", "SIMULATED TRADE TO TRADE", 12'435},
    Known{kNseCash, 99'002, Share, "SIMGOLD30", "SIMGOLD30-GB", "GB", "SIMULATED GOLD BOND 2030", 845'000},
};

Row row_of_known(const Known& known) {
  Row row;
  row.segment = known.segment;
  row.id = known.id;
  row.kind = known.kind;
  row.name = known.name;
  row.description = known.description;
  row.series = known.series;
  row.company = known.company;
  row.expiry = known.expiry;
  row.strike = known.strike;
  row.option_type = known.option_type;
  row.underlying = known.underlying;
  row.underlying_id = known.underlying_id;
  row.tick_size = known.tick_size;
  row.lot = known.lot;
  row.decimals = known.decimals;
  row.price = known.price;
  row.tick = known.tick;
  row.untraded = known.untraded;
  return row;
}

/// NSE's indices have ids from 26000, BSE's small ones.
bool looks_like_index(InstrumentKey key) {
  return (key.first == kNseCash && key.second >= 26000 && key.second < 27000) || (key.first == kBseCash && key.second < 1000);
}

/// NIFTY 31DEC2030 CE 24500
std::string contract_name(const Row& row) {
  constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  const auto month = static_cast<std::size_t>((row.expiry[5] - '0') * 10 + row.expiry[6] - '1');
  std::string text = row.name + ' ' + row.expiry.substr(8, 2) + std::string{kMonths[month % kMonths.size()]} + row.expiry.substr(0, 4);
  if (row.kind == Option) text += (row.option_type == 3 ? " CE " : " PE ") + row.strike;
  return text;
}

std::string underlying_id_text(const Row& row) {
  if (!row.underlying.empty()) return "-1";
  Row share;
  share.id = row.underlying_id;
  return row.underlying_id == 0 ? "0" : std::to_string(instrument_id(share));
}

}  // namespace

std::string_view segment_name(std::uint32_t number) {
  for (const auto& [each, name] : kSegments) {
    if (each == number) return name;
  }
  return {};
}

std::uint32_t segment_number(std::string_view name) {
  for (const auto& [number, each] : kSegments) {
    if (each == name) return number;
  }
  return 0;
}

Row made_up_row(std::size_t number) {
  Row row;
  char digits[24];
  std::snprintf(digits, sizeof digits, "%05zu", number);
  row.id = kMadeUpIds + number;
  row.name = std::string{"SIM"} + digits;
  row.description = row.name + "-EQ";
  row.company = std::string{"SIMULATED "} + digits;
  Random random{hash_text(row.name)};
  row.price = 5'000 + random.below(60'000) * 5;
  row.untraded = number % 50 == 0;
  return row;
}

std::vector<Row> generated_rows(std::size_t count) {
  std::vector<Row> rows;
  for (const Known& known : kKnown) {
    if (rows.size() < count) rows.push_back(row_of_known(known));
  }
  for (std::size_t number = 1; rows.size() < count; ++number) rows.push_back(made_up_row(number));
  return rows;
}

Row row_of(InstrumentKey key) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [key](const Known& each) { return InstrumentKey{each.segment, each.id} == key; });
  if (known != kKnown.end()) return row_of_known(*known);
  Row row;
  row.segment = key.first;
  row.id = key.second;
  row.name = "X" + std::to_string(key.second);
  row.company = row.name;
  const bool cash = key.first % 10 == 1 && key.first != kMcx && key.first != 21;
  if (looks_like_index(key)) {
    row.kind = Index;
    row.series = "INDEX";
    row.description = row.name;
  } else if (cash) {
    row.description = row.name + "-EQ";
  } else {
    row.kind = Future;
    row.series = "FUT";
    row.description = row.name + "30DECFUT";
    row.expiry = "2030-12-31T14:30:00";
  }
  return row;
}

std::uint64_t instrument_id(const Row& row) {
  constexpr std::uint64_t kSegmentUnit = 1'000'000'000'000, kCash = 100'100'000'000, kContracts = 30'365'000'000;  // no more than that it is large
  return (row.segment % 10) * kSegmentUnit + (is_derivative(row) ? kContracts : kCash) + row.id;
}

std::string master_row(const Row& row) {
  const auto around = [&row](std::int64_t percent) {
    std::string text;
    append_price(text, std::max(row.price * percent / 100 / row.tick * row.tick, row.tick), row.decimals);
    return text;
  };
  std::string out{segment_name(row.segment)};
  const auto add = [&out](std::string_view text) { out.append(1, '|').append(text); };
  const bool share = row.kind == Share;
  add(std::to_string(row.id));
  add(std::to_string(static_cast<int>(row.kind)));
  for (const std::string& text : {row.name, row.description, row.series, share ? row.description : row.name + '-' + row.series}) add(text);
  add(std::to_string(instrument_id(row)));
  for (const std::string& text : {around(120), around(80), std::string{"66709"}, row.tick_size, std::to_string(row.lot)}) add(text);
  add("1");
  if (share) {
    char isin[16];
    std::snprintf(isin, sizeof isin, "INE%06lluA01", static_cast<unsigned long long>(row.id % 1'000'000));
    for (const std::string_view text : {std::string_view{row.name}, std::string_view{isin}, std::string_view{"1"}, std::string_view{"1"}}) add(text);
    add(row.company + '-' + row.series);
    for (const char* text : {"0", "-1", "-1"}) add(text);
    return out;
  }
  add(underlying_id_text(row));
  for (const std::string& text : {row.underlying, row.expiry}) add(text);
  if (row.kind == Option) {
    add(row.strike);
    add(std::to_string(row.option_type));
  }
  add(contract_name(row));
  for (const std::string_view text : {std::string_view{"1"}, std::string_view{"1"}, std::string_view{row.description}}) add(text);
  return out;
}

InstrumentList::InstrumentList(std::vector<Row> rows) {
  for (Row& row : rows) add(std::move(row));
}

void InstrumentList::add(Row row) {
  if (places_.emplace(key_of(row), rows_.size()).second) rows_.push_back(std::move(row));
}

void InstrumentList::remove(InstrumentKey key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(place->second));
  places_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) places_.emplace(key_of(rows_[i]), i);
}

const Row* InstrumentList::find(InstrumentKey key) const {
  const auto place = places_.find(key);
  return place == places_.end() ? nullptr : &rows_[place->second];
}

std::string InstrumentList::master(const std::vector<std::uint32_t>& segments) const {
  const auto wanted = [&segments](std::uint32_t number) { return std::find(segments.begin(), segments.end(), number) != segments.end(); };
  std::string out;
  const auto add = [&out](std::string_view line) {
    if (!out.empty()) out += '\n';
    out += line;
  };
  for (std::size_t from = 0; from < text_.size();) {
    const std::string_view line = std::string_view{text_}.substr(from, text_.find('\n', from) - from);
    from += line.size() + 1;
    if (wanted(segment_number(line.substr(0, line.find('|'))))) add(line);
  }
  if (!text_.empty()) return out;
  for (const Row& row : rows_) {
    if (row.kind != Index && wanted(row.segment)) add(master_row(row));
  }
  return out;
}

}  // namespace tidegate::sim::xts
