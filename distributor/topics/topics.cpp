#include "distributor/topics/topics.hpp"

#include <algorithm>
#include <utility>

#include "distributor/hub.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kMarketFamily = "market:";
constexpr std::string_view kNull = "null";
constexpr std::size_t kNoticeBytesMax = 512;  // a state or gap of a topic may go before a message
constexpr std::size_t kRatesKept = 1024;      // users' windows, before idle ones are looked for
constexpr Duration kIdleCheck = std::chrono::minutes{1};
constexpr std::string_view kNameHint = "1 to 192 bytes of UTF-8 without spaces, control characters, quotation marks, backslashes and asterisks";

Complaint no_topic_name() { return {code::kMalformed, "not a topic name", std::string(kNameHint)}; }

/// The digest of what a key stands for: a repeated request repeats all of it.
std::size_t digest_of(const PublishRequest& request) { return std::hash<std::string_view>{}(request.data) ^ (request.retain ? 1U : 0U); }

}  // namespace

void Topics::apply_limits() {
  table_.set_limit(hub_.options.topics.topics);
  keys_.set_limit(hub_.options.topics.idempotency_keys);
}

Topics::Topics(Hub& hub) : hub_(hub), table_(hub.options.topics.topics), keys_(hub.options.topics.idempotency_keys) { publish_facts(); }

TopicState Topics::state(TopicSlot slot) const { return table_.topic(slot).live ? TopicState::Live : TopicState::NoPublisher; }

bool Topics::holds(const Subscriber& subscriber, std::string_view name) const {
  const TopicSlot slot = table_.find(name);
  return slot != kNoTopic && table_.member(subscriber.slot(), slot) != nullptr;
}

// ---- subscribing ----

Topics::Subscribed Topics::subscribe(Subscriber& subscriber, const std::string& name, const Complaint& limit, bool retained) {
  if (!is_topic_name(name)) return {kNoTopic, no_topic_name()};
  if (name.starts_with(kMarketFamily) && name != kMarketStatusTopic) {
    return {kNoTopic, {code::kNoChannel, "market data has channels", R"(subscribe with "channels":["trade"],"symbols":["VENUE:SYMBOL"])"}};
  }
  if (!subscriber.identity->may_read(name)) {
    return {kNoTopic,
            {code::kNotEntitled, "not entitled to read the topic " + name,
             is_personal_topic(name) ? "a user's own topics are for that user alone: log in as that user"
                                     : "log in with a plan or role that lists it under topics"}};
  }
  if (limit.code != 0) return {kNoTopic, limit};
  const TopicSlot slot = table_.open(name);
  if (slot == kNoTopic) {
    count(hub_.telemetry.gateway.topics_refused);
    return {kNoTopic, {code::kTooManySubscriptions, "too many topics", "the gateway knows as many as server.topics.topics allows"}};
  }
  table_.add(subscriber.slot(), slot);
  TopicMember& member = *table_.member(subscriber.slot(), slot);
  if (retained && !table_.topic(slot).retained.empty()) {
    const bool listed = member.behind();
    member.retained_due = true;
    if (!listed) owe(subscriber, slot);
  }
  return {slot, {}};
}

void Topics::unsubscribe(Subscriber& subscriber, std::string_view name) {
  if (const TopicSlot slot = table_.find(name); slot != kNoTopic) table_.remove(subscriber.slot(), slot);
}

void Topics::check_again(Subscriber& subscriber) {
  for (const TopicSlot slot : table_.topics_of(subscriber.slot())) {
    const std::string name = table_.topic(slot).name;
    if (subscriber.identity->may_read(name)) continue;
    table_.remove(subscriber.slot(), slot);
    count_told(hub_.telemetry.gateway, code::kNotEntitled);
    hub_.offer(subscriber, topic_lost_message(name, hub_.clock.utc()));
  }
}

// ---- publishing ----

