// The instrument lists, search and past bars over REST.
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "tools/sim/xts/engine_io.hpp"
#include "tools/sim/xts/figures_text.hpp"
#include "tools/sim/xts/rest.hpp"

namespace tidegate::sim::xts {
namespace {

constexpr std::size_t kFoundMax = 100;

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

std::uint32_t segment_of(const net::HttpRequest& request) {
  std::uint64_t number = 0;
  if (!read_number(request.query("exchangeSegment"), number) || number > 1'000) return 0;
  return static_cast<std::uint32_t>(number);
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string found_row(const Row& row) {
  std::string out = R"({"ExchangeSegment":)" + std::to_string(row.segment) + R"(,"ExchangeInstrumentID":)" + std::to_string(row.id) +
                    R"(,"InstrumentType":)" + std::to_string(static_cast<int>(row.kind));
  const auto add = [&out](const char* name, std::string_view text) {
    out.append(",\"").append(name).append("\":");
    append_json_text(out, text);
  };
  add("Name", row.name);
  add("DisplayName", row.name);
  add("Description", row.description);
  add("Series", row.series);
  add("NameWithSeries", row.kind == RowKind::Share ? row.description : row.name + "-" + row.series);
  out += R"(,"InstrumentID":)" + std::to_string(instrument_id(row)) + R"(,"FreezeQty":66709,"TickSize":)" + row.tick_size + R"(,"LotSize":)" +
         std::to_string(row.lot) + R"(,"DecimalDisplace":)" + std::to_string(row.decimals);
  if (is_derivative(row)) add("ContractExpiration", row.expiry);
  return out + "}";
}

/// "Mar 04 2026 100000", India's wall clock, to seconds since 1970 by that clock. False: not such a text.
bool read_time(const std::string& text, std::int64_t& out) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%b %d %Y %H%M%S", &parts);
  if (end == nullptr || *end != '\0') return false;
  out = static_cast<std::int64_t>(::timegm(&parts));
  return true;
}

std::string ohlc_row(const Candle& candle, int decimals) {
  std::string out = std::to_string(since_1970_india(candle.end_s));
  for (const std::int64_t price : {candle.bar.open, candle.bar.high, candle.bar.low, candle.bar.close}) {
    out += '|';
    append_price(out, price, decimals);
  }
  return out + '|' + std::to_string(candle.bar.volume) + '|' + std::to_string(candle.open_interest) + '|';
}

}  // namespace

bool Rest::is_list(std::string_view path) const {
  constexpr std::array<std::string_view, 5> kLists = {"/instruments/master", "/instruments/indexlist", "/search/instruments",
                                                      "/search/instrumentsbyid", "/instruments/ohlc"};
  return std::find(kLists.begin(), kLists.end(), path) != kLists.end();
}

net::HttpResponse Rest::lists(const net::HttpRequest& request, std::string_view path) {
  const bool post = request.method == "POST";
  if (path == "/instruments/master" && post) return master(request);
  if (path == "/search/instrumentsbyid" && post) return by_id(request);
  if (request.method != "GET") return not_found(request);
  if (path == "/instruments/indexlist") return index_list(request);
  if (path == "/search/instruments") return search(request);
  return path == "/instruments/ohlc" ? ohlc(request) : not_found(request);
}

net::HttpResponse Rest::master(const net::HttpRequest& request) {
  if (no_list_status != 0) return rest_failure(no_list_status, "e-instrument-0002", "Master is not available");
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  const auto wanted = document.IsObject() ? document.FindMember("exchangeSegmentList") : rapidjson::Value::MemberIterator{};
  if (!document.IsObject() || wanted == document.MemberEnd() || !wanted->value.IsArray()) return bad_request("exchangeSegmentList is required");
  std::vector<std::uint32_t> segments;
  for (const auto& each : wanted->value.GetArray()) {
    const std::uint32_t number = each.IsString() ? segment_number({each.GetString(), each.GetStringLength()}) : 0;
    if (number == 0) return bad_request("exchangeSegmentList: unknown segment");
    segments.push_back(number);
  }
  std::string result;
  append_json_text(result, list_.master(segments));
  return rest_success("s-instrument-0009", "Instrument master retrieved", result);
}

net::HttpResponse Rest::index_list(const net::HttpRequest& request) {
  if (no_list_status != 0) return rest_failure(no_list_status, "e-instrument-0002", "Index list is not available");
  const std::uint32_t wanted = segment_of(request);
  if (segment_name(wanted).empty()) return bad_request("exchangeSegment is invalid");
  std::string names;
  for (const Row& row : list_.rows()) {
    if (row.kind != RowKind::Index || row.segment != wanted) continue;
    if (!names.empty()) names += ',';
    append_json_text(names, row.name + "_" + std::to_string(row.id));
  }
  return rest_success("s-instrument-0010", "Index List successfully retrieved",
                      R"({"exchangeSegment":)" + std::to_string(wanted) + R"(,"indexList":[)" + names + "]}");
}

net::HttpResponse Rest::search(const net::HttpRequest& request) {
  const std::string wanted = upper(request.query("searchString"));
  if (wanted.empty()) return bad_request("searchString is required");
  std::string rows;
  std::size_t count = 0;
  for (const Row& row : list_.rows()) {
    if (row.kind == RowKind::Index || row.description.find(wanted) == std::string::npos || count++ >= kFoundMax) continue;
    rows += (rows.empty() ? "" : ",") + found_row(row);
  }
  return rest_success("s-search-0001", "Search successful", "[" + rows + "]");
}

net::HttpResponse Rest::by_id(const net::HttpRequest& request) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  const auto wanted = document.IsObject() ? document.FindMember("instruments") : rapidjson::Value::MemberIterator{};
  if (!document.IsObject() || wanted == document.MemberEnd() || !wanted->value.IsArray()) return bad_request("instruments is required");
  std::string rows;
  for (const auto& each : wanted->value.GetArray()) {
    if (!each.IsObject() || !each.HasMember("exchangeSegment") || !each["exchangeSegment"].IsUint() || !each.HasMember("exchangeInstrumentID") ||
        !each["exchangeInstrumentID"].IsUint64()) {
      return bad_request("instruments: exchangeSegment and exchangeInstrumentID are required");
    }
    const Row* row = list_.find({each["exchangeSegment"].GetUint(), each["exchangeInstrumentID"].GetUint64()});
    if (row != nullptr) rows += (rows.empty() ? "" : ",") + found_row(*row);
  }
  return rest_success("s-search-0002", "Search successful", "[" + rows + "]");
}

net::HttpResponse Rest::ohlc(const net::HttpRequest& request) {
  std::uint64_t id = 0;
  std::int64_t from = 0, to = 0;
  const Row* row = read_number(request.query("exchangeInstrumentID"), id) ? list_.find({segment_of(request), id}) : nullptr;
  if (row == nullptr) return rest_failure(400, "e-instrument-0001", "Instrument not found", "{}");
  if (!read_time(request.query("startTime"), from) || !read_time(request.query("endTime"), to)) return bad_request("startTime or endTime is invalid");
  std::string rows;
  for (const Candle& candle : source_.candles(key_of(*row))) {
    const std::int64_t time = since_1970_india(candle.end_s);
    if (time < from || time > to) continue;
    rows += (rows.empty() ? "" : ",") + ohlc_row(candle, row->decimals);
  }
  std::string result = R"({"exchangeSegment":")" + std::string{segment_name(row->segment)} + R"(","exchangeInstrumentID":")" +
                       std::to_string(row->id) + R"(","dataReponse":)";
  append_json_text(result, rows);
  return rest_success("s-quotes-0003", "Get OHLC successfully!", result + "}");
}

}  // namespace tidegate::sim::xts
