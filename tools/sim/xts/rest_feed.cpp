// Subscriptions and quotes over REST.
#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "tools/sim/xts/engine_io.hpp"
#include "tools/sim/xts/rest.hpp"

namespace tidegate::sim::xts {
namespace {

/// A number, or the same as text. False: neither.
bool read_number(const rapidjson::Value& object, const char* name, std::uint64_t& out) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return false;
  if (member->value.IsUint64()) {
    out = member->value.GetUint64();
    return true;
  }
  if (!member->value.IsString()) return false;
  const char* begin = member->value.GetString();
  const char* end = begin + member->value.GetStringLength();
  const auto [stop, error] = std::from_chars(begin, end, out);
  return error == std::errc{} && stop == end;
}

bool known_code(std::uint64_t number) {
  return number == code::kTouchline || number == code::kDepth || number == code::kIndex || number == code::kCandle || number == code::kOpenInterest ||
         number == code::kLastPrice;
}

/// As the request had it: an id sent as text comes back as text.
std::string listed(const rapidjson::Value& instrument, const Subscription& subscription) {
  const bool as_text = instrument["exchangeInstrumentID"].IsString();
  const std::string quote = as_text ? "\"" : "";
  return R"({"exchangeSegment":)" + std::to_string(subscription.instrument.first) + R"(,"exchangeInstrumentID":)" + quote +
         std::to_string(subscription.instrument.second) + quote + "}";
}

}  // namespace

Rest::Batch Rest::read_batch(const net::HttpRequest& request, bool quotes) const {
  Batch batch;
  const auto problem = [&batch](std::string_view text) {
    batch.problem = text;
    return batch;
  };
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  if (document.HasParseError() || !document.IsObject()) return problem("body is not a JSON object");
  const auto format = document.FindMember("publishFormat");
  if (quotes && (format == document.MemberEnd() || !format->value.IsString())) return problem("publishFormat is required");
  std::uint64_t number = 0;
  if (!read_number(document, "xtsMessageCode", number) || !known_code(number)) return problem("xtsMessageCode is invalid");
  batch.code = static_cast<std::uint32_t>(number);
  const auto instruments = document.FindMember("instruments");
  if (instruments == document.MemberEnd() || !instruments->value.IsArray() || instruments->value.Empty()) return problem("instruments is required");
  if (instruments->value.Size() > options_.batch_max)
    return problem("instruments: at most " + std::to_string(options_.batch_max) + " in one request");
  for (const auto& each : instruments->value.GetArray()) {
    std::uint64_t segment_number = 0, id = 0;
    if (!each.IsObject() || !read_number(each, "exchangeSegment", segment_number) || !read_number(each, "exchangeInstrumentID", id) ||
        segment_number > std::numeric_limits<std::uint32_t>::max()) {
      return problem("instruments: exchangeSegment and exchangeInstrumentID are required");
    }
    const Subscription subscription{batch.code, {static_cast<std::uint32_t>(segment_number), id}};
    if (!batch.listed.empty()) batch.listed += ',';
    batch.listed += listed(each, subscription);
    if (std::find(batch.subscriptions.begin(), batch.subscriptions.end(), subscription) == batch.subscriptions.end()) {
      batch.subscriptions.push_back(subscription);
    }
  }
  return batch;
}

std::string Rest::list_quotes(const Batch& batch) {
  std::string out, last;
  for (const Subscription& each : batch.subscriptions) {
    const std::string body = no_quotes ? std::string{} : source_.snapshot(each);
    if (body.empty()) continue;
    if (!out.empty()) out += ',';
    last.clear();
    append_json_text(last, body);
    out += last;
  }
  return bare_quotes && !last.empty() ? last : "[" + out + "]";
}

std::string Rest::remaining(const Login& login) const {
  if (!options_.remaining_count) return {};
  const std::size_t used = std::min(login.subscriptions.size(), limit());
  return R"("Remaining_Subscription_Count":)" + std::to_string(limit() - used);
}

net::HttpResponse Rest::subscribe(const net::HttpRequest& request, Login& login) {
  const Batch batch = read_batch(request, false);
  if (!batch.problem.empty()) return bad_request(batch.problem);
  for (const Subscription& each : batch.subscriptions) {
    // What the broker says here is not recorded.
    if (list_.find(each.instrument) == nullptr) return rest_failure(400, "e-instrument-0001", "Instrument not found", "{}");
  }
  const std::string count = remaining(login);
  const bool forced = already_subscribed != 0;
  if (already_subscribed > 0) --already_subscribed;
  // It is true of one of them, as where an earlier process had the same token: its data flows.
  if (forced && !batch.subscriptions.empty() && !login.has(batch.subscriptions.front())) {
    login.subscriptions.push_back(batch.subscriptions.front());
    source_.subscribed();
  }
  const bool already = std::any_of(batch.subscriptions.begin(), batch.subscriptions.end(), [&login](const auto& each) { return login.has(each); });
  if (forced || already) {
    return rest_failure(400, "e-session-0002", "Instrument Already Subscribed !", R"({"listQuotes":[])" + (count.empty() ? "" : "," + count) + "}");
  }
  const std::size_t used = login.subscriptions.size(), wanted = used + batch.subscriptions.size();
  if (wanted > limit()) {
    const std::string most = std::to_string(limit());
    return rest_failure(400, "e-session-0005",
                        "Exceeded Instrument Subscription Limit of " + most + ".You have already subscribed " + std::to_string(used) + "/" + most +
                            " and you are trying subscribe " + std::to_string(wanted) + " Instrument.",
                        "{}");
  }
  login.subscriptions.insert(login.subscriptions.end(), batch.subscriptions.begin(), batch.subscriptions.end());
  source_.subscribed();
  const std::string left = remaining(login);
  return rest_success("s-session-0001", "Instrument subscribed successfully!",
                      R"({"mdp":)" + std::to_string(batch.code) + R"(,"quotesList":[)" + batch.listed + R"(],"listQuotes":)" + list_quotes(batch) +
                          (left.empty() ? "" : "," + left) + "}");
}

net::HttpResponse Rest::unsubscribe(const net::HttpRequest& request, Login& login) {
  const Batch batch = read_batch(request, false);
  if (!batch.problem.empty()) return bad_request(batch.problem);
  for (const Subscription& each : batch.subscriptions) std::erase(login.subscriptions, each);
  return rest_success("s-session-0001", "Instrument unsubscribed successfully!",
                      R"({"mdp":)" + std::to_string(batch.code) + R"(,"unsubList":[)" + batch.listed + "]}");
}

net::HttpResponse Rest::quotes(const net::HttpRequest& request, Login&) {
  const Batch batch = read_batch(request, true);
  if (!batch.problem.empty()) return bad_request(batch.problem);
  return rest_success(
      "s-quotes-0001", "Get quotes successfully!",
      R"({"mdp":)" + std::to_string(batch.code) + R"(,"quotesList":[)" + batch.listed + R"(],"listQuotes":)" + list_quotes(batch) + "}");
}

}  // namespace tidegate::sim::xts
