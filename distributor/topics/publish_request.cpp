#include "distributor/topics/publish_request.hpp"

#include <utility>

#include "distributor/raw_json.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kPublishNestingMax = 16;  // of one request; a list around them is one more
constexpr std::string_view kShape = R"(send {"topic":"orders","data":...}, or a list of such objects)";

Complaint unreadable(std::string message, std::string_view hint) { return {code::kMalformed, std::move(message), std::string(hint)}; }

/// A message stays one line, however its publisher laid the JSON out.
std::string without_space(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\') {
      out += c;
      if (++i < json.size()) out += json[i];
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) out += c;
  }
  return out;
}

}  // namespace

Complaint read_publish(std::string_view object, PublishRequest& out) {
  const auto topic = text_of_raw(raw_value(object, "topic"));
  if (!topic) return unreadable("topic is missing or not text", kShape);
  out.topic = *topic;
  const std::string_view data = raw_value(object, "data");
  if (data.empty()) return unreadable("data is missing", "send any JSON value; null, with retain, takes the retained value away");
  out.data = without_space(data);
  if (const std::string_view retain = raw_value(object, "retain"); !retain.empty()) {
    if (retain != "true" && retain != "false") return unreadable("retain is neither true nor false", "leave it out for false");
    out.retain = retain == "true";
  }
  const std::string_view key = raw_value(object, "key");
  if (key.empty() || key == "null") return {};
  const auto text = text_of_raw(key);
  if (!text || text->empty() || text->size() > kPublishKeyBytesMax) {
    return unreadable("key is not a text of 1 to " + std::to_string(kPublishKeyBytesMax) + " bytes", "name this message as no other of yours");
  }
  out.key = *text;
  return {};
}

ParsedPublishes parse_publishes(std::string_view body) {
  ParsedPublishes parsed;
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  parsed.list = begin != std::string_view::npos && body[begin] == '[';
  if (!is_json(body, kPublishNestingMax + (parsed.list ? 1 : 0))) {
    parsed.complaint = unreadable("the body is not JSON in UTF-8, or is nested more than " + std::to_string(kPublishNestingMax) + " deep", kShape);
    return parsed;
  }
  const auto add = [&parsed](std::string_view object) {
    PublishItem& item = parsed.items.emplace_back();
    item.complaint = object.front() == '{' ? read_publish(object, item.request) : unreadable("not a JSON object", kShape);
  };
  if (!parsed.list) {
    add(body.substr(begin));
    return parsed;
  }
  RawJson list(body);
  RawMember element;
  while (list.next(element)) {
    if (parsed.items.size() == kPublishesPerRequestMax) {
      parsed.items.clear();
      parsed.complaint = unreadable("more than " + std::to_string(kPublishesPerRequestMax) + " messages in one request", "send several requests");
      return parsed;
    }
    add(element.value);
  }
  if (parsed.items.empty()) parsed.complaint = unreadable("the list is empty", kShape);
  return parsed;
}

}  // namespace tidegate::distributor
