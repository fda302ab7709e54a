// A subscriber that believes nothing: it holds every message against what the protocol promises, and writes down what was broken.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"

namespace tidegate::chaos {

/// Of a book, on each side: the venue counts what deeper ones cost.
inline constexpr unsigned kLevelsCompared = 100;

/// One subscribe request: a channel of some symbols.
struct Wish {
  std::string channel;
  std::vector<std::string> symbols;
  std::string options;  // members of `options`, without braces: R"("conflate":"100ms")"
};

/// How it stands with one stream, "SYMBOL CHANNEL".
struct StreamView {
  std::uint64_t last_seq = 0;  // 0: nothing came yet
  std::uint64_t last_trade_id = 0;
  bool gap_since_trade = false;
  std::map<std::uint64_t, std::uint64_t> missing;  // numbers that gaps named, and the trade id that each must have; 0: not known
  bool conflated = false;                          // asked for it
  std::string state;
  std::uint64_t data = 0;
  std::string book;  // the best levels of the last one, as text
};

struct Totals {
  std::uint64_t records = 0;
  std::uint64_t replayed = 0;
  std::uint64_t gaps = 0;
  std::uint64_t filled = 0;        // trades that came after their gap
  std::uint64_t numbers_lost = 0;  // that gaps spoke of
  std::uint64_t told_stale = 0;
  std::uint64_t returns = 0;  // with since

  void add(const Totals& other);
};

/// Lives on its loop.
class StrictSubscriber final : private net::WsClientHandler {
 public:
  StrictSubscriber(net::EventLoop& loop, std::uint16_t port, std::string name, std::vector<Wish> wishes);

  void connect();
  /// Cuts the connection; the next connect() comes back where it was, by `since` and `epoch`.
  void drop();
  [[nodiscard]] bool connected() const { return open_; }

  [[nodiscard]] const std::map<std::string, StreamView>& streams() const { return streams_; }
  [[nodiscard]] const Totals& totals() const { return totals_; }
  /// What was promised and not kept, in words; empty: nothing.
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  /// Every one of these streams is live, and has delivered since `before`.
  [[nodiscard]] bool all_flow(const std::vector<std::string>& streams, const std::map<std::string, std::uint64_t>& before) const;
  [[nodiscard]] std::map<std::string, std::uint64_t> data_counts() const;

 private:
  void on_open() override;
  void on_message(std::string&& payload, bool binary) override;
  void on_closed(const net::WsClosed& closed) override;

  void on_gap(const rapidjson::Value& message);
  void on_state(const rapidjson::Value& message);
  void on_result(const rapidjson::Value& message);
  void on_data(const rapidjson::Value& message);
  void on_fill(StreamView& stream, const rapidjson::Value& message);
  void check_trade(StreamView& stream, const rapidjson::Value& message, bool replayed);
  void complain(const std::string& what);

  net::EventLoop& loop_;
  std::uint16_t port_;
  std::string name_;
  std::vector<Wish> wishes_;
  std::unique_ptr<net::WsClient> client_;
  bool open_ = false;
  std::string epoch_;
  std::map<std::string, StreamView> streams_;
  Totals totals_;
  std::vector<std::string> broken_;
  std::string at_hand_;  // the message, for complaints
};

}  // namespace tidegate::chaos
