// The REST side: login, subscriptions, quotes and the lists. Answers carry the shapes and texts of docs/protocols/xts.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_server.hpp"
#include "tools/sim/xts/instruments.hpp"
#include "tools/sim/xts/logins.hpp"
#include "tools/sim/xts/messages.hpp"

namespace tidegate::sim::xts {

struct RestOptions {
  std::vector<std::string> roots = {"/apimarketdata"};
  std::size_t subscriptions_max = 50;  // of one login, over all codes
  std::size_t batch_max = 50;          // instruments of one request
  std::size_t subscribe_per_second = 10;
  std::size_t quotes_per_second = 1;
  bool remaining_count = true;  // Remaining_Subscription_Count, which older servers do not send
  bool bound_to_root = false;   // a token is good under the root where it was issued only
  bool master_needs_token = false;
  int invalid_token_status = 400;  // or 401, with another code
  std::string app_version = "5.0.15";
  std::string application_expiry_date = "31-12-2030";
};

/// What REST asks of the market.
class RestSource {
 public:
  virtual ~RestSource() = default;
  /// The Full JSON body of the moment; empty: none.
  virtual std::string snapshot(const Subscription& subscription) = 0;
  virtual void subscribed() = 0;
  /// Of the last hour, oldest first.
  virtual std::vector<Candle> candles(InstrumentKey instrument) = 0;
};

class Rest {
 public:
  Rest(const InstrumentList& list, Logins& logins, RestSource& source, RestOptions options)
      : list_(list), logins_(logins), source_(source), options_(std::move(options)) {}

  [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request, Now now);
  /// The root that the path begins with; empty: none.
  [[nodiscard]] std::string_view root_of(std::string_view path) const;
  /// What any path that nobody serves is answered with.
  [[nodiscard]] static net::HttpResponse not_found(const net::HttpRequest& request);
  [[nodiscard]] const RestOptions& options() const { return options_; }
  void resume();

  // Faults. Counts: so many requests more; below zero: all.
  std::int64_t refuse_429 = 0, refuse_503 = 0, html_404 = 0, plain_text = 0;
  std::int64_t already_subscribed = 0;       // subscriptions
  std::optional<std::size_t> lowered_limit;  // instead of subscriptions_max
  bool no_quotes = false;                    // listQuotes is empty
  bool bare_quotes = false;                  // listQuotes is one string
  bool wrapped = false;                      // the envelope is the only element of an array
  int no_list_status = 0;                    // of the instrument lists

 private:
  struct Batch {
    std::uint32_t code = 0;
    std::vector<Subscription> subscriptions;
    std::string listed;   // the request's instruments, as JSON
    std::string problem;  // not empty: a bad request
  };

  [[nodiscard]] net::HttpResponse route(const net::HttpRequest& request, std::string_view root, std::string_view path);
  [[nodiscard]] std::optional<net::HttpResponse> fault(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse log_in(const net::HttpRequest& request, std::string_view root);
  [[nodiscard]] net::HttpResponse with_login(const net::HttpRequest& request, std::string_view root, std::string_view path);
  [[nodiscard]] net::HttpResponse token_refusal(bool missing) const;

  // subscriptions and quotes (rest_feed.cpp)
  [[nodiscard]] Batch read_batch(const net::HttpRequest& request, bool quotes) const;
  [[nodiscard]] net::HttpResponse subscribe(const net::HttpRequest& request, Login& login);
  [[nodiscard]] net::HttpResponse unsubscribe(const net::HttpRequest& request, Login& login);
  [[nodiscard]] net::HttpResponse quotes(const net::HttpRequest& request, Login& login);
  [[nodiscard]] std::string list_quotes(const Batch& batch);
  [[nodiscard]] std::string remaining(const Login& login) const;
  [[nodiscard]] std::size_t limit() const { return lowered_limit.value_or(options_.subscriptions_max); }

  // lists (rest_list.cpp)
  [[nodiscard]] bool is_list(std::string_view path) const;
  [[nodiscard]] net::HttpResponse lists(const net::HttpRequest& request, std::string_view path);
  [[nodiscard]] net::HttpResponse master(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse index_list(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse search(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse by_id(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse ohlc(const net::HttpRequest& request);

  const InstrumentList& list_;
  Logins& logins_;
  RestSource& source_;
  RestOptions options_;
  Now now_;
};

// Envelopes; texts are JSON where they are said to be.
[[nodiscard]] net::HttpResponse rest_success(std::string_view code, std::string_view description, std::string_view result_json);
[[nodiscard]] net::HttpResponse rest_failure(int status, std::string_view code, std::string_view description, std::string_view result_json = {});
[[nodiscard]] net::HttpResponse bad_request(std::string_view problem);

}  // namespace tidegate::sim::xts
