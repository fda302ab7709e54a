#include "brokers/xts/decoder.hpp"

#include <algorithm>
#include <charconv>

#include "brokers/xts/socket_io.hpp"

namespace tidegate::xts {
namespace {

constexpr std::string_view kPacketEvent = "xts-binary-packet";
constexpr char kEngineMessage = '\x04';  // before each attachment

/// An option's text; empty where a configuration lacks it, as when recordings are decoded without one.
std::string_view chosen(const BrokerConfig& config, std::string_view key) {
  const auto option = config.options.find(key);
  const auto* text = option == config.options.end() ? nullptr : std::get_if<std::string>(&option->second);
  return text == nullptr ? std::string_view{} : *text;
}

bool has_no_escapes(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\\' || c == '"' || static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config) {
  const std::string_view mode = chosen(config, "broadcast_mode");
  return std::make_unique<FrameDecoder>(DecoderOptions{
      .partial = mode != "full" && mode != "Full",
      .bar_volume = chosen(config, "bar_volume") != "omit",
  });
}

/// `1501-json-full`, `1501-json-partial`; `joined` and `logout` are for the session.
FrameDecoder::EventKind FrameDecoder::kind_of(std::string_view name) {
  if (name == "joined" || name == "logout") return {EventForm::Notice, 0};
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code);
  if (error != std::errc{}) return {EventForm::Unknown, 0};
  const std::string_view rest{end, name.data() + name.size()};
  if (rest == "-json-full") return {EventForm::Full, code};
  if (rest == "-json-partial") return {EventForm::Partial, code};
  return {EventForm::Unknown, 0};
}

Decoded FrameDecoder::decode(const RawFrame& frame, UpdateSink& sink) {
  decoded_ = {};
  sink_ = &sink;
  clock_ = BrokerClock{frame.received};
  if (frame.kind == FrameKind::Text) {
    connection_ = &connection_of(frame);
    decode_text(frame.bytes);
  } else if (frame.kind == FrameKind::Binary) {
    connection_ = &connection_of(frame);
    decode_binary(frame.bytes);
  } else if (frame.kind == FrameKind::Rest) {
    connection_ = &connection_of(frame);
    decode_answer(frame);
  }
  decoded_.clock_guesses = clock_.guesses();
  return decoded_;
}

FrameDecoder::Connection& FrameDecoder::connection_of(const RawFrame& frame) {
  const std::size_t i = frame.connection.value();
  if (i >= connections_.size()) connections_.resize(i + 1);
  Connection& connection = connections_[i];
  if (connection.session != frame.session) {
    connection.session = frame.session;
    connection.attachments_due = 0;
    connection.partial.clear();
  }
  return connection;
}

// ---- frames ----

void FrameDecoder::decode_text(const std::string& text) {
  connection_->attachments_due = 0;  // nothing comes between an announcement and its attachments: the rest of them is lost
  origin_ = Origin::Event;
  if (text.starts_with('{')) {
    if (const auto error = full_.read(text, *this)) on_bad_message(*error);
    return;
  }
  const Result<Packet> packet = parse_packet(text);
  if (!packet) return on_bad_message(packet.error());
  if (packet->type == PacketType::Event || packet->type == PacketType::BinaryEvent) return decode_event(*packet);
  ++decoded_.control;
}

void FrameDecoder::decode_event(const Packet& packet) {
  if (packet.type == PacketType::Event && packet.name_space == "/" && decode_string_event(packet.payload)) return;
  const Result<Event> event = split_event(packet.payload);
  if (!event) return on_bad_message(event.error());
  if (packet.type == PacketType::BinaryEvent) {
    connection_->attachments_due = packet.attachments;
    connection_->attachments_are_packets = event->name == kPacketEvent;
    ++decoded_.control;
    return;
  }
  const EventKind kind = kind_of(event->name);
  if (packet.name_space != "/" || kind.form == EventForm::Unknown) {
    ++decoded_.ignored;
  } else if (kind.form == EventForm::Notice) {
    ++decoded_.control;
  } else {
    decode_argument(kind, event->argument);
  }
}

/// The normal case, without looking for the argument's end first: reading it finds that. False: it was something else, and nothing happened.
bool FrameDecoder::decode_string_event(std::string_view payload) {
  const auto event = guess_string_event(payload);
  if (!event) return false;
  const EventKind kind = kind_of(event->name);
  if (kind.form == EventForm::Full) return !full_.read_quoted(event->argument, *this);
  if (kind.form != EventForm::Partial || !has_no_escapes(event->argument)) return false;
  decode_partial_text(kind.code, event->argument);
  return true;
}

void FrameDecoder::decode_argument(const EventKind& kind, std::string_view argument) {
  ArgumentReader payloads{argument};
  bool any = false;
  for (Payload payload; payloads.next(payload);) {
    any = true;
    if (kind.form == EventForm::Partial) {
      decode_partial(kind.code, payload);
    } else if (const auto error = payload.quoted ? full_.read_quoted(payload.text, *this) : full_.read(payload.text, *this)) {
      on_bad_message(*error);
    }
  }
  if (payloads.error()) return on_bad_message(*payloads.error());
  if (!any) ++decoded_.ignored;
}

void FrameDecoder::decode_partial(std::uint32_t code, const Payload& payload) {
  if (!payload.quoted) return on_bad_message({Reason::BadShape});
  if (has_no_escapes(payload.text)) return decode_partial_text(code, payload.text);
  if (!unescaper_.unescape(payload.text, text_)) return on_bad_message({Reason::BadJson});
  decode_partial_text(code, text_);
}

void FrameDecoder::decode_binary(std::string_view frame) {
  if (connection_->attachments_due != 0) {
    --connection_->attachments_due;
    if (!connection_->attachments_are_packets) {
      ++decoded_.ignored;
      return;
    }
  }
  if (frame.starts_with(kEngineMessage)) {
    frame.remove_prefix(1);
  } else if (frame.empty() || frame.front() < 0 || frame.front() > 1) {  // a packet's own first byte, where the other was taken off before
    return on_bad_message({Reason::BadShape, "attachment"});
  }
  if (frame.empty()) return on_bad_message({Reason::Truncated, "attachment"});
  origin_ = Origin::Packet;
  packets_.read(frame, *this);
}

void FrameDecoder::decode_answer(const RawFrame& frame) {
  if (!answers_with_quotes(frame.request)) {
    ++decoded_.ignored;
    return;
  }
  origin_ = Origin::Snapshot;
  const auto error = answers_.read(frame.bytes, *this);
  if (error) return on_bad_message(*error);
  if (decoded_.updates + decoded_.ignored + decoded_.bad == 0) ++decoded_.control;
}

void FrameDecoder::on_quote(std::string_view json) {
  if (const auto error = full_.read(json, *this)) on_bad_message(*error);
}

}  // namespace tidegate::xts
