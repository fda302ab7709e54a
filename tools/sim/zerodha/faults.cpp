#include "tools/sim/zerodha/faults.hpp"

#include <array>

namespace tidegate::sim::zerodha {
namespace {

using enum FaultArgument;

constexpr std::array kFaults = {
    FaultSpec{FaultKind::Silence, "silence", Number, "SECONDS", 0,
              "no data while heartbeats go on: for so long on all connections; without SECONDS on those open now, until resume"},
    FaultSpec{FaultKind::Dead, "dead", Number, "SECONDS", 0, "nothing at all any more, the socket stays open and unread; reach as silence"},
    FaultSpec{FaultKind::Drop, "drop", Number, "N", 0, "cut every connection without a close frame, or only the N-th oldest"},
    FaultSpec{FaultKind::Close, "close", Number, "CODE", 1001, "close every connection with this code (1001); 1006 cuts"},
    FaultSpec{FaultKind::Slow, "slow", Number, "SECONDS", 2, "data and answers to upgrades come so much later (2), until resume"},
    FaultSpec{FaultKind::ExpireToken, "expire_token", None, "", 0, "every access token seen so far is refused (403); open connections live on"},
    FaultSpec{FaultKind::ExpireAndDrop, "expire_and_drop", None, "", 0, "expire_token, and every connection is cut"},
    FaultSpec{FaultKind::Refuse, "refuse", StatusForCount, "STATUS[,COUNT]", 0,
              "refuse the next COUNT upgrades with this status; without COUNT until resume"},
    FaultSpec{FaultKind::Truncated, "truncated", None, "", 0, "an extra message on every connection whose last packet is cut off"},
    FaultSpec{FaultKind::WrongCount, "wrong_count", None, "", 0, "an extra message that announces one packet more than it has"},
    FaultSpec{FaultKind::Trailing, "trailing", None, "", 0, "an extra message with three bytes behind its last packet"},
    FaultSpec{FaultKind::UnknownLength, "unknown_length", None, "", 0, "an extra message with a packet of 60 bytes before a good one"},
    FaultSpec{FaultKind::Legacy164, "legacy164", None, "", 0, "an extra message with a packet of 164 bytes before a good one"},
    FaultSpec{FaultKind::ZeroLength, "zero_length", None, "", 0, "an extra message with an empty packet before a good one"},
    FaultSpec{FaultKind::Duplicate, "duplicate", None, "", 0, "every instrument's packet again, byte for byte"},
    FaultSpec{FaultKind::Big, "big", Number, "PACKETS", 3000, "one message of so many full packets (3000)"},
    FaultSpec{FaultKind::TextFlood, "text_flood", Number, "N", 1000, "so many text messages at once (1000)"},
    FaultSpec{FaultKind::ErrorText, "error_text", Text, "WORDS", 0, "a text message of type error"},
    FaultSpec{FaultKind::MessageText, "message", Text, "WORDS", 0, "a text message of type message"},
    FaultSpec{FaultKind::Order, "order", None, "", 0, "a text message of type order"},
    FaultSpec{FaultKind::TokenUnknown, "token_unknown", NeededNumber, "TOKEN", 0,
              "this instrument is served and listed no more; subscribing it gives silence"},
    FaultSpec{FaultKind::UnknownToken, "unknown_token", None, "", 0, "from now on unknown tokens are answered with an error text, until resume"},
    FaultSpec{FaultKind::ListChanged, "list_changed", Number, "N", 1, "so many more instruments (1), and another etag on new connections"},
    FaultSpec{FaultKind::NoList, "no_list", Status, "STATUS", 404, "the instrument list is answered with this status (404), until resume"},
    FaultSpec{FaultKind::Rest429, "rest_429", Number, "COUNT", 0, "the next COUNT REST requests are answered 429; without COUNT until resume"},
    FaultSpec{FaultKind::Rest503, "rest_503", Number, "COUNT", 0, "the next COUNT REST requests are answered 503; without COUNT until resume"},
    FaultSpec{FaultKind::Resume, "resume", None, "", 0, "ends every fault that lasts"},
};

}  // namespace

std::span<const FaultSpec> fault_table() { return kFaults; }

}  // namespace tidegate::sim::zerodha
