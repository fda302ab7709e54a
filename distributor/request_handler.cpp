#include "distributor/request_handler.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "distributor/control_messages.hpp"
#include "distributor/dialects/dialect.hpp"
#include "distributor/json_text.hpp"
#include "distributor/sessions/entitlement.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kCandidatesMax = 8;  // shown of an ambiguous name's meanings

}  // namespace

RequestHandler::RequestHandler(Hub& hub, Publisher& publisher, Login& login) : hub_(hub), publisher_(publisher), login_(login) {
  login.on_identity_changed.emplace_back([this](Subscriber& subscriber) { drop_unentitled(subscriber); });
}

void RequestHandler::on_message(Subscriber& subscriber, std::string_view payload, bool binary) {
  if (subscriber.parting()) return;
  count(hub_.telemetry.gateway.requests_received);
  if (payload.size() > hub_.options.message_bytes) {
    count(hub_.telemetry.gateway.requests_bad);
    count(hub_.telemetry.gateway.limited_messages);
    return hub_.part(subscriber,
                     {code::kTooLarge, "message too large", "at most " + std::to_string(hub_.options.message_bytes) + " bytes: split the request"});
  }
  if (!within_rate(subscriber)) return;
  std::string id;
  try {
    serve(subscriber, payload, binary, id);
  } catch (const std::exception& error) {
    count(hub_.telemetry.gateway.internal_errors);
    spdlog::error("a client's request failed inside the gateway: {}", error.what());
    hub_.complain(subscriber, {code::kInternal, "the request failed inside the gateway", "the gateway's log says why; please report it"}, id);
  }
}

void RequestHandler::serve(Subscriber& subscriber, std::string_view payload, bool binary, std::string& id) {
  const bool awaiting_login = subscriber.session.awaiting_login;
  if (binary && awaiting_login) return login_.demand(subscriber, {});
  if (binary) return hub_.complain(subscriber, {code::kMalformed, "binary message", "send JSON in text messages"}, {});

  const ParsedRequest parsed = read_message(subscriber, payload);
  const Request& request = parsed.request;
  id = request.id;
  if (awaiting_login && (parsed.complaint.code != 0 || (request.op != Op::Auth && request.op != Op::Ping))) return login_.demand(subscriber, id);
  if (parsed.complaint.code != 0) return hub_.complain(subscriber, parsed.complaint, request.id);
  for (const Complaint& wrong : request.also_wrong) hub_.complain(subscriber, wrong, request.id);
  switch (request.op) {
    case Op::Subscribe:
      return subscribe(subscriber, request);
    case Op::Unsubscribe:
      return unsubscribe(subscriber, request);
    case Op::UnsubscribeAll:
      return unsubscribe_all(subscriber, request);
    case Op::List:
      return list(subscriber, request);
    case Op::Ping:
      hub_.answer(subscriber, pong_message(request.id, hub_.clock.utc(), request.echo));
      return;
    case Op::Auth:
      return log_in(subscriber, request);
    case Op::Publish:
      return publish(subscriber, request);
    case Op::Completeness:
      return tell_completeness(subscriber, request);
  }
}

/// Who had to wait for its login is told now what a welcome tells others: how the brokers are.
void RequestHandler::log_in(Subscriber& subscriber, const Request& request) {
  const bool awaited = subscriber.session.awaiting_login;
  const Login::Answer answer = login_.log_in(subscriber, request.token, request.id);
  if (answer.outcome == Login::Outcome::Refused) hub_.complain(subscriber, answer.complaint, request.id);
  if (answer.outcome != Login::Outcome::Accepted) return;
  if (!hub_.answer(subscriber, auth_message(*subscriber.identity, request.id)) || !awaited) return;
  for (const BrokerHealth& broker : hub_.brokers) {
    if (!broker.retired) hub_.offer(subscriber, status_message(broker));
  }
}