Complaint Topics::over_rate(const std::string& user) {
  const MonoTime now = hub_.clock.mono();
  if (rates_.size() >= kRatesKept && !rates_.contains(user)) {
    std::erase_if(rates_, [now](const auto& entry) { return entry.second.idle(now); });
  }
  const std::uint64_t limit = hub_.options.topics.publish_per_minute;
  const auto wait = rates_[user].take(now, limit);
  if (!wait) return {};
  return {code::kRateLimit, "at most " + std::to_string(limit) + " messages a minute", "publish less often, or put several facts into one message",
          milliseconds_up(*wait)};
}

Complaint Topics::no_room_to_retain(const PublishRequest& request) const {
  if (!request.retain || request.data == kNull) return {};
  const TopicOptions& limits = hub_.options.topics;
  const TopicSlot slot = table_.find(request.topic);
  const std::size_t replaced = slot == kNoTopic ? 0 : table_.topic(slot).retained.size();
  const bool too_many = replaced == 0 && table_.retained_count() >= limits.retained;
  if (!too_many && table_.retained_bytes() - replaced + request.data.size() <= limits.retained_bytes) return {};
  return {code::kTooManySubscriptions, "too many retained values",
          "publish without retain, or publish null with retain to topics whose value is not needed any more"};
}

/// What speaks against publishing, in the order in which a publisher can do something about it.
Complaint Topics::objection(const Identity& publisher, const PublishRequest& request) {
  if (!is_topic_name(request.topic)) return no_topic_name();
  if (request.topic.starts_with(kMarketFamily)) {
    return {code::kNotEntitled, "the topics market:... are the gateway's own", "publish to a topic of another name"};
  }
  if (!publisher.may_publish(request.topic)) {
    if (publisher.user.empty()) return {code::kLoginNeeded, "publishing to " + request.topic + " needs a login", "send a token"};
    return {code::kNotEntitled, "not entitled to publish to the topic " + request.topic, "log in with a plan or role that lists it under publish"};
  }
  if (request.data.size() > hub_.options.topics.message_bytes) {
    return {code::kTooLarge, "data is larger than " + std::to_string(hub_.options.topics.message_bytes) + " bytes",
            "publish less at once, or a reference to it"};
  }
  return over_rate(publisher.user);
}

Published Topics::publish(const Identity& publisher, const PublishRequest& request) {
  GatewayCounters& counters = hub_.telemetry.gateway;
  const TopicOptions& limits = hub_.options.topics;
  Published published;
  published.complaint = objection(publisher, request);
  std::string key;
  if (published.complaint.code == 0 && !request.key.empty()) {
    key = PublishKeys::full_key(publisher.user, request.topic, request.key);
    if (const PublishKeys::Entry* const before = keys_.find(key, hub_.clock.mono())) {
      if (before->digest == digest_of(request) && before->data_bytes == request.data.size()) {
        count(counters.publishes_repeated);
        published.seq = before->seq;
        published.duplicate = true;
        return published;
      }
      published.complaint = {code::kMalformed, "the key was used for another message", "give each message a key of its own"};
    }
  }
  if (published.complaint.code == 0) published.complaint = no_room_to_retain(request);
  const TopicSlot slot = published.complaint.code == 0 ? table_.open(request.topic) : kNoTopic;
  if (slot == kNoTopic) {
    if (published.complaint.code == 0) {
      count(counters.topics_refused);
      published.complaint = {code::kTooManySubscriptions, "too many topics",
                             "publish to topics that are there already, or raise server.topics.topics"};
    }
    count(counters.publishes_refused);
    return published;
  }
  count(counters.publishes);
  const std::string origin = "publisher:" + (publisher.user.empty() ? std::string("anonymous") : publisher.user);
  TopicFacts facts;
  facts.origin = origin;
  facts.key = request.key;
  facts.data = request.data;
  published.delivered = send(slot, facts, request.retain);
  published.seq = table_.topic(slot).seq;
  if (!key.empty()) {
    const MonoTime until = hub_.clock.mono() + limits.idempotency_window;
    if (keys_.add(std::move(key), {digest_of(request), request.data.size(), published.seq, until})) count(counters.publish_keys_dropped);
  }
  return published;
}

