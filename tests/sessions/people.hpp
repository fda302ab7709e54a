// Who may log in at a gateway under test, and plain HTTP to it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/access/authenticator.hpp"
#include "gateway/net/http_client.hpp"
#include "tests/distributor/gateway.hpp"

namespace tidegate::test {

/// Of the ManualClock at its start.
inline constexpr UtcTime kStart{1'700'000'000'000'000'000};
inline UtcTime after_start(Duration duration) { return UtcTime{kStart.ns + duration.count()}; }

/// A token is "NAME-token". alice may see everything; bob, of the role `spot`, sees trades and quotes of BINANCE:*; root is an administrator; the
/// user gone is inactive.
class People {
 public:
  People() {
    plans = built_in_plans();
    plans["spot"] = Grant{.symbols = Patterns{{"BINANCE:*"}}, .channels = Patterns{{"trade", "quote"}}, .topics = {}, .publish = {}};
    users = {{"alice", {}}, {"bob", {}}, {"root", {}}, {"gone", {}}};
    users["bob"].roles = {"spot"};
    users["root"].roles = {"admin"};
    users["gone"].active = false;
    for (const auto& [name, record] : users) add(name + "-token", name);
  }
  void add(const std::string& token, const std::string& user, std::optional<UtcTime> expires = std::nullopt) {
    TokenRecord record;
    record.digest = token_digest(token);
    record.claims.user = user;
    record.claims.expires = expires;
    tokens.push_back(record);
  }
  [[nodiscard]] std::shared_ptr<const Authenticator> authenticator() const {
    return std::make_shared<const Authenticator>(plans, TokenList{tokens, users}, JwtSettings{}, JwtKeys{});
  }

  Plans plans;
  Users users;
  std::vector<TokenRecord> tokens;
};

inline DistributorOptions with_logins(bool required, const People& people = People{}) {
  DistributorOptions options = test_options();
  options.login.authenticator = people.authenticator();
  options.login.configured = true;
  options.login.required = required;
  return options;
}

/// A client that tells everything, its welcome included.
inline Client connect(Gateway& gateway, const std::string& target, const std::string& token = "") {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
  return Client(gateway, gateway.url(target), std::move(headers));
}

inline net::HttpAnswer fetch(Gateway& gateway, const std::string& method, const std::string& target, const std::string& token = "",
                             std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::HttpClient http;
  net::HttpAnswer answer;
  bool done = false;
  net::HttpCall call;
  call.method = method;
  call.url = "http://127.0.0.1:" + std::to_string(gateway.distributor->port()) + target;
  call.headers = std::move(headers);
  if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
  http.send(std::move(call), gateway.loop, [&](net::HttpAnswer&& got) {
    answer = std::move(got);
    done = true;
  });
  gateway.until([&] { return done; });
  return answer;
}

inline bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace tidegate::test
