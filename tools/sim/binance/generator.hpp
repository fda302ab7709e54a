// The generated market as a feed: every symbol of both markets moves with each step, and what somebody subscribed to is written out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/sim/binance/encode.hpp"
#include "tools/sim/binance/feed.hpp"

namespace tidegate::sim::binance {

struct GeneratorOptions {
  Serves serves = Serves::Both;
  std::size_t symbols = 10;
  std::uint64_t seed = 1;
  double rate = 1;  // 1: about 20 trades and quotes a second of each symbol; 0: as fast as the sockets take it
};

class GeneratedFeed final : public Feed {
 public:
  GeneratedFeed(Hub& hub, const GeneratorOptions& options, Now now);
  ~GeneratedFeed() override;

  void on_topic(Topic& topic) override;
  void on_topic_gone(Topic& topic) override;
  bool advance(Now now) override;
  void burst(std::int64_t frames) override { burst_ += frames; }
  void quiet_until(std::int64_t mono_ns) override { quiet_until_ns_ = mono_ns; }
  /// One step of every symbol, whatever the time is. advance() calls it; tests may.
  void step(Now now);

  [[nodiscard]] bool has_symbol(Market market, std::string_view symbol) const override;
  void exchange_symbols(Market market, std::span<const std::string> wanted, std::string& out) const override;
  std::optional<std::string> depth(Market market, std::string_view symbol, std::size_t limit, Now now) override;
  std::string agg_trades(Market market, std::string_view symbol, const History& history) const override;
  std::string trades(Market market, std::string_view symbol, const History& history) const override;
  std::string klines(Market market, std::string_view symbol, const History& history) const override;
  std::string summary(Market market, std::string_view symbol, Summary what, Now now) const override;

  [[nodiscard]] const SymbolMarket* market(Market market, std::string_view symbol) const;

 private:
  struct Output;
  struct Symbol;
  struct Side {                             // one market
    std::unique_ptr<UpdateIds> shared_ids;  // USD-M
    std::vector<std::unique_ptr<Symbol>> symbols;
    std::map<std::string, Symbol*, std::less<>> by_name;  // upper case
    std::map<std::string, Symbol*, std::less<>> by_lower;
  };

  void add_market(Market market, const GeneratorOptions& options, Now now);
  [[nodiscard]] Side& side(Market market) { return market == Market::Spot ? spot_ : usdm_; }
  [[nodiscard]] const Side& side(Market market) const { return market == Market::Spot ? spot_ : usdm_; }
  void act(Symbol& symbol, Now now);
  void publish_periodic(Now now);
  void publish_due(Output& output, Now now);
  void publish_depth(Output& output, Now now);
  void publish_partial(Output& output, Now now);
  void publish_kline(Output& output, Now now);
  void publish_all(Output& output, Now now);
  [[nodiscard]] Encoding encoding(const Topic& topic, Now now) const { return {topic.market, topic.microseconds, now.utc_us}; }
  void send(Output& output);

  Hub& hub_;
  double actions_per_step_;
  bool unpaced_;
  Random random_;
  Side spot_, usdm_;
  std::vector<std::unique_ptr<Output>> outputs_;
  std::int64_t start_ns_;
  std::int64_t steps_done_ = 0;
  std::int64_t burst_ = 0;
  std::int64_t quiet_until_ns_ = 0;
  Activity activity_;
  std::string text_;
};

}  // namespace tidegate::sim::binance
