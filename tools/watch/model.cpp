#include "tools/watch/model.hpp"

#include <rapidjson/document.h>

#include <algorithm>

#include "gateway/core/decimal.hpp"
#include "tools/watch/text.hpp"

namespace tidegate::watch {
namespace {

constexpr std::size_t kEventsKept = 4;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kChannelNotAvailable = 4012;  // docs/client-protocol.md
const std::vector<std::string> kDefaultChannels = {"ticker", "quote", "trade"};

std::string_view text_of(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsString() ? std::string_view(found->value.GetString(), found->value.GetStringLength())
                                                                : std::string_view{};
}
std::uint64_t number_of(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsUint64() ? found->value.GetUint64() : 0;
}
const rapidjson::Value* list_of(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsArray() ? &found->value : nullptr;
}
bool has_flag(const rapidjson::Value& object, std::string_view flag) {
  const rapidjson::Value* flags = list_of(object, "flags");
  if (flags == nullptr) return false;
  return std::any_of(flags->Begin(), flags->End(), [&](const auto& value) { return value.IsString() && value.GetString() == flag; });
}
/// Price of the first level of a book's side.
std::string_view best_of(const rapidjson::Value& book, const char* side) {
  const rapidjson::Value* levels = list_of(book, side);
  if (levels == nullptr || levels->Empty() || !(*levels)[0].IsArray() || (*levels)[0].Empty() || !(*levels)[0][0].IsString()) return {};
  return (*levels)[0][0].GetString();
}

std::size_t decimals_of(std::string_view number) {
  const std::size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : number.size() - point - 1;
}

/// How much a state asks for attention.
int gravity(std::string_view state) {
  constexpr std::array<std::string_view, 5> kOrder = {"live", "silent", "pending", "stale", "failed"};
  const auto* const found = std::find(kOrder.begin(), kOrder.end(), state);
  return found == kOrder.end() ? 2 : static_cast<int>(found - kOrder.begin());
}

std::string failure_text(std::string_view symbol, const Stream& stream) {
  std::string text = printable(symbol) + " " + stream.channel + ": ";
  if (stream.code != 0) text += std::to_string(stream.code) + " ";
  text += stream.message.empty() ? stream.state : stream.message;
  if (!stream.hint.empty()) text += "; " + stream.hint;
  return text;
}

}  // namespace

struct Model::Message {
  const rapidjson::Value& json;
  std::string_view type;
};

void Cell::set(std::string_view value, MonoTime now) {
  if (value.empty() || value == text) return;
  const auto before = parse_decimal(text);
  const auto after = parse_decimal(value);
  if (before.ok() && after.ok()) {
    const int order = compare(*after, *before);
    if (order == 0) return;
    direction = order;
    changed = now;
  }
  text = printable(value);
}

void RateMeter::advance(std::int64_t second) {
  if (second_ < 0) first_ = second_ = second;
  if (second - second_ > kSeconds) {
    counts_.fill(0);
    second_ = second;
  }
  while (second_ < second) counts_[static_cast<std::size_t>(++second_ % (kSeconds + 1))] = 0;
}

void RateMeter::count(MonoTime now) {
  advance(now.ns / kSecond);
  ++counts_[static_cast<std::size_t>(second_ % (kSeconds + 1))];
}

double RateMeter::per_second(MonoTime now) const {
  if (second_ < 0) return 0;
  RateMeter later = *this;
  later.advance(now.ns / kSecond);
  const std::int64_t seconds = std::clamp<std::int64_t>(later.second_ - first_, 1, kSeconds);
  std::uint64_t sum = 0;
  for (std::int64_t i = 1; i <= seconds; ++i) {
    const std::int64_t second = later.second_ - i;  // whole seconds only
    if (second >= first_) sum += later.counts_[static_cast<std::size_t>(second % (kSeconds + 1))];
  }
  return static_cast<double>(sum) / static_cast<double>(seconds);
}

void LatencyWindow::record(Duration duration) {
  if (duration.count() >= 0) samples_[count_++ % kSize] = duration.count();
}

Duration LatencyWindow::median() const {
  std::array<std::int64_t, kSize> sorted = samples_;
  auto* const end = sorted.begin() + std::min(count_, kSize);
  auto* const middle = sorted.begin() + (end - sorted.begin()) / 2;
  if (middle == end) return Duration{0};
  std::nth_element(sorted.begin(), middle, end);
  return Duration{*middle};
}

std::string_view Row::state() const {
  const auto worst =
      std::max_element(streams.begin(), streams.end(), [](const Stream& a, const Stream& b) { return gravity(a.state) < gravity(b.state); });
  return worst == streams.end() ? std::string_view("pending") : std::string_view(worst->state);
}

Model::Model(std::string url, const std::vector<std::string>& symbols, const std::vector<std::string>& channels, MonoTime start)
    : url_(std::move(url)), start_(start), channels_chosen_(!channels.empty()) {
  const std::vector<std::string>& wanted = channels_chosen_ ? channels : kDefaultChannels;
  for (const std::string& symbol : symbols) {
    if (!row_of_.emplace(symbol, rows_.size()).second) continue;
    Row& row = rows_.emplace_back();
    row.asked = row.symbol = symbol;
    for (const std::string& channel : wanted) row.streams.emplace_back().channel = channel;
  }
}

Row* Model::find(std::string_view symbol) {
  const auto found = row_of_.find(symbol);
  return found == row_of_.end() ? nullptr : &rows_[found->second];
}

Stream* Model::find(std::string_view symbol, std::string_view channel) {
  Row* row = find(symbol);
  if (row == nullptr) return nullptr;
  const auto found = std::find_if(row->streams.begin(), row->streams.end(), [&](const Stream& stream) { return stream.channel == channel; });
  return found == row->streams.end() ? nullptr : &*found;
}

void Model::event(std::string text) {
  if (!events_.empty() && events_.back() == text) return;
  new_events_.push_back(text);
  events_.push_back(std::move(text));
  if (events_.size() > kEventsKept) events_.pop_front();
}

std::vector<std::string> Model::take_new_events() { return std::exchange(new_events_, {}); }

/// An index has no quotes: nobody who asked for the index alone wants to hear of it.
bool Model::dispensable(const Row& row, const Message& message) const {
  return !channels_chosen_ && number_of(message.json, "code") == kChannelNotAvailable && row.streams.size() > 1;
}

void Model::set_state(const Message& message, const char* reason_key) {
  const std::string_view symbol = text_of(message.json, "symbol"), channel = text_of(message.json, "channel");
  Row* const row = find(symbol);
  Stream* const found = find(symbol, channel);
  if (found == nullptr) return;
  if (dispensable(*row, message)) {
    std::erase_if(row->streams, [&](const Stream& stream) { return stream.channel == channel; });
    return;
  }
  Stream& stream = *found;
  const int code = static_cast<int>(std::min<std::uint64_t>(number_of(message.json, "code"), 9999));
  const bool known = stream.state == "failed" && stream.code == code;
  stream.state = printable(text_of(message.json, "state"));
  stream.code = code;
  stream.message = printable(text_of(message.json, reason_key));
  stream.hint = printable(text_of(message.json, "hint"));
  if (stream.state == "failed" && !known) new_events_.push_back(failure_text(symbol, stream));
}

void Model::on_open() {
  connected_ = true;
  connection_ = "connected";
  if (ever_connected_) {
    ++totals_.reconnects;
    event("connected again, subscribing anew");
  }
  ever_connected_ = true;
  for (Row& row : rows_) {
    for (Stream& stream : row.streams) {
      stream.state = "pending";
      stream.seq = 0;  // a new connection begins with a snapshot
    }
  }
}

void Model::on_closed(std::string_view why, Duration retry_in) {
  connected_ = false;
  const std::string reason = printable(why);
  connection_ = retry_in.count() < 0 ? "disconnected" : "reconnecting";
  event((ever_connected_ ? "connection lost: " : "no connection: ") + reason +
        (retry_in.count() < 0 ? "" : "; next attempt in " + age_text(retry_in)));
  for (Row& row : rows_) {
    for (Stream& stream : row.streams) {
      if (stream.state != "failed") stream.state = "stale";
    }
  }
}

void Model::on_message(std::string_view json, Moment now) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return;
  const Message message{document, text_of(document, "type")};
  const std::string_view type = message.type;
  if (type == "trade" || type == "quote" || type == "ticker" || type == "orderbook" || type == "candle") return on_data(message, now);
  if (type == "result") return on_result(message);
  if (type == "gap") return on_gap(message);
  if (type == "resolved") return learn_symbol(message);
  if (type == "state") {
    set_state(message, "reason");
  } else if (type == "welcome") {
    version_ = printable(text_of(document, "version"));
    heartbeat_ = Duration{static_cast<std::int64_t>(std::min<std::uint64_t>(number_of(document, "heartbeat_seconds"), 3600)) * kSecond};
    const std::string epoch = printable(text_of(document, "epoch"));
    if (!epoch_.empty() && epoch != epoch_) event("the gateway was restarted: sequence numbers begin anew");
    epoch_ = epoch;
    brokers_.clear();
    if (const rapidjson::Value* brokers = list_of(document, "brokers")) {
      for (const auto& broker : brokers->GetArray()) {
        if (broker.IsObject()) brokers_[printable(text_of(broker, "name"))] = printable(text_of(broker, "state"));
      }
    }
  } else if (type == "status") {
    const std::string broker = printable(text_of(document, "broker"));
    const std::string state = printable(text_of(document, "state"));
    brokers_[broker] = state;
    const std::string_view reason = text_of(document, "reason");
    event("broker " + broker + ": " + state + (reason.empty() ? "" : ", " + printable(reason)));
  } else if (type == "error") {
    const std::string hint = printable(text_of(document, "hint"));
    event("error " + std::to_string(number_of(document, "code")) + ": " + printable(text_of(document, "message")) +
          (hint.empty() ? "" : "; " + hint));
  } else if (type == "notice") {
    event("notice: " + printable(text_of(document, "message")));
  }
}

