#include "tools/sim/zerodha/instruments.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/sim/common/random.hpp"
#include "tools/sim/zerodha/packets.hpp"

namespace tidegate::sim::zerodha {
namespace {

constexpr std::string_view kHeader =
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange\n";
constexpr std::size_t kMadeUpTokens = 100'000;  // exchange tokens of made-up shares start here, above those of real ones

struct Known {
  std::uint32_t token;
  const char* symbol;
  const char* name;
  const char* expiry;
  const char* strike;
  const char* tick_size;
  int lot_size;
  const char* type;
  const char* segment;
  const char* exchange;
  std::int64_t price;  // 0: only a name for recordings, not part of a generated market
  std::int64_t tick;
  bool untraded = false;
};

constexpr std::uint32_t made_up(std::uint32_t exchange_token, std::uint32_t segment) { return exchange_token * 256 + segment; }

// Indices and shares have their real tokens. Contracts are made up and run until 2030, so that no test of this gateway expires with them.
constexpr std::array kKnown = {
    Known{256265, "NIFTY 50", "NIFTY 50", "", "0", "0", 0, "EQ", "INDICES", "NSE", 2'434'390, 5},
    Known{738561, "RELIANCE", "RELIANCE INDUSTRIES", "", "", "0.05", 1, "EQ", "NSE", "NSE", 294'070, 5},
    Known{408065, "INFY", "INFOSYS", "", "", "0.05", 1, "EQ", "NSE", "NSE", 157'315, 5},
    Known{made_up(66'001, 2), "NIFTY30DECFUT", "NIFTY", "2030-12-31", "0", "0.05", 65, "FUT", "NFO-FUT", "NFO", 2'441'000, 5},
    Known{made_up(66'011, 2), "NIFTY30DEC24500CE", "NIFTY", "2030-12-31", "24500", "0.05", 65, "CE", "NFO-OPT", "NFO", 21'335, 5},
    Known{265, "SENSEX", "SENSEX", "", "0", "0", 0, "EQ", "INDICES", "BSE", 7'783'406, 5},
    Known{128083204, "RELIANCE", "RELIANCE INDUSTRIES", "", "0", "0.05", 1, "EQ", "BSE", "BSE", 294'100, 5},
    Known{made_up(466'001, 7), "GOLD30DECFUT", "GOLD", "2030-12-05", "0", "1", 1, "FUT", "MCX-FUT", "MCX", 9'912'300, 100},
    Known{made_up(12'001, 3), "USDINR30DECFUT", "USDINR", "2030-12-27", "0", "0.0025", 1, "FUT", "CDS-FUT", "CDS", 831'250'000, 25'000},
    Known{made_up(1'095'001, 6), "EURINR30DECFUT", "EURINR", "2030-12-27", "0", "0.0025", 1, "FUT", "BCD-FUT", "BCD", 901'250, 25},
    Known{made_up(889'001, 5), "SENSEX30DEC78000CE", "SENSEX", "2030-12-26", "78000", "0.05", 20, "CE", "BFO-OPT", "BFO", 61'050, 5},
    Known{made_up(889'002, 5), "SENSEX30DECFUT", "SENSEX", "2030-12-26", "0", "0.05", 20, "FUT", "BFO-FUT", "BFO", 7'801'000, 5},
    Known{made_up(66'012, 2), "NIFTY30DEC24500PE", "NIFTY", "2030-12-31", "24500", "0.05", 65, "PE", "NFO-OPT", "NFO", 18'470, 5},
    Known{made_up(66'013, 2), "NIFTY30DEC30000CE", "NIFTY", "2030-12-31", "30000", "0.05", 65, "CE", "NFO-OPT", "NFO", 105, 5, true},
    Known{260105, "NIFTY BANK", "NIFTY BANK", "", "0", "0", 0, "EQ", "INDICES", "NSE", 5'211'045, 5},
    Known{made_up(66'002, 2), "BANKNIFTY30DECFUT", "BANKNIFTY", "2030-12-31", "0", "0.05", 30, "FUT", "NFO-FUT", "NFO", 5'220'000, 5},
    Known{made_up(466'002, 7), "CRUDEOIL30DECFUT", "CRUDEOIL", "2030-12-18", "0", "1", 1, "FUT", "MCX-FUT", "MCX", 553'000, 100},
    Known{made_up(1'068, 9), "MCXGOLDEX", "MCXGOLDEX", "", "0", "0", 1, "EQ", "INDICES", "MCX", 2'210'055, 5},
    Known{made_up(60'065, 9), "BSE SENSEX SIXTY 65:35", "BSE SENSEX SIXTY 65:35", "", "0", "0", 1, "EQ", "INDICES", "BSE", 3'315'020, 5},
    Known{2953217, "TCS", "TATA CONSULTANCY SERV LT", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 320'940, 5},
    Known{341249, "HDFCBANK", "HDFC BANK", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 161'050, 5},
    Known{779521, "SBIN", "STATE BANK OF INDIA", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 81'235, 5},
    Known{1270529, "ICICIBANK", "ICICI BANK", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 112'480, 5},
    Known{424961, "ITC", "ITC", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 43'115, 5},
    Known{2939649, "LT", "LARSEN & TOUBRO", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 356'220, 5},
    Known{519937, "M&M", "MAHINDRA & MAHINDRA", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 284'650, 5},
    Known{884737, "TATAMOTORS", "TATA MOTORS", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 39'295, 5},
    Known{1510401, "AXISBANK", "AXIS BANK", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 118'505, 5},
    Known{2714625, "BHARTIARTL", "BHARTI AIRTEL", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 138'070, 5},
    Known{2815745, "MARUTI", "MARUTI SUZUKI INDIA", "", "0", "0.05", 1, "EQ", "NSE", "NSE", 1'240'035, 5},
    // Names for recordings.
    Known{10967554, "NIFTY2692223350CE", "NIFTY", "2026-09-22", "23350", "0.05", 65, "CE", "NFO-OPT", "NFO", 0, 5},
    Known{227668741, "SENSEX26O0872500CE", "SENSEX", "2026-10-08", "72500", "0.05", 20, "CE", "BFO-OPT", "BFO", 0, 5},
    Known{280510214, "EURINR22NOVFUT", "EURINR", "2022-11-28", "0", "0.0025", 1, "FUT", "BCD-FUT", "BCD", 0, 25},
    Known{119445255, "GOLD26AUGFUT", "GOLD", "2026-08-05", "0", "1", 1, "FUT", "MCX-FUT", "MCX", 0, 100},
};

Row row_of(const Known& known) {
  Row row;
  row.token = known.token;
  row.symbol = known.symbol;
  row.name = known.name;
  row.expiry = known.expiry;
  row.strike = known.strike;
  row.tick_size = known.tick_size;
  row.lot_size = known.lot_size;
  row.type = known.type;
  row.segment = known.segment;
  row.exchange = known.exchange;
  row.price = known.price;
  row.tick = known.tick;
  row.untraded = known.untraded;
  return row;
}

void append_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

Row made_up_row(std::size_t number) {
  Row row;
  char digits[24];
  std::snprintf(digits, sizeof digits, "%05zu", number);
  row.token = made_up(static_cast<std::uint32_t>(kMadeUpTokens + number), 1);
  row.symbol = std::string{"SIM"} + digits;
  // Some names hold what a reader of the file must expect in quotes.
  row.name = number % 7 == 0 ? std::string{"SIMULATED \"S\", NO "} + digits : std::string{"SIMULATED "} + digits;
  row.segment = row.exchange = "NSE";
  Random random{hash_text(row.symbol)};
  row.price = 5'000 + random.below(60'000) * 5;
  row.untraded = number % 50 == 0;
  return row;
}

std::vector<Row> generated_rows(std::size_t count) {
  std::vector<Row> rows;
  for (const Known& known : kKnown) {
    if (known.price != 0 && rows.size() < count) rows.push_back(row_of(known));
  }
  for (std::size_t number = 1; rows.size() < count; ++number) rows.push_back(made_up_row(number));
  return rows;
}

Row row_of_token(std::uint32_t token) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [token](const Known& each) { return each.token == token; });
  if (known != kKnown.end()) return row_of(*known);
  constexpr std::array<const char*, 10> kExchanges = {"NSE", "NSE", "NFO", "CDS", "BSE", "BFO", "BCD", "MCX", "NSE", "NSE"};
  const std::uint32_t segment = segment_of(token);
  Row row;
  row.token = token;
  row.symbol = "T" + std::to_string(token);
  row.exchange = segment < kExchanges.size() ? kExchanges[segment] : "NSE";
  row.segment = is_index(token) ? "INDICES" : row.exchange;
  const std::int64_t divisor = price_divisor(token);
  if (divisor != 100) row.tick_size = "0.0025";
  if (is_index(token)) row.tick_size = "0";
  row.tick = divisor / 400;
  return row;
}

InstrumentList::InstrumentList(std::vector<Row> rows, std::int64_t now_s) : written_s_(now_s) {
  for (Row& row : rows) add(std::move(row), now_s);
}

void InstrumentList::add(Row row, std::int64_t now_s) {
  if (!places_.emplace(row.token, rows_.size()).second) return;
  rows_.push_back(std::move(row));
  written_s_ = now_s;
  ++version_;
}

bool InstrumentList::remove(std::uint32_t token) {
  const auto place = places_.find(token);
  if (place == places_.end()) return false;
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(place->second));
  places_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) places_.emplace(rows_[i].token, i);
  ++version_;
  return true;
}

std::string InstrumentList::csv(std::string_view exchange) const {
  if (!text_.empty() && exchange.empty()) return text_;
  std::string out{kHeader};
  bool any = false;
  for (const Row& row : rows_) {
    if (!exchange.empty() && row.exchange != exchange) continue;
    any = true;
    out += std::to_string(row.token) + ',' + std::to_string(row.token >> 8U) + ',';
    append_field(out, row.symbol);
    out += ',';
    append_field(out, row.name);
    out += ",0," + row.expiry + ',' + row.strike + ',' + row.tick_size + ',' + std::to_string(row.lot_size) + ',' + row.type + ',' + row.segment +
           ',' + row.exchange + '\n';
  }
  if (!any) out.clear();
  return out;
}

std::string InstrumentList::etag() const {
  char text[40];
  std::snprintf(text, sizeof text, "W/\"%llx-%04x\"", static_cast<unsigned long long>(written_s_), version_ & 0xFFFFU);
  return text;
}

}  // namespace tidegate::sim::zerodha
