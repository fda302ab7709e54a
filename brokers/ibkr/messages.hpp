// The wire in IBKR's own words, as far as it is read: what a topic names, one message of market data, rows of a ladder.
// docs/protocols/ibkr.md under the anchor each type gives.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brokers/common/field_table.hpp"
#include "brokers/ibkr/fields.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/time.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::ibkr {

/// What a topic's three letters stand for. docs/protocols/ibkr.md#topics
enum class TopicKind : std::uint8_t {
  MarketData,  // smd
  Depth,       // sbd
  Order,       // sor
  Execution,   // str
  ProfitLoss,  // spl
  Summary,     // ssd
  Ledger,      // sld
  Control,     // what the session reads itself: system, act, sts, tic, ntf, blt, error
  Other,       // history bars, and whatever is not known
};

/// "smd+265598@ARCA": its kind, and what stands behind the first plus sign. Views into the topic.
struct Topic {
  TopicKind kind{};
  std::string_view target;
};

/// One stream: a contract, smart-routed or pinned to an exchange. docs/protocols/ibkr.md#targets
struct StreamTarget {
  std::uint64_t conid = 0;
  std::string_view exchange;  // "ARCA"; empty: smart-routed

  [[nodiscard]] NativeRef native() const { return {.segment = 0, .token = conid, .text = exchange}; }
};

/// What the letter before a last price says. docs/protocols/ibkr.md#values
enum class PriceMark : std::uint8_t {
  None,
  PreviousClose,  // C: no trade yet today, this is the previous close
  Halted,         // H: trading is halted, this is the last price before
};

/// One message of a market data stream, or one row of a snapshot over REST. docs/protocols/ibkr.md#market-data
struct MarketData {
  ValueSet sent = 0;                          // fields that it speaks of; what it says is not there is absent in `values`
  std::array<Decimal, kValueCount> values{};  // by Value
  PriceMark mark = PriceMark::None;           // of Value::Last
  std::string_view availability;              // 6509; empty: not sent
  UtcTime updated;                            // the broker's clock; kNoTime: not sent
  bool unknown_contract = false;              // says nothing but that there is no such contract
  std::optional<Error> fault;                 // the first field that could not be read: sent, and without a value
};

/// One row of a BookTrader ladder as it came. docs/protocols/ibkr.md#depth
struct LadderRow {
  common::JsonValue row, price, bid, ask;
};

}  // namespace tidegate::ibkr
