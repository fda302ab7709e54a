// The part of a client's requests that is about topics.
#include <string>

#include "distributor/control_messages.hpp"
#include "distributor/json_text.hpp"
#include "distributor/request_handler.hpp"

namespace tidegate::distributor {

void RequestHandler::subscribe_topics(Subscriber& subscriber, const Request& request, ResultMessage& result) {
  for (const std::string& topic : request.topics) {
    const bool held = hub_.topics->holds(subscriber, topic);
    const Topics::Subscribed subscribed =
        hub_.topics->subscribe(subscriber, topic, held ? Complaint{} : limit_reached(subscriber), request.options.snapshot);
    if (subscribed.topic != kNoTopic) {
      result.add_topic(topic, hub_.topics->state(subscribed.topic));
      continue;
    }
    count_told(hub_.telemetry.gateway, subscribed.complaint.code);
    result.add_topic_failure(cut_text(topic, kTopicBytesMax), subscribed.complaint);
  }
}

void RequestHandler::unsubscribe_topics(Subscriber& subscriber, const Request& request, ResultMessage& result) {
  for (const std::string& topic : request.topics) {
    hub_.topics->unsubscribe(subscriber, topic);
    result.add_topic(cut_text(topic, kTopicBytesMax), TopicState::Closed);
  }
}

void RequestHandler::unsubscribe_all_topics(Subscriber& subscriber, ResultMessage& result) {
  const TopicTable& table = hub_.topics->table();
  for (const TopicSlot slot : table.topics_of(subscriber.slot())) {
    const std::string name = table.topic(slot).name;
    result.add_topic(name, TopicState::Closed);
    hub_.topics->unsubscribe(subscriber, name);
  }
}

void RequestHandler::list_topics(const Subscriber& subscriber, SubscriptionsMessage& message) {
  const TopicTable& table = hub_.topics->table();
  for (const TopicSlot slot : table.topics_of(subscriber.slot())) {
    message.add_topic(table.topic(slot).name, hub_.topics->state(slot), table.topic(slot).seq);
  }
}

void RequestHandler::publish(Subscriber& subscriber, const Request& request) {
  const Published published = hub_.topics->publish(*subscriber.identity, request.publish);
  if (published.complaint.code != 0) return hub_.complain(subscriber, published.complaint, request.id);
  hub_.answer(subscriber, publish_message(request.id, request.publish.topic, published.seq, published.delivered, published.duplicate));
}

void RequestHandler::note_spelling(Subscriber& subscriber, const std::string& symbol, const std::string& requested) {
  auto& spelling = subscriber.dialect.spelling;
  if (!subscriber.dialect.requested_symbols || symbol == requested) return;
  if (spelling.size() >= hub_.options.subscriptions_per_connection) {
    std::map<std::string, std::string, std::less<>> kept;  // who changes its symbols all the time leaves names behind
    for (const StreamSlot slot : hub_.table.streams_of(subscriber.slot())) {
      const auto known = spelling.find(hub_.symbol(hub_.table.stream(slot).instrument));
      if (known != spelling.end()) kept.insert(*known);
    }
    spelling = std::move(kept);
  }
  spelling.insert_or_assign(symbol, requested);
}

}  // namespace tidegate::distributor
