#include "distributor/topics/topic_messages.hpp"

#include <charconv>

#include "distributor/json_text.hpp"
#include "distributor/json_writer.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::distributor {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

std::string_view to_text(TopicState state) {
  switch (state) {
    case TopicState::Live:
      return "live";
    case TopicState::NoPublisher:
      return "no_publisher";
    case TopicState::Closed:
      break;
  }
  return "closed";
}

void write_topic_message(const TopicFacts& facts, std::string& out) {
  out.clear();
  out += R"({"type":"topic","topic":)";
  append_json_string(out, facts.topic);
  out += R"(,"seq":)";
  append_number(out, facts.seq);
  out += R"(,"timestamp":)";
  append_json_string(out, to_rfc3339(facts.timestamp));
  out += R"(,"origin":)";
  append_json_string(out, facts.origin);
  if (facts.retained) out += R"(,"retained":true)";
  if (!facts.key.empty()) {
    out += R"(,"key":)";
    append_json_string(out, facts.key);
  }
  out += R"(,"data":)";
  out += facts.data;
  out += '}';
}

std::string topic_state_message(std::string_view topic, TopicState state, UtcTime since) {
  JsonWriter json;
  json.begin_object().text("type", "state").text("topic", topic).text("state", to_text(state)).time("since", since).end_object();
  return json.take();
}

std::string topic_lost_message(std::string_view topic, UtcTime since) {
  JsonWriter json;
  json.begin_object().text("type", "state").text("topic", topic).text("state", "failed").time("since", since);
  json.text("reason", "not entitled to read it any more").number("code", code::kNotEntitled);
  json.text("hint", "log in with a plan or role that lists it under topics, and subscribe again").end_object();
  return json.take();
}

std::string topic_gap_message(std::string_view topic, std::uint64_t from_seq, std::uint64_t to_seq, std::string_view cause) {
  JsonWriter json;
  json.begin_object().text("type", "gap").text("topic", topic).number("from_seq", from_seq).number("to_seq", to_seq).text("cause", cause);
  json.end_object();
  return json.take();
}

}  // namespace tidegate::distributor
