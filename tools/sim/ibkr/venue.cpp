#include "tools/sim/ibkr/venue.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::string_view kSocketPath = "/v1/api/ws";
constexpr std::size_t kRequestTextMax = 4096;
constexpr std::int64_t kRejectNs = 50'000'000;  // a socket with a bad session lives so long

/// yyyymmdd, UTC.
std::int64_t date_of(std::int64_t utc_us) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds{utc_us}};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  return (int{date.year()} * 100 + static_cast<int>(unsigned{date.month()})) * 100 + static_cast<int>(unsigned{date.day()});
}

ContractList contracts_of(const VenueOptions& options, std::int64_t utc_us) {
  if (!options.recording) return generated_contracts(options.symbols, date_of(utc_us));
  ContractList list;
  for (const std::string& target : options.recording->targets) {
    std::int64_t conid = 0;
    std::string exchange;
    if (read_target(target, conid, exchange)) list.add(contract_of(conid));
  }
  return list;
}

/// The value of the cookie `api`, or of the session in the JSON that it may be.
std::string cookie_session(std::string_view cookies, bool& json) {
  while (!cookies.empty()) {
    std::string_view part = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookies.size(), part.size() + 1));
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    if (!part.starts_with("api=")) continue;
    const std::string_view value = part.substr(4);
    json = value.starts_with('{');
    return json ? read_member(value, "session") : std::string{value};
  }
  return {};
}

Trading trading_of(SecurityType type) {
  if (type == SecurityType::Index) return Trading::Index;
  return type == SecurityType::Future ? Trading::Derivative : Trading::Share;
}

}  // namespace

Venue::Venue(VenueOptions options, Now now)
    : options_(std::move(options)),
      contracts_(contracts_of(options_, now.utc_us)),
      exchange_(options_.market),
      login_(options_.login, options_.seed, now.mono_ns),
      rest_(login_, *options_.oauth, contracts_, *this, options_.rest),
      now_(now),
      faults_(fault_table(), options_.faults) {
  next_flush_ns_ = now.mono_ns + options_.grid_ns;
  for (const Contract& contract : contracts_.all()) {
    Listing listing;
    listing.seed = options_.seed ^ (static_cast<std::uint64_t>(contract.conid) << 20U);
    listing.kind = trading_of(contract.type);
    listing.price = contract.price;
    listing.tick = contract.tick;
    listing.lot = contract.lot;
    listing.untraded = contract.untraded;
    exchange_.add(listing, now.utc_us);
  }
  if (options_.recording) replay_ = std::make_unique<Replay>(options_.frames_path, options_.replay);
}

int Venue::admit(const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.upgrades;
  run_faults();
  const auto refuse = [this](int status) {
    ++counters_.refused[status];
    return status;
  };
  if (request.path() != kSocketPath) return refuse(404);
  if (refuse_count_ != 0) {
    if (refuse_count_ > 0) --refuse_count_;
    return refuse(refuse_status_);
  }
  if (oauth().on() && request.query("oauth_token") != oauth().access_token()) return refuse(401);
  bool json = false;
  const std::string session = cookie_session(request.header("Cookie"), json);
  if (options_.refuse_bad_session && !session.empty() && session != login_.session()) return refuse(401);
  return 101;
}

Client& Venue::open(Wire& wire, const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.accepted;
  Client& client = *clients_.emplace_back(std::make_unique<Client>());
  client.id = next_client_++;
  client.begin(wire, now.mono_ns, silent_until_ns_, dead_until_ns_);
  client.target = request.target;
  client.random = Random{options_.seed ^ (client.id << 32U)};
  faults_.on_connection(now.mono_ns);
  bool json = false;
  const std::string session = cookie_session(request.header("Cookie"), json);
  if (session.empty()) {
    send(client, R"({"message":"waiting for session"})");
  } else {
    authorise(client, session, json ? "json cookie" : "cookie");
  }
  return client;
}

void Venue::authorise(Client& client, std::string_view session, std::string_view how) {
  client.authorised_by = how;
  if (login_.web() && session == login_.session()) {
    client.phase = Client::Phase::Authorised;
    client.greet_ns = now_.mono_ns + options_.greeting_ns;
    return;
  }
  ++counters_.bad_sessions;
  client.phase = Client::Phase::Rejected;
  client.greet_ns = now_.mono_ns + kRejectNs;
}

