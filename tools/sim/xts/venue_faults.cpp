// How the simulated broker commits the faults of faults.hpp.
#include <charconv>
#include <string>

#include "tools/sim/xts/figures_text.hpp"
#include "tools/sim/xts/venue.hpp"

namespace tidegate::sim::xts {
namespace {

/// None given: all.
std::int64_t so_many(std::int64_t count) { return count == 0 ? -1 : count; }

/// "1_2885"; anything else is an instrument that nobody has.
InstrumentKey read_key(std::string_view text) {
  InstrumentKey key;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, key.first);
  if (error == std::errc{} && stop != end && *stop == '_') std::from_chars(stop + 1, end, key.second);
  return key;
}

}  // namespace

std::string Venue::inject(std::string_view text, Now now) {
  enter(now);
  return faults_.inject(text, [this](const Fault& fault) { commit(fault); });
}

void Venue::run_faults() {
  faults_.run(now_.mono_ns, [this](const Fault& fault) { commit(fault); });
}

void Venue::commit(const Fault& fault) {
  ++counters_.faults[std::string{fault.name}];
  switch (fault.kind) {
    case FaultKind::Slow:
      slow_ns_ = fault.number * kSecondNs;
      break;
    case FaultKind::NoPong:
      no_pong_ = true;
      break;
    case FaultKind::Duplicate:
      duplicate_ = true;
      break;
    case FaultKind::ObjectArgument:
      object_argument_ = true;
      break;
    case FaultKind::MixedShapes:
      mixed_shapes_ = true;
      break;
    case FaultKind::PropertyBurst:
      publish_properties(static_cast<std::size_t>(fault.number));
      break;
    case FaultKind::Refuse:
      refuse_status_ = static_cast<int>(fault.number);
      refuse_count_ = so_many(fault.count);
      break;
    case FaultKind::TokenRevoked:
      end_logins(LoginEnd::Revoked);
      break;
    case FaultKind::Competing:
      end_logins(LoginEnd::Replaced);
      break;
    case FaultKind::ExpireToken:
      logins_.expire_all();
      break;
    case FaultKind::ListChanged:
    case FaultKind::InstrumentUnknown:
      change_list(fault);
      break;
    case FaultKind::SlowMaster:
      slow_master_ns_ = fault.number * kSecondNs;
      break;
    case FaultKind::Resume:
      resume();
      break;
    default:
      commit_on_rest(fault);
      commit_on_sockets(fault);
      break;
  }
}

void Venue::commit_on_rest(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::AlreadySubscribed:
      rest_.already_subscribed = fault.number;
      break;
    case FaultKind::Limit:
      rest_.lowered_limit = static_cast<std::size_t>(fault.number);
      break;
    case FaultKind::Rest429:
      rest_.refuse_429 = so_many(fault.number);
      break;
    case FaultKind::Rest503:
      rest_.refuse_503 = so_many(fault.number);
      break;
    case FaultKind::Html404:
      rest_.html_404 = so_many(fault.number);
      break;
    case FaultKind::PlainText:
      rest_.plain_text = so_many(fault.number);
      break;
    case FaultKind::Wrapped:
      rest_.wrapped = true;
      break;
    case FaultKind::NoQuotes:
      rest_.no_quotes = true;
      break;
    case FaultKind::BareQuotes:
      rest_.bare_quotes = true;
      break;
    case FaultKind::NoList:
      rest_.no_list_status = static_cast<int>(fault.number);
      break;
    default:
      break;
  }
}

void Venue::commit_on_sockets(const Fault& fault) {
  const std::int64_t end = fault_end_ns(now_.mono_ns, fault.number);
  if (fault.number != 0 && fault.kind == FaultKind::Silence) silent_until_ns_ = end;
  if (fault.number != 0 && fault.kind == FaultKind::Dead) dead_until_ns_ = end;
  std::int64_t n = 0;
  for (const auto& socket : sockets_) {
    if (!socket->ended) commit_on_socket(*socket, fault, ++n);
  }
}