void RequestHandler::subscribe(Subscriber& subscriber, const Request& request) {
  ResultMessage result("subscribe", request.id);
  std::vector<StreamSlot> entered;
  for (const std::string& symbol : request.symbols) {
    const std::string_view shown_symbol = cut_text(symbol, kNameBytesMax);
    Resolved resolved = resolve(symbol);
    for (const std::string& name : request.channels) {
      Complaint complaint;
      auto wanted = channel(name, complaint);
      if (wanted) complaint = not_entitled_to(subscriber, resolved, *wanted);
      if (complaint.code != 0) wanted.reset();
      if (wanted && resolved.unlisted) {
        resolved.complaint = limit_reached(subscriber);
        if (resolved.complaint.code == 0) seek(subscriber, symbol, resolved);
      }
      if (wanted && must_wait(subscriber, resolved, *wanted)) {
        complaint = wish(subscriber, symbol, *wanted, request.options);
        if (complaint.code == 0) result.add(shown_symbol, shown_symbol, name, StreamState::Pending, request.options.conflate_ms, {});
      } else if (wanted && resolved.entry == nullptr) {
        complaint = resolved.complaint;
      } else if (wanted) {
        Subscribed subscribed = enter(subscriber, *resolved.entry, symbol, *wanted, request.options);
        if (subscribed.stream != kNoStream) {
          const bool live = publisher_.state_for(subscriber, subscribed.stream) == StreamState::Live;
          const Complaint cut = live ? Complaint{} : cut_off(*resolved.entry);
          const Complaint& note = subscribed.complaint.code != 0 ? subscribed.complaint : cut;
          if (note.code != 0) count_told(hub_.telemetry.gateway, note.code);
          result.add(resolved.entry->symbol, symbol, name, live ? StreamState::Live : StreamState::Pending, request.options.conflate_ms, note);
          entered.push_back(subscribed.stream);
          note_spelling(subscriber, resolved.entry->symbol, symbol);
        } else {
          complaint = std::move(subscribed.complaint);
        }
      }
      if (complaint.code == 0) continue;
      count_told(hub_.telemetry.gateway, complaint.code);
      result.add_failure(resolved.entry != nullptr ? resolved.entry->symbol : shown_symbol, cut_text(name, kNameBytesMax), complaint);
    }
  }
  subscribe_topics(subscriber, request, result);
  if (!hub_.answer(subscriber, result.finish())) return;
  hub_.topics->feed(subscriber);
  follow_up(subscriber, std::move(entered));
}

/// After the result: the states that are neither pending nor live, then the snapshots.
void RequestHandler::follow_up(Subscriber& subscriber, std::vector<StreamSlot> streams) {
  std::sort(streams.begin(), streams.end());  // a pair may stand twice in one request
  streams.erase(std::unique(streams.begin(), streams.end()), streams.end());
  for (const StreamSlot stream : streams) {
    const StreamState state = publisher_.state_for(subscriber, stream);
    if (state != StreamState::Pending && state != StreamState::Live) publisher_.tell_state(subscriber, stream);
  }
  publisher_.feed(subscriber);
}

RequestHandler::Resolved RequestHandler::resolve(const std::string& text) const {
  // A bare name is not taken before every list is known: another venue may have it too.
  const bool bare = text.find(':') == std::string::npos;
  const Resolution found = hub_.catalog != nullptr ? hub_.catalog->resolve(text) : Resolution{};
  const bool nothing_yet = found.instrument == kNoInstrument && found.candidates.empty();
  if (hub_.catalog == nullptr || ((nothing_yet || bare) && hub_.host.may_yet_be_listed(text))) return {nullptr, {}, true};
  if (const CatalogEntry* const entry = hub_.catalog->find(found.instrument)) return {entry, {}, false};
  if (nothing_yet) return {nullptr, {code::kUnknownSymbol, "unknown symbol", std::string(kUnknownHint)}, false, true};
  std::string hint = "one of:";
  for (std::size_t i = 0; i < found.candidates.size() && i < kCandidatesMax; ++i) hint += " " + found.candidates[i];
  if (found.candidates.size() > kCandidatesMax) hint += " and " + std::to_string(found.candidates.size() - kCandidatesMax) + " more";
  return {nullptr, {code::kUnknownSymbol, "ambiguous symbol", std::move(hint)}, false};
}

void RequestHandler::drop_unentitled(Subscriber& subscriber) {
  for (const StreamSlot slot : hub_.table.streams_of(subscriber.slot())) {
    const Stream& stream = hub_.table.stream(slot);
    const std::string symbol{hub_.symbol(stream.instrument)};
    const Channel channel = stream.channel;
    const Complaint complaint = entitlement_complaint(*subscriber.identity, symbol, channel);
    if (complaint.code == 0) continue;
    leave(subscriber, slot);
    tell_failed(subscriber, symbol, channel, complaint);
  }
  hub_.topics->check_again(subscriber);
}

