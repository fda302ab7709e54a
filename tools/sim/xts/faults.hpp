// The faults that the simulator can commit on demand, in one table.
#pragma once

#include <cstdint>
#include <span>

#include "tools/sim/common/faults.hpp"

namespace tidegate::sim::xts {

enum class FaultKind : std::uint8_t {
  Silence,
  Dead,
  Drop,
  Close,
  Slow,
  NoPong,
  ServerPing,
  NamespaceDisconnect,
  ServerDisconnect,
  Refuse,
  TokenRevoked,
  Competing,
  ExpireToken,
  AlreadySubscribed,
  Limit,
  Rest429,
  Rest503,
  Html404,
  PlainText,
  Wrapped,
  NoQuotes,
  BareQuotes,
  NoList,
  SlowMaster,
  ListChanged,
  InstrumentUnknown,
  MalformedPacked,
  MalformedJson,
  BadPartial,
  CrossedPartial,
  UnknownEvent,
  ObjectArgument,
  MixedShapes,
  Duplicate,
  PropertyBurst,
  Resume,
};

using Fault = sim::Fault<FaultKind>;
using FaultSpec = sim::FaultSpec<FaultKind>;

[[nodiscard]] std::span<const FaultSpec> fault_table();

}  // namespace tidegate::sim::xts
