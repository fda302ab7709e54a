// The REST side, under /v1/api. Answers carry the shapes of docs/protocols/ibkr.md.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/ws_server.hpp"
#include "tools/sim/common/wire.hpp"
#include "tools/sim/ibkr/contracts.hpp"
#include "tools/sim/ibkr/fields.hpp"
#include "tools/sim/ibkr/login.hpp"
#include "tools/sim/ibkr/oauth.hpp"

namespace tidegate::sim::ibkr {

struct RestOptions {
  std::int64_t requests_per_second = 10;  // more: 429; 0: no limit, and none of single paths either
  bool no_session_401 = false;            // tickle without a login: 401 instead of 200 with an error
  bool https = false;                     // the scheme that clients see, which OAuth signs
};

/// The streams and quotes behind REST.
class MarketDesk {
 public:
  virtual ~MarketDesk() = default;
  [[nodiscard]] virtual Quote quote_of(const Contract& contract, const std::string& exchange) = 0;
  /// False: no stream of it is open.
  virtual bool unsubscribe(std::int64_t conid) = 0;
  virtual void unsubscribe_all() = 0;
};

class Rest {
 public:
  Rest(Login& login, OAuth& oauth, const ContractList& contracts, MarketDesk& desk, RestOptions options)
      : login_(login), oauth_(oauth), contracts_(contracts), desk_(desk), options_(options) {}

  [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request, Now now);
  /// The brokerage session has ended: snapshots begin anew.
  void forget() { asked_.clear(); }
  [[nodiscard]] std::uint64_t refused_for_rate() const { return refused_for_rate_; }

  // Faults: how many requests more; below zero: all.
  std::int64_t refuse_429 = 0;
  std::int64_t refuse_503 = 0;
  std::int64_t maintenance_until_ns = 0;  // 503 on everything of the brokerage session

 private:
  using Answer = net::HttpResponse (Rest::*)(const net::HttpRequest&);
  struct Route {
    Answer answer = nullptr;
    int needs = 0;  // see rest.cpp
  };
  [[nodiscard]] static const std::map<std::string_view, Route>& routes();

  /// Whether the request is one too many.
  [[nodiscard]] bool over_rate(std::string_view path);

  [[nodiscard]] net::HttpResponse tickle(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse validate(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse log_out(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse auth_status(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse open_brokerage(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse accounts(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse orders(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse snapshot(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse unsubscribe(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse unsubscribe_all(const net::HttpRequest& request);
  // rest_contracts.cpp
  [[nodiscard]] net::HttpResponse search(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse stocks(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse futures(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse contract_info(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse strikes(const net::HttpRequest& request);

  Login& login_;
  OAuth& oauth_;
  const ContractList& contracts_;
  MarketDesk& desk_;
  RestOptions options_;
  Now now_;
  std::deque<std::int64_t> recent_ns_;                        // of the last second
  std::map<std::string, std::int64_t, std::less<>> last_ns_;  // of paths with a limit of their own
  std::uint64_t refused_for_rate_ = 0;
  std::set<std::string> asked_;  // targets whose first snapshot was asked for
};

/// An answer of JSON.
[[nodiscard]] net::HttpResponse json_answer(std::string body, int status = 200);
/// {"error":"...","statusCode":401}
[[nodiscard]] net::HttpResponse json_error(int status, std::string_view error);
/// AAPL,MSFT as its parts; empty ones left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace tidegate::sim::ibkr
