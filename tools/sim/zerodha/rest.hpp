// The REST side: the instrument list, the login and the profile. Answers carry the shapes of docs/protocols/zerodha.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/ws_server.hpp"
#include "tools/sim/common/credentials.hpp"
#include "tools/sim/zerodha/instruments.hpp"

namespace tidegate::sim::zerodha {

struct RestOptions {
  std::string api_secret;
  std::string redirect_url;  // where a login leads; empty: a page names the request token
};

class Rest {
 public:
  Rest(InstrumentList& list, Credentials& credentials, RestOptions options) : list_(list), credentials_(credentials), options_(std::move(options)) {}

  [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request);

  // Faults: how many requests more; below zero: all.
  std::int64_t refuse_429 = 0;
  std::int64_t refuse_503 = 0;
  int no_list_status = 0;

 private:
  [[nodiscard]] net::HttpResponse instruments(const net::HttpRequest& request, std::string_view exchange);
  [[nodiscard]] net::HttpResponse open_session(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse close_session(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse login(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse profile(const net::HttpRequest& request);

  InstrumentList& list_;
  Credentials& credentials_;
  RestOptions options_;
  std::uint64_t issued_ = 0;
};

}  // namespace tidegate::sim::zerodha
