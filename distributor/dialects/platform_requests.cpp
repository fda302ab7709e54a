#include <algorithm>
#include <utility>

#include "distributor/dialects/dialect_requests.hpp"
#include "distributor/dialects/request_reader.hpp"
#include "distributor/json_text.hpp"
#include "distributor/topics/topic_table.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kPlatformTypesHint = "the types are: SUBSCRIPTION, AUTHENTICATION, HEARTBEAT";
constexpr std::string_view kActionsHint = R"(send {"action":"subscribe","topics":["orders","market:VENUE:SYMBOL"]}, or the action unsubscribe)";
constexpr std::string_view kMarket = "market:";

/// `market:SYMBOL` is the symbol's market data: what moves its price, and its executions.
void add_topic(std::string topic, Request& request) {
  if (!topic.starts_with(kMarket) || topic == kMarketStatusTopic) {
    request.topics.push_back(std::move(topic));
  } else {
    request.symbols.push_back(topic.substr(kMarket.size()));
  }
}

Complaint read_subscription(std::string_view payload, Request& request) {
  const auto action = text_of_raw(raw_value(payload, "action"));
  if (!action) return {code::kMalformed, "payload.action is missing or not text", std::string(kActionsHint)};
  if (*action != "subscribe" && *action != "unsubscribe") {
    return {code::kUnknownOp, "unknown action: " + std::string(cut_text(*action, kNameBytesMax)), std::string(kActionsHint)};
  }
  request.op = *action == "subscribe" ? Op::Subscribe : Op::Unsubscribe;
  std::vector<std::string> topics;
  if (raw_value(payload, "topics").empty()) return {code::kMalformed, "payload.topics is missing", std::string(kActionsHint)};
  if (Complaint complaint = read_texts(payload, "topics", topics); complaint.code != 0) return complaint;
  for (std::string& topic : topics) add_topic(std::move(topic), request);
  if (!request.symbols.empty()) request.channels = {"ticker", "trade"};
  return check_size(request);
}

Complaint read_envelope(std::string_view envelope, Request& request) {
  const auto type = text_of_raw(raw_value(envelope, "type"));
  if (!type) return {code::kMalformed, "type is missing or not text", std::string(kPlatformTypesHint)};
  if (*type == "HEARTBEAT") {
    request.op = Op::Ping;
    return {};
  }
  if (*type != "SUBSCRIPTION" && *type != "AUTHENTICATION") {
    return {code::kUnknownOp, "unknown type: " + std::string(cut_text(*type, kNameBytesMax)), std::string(kPlatformTypesHint)};
  }
  std::string text;
  std::string_view payload = raw_value(envelope, "payload");
  if (payload.starts_with('"')) {
    text = text_of_raw(payload).value_or("");
    payload = is_json(text, kNestingMax) ? std::string_view(text) : std::string_view{};
  }
  payload.remove_prefix(std::min(payload.find_first_not_of(" \t\r\n"), payload.size()));
  if (!payload.starts_with('{')) return {code::kMalformed, "payload is neither an object nor a text that holds one", std::string(kActionsHint)};
  request.id = read_id(payload);
  if (*type == "SUBSCRIPTION") return read_subscription(payload, request);
  request.op = Op::Auth;
  auto token = text_of_raw(raw_value(payload, "token"));
  if (!token) return {code::kMalformed, "payload.token is missing or not text", R"(send {"token":"..."} as the payload)"};
  request.token = std::move(*token);
  return {};
}

}  // namespace

ParsedRequest parse_platform(std::string_view payload) {
  if (!is_foreign_object(payload)) return parse_request(payload);
  ParsedRequest parsed;
  parsed.complaint = read_envelope(payload, parsed.request);
  return parsed;
}

}  // namespace tidegate::distributor
