#include "distributor/hub.hpp"

#include <utility>

namespace tidegate::distributor {
Hub::Hub(const Clock& the_clock, Telemetry& the_telemetry, UpstreamHost& the_host, DistributorOptions the_options)
    : options_(std::move(the_options)),
      clock(the_clock),
      telemetry(the_telemetry),
      host(the_host),
      started(the_clock.mono()),
      authenticator(options.login.authenticator != nullptr ? options.login.authenticator : std::make_shared<const Authenticator>()),
      logins_configured(options.login.configured) {
  name_brokers();
  topics = std::make_unique<Topics>(*this);
}

Hub::~Hub() = default;

void Hub::name_brokers() {
  for (std::size_t i = 0; i < options.broker_names.size(); ++i) {
    const bool retired = i < options.broker_retired.size() && options.broker_retired[i];
    if (i == brokers.size() || (brokers[i].retired && !retired)) {
      BrokerHealth health;
      health.name = options.broker_names[i];
      health.since = clock.utc();
      if (i == brokers.size()) brokers.emplace_back();
      brokers[i] = std::move(health);
    }
    brokers[i].required = i >= options.broker_required.size() || options.broker_required[i];
    brokers[i].retired = retired;
  }
}

void Hub::configure(DistributorOptions fresh) {
  fresh.host = options_.host;
  fresh.port = options_.port;
  fresh.epoch = options_.epoch;
  fresh.tls_certificate = options_.tls_certificate;
  fresh.tls_private_key = options_.tls_private_key;
  options_ = std::move(fresh);
  name_brokers();
  replay.set_limits(options.replay);
  completeness.set_limit(options.completeness_logs);
  topics->apply_limits();
  for_each_subscriber([this](Subscriber& subscriber) { subscriber.set_outbox_bytes(options.outbox_bytes); });
}

std::string_view Hub::symbol(InstrumentId instrument) const {
  const CatalogEntry* const entry = catalog != nullptr ? catalog->find(instrument) : nullptr;
  return entry != nullptr ? std::string_view(entry->symbol) : std::string_view{};
}

std::string_view Hub::broker(BrokerId broker) const {
  return broker.value() < brokers.size() ? std::string_view(brokers[broker.value()].name) : std::string_view{};
}

Subscriber& Hub::join(net::WsConnection& connection) {
  auto slot = static_cast<SubscriberSlot>(subscribers_.size());
  if (free_.empty()) {
    subscribers_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  subscribers_[slot] = std::make_unique<Subscriber>(slot, SubscriberId{++last_id_}, connection, options.outbox_bytes, clock.mono());
  connection.user = subscribers_[slot].get();
  Subscriber& subscriber = *subscribers_[slot];
  subscriber.identity = authenticator->anonymous();
  subscriber.session.path = connection.request().path();
  subscriber.session.address = connection.request().remote_address;
  subscriber.session.since = clock.utc();
  subscriber.session.last_heard = clock.mono();
  sessions.add_address(subscriber.session.address);
  ++connection_count_;
  count(telemetry.gateway.subscribers_accepted);
  return subscriber;
}

void Hub::release_user(Subscriber& subscriber) {
  if (std::exchange(subscriber.session.counted, false)) sessions.remove_user(subscriber.identity->user, subscriber.slot());
}

void Hub::leave(Subscriber& subscriber) {
  if (!subscriber.connected()) return;
  subscriber.lose_connection();
  burst.forget(subscriber.slot());
  release_user(subscriber);
  sessions.remove_address(subscriber.session.address);
  retired_.push_back(subscriber.slot());
  --connection_count_;
  count(telemetry.gateway.subscribers_closed);
}

net::FrameRef Hub::frame_for(const Subscriber& subscriber, const Message& message) {
  const auto& spelling = subscriber.dialect.spelling;
  if (spelling.empty()) return message.in(subscriber.format);
  return dialects.respelled(subscriber.format, message.in(Format::Native), spelling);
}

Message Hub::message(std::string_view native, const Stream& stream, std::uint64_t first, std::uint64_t last) {
  return message(native, {SubscriptionTable::key(stream.instrument, stream.channel), first, last});
}

Message Hub::message(std::string_view native, const net::FrameLabel& label) {
  net::FrameRef frame = frames.make(native);
  frame.set_label(label);
  return Message{std::move(frame), dialects};
}

void Hub::deliver(Subscriber& subscriber, const Message& message, MonoTime now) {
  if (subscriber.dialect.spelling.empty()) {
    subscriber.send(message.in(subscriber.format), now);
  } else {
    subscriber.send(frame_for(subscriber, message), now);
  }
  ++subscriber.messages_sent;
  count(telemetry.gateway.messages_delivered);
}

void Hub::deliver_all(Subscriber& subscriber, const net::FrameList& frames, const net::FrameRef& joined, MonoTime now) {
  if (!subscriber.connected()) return;
  subscriber.send_all(frames, joined, now);
  subscriber.messages_sent += frames.size();
  count(telemetry.gateway.messages_delivered, frames.size());
}

bool Hub::offer(Subscriber& subscriber, const Message& message, MonoTime now) {
  const Offered offered = subscriber.offer(frame_for(subscriber, message), now);
  if (offered == Offered::Queued) {
    ++subscriber.messages_sent;
    count(telemetry.gateway.messages_delivered);
    return true;
  }
  if (offered == Offered::TooSlow) {
    subscriber.slowness.overflowed = true;
    watch(subscriber);
  }
  return false;
}

void Hub::begin_loss(Subscriber& subscriber) {
  Slowness& slowness = subscriber.slowness;
  if (slowness.losing++ == 0) {
    const MonoTime now = clock.mono();
    if (slowness.losing_since == MonoTime{} || now - slowness.recovered_at >= options.slow_reader_timeout) slowness.losing_since = now;
  }
  watch(subscriber);
}

void Hub::end_loss(Subscriber& subscriber) {
  Slowness& slowness = subscriber.slowness;
  if (slowness.losing == 0 || --slowness.losing > 0) return;
  slowness.recovered_at = clock.mono();
}

void Hub::watch(Subscriber& subscriber) {
  if (!std::exchange(subscriber.slowness.watched, true)) watched.push_back(subscriber.slot());
}

bool Hub::answer(Subscriber& subscriber, std::string_view text) {
  if (subscriber.format == Format::Native) return answer_text(subscriber, text);
  for (const std::string& each : dialects.answers(subscriber.format, text)) {
    if (!answer_text(subscriber, each)) return false;
  }
  return !subscriber.parting();
}

bool Hub::answer_text(Subscriber& subscriber, std::string_view text) {
  const Offered offered = subscriber.answer(text, clock.mono());
  if (offered == Offered::Queued) {
    ++subscriber.messages_sent;
    count(telemetry.gateway.messages_delivered);
    return true;
  }
  if (offered == Offered::TooSlow) {
    count(telemetry.gateway.subscribers_too_slow);
    part(subscriber, {code::kSlowReader, "answers are not being read", "read the answers before sending more requests"});
  }
  return false;
}

void Hub::complain(Subscriber& subscriber, const Complaint& complaint, std::string_view id) {
  count(telemetry.gateway.requests_bad);
  count_told(telemetry.gateway, complaint.code);
  answer(subscriber, error_message(complaint, id, clock.utc()));
}

void Hub::part(Subscriber& subscriber, const Complaint& complaint, std::string_view id) {
  if (subscriber.parted()) return;
  release_user(subscriber);
  count_told(telemetry.gateway, complaint.code);
  std::string last_words = error_message(complaint, id, clock.utc());
  if (subscriber.format != Format::Native) last_words = dialects.answers(subscriber.format, last_words).front();
  subscriber.part(last_words, complaint.code, complaint.message);
  retired_.push_back(subscriber.slot());
}

void Hub::begin_linger(StreamSlot slot) {
  const Stream& stream = table.stream(slot);
  std::size_t broker = options.broker_linger.size();
  if (const auto& serving = values.of(slot).broker) {
    broker = serving->value();
  } else if (const CatalogEntry* const entry = catalog != nullptr ? catalog->find(stream.instrument) : nullptr;
             entry != nullptr && !entry->brokers.empty()) {
    broker = entry->brokers.front().value();
  }
  table.linger(slot, clock.mono() + (broker < options.broker_linger.size() ? options.broker_linger[broker] : options.linger));
}

void Hub::settle() {
  // A socket may die while its subscriptions are taken away; whoever that retires joins the end of this list.
  for (std::size_t i = 0; i < retired_.size(); ++i) {
    const SubscriberSlot slot = retired_[i];
    if (subscribers_[slot] == nullptr) continue;
    orphans_.clear();
    if (!completeness.empty()) {
      for (const StreamSlot stream : table.streams_of(slot)) completeness.forget(slot, stream);
    }
    table.remove_all(slot, orphans_);
    topics->leave(slot);
    for (const StreamSlot stream : orphans_) begin_linger(stream);
    if (subscribers_[slot]->connected()) continue;  // parted with; its connection still says goodbye
    subscribers_[slot].reset();
    free_.push_back(slot);
  }
  retired_.clear();
}

}  // namespace tidegate::distributor
