// The credentials of one broker, shared by all that need them: read anew before each attempt, and never tried again once they were refused.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::common {

/// A broker refuses the same credentials with every attempt until a person has renewed them, so asking again with them never helps. While the gate is
/// closed it compares them with their source every `check_interval`. The loop's thread.
class CredentialGate {
 public:
  using Credentials = std::vector<std::string>;  // in the order of the keys

  /// `keys` name Secret options that must not be empty. `on_changed`: the gate has closed, or opened: what waits for it may try again.
  CredentialGate(SessionHost& host, std::vector<std::string_view> keys, Duration check_interval, std::function<void()> on_changed);

  /// What an attempt may use now; nothing when it must not be made: reason() says why.
  [[nodiscard]] std::optional<Credentials> take();
  /// The same after the programs behind the keys were asked anew: `done` is called at once where there are none, else later, unless stop() comes
  /// first.
  void fetch(std::function<void(std::optional<Credentials>)> done);
  /// What the source holds now, where an attempt may use it; changes nothing.
  [[nodiscard]] std::optional<Credentials> newest() { return look().usable; }
  /// These were refused, because of `key`. `words` lead up to what a person has to do, "renew <the source of the key>", which is added.
  void refuse(const Credentials& credentials, std::string_view words, std::string_view key);
  /// What was refused may be tried again.
  void forgive();
  void stop();

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
  const std::vector<std::string_view> keys_;
  const Duration check_interval_;
  std::function<void()> on_changed_;
  net::Timer timer_;
  std::optional<Credentials> refused_;
  std::string refused_words_;
  std::string refused_key_;
  std::string reason_;
  bool stopped_ = false;
};

}  // namespace tidegate::common
