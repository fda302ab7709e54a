// Records to the data messages of the client protocol. No sockets, no clock, no allocation in steady state: `tidegate decode` uses it as it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/demand.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// What ids are called. A name is asked for once and must never change.
class Names {
 public:
  virtual ~Names() = default;
  [[nodiscard]] virtual std::string_view symbol(InstrumentId instrument) const = 0;
  [[nodiscard]] virtual std::string_view broker(BrokerId broker) const = 0;
};

/// "upstream" and the like, as messages tell it.
[[nodiscard]] std::string_view name_of(GapCause cause);

class Encoder {
 public:
  /// `names` outlives the encoder.
  explicit Encoder(const Names& names) : names_(names) {}

  /// One message of a Trade, Quote, Depth, Ticker, Candle, InstrumentStatus, Gap or MarketStatus; empty for other kinds. `published` may be unknown
  /// (null in the message); `depth` cuts a book's sides; `added` joins the record's flags. The view lasts until the next call.
  [[nodiscard]] std::string_view encode(const RecordHeader& record, UtcTime published, std::uint16_t depth = kFullDepth, Flags added = Flags::None);

 private:
  void begin(std::string_view type, const RecordHeader& record, UtcTime published, Flags flags);
  void trade(const Trade& trade);
  void quote(const Quote& quote);
  void depth(const Depth& depth, std::uint16_t levels);
  void levels(const RecordHeader& header, std::span<const DepthLevel> side);
  void ticker(const Ticker& ticker);
  void candle(const Candle& candle);
  void instrument_status(const InstrumentStatus& status);
  void gap(const Gap& gap);
  void market_status(const MarketStatus& status);

  void reserve(std::size_t bytes);
  void put(std::string_view text);
  void put_number(std::uint64_t value);
  void put_decimal(Decimal value);                                // with quotes
  void put_field(std::string_view key_and_colon, Decimal value);  // nothing when absent
  void put_time(Rfc3339Writer& writer, UtcTime time);
  [[nodiscard]] std::string_view symbol(InstrumentId instrument);
  [[nodiscard]] std::string_view broker(BrokerId broker);

  const Names& names_;
  std::string buffer_;  // its size is the capacity we may write to; `end_` is where the message ends
  std::size_t end_ = 0;
  std::string words_;                                                       // scratch for texts that need escapes
  std::vector<std::string> symbols_;                                        // by InstrumentId: ready JSON strings; empty: not asked for yet
  std::vector<std::string> brokers_;                                        // by BrokerId: the same
  Rfc3339Writer event_time_, received_time_, published_time_, other_time_;  // each keeps the text of its last second
};

}  // namespace tidegate::distributor
