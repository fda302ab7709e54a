// All that a broker provides. Bytes in and requests out on one side (Session, with I/O), pure decoding on the other (Decoder).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/broker_config.hpp"
#include "gateway/core/calendar.hpp"
#include "gateway/core/connection_clocks.hpp"
#include "gateway/core/counters.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/frame.hpp"
#include "gateway/core/instrument.hpp"
#include "gateway/core/update.hpp"

namespace tidegate {

namespace net {
class EventLoop;
class HttpClient;
struct HttpAnswer;
struct HttpCall;
}  // namespace net

/// What one frame held.
struct Decoded {
  std::uint32_t updates = 0;  // given to the sink
  std::uint32_t ignored = 0;  // messages of kinds the gateway does not use
  std::uint32_t control = 0;  // acknowledgements, shutdown notices and the like: the session reads them itself
  std::uint32_t bad = 0;      // messages that could not be read; `error` is the first one's reason
  Error error{};
  bool confidential = false;        // the frame may speak of an account: nothing of it may reach a log
  std::uint32_t clock_guesses = 0;  // times read by another clock than the documented one, because the result is near the receive time
};

/// Bytes to updates. Pure: no clock, no I/O, no locks; the same frames give the same updates. One thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Reads a Text, Binary or Rest frame. What was good before a fault in the same frame is kept.
  virtual Decoded decode(const RawFrame& frame, UpdateSink& sink) = 0;
};

/// State of one connection, for /v1/brokers.
struct ConnectionReport {
  std::string name;  // "market-0"
  BrokerState state{};
  std::string reason;
  UtcTime since;
  std::uint32_t streams = 0;  // confirmed by the broker
  std::uint32_t wanted = 0;
  std::uint64_t sessions = 0;
  std::shared_ptr<const ConnectionClocks> clocks{};  // as they are whenever they are read
};
struct BrokerReport {
  BrokerState state{};
  std::string reason;
  UtcTime since;
  std::uint32_t instruments = 0;
  std::vector<ConnectionReport> connections;
  UtcTime credential_expires{};  // when the present login ends by itself; kNoTime: there is none, or it is not known
};

/// One broker's configuration read anew, as must be done before each connect: credentials may have changed since.
struct FreshConfig {
  BrokerConfig config;
  std::string problem;  // not empty: something it refers to is gone; what, and the remedy; `config` says nothing then
};

/// What the gateway lends to a session. The session calls it on its loop's thread.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  [[nodiscard]] virtual net::EventLoop& loop() = 0;
  [[nodiscard]] virtual net::HttpClient& http() = 0;
  [[nodiscard]] virtual const Clock& clock() const = 0;
  [[nodiscard]] virtual BrokerCounters& counters() = 0;
  [[nodiscard]] virtual std::uint64_t random_seed() = 0;
  /// When venues are open. The same object for as long as the host lives.
  [[nodiscard]] virtual const Calendars& calendars() const { return Calendars::none(); }
  /// Asks the programs and web servers that the broker's keys name for their values anew, elsewhere, so that read_config() finds what they said last.
  /// `ready` is called on the loop: at once where none is named, else later. To be called before each connect; several calls share one run.
  virtual void prepare_config(std::function<void()> ready) { std::exchange(ready, nullptr)(); }
  /// Reads the environment variables and files that the broker's keys refer to again.
  [[nodiscard]] virtual FreshConfig read_config() = 0;
  /// The frame queue's entry for one connection; one producer token each.
  [[nodiscard]] virtual std::unique_ptr<FrameSink> open_sink(ConnectionId connection) = 0;
  /// The broker's whole instrument list, at start and after each refresh. Puts in what the configuration names: wishes are to be resolved by the
  /// list as it comes back. A broker whose adapter `may_know` names gives what it knows already, perhaps nothing: before that it is asked for none.
  virtual void on_instruments(std::vector<Instrument>& instruments) = 0;
  /// Answers to Session::look_up. Their instruments join the broker's list, and each text stands for them from now on.
  virtual void on_found(std::vector<SymbolAnswer> answers) = 0;
  virtual void on_report(BrokerReport report) = 0;
};

/// All I/O with one broker. Runs on the loop of its host; frames leave it only through FrameSinks. Wishes arrive as whole sets.
class Session {
 public:
  virtual ~Session() = default;
  virtual void start() = 0;                                    // returns at once; failures arrive as Status frames
  virtual void update(const WantedSet& wanted) = 0;            // the session finds the difference
  virtual void request_snapshot(std::string_view symbol) = 0;  // the kept book of this symbol needs one; answered by a Rest frame
  /// Some of the trades numbered `first` to `last` of this symbol are missing, at most TradeFillLimits::page of them. Answered by a Rest frame, or
  /// not at all: whoever asks does so again. Only a session whose adapter has `trade_fills` is asked.
  virtual void request_trades(std::string_view symbol, std::uint64_t first, std::uint64_t last) {
    static_cast<void>(symbol), static_cast<void>(first), static_cast<void>(last);
  }
  /// Names to be looked up, for a broker whose adapter `may_know` them. Each is answered once through SessionHost::on_found, later: at the earliest
  /// once the broker can be asked. Asking again for one under way changes nothing.
  virtual void look_up(const std::vector<std::string>& texts) { static_cast<void>(texts); }
  /// The names under `instruments:` have changed: the list goes to SessionHost::on_instruments again, now or once it is there. Subscriptions of
  /// instruments that stay are not touched.
  virtual void relist() = 0;
  /// A person wants the connections made anew. Open ones are cut, as if they had been lost, so that subscribers see it; what was given up, such as
  /// credentials that were refused or a session that another program took, is tried once more; the broker's limits of attempts hold as ever.
  virtual void reconnect() {}
  virtual void stop() noexcept = 0;  // idempotent; pushes nothing after it returns
};

