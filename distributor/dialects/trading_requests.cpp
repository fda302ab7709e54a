#include <algorithm>
#include <array>
#include <utility>

#include "distributor/dialects/dialect_requests.hpp"
#include "distributor/dialects/request_reader.hpp"
#include "distributor/json_text.hpp"
#include "distributor/topics/topic_table.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kTradingTypesHint =
    "the types are: subscribe_ticker, subscribe_trades, subscribe_orderbook, subscribe_symbol, the same with unsubscribe_, subscribe, unsubscribe, "
    "ping";
constexpr std::string_view kTradingChannelsHint = "one of: orders, risk_alerts, bot_status, portfolio; with symbols also ticker, trades, orderbook";
constexpr std::size_t kEchoBytesMax = 1024;

constexpr std::array<std::string_view, 4> kTopicChannels = {"orders", "risk_alerts", "bot_status", "portfolio"};

/// What the names in `subscribe_...` and in `channels` stand for; empty: nothing.
std::string_view market_channel(std::string_view name) {
  if (name == "ticker" || name == "symbol") return "ticker";
  if (name == "trades" || name == "trade") return "trade";
  return name == "orderbook" ? "orderbook" : "";
}

/// Both are asked for where neither may be read: the answer says what is missing.
void add_topics(const std::string& channel, const Identity& identity, std::vector<std::string>& topics) {
  std::vector<std::string> names;
  if (!identity.user.empty()) {
    names.push_back("user:" + identity.user + ":" + channel);
    if (channel == "portfolio") names.push_back("portfolio:" + identity.user);
  }
  names.push_back(channel);
  const auto readable = [&identity](const std::string& name) { return is_topic_name(name) && identity.may_read(name); };
  if (std::ranges::none_of(names, readable)) return topics.push_back(channel);
  std::ranges::copy_if(names, std::back_inserter(topics), readable);
}

/// `{"type":"subscribe"|"unsubscribe","channels":[...],"symbols":[...]}`. A channel that is none does not keep the others from being served.
Complaint read_channels(std::string_view object, const Identity& identity, Request& request) {
  std::vector<std::string> channels;
  if (Complaint complaint = read_texts(object, "channels", channels); complaint.code != 0) return complaint;
  if (channels.empty() && request.symbols.empty()) return {code::kMalformed, "neither channels nor symbols", std::string(kTradingChannelsHint)};
  for (const std::string& name : channels) {
    if (std::ranges::find(kTopicChannels, name) != kTopicChannels.end()) {
      add_topics(name, identity, request.topics);
    } else if (const std::string_view market = market_channel(name); !market.empty() && !request.symbols.empty()) {
      request.channels.emplace_back(market);
    } else if (request.also_wrong.size() < kTopicChannels.size()) {
      request.also_wrong.push_back(
          {code::kNoChannel, "unknown channel: " + std::string(cut_text(name, kNameBytesMax)), std::string(kTradingChannelsHint)});
    }
  }
  if (!request.channels.empty() || request.symbols.empty()) return {};
  request.channels.emplace_back("ticker");
  if (request.op == Op::Unsubscribe) request.channels.insert(request.channels.end(), {"trade", "orderbook"});
  return {};
}

/// What the client sent comes back with the pong. Its `timestamp` keeps that name: clients measure with it.
std::string read_echo(std::string_view object) {
  std::string echo;
  RawJson members(object);
  RawMember member;
  while (members.next(member)) {
    if (is_key(member.key, "type") || is_key(member.key, "server_time")) continue;
    if (echo.size() + member.key.size() + member.value.size() + 4 > kEchoBytesMax) continue;
    echo.append(",\"").append(member.key).append("\":").append(member.value);
  }
  return echo;
}

Complaint read_depth(std::string_view object, Request& request) {
  const std::string_view depth = raw_value(object, "depth");
  if (depth.empty()) return {};
  request.options.depth = parse_depth(depth);
  if (request.options.depth != 0) return {};
  request.options.depth = kDefaultDepth;
  return {code::kMalformed, "depth is not a number of levels", "1 to " + std::to_string(kDepthRequestMax)};
}

Complaint read_trading(std::string_view object, const Identity& identity, Request& request) {
  const auto type = text_of_raw(raw_value(object, "type"));
  if (!type) return {code::kMalformed, "type is missing or not text", std::string(kTradingTypesHint)};
  if (*type == "ping") {
    request.op = Op::Ping;
    request.echo = read_echo(object);
    return {};
  }
  request.id = read_id(object);
  std::string_view rest = *type;
  request.op = rest.starts_with("unsubscribe") ? Op::Unsubscribe : Op::Subscribe;
  if (request.op == Op::Unsubscribe) rest.remove_prefix(2);
  const bool known = rest == "subscribe" || (rest.starts_with("subscribe_") && !market_channel(rest.substr(10)).empty() && rest != "subscribe_trade");
  if (!known) return {code::kUnknownOp, "unknown type: " + std::string(cut_text(*type, kNameBytesMax)), std::string(kTradingTypesHint)};
  if (Complaint complaint = read_texts(object, "symbols", request.symbols); complaint.code != 0) return complaint;
  if (Complaint complaint = read_depth(object, request); complaint.code != 0) return complaint;
  if (rest == "subscribe") return read_channels(object, identity, request);
  if (raw_value(object, "symbols").empty()) return {code::kMalformed, "symbols is missing", "send a list of texts"};
  request.channels.emplace_back(market_channel(rest.substr(10)));
  return {};
}

}  // namespace

ParsedRequest parse_trading(std::string_view payload, const Identity& identity) {
  if (!is_foreign_object(payload)) return parse_request(payload);
  ParsedRequest parsed;
  parsed.complaint = read_trading(payload, identity, parsed.request);
  if (parsed.complaint.code == 0) parsed.complaint = check_size(parsed.request);
  return parsed;
}

}  // namespace tidegate::distributor
