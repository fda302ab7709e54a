// Every counter of the gateway, named in one table. Counters only grow; any thread may add.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "gateway/core/codes.hpp"
#include "gateway/core/result.hpp"

namespace tidegate {

// name, help. Per broker.
#define TIDEGATE_BROKER_COUNTERS(X) \
  X(connects, "connection attempts") \
  X(connects_failed, "connection attempts that failed") \
  X(disconnects, "connections lost or closed") \
  X(renewals, "planned renewals: a successor was open and subscribed before the old connection was closed") \
  X(renewals_put_off, "planned renewals whose successor could not take over; the old connection stayed, and it is tried again") \
  X(frames_received, "frames taken from sockets and REST") \
  X(bytes_received, "bytes of those frames") \
  X(frames_dropped, "frames refused by a full queue") \
  X(frames_bad, "frames or messages that could not be decoded") \
  X(frames_ignored, "messages of a kind the gateway does not use") \
  X(messages_unresolved, "messages for an instrument no list resolves") \
  X(control_messages, "acknowledgements and other control messages") \
  X(broker_errors, "error texts the broker sent on a connection") \
  X(account_events, "account events (orders and the like) the broker sent on a market-data connection") \
  X(prices_off_tick, "prices sent as binary floats that are no multiple of the instrument's tick size; published as sent") \
  X(clock_guesses, "times that another clock than the documented one explained better") \
  X(duplicates, "updates dropped because they had come before") \
  X(gaps, "holes found in what the broker sent") \
  X(trade_requests, "requests for trades that are missing") \
  X(trades_filled, "missing trades that came later and were published, flagged replayed") \
  X(trades_unneeded, "fetched trades that filled no hole: dropped") \
  X(holes_filled, "holes of numbered trades that were filled wholly") \
  X(holes_filled_partly, "holes of numbered trades of which a part had not come when they were given up") \
  X(holes_given_up, "holes of numbered trades of which nothing came in time, or which there was no room to remember") \
  X(holes_too_large, "holes of more trades than are fetched") \
  X(book_snapshots, "book snapshots loaded") \
  X(book_snapshots_rejected, "book snapshots too old to join") \
  X(book_resyncs, "books rebuilt after a hole") \
  X(requests_sent, "subscription requests sent") \
  X(requests_refused, "subscription requests the broker refused") \
  X(requests_timed_out, "subscription requests without an answer in time") \
  X(rest_requests, "REST requests sent") \
  X(rest_failures, "REST requests that failed") \
  X(rate_limited, "times the broker told us to slow down") \
  X(streams_fell_silent, "streams that fell silent while others of their connection went on") \
  X(failovers, "streams that another broker took over because this one failed them") \
  X(returns, "streams that came back to this broker, which is preferred for them, once it had been well for long enough") \
  X(ordered_moves, "streams moved to this broker because an administrator asked for it") \
  X(disagreements, "times that a stream's prices from this broker were too far from the serving broker's for it to take over")

// name, help. Once for the gateway.
#define TIDEGATE_GATEWAY_COUNTERS(X) \
  X(records_emitted, "records given to the distributor") \
  X(records_dropped, "records refused by a full queue") \
  X(messages_encoded, "data messages encoded") \
  X(messages_delivered, "messages put into subscribers' outboxes") \
  X(fills_not_delivered, "trades fetched later that a subscriber had no room for, or did not want since it asked for conflation; its gap stays") \
  X(messages_conflated, "messages left out for a newer one because the reader had no room or asked for it") \
  X(messages_lost, "sequence numbers that slow readers lost; each was told in a gap") \
  X(messages_replayed, "messages and gaps sent again to clients that came back") \
  X(replay_evicted, "records that left the replay rings before their time for want of room") \
  X(resumes, "subscriptions that went on where they had been") \
  X(resumes_outside_window, "of those, with more missing than the replay ring held") \
  X(readers_warned, "notices that a client reads too slowly") \
  X(bytes_sent, "bytes written to subscribers") \
  X(writes, "gathered writes to subscribers") \
  X(handshakes_expired, "client connections cut because no whole request came in time") \
  X(pending_displaced, "client connections cut in their handshake because too many were in theirs") \
  X(protocol_violations, "client requests and frames that break HTTP or the WebSocket protocol, or their size limits") \
  X(tls_failures, "client connections whose TLS failed: no TLS at all, no common version, our certificate refused") \
  X(frames_compressed, "messages compressed, each once for all clients that agreed to compression") \
  X(compression_bytes_before, "bytes of those messages before") \
  X(compression_bytes_after, "bytes of those messages compressed") \
  X(compressions_in_vain, "messages that compressing did not make smaller: sent as they are") \
  X(subscribers_accepted, "client connections accepted") \
  X(subscribers_closed, "client connections ended") \
  X(subscribers_too_slow, "client connections closed because they read too slowly") \
  X(requests_received, "client requests") \
  X(requests_bad, "client requests answered with an error") \
  X(names_asked, "names that no list holds and that brokers were asked for") \
  X(names_unknown, "of those, names that stand for nothing at any broker asked") \
  X(names_refused, "names not asked for because too many were already") \
  X(publishes, "messages that clients published to topics") \
  X(publishes_repeated, "publish requests whose key had been used for the same message: acknowledged, not published again") \
  X(publishes_refused, "publish requests that were refused") \
  X(publish_keys_dropped, "keys of publish requests forgotten before their time because too many were remembered") \
  X(topics_refused, "topics refused because as many were known as there may be") \
  X(topic_messages_lost, "messages of topics that a subscriber had no room for; it is told which") \
  X(http_requests, "HTTP requests") \
  X(http_refused, "HTTP requests and upgrades refused because of their Host or Origin") \
  X(logins_accepted, "logins accepted, on connections and renewals") \
  X(logins_refused, "logins refused, on connections and in HTTP requests") \
  X(logins_missing, "connections closed because no login came in time, or a request came before it") \
  X(logins_ended, "sessions closed because their login expired or was revoked") \
  X(limited_connections, "connections refused because so many are open in total") \
  X(limited_user_connections, "connections refused because their user has so many") \
  X(limited_address_connections, "connections refused because their address has so many") \
  X(limited_subscriptions, "subscriptions refused because the connection or its user has so many") \
  X(limited_requests, "client requests refused because so many came within a minute") \
  X(limited_messages, "client messages refused because of their size") \
  X(limited_look_ups, "names not asked for because their subscriber has so many under way") \
  X(limited_http, "HTTP requests and upgrades refused because so many came from their address within a minute") \
  X(heartbeats_missed, "connections closed because their peer was silent and answered no ping") \
  X(administration_requests, "administration requests served") \
  X(sessions_disconnected, "connections closed by an administrator or a drain") \
  X(reloads, "configurations that were read again and applied") \
  X(reloads_refused, "configurations that were read again and were wrong: nothing was changed") \
  X(internal_errors, "requests that failed inside the gateway")

#define TIDEGATE_COUNTER_MEMBER(name, help) std::atomic<std::uint64_t> name{0};
struct BrokerCounters {
  TIDEGATE_BROKER_COUNTERS(TIDEGATE_COUNTER_MEMBER)
  std::array<std::atomic<std::uint64_t>, kReasonCount> bad_by_reason{};
};
struct GatewayCounters {
  TIDEGATE_GATEWAY_COUNTERS(TIDEGATE_COUNTER_MEMBER)
  std::array<std::atomic<std::uint64_t>, code::kAll.size()> told_by_code{};  // by place in code::kAll
};
#undef TIDEGATE_COUNTER_MEMBER

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) { counter.fetch_add(n, std::memory_order_relaxed); }

/// A client is told of a code: in an error, a result or a state.
inline void count_told(GatewayCounters& counters, std::uint16_t told) {
  for (std::size_t i = 0; i < code::kAll.size(); ++i) {
    if (code::kAll[i] == told) return count(counters.told_by_code[i]);
  }
}

}  // namespace tidegate
