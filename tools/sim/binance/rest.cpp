#include "tools/sim/binance/rest.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/sim/binance/candles.hpp"
#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::size_t kAddressesMax = 10'000;
constexpr std::int64_t kStaleBy = 10'000'000;  // ids that a stale snapshot lies back

RestAnswer error(int status, std::int64_t code, std::string_view message) {
  RestAnswer answer;
  answer.status = status;
  ObjectWriter object{answer.body};
  object.integer("code", code).text("msg", message).close();
  return answer;
}

RestAnswer fine(std::string body) {
  RestAnswer answer;
  answer.body = std::move(body);
  return answer;
}

RestAnswer missing(std::string_view parameter) {
  return error(400, -1102, "Mandatory parameter '" + std::string{parameter} + "' was not sent, was empty/null, or malformed.");
}

bool read_number(std::string_view text, std::int64_t& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size();
}

/// Moves the id of a depth answer back.
void make_stale(std::string& body) {
  constexpr std::string_view kKey = "\"lastUpdateId\":";
  const std::size_t at = body.find(kKey);
  if (at == std::string::npos) return;
  std::int64_t id = 0;
  const char* start = body.data() + at + kKey.size();
  const auto [end, code] = std::from_chars(start, body.data() + body.size(), id);
  if (code != std::errc{}) return;
  body.replace(at + kKey.size(), static_cast<std::size_t>(end - start), std::to_string(std::max<std::int64_t>(id - kStaleBy, 1)));
}

}  // namespace

struct Rest::Request {
  Market market = Market::Spot;
  std::string path;  // "depth", behind the version
  std::map<std::string, std::string, std::less<>> query;

  [[nodiscard]] std::string_view parameter(std::string_view name) const {
    const auto it = query.find(name);
    return it == query.end() ? std::string_view{} : std::string_view{it->second};
  }
  [[nodiscard]] bool usdm() const { return market == Market::Usdm; }
  [[nodiscard]] std::int64_t limit(std::int64_t fallback) const {
    std::int64_t value = fallback;
    return read_number(parameter("limit"), value) && value > 0 ? value : fallback;
  }
};

namespace {

std::int64_t depth_weight(bool usdm, std::int64_t limit) {
  if (usdm) return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20;
  return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
}

std::int64_t weight_of(std::string_view path, bool usdm, bool one_symbol, std::int64_t limit) {
  if (path == "depth") return depth_weight(usdm, limit);
  if (path == "exchangeInfo") return usdm ? 1 : 20;
  if (path == "trades") return usdm ? 5 : 25;
  if (path == "historicalTrades") return usdm ? 20 : 25;
  if (path == "aggTrades") return usdm ? 20 : 4;
  if (path == "klines") return usdm ? (limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10) : 2;
  if (path == "ticker/24hr") return usdm ? (one_symbol ? 1 : 40) : (one_symbol ? 2 : 80);
  if (path == "ticker/bookTicker") return usdm ? (one_symbol ? 2 : 5) : (one_symbol ? 2 : 4);
  if (path == "ticker/price") return usdm ? (one_symbol ? 1 : 2) : (one_symbol ? 2 : 4);
  if (path == "premiumIndex") return one_symbol ? 1 : 10;
  return path == "avgPrice" ? 2 : 1;
}

}  // namespace

bool Rest::parse(const RestCall& call, Request& request) const {
  const std::string_view target = call.target;
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  constexpr std::array<std::pair<std::string_view, Market>, 3> kRoots = {
      std::pair{std::string_view{"/api/v3/"}, Market::Spot}, {"/api/v1/", Market::Spot}, {"/fapi/v1/", Market::Usdm}};
  const auto* const root =
      std::find_if(kRoots.begin(), kRoots.end(), [path](const auto& each) { return path.substr(0, each.first.size()) == each.first; });
  if (root == kRoots.end()) return false;
  request.market = root->second;
  if (options_.serves == (request.usdm() ? Serves::Spot : Serves::Usdm)) return false;
  request.path = path.substr(root->first.size());
  std::string_view query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) request.query[percent_decode(pair.substr(0, equals))] = percent_decode(pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return true;
}

WeightLimit& Rest::weight_limit(const Request& request, const std::string& remote_address) {
  if (weights_.size() > kAddressesMax) weights_.clear();
  const std::int64_t limit = request.usdm() ? options_.usdm_weight_limit : options_.spot_weight_limit;
  return weights_.try_emplace((request.usdm() ? "u" : "s") + remote_address, limit, options_.minute_ns).first->second;
}

