#include "brokers/binance/control.hpp"

#include <rapidjson/document.h>

namespace tidegate::binance {
namespace {

using Kind = ControlMessage::Kind;

/// An answer to LIST_SUBSCRIPTIONS with 1,024 long names stays far below this; data outside the envelope is not worth parsing.
constexpr std::size_t kControlBytesMax = 256 * 1024;
constexpr std::size_t kWordsMax = 300;

std::string_view text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

const rapidjson::Value* member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto it = object.FindMember(name);
  return it == object.MemberEnd() ? nullptr : &it->value;
}

bool is_text(const rapidjson::Value* value, std::string_view text) { return value != nullptr && value->IsString() && text_of(*value) == text; }

bool is_shutdown(const rapidjson::Value& root) {
  if (is_text(member(root, "stream"), "!serverShutdown") || is_text(member(root, "e"), "serverShutdown")) return true;
  const rapidjson::Value* data = member(root, "data");
  return data != nullptr && is_text(member(*data, "e"), "serverShutdown");
}

ControlMessage refusal(const rapidjson::Value& error) {
  ControlMessage message{.kind = Kind::Refused, .id = {}, .streams = {}, .words = {}};
  if (const auto* code = member(error, "code"); code != nullptr && code->IsInt64()) message.words = std::to_string(code->GetInt64());
  if (const auto* words = member(error, "msg"); words != nullptr && words->IsString()) {
    if (!message.words.empty()) message.words += ": ";
    message.words += text_of(*words).substr(0, kWordsMax);
  }
  return message;
}

std::optional<ControlMessage> read(const rapidjson::Value& root) {
  if (is_shutdown(root)) return ControlMessage{.kind = Kind::Shutdown, .id = {}, .streams = {}, .words = {}};
  if (member(root, "stream") != nullptr || member(root, "e") != nullptr) return std::nullopt;
  // The docs print an error flat, the wire nests it.
  if (const auto* error = member(root, "error"); error != nullptr) return refusal(*error);
  if (const auto* code = member(root, "code"); code != nullptr && member(root, "msg") != nullptr) return refusal(root);
  const auto* result = member(root, "result");
  if (result == nullptr) return std::nullopt;
  ControlMessage message{.kind = Kind::Accepted, .id = {}, .streams = {}, .words = {}};
  if (result->IsArray()) {
    message.kind = Kind::Listed;
    for (const auto& name : result->GetArray()) {
      if (name.IsString()) message.streams.emplace_back(text_of(name));
    }
  }
  return message;
}

}  // namespace

std::string subscribe_request(std::uint64_t id, bool subscribe, const std::vector<std::string>& streams) {
  std::string text = subscribe ? R"({"method":"SUBSCRIBE","params":[)" : R"({"method":"UNSUBSCRIBE","params":[)";
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (i > 0) text += ',';
    text.append("\"").append(streams[i]).append("\"");
  }
  return text.append(R"(],"id":)").append(std::to_string(id)).append("}");
}

std::string list_request(std::uint64_t id) { return R"({"method":"LIST_SUBSCRIPTIONS","id":)" + std::to_string(id) + "}"; }

std::optional<ControlMessage> parse_control(std::string_view message) {
  if (message.size() > kControlBytesMax) return std::nullopt;
  rapidjson::Document document;
  // Iterative: a hostile nesting depth must not use up the stack.
  document.Parse<rapidjson::kParseIterativeFlag>(message.data(), message.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  std::optional<ControlMessage> control = read(document);
  if (const auto* id = member(document, "id"); control && id != nullptr && id->IsUint64()) control->id = id->GetUint64();
  return control;
}

}  // namespace tidegate::binance
