// A recording as a feed. One timeline for all connections: it starts when the first client has subscribed and no further subscription has come for
// a while, then it never pauses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/recording/frames_file.hpp"
#include "tools/sim/binance/feed.hpp"
#include "tools/sim/binance/recording.hpp"

namespace tidegate::sim::binance {

struct ReplayOptions {
  std::string path;
  double rate = 1;  // 2: twice as fast as recorded; 0: as fast as the sockets take it
  bool loop = false;
  std::int64_t start_after_ns = kSecondNs;
};

class ReplayFeed final : public Feed {
 public:
  /// `recording` is what examine() found in that file.
  ReplayFeed(Hub& hub, ReplayOptions options, Recording recording);
  ~ReplayFeed() override;

  void on_topic(Topic& topic) override;
  void on_topic_gone(Topic& topic) override;
  bool advance(Now now) override;
  void burst(std::int64_t frames) override { burst_ += frames; }

  [[nodiscard]] bool has_symbol(Market market, std::string_view symbol) const override;
  void exchange_symbols(Market market, std::span<const std::string> wanted, std::string& out) const override;
  std::optional<std::string> depth(Market market, std::string_view symbol, std::size_t limit, Now now) override;
  // A recording holds no history: these lists are empty.
  std::string agg_trades(Market, std::string_view, const History&) const override { return "[]"; }
  std::string trades(Market, std::string_view, const History&) const override { return "[]"; }
  std::string klines(Market, std::string_view, const History&) const override { return "[]"; }
  std::string summary(Market, std::string_view symbol, Summary, Now) const override { return symbol.empty() ? "[]" : "{}"; }

  enum class State : std::uint8_t { Waiting, Playing, Ended };
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint64_t frames_played() const { return played_; }
  [[nodiscard]] Market market() const { return recording_.usdm ? Market::Usdm : Market::Spot; }

 private:
  struct Symbol;
  struct Stream;

  void start(Now now);
  void restart_books();
  void finish();
  bool load_next();
  [[nodiscard]] std::int64_t due_ns() const;
  void play(Now now);
  [[nodiscard]] Stream* resolve(std::string_view name);

  Hub& hub_;
  ReplayOptions options_;
  Recording recording_;
  FramesFile file_;
  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
  std::map<std::string, std::unique_ptr<Symbol>, std::less<>> symbols_;
  Audience nameless_;  // frames that name no stream
  State state_ = State::Waiting;
  std::int64_t last_subscribed_ns_ = 0;
  std::int64_t started_ns_ = 0;
  std::int64_t position_ns_ = 0;  // recorded time of `next_`, from the first frame's
  std::int64_t last_received_ns_ = -1;
  bool loaded_ = false;
  RecordedFrame next_;
  FrameParts parts_;
  std::int64_t burst_ = 0;
  std::uint64_t played_ = 0;
};

}  // namespace tidegate::sim::binance
