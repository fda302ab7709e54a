#include "brokers/ibkr/stream_command.hpp"

namespace tidegate::ibkr {
namespace {

constexpr ValueSet kBidAndAsk = bit(Value::Bid) | bit(Value::BidSize) | bit(Value::Ask) | bit(Value::AskSize);
constexpr ValueSet kOpenInterest = bit(Value::OptionOpenInterest) | bit(Value::FutureOpenInterest);

/// With the stock of an option's name comes the open interest of all its options, which is not the stock's.
ValueSet open_interest_of(InstrumentKind kind) {
  if (kind == InstrumentKind::Option) return bit(Value::OptionOpenInterest);
  if (kind == InstrumentKind::Future) return bit(Value::FutureOpenInterest);
  return 0;
}

std::string command(std::string_view code, std::string_view target) { return std::string{code}.append("+").append(target); }

}  // namespace

ValueSet fields_of(Channel channel, InstrumentKind kind) {
  switch (channel) {
    case Channel::Status:
      return bit(Value::Last);
    case Channel::Quote:
      return bit(Value::Last) | kBidAndAsk;
    case Channel::Ticker:
      return (kAllValues & ~kOpenInterest) | open_interest_of(kind);
    default:
      return 0;
  }
}

std::string market_data_command(std::string_view target, ValueSet fields) {
  std::string text = command("smd", target).append(R"(+{"fields":[)");
  for (std::size_t i = 0; i < kValueCount; ++i) {
    if (holds(fields | bit(Value::Last), static_cast<Value>(i))) text.append("\"").append(kValueNames[i].text()).append("\",");
  }
  return text.append(R"("6509","55"]})");
}

std::string end_market_data_command(std::string_view target) { return command("umd", target).append("+{}"); }

std::string depth_command(std::string_view account, std::string_view target) { return command("sbd", account).append("+").append(target); }

std::string end_depth_command(std::string_view account) { return command("ubd", account); }

std::string market_data_target(std::uint64_t conid, std::string_view exchange) {
  std::string target = std::to_string(conid);
  if (!exchange.empty()) target.append("@").append(exchange);
  return target;
}

std::string depth_target(std::uint64_t conid, std::string_view exchange) {
  std::string target = std::to_string(conid);
  if (!exchange.empty()) target.append("+").append(exchange);
  return target;
}

}  // namespace tidegate::ibkr
