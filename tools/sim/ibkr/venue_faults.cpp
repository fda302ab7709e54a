// Faults of the venue: what each of faults.hpp does.
#include <algorithm>

#include "tools/sim/ibkr/account_topics.hpp"
#include "tools/sim/ibkr/json_object.hpp"
#include "tools/sim/ibkr/venue.hpp"

namespace tidegate::sim::ibkr {
namespace {

/// So many times; zero stands for ever.
std::int64_t so_many(std::int64_t count) { return count == 0 ? -1 : count; }

}  // namespace

std::string Venue::inject(std::string_view text, Now now) {
  enter(now);
  std::string problem = faults_.inject(text, [this](const Fault& fault) { commit(fault); });
  tell_login_news();
  return problem;
}

void Venue::run_faults() {
  faults_.run(now_.mono_ns, [this](const Fault& fault) { commit(fault); });
  if (login_back_ns_ != 0 && now_.mono_ns >= login_back_ns_) {
    Fault login;
    login.kind = FaultKind::Login;
    login.name = "login";
    commit(login);
  }
  if (availability_until_ns_ != 0 && now_.mono_ns >= availability_until_ns_) {
    Fault real_time;
    real_time.kind = FaultKind::Availability;
    real_time.name = "availability";
    commit(real_time);
  }
}

void Venue::commit(const Fault& fault) {
  ++counters_.faults[std::string{fault.name}];
  switch (fault.kind) {
    case FaultKind::Slow:
      slow_ns_ = fault.number * kSecondNs;
      break;
    case FaultKind::Refuse:
      refuse_status_ = static_cast<int>(fault.number);
      refuse_count_ = so_many(fault.count);
      break;
    case FaultKind::Maintenance:
      rest_.maintenance_until_ns = fault_end_ns(now_.mono_ns, fault.number);
      break;
    case FaultKind::Rest429:
      rest_.refuse_429 = so_many(fault.number);
      break;
    case FaultKind::Rest503:
      rest_.refuse_503 = so_many(fault.number);
      break;
    case FaultKind::Resume:
      resume();
      break;
    case FaultKind::Unauthenticated:
    case FaultKind::UnauthenticatedParts:
    case FaultKind::Competing:
    case FaultKind::SessionGone:
    case FaultKind::Login:
    case FaultKind::NightlyReset:
    case FaultKind::ExpireToken:
      commit_on_login(fault);
      break;
    case FaultKind::Delayed:
    case FaultKind::NotSubscribed:
    case FaultKind::Availability:
    case FaultKind::Halt:
    case FaultKind::Lines:
    case FaultKind::Swap:
    case FaultKind::VolumeSuffix:
      commit_on_market(fault);
      break;
    default:
      commit_on_sockets(fault);
      break;
  }
}

void Venue::commit_on_login(const Fault& fault) {
  const std::int64_t end = fault_end_ns(now_.mono_ns, fault.number);
  switch (fault.kind) {
    case FaultKind::Unauthenticated:
      login_.lose_brokerage();
      login_.announce();
      break;
    case FaultKind::UnauthenticatedParts:
      login_.lose_brokerage();
      for (const auto& client : clients_) {
        if (client->phase != Client::Phase::Greeted) continue;
        for (const char* part : {R"({"authenticated":false})", R"({"competing":false})", R"({"message":""})", R"({"authenticated":false})"}) {
          send(*client, JsonObject{}.text("topic", "sts").add("args", part).str());
        }
      }
      break;
    case FaultKind::Competing:
      login_.take_over(end);
      break;
    case FaultKind::SessionGone:
      login_.log_out();
      options_.oauth->expire();
      login_back_ns_ = fault.number == 0 ? 0 : end;
      break;
    case FaultKind::Login:
      // Sockets of the session before end with it.
      login_back_ns_ = 0;
      login_.log_in(options_.login.brokerage_open, now_.mono_ns);
      for (const auto& client : clients_) client->close(1000, "");
      break;
    case FaultKind::NightlyReset:
      login_.reset_until(end);
      break;
    default:
      options_.oauth->expire();
      break;
  }
}

void Venue::commit_on_market(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::Halt:
      halt(fault.text);
      return;
    case FaultKind::Lines:
      options_.lines_max = static_cast<std::size_t>(fault.number);
      return;
    case FaultKind::Swap:
      swap_next_ = true;
      return;
    case FaultKind::VolumeSuffix:
      wrong_suffix_next_ = true;
      return;
    case FaultKind::Delayed:
      availability_ = "DPB";
      break;
    case FaultKind::NotSubscribed:
      availability_ = "N";
      break;
    default:
      availability_ = fault.text;
      break;
  }
  availability_until_ns_ = fault.number == 0 ? 0 : fault_end_ns(now_.mono_ns, fault.number);
  // What was not there while there was no data comes whole when there is.
  for (const auto& client : clients_) {
    for (Stream& stream : client->streams) {
      stream.snapshot_wanted = !stream.silent;
      stream.snapshot_ns = now_.mono_ns;
    }
  }
}