std::optional<Channel> RequestHandler::channel(std::string_view name, Complaint& complaint) const {
  const auto found = parse_channel(name);
  if (!found) complaint = {code::kNoChannel, "unknown channel", "one of: " + channel_list()};
  return found;
}

Complaint RequestHandler::limit_reached(const Subscriber& subscriber) const {
  const auto held_by = [this](const Subscriber& one) {
    return hub_.table.subscriptions_of(one.slot()) + hub_.topics->table().subscriptions_of(one.slot()) + one.wishes.size();
  };
  const std::size_t limit = hub_.options.subscriptions_per_connection;
  const std::size_t user_limit = hub_.options.limits.subscriptions_per_user;
  if (held_by(subscriber) >= limit) {
    count(hub_.telemetry.gateway.limited_subscriptions);
    return {code::kTooManySubscriptions, "at most " + std::to_string(limit) + " subscriptions",
            "unsubscribe from something, or raise server.limits.subscriptions_per_connection"};
  }
  if (user_limit == 0 || subscriber.identity->user.empty()) return {};
  std::size_t held = 0;
  for (const SubscriberSlot slot : hub_.sessions.of_user(subscriber.identity->user)) held += held_by(*hub_.subscribers()[slot]);
  if (held < user_limit) return {};
  count(hub_.telemetry.gateway.limited_subscriptions);
  return {code::kTooManySubscriptions, "at most " + std::to_string(user_limit) + " subscriptions of one user",
          "unsubscribe from something on any of its connections, or raise server.limits.subscriptions_per_user"};
}

Complaint RequestHandler::wish(Subscriber& subscriber, const std::string& symbol, Channel channel, const SubscribeOptions& options) const {
  if (symbol.size() > kNameBytesMax) return {code::kUnknownSymbol, "unknown symbol", "no symbol is as long as this"};
  const std::pair<std::string, Channel> key{symbol, channel};
  if (!subscriber.wishes.contains(key)) {
    if (Complaint complaint = limit_reached(subscriber); complaint.code != 0) return complaint;
  }
  subscriber.wishes[key] = options;
  return {};
}

/// Joins a stream, or replaces the options of one it has; what it begins with becomes due, but nothing is sent.
RequestHandler::Subscribed RequestHandler::enter(Subscriber& subscriber, const CatalogEntry& entry, std::string_view requested, Channel channel,
                                                 const SubscribeOptions& options) {
  const StreamSlot known = hub_.table.find(entry.id, channel);
  if (known == kNoStream || hub_.table.member(subscriber.slot(), known) == nullptr) {
    if (Complaint complaint = limit_reached(subscriber); complaint.code != 0) return {kNoStream, std::move(complaint)};
    if (Availability there = hub_.host.check(entry.id, channel); there.code != 0) {
      return {kNoStream, {there.code, std::move(there.message), std::move(there.hint)}};
    }
  }
  const auto added = hub_.table.add(subscriber.slot(), entry.id, channel, options.depth);
  return {added.stream, publisher_.begin(subscriber, added.stream, added.joined, options, options.since_of(requested, entry.symbol))};
}

void RequestHandler::leave(Subscriber& subscriber, StreamSlot stream) {
  hub_.completeness.forget(subscriber.slot(), stream);
  if (hub_.table.remove(subscriber.slot(), stream)) hub_.begin_linger(stream);
}

void RequestHandler::unsubscribe(Subscriber& subscriber, const Request& request) {
  ResultMessage result("unsubscribe", request.id);
  for (const std::string& symbol : request.symbols) {
    const std::string_view shown_symbol = cut_text(symbol, kNameBytesMax);
    const Resolved resolved = resolve(symbol);
    for (const std::string& name : request.channels) {
      Complaint complaint;
      const auto wanted = channel(name, complaint);
      const bool waited = wanted && subscriber.wishes.erase({symbol, *wanted}) != 0;
      if (wanted && (waited || resolved.undecided)) {
        result.add(shown_symbol, shown_symbol, name, StreamState::Closed);
      } else if (wanted && resolved.entry == nullptr) {
        complaint = resolved.complaint;
      } else if (wanted) {
        if (const StreamSlot stream = hub_.table.find(resolved.entry->id, *wanted); stream != kNoStream) leave(subscriber, stream);
        result.add(resolved.entry->symbol, symbol, name, StreamState::Closed);
      }
      if (complaint.code == 0) continue;
      count_told(hub_.telemetry.gateway, complaint.code);
      result.add_failure(resolved.entry != nullptr ? resolved.entry->symbol : shown_symbol, cut_text(name, kNameBytesMax), complaint);
    }
  }
  unsubscribe_topics(subscriber, request, result);
  hub_.answer(subscriber, result.finish());
}

