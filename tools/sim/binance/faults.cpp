#include "tools/sim/binance/faults.hpp"

#include <array>

namespace tidegate::sim::binance {
namespace {

using enum FaultArgument;

constexpr std::array kFaults = {
    FaultSpec{FaultKind::Drop, "drop", Number, "N", 0, "cut every connection without a close frame, or only the N-th oldest"},
    FaultSpec{FaultKind::Close, "close", Number, "CODE", 1001, "close every connection with this code (1001)"},
    FaultSpec{FaultKind::Silence, "silence", Number, "SECONDS", 0,
              "no data while pings go on: for so long on all connections; without SECONDS on those open now, for good"},
    FaultSpec{FaultKind::HalfOpen, "half-open", Number, "SECONDS", 0, "nothing at all any more, pings and pongs included; reach as silence"},
    FaultSpec{FaultKind::Slow, "slow", Number, "MS", 500, "every frame of the connections open now leaves so much later (500)"},
    FaultSpec{FaultKind::BadFrame, "bad-frame", None, "", 0, "an extra frame of truncated JSON on every connection"},
    FaultSpec{FaultKind::NotJson, "not-json", None, "", 0, "an extra frame that is no JSON"},
    FaultSpec{FaultKind::UnknownEvent, "unknown-event", None, "", 0, "an extra frame of an event nobody knows"},
    FaultSpec{FaultKind::BinaryFrame, "binary-frame", None, "", 0, "an extra binary frame"},
    FaultSpec{FaultKind::BigFrame, "big-frame", Number, "BYTES", 300'000, "an extra frame of so many bytes (300000), an unknown event"},
    FaultSpec{FaultKind::LostDiff, "lost-diff", Text, "STREAM", 0, "the next depth event (of that stream) is never sent"},
    FaultSpec{FaultKind::DuplicateDiff, "duplicate-diff", Text, "STREAM", 0, "the next depth event (of that stream) is sent twice"},
    FaultSpec{FaultKind::Reorder, "reorder", Text, "STREAM", 0, "the next depth event (or event of that stream) changes places with its successor"},
    FaultSpec{FaultKind::StallStream, "stall-stream", Text, "STREAM", 0,
              "that stream, or each connection's first, stays subscribed but gives nothing until subscribed anew"},
    FaultSpec{FaultKind::Burst, "burst", Number, "N", 2500, "N frames as fast as possible (2500)"},
    FaultSpec{FaultKind::Http429, "http-429", Number, "RETRY_AFTER", 5, "REST answers 429 for so many seconds (5), with Retry-After"},
    FaultSpec{FaultKind::Http418, "http-418", Number, "RETRY_AFTER", 120, "REST answers 418 for so many seconds (120), with Retry-After"},
    FaultSpec{FaultKind::Http503, "http-503", Number, "N", 1, "the next N REST requests (1) are answered 503"},
    FaultSpec{FaultKind::RestSlow, "rest-slow", Number, "MS", 2000, "REST answers come so much later from now on (2000); 0 ends it"},
    FaultSpec{FaultKind::StaleSnapshot, "stale-snapshot", Number, "N", 1, "the next N depth answers (1) have an id from long ago"},
    FaultSpec{FaultKind::OldTrades, "old-trades", Text, "HOW", 0,
              "the next answer of trades, historicalTrades or aggTrades is empty, half, backwards, twice, far (numbers nobody asked for), cut, or "
              "no-history (historicalTrades is refused from now on)"},
    FaultSpec{FaultKind::RefuseUpgrade, "refuse-upgrade", StatusForSeconds, "STATUS[:SECONDS]", 10,
              "refuse new WebSocket connections with this status for so long (10 s)"},
    FaultSpec{FaultKind::SlowHandshake, "slow-handshake", Number, "MS", 2000, "the next upgrade is answered so much later (2000)"},
    FaultSpec{FaultKind::AckLost, "ack-lost", Number, "N", 1, "the next N control answers (1) are never sent; the requests are honoured"},
    FaultSpec{FaultKind::AckDelay, "ack-delay", Number, "MS", 2000, "the next control answer comes so much later (2000)"},
    FaultSpec{FaultKind::Shutdown, "shutdown", Number, "SECONDS", 5,
              "serverShutdown on every spot connection, and all that are open now are closed so much later (5)"},
    FaultSpec{FaultKind::MaxAge, "max-age", None, "", 0, "the 24-hour cut, now, on every connection"},
    FaultSpec{FaultKind::TooManyRequests, "1008", None, "", 0, "close every connection with 1008 \"Too many requests\""},
    FaultSpec{FaultKind::WrongRoute, "wrong-route", Number, "SECONDS", 30,
              "for so long (30) new subscriptions are acknowledged and stay silent, as on the wrong USD-M path"},
    FaultSpec{FaultKind::Quiet, "quiet", Number, "SECONDS", 5,
              "nothing happens in the market for so long (5); pings and answers go on; generated markets only"},
};

}  // namespace

std::span<const FaultSpec> fault_table() { return kFaults; }

}  // namespace tidegate::sim::binance
