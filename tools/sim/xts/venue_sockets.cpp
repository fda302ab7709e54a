// Engine.IO and Socket.IO: how sockets come, say hello, change their transport, and end.
#include <algorithm>

#include "tools/sim/xts/venue.hpp"

namespace tidegate::sim::xts {
namespace {

constexpr std::string_view kInvalidToken = R"({"type":"error","code":"e-session-0007","description":"Invalid Token"})";
constexpr std::string_view kLoggedOut = "You have been logged out by another user.";
constexpr std::size_t kSidCharacters = 20;
constexpr std::int64_t kLastWordsNs = 30 * kSecondNs;

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string make_sid(std::uint64_t id) {
  constexpr std::string_view kCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  Random random{id};
  std::string sid;
  while (sid.size() < kSidCharacters) sid += kCharacters[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kCharacters.size())))];
  return sid;
}

net::HttpResponse polling_answer(std::string body, std::string content_type) {
  net::HttpResponse response;
  response.content_type = std::move(content_type);
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.body = std::move(body);
  return response;
}

net::HttpResponse polling_refusal(int engine_code, std::string_view words) {
  net::HttpResponse response =
      polling_answer(R"({"code":)" + std::to_string(engine_code) + R"(,"message":")" + std::string{words} + "\"}", "application/json");
  response.status = 400;
  return response;
}

}  // namespace

int Venue::refuse(int status, std::string body) {
  refusal_body_ = std::move(body);
  unanswered_ = status == 0;
  ++counters_.refused[status];
  return status;
}

int Venue::refusal_of(const net::HttpRequest& request) {
  if (refuse_count_ != 0) {
    if (refuse_count_ > 0) --refuse_count_;
    return refuse(refuse_status_, "");
  }
  if (options_.refusal != Refusal::Http) return 0;
  const auto login = logins_.find(request.query("token"), now_);
  const bool welcome =
      login && login->user_id == request.query("userID") && (!options_.rest.bound_to_root || login->root == rest_.root_of(request.path()));
  return welcome ? 0 : refuse(options_.refusal_status, std::string{kInvalidToken});
}

int Venue::admit(const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.upgrades;
  run_faults();
  const std::string_view root = rest_.root_of(request.path());
  const std::string_view path = request.path().substr(root.size());
  if (!root.empty() && path == "/socket.io") return refuse(0, "");
  if (root.empty() || path != "/socket.io/") return refuse(404, Rest::not_found(request).body);
  const std::string transport = request.query("transport"), sid = request.query("sid");
  if (transport != "websocket") return refuse(400, transport == "polling" ? "Bad request" : "Transport unknown");
  if (!sid.empty()) {
    const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&sid](const auto& each) { return each->sid == sid && !each->ended; });
    if (socket == sockets_.end()) return refuse(400, "Session ID unknown");
    if ((*socket)->link != nullptr) return refuse(400, "Bad request");
  } else if (const int status = refusal_of(request); status != 0) {
    return status;
  }
  refusal_body_.clear();
  unanswered_ = false;
  return 101;
}

Socket& Venue::make_socket(const net::HttpRequest& request) {
  ++counters_.accepted;
  Socket& socket = *sockets_.emplace_back(std::make_unique<Socket>());
  socket.id = next_socket_++;
  socket.sid = make_sid(socket.id);
  socket.target = request.target;
  socket.user_id = request.query("userID");
  socket.login = logins_.find(request.query("token"), now_);
  if (socket.login && socket.login->user_id != socket.user_id) socket.login = nullptr;
  const std::string_view root = rest_.root_of(request.path());
  socket.packed = std::find(options_.binary_roots.begin(), options_.binary_roots.end(), root) != options_.binary_roots.end();
  socket.partial = lower(request.query("broadcastMode")) == "partial";
  socket.last_packet_ns = now_.mono_ns;
  socket.silent_until_ns = silent_until_ns_;
  socket.dead_until_ns = dead_until_ns_;
  faults_.on_connection(now_.mono_ns);
  return socket;
}

std::string Venue::open_packet(const Socket& socket, bool can_upgrade) const {
  return R"(0{"sid":")" + socket.sid + R"(","upgrades":[)" + (can_upgrade ? "\"websocket\"" : "") + R"(],"pingInterval":)" +
         std::to_string(options_.ping_interval_ms) + R"(,"pingTimeout":)" + std::to_string(options_.ping_timeout_ms) + "}";
}

