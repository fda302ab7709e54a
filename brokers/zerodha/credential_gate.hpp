// The access token of the day, shared by all connections of one broker: read anew before each attempt, and never tried again once it was refused.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "brokers/adapter.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/url.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::zerodha {

/// Kite refuses an expired token with every attempt until a person has logged in again, so asking again with the same one never helps. While the gate
/// is closed it compares the credentials with their source every `credential_check`. The loop's thread.
class CredentialGate {
 public:
  /// `on_changed`: the gate has closed, or opened: connections that wait for it may try again.
  CredentialGate(SessionHost& host, const Settings& settings, std::function<void()> on_changed);

  /// What an attempt may use now; nothing when it must not be made: reason() says why.
  [[nodiscard]] std::optional<Credentials> take();
  /// These were refused with 403.
  void refuse(const Credentials& credentials);
  void stop() { timer_.cancel(); }

  [[nodiscard]] bool closed() const { return !reason_.empty(); }
  /// Why no attempt may be made, with the remedy; empty while the gate is open.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  struct Found {
    std::optional<Credentials> usable;
    std::string reason;  // not usable: why
  };
  [[nodiscard]] Found look();
  void close(std::string reason);
  void open();
  void look_again();

  SessionHost& host_;
  const Settings& settings_;
  std::function<void()> on_changed_;
  net::Timer timer_;
  std::optional<Credentials> refused_;
  std::string reason_;
};

}  // namespace tidegate::zerodha
