#include "tests/chaos/strict_subscriber.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace tidegate::chaos {
namespace {

using Json = rapidjson::Value;

constexpr std::size_t kMissingMax = 200'000;
constexpr std::size_t kBrokenMax = 50;  // written down; one cause may break every message after it

std::string_view text(const Json& message, const char* key) {
  const auto it = message.FindMember(key);
  return it != message.MemberEnd() && it->value.IsString() ? std::string_view{it->value.GetString(), it->value.GetStringLength()}
                                                           : std::string_view{};
}

bool has_flag(const Json& message, std::string_view flag) {
  const auto it = message.FindMember("flags");
  if (it == message.MemberEnd() || !it->value.IsArray()) return false;
  const auto flags = it->value.GetArray();
  return std::any_of(flags.begin(), flags.end(), [flag](const Json& value) { return value.IsString() && value.GetString() == flag; });
}

/// "SYMBOL CHANNEL" of a data message.
std::string stream_of(const Json& message) {
  const std::string_view interval = text(message, "interval");
  std::string name = std::string{text(message, "symbol")} + " " + std::string{text(message, "type")};
  if (!interval.empty()) name.append("_").append(interval);
  return name;
}

std::string channel_stream(const Json& message) { return std::string{text(message, "symbol")} + " " + std::string{text(message, "channel")}; }

std::string levels(const Json& message) {
  std::string lines;
  for (const char* const side : {"bids", "asks"}) {
    lines.append(side).append("\n");
    const Json& all = message[side];
    for (rapidjson::SizeType i = 0; i < std::min(all.Size(), kLevelsCompared); ++i) {
      lines.append(all[i][0].GetString()).append(" ").append(all[i][1].GetString()).append("\n");
    }
  }
  return lines;
}

}  // namespace

void Totals::add(const Totals& other) {
  records += other.records;
  replayed += other.replayed;
  gaps += other.gaps;
  filled += other.filled;
  numbers_lost += other.numbers_lost;
  told_stale += other.told_stale;
  returns += other.returns;
}

StrictSubscriber::StrictSubscriber(net::EventLoop& loop, std::uint16_t port, std::string name, std::vector<Wish> wishes)
    : loop_(loop), port_(port), name_(std::move(name)), wishes_(std::move(wishes)) {
  for (const Wish& wish : wishes_) {
    for (const std::string& symbol : wish.symbols) {
      streams_[symbol + " " + wish.channel].conflated = wish.options.find("conflate") != std::string::npos;
    }
  }
}

void StrictSubscriber::connect() {
  net::WsClientOptions options;
  options.url = "ws://127.0.0.1:" + std::to_string(port_) + "/ws";
  options.message_bytes_max = std::size_t{64} << 20U;
  options.handshake_timeout = std::chrono::seconds{60};
  client_ = std::make_unique<net::WsClient>(loop_, static_cast<net::WsClientHandler&>(*this));
  client_->connect(options);
}

void StrictSubscriber::drop() {
  if (client_ != nullptr) client_->abort();
  client_.reset();
  open_ = false;
}

void StrictSubscriber::on_open() {
  open_ = true;
  for (const Wish& wish : wishes_) {
    std::string symbols, since;
    for (const std::string& symbol : wish.symbols) {
      symbols += (symbols.empty() ? "\"" : ",\"") + symbol + "\"";
      const std::uint64_t last = streams_[symbol + " " + wish.channel].last_seq;
      if (last != 0) since += (since.empty() ? "\"" : ",\"") + symbol + "\":" + std::to_string(last);
    }
    std::string options = wish.options;
    if (!since.empty()) {
      if (!options.empty()) options += ",";
      options += R"("snapshot":false,"epoch":")" + epoch_ + R"(","since":{)" + since + "}";
    }
    client_->send_text(R"({"op":"subscribe","id":1,"channels":[")" + wish.channel + R"("],"symbols":[)" + symbols + R"(],"options":{)" + options +
                       "}}");
  }
}

void StrictSubscriber::on_closed(const net::WsClosed& closed) {
  open_ = false;
  complain("the gateway closed the connection: " + std::to_string(closed.code) + " " + closed.reason);
}

void StrictSubscriber::on_message(std::string&& payload, bool) {
  at_hand_ = std::move(payload);
  rapidjson::Document message;
  message.Parse(at_hand_.data(), at_hand_.size());
  if (message.HasParseError() || !message.IsObject()) return complain("no JSON object");
  const std::string_view type = text(message, "type");
  if (type == "welcome") {
    if (!epoch_.empty() && epoch_ != text(message, "epoch")) complain("another epoch without a restart");
    epoch_ = text(message, "epoch");
  } else if (type == "gap") {
    on_gap(message);
  } else if (type == "state") {
    on_state(message);
  } else if (type == "result") {
    on_result(message);
  } else if (type == "error") {
    complain("an error");
  } else if (message.HasMember("seq")) {
    on_data(message);
  }
}

