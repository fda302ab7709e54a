#include "distributor/request_handler.hpp"

#include <algorithm>
#include <utility>

#include "distributor/control_messages.hpp"
#include "distributor/json_text.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kCandidatesMax = 8;  // shown of an ambiguous name's meanings
constexpr std::string_view kUnknownHint = "write VENUE:SYMBOL; /v1/instruments?query= finds it";

}  // namespace

void RequestHandler::on_message(Subscriber& subscriber, std::string_view payload, bool binary) {
  if (subscriber.parting()) return;
  count(hub_.telemetry.gateway.requests_received);
  if (payload.size() > hub_.options.message_bytes) {
    count(hub_.telemetry.gateway.requests_bad);
    return hub_.part(subscriber,
                     {code::kTooLarge, "message too large", "at most " + std::to_string(hub_.options.message_bytes) + " bytes: split the request"});
  }
  if (binary) return hub_.complain(subscriber, {code::kMalformed, "binary message", "send JSON in text messages"}, {});

  const ParsedRequest parsed = parse_request(payload);
  const Request& request = parsed.request;
  if (parsed.complaint.code != 0) return hub_.complain(subscriber, parsed.complaint, request.id);
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
      hub_.answer(subscriber, pong_message(request.id, hub_.clock.utc()));
      return;
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
      const auto wanted = channel(name, complaint);
      if (wanted && resolved.unlisted) {
        resolved.complaint = limit_reached(subscriber);
        if (resolved.complaint.code == 0) seek(symbol, resolved);
      }
      if (wanted && must_wait(resolved, *wanted)) {
        complaint = wish(subscriber, symbol, *wanted, request.options);
        if (complaint.code == 0) result.add(shown_symbol, shown_symbol, name, StreamState::Pending, request.options.conflate_ms, {});
      } else if (wanted && resolved.entry == nullptr) {
        complaint = resolved.complaint;
      } else if (wanted) {
        Subscribed subscribed = enter(subscriber, *resolved.entry, symbol, *wanted, request.options);
        if (subscribed.stream != kNoStream) {
          const bool live = publisher_.state_for(subscriber, subscribed.stream) == StreamState::Live;
          if (subscribed.complaint.code != 0) count_told(hub_.telemetry.gateway, subscribed.complaint.code);
          result.add(resolved.entry->symbol, symbol, name, live ? StreamState::Live : StreamState::Pending, request.options.conflate_ms,
                     subscribed.complaint);
          entered.push_back(subscribed.stream);
        } else {
          complaint = std::move(subscribed.complaint);
        }
      }
      if (complaint.code == 0) continue;
      count_told(hub_.telemetry.gateway, complaint.code);
      result.add_failure(resolved.entry != nullptr ? resolved.entry->symbol : shown_symbol, cut_text(name, kNameBytesMax), complaint);
    }
  }
  if (hub_.answer(subscriber, result.finish())) follow_up(subscriber, std::move(entered));
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

void RequestHandler::seek(const std::string& text, Resolved& resolved) {
  if (!resolved.unlisted) return;
  resolved.complaint = {code::kUnknownSymbol, "unknown symbol", std::string(kUnknownHint)};
  switch (hub_.host.look_up(text)) {
    case LookUp::Nobody:
      return;
    case LookUp::UnderWay:
      resolved.undecided = true;
      return;
    case LookUp::Unknown:
      resolved.complaint.hint = "write VENUE:SYMBOL; brokers were asked and do not know this, and are asked again a minute later at the earliest";
      return;
    case LookUp::TooMany:
      resolved.complaint.hint = "no list holds it, and too many names are being looked up: try again in a minute";
      return;
  }
}

bool RequestHandler::must_wait(const Resolved& resolved, Channel channel) {
  if (resolved.entry == nullptr) return resolved.undecided;
  if (hub_.host.check(resolved.entry->id, channel).code == 0) return false;
  return hub_.host.may_yet_be_listed(resolved.entry->symbol) || hub_.host.look_up(resolved.entry->id, channel) == LookUp::UnderWay;
}

std::optional<Channel> RequestHandler::channel(std::string_view name, Complaint& complaint) const {
  const auto found = parse_channel(name);
  if (!found) complaint = {code::kNoChannel, "unknown channel", "one of: " + channel_list()};
  return found;
}

Complaint RequestHandler::limit_reached(const Subscriber& subscriber) const {
  const std::size_t limit = hub_.options.subscriptions_per_connection;
  if (hub_.table.subscriptions_of(subscriber.slot()) + subscriber.wishes.size() < limit) return {};
  return {code::kTooManySubscriptions, "at most " + std::to_string(limit) + " subscriptions", {}};
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
  hub_.answer(subscriber, message.finish());
}

void RequestHandler::tell_failed(Subscriber& subscriber, std::string_view symbol, Channel channel, const Complaint& complaint) {
  count_told(hub_.telemetry.gateway, complaint.code);
  StateFacts facts;
  facts.symbol = symbol;
  facts.channel = channel;
  facts.state = StreamState::Failed;
  facts.since = hub_.clock.utc();
  const std::string reason = complaint.hint.empty() ? complaint.message : complaint.message + "; " + complaint.hint;
  facts.reason = reason;
  facts.code = complaint.code;
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
      seek(symbol, resolved);
      if (must_wait(resolved, channel)) {
        subscriber.wishes.emplace(key, options);
        continue;
      }
      Complaint complaint = resolved.complaint;
      if (resolved.entry != nullptr) {
        Subscribed subscribed = enter(subscriber, *resolved.entry, symbol, channel, options);
        complaint = std::move(subscribed.complaint);
        if (subscribed.stream != kNoStream) {
          entered.push_back(subscribed.stream);
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