/// The full symbol of a row for which the user wrote something else.
void Model::learn_symbol(const Message& message) {
  const std::string_view symbol = text_of(message.json, "symbol");
  const auto row = row_of_.find(text_of(message.json, "requested"));
  if (symbol.empty() || row == row_of_.end() || find(symbol) != nullptr) return;
  rows_[row->second].symbol = symbol;
  row_of_.emplace(symbol, row->second);
}

void Model::on_result(const Message& message) {
  if (text_of(message.json, "op") != "subscribe") return;
  const rapidjson::Value* results = list_of(message.json, "results");
  if (results == nullptr) return;
  for (const auto& result : results->GetArray()) {
    if (!result.IsObject()) continue;
    learn_symbol({result, message.type});
    const std::string_view symbol = text_of(result, "symbol");
    Stream* stream = find(symbol, text_of(result, "channel"));
    if (stream == nullptr) continue;
    // Data that came before the answer has proved more than the answer says.
    if (text_of(result, "state") != "pending" || stream->seq == 0) set_state({result, message.type}, "message");
  }
}

void Model::on_data(const Message& message, Moment now) {
  const rapidjson::Value& json = message.json;
  ++totals_.messages;
  Row* row = find(text_of(json, "symbol"));
  if (row == nullptr) return;
  std::string channel(message.type);
  if (channel == "candle") channel.append("_").append(text_of(json, "interval"));
  row->rate.count(now.mono);
  row->updated = now.mono;
  row->has_data = true;
  if (Stream* stream = find(row->symbol, channel)) {
    const std::uint64_t seq = number_of(json, "seq");
    const bool explained = has_flag(json, "snapshot") || has_flag(json, "conflated") || has_flag(json, "gap_before") || has_flag(json, "replayed");
    if (stream->seq != 0 && seq != stream->seq + 1 && !explained) ++totals_.holes;
    stream->seq = std::max(seq, has_flag(json, "replayed") ? stream->seq : seq);
    if (stream->state == "pending") stream->state = "live";
  }
  const Stream* const trades = message.type == "trade" ? find(row->symbol, "trade") : nullptr;
  const bool late = trades != nullptr && has_flag(json, "replayed") && number_of(json, "seq") < trades->seq;  // fills a gap
  if (message.type == "trade") {
    if (!late) row->last.set(text_of(json, "price"), now.mono);
  } else if (message.type == "quote") {
    row->bid.set(text_of(json, "bid_price"), now.mono);
    row->ask.set(text_of(json, "ask_price"), now.mono);
  } else if (message.type == "orderbook") {
    row->bid.set(best_of(json, "bids"), now.mono);
    row->ask.set(best_of(json, "asks"), now.mono);
  } else if (message.type == "candle") {
    row->last.set(text_of(json, "close"), now.mono);
  } else {
    row->change_percent.set(text_of(json, "price_change_percent"), now.mono);
    // A summary is older than the trades and quotes that have channels of their own.
    const auto carries = [&](std::string_view other) {
      return std::any_of(row->streams.begin(), row->streams.end(), [&](const Stream& stream) { return stream.channel == other && stream.seq != 0; });
    };
    if (!carries("trade")) row->last.set(text_of(json, "price"), now.mono);
    if (!carries("quote") && !carries("orderbook")) {
      row->bid.set(text_of(json, "bid_price"), now.mono);
      row->ask.set(text_of(json, "ask_price"), now.mono);
    }
  }
  for (const Cell* cell : {&row->bid, &row->ask, &row->last}) row->decimals = std::max(row->decimals, decimals_of(cell->text));
  const auto received = parse_time(text_of(json, "received"));
  const auto published = parse_time(text_of(json, "published"));
  if (!published || has_flag(json, "snapshot")) return;
  if (received) inside_.record(Duration{published->ns - received->ns});
  delivery_.record(Duration{now.utc.ns - published->ns});
}

void Model::on_gap(const Message& message) {
  const std::uint64_t from = number_of(message.json, "from_seq");
  const std::uint64_t to = number_of(message.json, "to_seq");
  ++totals_.gaps;
  totals_.lost += to >= from ? to - from + 1 : 0;
  const std::string_view symbol = text_of(message.json, "symbol");
  const std::string_view channel = text_of(message.json, "channel");
  if (Stream* stream = find(symbol, channel)) stream->seq = std::max(stream->seq, to);
  event("gap: " + printable(symbol) + " " + printable(channel) + " " + std::to_string(from) + " to " + std::to_string(to) + ", " +
        printable(text_of(message.json, "cause")));
}

}  // namespace tidegate::watch
