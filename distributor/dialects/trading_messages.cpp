#include "distributor/dialects/trading_messages.hpp"

#include <cstddef>

#include "distributor/control_messages.hpp"
#include "distributor/dialects/published_keys.hpp"
#include "distributor/raw_json.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kErrorsMax = 100;  // for one request

/// By the last part of a topic's name, or by the first for a user's portfolio.
std::string_view type_of_topic(std::string_view topic) {
  const std::string_view last = last_part(topic);
  if (last == "orders") return "order_update";
  if (last == "risk_alerts") return "risk_alert";
  if (last == "bot_status") return "bot_status";
  if (last == "portfolio" || first_part(topic) == "portfolio") return "portfolio_update";
  return "topic_update";
}

void write_topic(std::string_view native, std::string& out) {
  const TopicParts parts = topic_parts(native);
  const std::string_view topic = parts.topic.size() > 2 ? parts.topic.substr(1, parts.topic.size() - 2) : std::string_view{};
  const std::string_view type = type_of_topic(topic);
  out.clear();
  out.append(R"({"type":")").append(type).append("\",");
  append_published(parts, true, "type", type, out);
  out += '}';
}

/// Leaves out the third element of each level, which alone follows a text as a number. What stands before the books is copied as it is.
std::string_view write_pairs(std::string_view native, std::string& out) {
  out.clear();
  std::size_t copied = 0;
  for (std::size_t i = native.find(R"("bids":[)"); i != std::string_view::npos && i + 2 < native.size(); ++i) {
    if (native[i] != '"' || native[i + 1] != ',' || native[i + 2] < '0' || native[i + 2] > '9') continue;
    const std::size_t end = native.find(']', i);
    if (end == std::string_view::npos) break;
    out.append(native.substr(copied, i + 1 - copied));
    copied = i = end;
  }
  if (copied == 0) return native;
  out.append(native.substr(copied));
  return out;
}

/// An `error` that names what was not subscribed.
std::string error_of(std::string_view result, UtcTime now) {
  JsonWriter json;
  json.begin_object().text("type", "error");
  for (const std::string_view key : {"code", "message", "hint", "symbol", "channel", "topic", "retry_after_ms"}) {
    if (const std::string_view value = raw_value(result, key); !value.empty()) json.raw(key, value);
  }
  json.time("timestamp", now).end_object();
  return json.take();
}

}  // namespace

std::string_view as_trading(std::string_view native, std::string& out) {
  if (native.starts_with(R"({"type":"orderbook")")) return write_pairs(native, out);
  if (!native.starts_with(R"({"type":"topic")")) return native;
  write_topic(native, out);
  return out;
}

std::vector<std::string> trading_answers(std::string_view native, UtcTime now) {
  if (native.starts_with(R"({"type":"welcome")")) return {};
  const std::string_view results = raw_value(native, "results");
  if (!native.starts_with(R"({"type":"result")") || results.empty()) {
    std::string out;
    return {std::string(as_trading(native, out))};
  }
  std::vector<std::string> errors;
  std::size_t more = 0;
  RawJson list(results);
  RawMember result;
  while (list.next(result)) {
    if (raw_value(result.value, "state") != R"("failed")") continue;
    if (errors.size() < kErrorsMax) {
      errors.push_back(error_of(result.value, now));
    } else {
      ++more;
    }
  }
  if (more != 0) {
    Complaint complaint{code::kMalformed, std::to_string(more) + " more subscriptions failed", "see the errors before this one"};
    errors.push_back(error_message(complaint, {}, now));
  }
  return errors;
}

}  // namespace tidegate::distributor
