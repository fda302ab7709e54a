// Reads values of JSON that nobody vouches for.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <rapidjson/document.h>

namespace tidegate::ibkr {

/// Iterative: a hostile nesting depth must not use up the stack. False: no JSON.
inline bool parse_json(rapidjson::Document& document, std::string_view text) {
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  return !document.HasParseError();
}

/// Null: no such member, or `object` is none.
inline const rapidjson::Value* json_member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto it = object.FindMember(name);
  return it == object.MemberEnd() || it->value.IsNull() ? nullptr : &it->value;
}

/// Empty: not a text.
inline std::string_view json_text(const rapidjson::Value* value) {
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

/// A conid, as number or as text; 0: none. Bonds have 2147483647 or -1 in its place.
inline std::uint64_t json_conid(const rapidjson::Value* value) {
  constexpr std::uint64_t kNone = 2'147'483'647;
  std::uint64_t conid = 0;
  if (value != nullptr && value->IsUint64()) conid = value->GetUint64();
  if (const std::string_view text = json_text(value); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), conid);
    if (error != std::errc{} || end != text.data() + text.size()) return 0;
  }
  return conid == kNone || conid > INT64_MAX ? 0 : conid;
}

}  // namespace tidegate::ibkr
