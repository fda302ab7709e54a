// Messages in the envelope {"type","timestamp","payload"} that the platform's clients read. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// Replaces `out`, whose memory is used again; left empty for a welcome, which this dialect does not have.
///
///   native                                         type              payload
///   trade, quote, orderbook, ticker, candle,
///   status, and state, gap, resolved of a symbol   MARKET_DATA       the native message
///   topic ...:orders                               ORDER_UPDATE      what was published, with topic, seq, origin
///   topic ...:positions, portfolio...              POSITION_UPDATE   the same
///   topic strategies, strategy:..., bot_status     STRATEGY_UPDATE   the same
///   topic market:status                            MARKET_DATA       the same
///   any other topic                                TOPIC_UPDATE      the same
///   state, gap of a topic; result; subscriptions   SUBSCRIPTION      the native message; a result as {"action","results"}
///   result of auth                                 AUTHENTICATION    the native message
///   error                                          ERROR             the native message
///   heartbeat, pong                                HEARTBEAT         the native message
///   notice                                         NOTICE            the native message
///
/// The envelope's `timestamp` is the message's own, else the time of publication, else `now`. `as_text`: the payload is a text that holds the JSON.
void write_envelope(std::string_view native, bool as_text, UtcTime now, std::string& out);

}  // namespace tidegate::distributor
