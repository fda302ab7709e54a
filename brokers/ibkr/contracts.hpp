// Texts that subscribers write to contracts, by asking the broker over REST, and from a file of what was answered before.
// docs/protocols/ibkr.md#contracts
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/ibkr/contract_asker.hpp"
#include "brokers/ibkr/contract_book.hpp"
#include "brokers/ibkr/contract_cache.hpp"
#include "brokers/ibkr/contract_wish.hpp"
#include "gateway/core/instrument.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::ibkr {

/// The loop's thread. Asks nothing before the first go(), and nothing after stop(). Everything it calls, it calls from a timer of its own.
class Contracts {
 public:
  struct Settings {
    std::string cache_folder;                        // common::cache_folder(option instruments_cache); empty: no cache
    Duration age = std::chrono::hours{24 * 30};      // an older answer is asked for again when its instrument is next wanted; it serves meanwhile
    Duration retry_first = std::chrono::seconds{1};  // waits after failures grow from here
    Duration retry_longest = std::chrono::seconds{60};
    Duration unknown_kept = std::chrono::minutes{5};  // a name the broker knows nothing of is not asked for again so long
    Duration write_after = std::chrono::seconds{1};   // from a new answer to its place on the disk
  };

  /// One GET through the session's paced REST client: "/trsrv/stocks?symbols=AAPL,IBM", below /v1/api. `answered(status, body)` runs once, later or
  /// at once; status 0: no answer came in time. After hold() or stop() it may as well never run. After a 401, or words of a missing login, it holds
  /// by itself: the session ends that with go().
  using Ask = ContractAsker::Ask;
  using Answered = ContractAsker::Answered;

  struct Events {
    std::function<void(std::vector<SymbolAnswer>)> found;  // for SessionHost::on_found
    std::function<void()> changed;                         // contracts went or were replaced: known() is for SessionHost::on_instruments again
    std::function<void()> prepared;                        // more of find() is prepared
  };

  /// Reads the cache. The host outlives this.
  Contracts(SessionHost& host, const BrokerConfig& config, Settings settings, Ask ask, Events events);
  ~Contracts() { stop(); }
  Contracts(const Contracts&) = delete;
  Contracts& operator=(const Contracts&) = delete;

  /// Texts as Session::look_up gets them. Each is answered once, later.
  void look_up(const std::vector<std::string>& texts);
  /// All symbols that streams are wanted of: futures among them are prepared, old answers are asked for again.
  void want(const std::vector<std::string>& symbols);

  /// A brokerage session has begun: the broker can be asked. What it has to be told for derivatives is told again.
  void go();
  /// It cannot be asked until the next go(): what was under way will be asked for again.
  void hold();
  /// Writes what is not on the disk yet. Idempotent.
  void stop() noexcept;

  struct Found {
    NativeId native;
    InstrumentKind kind = InstrumentKind::Other;
    bool prepared = true;  // false: a derivative whose underlying the broker is still to be asked about in this brokerage session; no stream before
  };
  /// By canonical symbol. Nothing: not one that was looked up (it may be configured: ids of the configuration are the host's).
  [[nodiscard]] std::optional<Found> find(const std::string& symbol) const;
  /// Every contract known from the cache and from answers.
  [[nodiscard]] std::vector<Instrument> known() const;

 private:
  void look_up_one(const std::string& text);
  void refresh(const std::string& text);
  [[nodiscard]] bool is_old(UtcTime asked) const;
  [[nodiscard]] bool keeps_unknown(const std::string& text);
  void remember_unknown(const std::string& text);

  void on_done(const std::string& text, const ContractWish& wish);
  void on_given_up(const std::string& text);
  void answer(const std::string& text, const ContractBook::Meaning& meaning);
  void warn(std::string_view words, std::string_view text);

  void kick();
  void on_time();
  void tell();
  void write();

  SessionHost& host_;
  std::string broker_;
  Settings settings_;
  Events events_;
  ContractCache cache_;
  ContractBook book_;
  ContractAsker asker_;
  net::Timer timer_;
  common::LogPacer log_;

  bool stopped_ = false;
  std::set<std::string> awaited_;            // texts on their way that somebody waits for
  std::map<std::string, MonoTime> unknown_;  // texts that the broker knew nothing of; until when that holds
  std::set<std::string> wanted_roots_;

  std::vector<SymbolAnswer> answers_;  // to be told
  bool changed_ = false, prepared_ = false;
  bool unwritten_ = false, write_warned_ = false;
  MonoTime write_at_;
};

}  // namespace tidegate::ibkr
