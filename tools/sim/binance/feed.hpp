// Where frames and REST answers come from: a generated market or a recording.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/sim/binance/hub.hpp"

namespace tidegate::sim::binance {

class Feed : public TopicListener {
 public:
  /// Publishes what is due. True: more is waiting and the sockets can take it, call again soon.
  virtual bool advance(Now now) = 0;
  /// So many frames at once, as fast as the sockets take them.
  virtual void burst(std::int64_t frames) = 0;
  /// Nothing happens in the market until then. A recording goes on.
  virtual void quiet_until(std::int64_t mono_ns) { static_cast<void>(mono_ns); }

  [[nodiscard]] virtual bool has_symbol(Market market, std::string_view symbol) const = 0;
  /// The elements of exchangeInfo's `symbols`; `wanted` empty: all.
  virtual void exchange_symbols(Market market, std::span<const std::string> wanted, std::string& out) const = 0;
  /// The answer to a depth request of a known symbol; none yet: ask again later.
  virtual std::optional<std::string> depth(Market market, std::string_view symbol, std::size_t limit, Now now) = 0;

  struct History {
    std::int64_t from_id = -1;  // -1: the latest
    std::size_t limit = 500;
    std::size_t interval = 0;
  };
  virtual std::string agg_trades(Market market, std::string_view symbol, const History& history) const = 0;
  virtual std::string trades(Market market, std::string_view symbol, const History& history) const = 0;
  virtual std::string klines(Market market, std::string_view symbol, const History& history) const = 0;
  enum class Summary : std::uint8_t { Day, Price, BookTicker, Average, Premium };
  /// One object, or an array over all symbols when `symbol` is empty.
  virtual std::string summary(Market market, std::string_view symbol, Summary what, Now now) const = 0;
};

}  // namespace tidegate::sim::binance