void Topics::on_market_status(const MarketStatus& status) {
  facts_.note(hub_.broker(status.header.source), status);
  publish_facts();
}

void Topics::publish_facts() {
  const TopicSlot slot = table_.open(kMarketStatusTopic);
  if (slot == kNoTopic) return;
  const std::string data = facts_.json(hub_.brokers);
  TopicFacts facts;
  facts.origin = kGatewayOrigin;
  facts.data = data;
  send(slot, facts, true);
}

std::size_t Topics::send(TopicSlot slot, TopicFacts facts, bool retain) {
  set_live(slot, true);
  Topic& topic = table_.topic(slot);
  topic.published_at = hub_.clock.mono();
  facts.topic = topic.name;
  facts.seq = ++topic.seq;
  facts.timestamp = hub_.clock.utc();
  std::size_t delivered = 0;
  if (!topic.members.empty()) {
    write_topic_message(facts, text_);
    const Message message = hub_.message(text_, {kSubject | slot, topic.seq, topic.seq});
    for (TopicMember& member : topic.members) delivered += deliver(slot, member, message) ? 1U : 0U;
  }
  if (!retain) return delivered;
  text_.clear();
  if (facts.data != kNull) {
    facts.retained = true;
    write_topic_message(facts, text_);
  }
  table_.retain(slot, text_, topic.seq);
  return delivered;
}

bool Topics::deliver(TopicSlot slot, TopicMember& member, const Message& message) {
  Subscriber& subscriber = *hub_.subscribers()[member.subscriber];
  if (subscriber.parting()) return false;
  if (!member.behind() && subscriber.make_room(message.in(subscriber.format).bytes().size(), hub_.turn)) {
    hub_.deliver(subscriber, message, hub_.clock.mono());
    return true;
  }
  count(hub_.telemetry.gateway.topic_messages_lost);
  if (member.lost_from != 0 || !subscriber.connected()) return false;
  const bool listed = member.retained_due;
  member.lost_from = table_.topic(slot).seq;
  hub_.begin_loss(subscriber);
  if (!listed) owe(subscriber, slot);
  return false;
}

// ---- what is due ----

void Topics::owe(Subscriber& subscriber, TopicSlot slot) {
  std::vector<TopicSlot>& due = subscriber.topics_due;
  // Who subscribes and unsubscribes without reading leaves entries that nothing is due for any more.
  if (due.size() > 2 * table_.subscriptions_of(subscriber.slot())) {
    std::ranges::sort(due);
    due.erase(std::unique(due.begin(), due.end()), due.end());
    std::erase_if(due, [&](TopicSlot topic) { return table_.member(subscriber.slot(), topic) == nullptr; });
  }
  due.push_back(slot);
  if (!std::exchange(subscriber.topics_waiting, true)) waiting_.push_back(subscriber.slot());
}

bool Topics::feed(Subscriber& subscriber) {
  std::size_t done = 0;
  for (; done < subscriber.topics_due.size() && !subscriber.parting(); ++done) {
    const TopicSlot slot = subscriber.topics_due[done];
    TopicMember* const member = table_.member(subscriber.slot(), slot);
    if (member != nullptr && member->behind() && !pay(subscriber, *member, slot)) break;
  }
  std::vector<std::uint32_t>& due = subscriber.topics_due;
  due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(std::min(done, due.size())));
  if (due.empty()) due.shrink_to_fit();  // idle subscribers hold no memory
  return done != 0;
}

