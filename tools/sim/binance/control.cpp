#include "tools/sim/binance/control.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <vector>

#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::string_view kVariants = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`";
constexpr std::size_t kTextIdMax = 36;

std::string error(int code, std::string_view message, std::string_view id) {
  std::string out = "{\"error\":";
  ObjectWriter inner{out};
  inner.integer("code", code).text("msg", message).close();
  if (!id.empty()) out += ",\"id\":" + std::string{id};
  return out + '}';
}

std::string result(std::string_view value, std::string_view id) {
  std::string out;
  ObjectWriter object{out};
  object.raw("result", value).raw("id", id).close();
  return out;
}

/// " at line 1 column N", as the venue's parser ends its complaints.
std::string place(std::size_t column) { return " at line 1 column " + std::to_string(column); }

bool alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

/// The id as JSON text, with its type; false when this market refuses it.
bool read_id(const rapidjson::Value& request, Market market, std::string& id) {
  const auto member = request.FindMember("id");
  if (market == Market::Usdm) {
    if (member == request.MemberEnd() || !member->value.IsUint64()) return false;
    id = std::to_string(member->value.GetUint64());
    return true;
  }
  if (member == request.MemberEnd() || member->value.IsNull()) {
    id = "null";
  } else if (member->value.IsInt64()) {
    id = std::to_string(member->value.GetInt64());
  } else if (member->value.IsString() && member->value.GetStringLength() <= kTextIdMax &&
             alphanumeric({member->value.GetString(), member->value.GetStringLength()})) {
    append_quoted(id, {member->value.GetString(), member->value.GetStringLength()});
  } else {
    return false;
  }
  return true;
}

/// False: params is not an array of texts.
bool read_names(const rapidjson::Value& request, std::vector<std::string_view>& names) {
  const auto params = request.FindMember("params");
  if (params == request.MemberEnd() || !params->value.IsArray()) return false;
  for (const auto& name : params->value.GetArray()) {
    if (!name.IsString()) return false;
    names.emplace_back(name.GetString(), name.GetStringLength());
  }
  return true;
}

std::string subscribe(Hub& hub, Client& client, const std::vector<std::string_view>& names, std::string_view id) {
  const bool strict = client.target.market == Market::Usdm;
  if (strict && !std::all_of(names.begin(), names.end(), well_formed_stream)) return error(2, "Invalid request: invalid stream", id);
  for (const std::string_view name : names) {
    if (hub.subscribe(client, name) == Hub::Outcome::TooMany) return error(2, "Invalid request: too many streams, the limit is 1024", id);
  }
  return result("null", id);
}

std::string list(const Client& client, std::string_view id) {
  std::string names = "[";
  for (const Topic* topic : client.topics) {
    if (names.size() > 1) names += ',';
    append_quoted(names, topic->name);
  }
  return result(names + ']', id);
}

std::string property(Client& client, const rapidjson::Value& request, bool set, std::string_view id) {
  const auto params = request.FindMember("params");
  const rapidjson::SizeType wanted = set ? 2 : 1;
  if (params == request.MemberEnd() || !params->value.IsArray() || params->value.Empty()) {
    return error(2, "Invalid request: property name must be a string", id);
  }
  const auto& values = params->value.GetArray();
  if (values.Size() > wanted) return error(2, "Invalid request: too many parameters", id);
  if (!values[0].IsString()) return error(2, "Invalid request: property name must be a string", id);
  if (std::string_view{values[0].GetString(), values[0].GetStringLength()} != "combined") return error(0, "Unknown property", id);
  if (!set) return result(client.combined ? "true" : "false", id);
  if (values.Size() < 2 || !values[1].IsBool()) return error(1, "Invalid value type: expected Boolean", id);
  client.combined = values[1].GetBool();
  return result("null", id);
}

}  // namespace

std::string answer_control(Hub& hub, Client& client, std::string_view payload) {
  rapidjson::Document request;
  request.Parse<rapidjson::kParseIterativeFlag>(payload.data(), payload.size());  // no recursion: the depth is the client's choice
  if (request.HasParseError()) return error(3, "Invalid JSON: expected value" + place(request.GetErrorOffset() + 1), {});
  if (!request.IsObject()) return error(2, "Invalid request: expected an object" + place(payload.size()), {});
  const auto method_member = request.FindMember("method");
  if (method_member == request.MemberEnd()) return error(2, "Invalid request: missing field `method`" + place(payload.size()), {});
  if (!method_member->value.IsString()) return error(2, "Invalid request: method must be a string", {});
  const std::string_view method{method_member->value.GetString(), method_member->value.GetStringLength()};
  constexpr std::string_view kMethods[] = {"SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"};
  if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) {
    const std::string text = "Invalid request: unknown variant `" + std::string{method} + "`, expected one of " + std::string{kVariants};
    return error(2, text + place(payload.find(method) + method.size() + 1), {});
  }
  std::string id;
  if (!read_id(request, client.target.market, id)) {
    const bool usdm = client.target.market == Market::Usdm;
    return error(
        2, usdm ? "Invalid request: request ID must be an unsigned integer" : "Invalid request: request ID must be an integer, a short text or null",
        {});
  }
  if (method == "LIST_SUBSCRIPTIONS") return list(client, id);
  if (method == "SET_PROPERTY" || method == "GET_PROPERTY") return property(client, request, method == "SET_PROPERTY", id);
  std::vector<std::string_view> names;
  if (!read_names(request, names)) return error(2, "Invalid request: params must be an array of strings", id);
  if (method == "SUBSCRIBE") return subscribe(hub, client, names, id);
  for (const std::string_view name : names) hub.unsubscribe(client, name);
  return result("null", id);
}

}  // namespace tidegate::sim::binance
