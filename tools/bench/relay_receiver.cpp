#include "tools/bench/relay_receiver.hpp"

#include <charconv>
#include <utility>

#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {

RelayReceiver::RelayReceiver(const std::string& url, NumberKeys keys, std::string request) : keys_(keys), request_(std::move(request)) {
  thread_.run([&] {
    client_ = std::make_unique<net::WsClient>(thread_.loop(), static_cast<net::WsClientHandler&>(*this));
    client_->connect({.url = url});
  });
}

RelayReceiver::~RelayReceiver() {
  thread_.run([this] { client_.reset(); });
}

void RelayReceiver::expect(std::uint64_t first, std::size_t count) {
  thread_.run([&] {
    first_ = first;
    arrived_ns_.assign(count, 0);
    received_.store(0, std::memory_order_release);
  });
}

std::vector<std::int64_t> RelayReceiver::arrivals() {
  return thread_.run([this] { return arrived_ns_; });
}

void RelayReceiver::on_open() {
  if (request_.empty()) {
    live_ = true;
  } else {
    client_->send_text(request_);
  }
}

void RelayReceiver::on_message(std::string&& payload, bool) {
  const std::int64_t now = now_ns();
  const std::string_view text{payload};
  std::string_view key = keys_.quote;
  std::size_t at = text.find(key);
  if (at == std::string_view::npos) at = text.find(key = keys_.trade);
  if (at == std::string_view::npos) {
    if (text.find(R"("type":"result")") != std::string_view::npos) live_ = true;
    return;
  }
  std::uint64_t number = 0;
  std::from_chars(text.data() + at + key.size(), text.data() + text.size(), number);
  if (number < first_ || number - first_ >= arrived_ns_.size() || arrived_ns_[number - first_] != 0) return;
  arrived_ns_[number - first_] = now;
  received_.fetch_add(1, std::memory_order_release);
}

void RelayReceiver::on_closed(const net::WsClosed&) { closed_ = true; }

}  // namespace tidegate::bench
