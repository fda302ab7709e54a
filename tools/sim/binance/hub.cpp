#include "tools/sim/binance/hub.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::size_t kStreamsCountedMax = 20'000;  // names in frames_by_stream

template <class T>
void erase_value(std::vector<T*>& list, const T* value) {
  list.erase(std::remove(list.begin(), list.end(), value), list.end());
}

}  // namespace

Client& Hub::open(Wire& wire, const StreamTarget& target, std::string_view target_text) {
  auto client = std::make_unique<Client>();
  client->id = next_id_++;
  client->wire = &wire;
  client->target = target;
  client->target_text = target_text;
  client->combined = target.combined;
  client->opened_ns = now_.mono_ns;
  client->frames_in = SlidingWindow{target.market == Market::Spot ? 5U : 10U, kSecondNs};
  clients_.push_back(std::move(client));
  return *clients_.back();
}

void Hub::remove(Client& client) {
  while (!client.topics.empty()) unsubscribe(client, std::string{client.topics.back()->name});
  const auto it = std::find_if(clients_.begin(), clients_.end(), [&client](const auto& each) { return each.get() == &client; });
  if (it != clients_.end()) clients_.erase(it);
}

bool Hub::anyone_subscribed() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& client) { return !client->topics.empty(); });
}

Topic& Hub::topic(const Client& client, std::string_view name) {
  std::string key{client.target.market == Market::Spot ? "s" : "u"};
  key += client.target.microseconds ? 'u' : 'm';
  key += name;
  auto& place = topics_[key];
  if (!place) {
    place = std::make_unique<Topic>();
    place->name = name;
    place->market = client.target.market;
    place->microseconds = client.target.microseconds;
    place->stream = parse_stream(place->market, name);
    place->kind = place->stream.kind;
  }
  return *place;
}

Hub::Outcome Hub::subscribe(Client& client, std::string_view name) {
  const auto held = std::find_if(client.topics.begin(), client.topics.end(), [name](const Topic* topic) { return topic->name == name; });
  if (held == client.topics.end() && client.topics.size() >= kStreamsMax) return Outcome::TooMany;
  Topic& wanted = held != client.topics.end() ? **held : topic(client, name);
  if (held == client.topics.end()) {
    client.topics.push_back(&wanted);
    ++wanted.holders;
  }
  // USD-M delivers only what belongs to the path; the unrouted path is said to behave like /public.
  const bool silent = (client.target.market == Market::Usdm && client.target.route != route_of(name)) || now_.mono_ns < wrong_route_until_ns;
  if (!silent && std::find(wanted.clients.begin(), wanted.clients.end(), &client) == wanted.clients.end()) {
    wanted.clients.push_back(&client);
    listener_->on_topic(wanted);
  }
  return Outcome::Done;
}

void Hub::unsubscribe(Client& client, std::string_view name) {
  const auto held = std::find_if(client.topics.begin(), client.topics.end(), [name](const Topic* topic) { return topic->name == name; });
  if (held == client.topics.end()) return;
  Topic& topic = **held;
  client.topics.erase(held);
  erase_value(topic.clients, &client);
  listener_->on_topic(topic);
  if (--topic.holders != 0) return;
  listener_->on_topic_gone(topic);
  const auto it = std::find_if(topics_.begin(), topics_.end(), [&topic](const auto& entry) { return entry.second.get() == &topic; });
  topics_.erase(it);
}

void Hub::stall(Client& client, std::string_view name) {
  for (Topic* topic : client.topics) {
    if (!name.empty() && topic->name != name) continue;
    erase_value(topic->clients, &client);
    listener_->on_topic(*topic);
    return;
  }
}

bool Hub::reachable(const Client& client) const {
  return !client.closing && now_.mono_ns >= client.half_open_until_ns && now_.mono_ns >= half_open_until_ns;
}

std::size_t Hub::queued_bytes_max() const {
  std::size_t most = 0;
  for (const auto& client : clients_) {
    if (!reachable(*client) || now_.mono_ns < client->silent_until_ns) continue;
    most = std::max(most, client->wire->queued_bytes());
  }
  return most;
}

void Hub::send(Client& client, std::string_view text) {
  if (!reachable(client)) return;
  if (client.slow_ns > 0) {
    client.delayed.push_back({now_.mono_ns + client.slow_ns, std::string{text}});
  } else {
    client.wire->send_text(text);
  }
}

