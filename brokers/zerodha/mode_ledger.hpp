// What one ticker connection should carry and in which mode, against what was asked of it. Kite acknowledges nothing, so what was sent is all that
// is known. Pure: neither I/O nor a clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "brokers/zerodha/options.hpp"

namespace tidegate::zerodha {

using Token = std::uint32_t;

/// One command for the socket.
struct Command {
  enum class Kind : std::uint8_t { Unsubscribe, Subscribe, SetMode };
  Kind kind{};
  Mode mode{};  // SetMode only
  std::vector<Token> tokens;

  /// The JSON text. Tokens are numbers: sent as strings they would be ignored without a word (section 3).
  [[nodiscard]] std::string text() const;
};

class ModeLedger {
 public:
  /// The mode wanted of a token from now on; None: it is not wanted.
  void want(Token token, Mode mode);
  /// A new connection carries nothing: all that is wanted has to be asked for again, modes included.
  void forget_sent();

  /// The next command, of at most `batch` tokens; taken as sent. Unsubscribing goes first, since it makes room; then subscribing; then modes, for
  /// every subscribed token: whether a server keeps the mode of a repeated subscription is not known (section 3).
  std::optional<Command> next(std::size_t batch);
  [[nodiscard]] bool work_left() const;

  /// Subscribed on this connection, as far as was sent.
  [[nodiscard]] bool carries(Token token) const;
  /// Takes up room here: wanted, or still subscribed.
  [[nodiscard]] bool knows(Token token) const { return entries_.contains(token); }
  /// The mode last sent for a token; None when there is none.
  [[nodiscard]] Mode sent_mode(Token token) const;
  [[nodiscard]] std::size_t occupied() const { return entries_.size(); }
  [[nodiscard]] std::size_t wanted_count() const { return wanted_count_; }
  [[nodiscard]] std::size_t carried_count() const { return carried_count_; }
  /// The first token after `last` whose subscription and mode are as wanted, round the end; nothing when there is none.
  [[nodiscard]] std::optional<Token> settled_after(Token last) const;

 private:
  static constexpr std::size_t kModes = 4;
  struct Entry {
    Mode wanted = Mode::None;
    Mode sent = Mode::None;  // None: no mode was sent since it was subscribed
    bool subscribed = false;
  };
  using Entries = std::map<Token, Entry>;

  /// Puts the token into the set of what is to be done about it.
  void classify(Token token, const Entry& entry);
  void drop(Entries::iterator it);
  static std::vector<Token> take(std::set<Token>& from, std::size_t batch);

  Entries entries_;
  std::set<Token> to_unsubscribe_;
  std::set<Token> to_subscribe_;
  std::array<std::set<Token>, kModes> to_set_;
  std::size_t wanted_count_ = 0;
  std::size_t carried_count_ = 0;
};

}  // namespace tidegate::zerodha
