// A gateway with logins: who there is, and the tokens by which they come.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/authenticator.hpp"
#include "tests/distributor/gateway.hpp"
#include "tests/distributor/hub_fixture.hpp"

namespace tidegate::test {

inline TokenRecord token_record(std::string_view token, std::string user, std::vector<std::string> roles = {},
                                std::vector<std::string> publish = {}) {
  TokenRecord record;
  record.digest = token_digest(token);
  record.claims.user = std::move(user);
  record.claims.roles = std::move(roles);
  if (!publish.empty()) record.claims.own = Grant{Patterns{}, Patterns{}, Patterns{}, Patterns{std::move(publish)}};
  return record;
}

/// `alice` and `bob` are users as any; `svc` publishes to everything, `orders-svc` to orders alone; `root` is an administrator. A token is
/// NAME-token.
inline DistributorOptions options_with_users() {
  DistributorOptions options = test_options();
  TokenList list;
  list.tokens.push_back(token_record("alice-token", "alice"));
  list.tokens.push_back(token_record("bob-token", "bob"));
  list.tokens.push_back(token_record("svc-token", "svc", {}, {"*"}));
  list.tokens.push_back(token_record("orders-svc-token", "orders-svc", {}, {"orders", "user:*:orders"}));
  list.tokens.push_back(token_record("root-token", "root", {"admin"}));
  options.login.authenticator = std::make_shared<const Authenticator>(built_in_plans(), std::move(list), JwtSettings{}, JwtKeys{});
  options.login.configured = true;
  options.limits.connections_per_user = 100;
  options.limits.requests_per_minute = 1'000'000;
  options.heartbeat = std::chrono::hours{24};  // tests move the time by hours, and no client answers pings meanwhile
  return options;
}

/// Path and query of a connection as a user, anonymous where `user` is empty.
inline std::string target(std::string_view user, std::string path = "/ws", std::string_view more = {}) {
  std::string text = std::move(path);
  if (!user.empty()) text += "?token=" + std::string(user) + "-token";
  if (!more.empty()) text += (user.empty() ? "?" : "&") + std::string(more);
  return text;
}

/// Connects as that user; the welcome is off the front where the dialect has one.
inline std::unique_ptr<Client> connect(Gateway& gateway, std::string_view user, std::string path = "/ws", std::string_view more = {}) {
  const bool welcomed = path == "/ws" && more.find("dialect=") == std::string_view::npos;
  auto client =
      std::make_unique<Client>(gateway, gateway.url(target(user, std::move(path), more)), std::vector<std::pair<std::string, std::string>>{});
  gateway.until([&] { return client->opened || client->closed.code != 0; });
  if (welcomed) {
    client->wait(1);
    client->messages.clear();
  }
  return client;
}

inline const std::string kTestNow = "2023-11-14T22:13:20.000Z";  // of a ManualClock that nobody moved

}  // namespace tidegate::test