Link& Venue::open(Wire& wire, const net::HttpRequest& request, Now now) {
  enter(now);
  Link& link = *links_.emplace_back(std::make_unique<Link>());
  link.wire = &wire;
  if (const std::string sid = request.query("sid"); !sid.empty()) {
    const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&sid](const auto& each) { return each->sid == sid && !each->ended; });
    if (socket == sockets_.end()) {
      wire.cut();  // it ended while the upgrade was on its way
    } else {
      link.socket = socket->get();
      link.probing = true;
    }
    return link;
  }
  Socket& socket = make_socket(request);
  link.socket = &socket;
  socket.link = &link;
  if (now.mono_ns < socket.dead_until_ns) wire.pause_reading(true);
  send(socket, {open_packet(socket, false)});
  connect(socket);
  return link;
}

void Venue::connect(Socket& socket) {
  if (socket.login) return greet(socket);
  if (options_.refusal == Refusal::Middleware) return send(socket, {R"(44"Invalid Token")"});
  for (const char* packet : {"40", R"(44"Invalid Token")", "41"}) send(socket, {packet});
  end_socket(socket);
}

void Venue::greet(Socket& socket) {
  socket.connected = true;
  send(socket, {"40"});
  send(socket, {event_text("joined", "Welcome " + socket.user_id + " to the market data stream")});
  if (!options_.market_status) return;
  const std::string day = to_rfc3339(UtcTime{(now_.utc_us / 1'000'000 + 19'800) * kSecondNs}).substr(0, 10);
  for (const std::uint32_t number : {segment::kNseCash, segment::kNseDerivatives}) {
    send_event(socket, code::kStatus, "full",
               status_json(number, "THE NORMAL MARKET HAS OPENED FOR " + day, now_.utc_us / 1'000'000, next_sequence()));
  }
}

void Venue::closed(Link& link, Now now) {
  enter(now);
  if (Socket* socket = link.socket; socket != nullptr && socket->link == &link) {
    ++counters_.closed;
    socket->ended = true;
    socket->link = nullptr;
    socket->queue.clear();
  } else if (socket != nullptr) {
    socket->upgrading = false;  // the probe has failed, polling goes on
  }
  links_.erase(std::find_if(links_.begin(), links_.end(), [&link](const auto& each) { return each.get() == &link; }));
  sweep();
}

/// Sockets that nobody refers to any more.
void Venue::sweep() {
  std::erase_if(sockets_, [this](const auto& socket) {
    if (!socket->ended || socket->link != nullptr) return false;
    // A polling one is kept for what it has still to say.
    if (!socket->queue.empty() && now_.mono_ns - socket->last_packet_ns < kLastWordsNs) return false;
    for (const auto& link : links_) {
      if (link->socket == socket.get()) link->socket = nullptr;
    }
    return true;
  });
}

void Venue::end_socket(Socket& socket, int code) {
  if (socket.ended) return;
  socket.ended = true;
  socket.last_packet_ns = now_.mono_ns;
  if (socket.link == nullptr) {
    ++counters_.closed;
    socket.queue.push_back({"1"});
    answer_poll(socket);
  } else if (code == 1006) {
    socket.link->wire->cut();
  } else {
    socket.link->wire->close(code, "");
  }
}

void Venue::on_message(Link& link, std::string_view payload, bool binary, Now now) {
  enter(now);
  if (link.socket == nullptr) return;
  requests_.note("WS " + std::to_string(link.socket->id) + " " + std::string{payload.substr(0, 1024)});
  if (link.socket->ended) return;
  const ReadPacket packet = binary ? read_binary_packet(payload) : read_packet(payload);
  if (link.probing) {
    on_upgrade_packet(*link.socket, link, packet);
  } else {
    on_packet(*link.socket, &link, packet);
  }
}

void Venue::on_upgrade_packet(Socket& socket, Link& link, const ReadPacket& packet) {
  if (packet.kind == ClientPacket::Probe) {
    link.wire->send_text("3probe");
    socket.upgrading = true;
  } else if (packet.kind == ClientPacket::Upgrade) {
    ++counters_.upgraded;
    link.probing = false;
    socket.link = &link;
    socket.upgrading = false;
    if (socket.poll) std::exchange(socket.poll, {})(polling_answer(polling_body({{"6"}}), "text/plain; charset=UTF-8"));
    for (const OutPacket& each : std::exchange(socket.queue, {})) deliver(socket, each);
  } else {
    link.wire->close(1005, "");
  }
}

void Venue::on_packet(Socket& socket, Link* link, const ReadPacket& packet) {
  socket.last_packet_ns = now_.mono_ns;
  switch (packet.kind) {
    case ClientPacket::Ignored:
    case ClientPacket::Upgrade:
      break;
    case ClientPacket::Unparsable:
      ++counters_.unparsable_packets;
      end_socket(socket);
      break;
    case ClientPacket::Close:
      end_socket(socket);
      break;
    case ClientPacket::Ping:
    case ClientPacket::Probe:
      ++counters_.pings_received;
      if (!no_pong_) send(socket, {"3"});
      break;
    case ClientPacket::Connect:
      if (socket.login && link != nullptr) greet(socket);
      break;
    case ClientPacket::ConnectElsewhere:
      send(socket, {"44" + std::string{packet.name_space} + R"(,"Invalid namespace")"});
      break;
    case ClientPacket::Disconnect:
      socket.connected = false;
      break;
  }
}

bool Venue::on_ping(Link& link, Now now) {
  enter(now);
  return link.socket == nullptr || reachable(*link.socket);
}

void Venue::on_login_ended(Login& login, LoginEnd why) {
  for (const auto& socket : sockets_) {
    if (socket->login.get() != &login || socket->ended) continue;
    if (why == LoginEnd::Replaced) {
      if (socket->connected) send(*socket, {event_text("logout", kLoggedOut)});
      if (!options_.close_replaced) continue;
    }
    if (socket->connected) send(*socket, {"41"});
    end_socket(*socket);
  }
}

void Venue::on_polling(const net::HttpRequest& request, net::HttpReply reply) {
  if (!options_.polling || request.query("transport") != "polling") return reply(polling_refusal(0, "Transport unknown"));
  const std::string sid = request.query("sid");
  if (sid.empty()) {
    if (request.method != "GET") return reply(polling_refusal(2, "Bad handshake method"));
    ++counters_.polling_handshakes;
    if (const int status = refusal_of(request); status != 0) {
      net::HttpResponse response = polling_answer(refusal_body_, "application/json");
      response.status = status;
      return reply(std::move(response));
    }
    Socket& socket = make_socket(request);
    reply(polling_answer(polling_body({{open_packet(socket, true)}}), "text/plain; charset=UTF-8"));
    return connect(socket);
  }
  const auto found = std::find_if(sockets_.begin(), sockets_.end(), [&sid](const auto& each) { return each->sid == sid; });
  // One that has ended is still asked for what it had to say.
  if (found == sockets_.end() || ((*found)->ended && (*found)->queue.empty())) return reply(polling_refusal(1, "Session ID unknown"));
  Socket& socket = **found;
  if (socket.link != nullptr) return reply(polling_refusal(3, "Bad request"));
  if (request.method == "GET") return on_poll(socket, std::move(reply));
  on_polled_packets(socket, request);
  reply(polling_answer("ok", "text/html"));
}

void Venue::on_poll(Socket& socket, net::HttpReply reply) {
  requests_.note("POLL " + std::to_string(socket.id));
  if (socket.poll) {  // two at a time are one too many
    end_socket(socket);
    net::HttpResponse response;
    response.status = 500;
    return reply(std::move(response));
  }
  socket.poll = std::move(reply);
  answer_poll(socket);
}

void Venue::on_polled_packets(Socket& socket, const net::HttpRequest& request) {
  requests_.note("POLL " + std::to_string(socket.id) + " " + request.body.substr(0, 1024));
  std::vector<std::string_view> packets;
  if (!split_polling_body(request.body, packets)) {
    ++counters_.unparsable_packets;
    return end_socket(socket);
  }
  for (const std::string_view packet : packets) {
    if (!socket.ended) on_packet(socket, nullptr, read_packet(packet));
  }
}

void Venue::answer_poll(Socket& socket) {
  if (!socket.poll || socket.queue.empty() || now_.mono_ns < socket.dead_until_ns) return;
  std::exchange(socket.poll, {})(polling_answer(polling_body(std::exchange(socket.queue, {})), "text/plain; charset=UTF-8"));
}

void Venue::keep_alive(Socket& socket) {
  if (socket.ended) return;
  if (socket.dead_until_ns != 0 && now_.mono_ns >= socket.dead_until_ns) {
    socket.dead_until_ns = 0;
    socket.last_packet_ns = now_.mono_ns;
    if (socket.link != nullptr) socket.link->wire->pause_reading(false);
  }
  if (socket.link != nullptr && socket.link->wire->queued_bytes() > kQueuedBytesCut) return end_socket(socket, 1006);
  send_late(socket);
  if (socket.upgrading && socket.poll) std::exchange(socket.poll, {})(polling_answer(polling_body({{"6"}}), "text/plain; charset=UTF-8"));
  const std::int64_t patience_ns = (options_.ping_interval_ms + options_.ping_timeout_ms) * 1'000'000;
  if (!reachable(socket) || now_.mono_ns - socket.last_packet_ns < patience_ns) return;
  ++counters_.ping_timeouts;
  end_socket(socket);
}

}  // namespace tidegate::sim::xts
