#include "tools/sim/xts/rest.hpp"

#include <rapidjson/document.h>

#include "tools/sim/xts/engine_io.hpp"

namespace tidegate::sim::xts {
namespace {

constexpr std::string_view kConfiguration =
    R"({"exchangeSegments":{"NSECM":1,"NSEFO":2,"NSECD":3,"NSECO":4,"SLBM":5,"NIFSC":7,"BSECM":11,"BSEFO":12,"BSECD":13,"BSECO":14,"NCDEX":21,)"
    R"("MSECM":41,"MSEFO":42,"MSECD":43,"MCXFO":51},"xtsMessageCode":{"touchlineEvent":1501,"marketDepthEvent":1502,"indexDataEvent":1504,)"
    R"("candleDataEvent":1505,"openInterestEvent":1510,"instrumentPropertyChangeEvent":1105,"ltpEvent":1512},"publishFormat":["Binary","JSON"],)"
    R"("broadCastMode":["Full","Partial"],"instrumentType":{"1":"Futures","2":"Options","4":"Spread","8":"Equity","16":"Spot",)"
    R"("Futures":1,"Options":2,"Spread":4,"Equity":8,"Spot":16}})";

bool take(std::int64_t& left) {
  if (left == 0) return false;
  if (left > 0) --left;
  return true;
}

std::string member_text(const rapidjson::Document& document, const char* name) {
  if (!document.IsObject()) return {};
  const auto member = document.FindMember(name);
  if (member == document.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

net::HttpResponse json_response(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = std::move(body);
  return response;
}

/// Nothing but what can stand in HTML as it is: the text comes from the client and goes back to it.
std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
    if (plain) out += c;
  }
  return out;
}

}  // namespace

net::HttpResponse rest_success(std::string_view code, std::string_view description, std::string_view result_json) {
  std::string body = R"({"type":"success","code":")";
  body.append(code).append(R"(","description":")").append(description).append(R"(","result":)").append(result_json).append("}");
  return json_response(200, std::move(body));
}

net::HttpResponse rest_failure(int status, std::string_view code, std::string_view description, std::string_view result_json) {
  std::string body = R"({"type":"error","code":")";
  body.append(code).append(R"(","description":")").append(description).append("\"");
  if (!result_json.empty()) body.append(R"(,"result":)").append(result_json);
  return json_response(status, body.append("}"));
}

net::HttpResponse bad_request(std::string_view problem) {
  std::string result = R"({"errors":[{"messages":[)";
  append_json_text(result, problem);
  return rest_failure(400, "e-app-001", "Bad Request", result + "]}]}");
}

net::HttpResponse Rest::not_found(const net::HttpRequest& request) {
  net::HttpResponse response;
  response.status = 404;
  response.content_type = "text/html; charset=utf-8";
  response.body = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot " +
                  harmless(request.method) + " " + harmless(request.path()) + "</pre>\n</body>\n</html>\n";
  return response;
}

void Rest::resume() {
  refuse_429 = refuse_503 = html_404 = plain_text = already_subscribed = 0;
  lowered_limit.reset();
  no_quotes = bare_quotes = wrapped = false;
  no_list_status = 0;
}

std::string_view Rest::root_of(std::string_view path) const {
  for (const std::string& root : options_.roots) {
    if (path.substr(0, root.size()) == root && path.size() > root.size() && path[root.size()] == '/') return root;
  }
  return {};
}

std::optional<net::HttpResponse> Rest::fault(const net::HttpRequest& request) {
  if (take(html_404)) return not_found(request);
  if (take(refuse_503)) {
    net::HttpResponse response;
    response.status = 503;
    response.content_type = "text/html";
    response.body = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>\n";
    return response;
  }
  if (take(refuse_429)) return rest_failure(429, "e-apirl-0004", "Rate limit exceeded for user");
  if (take(plain_text)) {
    net::HttpResponse response;
    response.status = 400;
    response.content_type = "text/plain";
    response.body = "Your session has been expired";
    return response;
  }
  return std::nullopt;
}

net::HttpResponse Rest::answer(const net::HttpRequest& request, Now now) {
  now_ = now;
  const std::string_view root = root_of(request.path());
  if (root.empty()) return not_found(request);
  if (auto refusal = fault(request)) return std::move(*refusal);
  net::HttpResponse response = route(request, root, request.path().substr(root.size()));
  if (wrapped && response.content_type.starts_with("application/json")) response.body = "[" + response.body + "]";
  return response;
}

net::HttpResponse Rest::route(const net::HttpRequest& request, std::string_view root, std::string_view path) {
  if (request.method == "POST" && path == "/auth/login") return log_in(request, root);
  if (!options_.master_needs_token && request.method == "POST" && path == "/instruments/master") return master(request);
  return with_login(request, root, path);
}

net::HttpResponse Rest::log_in(const net::HttpRequest& request, std::string_view root) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  const std::string app_key = member_text(document, "appKey"), secret_key = member_text(document, "secretKey");
  if (app_key.empty() || secret_key.empty()) return bad_request("appKey and secretKey are required");
  const auto login = logins_.log_in(app_key, secret_key, root, now_);
  // What the broker says to wrong credentials is not recorded.
  if (!login) return rest_failure(400, "e-response-0005", "Invalid Credentials");
  std::string result = R"({"token":")" + login->token + R"(","userID":")" + login->user_id + R"(","appVersion":)";
  append_json_text(result, options_.app_version);
  result += R"(,"application_expiry_date":)";
  append_json_text(result, options_.application_expiry_date);
  return rest_success("e-response-0010", "Provided Valid Credentials", result + "}");
}

net::HttpResponse Rest::token_refusal(bool missing) const {
  if (missing) return rest_failure(401, "e-token-0002", "Please Provide token to Authenticate");
  return options_.invalid_token_status == 401 ? rest_failure(401, "e-token-0005", "Invalid Token")
                                              : rest_failure(400, "e-session-0007", "Invalid Token");
}

net::HttpResponse Rest::with_login(const net::HttpRequest& request, std::string_view root, std::string_view path) {
  const bool subscription = path == "/instruments/subscription" && (request.method == "POST" || request.method == "PUT");
  const bool quotes_asked = path == "/instruments/quotes" && request.method == "POST";
  const bool logout = path == "/auth/logout" && request.method == "DELETE";
  const bool configuration = path == "/config/clientConfig" && (request.method == "GET" || request.method == "POST");
  if (!subscription && !quotes_asked && !logout && !configuration && !is_list(path)) return not_found(request);
  const std::string_view token = request.header("authorization");
  if (token.empty()) return token_refusal(true);
  const auto login = logins_.find(token, now_);
  if (!login || (options_.bound_to_root && login->root != root)) return token_refusal(false);
  // The limiter runs behind the check of the token.
  const bool admitted = subscription   ? login->subscribe_rate.admit(now_.mono_ns, options_.subscribe_per_second)
                        : quotes_asked ? login->quotes_rate.admit(now_.mono_ns, options_.quotes_per_second)
                                       : true;
  if (!admitted) return rest_failure(429, "e-apirl-0004", "Rate limit exceeded for user " + login->user_id);
  if (subscription) return request.method == "POST" ? subscribe(request, *login) : unsubscribe(request, *login);
  if (quotes_asked) return quotes(request, *login);
  if (configuration) return rest_success("s-response-0001", "Fetched configurations successfully", kConfiguration);
  if (!logout) return lists(request, path);
  logins_.end(login, LoginEnd::LoggedOut);
  return rest_success("s-user-0001", "User logged out successfully", "{}");
}

}  // namespace tidegate::sim::xts
