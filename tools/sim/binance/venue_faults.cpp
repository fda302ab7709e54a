// How the venue commits the faults of faults.hpp.
#include <algorithm>
#include <array>
#include <utility>

#include "tools/sim/binance/text.hpp"
#include "tools/sim/binance/venue.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;

}  // namespace

std::string Venue::inject(std::string_view text, Now now) {
  enter(now);
  return faults_.inject(text, [this](const Fault& fault) { commit(fault); });
}

void Venue::run_faults() {
  for (const auto& client : hub_.clients()) {
    if (now_.mono_ns >= client->shutdown_at_ns) close(*client, 1001, "");
  }
  faults_.run(now_.mono_ns, [this](const Fault& fault) { commit(fault); });
}

void Venue::commit(const Fault& fault) {
  const std::string name = fault.text.empty() ? "*" : fault.text;
  switch (fault.kind) {
    case FaultKind::LostDiff:
      hub_.lose_next = name;
      break;
    case FaultKind::DuplicateDiff:
      hub_.repeat_next = name;
      break;
    case FaultKind::Reorder:
      hub_.swap_next = name;
      break;
    case FaultKind::Burst:
      feed().burst(fault.number);
      break;
    case FaultKind::Http429:
    case FaultKind::Http418:
      rest_.refuse_status = fault.kind == FaultKind::Http429 ? 429 : 418;
      rest_.refuse_until_ns = now_.mono_ns + fault.number * kSecondNs;
      break;
    case FaultKind::Http503:
      rest_.unavailable_count += fault.number;
      break;
    case FaultKind::RestSlow:
      rest_slow_ns_ = fault.number * kMillisecondNs;
      break;
    case FaultKind::StaleSnapshot:
      rest_.stale_count += fault.number;
      break;
    case FaultKind::OldTrades:
      spoil_old_trades(fault.text);
      break;
    case FaultKind::RefuseUpgrade:
      refuse_status_ = static_cast<int>(fault.number);
      refuse_until_ns_ = now_.mono_ns + fault.seconds * kSecondNs;
      break;
    case FaultKind::SlowHandshake:
      handshake_delay_ns_ = fault.number * kMillisecondNs;
      break;
    case FaultKind::AckLost:
      acks_to_lose_ += fault.number;
      break;
    case FaultKind::AckDelay:
      ack_delay_ns_ = fault.number * kMillisecondNs;
      break;
    case FaultKind::Shutdown:
      announce_shutdown(fault.number);
      break;
    case FaultKind::Quiet:
      feed().quiet_until(now_.mono_ns + fault.number * kSecondNs);
      break;
    case FaultKind::WrongRoute:
      hub_.wrong_route_until_ns = now_.mono_ns + fault.number * kSecondNs;
      break;
    case FaultKind::BadFrame:
    case FaultKind::NotJson:
    case FaultKind::UnknownEvent:
    case FaultKind::BinaryFrame:
    case FaultKind::BigFrame:
      add_frame(fault);
      break;
    default:
      commit_on_connections(fault);
      break;
  }
}

void Venue::commit_on_connections(const Fault& fault) {
  const std::int64_t end = fault_end_ns(now_.mono_ns, fault.number);
  if (fault.number != 0 && fault.kind == FaultKind::Silence) hub_.silent_until_ns = end;
  if (fault.number != 0 && fault.kind == FaultKind::HalfOpen) hub_.half_open_until_ns = end;
  std::int64_t n = 0;
  for (const auto& each : hub_.clients()) {
    Client& client = *each;
    if (client.closing) continue;
    ++n;
    switch (fault.kind) {
      case FaultKind::Drop:
        if (fault.number != 0 && fault.number != n) break;
        client.closing = true;
        client.wire->cut();
        break;
      case FaultKind::Close:
        close(client, static_cast<int>(fault.number), "closed on demand");
        break;
      case FaultKind::MaxAge:
        close(client, 1001, "");
        break;
      case FaultKind::TooManyRequests:
        close(client, 1008, "Too many requests");
        break;
      case FaultKind::Silence:
        client.silent_until_ns = end;
        break;
      case FaultKind::HalfOpen:
        client.half_open_until_ns = end;
        client.wire->pause_reading(true);  // keep_alive() reads on when it ends
        break;
      case FaultKind::Slow:
        client.slow_ns = fault.number * kMillisecondNs;
        break;
      case FaultKind::StallStream:
        hub_.stall(client, fault.text);
        break;
      default:
        break;
    }
  }
}

void Venue::add_frame(const Fault& fault) {
  for (const auto& each : hub_.clients()) {
    Client& client = *each;
    const std::string stream = client.topics.empty() ? "btcusdt@trade" : client.topics.front()->name;
    std::string payload;
    ObjectWriter event{payload};
    event.text("e", "somethingNew").integer("E", now_.utc_us / 1000).text("s", "BTCUSDT");
    if (fault.kind == FaultKind::BigFrame) event.text("padding", std::string(static_cast<std::size_t>(fault.number), 'x'));
    event.close();
    std::string text = payload;
    if (client.combined) {
      text.clear();
      ObjectWriter envelope{text};
      envelope.text("stream", stream.substr(0, stream.find('@')) + "@somethingNew").raw("data", payload).close();
    }
    switch (fault.kind) {
      case FaultKind::BadFrame:
        hub_.send(client, text.substr(0, text.size() / 2));
        break;
      case FaultKind::NotJson:
        hub_.send(client, "<html>503</html>");
        break;
      case FaultKind::BinaryFrame:
        hub_.send_binary(client, std::string_view{"\x00\x01\xfe\xff", 4});
        break;
      default:
        hub_.send(client, text);
        break;
    }
  }
}

void Venue::spoil_old_trades(std::string_view how) {
  constexpr std::array<std::pair<std::string_view, TradeFault>, 7> kWays = {std::pair{std::string_view{"empty"}, TradeFault::Empty},
                                                                            {"half", TradeFault::Half},
                                                                            {"backwards", TradeFault::Backwards},
                                                                            {"twice", TradeFault::Twice},
                                                                            {"far", TradeFault::Far},
                                                                            {"cut", TradeFault::Cut},
                                                                            {"no-history", TradeFault::NoHistory}};
  const auto* const way = std::find_if(kWays.begin(), kWays.end(), [how](const auto& each) { return each.first == how; });
  if (way == kWays.end()) return;
  rest_.trade_fault = way->second;
  rest_.trade_faults_count = way->second == TradeFault::NoHistory ? kForever : 1;
}

void Venue::announce_shutdown(std::int64_t seconds) {
  for (const auto& each : hub_.clients()) {
    each->shutdown_at_ns = now_.mono_ns + seconds * kSecondNs;
    if (each->target.market != Market::Spot) continue;  // not known of USD-M
    const std::string event = "{\"e\":\"serverShutdown\",\"E\":" + std::to_string(now_.utc_us / 1000) + "}";
    hub_.send(*each, each->combined ? "{\"stream\":\"!serverShutdown\",\"data\":" + event + "}" : event);
  }
}

}  // namespace tidegate::sim::binance
