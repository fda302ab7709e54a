#include "tools/sim/ibkr/faults.hpp"

#include <array>

namespace tidegate::sim::ibkr {
namespace {

using enum FaultArgument;

constexpr std::array kFaults = {
    FaultSpec{FaultKind::Silence, "silence", Number, "SECONDS", 0,
              "no data while heartbeats go on: for so long on all sockets; without SECONDS on those open now, until resume"},
    FaultSpec{FaultKind::Dead, "dead", Number, "SECONDS", 0, "nothing at all any more, the socket stays open and unread; reach as silence"},
    FaultSpec{FaultKind::Drop, "drop", Number, "N", 0, "cut every socket without a close frame, or only the N-th oldest"},
    FaultSpec{FaultKind::Close, "close", Number, "CODE", 1000, "close every socket with this code (1000) and no reason; 1006 cuts"},
    FaultSpec{FaultKind::Slow, "slow", Number, "SECONDS", 2, "frames leave, and upgrades are answered, so much later (2), until resume"},
    FaultSpec{FaultKind::Refuse, "refuse", StatusForCount, "STATUS[,COUNT]", 0,
              "refuse the next COUNT upgrades with this status; without COUNT until resume"},
    FaultSpec{FaultKind::Unauthenticated, "unauthenticated", None, "", 0, "the brokerage session ends: sts says so, streams are gone"},
    FaultSpec{FaultKind::UnauthenticatedParts, "unauthenticated_parts", None, "", 0, "the same, one property of sts in each frame"},
    FaultSpec{FaultKind::Competing, "competing", Number, "SECONDS", 0, "another program takes the brokerage session, for so long, or until resume"},
    FaultSpec{FaultKind::SessionGone, "session_gone", Number, "SECONDS", 0,
              "nobody is logged in any more; after SECONDS, or with login or resume, somebody is, with another session id"},
    FaultSpec{FaultKind::Login, "login", None, "", 0, "a person logs in: another session id"},
    FaultSpec{FaultKind::Maintenance, "maintenance", Number, "SECONDS", 0, "503 on everything under iserver, for so long, or until resume"},
    FaultSpec{FaultKind::NightlyReset, "nightly_reset", Number, "SECONDS", 5,
              "the brokerage session ends and is back by itself so much later (5); all streams are gone"},
    FaultSpec{FaultKind::ExpireToken, "expire_token", None, "", 0, "the live session token of OAuth is no longer valid"},
    FaultSpec{FaultKind::Delayed, "delayed", Number, "SECONDS", 0, "data is delayed (6509 begins with D), for so long, or until resume"},
    FaultSpec{FaultKind::NotSubscribed, "not_subscribed", Number, "SECONDS", 0,
              "no market data subscription (6509 begins with N, no prices), for so long, or until resume"},
    FaultSpec{FaultKind::Availability, "availability", Text, "CODE", 0, "6509 is this code, until resume"},
    FaultSpec{FaultKind::Halt, "halt", Text, "SYMBOL", 0, "trading of the symbol, or of everything, is halted until resume"},
    FaultSpec{FaultKind::Lines, "lines", NeededNumber, "N", 0, "so many market data lines from now on; streams above stay silent"},
    FaultSpec{FaultKind::ExpireStreams, "expire_streams", Text, "TARGET", 0, "the stream, or every one, ends silently"},
    FaultSpec{FaultKind::BadUtf8, "bad_utf8", None, "", 0, "an extra frame with a byte that is no UTF-8, always binary"},
    FaultSpec{FaultKind::Truncated, "truncated", None, "", 0, "an extra frame of every stream, cut off"},
    FaultSpec{FaultKind::UnknownTopic, "unknown_topic", None, "", 0, "extra frames with topics that nobody knows"},
    FaultSpec{FaultKind::ErrorFrame, "error_frame", Text, "WORDS", 0, "a frame of topic error"},
    FaultSpec{FaultKind::Burst, "burst", Number, "N", 100, "so many updates (100) of every stream at once"},
    FaultSpec{FaultKind::Swap, "swap", None, "", 0, "the next frames of all streams leave in the opposite order"},
    FaultSpec{FaultKind::VolumeSuffix, "volume_suffix", None, "", 0, "the next volumes have a wrong suffix: 65595.7B for 65.6 million"},
    FaultSpec{FaultKind::Notice, "ntf", Text, "WORDS", 0, "a notification on every socket"},
    FaultSpec{FaultKind::Bulletin, "blt", Text, "WORDS", 0, "a bulletin on every socket"},
    FaultSpec{FaultKind::Order, "order", None, "", 0, "an order's life, for those who subscribed orders"},
    FaultSpec{FaultKind::Execution, "execution", None, "", 0, "an execution, sent twice, for those who subscribed trades"},
    FaultSpec{FaultKind::Rest429, "rest_429", Number, "COUNT", 0, "the next COUNT REST requests are answered 429; without COUNT until resume"},
    FaultSpec{FaultKind::Rest503, "rest_503", Number, "COUNT", 0, "the next COUNT REST requests are answered 503; without COUNT until resume"},
    FaultSpec{FaultKind::Resume, "resume", None, "", 0, "ends every fault that lasts"},
};

}  // namespace

std::span<const FaultSpec> fault_table() { return kFaults; }

}  // namespace tidegate::sim::ibkr