/// Whether the broker takes the configured credentials.
struct CredentialAnswer {
  enum class Verdict : std::uint8_t {
    Works,
    Refused,
    Unknown,  // could not be asked, or the answer says nothing about them
  };
  Verdict verdict{};
  std::string words;  // one sentence for a person, with the remedy; never a credential
};

/// One question to the broker, under way. Destroying it ends it without an answer.
class CredentialCheck {
 public:
  virtual ~CredentialCheck() = default;
};

/// For brokers where a person has to log in, and brings back a token that is worth an access token.
struct LoginHelper {
  std::string_view token_key{};                                     // the Secret option that the access token is for
  std::string (*complaint)(const BrokerConfig&) = nullptr;          // what is missing for a login; empty: nothing
  std::string (*url)(const BrokerConfig&) = nullptr;                // to open in a browser
  std::string (*request_token)(std::string_view pasted) = nullptr;  // from the URL that the login ends at, or bare; empty: none
  net::HttpCall (*exchange)(const BrokerConfig&, const std::string& request_token) = nullptr;
  CredentialAnswer (*read_answer)(const net::HttpAnswer&, std::string& access_token) = nullptr;  // Works: access_token is set
};

/// How far missing trades are fetched, for a broker that numbers its trades and gives old ones by their number.
struct TradeFillLimits {
  std::uint64_t trades_max = 0;  // a hole of more stays one; 0: so do all
  std::size_t holes_max = 0;     // of one instrument at once; of more the oldest is given up
  Duration timeout{};            // a hole that is older stays one
  std::uint64_t page = 1'000;    // trades that one request brings
};
/// What TradeFillLimits::trades_max may be: far fewer than a jump of the numbering that still counts as that many losses.
inline constexpr std::int64_t kFillTradesMax = 100'000;

struct Adapter {
  std::string_view name{};                // `adapter:` in the YAML
  std::span<const OptionSpec> options{};  // the keys it reads besides the common ones
  std::string_view default_ws_url{};      // empty: must be configured
  std::string_view default_rest_url{};
  std::unique_ptr<Session> (*make_session)(const BrokerConfig&, SessionHost&) = nullptr;  // null: recordings only
  std::unique_ptr<Decoder> (*make_decoder)(const BrokerConfig&) = nullptr;
  /// The venues it serves with this configuration.
  std::vector<std::string> (*venues)(const BrokerConfig&) = nullptr;
  bool (*serves)(const BrokerConfig&, const Instrument&, Channel) = nullptr;
  /// Canonical symbol for an instrument no list resolves, such as "BINANCE:BTCUSDT" or "zerodha#408065".
  std::string (*unlisted_symbol)(const BrokerConfig&, const NativeRef&) = nullptr;
  /// For `decode` without a configuration: sets options that the recording itself gives away (Binance: the market). May be null.
  void (*infer_options)(BrokerConfig&, const RawFrame&) = nullptr;
  /// An id as written under `instruments:` to a native id; false when it is none. May be null: the text is the id.
  bool (*parse_native)(std::string_view id, NativeId&) = nullptr;
  /// Asks the broker once; `done` runs on the loop, later. May be null: nothing to check.
  std::unique_ptr<CredentialCheck> (*check_credentials)(const BrokerConfig&, net::EventLoop&, std::function<void(CredentialAnswer)> done) = nullptr;
  const LoginHelper* login = nullptr;  // null: no person has to log in
  /// Whether the broker has to be asked for a name that its list does not hold: VENUE:SYMBOL, or a bare name. Null: lists are whole.
  bool (*may_know)(const BrokerConfig&, std::string_view text) = nullptr;
  /// What is wrong between options that are each right, as "KEY: what is wrong; what to do"; empty when nothing is. May be null.
  std::string (*complaint)(const BrokerConfig&) = nullptr;
  /// How far missing trades are fetched. Null: the broker gives no old trades. The configuration may lack options, as when recordings are decoded.
  TradeFillLimits (*trade_fills)(const BrokerConfig&) = nullptr;
};

[[nodiscard]] inline TradeFillLimits trade_fills_of(const Adapter& adapter, const BrokerConfig& config) {
  return adapter.trade_fills != nullptr ? adapter.trade_fills(config) : TradeFillLimits{};
}

}  // namespace tidegate