std::optional<RestAnswer> Rest::answer(const RestCall& call, Now now) {
  Request request;
  if (!parse(call, request)) return error(404, -1000, "No such path.");
  if (now.mono_ns < refuse_until_ns) {
    RestAnswer refused =
        error(refuse_status, -1003, refuse_status == 418 ? "Way too much request weight used; IP banned." : "Too much request weight used.");
    refused.headers.emplace_back("Retry-After", std::to_string((refuse_until_ns - now.mono_ns + kSecondNs - 1) / kSecondNs));
    return refused;
  }
  if (unavailable_count > 0) {
    --unavailable_count;
    return error(503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes.");
  }
  WeightLimit& limit = weight_limit(request, call.remote_address);
  const std::int64_t weight = weight_of(request.path, request.usdm(), !request.parameter("symbol").empty(),
                                        request.limit(request.path == "depth" && !request.usdm() ? 100 : 500));
  const WeightVerdict verdict = limit.spend(weight, now.utc_us * 1000);
  std::optional<RestAnswer> answer;
  if (verdict.status == 200) {
    answer = dispatch(request, now);
    if (!answer) return std::nullopt;
  } else if (verdict.status == 429) {
    answer = error(429, -1003,
                   "Too much request weight used; current limit is " + std::to_string(limit.limit()) +
                       " request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.");
  } else {
    answer = error(418, -1003,
                   "Way too much request weight used; IP banned until " + std::to_string(verdict.banned_until_ms) +
                       ". Please use WebSocket Streams for live updates to avoid bans.");
  }
  if (verdict.status != 200) answer->headers.emplace_back("Retry-After", std::to_string(verdict.retry_after_s));
  if (verdict.status != 418) answer->headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(verdict.used));
  return answer;
}

std::optional<RestAnswer> Rest::finish(const RestCall& call, Now now) {
  Request request;
  if (!parse(call, request)) return error(404, -1000, "No such path.");
  auto answer = dispatch(request, now);
  if (answer) {
    const WeightVerdict verdict = weight_limit(request, call.remote_address).spend(0, now.utc_us * 1000);
    answer->headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(verdict.used));
  }
  return answer;
}

std::optional<RestAnswer> Rest::check_symbol(const Request& request) const {
  const std::string_view symbol = request.parameter("symbol");
  if (symbol.empty()) return missing("symbol");
  if (!feed_.has_symbol(request.market, symbol)) return error(400, -1121, "Invalid symbol.");
  return std::nullopt;
}

std::optional<RestAnswer> Rest::dispatch(const Request& request, Now now) {
  const std::string_view path = request.path;
  if (path == "ping") return fine("{}");
  if (path == "time") return fine("{\"serverTime\":" + std::to_string(now.utc_us / 1000) + "}");
  if (path == "exchangeInfo") return exchange_info(request, now);
  if (path == "ticker/24hr") return summary(request, Feed::Summary::Day, now);
  if (path == "ticker/price") return summary(request, Feed::Summary::Price, now);
  if (path == "ticker/bookTicker") return summary(request, Feed::Summary::BookTicker, now);
  if (path == "premiumIndex" && request.usdm()) return summary(request, Feed::Summary::Premium, now);
  if (path == "depth") return depth(request, now);
  const bool lists = path == "trades" || path == "historicalTrades" || path == "aggTrades" || path == "klines";
  if (!lists && (path != "avgPrice" || request.usdm())) return error(404, -1000, "No such path.");
  if (auto refused = check_symbol(request)) return refused;
  if (path == "avgPrice") return summary(request, Feed::Summary::Average, now);
  const std::string_view symbol = request.parameter("symbol");
  Feed::History history;
  history.limit = static_cast<std::size_t>(std::min<std::int64_t>(request.limit(500), 1000));
  const std::string_view from = request.parameter("fromId");
  if (!from.empty() && (!read_number(from, history.from_id) || history.from_id < 0))
    return error(400, -1100, "Illegal characters found in parameter 'fromId'.");
  if (path == "aggTrades") return old_trades(feed_.agg_trades(request.market, symbol, history), request);
  if (path != "klines") {
    if (path == "trades") history.from_id = -1;  // the newest, whatever is asked for
    return old_trades(feed_.trades(request.market, symbol, history), request);
  }
  const auto* const interval = std::find(kIntervals.begin(), kIntervals.end(), request.parameter("interval"));
  if (interval == kIntervals.end()) return request.parameter("interval").empty() ? missing("interval") : error(400, -1120, "Invalid interval.");
  history.interval = static_cast<std::size_t>(interval - kIntervals.begin());
  return fine(feed_.klines(request.market, symbol, history));
}

