#include "tools/sim/ibkr/commands.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <utility>

namespace tidegate::sim::ibkr {
namespace {

constexpr std::size_t kCodeLength = 3;

std::string json_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string text_of(const rapidjson::Value& value) {
  return value.IsString() ? std::string{value.GetString(), value.GetStringLength()} : json_of(value);
}

/// Numbers become texts, which is how they are wanted.
bool parse(std::string_view json, rapidjson::Document& out) {
  out.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(json.data(), json.size());
  return !out.HasParseError() && out.IsObject();
}

const rapidjson::Value* member_of(const rapidjson::Document& document, const char* name) {
  const auto found = document.FindMember(name);
  return found == document.MemberEnd() ? nullptr : &found->value;
}

}  // namespace

Command read_command(std::string_view text) {
  Command out;
  out.code = text.substr(0, kCodeLength);
  if (text.size() <= kCodeLength || text[kCodeLength] != '+') {
    if (text.size() > kCodeLength) out.target = text.substr(kCodeLength);
    return out;
  }
  std::string_view rest = text.substr(kCodeLength + 1);
  if (const std::size_t json = rest.find('{'); json != std::string_view::npos) {
    out.body = rest.substr(json);
    rest = rest.substr(0, json);
    if (!rest.empty() && rest.back() == '+') rest.remove_suffix(1);
  }
  out.target = rest;
  return out;
}

std::vector<std::string> read_texts(std::string_view json, const char* member) {
  std::vector<std::string> out;
  rapidjson::Document document;
  if (!parse(json, document)) return out;
  const rapidjson::Value* list = member_of(document, member);
  if (list == nullptr || !list->IsArray()) return out;
  for (const auto& each : list->GetArray()) {
    if (each.IsString()) out.push_back(text_of(each));
  }
  return out;
}

std::string read_member(std::string_view json, const char* member) {
  rapidjson::Document document;
  const rapidjson::Value* value = parse(json, document) ? member_of(document, member) : nullptr;
  return value == nullptr ? std::string{} : text_of(*value);
}

bool read_flag(std::string_view json, const char* member) {
  rapidjson::Document document;
  const rapidjson::Value* value = parse(json, document) ? member_of(document, member) : nullptr;
  return value != nullptr && value->IsTrue();
}

bool read_members(std::string_view json, std::vector<std::pair<std::string, std::string>>& out) {
  out.clear();
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return false;
  for (const auto& member : document.GetObject()) out.emplace_back(text_of(member.name), json_of(member.value));
  return true;
}

bool read_target(std::string_view target, std::int64_t& conid, std::string& exchange) {
  const std::size_t at = target.find('@');
  const std::string_view digits = target.substr(0, at);
  exchange = at == std::string_view::npos ? std::string_view{} : target.substr(at + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), conid);
  const bool named = at == std::string_view::npos || !exchange.empty();
  return error == std::errc{} && end == digits.data() + digits.size() && conid > 0 && named;
}

}  // namespace tidegate::sim::ibkr
