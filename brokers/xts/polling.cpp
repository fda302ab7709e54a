#include "brokers/xts/polling.hpp"

#include <chrono>
#include <utility>

#include "brokers/xts/socket_url.hpp"

namespace tidegate::xts {
namespace {

constexpr std::size_t kPollBytesMax = 4U << 20U;

}  // namespace

void Polling::start(const std::string& token, const std::string& user, Done done) {
  cancel();
  token_ = token;
  user_ = user;
  done_ = std::move(done);
  polled_ = {};
  ask({});
}

void Polling::cancel() {
  if (under_way_) host_.http().cancel(*under_way_);
  under_way_.reset();
}

void Polling::ask(std::string_view sid) {
  net::HttpCall call;
  call.url = polling_url(settings_, token_, user_, std::to_string(host_.clock().mono().ns), sid);
  call.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.handshake_timeout);
  call.body_bytes_max = kPollBytesMax;
  under_way_ = host_.http().send(std::move(call), host_.loop(), [this](net::HttpAnswer&& answer) {
    under_way_.reset();
    on_answer(std::move(answer));
  });
}

void Polling::on_answer(net::HttpAnswer&& answer) {
  const bool first = !polled_.open;
  if (answer.status != 200 || !take(answer.body)) return fail(std::move(answer));
  if (!first) return std::exchange(done_, nullptr)(std::move(polled_));
  if (!polled_.open || polled_.open->sid.empty()) return fail(std::move(answer));
  ask(polled_.open->sid);
}

bool Polling::take(std::string_view body) {
  PollingReader reader{body};
  std::string_view text;
  while (reader.next(text)) {
    const auto packet = parse_packet(text);
    if (!polled_.open) {
      if (!packet || packet->type != PacketType::Open) return false;
      auto open = parse_open(packet->payload);
      if (!open) return false;
      polled_.open = std::move(*open);
    } else {
      polled_.packets.emplace_back(text);
    }
  }
  return !reader.failed();
}

void Polling::fail(net::HttpAnswer&& answer) {
  polled_.open.reset();
  const bool unreadable = answer.status == 200;
  polled_.refusal = read_answer(std::move(answer));
  if (unreadable) polled_.refusal.words = "the answer to the polling request is none of Engine.IO 3";
  std::exchange(done_, nullptr)(std::move(polled_));
}

}  // namespace tidegate::xts