void StrictSubscriber::on_gap(const Json& message) {
  StreamView& stream = streams_[channel_stream(message)];
  const std::uint64_t from = message["from_seq"].GetUint64(), to = message["to_seq"].GetUint64();
  if (to < from) complain("a gap that ends before it begins");
  if (stream.last_seq != 0 && from != stream.last_seq + 1) complain("a gap that does not follow " + std::to_string(stream.last_seq));
  if (text(message, "cause") == "slow_client") complain("told that it reads slowly");
  // Binance counts without a hole, and so does the gateway: the next trade id is the next number.
  const bool countable = stream.last_trade_id != 0 && !stream.conflated;
  if (text(message, "channel") == "trade") {
    for (std::uint64_t seq = from; seq <= to && stream.missing.size() < kMissingMax; ++seq) {
      stream.missing[seq] = countable && !stream.gap_since_trade ? stream.last_trade_id + (seq - stream.last_seq) : 0;
    }
  }
  stream.last_seq = to;
  stream.gap_since_trade = true;
  ++totals_.gaps;
  totals_.numbers_lost += to + 1 - from;
}

void StrictSubscriber::on_state(const Json& message) {
  StreamView& stream = streams_[channel_stream(message)];
  stream.state = text(message, "state");
  if (stream.state == "stale") ++totals_.told_stale;
  if (text(message, "broker").empty() && stream.state != "failed") complain("a state without a broker");
}

void StrictSubscriber::on_result(const Json& message) {
  for (const Json& result : message["results"].GetArray()) {
    const std::string_view state = text(result, "state");
    streams_[channel_stream(result)].state = state;
    if (state == "failed") complain("a subscription failed");
    if (result.HasMember("code") && result["code"].GetInt() == 4040) complain("the position is unknown");
  }
}

void StrictSubscriber::on_data(const Json& message) {
  StreamView& stream = streams_[stream_of(message)];
  const std::uint64_t seq = message["seq"].GetUint64();
  const bool snapshot = has_flag(message, "snapshot"), replayed = has_flag(message, "replayed");
  ++totals_.records;
  totals_.replayed += replayed ? 1 : 0;
  if (replayed && seq < stream.last_seq) return on_fill(stream, message);
  ++stream.data;
  if (stream.last_seq != 0) {
    const std::string last = std::to_string(stream.last_seq);
    if (seq <= stream.last_seq && !(snapshot && seq == stream.last_seq)) complain("came again, or out of order: the last was " + last);
    if (seq > stream.last_seq + 1 && !has_flag(message, "conflated")) complain("a hole that nobody told: the last was " + last);
  }
  if (stream.state == "stale" && !snapshot && !replayed && !has_flag(message, "stale")) complain("data of a stream that is stale");
  stream.last_seq = std::max(stream.last_seq, seq);
  if (text(message, "type") == "trade" && text(message, "symbol").starts_with("BINANCE:")) check_trade(stream, message, snapshot);
  if (text(message, "type") == "orderbook") stream.book = levels(message);
}

/// What was missing and came later: once, of what a gap named, and what the venue has under that number.
void StrictSubscriber::on_fill(StreamView& stream, const Json& message) {
  const auto missing = stream.missing.find(message["seq"].GetUint64());
  if (missing == stream.missing.end()) return complain("came later and was not missing, or twice: the last was " + std::to_string(stream.last_seq));
  const std::uint64_t id = std::strtoull(std::string{text(message, "trade_id")}.c_str(), nullptr, 10);
  if (missing->second != 0 && id != missing->second) complain("another trade than the missing one, " + std::to_string(missing->second));
  if (stream.conflated) complain("filled, though it conflates");
  stream.missing.erase(missing);
  ++totals_.filled;
}

/// Binance numbers its trades, so that what the gateway says of them can be held against the venue itself.
void StrictSubscriber::check_trade(StreamView& stream, const Json& message, bool snapshot) {
  const std::uint64_t id = std::strtoull(std::string{text(message, "trade_id")}.c_str(), nullptr, 10);
  const std::uint64_t last = stream.last_trade_id;
  if (last != 0 && id <= last && !(snapshot && id == last)) complain("a trade came again: the last was " + std::to_string(last));
  if (last != 0 && id > last + 1 && !stream.gap_since_trade && !stream.conflated) complain("trades are missing after " + std::to_string(last));
  stream.last_trade_id = std::max(last, id);
  stream.gap_since_trade = false;
}

void StrictSubscriber::complain(const std::string& what) {
  if (broken_.size() < kBrokenMax) broken_.push_back(name_ + ": " + what + ": " + at_hand_.substr(0, 400));
}

bool StrictSubscriber::all_flow(const std::vector<std::string>& streams, const std::map<std::string, std::uint64_t>& before) const {
  return std::all_of(streams.begin(), streams.end(), [&](const std::string& name) {
    const auto stream = streams_.find(name), end = streams_.end();
    const auto then = before.find(name);
    return stream != end && stream->second.state == "live" && stream->second.data > (then == before.end() ? 0 : then->second);
  });
}

std::map<std::string, std::uint64_t> StrictSubscriber::data_counts() const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [name, stream] : streams_) counts[name] = stream.data;
  return counts;
}

}  // namespace tidegate::chaos
