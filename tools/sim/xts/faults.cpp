#include "tools/sim/xts/faults.hpp"

#include <array>

namespace tidegate::sim::xts {
namespace {

using enum FaultArgument;

constexpr std::array kFaults = {
    FaultSpec{FaultKind::Silence, "silence", Number, "SECONDS", 0,
              "no data while pings are answered: for so long on all sockets; without SECONDS on those open now, until resume"},
    FaultSpec{FaultKind::Dead, "dead", Number, "SECONDS", 0, "nothing at all any more, the socket stays open and unread; reach as silence"},
    FaultSpec{FaultKind::Drop, "drop", Number, "N", 0, "cut every socket without a close frame, or only the N-th oldest"},
    FaultSpec{FaultKind::Close, "close", Number, "CODE", 1005, "close every socket with this code (1005: without one); 1006 cuts"},
    FaultSpec{FaultKind::Slow, "slow", Number, "SECONDS", 2, "events and answers to upgrades come so much later (2), until resume"},
    FaultSpec{FaultKind::NoPong, "no_pong", None, "", 0, "pings are not answered, until resume"},
    FaultSpec{FaultKind::ServerPing, "server_ping", None, "", 0, "the server sends a ping, as newer protocols do"},
    FaultSpec{FaultKind::NamespaceDisconnect, "namespace_disconnect", None, "", 0, "41 on every socket, which stays open and silent"},
    FaultSpec{FaultKind::ServerDisconnect, "server_disconnect", None, "", 0, "41 on every socket, and a close without a code"},
    FaultSpec{FaultKind::Refuse, "refuse", StatusForCount, "STATUS[,COUNT]", 0,
              "refuse the next COUNT upgrades and polling handshakes with this status; without COUNT until resume"},
    FaultSpec{FaultKind::TokenRevoked, "token_revoked", None, "", 0, "every token is dead at once: REST says Invalid Token, sockets are closed"},
    FaultSpec{FaultKind::Competing, "competing", None, "", 0, "another login takes every session: logout event, token dead"},
    FaultSpec{FaultKind::ExpireToken, "expire_token", None, "", 0, "every token is as old as it may get: refused from now on; sockets live on"},
    FaultSpec{FaultKind::AlreadySubscribed, "already_subscribed", Number, "N", 1,
              "of the next N subscriptions (1) the first instrument is subscribed already: e-session-0002"},
    FaultSpec{FaultKind::Limit, "limit", NeededNumber, "N", 0, "sessions may hold N subscriptions from now on, until resume"},
    FaultSpec{FaultKind::Rest429, "rest_429", Number, "COUNT", 0, "the next COUNT REST requests are answered 429; without COUNT until resume"},
    FaultSpec{FaultKind::Rest503, "rest_503", Number, "COUNT", 0, "the next COUNT REST requests are answered 503; without COUNT until resume"},
    FaultSpec{FaultKind::Html404, "html_404", Number, "COUNT", 0,
              "the next COUNT REST requests are answered 404 with a page; without COUNT until resume"},
    FaultSpec{FaultKind::PlainText, "plain_text", Number, "COUNT", 1,
              "the next COUNT REST requests (1) are answered 400 with words that are no JSON"},
    FaultSpec{FaultKind::Wrapped, "wrapped", None, "", 0, "answers stand in an array of one element, until resume"},
    FaultSpec{FaultKind::NoQuotes, "no_quotes", None, "", 0, "listQuotes is empty, until resume"},
    FaultSpec{FaultKind::BareQuotes, "bare_quotes", None, "", 0, "listQuotes is one text instead of an array, until resume"},
    FaultSpec{FaultKind::NoList, "no_list", Status, "STATUS", 404, "the instrument lists are answered with this status (404), until resume"},
    FaultSpec{FaultKind::SlowMaster, "slow_master", Number, "SECONDS", 5, "the instrument master comes so much later (5), until resume"},
    FaultSpec{FaultKind::ListChanged, "list_changed", Number, "N", 1, "so many more instruments (1)"},
    FaultSpec{FaultKind::InstrumentUnknown, "instrument_unknown", Text, "SEGMENT_ID", 0, "this instrument is neither listed nor served any more"},
    FaultSpec{FaultKind::MalformedPacked, "malformed_packed", None, "", 0, "an extra packed event on every socket whose packet is cut off"},
    FaultSpec{FaultKind::MalformedJson, "malformed_json", None, "", 0, "an extra 1501 on every socket whose JSON breaks off"},
    FaultSpec{FaultKind::BadPartial, "bad_partial", None, "", 0, "an extra partial 1501 on every socket with a price that is no number"},
    FaultSpec{FaultKind::CrossedPartial, "crossed_partial", None, "", 0,
              "an extra partial 1501 of every subscribed instrument whose bid stands under ai, as in the broker's own sample"},
    FaultSpec{FaultKind::UnknownEvent, "unknown_event", None, "", 0, "an extra event on every socket that nobody knows"},
    FaultSpec{FaultKind::ObjectArgument, "object_argument", None, "", 0, "arguments are JSON objects instead of texts, until resume"},
    FaultSpec{FaultKind::MixedShapes, "mixed_shapes", None, "", 0, "1501 is nested and flat in turn, until resume"},
    FaultSpec{FaultKind::Duplicate, "duplicate", None, "", 0, "every event comes again with another SequenceNumber, until resume"},
    FaultSpec{FaultKind::PropertyBurst, "property_burst", Number, "N", 200, "N (200) 1105 events about instruments that nobody asked for"},
    FaultSpec{FaultKind::Resume, "resume", None, "", 0, "ends every fault that lasts"},
};

}  // namespace

std::span<const FaultSpec> fault_table() { return kFaults; }

}  // namespace tidegate::sim::xts
