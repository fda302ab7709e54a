// All I/O with Kite: the instrument list, the ticker connections and what each of them carries.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/credential_expiry.hpp"
#include "brokers/common/credential_gate.hpp"
#include "brokers/common/renewable.hpp"
#include "brokers/common/status_board.hpp"
#include "brokers/common/wants.hpp"
#include "brokers/zerodha/instrument_list.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/shard.hpp"

namespace tidegate::zerodha {

/// The mode that brings what a channel shows of an instrument; None: nothing does.
[[nodiscard]] Mode mode_for(const Settings& settings, Channel channel, bool is_index);

/// Wishes become tokens and modes once the instrument list is known, and tokens are spread over connections, which open when they have something to
/// carry. The loop's thread.
class TickerSession final : public Session, public common::Renewable, private ShardOwner {
 public:
  TickerSession(const BrokerConfig& config, SessionHost& host);
  ~TickerSession() override { stop(); }

  void start() override;
  void update(const WantedSet& wanted) override;
  /// Every full packet is a whole book: there is nothing to ask for.
  void request_snapshot(std::string_view) override {}
  void relist() override;
  void reconnect() override;
  void renew(std::string_view why) override;
  void stop() noexcept override;

 private:
  struct Listed {
    Token token = 0;
    bool is_index = false;
  };
  /// A wish and where it is served. The wish keeps the canonical symbol, and is resolved anew with each instrument list.
  struct Held {
    Want want;
    Token token = 0;
    Mode mode = Mode::None;
    Shard* shard = nullptr;      // null: not resolved, or refused
    std::uint32_t asked_in = 0;  // the shard's session in which it was announced as asked; zero: none
    std::string refusal;         // already told upwards
    bool no_room = false;        // refused until another instrument goes
  };
  /// One token on one connection, for all wishes that it serves.
  struct Carried {
    Shard* shard = nullptr;
    std::map<common::WantKey, Mode> wishes;
  };
  struct Slot {
    std::unique_ptr<common::FramePort> port;
    std::unique_ptr<Shard> shard;  // none yet in slot 0, whose port also speaks for the broker as a whole
  };

  void on_list(std::vector<Instrument>&& instruments);
  void on_list_failure(bool refused, std::string_view words);
  void on_gate();

  void resolve_all();
  void resolve(Held& held);
  void refuse(Held& held, std::string_view words, std::uint16_t code);
  void release(Held& held);
  void assign(Held& held, Token token, Mode mode, Shard& shard);
  void tell_mode(Token token, const Carried& carried);
  void announce(Held& held, common::FramePort& port);
  void watch_credentials();
  void renew_next();
  [[nodiscard]] Shard* place(Token token);
  Shard* add_shard();
  void apply_touched();
  void tell_venues();
  void use_room();

  void on_shard_changed(Shard& shard) override;
  void on_tokens_asked(Shard& shard, common::FramePort& port, const std::vector<Token>& tokens) override;
  void on_token_refused(Shard& shard, common::FramePort& port, Token token, std::string_view words) override;
  void on_instruments_etag(std::string_view etag) override;

  void follow_token(const Shard& shard);
  void refresh_status();
  void fill_report(BrokerReport& report) const;

  const BrokerConfig config_;
  const Settings settings_;
  SessionHost& host_;
  common::SlidingWindow attempts_;
  common::CredentialGate gate_;
  std::vector<Slot> slots_;  // by ConnectionId
  std::optional<common::StatusBoard> board_;
  std::optional<common::CredentialExpiry> token_end_;
  std::string token_;  // the newest one that opened a connection
  InstrumentList list_;
  net::Timer room_timer_;
  net::Timer credential_timer_;

  std::unordered_map<std::string, Listed> listed_;  // by canonical symbol
  bool list_known_ = false;
  std::uint64_t generation_ = 0;
  std::vector<Held> held_;  // by instrument and channel
  std::unordered_map<Token, Carried> carried_;
  std::size_t without_room_ = 0;
  std::set<Shard*> touched_;   // wishes changed, apply() is due
  std::set<Shard*> to_renew_;  // somebody has asked for it
  std::string why_renew_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace tidegate::zerodha