void RequestHandler::unsubscribe_all(Subscriber& subscriber, const Request& request) {
  ResultMessage result("unsubscribe_all", request.id);
  for (const auto& [key, options] : subscriber.wishes) result.add(key.first, key.first, to_text(key.second), StreamState::Closed);
  subscriber.wishes.clear();
  for (const StreamSlot slot : hub_.table.streams_of(subscriber.slot())) {
    const Stream& stream = hub_.table.stream(slot);
    const std::string_view symbol = hub_.symbol(stream.instrument);
    result.add(symbol, symbol, to_text(stream.channel), StreamState::Closed);
    leave(subscriber, slot);
  }
  unsubscribe_all_topics(subscriber, result);
  hub_.answer(subscriber, result.finish());
}

void RequestHandler::list(Subscriber& subscriber, const Request& request) {
  SubscriptionsMessage message(request.id);
  for (const auto& [key, options] : subscriber.wishes) message.add(key.first, to_text(key.second), StreamState::Pending, {}, 0, options.conflate_ms);
  for (const StreamSlot slot : hub_.table.streams_of(subscriber.slot())) {
    const Stream& stream = hub_.table.stream(slot);
    const LastValue& value = hub_.values.of(slot);
    const std::string_view broker = value.broker ? hub_.broker(*value.broker) : std::string_view{};
    message.add(hub_.symbol(stream.instrument), to_text(stream.channel), publisher_.state_for(subscriber, slot), broker, value.last_seq,
                hub_.table.member(subscriber.slot(), slot)->conflate);
  }
  list_topics(subscriber, message);
  hub_.answer(subscriber, message.finish());
}

void RequestHandler::tell_failed(Subscriber& subscriber, std::string_view symbol, Channel channel, const Complaint& complaint) {
  count_told(hub_.telemetry.gateway, complaint.code);
  StateFacts facts;
  facts.symbol = symbol;
  facts.channel = channel;
  facts.state = StreamState::Failed;
  facts.since = hub_.clock.utc();
  facts.reason = complaint.message;
  facts.code = complaint.code;
  facts.hint = complaint.hint;
  hub_.offer(subscriber, state_message(facts));
}

/// For subscriptions that had to wait: their result was sent long ago.
void RequestHandler::tell_note(Subscriber& subscriber, std::string_view symbol, Channel channel, Complaint note) {
  count_told(hub_.telemetry.gateway, note.code);
  note.message = std::string(symbol) + " " + std::string(to_text(channel)) + ": " + note.message;
  hub_.offer(subscriber, error_message(note, {}, hub_.clock.utc()));
}

void RequestHandler::resolve_wishes() {
  hub_.for_each_subscriber([this](Subscriber& subscriber) {
    if (subscriber.wishes.empty()) return;
    const auto wishes = std::exchange(subscriber.wishes, {});
    std::vector<StreamSlot> entered;
    for (const auto& [key, options] : wishes) {
      const auto& [symbol, channel] = key;
      Resolved resolved = resolve(symbol);
      if (const Complaint complaint = not_entitled_to(subscriber, resolved, channel); complaint.code != 0) {
        tell_failed(subscriber, resolved.entry->symbol, channel, complaint);
        continue;
      }
      seek(subscriber, symbol, resolved);
      if (must_wait(subscriber, resolved, channel)) {
        subscriber.wishes.emplace(key, options);
        continue;
      }
      Complaint complaint = resolved.complaint;
      if (resolved.entry != nullptr) {
        Subscribed subscribed = enter(subscriber, *resolved.entry, symbol, channel, options);
        complaint = std::move(subscribed.complaint);
        if (subscribed.stream != kNoStream) {
          entered.push_back(subscribed.stream);
          note_spelling(subscriber, resolved.entry->symbol, symbol);
          if (complaint.code != 0) tell_note(subscriber, resolved.entry->symbol, channel, std::exchange(complaint, {}));
          if (resolved.entry->symbol != symbol) hub_.offer(subscriber, resolved_message(symbol, resolved.entry->symbol, channel));
        }
      }
      if (complaint.code != 0) tell_failed(subscriber, symbol, channel, complaint);
    }
    follow_up(subscriber, std::move(entered));
  });
}

}  // namespace tidegate::distributor