void Venue::greet(Client& client) {
  if (now_.mono_ns < client.greet_ns) return;
  if (client.phase == Client::Phase::Rejected) {
    client.close(1000, "");
    return;
  }
  client.phase = Client::Phase::Greeted;
  client.next_heartbeat_ns = now_.mono_ns + options_.heartbeat_ns;
  send(client, JsonObject{}.text("topic", "system").text("success", login_.options().user).flag("isFT", false).flag("isPaper", true).str());
  send(client, JsonObject{}.text("topic", "act").add("args", login_.accounts_json()).str());
  send(client, login_.sts_json());
}

void Venue::closed(Client& client, Now now) {
  enter(now);
  ++counters_.closed;
  clients_.erase(std::find_if(clients_.begin(), clients_.end(), [&client](const auto& each) { return each.get() == &client; }));
}

void Venue::on_message(Client& client, std::string_view payload, bool, Now now) {
  enter(now);
  requests_.note("WS " + std::to_string(client.id) + " " + std::string{payload.substr(0, kRequestTextMax)});
  if (client.closing || client.phase == Client::Phase::Rejected) return;
  if (client.phase == Client::Phase::Waiting) {
    const std::string session = read_member(payload, "session");
    if (session.empty()) {
      ++counters_.early_commands;
    } else {
      authorise(client, session, "message");
    }
    return;
  }
  run_command(client, read_command(payload));
}

bool Venue::on_ping(Client& client, Now now) {
  enter(now);
  ++counters_.pings_received;
  return reachable(client);
}

net::HttpResponse Venue::on_rest(const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.rest_requests;
  requests_.note(request.method + " " + request.target);
  run_faults();
  const bool somebody = login_.web();
  net::HttpResponse response = rest_.answer(request, now);
  tell_login_news();
  if (somebody && !login_.web()) {
    for (const auto& client : clients_) client->close(1000, "");
  }
  return response;
}

void Venue::tell_login_news() {
  if (login_.take_lost()) {
    drop_streams();
    rest_.forget();
  }
  if (!login_.take_news()) return;
  for (const auto& client : clients_) {
    if (client->phase == Client::Phase::Greeted) send(*client, login_.sts_json());
  }
}

void Venue::send(Client& client, std::string_view frame) {
  if (options_.frames == Frames::Mixed) client.text_next = !client.text_next;
  send_bytes(client, frame, options_.frames == Frames::Binary || (options_.frames == Frames::Mixed && !client.text_next));
}

void Venue::send_bytes(Client& client, std::string_view bytes, bool binary) {
  if (!reachable(client)) return;
  ++counters_.frames_sent;
  client.send(bytes, binary, now_.mono_ns, slow_ns_);
}

void Venue::keep_alive(Client& client) {
  if (!client.look_after(now_.mono_ns)) return;
  if (client.phase == Client::Phase::Authorised || client.phase == Client::Phase::Rejected) greet(client);
  if (client.phase != Client::Phase::Greeted) return;
  expire(client);
  send_due_snapshots(client);
  send_account_topics(client);
  if (now_.mono_ns < client.next_heartbeat_ns) return;
  client.next_heartbeat_ns += std::max(options_.heartbeat_ns, now_.mono_ns - client.next_heartbeat_ns);
  if (!reachable(client)) return;
  send(client, JsonObject{}.text("topic", "system").number("hb", utc_ms()).str());
  --counters_.frames_sent;
  ++counters_.heartbeats_sent;
}

std::size_t Venue::queued_bytes_max() const {
  std::size_t most = 0;
  for (const auto& client : clients_) most = std::max(most, client->wire->queued_bytes());
  return most;
}

std::size_t Venue::publish(const std::string& target, std::string_view frame, Now now) {
  enter(now);
  std::size_t reached = 0;
  for (const auto& client : clients_) {
    if (!gives_data(*client) || (!target.empty() && client->find(target) == nullptr)) continue;
    send(*client, frame);
    ++reached;
  }
  return reached;
}

bool Venue::tick(Now now) {
  enter(now);
  run_faults();
  login_.tick(now.mono_ns);
  tell_login_news();
  for (const auto& client : clients_) keep_alive(*client);
  flush();
  return play();
}

}  // namespace tidegate::sim::ibkr