void Venue::halt(std::string_view symbol) {
  for (const Contract& contract : contracts_.all()) {
    if (symbol.empty() || contract.symbol == symbol) halted_[contract.conid] = exchange_.figures(contracts_.place(contract.conid));
  }
}

void Venue::commit_on_sockets(const Fault& fault) {
  const std::int64_t end = fault_end_ns(now_.mono_ns, fault.number);
  if (fault.number != 0 && fault.kind == FaultKind::Silence) silent_until_ns_ = end;
  if (fault.number != 0 && fault.kind == FaultKind::Dead) dead_until_ns_ = end;
  std::int64_t n = 0;
  for (const auto& each : clients_) {
    Client& client = *each;
    if (client.closing) continue;
    ++n;
    switch (fault.kind) {
      case FaultKind::Drop:
        if (fault.number != 0 && fault.number != n) break;
        client.cut();
        break;
      case FaultKind::Close:
        client.close(static_cast<int>(fault.number), "");
        break;
      case FaultKind::Silence:
        client.silent_until_ns = end;
        break;
      case FaultKind::Dead:
        client.die(end);
        break;
      case FaultKind::ExpireStreams:
        counters_.streams_expired +=
            std::erase_if(client.streams, [&fault](const Stream& stream) { return fault.text.empty() || stream.target == fault.text; });
        break;
      default:
        if (gives_data(client)) commit_on_socket(client, fault);
        break;
    }
  }
}

void Venue::commit_on_socket(Client& client, const Fault& fault) {
  const std::string& account = login_.options().account;
  switch (fault.kind) {
    case FaultKind::BadUtf8:
      send_bytes(client, "{\"topic\":\"blt\",\"args\":[{\"id\":1,\"exchanges\":null,\"message\":\"trader\x99s\"}]}", true);
      break;
    case FaultKind::UnknownTopic:
      for (const char* topic : {"shs", "inp", "zzz+265598"}) send(client, JsonObject{}.text("topic", topic).add("args", "{}").str());
      break;
    case FaultKind::ErrorFrame:
      send(client, JsonObject{}.text("topic", "error").text("error", fault.text).str());
      break;
    case FaultKind::Notice: {
      const std::string row = JsonObject{}.text("id", "118").text("text", fault.text).add("title", "null").add("url", "null").str();
      send(client, JsonObject{}.text("topic", "ntf").add("args", "[" + row + "]").str());
      break;
    }
    case FaultKind::Bulletin: {
      const std::string row = JsonObject{}.number("id", 1).add("exchanges", "null").text("message", "[Bulletin]\n" + fault.text).str();
      send(client, JsonObject{}.text("topic", "blt").add("args", "[" + row + "]").str());
      break;
    }
    case FaultKind::Order:
      if (!client.account.orders) break;
      for (const std::string& frame : order_frames(account)) send(client, frame);
      break;
    case FaultKind::Execution:
      if (!client.account.trades) break;
      for (const std::string& frame : execution_frames(account, utc_ms())) send(client, frame);
      break;
    case FaultKind::Truncated:
      for (const Stream& stream : client.streams) {
        const std::string whole = stream_frame(stream, stream.sent, utc_ms(), nullptr);
        send(client, std::string_view{whole}.substr(0, whole.size() / 2));
      }
      break;
    default:  // Burst
      for (std::int64_t i = 0; i < fault.number; ++i) {
        exchange_.step(now_.utc_us);
        for (Stream& stream : client.streams) {
          const std::uint64_t before = stream.frames;
          send_changes(client, stream);
          if (stream.frames == before && before != 0) send_stream(client, stream, FieldValues{stream.sent});
        }
      }
      break;
  }
}

void Venue::resume() {
  silent_until_ns_ = dead_until_ns_ = slow_ns_ = refuse_count_ = 0;
  rest_.refuse_429 = rest_.refuse_503 = rest_.maintenance_until_ns = 0;
  halted_.clear();
  if (!availability_.empty()) {
    Fault real_time;
    real_time.kind = FaultKind::Availability;
    commit_on_market(real_time);
  }
  login_.resume(now_.mono_ns);
  if (login_.web()) {
    login_back_ns_ = 0;
  } else {
    Fault login;
    login.kind = FaultKind::Login;
    commit_on_login(login);
  }
  for (const auto& client : clients_) client->resume(now_.mono_ns);
}

}  // namespace tidegate::sim::ibkr
