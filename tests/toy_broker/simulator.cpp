#include "tests/toy_broker/simulator.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::toy {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{30};  // a hundred times as often as the broker's

}  // namespace

Simulator::Simulator(net::EventLoop& loop, std::vector<std::string> instruments)
    : server_(loop, *this, {}), heartbeat_(loop), instruments_(std::move(instruments)) {
  beat();
}

void Simulator::beat() {
  publish(".");
  heartbeat_.start(kHeartbeat, [this] { beat(); });
}

void Simulator::publish(std::string_view line, const std::string& name) {
  if (silent_) return;
  for (const auto& [connection, names] : subscribed_) {
    if (name.empty() || names.contains(name)) connection->send_text(line);
  }
}

void Simulator::drop() {
  for (const auto& [connection, names] : subscribed_) connection->cut();
}

std::size_t Simulator::subscribed(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::count_if(subscribed_, [&name](const auto& each) { return each.second.contains(name); }));
}

void Simulator::on_http(const net::HttpRequest&, net::HttpReply reply) {
  net::HttpResponse response;
  response.status = 404;
  reply(std::move(response));
}

void Simulator::on_message(net::WsConnection& connection, std::string_view payload, bool) {
  commands_.emplace_back(payload);
  if (silent_) return;
  if (payload == "LIST") {
    for (const std::string& instrument : instruments_) connection.send_text("I " + instrument);
    connection.send_text("END");
  } else if (payload.starts_with("SUB ")) {
    subscribe(connection, payload.substr(4), true);
  } else if (payload.starts_with("UNSUB ")) {
    subscribe(connection, payload.substr(6), false);
  }
}

void Simulator::subscribe(net::WsConnection& connection, std::string_view names, bool add) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    const std::string name{names.substr(0, end)};
    names.remove_prefix(std::min(end + 1, names.size()));
    if (!add) {
      subscribed_[&connection].erase(name);
    } else if (lists(name)) {
      subscribed_[&connection].insert(name);
    } else {
      connection.send_text("E " + name + " no such name");
    }
  }
}

bool Simulator::lists(std::string_view name) const {
  return std::ranges::any_of(instruments_, [name](const std::string& each) { return each.substr(0, each.find(' ')) == name; });
}

void Simulator::on_closed(net::WsConnection& connection, int, std::string_view) { subscribed_.erase(&connection); }

}  // namespace tidegate::toy