/// An answer with old trades, or what a fault makes of it.
RestAnswer Rest::old_trades(std::string body, const Request& request) {
  if (trade_faults_count == 0 || (trade_fault == TradeFault::NoHistory && request.path != "historicalTrades")) return fine(std::move(body));
  --trade_faults_count;
  switch (trade_fault) {
    case TradeFault::Empty:
      return fine("[]");
    case TradeFault::NoHistory:
      return error(401, -2014, "API-key format invalid.");
    case TradeFault::Cut:
      return fine(body.substr(0, body.size() / 2));
    default:
      break;
  }
  rapidjson::Document trades;
  trades.Parse(body.data(), body.size());
  rapidjson::Value made{rapidjson::kArrayType};
  const rapidjson::SizeType count = trades.Size();
  for (rapidjson::SizeType i = 0; i < count; ++i) {
    rapidjson::Value trade{trades[trade_fault == TradeFault::Backwards ? count - 1 - i : i], trades.GetAllocator()};
    const char* const id = request.path == "aggTrades" ? "a" : "id";
    if (trade_fault == TradeFault::Far) trade[id].SetInt64(trade[id].GetInt64() + kStaleBy);
    if (trade_fault == TradeFault::Twice) made.PushBack(rapidjson::Value{trade, trades.GetAllocator()}, trades.GetAllocator());
    if (trade_fault != TradeFault::Half || i % 2 == 0) made.PushBack(trade, trades.GetAllocator());
  }
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer{text};
  made.Accept(writer);
  return fine(text.GetString());
}

std::optional<RestAnswer> Rest::depth(const Request& request, Now now) {
  if (auto refused = check_symbol(request)) return refused;
  const std::string_view given = request.parameter("limit");
  std::int64_t limit = request.usdm() ? 500 : 100;
  if (!given.empty() && (!read_number(given, limit) || limit <= 0)) return error(400, -1100, "Illegal characters found in parameter 'limit'.");
  constexpr std::array<std::int64_t, 7> kUsdmLimits = {5, 10, 20, 50, 100, 500, 1000};
  if (request.usdm() && std::find(kUsdmLimits.begin(), kUsdmLimits.end(), limit) == kUsdmLimits.end()) {
    return error(400, -4021, "Invalid depth limit.");
  }
  const std::string_view status = request.parameter("symbolStatus");
  if (!request.usdm() && !status.empty() && status != "TRADING") {
    return error(400, -1220, "The symbol's status does not match the requested symbolStatus.");
  }
  limit = std::min<std::int64_t>(limit, 5000);
  auto body = feed_.depth(request.market, request.parameter("symbol"), static_cast<std::size_t>(limit), now);
  if (!body) return std::nullopt;
  if (stale_count > 0) {
    --stale_count;
    make_stale(*body);
  }
  return fine(std::move(*body));
}

RestAnswer Rest::summary(const Request& request, Feed::Summary what, Now now) const {
  const std::string_view symbol = request.parameter("symbol");
  if (!symbol.empty()) {
    if (auto refused = check_symbol(request)) return std::move(*refused);
  }
  return fine(feed_.summary(request.market, symbol, what, now));
}

RestAnswer Rest::exchange_info(const Request& request, Now now) const {
  std::vector<std::string> wanted;
  if (!request.usdm()) {  // USD-M takes no parameters
    if (const auto one = request.parameter("symbol"); !one.empty()) wanted.emplace_back(one);
    if (const auto list = request.parameter("symbols"); !list.empty()) {
      rapidjson::Document names;
      names.Parse<rapidjson::kParseIterativeFlag>(list.data(), list.size());
      if (names.HasParseError() || !names.IsArray()) return error(400, -1100, "Illegal characters found in parameter 'symbols'.");
      for (const auto& name : names.GetArray()) {
        if (name.IsString()) wanted.emplace_back(name.GetString(), name.GetStringLength());
      }
    }
  }
  for (const std::string& name : wanted) {
    if (!feed_.has_symbol(request.market, name)) return error(400, -1121, "Invalid symbol.");
  }
  const std::int64_t limit = request.usdm() ? options_.usdm_weight_limit : options_.spot_weight_limit;
  std::string body = "{\"timezone\":\"UTC\",\"serverTime\":" + std::to_string(now.utc_us / 1000);
  if (request.usdm()) body += ",\"futuresType\":\"U_MARGINED\"";
  body += R"(,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":)" + std::to_string(limit) + "}";
  if (!request.usdm()) body += R"(,{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":300000})";
  body += R"(],"exchangeFilters":[],"symbols":[)";
  feed_.exchange_symbols(request.market, wanted, body);
  body += "]}";
  return fine(std::move(body));
}

}  // namespace tidegate::sim::binance
