// Texts that subscribers write to contracts, by asking the broker over REST, and from a file of what was answered before.
// docs/protocols/ibkr.md#contracts
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/ibkr/contract_book.hpp"
#include "brokers/ibkr/contract_cache.hpp"
#include "brokers/ibkr/contract_wish.hpp"
#include "gateway/core/instrument.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::ibkr {

/// The loop's thread. Asks nothing before the first go(), and nothing after stop().
class Contracts {
 public:
  struct Settings {
    std::string cache_folder;                         // common::cache_folder(option instruments_cache); empty: no cache
    Duration age = std::chrono::hours{24 * 30};       // an older answer is asked for again when its instrument is next wanted; it serves meanwhile
    Duration retry_first = std::chrono::seconds{1};   // waits after failures grow from here
    Duration retry_longest = std::chrono::seconds{60};
    Duration unknown_kept = std::chrono::minutes{5};  // a name the broker knows nothing of is not asked for again so long
    Duration write_after = std::chrono::seconds{1};   // from a new answer to its place on the disk
  };

  /// `status` 0: no answer came in time.
  using Answered = std::function<void(int status, std::string_view body)>;
  /// One GET through the session's paced REST client: "/trsrv/stocks?symbols=AAPL,IBM", below /v1/api. `answered` runs once, later or at once; after
  /// hold() or stop() it may as well never run. A 401, or words of a missing login, hold() by itself: the session ends that with go().
  using Ask = std::function<void(std::string path_and_query, Answered answered)>;

  struct Events {
    std::function<void(std::vector<SymbolAnswer>)> found;  // for SessionHost::on_found
    std::function<void()> changed;                         // what is known changed otherwise: known() is to go to SessionHost::on_instruments again
    std::function<void()> prepared;                        // more of find() is prepared
  };

  /// Reads the cache. The host outlives this; `ask` and the events are called on its loop, never from within a call to this but go().
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
};

}  // namespace tidegate::ibkr
