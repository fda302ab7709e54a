// What a socket's text messages tell. Kite acknowledges nothing, so an error can only be matched with what was asked by its words or
// its time.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "brokers/zerodha/ticker_socket.hpp"

namespace tidegate::zerodha {
namespace {

/// An error so soon after a subscription of one instrument is its answer.
constexpr std::chrono::seconds kBlameWindow{5};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void TickerSocket::on_text(std::string_view payload) {
  const auto message = parse_text_message(payload);
  if (!message.ok()) return;  // the decoder counts it
  switch (message->kind) {
    case TextMessage::Kind::Error:
      return on_error(message->words);
    case TextMessage::Kind::Notice:
      if (const auto kept_back = notice_log_.take(host_.clock().mono())) {
        spdlog::info("{}: the broker says: {} ({} more were left out)", config_.name, printable(message->words, credentials_), *kept_back);
      }
      return;
    case TextMessage::Kind::InstrumentsMeta:
      return owner_.on_instruments_etag(message->etag);
    case TextMessage::Kind::Order:
    case TextMessage::Kind::AppCode:
    case TextMessage::Kind::Unknown:
      return;
  }
}

void TickerSocket::on_error(std::string_view text) {
  count(host_.counters().broker_errors);
  const std::string words = printable(text, credentials_);
  if (const auto kept_back = error_log_.take(host_.clock().mono())) {
    spdlog::warn("{}: error from the broker: {} ({} more were left out)", config_.name, words, *kept_back);
  }
  const std::optional<Token> token = blamed(words);
  if (!token) return;
  count(host_.counters().requests_refused);
  owner_.on_token_refused(*this, *token, words);
}

std::optional<Token> TickerSocket::blamed(std::string_view words) const {
  for (auto begin = std::find_if(words.begin(), words.end(), is_digit); begin != words.end();) {
    const auto end = std::find_if_not(begin, words.end(), is_digit);
    Token token = 0;
    if (std::from_chars(begin, end, token).ec == std::errc{} && ledger_.carries(token)) return token;
    begin = std::find_if(end, words.end(), is_digit);
  }
  if (subscribed_alone_ && host_.clock().mono() - subscribed_at_ < kBlameWindow && ledger_.carries(*subscribed_alone_)) return subscribed_alone_;
  return std::nullopt;
}

}  // namespace tidegate::zerodha
