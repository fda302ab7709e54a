#include "distributor/control_messages.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kHintsMax = 100;  // in one result

void put_id(JsonWriter& json, std::string_view id) {
  if (!id.empty()) json.raw("id", id);
}

void put_text_or_null(JsonWriter& json, std::string_view name, std::string_view text) {
  if (text.empty()) {
    json.null(name);
  } else {
    json.text(name, text);
  }
}

}  // namespace

std::string welcome_message(const WelcomeFacts& facts) {
  JsonWriter json;
  json.begin_object().text("type", "welcome").text("session", facts.session).text("epoch", facts.epoch).text("version", facts.version);
  json.number("heartbeat_seconds", facts.heartbeat_seconds);
  json.key("limits").begin_object();
  json.number("subscriptions_per_connection", facts.subscriptions_per_connection);
  json.number("message_bytes", facts.message_bytes).number("outbox_bytes", facts.outbox_bytes).end_object();
  json.key("brokers").begin_array();
  for (const BrokerHealth& broker : facts.brokers) {
    if (broker.retired) continue;
    json.begin_object().text("name", broker.name).text("state", to_text(broker.state)).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string error_message(const Complaint& complaint, std::string_view id, UtcTime now) {
  JsonWriter json;
  json.begin_object().text("type", "error").number("code", complaint.code).text("message", complaint.message);
  if (!complaint.hint.empty()) json.text("hint", complaint.hint);
  put_id(json, id);
  if (complaint.retry_after_ms != 0) json.number("retry_after_ms", complaint.retry_after_ms);
  json.time("timestamp", now).end_object();
  return json.take();
}

std::string pong_message(std::string_view id, UtcTime now, std::string_view echo) {
  JsonWriter json;
  json.begin_object().text("type", "pong");
  put_id(json, id);
  if (echo.empty()) {
    json.time("timestamp", now).end_object();
    return json.take();
  }
  json.time(echo.find(R"(,"timestamp":)") == std::string_view::npos ? "timestamp" : "server_time", now).end_object();
  std::string text = json.take();
  text.insert(text.size() - 1, echo);
  return text;
}

std::string heartbeat_message(UtcTime now) {
  JsonWriter json;
  json.begin_object().text("type", "heartbeat").time("timestamp", now).end_object();
  return json.take();
}

std::string notice_message(std::string_view kind, std::string_view message, UtcTime now) {
  JsonWriter json;
  json.begin_object().text("type", "notice").text("kind", kind).text("message", message).time("timestamp", now).end_object();
  return json.take();
}

std::string slow_message(bool slow, std::size_t waiting, std::size_t outbox, UtcTime now) {
  JsonWriter json;
  json.begin_object().text("type", "notice").text("kind", slow ? "slow" : "slow_ended");
  json.text("message",
            slow ? "you read more slowly than messages come: newer states replace older ones, and trades will be lost" : "you keep up again");
  json.number("waiting_bytes", waiting).number("outbox_bytes", outbox).time("timestamp", now).end_object();
  return json.take();
}

std::string status_message(const BrokerHealth& broker) {
  JsonWriter json;
  json.begin_object().text("type", "status").text("broker", broker.name).text("state", to_text(broker.state)).text("reason", broker.reason);
  json.time("timestamp", broker.since).end_object();
  return json.take();
}

std::string auth_message(const Identity& identity, std::string_view id) {
  JsonWriter json;
  json.begin_object().text("type", "result").text("op", "auth");
  put_id(json, id);
  json.text("user", identity.user).key("roles").begin_array();
  for (const std::string& role : identity.roles) json.text(role);
  json.end_array().time("expires", identity.expires.value_or(kNoTime)).end_object();
  return json.take();
}

std::string state_message(const StateFacts& facts) {
  JsonWriter json;
  json.begin_object().text("type", "state").text("symbol", facts.symbol).text("channel", to_text(facts.channel));
  json.text("state", to_text(facts.state));
  put_text_or_null(json, "broker", facts.broker);
  json.time("since", facts.since).text("reason", facts.reason);
  if (facts.code != 0) json.number("code", facts.code);
  if (!facts.hint.empty()) json.text("hint", facts.hint);
  json.end_object();
  return json.take();
}

std::string resolved_message(std::string_view requested, std::string_view symbol, Channel channel) {
  JsonWriter json;
  json.begin_object().text("type", "resolved").text("requested", requested).text("symbol", symbol).text("channel", to_text(channel)).end_object();
  return json.take();
}

ResultMessage::ResultMessage(std::string_view op, std::string_view id) {
  json_.begin_object().text("type", "result").text("op", op);
  put_id(json_, id);
  json_.key("results").begin_array();
}

void ResultMessage::add(std::string_view symbol, std::string_view requested, std::string_view channel, StreamState state) {
  add(symbol, requested, channel, state, 0, {});
}

void ResultMessage::add(std::string_view symbol, std::string_view requested, std::string_view channel, StreamState state, std::uint32_t conflate_ms,
                        const Complaint& note) {
  json_.begin_object().text("symbol", symbol);
  if (symbol != requested) json_.text("requested", requested);
  json_.text("channel", channel).text("state", to_text(state));
  if (conflate_ms != 0) json_.text("conflate", conflate_text(conflate_ms));
  if (note.code != 0) put(note);
  json_.end_object();
}

void ResultMessage::add_failure(std::string_view symbol, std::string_view channel, const Complaint& complaint) {
  json_.begin_object().text("symbol", symbol).text("channel", channel).text("state", "failed");
  put(complaint);
  json_.end_object();
}

void ResultMessage::add_topic(std::string_view topic, TopicState state) {
  json_.begin_object().text("topic", topic).text("state", to_text(state)).end_object();
}

void ResultMessage::add_topic_failure(std::string_view topic, const Complaint& complaint) {
  json_.begin_object().text("topic", topic).text("state", "failed");
  put(complaint);
  json_.end_object();
}

void ResultMessage::put(const Complaint& complaint) {
  json_.number("code", complaint.code).text("message", complaint.message);
  if (!complaint.hint.empty() && hints_++ < kHintsMax) json_.text("hint", complaint.hint);
  if (complaint.retry_after_ms != 0) json_.number("retry_after_ms", complaint.retry_after_ms);
}

std::string ResultMessage::finish() {
  json_.end_array().end_object();
  return json_.take();
}

std::string publish_message(std::string_view id, std::string_view topic, std::uint64_t seq, std::size_t delivered, bool duplicate) {
  JsonWriter json;
  json.begin_object().text("type", "result").text("op", "publish");
  put_id(json, id);
  json.text("topic", topic).number("seq", seq).number("delivered", delivered).boolean("duplicate", duplicate).end_object();
  return json.take();
}

SubscriptionsMessage::SubscriptionsMessage(std::string_view id) {
  json_.begin_object().text("type", "subscriptions");
  put_id(json_, id);
  json_.key("subscriptions").begin_array();
}

void SubscriptionsMessage::add(std::string_view symbol, std::string_view channel, StreamState state, std::string_view broker, std::uint64_t seq,
                               std::uint32_t conflate_ms) {
  json_.begin_object().text("symbol", symbol).text("channel", channel).text("state", to_text(state));
  put_text_or_null(json_, "broker", broker);
  if (seq == 0) {
    json_.null("seq");
  } else {
    json_.number("seq", seq);
  }
  if (conflate_ms != 0) json_.text("conflate", conflate_text(conflate_ms));
  json_.end_object();
}

void SubscriptionsMessage::add_topic(std::string_view topic, TopicState state, std::uint64_t seq) {
  json_.begin_object().text("topic", topic).text("state", to_text(state));
  if (seq == 0) {
    json_.null("seq");
  } else {
    json_.number("seq", seq);
  }
  json_.end_object();
}

std::string SubscriptionsMessage::finish() {
  json_.end_array().end_object();
  return json_.take();
}

}  // namespace tidegate::distributor
