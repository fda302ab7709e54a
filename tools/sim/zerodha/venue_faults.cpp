// How the simulated broker commits the faults of faults.hpp.
#include <algorithm>
#include <string>

#include "tools/sim/zerodha/venue.hpp"

namespace tidegate::sim::zerodha {
namespace {

constexpr std::size_t kUnknownBytes = 60;
constexpr std::size_t kTrailingBytes = 3;

/// None given: all.
std::int64_t so_many(std::int64_t count) { return count == 0 ? -1 : count; }

std::string json_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

/// The packet as it was before 2018: the quote's fields, then the depth without the times before it.
std::string legacy_packet(std::string_view good) {
  std::string body{good.substr(0, kQuoteBytes)};
  if (good.size() == kFullBytes) body += good.substr(at::kBids);
  body.resize(kLegacyFullBytes, '\0');
  return body;
}

constexpr std::string_view kOrder =
    R"({"type":"order","data":{"user_id":"XX0000","app_id":1,"checksum":"","placed_by":"XX0000","order_id":"300101000000001",)"
    R"("exchange_order_id":"1000000000000001","parent_order_id":null,"status":"COMPLETE","status_message":null,"status_message_raw":null,)"
    R"("order_timestamp":"2030-01-01 10:00:00","exchange_update_timestamp":"2030-01-01 10:00:00","exchange_timestamp":"2030-01-01 10:00:00",)"
    R"("variety":"regular","exchange":"NSE","tradingsymbol":"RELIANCE","instrument_token":738561,"order_type":"LIMIT","transaction_type":"BUY",)"
    R"("validity":"DAY","product":"CNC","quantity":1,"disclosed_quantity":0,"price":2940.7,"trigger_price":0,"average_price":2940.7,)"
    R"("filled_quantity":1,"pending_quantity":0,"cancelled_quantity":0,"unfilled_quantity":0,"market_protection":0,"meta":{},"tag":null,)"
    R"("guid":"00000Xsimulated"}})";

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
    case FaultKind::ExpireToken:
      credentials_.expire_seen();
      break;
    case FaultKind::ExpireAndDrop:
      credentials_.expire_seen();
      commit_on_connections(fault);
      break;
    case FaultKind::Refuse:
      refuse_status_ = static_cast<int>(fault.number);
      refuse_count_ = so_many(fault.count);
      break;
    case FaultKind::TokenUnknown: {
      const auto token = static_cast<std::uint32_t>(fault.number);
      list_.remove(token);
      Command command;
      command.tokens = {token};
      for (const auto& client : clients_) unsubscribe(*client, command);
      break;
    }
    case FaultKind::UnknownToken:
      unknown_token_error_ = true;
      break;
    case FaultKind::ListChanged:
      for (std::int64_t i = 0; i < fault.number; ++i) {
        const Row row = made_up_row(kAddedRowsFrom + ++added_rows_);
        list_.add(row, now_.utc_us / 1'000'000);
        if (!replay_) market_.add(row, now_.utc_us);
      }
      break;
    case FaultKind::NoList:
      rest_.no_list_status = static_cast<int>(fault.number);
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
    default:
      commit_on_connections(fault);
      break;
  }
}

void Venue::commit_on_connections(const Fault& fault) {
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
        [[fallthrough]];
      case FaultKind::ExpireAndDrop:
        client.cut();
        break;
      case FaultKind::Close:
        client.close(static_cast<int>(fault.number), "closed on demand");
        break;
      case FaultKind::Silence:
        client.silent_until_ns = end;
        break;
      case FaultKind::Dead:
        client.die(end);
        break;
      case FaultKind::TextFlood:
      case FaultKind::ErrorText:
      case FaultKind::MessageText:
      case FaultKind::Order:
        add_texts(client, fault);
        break;
      default:
        add_message(client, fault);
        break;
    }
  }
}

void Venue::resume() {
  silent_until_ns_ = dead_until_ns_ = 0;
  slow_ns_ = 0;
  refuse_count_ = 0;
  rest_.refuse_429 = rest_.refuse_503 = 0;
  rest_.no_list_status = 0;
  unknown_token_error_ = options_.unknown_token_error;
  for (const auto& client : clients_) client->resume(now_.mono_ns);
}

void Venue::add_texts(Client& client, const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::TextFlood:
      for (std::int64_t i = 0; i < fault.number; ++i) send_text(client, R"({"type":"message","data":"flood )" + std::to_string(i) + R"("})");
      break;
    case FaultKind::Order:
      send_text(client, kOrder);
      break;
    default:
      send_text(client, std::string{R"({"type":")"} + (fault.kind == FaultKind::ErrorText ? "error" : "message") + R"(","data":")" +
                            json_text(fault.text) + R"("})");
      break;
  }
}

std::string_view Venue::packet_of(const Subscription& subscription, Mode mode) const {
  if (replay_) return replay_->last(subscription.token);
  return subscription.place == Market::kNone ? std::string_view{} : market_.packet(subscription.place, mode);
}

void Venue::add_message(Client& client, const Fault& fault) {
  if (fault.kind == FaultKind::Big) return add_big(client, static_cast<std::size_t>(fault.number));
  batch_.clear();
  std::string_view good;
  for (const Subscription& each : client.subscriptions) {
    const std::string_view packet = packet_of(each, each.mode);
    if (packet.empty()) continue;
    if (good.empty()) good = packet;
    if (fault.kind == FaultKind::Duplicate) batch_.add(packet);
  }
  if (good.empty()) return;  // nothing is subscribed that has a packet
  if (fault.kind != FaultKind::Duplicate) return add_malformed(client, fault.kind, good);
  send_data(client, batch_.bytes(), batch_.count());
}

void Venue::add_malformed(Client& client, FaultKind kind, std::string_view good) {
  batch_.clear();
  std::string token_and_zeros{good.substr(0, 4)};
  token_and_zeros.resize(kUnknownBytes, '\0');
  if (kind == FaultKind::UnknownLength) batch_.add(token_and_zeros);
  if (kind == FaultKind::Legacy164) batch_.add(legacy_packet(good));
  if (kind == FaultKind::ZeroLength) batch_.add({});
  batch_.add(good);
  if (kind == FaultKind::Truncated) batch_.add(good);
  std::string message = batch_.bytes();
  if (kind == FaultKind::Truncated) message.resize(message.size() - good.size() / 2);
  if (kind == FaultKind::WrongCount) put_u16(message.data(), static_cast<std::uint32_t>(batch_.count() + 1));
  if (kind == FaultKind::Trailing) message.append(kTrailingBytes, '\xEE');
  send_data(client, message, batch_.count());
}

void Venue::add_big(Client& client, std::size_t packets) {
  std::vector<std::string_view> full;
  for (const Subscription& each : client.subscriptions) {
    const std::string_view packet = packet_of(each, Mode::Full);
    if (!packet.empty() && !is_index(each.token)) full.push_back(packet);
  }
  if (full.empty()) return;
  batch_.clear();
  for (std::size_t i = 0; i < std::min(packets, Batch::kPacketsMax); ++i) batch_.add(full[i % full.size()]);
  send_data(client, batch_.bytes(), batch_.count());
}

}  // namespace tidegate::sim::zerodha