/// The retained value stands for all up to its number; what came after it, or was lost, is told as a gap.
bool Topics::pay(Subscriber& subscriber, TopicMember& member, TopicSlot slot) {
  const Topic& topic = table_.topic(slot);
  const bool retained = member.retained_due && !topic.retained.empty();
  const std::uint64_t from = retained ? topic.retained_seq + 1 : member.lost_from;
  Message value;
  if (retained) value = hub_.message(topic.retained);
  if (!subscriber.has_room_to_feed((value ? value.in(subscriber.format).bytes().size() : 0) + kNoticeBytesMax)) return false;
  member.retained_due = false;
  if (std::exchange(member.lost_from, 0) != 0) hub_.end_loss(subscriber);
  if (value) hub_.deliver(subscriber, value, hub_.clock.mono());
  if (from != 0 && from <= topic.seq) tell_gap(subscriber, slot, from, retained ? kResumeWindow : kSlowClient);
  return true;
}

void Topics::tell_gap(Subscriber& subscriber, TopicSlot slot, std::uint64_t from, std::string_view cause) {
  if (!subscriber.connected()) return;
  const Topic& topic = table_.topic(slot);
  const Message message = hub_.message(topic_gap_message(topic.name, from, topic.seq, cause), {kSubject | slot, from, topic.seq});
  hub_.deliver(subscriber, message, hub_.clock.mono());
}

bool Topics::feed_waiting() {
  if (waiting_.empty()) return false;
  const Hub::Scope scope(hub_);
  bool sent = false;
  feeding_.swap(waiting_);
  for (const SubscriberSlot slot : feeding_) {
    Subscriber* const subscriber = hub_.subscribers()[slot].get();
    if (subscriber == nullptr || !std::exchange(subscriber->topics_waiting, false) || subscriber->parting()) continue;
    sent = feed(*subscriber) || sent;
    if (subscriber->topics_due.empty() || std::exchange(subscriber->topics_waiting, true)) continue;
    waiting_.push_back(slot);
  }
  feeding_.clear();
  return sent;
}

std::uint32_t Topics::losing(const Subscriber& subscriber) const {
  std::uint32_t count = 0;
  for (const TopicSlot slot : subscriber.topics_due) {
    const TopicMember* const member = table_.member(subscriber.slot(), slot);
    if (member != nullptr && member->lost_from != 0) ++count;
  }
  return count;
}

std::uint64_t Topics::tell_losses(Subscriber& subscriber) {
  std::uint64_t lost = 0;
  for (const TopicSlot slot : table_.topics_of(subscriber.slot())) {
    TopicMember& member = *table_.member(subscriber.slot(), slot);
    const std::uint64_t from = std::exchange(member.lost_from, 0);
    if (from == 0) continue;
    lost += table_.topic(slot).seq - from + 1;
    tell_gap(subscriber, slot, from, kSlowClient);
  }
  return lost;
}

void Topics::take_back(const Subscriber& subscriber, const net::FrameLabel& label) {
  TopicMember* const member = table_.member(subscriber.slot(), static_cast<TopicSlot>(label.subject & ~kSubject));
  if (member == nullptr) return;  // left since
  if (member->lost_from == 0 || label.first < member->lost_from) member->lost_from = label.first;
}

// ---- publishers that fall silent ----

void Topics::set_live(TopicSlot slot, bool live) {
  Topic& topic = table_.topic(slot);
  if (std::exchange(topic.live, live) == live || topic.members.empty()) return;
  const Message message = hub_.message(topic_state_message(topic.name, state(slot), hub_.clock.utc()));
  for (const TopicMember& member : topic.members) hub_.offer(*hub_.subscribers()[member.subscriber], message, hub_.clock.mono());
}

void Topics::do_work(MonoTime now) {
  if (now < next_idle_check_) return;
  const Duration idle = hub_.options.topics.idle;
  next_idle_check_ = now + std::min(idle, kIdleCheck);
  for (std::size_t i = 0; i < table_.topics().size(); ++i) {
    const Topic& topic = table_.topics()[i];
    if (topic.live && topic.name != kMarketStatusTopic && now - topic.published_at >= idle) set_live(static_cast<TopicSlot>(i), false);
  }
}

}  // namespace tidegate::distributor
