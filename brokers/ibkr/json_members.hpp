// Members of parsed JSON that may not be there, or be of another kind.
#pragma once

#include <rapidjson/document.h>

#include <optional>
#include <string_view>

namespace tidegate::ibkr {

/// Null: `value` is no object, or has none of that name.
inline const rapidjson::Value* member(const rapidjson::Value* value, const char* name) {
  if (value == nullptr || !value->IsObject()) return nullptr;
  const auto it = value->FindMember(name);
  return it == value->MemberEnd() ? nullptr : &it->value;
}

/// Empty: no text.
inline std::string_view text_of(const rapidjson::Value* value) {
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

inline std::optional<bool> truth_of(const rapidjson::Value* value) {
  return value != nullptr && value->IsBool() ? std::optional{value->GetBool()} : std::nullopt;
}

/// Iterative: a hostile nesting depth must not use up the stack. Bytes that are no UTF-8 are let through.
inline void parse(rapidjson::Document& document, std::string_view text) {
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
}

}  // namespace tidegate::ibkr
