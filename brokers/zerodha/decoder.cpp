#include "brokers/zerodha/decoder.hpp"

#include "brokers/zerodha/packets.hpp"
#include "brokers/zerodha/segments.hpp"
#include "brokers/zerodha/text_message.hpp"

namespace tidegate::zerodha {
namespace {

bool tradable(std::uint32_t token) { return !is_index(segment_of(token)); }

}  // namespace

std::unique_ptr<Decoder> make_decoder(const BrokerConfig&) { return std::make_unique<FrameDecoder>(); }

Decoded FrameDecoder::decode(const RawFrame& frame, UpdateSink& sink) {
  Decoded decoded;
  if (frame.kind == FrameKind::Binary) {
    decode_binary(frame.bytes, sink, decoded);
  } else if (frame.kind == FrameKind::Text) {
    decode_text(frame.bytes, sink, decoded);
    decoded.confidential = true;  // a damaged message may be an order of the logged-in user
  } else if (frame.kind == FrameKind::Rest) {
    ++decoded.ignored;
  }
  return decoded;
}

void FrameDecoder::decode_binary(std::string_view message, UpdateSink& sink, Decoded& decoded) {
  // A heartbeat. It has always been 0x00, but a single byte can hold no packet, so another value means the same.
  if (message.size() == 1) {
    ++decoded.control;
    return;
  }
  PacketWalk packets{message};
  for (std::string_view body; packets.next(body);) decode_packet(body, sink, decoded);
  if (packets.error()) {
    ++decoded.bad;
    decoded.error = *packets.error();
  } else if (packets.has_trailing_bytes()) {
    ++decoded.ignored;
  }
}

/// By the length alone, whatever mode was asked for: while a mode changes, packets of both come. A waiting quote goes out before a trade of its
/// symbol, so the trade comes behind the book.
void FrameDecoder::decode_packet(std::string_view body, UpdateSink& sink, Decoded& decoded) {
  switch (body.size()) {
    case kLtpBytes: {
      sink.on_ticker(to_ticker(read_ltp(common::FixedBytes<kLtpBytes>{body.data()})));
      ++decoded.updates;
      return;
    }
    case kIndexQuoteBytes: {
      sink.on_ticker(to_ticker(read_index_quote(common::FixedBytes<kIndexQuoteBytes>{body.data()})));
      ++decoded.updates;
      return;
    }
    case kIndexFullBytes: {
      sink.on_ticker(to_ticker(read_index_full(common::FixedBytes<kIndexFullBytes>{body.data()})));
      ++decoded.updates;
      return;
    }
    case kQuoteBytes: {
      const QuotePacket packet = read_quote(common::FixedBytes<kQuoteBytes>{body.data()});
      if (tradable(packet.instrument_token)) {
        sink.on_trade(to_trade(packet));
        ++decoded.updates;
      }
      sink.on_ticker(to_ticker(packet));
      ++decoded.updates;
      return;
    }
    case kFullBytes: {
      const FullPacket packet = read_full(common::FixedBytes<kFullBytes>{body.data()});
      read_levels(packet, levels_);
      if (tradable(packet.quote.instrument_token)) {
        sink.on_quote(to_quote(packet, levels_));
        sink.on_depth(to_depth(packet, levels_));
        sink.on_trade(to_trade(packet));
        decoded.updates += 3;
      }
      set_ticker(packet, levels_, ticker_);
      sink.on_ticker(ticker_);
      ++decoded.updates;
      return;
    }
    default:  // among them 164, the full packet before 2018, which must not be taken for a longer quote
      ++decoded.ignored;
  }
}

void FrameDecoder::decode_text(std::string_view message, UpdateSink& sink, Decoded& decoded) {
  const auto bad = [&decoded](Error error) {
    ++decoded.bad;
    decoded.error = error;
  };
  const Result<TextMessage> text = parse_text_message(message);
  if (!text) return bad(text.error());
  switch (text->kind) {
    case TextMessage::Kind::Order:
      if (text->data.empty()) return bad({Reason::MissingField, "data"});
      sink.on_account({.kind = "order", .body = text->data});
      ++decoded.updates;
      return;
    case TextMessage::Kind::Error:
    case TextMessage::Kind::Notice:
    case TextMessage::Kind::InstrumentsMeta:
    case TextMessage::Kind::AppCode:
      ++decoded.control;
      return;
    case TextMessage::Kind::Unknown:
      ++decoded.ignored;
      return;
  }
}

}  // namespace tidegate::zerodha
