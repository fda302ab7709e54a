// What sockets are sent: changes of the market in the form that each of them wants, bars, property changes, recorded frames.
#include <algorithm>

#include "tools/sim/xts/venue.hpp"

namespace tidegate::sim::xts {

void Venue::deliver(Socket& socket, const OutPacket& packet) {
  if (socket.link == nullptr) {
    socket.queue.push_back(packet);
    answer_poll(socket);
  } else if (packet.binary) {
    socket.link->wire->send_binary(attachment(packet.bytes));
  } else {
    socket.link->wire->send_text(packet.bytes);
  }
}

void Venue::send(Socket& socket, OutPacket packet) {
  if (!reachable(socket)) return;
  if (slow_ns_ > 0 || !socket.late.empty()) {
    socket.late.push_back({now_.mono_ns + slow_ns_, std::move(packet)});
  } else {
    deliver(socket, packet);
  }
}

void Venue::send_late(Socket& socket) {
  while (!socket.late.empty() && socket.late.front().due_ns <= now_.mono_ns && reachable(socket)) {
    deliver(socket, socket.late.front().packet);
    socket.late.pop_front();
  }
}

void Venue::send_event(Socket& socket, std::uint32_t message_code, std::string_view form, const std::string& argument) {
  if (!gives_data(socket)) return;
  ++counters_.events_sent;
  ++counters_.events_by_code[message_code];
  std::string name = std::to_string(message_code);
  name.append("-json-").append(form);
  const bool object = object_argument_ && argument.starts_with('{');
  send(socket, {object ? event_json(name, argument) : event_text(name, argument)});
}

void Venue::send_packed(Socket& socket, std::string_view packet) {
  socket.batch += packet;
  ++counters_.packed_sent;
  if (++socket.batch_count >= options_.packets_per_event) end_batch(socket);
}

void Venue::end_batch(Socket& socket) {
  if (socket.batch_count != 0 && gives_data(socket)) {
    ++counters_.events_sent;
    send(socket, {std::string{kPackedEvent}});
    send(socket, {socket.batch, true});
  }
  socket.batch.clear();
  socket.batch_count = 0;
}

std::uint64_t Venue::next_sequence() { return sequence_ += 3; }

std::string Venue::full_text(std::uint32_t message_code, std::size_t place) {
  const Subject subject{market_.row(place), market_.figures(place), next_sequence()};
  switch (message_code) {
    case code::kTouchline: {
      const bool flat = mixed_shapes_ ? sequence_ % 2 == 0 : options_.flat;
      return flat ? touchline_flat(subject) : touchline_nested(subject);
    }
    case code::kDepth:
      return subject.row.kind == RowKind::Index ? std::string{} : depth_json(subject);
    case code::kOpenInterest:
      return is_derivative(subject.row) ? open_interest_json(subject) : std::string{};
    case code::kLastPrice:
      return last_price_json(subject);
    case code::kCandle:
      return market_.candles(place).empty() ? std::string{} : candle_json(subject.row, market_.candles(place).back());
    default:
      return {};
  }
}

std::string Venue::partial_text(std::uint32_t message_code, std::size_t place) {
  const Subject subject{market_.row(place), market_.figures(place)};
  const Figures& before = market_.before(place);
  switch (message_code) {
    case code::kTouchline:
      return touchline_partial(subject, before);
    case code::kDepth:
      return depth_partial(subject, before);
    case code::kOpenInterest:
      return open_interest_partial(subject, before);
    case code::kLastPrice:
      return last_price_partial(subject, before);
    case code::kCandle:
      return market_.candles(place).empty() ? std::string{} : candle_partial(subject.row, market_.candles(place).back());
    default:
      return {};
  }
}

std::string Venue::packed_bytes(std::uint32_t message_code, std::size_t place) {
  const Subject subject{market_.row(place), market_.figures(place), next_sequence()};
  switch (message_code) {
    case code::kTouchline:
      return touchline_packed(subject, options_.packed);
    case code::kDepth:
      return depth_packed(subject, options_.packed);
    case code::kOpenInterest:
      return open_interest_packed(subject, options_.packed);
    default:
      return {};
  }
}

void Venue::publish_change(const Subscription& subscription, std::size_t place, const std::vector<Socket*>& sockets) {
  const bool index = market_.row(place).kind == RowKind::Index;
  if (index && (subscription.code == code::kDepth || subscription.code == code::kOpenInterest)) return;
  if (subscription.code == code::kOpenInterest && !is_derivative(market_.row(place))) return;
  // What a partial event would say tells whether there is an event at all.
  const std::string partial = partial_text(subscription.code, place);
  if (partial.empty()) return;
  std::string full, packed;
  for (Socket* socket : sockets) {
    if (socket->packed && packed.empty()) packed = packed_bytes(subscription.code, place);
    if (socket->packed && !packed.empty()) {
      send_packed(*socket, packed);
    } else if (socket->partial) {
      send_event(*socket, subscription.code, "partial", partial);
    } else {
      if (full.empty()) full = full_text(subscription.code, place);
      send_event(*socket, subscription.code, "full", full);
    }
  }
}

void Venue::publish_changes(Login& login, const std::vector<Socket*>& sockets) {
  for (const Subscription& each : login.subscriptions) {
    const std::size_t place = market_.find(each.instrument);
    if (each.code == code::kCandle || place == Market::kNone || market_.changes(place) == 0) continue;
    for (int times = duplicate_ ? 2 : 1; times > 0; --times) publish_change(each, place, sockets);
  }
  for (Socket* socket : sockets) end_batch(*socket);
}

void Venue::end_bars() {
  if (now_.utc_us < next_bar_us_) return;
  const std::int64_t bar_us = options_.bar_ns / 1000;
  const std::int64_t end_us = now_.utc_us / bar_us * bar_us;
  next_bar_us_ = end_us + bar_us;
  market_.end_bars(end_us / 1'000'000 - 1);
  for (const auto& socket : sockets_) {
    if (!socket->login || !gives_data(*socket)) continue;
    for (const Subscription& each : socket->login->subscriptions) {
      const std::size_t place = market_.find(each.instrument);
      if (each.code != code::kCandle || place == Market::kNone) continue;
      const bool partial = socket->partial && !socket->packed;
      const std::string body = partial ? partial_text(each.code, place) : full_text(each.code, place);
      if (!body.empty()) send_event(*socket, each.code, partial ? "partial" : "full", body);
    }
  }
}

void Venue::publish_properties(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string argument = "t:12_" + std::to_string(1'140'025 + i) + ",110:" + std::to_string(2'067 + i) + ".75,111:516.95";
    each_connected([&](Socket& socket) { send_event(socket, code::kProperty, "partial", argument); });
  }
}

std::size_t Venue::publish(InstrumentKey instrument, std::string_view name, std::string_view argument, Now now) {
  enter(now);
  const std::string text = event_text(name, argument);
  std::size_t reached = 0;
  each_connected([&](Socket& socket) {
    if (!socket.login || !socket.login->has(instrument)) return;
    send(socket, {text});
    ++counters_.events_sent;
    ++reached;
  });
  return reached;
}

std::size_t Venue::publish_packed(std::string_view packets, Now now) {
  enter(now);
  return each_connected([&](Socket& socket) {
    send(socket, {std::string{kPackedEvent}});
    send(socket, {std::string{packets}, true});
    ++counters_.events_sent;
  });
}

std::size_t Venue::publish_frame(std::string_view bytes, bool binary, Now now) {
  enter(now);
  return each_connected([&](Socket& socket) {
    // As it is: nothing is put before a binary message.
    if (binary && socket.link != nullptr) {
      socket.link->wire->send_binary(bytes);
    } else {
      send(socket, {std::string{bytes}, binary});
    }
  });
}

bool Venue::play() {
  if (!replay_ || replay_->ended()) return false;
  if (!replay_->started()) {
    const auto logins = logins_.all();
    const bool wanted = std::any_of(logins.begin(), logins.end(), [](const auto& login) { return !login->subscriptions.empty(); });
    const bool heard = std::any_of(sockets_.begin(), sockets_.end(), [this](const auto& socket) { return gives_data(*socket); });
    if (!wanted || !heard || now_.mono_ns - last_subscription_ns_ < options_.start_after_ns) return false;
    replay_->start(now_.mono_ns);
  }
  // Bounded, so that pings and requests come round.
  for (int i = 0; i < 200; ++i) {
    if (options_.replay.rate == 0 && queued_bytes_max() >= kSocketsFullBytes) return true;
    const RecordedFrame* frame = replay_->due(now_.mono_ns);
    if (frame == nullptr) return false;
    if (frame->kind == RecordedKind::Binary) {
      play_attachment(frame->bytes);
    } else {
      play_text(frame->bytes);
    }
  }
  return true;
}

void Venue::play_text(const std::string& text) {
  if (!packed_header_.empty()) each_connected([this](Socket& socket) { send(socket, {packed_header_}); });  // its attachment never came
  packed_header_.clear();
  if (text.starts_with("451-")) {
    packed_header_ = text;  // goes with its attachment, to those who get that
    return;
  }
  Subscription about;
  const bool everybody = scan_text(text, about) != RecordedEvent::Data;
  if (std::string body = full_argument(text); !everybody && !body.empty()) snapshots_[about] = std::move(body);
  each_connected([&](Socket& socket) {
    if (!everybody && !(socket.login && socket.login->has(about.instrument))) return;
    ++counters_.events_sent;
    send(socket, {text});
  });
}

void Venue::play_attachment(const std::string& bytes) {
  const std::string header = std::exchange(packed_header_, {});
  std::vector<PackedPart> parts;
  const bool whole = split_packed(bytes, parts);
  const std::string_view all = std::string_view{bytes}.substr(bytes.empty() ? 0 : 1);
  each_connected([&](Socket& socket) {
    std::string wanted;
    for (const PackedPart& part : parts) {
      if (socket.login && socket.login->has(part.about.instrument)) wanted += part.bytes;
    }
    if (whole && wanted.empty()) return;
    ++counters_.events_sent;
    if (!header.empty()) send(socket, {header});
    // A malformed message leaves as it is, its first byte included.
    if (!whole && socket.link != nullptr && slow_ns_ == 0) {
      socket.link->wire->send_binary(bytes);
    } else {
      send(socket, {whole ? wanted : std::string{all}, true});
    }
  });
}

}  // namespace tidegate::sim::xts
