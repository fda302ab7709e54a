#include "distributor/topics/publish_api.hpp"

#include <string>
#include <utility>

#include "distributor/http_answers.hpp"
#include "distributor/json_text.hpp"
#include "distributor/json_writer.hpp"
#include "distributor/topics/publish_request.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kJsonType = "application/json";

int status_of(std::uint16_t told) {
  switch (told) {
    case code::kLoginNeeded:
      return 401;
    case code::kUserInactive:
    case code::kNotEntitled:
      return 403;
    case code::kTooLarge:
      return 413;
    case code::kRateLimit:
      return 429;
    case code::kTooManySubscriptions:
      return 507;  // there is no room to keep it
    default:
      return 400;
  }
}

/// "Application/JSON; charset=utf-8" is JSON as well.
bool is_json_type(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b; };
  return type.size() == kJsonType.size() && std::equal(type.begin(), type.end(), kJsonType.begin(), same);
}

void put_fate(JsonWriter& json, std::string_view topic, const Published& published) {
  json.begin_object().text("topic", cut_text(topic, kTopicBytesMax));
  if (const Complaint& complaint = published.complaint; complaint.code != 0) {
    json.number("code", complaint.code).text("message", complaint.message).text("hint", complaint.hint);
    if (complaint.retry_after_ms != 0) json.number("retry_after_ms", complaint.retry_after_ms);
  } else {
    json.number("seq", published.seq).number("delivered", published.delivered).boolean("duplicate", published.duplicate);
  }
  json.end_object();
}

}  // namespace

net::HttpResponse PublishApi::respond(const net::HttpRequest& request) {
  if (request.method != "POST") {
    net::HttpResponse response = refusal(405, "only POST is served here", R"(POST {"topic":"orders","data":...})");
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  const Login::Caller caller = login_.caller(request);
  if (caller.identity == nullptr) return refuse(status_of(caller.complaint.code), caller.complaint);
  if (!is_json_type(request.header("Content-Type"))) {
    return refuse(415, {code::kMalformed, "the body is not announced as JSON", "send Content-Type: application/json"});
  }
  const ParsedPublishes parsed = parse_publishes(request.body);
  if (parsed.complaint.code != 0) return refuse(400, parsed.complaint);
  return parsed.list ? publish_list(*caller.identity, parsed.items) : publish(*caller.identity, parsed.items.front());
}

net::HttpResponse PublishApi::publish(const Identity& publisher, const PublishItem& item) {
  if (item.complaint.code != 0) return refuse(400, item.complaint);
  const Published published = hub_.topics->publish(publisher, item.request);
  if (published.complaint.code != 0) {
    count_told(hub_.telemetry.gateway, published.complaint.code);
    return refusal(status_of(published.complaint.code), published.complaint);
  }
  JsonWriter json;
  put_fate(json, item.request.topic, published);
  return json_answer(200, json.take());
}

net::HttpResponse PublishApi::publish_list(const Identity& publisher, const std::vector<PublishItem>& items) {
  JsonWriter json;
  json.begin_object().key("results").begin_array();
  bool all = true;
  for (const PublishItem& item : items) {
    Published published;
    published.complaint = item.complaint;
    if (item.complaint.code == 0) published = hub_.topics->publish(publisher, item.request);
    count_told(hub_.telemetry.gateway, published.complaint.code);
    all = all && published.complaint.code == 0;
    put_fate(json, item.request.topic, published);
  }
  json.end_array().end_object();
  return json_answer(all ? 200 : 207, json.take());
}

net::HttpResponse PublishApi::refuse(int status, const Complaint& complaint) {
  count(hub_.telemetry.gateway.publishes_refused);
  count_told(hub_.telemetry.gateway, complaint.code);
  return refusal(status, complaint);
}

}  // namespace tidegate::distributor
