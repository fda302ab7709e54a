// Streams that several brokers could serve: who they are, best first, and when one takes over from another.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/core/channel.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// Whether those who do not serve a stream hold its subscription all the time, or take it when they are needed.
enum class Standby : std::uint8_t { Warm, Hot };

/// The keys of a routing rule besides its venues and brokers.
struct FailoverRule {
  Standby standby = Standby::Warm;
  Duration failover_after{std::chrono::seconds{2}};  // lost or silent for so long: the next one takes over. 0: at once
  Duration return_after{std::chrono::seconds{60}};   // well for so long: the better one has its stream back
  Decimal tolerance;                                 // percent between two brokers' prices; absent: they are not compared

  friend bool operator==(const FailoverRule&, const FailoverRule&) = default;
};

/// One broker that could serve a stream.
struct RankedSource {
  BrokerId broker{};
  bool asked = false;  // its session has the want
  friend bool operator==(RankedSource, RankedSource) = default;
};

/// Who could serve a wanted stream, best first. Made for the venues of rules that name several brokers, even where only one lists the instrument.
struct SourcePlan {
  InstrumentId instrument = kNoInstrument;
  Channel channel{};
  FailoverRule rule;
  std::vector<RankedSource> ranked;
  std::uint32_t order = 0;      // another one than before, and not 0: a person wants the first of them to serve from now on
  bool numbered_alike = false;  // all use one adapter: what one numbers, such as trades, goes on at another
  friend bool operator==(const SourcePlan&, const SourcePlan&) = default;
};

/// How the streams that several brokers could serve stand at one of them.
struct SourceReport {
  std::uint32_t serving = 0;
  std::uint32_t served_elsewhere = 0;  // of those that should be here
  std::uint32_t disagreeing = 0;       // whose price here is too far from the serving broker's
  std::string disagreement;            // the last one, in words
  friend bool operator==(const SourceReport&, const SourceReport&) = default;
};

/// Who is to hold the subscription of a stream from now on.
struct SourceWish {
  InstrumentId instrument = kNoInstrument;
  Channel channel{};
  std::vector<BrokerId> brokers;
};

}  // namespace tidegate
