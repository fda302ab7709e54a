// What the normalizer knows of one (instrument, channel): its count, its state, and what proves that nothing is missing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/core/channel.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"
#include "gateway/core/update.hpp"
#include "normalizer/open_holes.hpp"
#include "normalizer/order_book.hpp"
#include "normalizer/rhythm.hpp"
#include "normalizer/sequence_check.hpp"
#include "normalizer/source_key.hpp"
#include "normalizer/source_select.hpp"
#include "normalizer/stream_overlap.hpp"
#include "normalizer/tick_grid.hpp"

namespace tidegate {

/// A hole that the next record of the stream will announce.
enum class PendingGap : std::uint8_t {
  None,
  Unknown,
  Failover,  // at the joint of two sources
  Joint,     // where a socket took another one's place and it is not proven that nothing lies between: unless a message that came before proves it
};

/// Of a stream that several brokers could serve.
struct StreamSources {
  SourceSelect select;
  std::string untold;  // how it came to its present source: told with that one's first data. Empty: has been told
};

/// What was told of a stream that brings nothing.
struct Silence {
  MonoTime look_again;         // not before
  bool market_closed = false;  // it was told that its market is closed,
  UtcTime closed_until;        // and until when
};

struct Stream {
  std::uint64_t seq = 0;  // of the last record; lives as long as the process
  bool wanted = false;
  bool still_wanted = false;  // while a new demand is taken over
  StreamState state = StreamState::Pending;
  PendingGap gap = PendingGap::None;
  bool gap_before = false;  // announced; the next record carries the flag
  MonoTime accepted_at;     // Pending only, when `accepted`
  bool accepted = false;    // or asked for, where the broker acknowledges nothing
  bool acknowledged = false;
  std::string note;  // what subscribers are to know of this stream besides, as the session said with Accepted or Asked; mostly empty
  SourceKey source;  // of the last data
  bool has_source = false;
  std::uint64_t last_content = 0;          // of the last update without a number, see content_of
  std::unique_ptr<StreamOverlap> overlap;  // while its connection has two sockets, and somewhat longer
  std::unique_ptr<StreamSources> sources;  // null: one broker alone can serve it
  bool disconnected = false;               // Stale, and because its connection was lost
  Silence silence;
  Rhythm rhythm;
};

/// When anything last came of any stream of one connection.
struct ConnectionBeat {
  BrokerId broker{};
  ConnectionId connection{};
  MonoTime at;
};

/// Tells numberings of different openings of connections apart.
[[nodiscard]] constexpr std::uint64_t numbering_of(SourceKey source) { return (std::uint64_t{source.connection.value()} << 32U) | source.session; }

/// What the broker said it gives of an instrument.
struct InstrumentAccess {
  DataAccess access = DataAccess::Unstated;
  SourceKey source;  // who said so
  char words[104] = {};
};

/// The kept book of one instrument, and how deep subscribers look into it.
struct KeptBook {
  OrderBook chained;              // snapshot and deltas
  OrderBook top;                  // the last complete top-n state
  std::uint32_t top_session = 0;  // which opening of the connection sent it
  std::uint16_t depth = 0;        // levels a side that records carry
  bool snapshot_asked = false;
  MonoTime snapshot_asked_at;
};

/// Holes of one instrument's trades that are being filled.
struct TradeFill {
  OpenHoles holes;
  BrokerId broker{};        // who is asked
  bool aggregated = false;  // its numbers count aggregates
  MonoTime ask_at;
  Duration wait{};           // until the same is asked for again
  std::uint64_t ask_from{};  // what lies before has been asked for in this round
};

struct InstrumentState {
  std::array<Stream, kChannelCount> streams;
  std::uint32_t used = 0;  // bit per channel that was ever asked for or came
  ConsecutiveCheck trade_ids;
  std::unique_ptr<TradeFill> fill;  // null: no hole is being filled
  GrowingCheck quote_ids;
  EvidenceCheck trade_evidence;
  Ticker ticker = make_record<Ticker>(kNoInstrument, Channel::Ticker);  // merged from all updates so far
  KeptBook book;
  TickGrid tick;  // as the catalog has it
  InstrumentAccess access;
  InstrumentStatus status = make_record<InstrumentStatus>(kNoInstrument, Channel::Status);  // the last one, wanted or not
  SourceKey status_source;  // who said it; means nothing while `status` has no instrument

  Stream& stream(Channel channel) {
    used |= 1U << static_cast<unsigned>(channel);
    return streams[static_cast<std::size_t>(channel)];
  }
};

}  // namespace tidegate