void Venue::commit_on_socket(Socket& socket, const Fault& fault, std::int64_t n) {
  switch (fault.kind) {
    case FaultKind::Drop:
      if (fault.number == 0 || fault.number == n) end_socket(socket, 1006);
      break;
    case FaultKind::Close:
      end_socket(socket, static_cast<int>(fault.number));
      break;
    case FaultKind::Silence:
      socket.silent_until_ns = fault_end_ns(now_.mono_ns, fault.number);
      break;
    case FaultKind::Dead:
      socket.dead_until_ns = fault_end_ns(now_.mono_ns, fault.number);
      if (socket.link != nullptr) socket.link->wire->pause_reading(true);  // keep_alive() reads on when it ends
      break;
    case FaultKind::ServerPing:
      send(socket, {"2"});
      break;
    case FaultKind::NamespaceDisconnect:
    case FaultKind::ServerDisconnect:
      send(socket, {"41"});
      socket.connected = false;
      if (fault.kind == FaultKind::ServerDisconnect) end_socket(socket);
      break;
    default:
      add_event(socket, fault);
      break;
  }
}

void Venue::add_event(Socket& socket, const Fault& fault) {
  if (!gives_data(socket)) return;
  switch (fault.kind) {
    case FaultKind::MalformedPacked: {
      // 1501 of an instrument of NSE that announces more than follows.
      constexpr std::string_view kCutOff{"\x00\xdd\x05\x01\x00\x45\x0b\x00\x00\x01\x00\x01\x00\xcc\x00\xdd\x05\x04\x00", 19};
      send(socket, {std::string{kPackedEvent}});
      send(socket, {std::string{kCutOff}, true});
      break;
    }
    case FaultKind::MalformedJson:
      send(socket, {event_text("1501-json-full", R"({"MessageCode":1501,"ExchangeSegment":1,"ExchangeInstrumentID":2885,"Touchline":{"LastTra)")});
      break;
    case FaultKind::BadPartial:
      send(socket, {event_text("1501-json-partial", "t:1_2885,ltp:12x.5,ltq:,v:99999999999999999999999")});
      break;
    case FaultKind::UnknownEvent:
      send(socket, {event_text("warning", "simulated")});
      break;
    case FaultKind::CrossedPartial:
      if (!socket.login) break;
      for (const Subscription& each : socket.login->subscriptions) {
        const std::size_t place = market_.find(each.instrument);
        if (each.code != code::kTouchline || place == Market::kNone || market_.row(place).kind == RowKind::Index) continue;
        const Row& row = market_.row(place);
        const BookLevel& bid = market_.figures(place).bids[0];
        std::string text = "t:" + std::to_string(row.segment) + "_" + std::to_string(row.id) + ",ai:0|" + std::to_string(bid.quantity) + "|";
        append_price(text, bid.price - 10 * row.tick, row.decimals);
        send(socket, {event_text("1501-json-partial", text + "|" + std::to_string(bid.orders) + ",bi:0|0|0|0|1")});
      }
      break;
    default:
      break;
  }
}

void Venue::end_logins(LoginEnd why) {
  for (const auto& login : logins_.all()) logins_.end(login, why);
}

void Venue::change_list(const Fault& fault) {
  if (fault.kind == FaultKind::InstrumentUnknown) {
    const InstrumentKey key = read_key(fault.text);
    list_.remove(key);
    for (const auto& login : logins_.all()) std::erase_if(login->subscriptions, [key](const Subscription& each) { return each.instrument == key; });
    return;
  }
  for (std::int64_t i = 0; i < fault.number; ++i) {
    const Row row = made_up_row(kAddedRowsFrom + ++added_rows_);
    list_.add(row);
    if (!replay_) market_.add(row, now_.utc_us);
  }
}

void Venue::resume() {
  silent_until_ns_ = dead_until_ns_ = 0;
  slow_ns_ = slow_master_ns_ = 0;
  refuse_count_ = 0;
  no_pong_ = duplicate_ = object_argument_ = mixed_shapes_ = false;
  rest_.resume();
  for (HeldReply& held : held_) held.due_ns = now_.mono_ns;
  for (const auto& socket : sockets_) {
    socket->silent_until_ns = 0;
    for (Socket::Late& late : socket->late) late.due_ns = now_.mono_ns;
    if (socket->dead_until_ns != 0) socket->dead_until_ns = now_.mono_ns;  // keep_alive() reads on
  }
}

}  // namespace tidegate::sim::xts
