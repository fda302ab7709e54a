// All I/O with Binance: the instrument list, the stream connections and what each of them carries, the book snapshots.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/binance/instrument_list.hpp"
#include "brokers/binance/options.hpp"
#include "brokers/binance/rest_client.hpp"
#include "brokers/binance/shard.hpp"
#include "brokers/binance/snapshots.hpp"
#include "brokers/binance/trade_fills.hpp"
#include "brokers/common/renewable.hpp"
#include "brokers/common/status_board.hpp"
#include "brokers/common/wants.hpp"

namespace tidegate::binance {

/// Wishes become streams once the instrument list is known, and streams are spread over connections, which open when they have something to
/// carry. The loop's thread.
class StreamSession final : public Session, public common::Renewable, private ShardOwner {
 public:
  StreamSession(const BrokerConfig& config, SessionHost& host);
  ~StreamSession() override { stop(); }

  void start() override;
  void update(const WantedSet& wanted) override;
  void request_snapshot(std::string_view symbol) override;
  void request_trades(std::string_view symbol, std::uint64_t first, std::uint64_t last) override;
  void relist() override;
  void reconnect() override;
  void renew(std::string_view why) override;
  void stop() noexcept override;

 private:
  /// A wish and where it is served. The wish keeps the canonical symbol, and is resolved anew with each instrument list.
  struct Held {
    Want want;
    std::string stream;      // empty: not resolved, or refused
    Shard* shard = nullptr;  // set exactly when `stream` is
    std::string refusal;     // already told upwards
  };
  struct Slot {
    std::unique_ptr<common::FramePort> port;
    std::unique_ptr<Shard> shard;  // none yet in slot 0, whose port also speaks for the broker as a whole
  };

  void on_list(ExchangeInfo&& info);
  void on_list_failure(bool refused, std::string_view words);

  void resolve_all();
  void resolve(Held& held);
  void refuse(Held& held, std::string_view words);
  void release(Held& held);
  void assign(Held& held, const std::string& stream, Shard& shard);
  [[nodiscard]] Shard* place(Route route, std::string_view stream);
  Shard* add_shard(Route route);
  void apply_touched();
  /// The venue's own name of a canonical symbol; null: not in the list.
  [[nodiscard]] const std::string* own_symbol(const std::string& symbol) const;
  [[nodiscard]] Held* held_by(std::string_view stream);
  [[nodiscard]] common::FramePort* book_carrier(std::string_view symbol);

  void on_shard_open(Shard&) override {}
  void on_shard_changed(Shard& shard) override;
  void on_streams_accepted(Shard& shard, common::FramePort& port, const std::vector<std::string>& streams) override;
  void on_streams_refused(Shard& shard, common::FramePort& port, const std::vector<std::string>& streams, std::string_view words) override;

  void refresh_status();
  void fill_report(BrokerReport& report) const;

  const BrokerConfig config_;
  const Settings settings_;
  SessionHost& host_;
  common::SlidingWindow attempts_;
  std::vector<Slot> slots_;  // by ConnectionId
  std::optional<common::StatusBoard> board_;
  RestClient rest_;
  InstrumentList list_;
  Snapshots snapshots_;
  TradeFills fills_;

  std::unordered_map<std::string, std::string> listed_;  // canonical symbol to the venue's own
  bool list_known_ = false;
  std::uint64_t generation_ = 0;
  std::vector<Held> held_;  // by instrument and channel
  std::unordered_map<std::string, common::WantKey> by_stream_;
  std::set<Shard*> touched_;  // wishes changed, apply() is due
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace tidegate::binance
