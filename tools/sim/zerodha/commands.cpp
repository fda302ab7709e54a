#include "tools/sim/zerodha/commands.hpp"

#include <rapidjson/document.h>

namespace tidegate::sim::zerodha {
namespace {

std::string_view text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

bool read_mode(std::string_view name, Mode& out) {
  for (const Mode mode : {Mode::Ltp, Mode::Quote, Mode::Full}) {
    if (mode_name(mode) != name) continue;
    out = mode;
    return true;
  }
  return false;
}

void read_tokens(const rapidjson::Value& list, std::vector<std::uint32_t>& out) {
  out.reserve(list.Size());
  for (const auto& each : list.GetArray()) {
    if (each.IsUint()) out.push_back(each.GetUint());
  }
}

}  // namespace

Command read_command(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) return {};
  const auto action = document.FindMember("a"), value = document.FindMember("v");
  if (action == document.MemberEnd() || !action->value.IsString() || value == document.MemberEnd() || !value->value.IsArray()) return {};
  const std::string_view name = text_of(action->value);
  const rapidjson::Value& list = value->value;
  Command out;
  if (name == "mode") {
    if (list.Size() != 2 || !list[0].IsString() || !list[1].IsArray() || !read_mode(text_of(list[0]), out.mode)) return {};
    out.action = Action::SetMode;
    read_tokens(list[1], out.tokens);
  } else if (name == "subscribe" || name == "unsubscribe") {
    out.action = name == "subscribe" ? Action::Subscribe : Action::Unsubscribe;
    read_tokens(list, out.tokens);
  }
  return out;
}

}  // namespace tidegate::sim::zerodha
