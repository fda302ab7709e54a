#include "distributor/dialects/envelope.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "distributor/dialects/published_keys.hpp"
#include "distributor/json_text.hpp"
#include "distributor/json_writer.hpp"
#include "distributor/raw_json.hpp"

namespace tidegate::distributor {
namespace {

using Kind = std::pair<std::string_view, std::string_view>;
constexpr std::array<Kind, 14> kKinds = {{
    {"trade", "MARKET_DATA"},
    {"quote", "MARKET_DATA"},
    {"orderbook", "MARKET_DATA"},
    {"ticker", "MARKET_DATA"},
    {"candle", "MARKET_DATA"},
    {"status", "MARKET_DATA"},
    {"state", "MARKET_DATA"},
    {"gap", "MARKET_DATA"},
    {"resolved", "MARKET_DATA"},
    {"error", "ERROR"},
    {"heartbeat", "HEARTBEAT"},
    {"pong", "HEARTBEAT"},
    {"subscriptions", "SUBSCRIPTION"},
    {"result", "SUBSCRIPTION"},
}};

constexpr std::string_view kTypeKey = R"({"type":")";

std::string_view type_of(std::string_view native) {
  if (!native.starts_with(kTypeKey)) return {};
  native.remove_prefix(kTypeKey.size());
  return native.substr(0, native.find('"'));
}

/// The text, quotes included, behind a key; a key cannot stand inside a text, whose quotation marks are escaped. Empty: no such key, or no text.
std::string_view text_behind(std::string_view native, std::string_view key_and_colon) {
  const std::size_t at = native.find(key_and_colon);
  if (at == std::string_view::npos) return {};
  native.remove_prefix(at + key_and_colon.size());
  const std::size_t end = native.starts_with('"') ? native.find('"', 1) : std::string_view::npos;
  return end == std::string_view::npos ? std::string_view{} : native.substr(0, end + 1);
}

std::string_view envelope_of_topic(std::string_view topic) {
  const std::string_view first = first_part(topic), last = last_part(topic);
  if (last == "orders") return "ORDER_UPDATE";
  if (last == "positions" || first == "portfolio") return "POSITION_UPDATE";
  if (first == "strategies" || first == "strategy" || last == "bot_status") return "STRATEGY_UPDATE";
  return first == "market" ? "MARKET_DATA" : "TOPIC_UPDATE";
}

std::string_view envelope_of(std::string_view type, std::string_view native) {
  if (type == "topic") {
    const std::string_view topic = text_behind(native, R"("topic":)");
    return envelope_of_topic(topic.size() > 2 ? topic.substr(1, topic.size() - 2) : std::string_view{});
  }
  const std::size_t head = native.find(',');
  const bool about_topic = head != std::string_view::npos && native.substr(head + 1).starts_with(R"("topic":)");
  if (about_topic && (type == "state" || type == "gap")) return "SUBSCRIPTION";
  if (type == "result" && text_behind(native, R"("op":)") == R"("auth")") return "AUTHENTICATION";
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(), [type](const Kind& each) { return each.first == type; });
  return kind == kKinds.end() ? "NOTICE" : kind->second;
}

/// One topic of a request, of which a symbol's channels are parts: it is there if any of them is.
class TopicResults {
 public:
  TopicResults() { json_.begin_array(); }
  void add(std::string_view result) {
    const auto topic = text_of_raw(raw_value(result, "topic"));
    const std::string_view asked = raw_value(result, raw_value(result, "requested").empty() ? "symbol" : "requested");
    const std::string name = topic ? *topic : "market:" + text_of_raw(asked).value_or("");
    const std::string_view state = raw_value(result, "state");
    if (name != name_ || topic) flush();
    name_ = name;
    if (result_.empty() || rank(state) < rank(raw_value(result_, "state"))) result_ = result;
  }
  std::string finish() {
    flush();
    json_.end_array();
    return json_.take();
  }

 private:
  static int rank(std::string_view state) { return state == R"("live")" ? 0 : state == R"("pending")" ? 1 : state == R"("failed")" ? 3 : 2; }
  void flush() {
    if (result_.empty()) return;
    json_.begin_object().text("topic", name_);
    for (const std::string_view key : {"state", "code", "message", "hint", "retry_after_ms"}) {
      if (const std::string_view value = raw_value(result_, key); !value.empty()) json_.raw(key, value);
    }
    json_.end_object();
    result_ = {};
  }

  JsonWriter json_;
  std::string name_;
  std::string_view result_;  // the best so far
};

std::string subscription_payload(std::string_view native) {
  TopicResults topics;
  RawJson list(raw_value(native, "results"));
  RawMember result;
  while (list.next(result)) topics.add(result.value);
  JsonWriter json;
  json.begin_object().raw("action", raw_value(native, "op"));
  if (const std::string_view id = raw_value(native, "id"); !id.empty()) json.raw("id", id);
  json.raw("results", topics.finish()).end_object();
  return json.take();
}

void append_payload(std::string& out, std::string_view payload, bool as_text) {
  if (as_text) {
    append_json_string(out, payload);
  } else {
    out += payload;
  }
}

}  // namespace

void write_envelope(std::string_view native, bool as_text, UtcTime now, std::string& out) {
  out.clear();
  const std::string_view type = type_of(native);
  if (type == "welcome") return;
  out.append(R"({"type":")").append(envelope_of(type, native)).append(R"(","timestamp":)");
  std::string_view timestamp = text_behind(native, R"("timestamp":)");
  if (timestamp.empty()) timestamp = text_behind(native, R"("published":)");
  if (timestamp.empty()) {
    append_json_string(out, to_rfc3339(now));
  } else {
    out += timestamp;
  }
  out += R"(,"payload":)";
  if (type == "topic") {
    std::string payload = "{";
    append_published(topic_parts(native), false, {}, {}, payload);
    payload += '}';
    append_payload(out, payload, as_text);
  } else if (type == "result" && !raw_value(native, "results").empty()) {
    append_payload(out, subscription_payload(native), as_text);
  } else {
    append_payload(out, native, as_text);
  }
  out += '}';
}

}  // namespace tidegate::distributor
