// All I/O with the toy broker: one connection, its list, what is subscribed on it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/connection.hpp"
#include "brokers/common/frame_port.hpp"
#include "brokers/common/pacer.hpp"
#include "brokers/common/status_board.hpp"
#include "brokers/common/wants.hpp"
#include "tests/toy_broker/options.hpp"

namespace tidegate::toy {

/// The loop's thread.
class LineSession final : public Session, private common::ConnectionOwner {
 public:
  LineSession(const BrokerConfig& config, SessionHost& host);
  ~LineSession() override { stop(); }

  void start() override;
  void update(const WantedSet& wanted) override;
  void request_snapshot(std::string_view) override {}  // there are no books
  void relist() override;
  void reconnect() override;
  void stop() noexcept override;

 private:
  /// A wish. It keeps the canonical symbol, and is resolved anew with each list.
  struct Held {
    Want want;
    std::string name;     // the broker's; empty: not in the list
    std::string refusal;  // already told upwards
  };

  void on_attempt(common::Connection& connection, std::uint64_t attempt) override;
  void on_open(common::Connection& connection) override;
  void on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) override;
  void on_ping(common::Connection& connection, std::string_view payload) override;
  bool probe(common::Connection& connection) override;
  common::LossVerdict judge(common::Connection& connection, const net::WsClosed& closed) override;
  void on_phase(common::Connection& connection) override;

  void on_list_line(std::string_view line);
  void on_list_end();
  void on_refusal(std::string_view line);
  void resolve(Held& held);
  void refuse(Held& held, std::string_view words, std::uint16_t code);
  void pump();
  /// The next command that is due; empty: none.
  [[nodiscard]] std::string next_command();
  void announce(const std::string& name);
  void fill_report(BrokerReport& report) const;

  const BrokerConfig config_;
  const Settings settings_;
  SessionHost& host_;
  common::FramePort port_;
  common::StatusBoard board_;
  common::SlidingWindow attempts_;
  common::SendPacer pacer_;
  net::Timer send_timer_;
  std::optional<common::Connection> connection_;

  std::vector<Instrument> coming_;  // lines of a list that is not whole yet
  std::set<std::string> listed_;    // names
  bool list_known_ = false;         // in this connection
  bool list_due_ = false;           // LIST is to be sent
  std::uint64_t generation_ = 0;
  std::vector<Held> held_;      // by instrument and channel
  std::set<std::string> sent_;  // names subscribed on this connection
  bool stopped_ = false;
};

}  // namespace tidegate::toy