void Hub::send_binary(Client& client, std::string_view bytes) {
  if (reachable(client)) client.wire->send_binary(bytes);
}

void Hub::send_delayed() {
  for (const auto& client : clients_) {
    while (!client->delayed.empty() && client->delayed.front().due_ns <= now_.mono_ns) {
      if (reachable(*client)) client->wire->send_text(client->delayed.front().payload);
      client->delayed.pop_front();
    }
  }
}

void Hub::send_data(Client& client, std::string_view text) {
  if (now_.mono_ns < client.silent_until_ns || now_.mono_ns < silent_until_ns) return;
  ++client.frames_sent;
  send(client, text);
}

bool Hub::take_fault(std::string& wanted, const Audience& audience) {
  if (wanted.empty() || audience.clients.empty()) return false;
  if (wanted == "*" ? audience.kind != StreamKind::Depth : wanted != audience.name) return false;
  wanted.clear();
  return true;
}

void Hub::publish(Audience& audience, std::string_view payload, std::string_view recorded) {
  if (take_fault(lose_next, audience)) return;
  if (!audience.holding && take_fault(swap_next, audience)) {
    audience.holding = true;
    audience.held_payload = payload;
    audience.held_recorded = recorded;
    return;
  }
  const bool twice = take_fault(repeat_next, audience);
  deliver(audience, payload, recorded);
  if (twice) deliver(audience, payload, recorded);
  if (!audience.holding) return;
  audience.holding = false;
  deliver(audience, audience.held_payload, audience.held_recorded);
}

void Hub::deliver(Audience& audience, std::string_view payload, std::string_view recorded) {
  if (audience.clients.empty()) return;
  envelope_.clear();
  for (Client* client : audience.clients) {
    std::string_view text = payload;
    if (shuffle_keys_) {  // for each connection in its own way
      shuffle_json(payload, random_, shuffled_);
      text = shuffled_;
      recorded = {};
      envelope_.clear();
    }
    if (!client->combined) {
      send_data(*client, text);
      continue;
    }
    if (envelope_.empty() && recorded.empty()) {
      const bool data_first = shuffle_keys_ && random_.chance(50);
      ObjectWriter object{envelope_};
      if (data_first) object.raw("data", text);
      object.text("stream", audience.name);
      if (!data_first) object.raw("data", text);
      object.close();
    }
    send_data(*client, recorded.empty() ? std::string_view{envelope_} : recorded);
  }
  audience.frames_sent += 1;
  frames_sent_ += audience.clients.size();
  if (const auto it = frames_.find(audience.name); it != frames_.end()) {
    ++it->second;
  } else if (frames_.size() < kStreamsCountedMax) {
    frames_.emplace(audience.name, 1);
  }
}

namespace {

void shuffle_value(rapidjson::Value& value, Random& random, rapidjson::Document::AllocatorType& memory) {
  if (value.IsArray()) {
    for (auto& element : value.GetArray()) {
      if (element.IsObject()) shuffle_value(element, random, memory);
    }
    return;
  }
  std::vector<std::pair<rapidjson::Value, rapidjson::Value>> members;
  for (auto& member : value.GetObject()) {
    if (member.value.IsObject()) shuffle_value(member.value, random, memory);
    members.emplace_back(std::move(member.name), std::move(member.value));
  }
  rapidjson::Value nested{rapidjson::kObjectType};
  nested.AddMember("e", "not yours", memory);
  members.emplace_back(rapidjson::Value{"zz", memory}, std::move(nested));
  value.SetObject();
  while (!members.empty()) {
    const auto n = random.below(static_cast<std::int64_t>(members.size()));
    std::swap(members[static_cast<std::size_t>(n)], members.back());
    value.AddMember(members.back().first, members.back().second, memory);
    members.pop_back();
  }
}

}  // namespace

void shuffle_json(std::string_view text, Random& random, std::string& out) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError() || (!document.IsObject() && !document.IsArray())) {
    out = text;
    return;
  }
  shuffle_value(document, random, document.GetAllocator());
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  document.Accept(writer);
  out.assign(buffer.GetString(), buffer.GetSize());
}

}  // namespace tidegate::sim::binance
