// What the simulated broker does with the commands of its clients. Nothing is ever acknowledged.
#include "tools/sim/zerodha/venue.hpp"

namespace tidegate::sim::zerodha {

void Venue::greet(Client& client) {
  const std::int64_t count = options_.meta_count >= 0 ? options_.meta_count : static_cast<std::int64_t>(list_.rows().size());
  std::string etag;
  for (const char c : list_.etag()) {
    if (c == '"') etag += '\\';
    etag += c;
  }
  send_text(client, R"({"type": "instruments_meta", "data": {"count": )" + std::to_string(count) + R"(, "etag": ")" + etag + R"("}})");
  if (!options_.app_code) return;
  constexpr std::int64_t kIndiaNs = 19'800 * kSecondNs;
  const std::int64_t seconds = (now_.utc_us * 1000 + kIndiaNs) / kSecondNs;
  const std::string utc = to_rfc3339(UtcTime{seconds * kSecondNs});  // 2030-01-01T10:00:00.000Z
  send_text(client, R"({"type":"app_code","timestamp":")" + utc.substr(0, 19) + R"(+05:30"})");
}

std::size_t Venue::place_of(Client& client, std::uint32_t token, bool& over_limit) {
  if (const auto it = client.places.find(token); it != client.places.end()) return it->second;
  if (!list_.holds(token)) {
    ++counters_.unknown_tokens;
    // What the broker says here is not known; only that nobody ever reported a word.
    if (unknown_token_error_) send_text(client, R"({"type":"error","data":"Unknown instrument )" + std::to_string(token) + R"("})");
    return Market::kNone;
  }
  if (client.subscriptions.size() >= options_.instruments_max) {
    over_limit = true;
    return Market::kNone;
  }
  client.places.emplace(token, client.subscriptions.size());
  client.subscriptions.push_back({token, Mode::Quote, market_.find(token)});
  last_subscription_ns_ = now_.mono_ns;
  return client.subscriptions.size() - 1;
}

void Venue::send_snapshots(Client& client, const std::vector<std::size_t>& places, bool replayed) {
  if (!options_.snapshots) return;
  batch_.clear();
  for (const std::size_t place : places) {
    if (batch_.count() == Batch::kPacketsMax) break;
    const Subscription& each = client.subscriptions[place];
    if (!replay_) {
      if (each.place != Market::kNone) batch_.add(market_.packet(each.place, each.mode));
    } else if (const std::string_view last = replay_->last(each.token); replayed && !last.empty()) {
      batch_.add(last);
    }
  }
  if (batch_.count() != 0) send_data(client, batch_.bytes(), batch_.count());
}

void Venue::subscribe(Client& client, const Command& command) {
  const bool sets_mode = command.action == Action::SetMode;
  const std::size_t before = client.subscriptions.size();
  std::vector<std::size_t> places;
  bool over_limit = false;
  for (const std::uint32_t token : command.tokens) {
    const std::size_t place = place_of(client, token, over_limit);
    if (place == Market::kNone) continue;
    if (sets_mode || options_.subscribe_resets_mode) client.subscriptions[place].mode = command.mode;
    places.push_back(place);
  }
  // A recording's packets have the modes they have: another mode brings no other packet.
  send_snapshots(client, places, !sets_mode || client.subscriptions.size() != before);
  if (!over_limit) return;
  ++counters_.over_limit;
  send_text(client, R"({"type":"error","data":"Can't subscribe to more than )" + std::to_string(options_.instruments_max) + R"( instruments."})");
}

void Venue::unsubscribe(Client& client, const Command& command) {
  for (const std::uint32_t token : command.tokens) client.places.erase(token);
  auto& list = client.subscriptions;
  std::size_t kept = 0;
  for (const Subscription& each : list) {
    const auto place = client.places.find(each.token);
    if (place == client.places.end()) continue;
    place->second = kept;
    list[kept++] = each;
  }
  list.resize(kept);
}

}  // namespace tidegate::sim::zerodha
