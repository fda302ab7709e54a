// Streams of the venue: market data, depth, and frames of a recording.
#include <algorithm>
#include <utility>

#include "tools/sim/ibkr/json_object.hpp"
#include "tools/sim/ibkr/venue.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::string_view kServices = R"("&serviceID1=122&serviceID2=123&serviceID3=203&serviceID4=775&serviceID5=204")";
constexpr int kServicesPercent = 2, kEmptyFramesPercent = 1;
constexpr int kPlayedAtOnce = 200;  // so that heartbeats and commands come round

std::string_view availability_of(const Contract& contract) {
  switch (contract.type) {
    case SecurityType::Stock:
      return "RpB";
    case SecurityType::Future:
      return "RB";
    default:
      return "R";
  }
}

/// The number that a target begins with, also that of a combo; 0: none.
std::int64_t leading_number(std::string_view target) {
  std::int64_t number = 0;
  for (const char c : target.substr(0, 18)) {
    if (c < '0' || c > '9') break;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

Quote Venue::quote_of(const Contract& contract, const std::string& exchange) {
  Quote quote;
  quote.contract = &contract;
  quote.exchange = exchange;
  quote.availability = availability_.empty() ? availability_of(contract) : std::string_view{availability_};
  quote.numbers = options_.numbers;
  quote.wrong_suffix = wrong_suffix_next_;
  const auto halted = halted_.find(contract.conid);
  quote.halted = halted != halted_.end();
  quote.figures = quote.halted ? halted->second : exchange_.figures(contracts_.place(contract.conid));
  if (!exchange.empty()) quote.figures = routed(quote.figures, exchange, contract.tick);
  return quote;
}

std::size_t Venue::lines_used() const {
  std::size_t used = 0;
  for (const auto& client : clients_) {
    used +=
        static_cast<std::size_t>(std::count_if(client->streams.begin(), client->streams.end(), [](const Stream& stream) { return !stream.silent; }));
  }
  return used;
}

void Venue::add_fields(Stream& stream, std::string_view body) {
  for (std::string& field : read_texts(body, "fields")) {
    if (std::find(stream.fields.begin(), stream.fields.end(), field) == stream.fields.end()) stream.fields.push_back(std::move(field));
  }
}

void Venue::subscribe(Client& client, const Command& command) {
  ++counters_.smd_commands;
  last_subscription_ns_ = now_.mono_ns;
  if (!login_.primed() || command.target.empty()) return;  // silently, as the broker does
  Stream* stream = client.find(command.target);
  if (stream != nullptr && stream->silent && lines_used() < options_.lines_max) {
    unsubscribe(client, command.target);
    stream = nullptr;
  }
  const bool renewal = stream != nullptr;
  if (!renewal) {
    const bool silent = lines_used() >= options_.lines_max;
    counters_.over_lines += silent ? 1 : 0;
    stream = &client.streams.emplace_back();
    stream->target = command.target;
    stream->silent = silent;
    stream->slot = "q" + std::to_string(client.slots++);
    if (read_target(command.target, stream->conid, stream->exchange)) stream->contract = contracts_.find(stream->conid);
    stream->conid = leading_number(command.target);
    stream->bare_first = options_.bare_first;
  }
  add_fields(*stream, command.body);
  stream->expires_ns = now_.mono_ns + options_.stream_life_ns;
  if (stream->silent || (renewal && !options_.renewal_snapshots)) return;
  stream->snapshot_wanted = true;
  stream->snapshot_ns = now_.mono_ns + options_.snapshot_ns;
}

void Venue::unsubscribe(Client& client, const std::string& target) {
  std::erase_if(client.streams, [&target](const Stream& stream) { return stream.target == target; });
}

bool Venue::unsubscribe(std::int64_t conid) {
  std::size_t gone = 0;
  for (const auto& client : clients_) gone += std::erase_if(client->streams, [conid](const Stream& stream) { return stream.conid == conid; });
  counters_.streams_lost += gone;
  return gone != 0;
}

void Venue::unsubscribe_all() { drop_streams(); }

void Venue::drop_streams() {
  for (const auto& client : clients_) {
    counters_.streams_lost += client->streams.size();
    client->streams.clear();
    client->ladders.clear();
  }
}

void Venue::expire(Client& client) {
  counters_.streams_expired += std::erase_if(client.streams, [this](const Stream& stream) { return now_.mono_ns >= stream.expires_ns; });
}

void Venue::send_stream(Client& client, Stream& stream, const FieldValues& fields) {
  ++stream.frames;
  ++counters_.updates_sent;
  for (const auto& [field, value] : fields) stream.sent[field] = value;
  send(client, stream_frame(stream, fields, utc_ms(), options_.shuffle_keys ? &client.random : nullptr));
  if (options_.truth_kept == 0) return;
  truth_.push_back({client.id, stream.target, stream.frames, utc_ms(), stream.sent});
  if (truth_.size() > options_.truth_kept) truth_.pop_front();
}

void Venue::send_snapshot(Client& client, Stream& stream) {
  stream.snapshot_wanted = false;
  FieldValues fields;
  if (replay_) {
    fields = replay_->state(stream.target);
    if (fields.empty() && stream.contract != nullptr) return;  // nothing was played of it yet
  } else if (stream.contract != nullptr) {
    fields = all_fields(stream, quote_of(*stream.contract, stream.exchange));
  }
  if (fields.empty()) fields = unknown_contract_fields();
  if (std::exchange(stream.bare_first, false) && fields.contains("6509")) fields = {{"6509", fields["6509"]}};
  for (int copies = options_.snapshot_twice ? 2 : 1; copies > 0; --copies) {
    ++counters_.snapshots_sent;
    send_stream(client, stream, fields);
  }
}

void Venue::send_due_snapshots(Client& client) {
  if (!gives_data(client)) return;
  for (Stream& stream : client.streams) {
    if (stream.snapshot_wanted && now_.mono_ns >= stream.snapshot_ns) send_snapshot(client, stream);
  }
}

void Venue::send_changes(Client& client, Stream& stream) {
  if (stream.silent || stream.snapshot_wanted || stream.frames == 0 || stream.contract == nullptr) return;
  FieldValues fields = changed_fields(stream, all_fields(stream, quote_of(*stream.contract, stream.exchange)));
  if (!fields.empty()) {
    if (options_.extras && client.random.chance(kServicesPercent)) fields.emplace("6508", kServices);
    send_stream(client, stream, fields);
  } else if (options_.extras && client.random.chance(kEmptyFramesPercent)) {
    ++counters_.updates_sent;
    send(client, JsonObject{}.number("_updated", utc_ms()).text("topic", "smd+" + stream.target).str());
  }
}

void Venue::subscribe_depth(Client& client, const Command& command) {
  ++counters_.depth_commands;
  if (!login_.primed()) return;
  const std::string_view target = command.target;
  const std::size_t account_end = target.find('+');
  if (account_end == std::string_view::npos || target.substr(0, account_end) != login_.options().account) return;
  const std::string_view rest = target.substr(account_end + 1);
  const std::size_t conid_end = rest.find('+');
  Ladder ladder;
  ladder.target = target;
  if (conid_end != std::string_view::npos) ladder.exchange = rest.substr(conid_end + 1);
  ladder.contract = contracts_.find(leading_number(rest.substr(0, conid_end)));
  const bool known = std::any_of(client.ladders.begin(), client.ladders.end(), [&](const Ladder& each) { return each.target == ladder.target; });
  if (known || client.ladders.size() >= options_.ladders_max || ladder.contract == nullptr) return;
  client.ladders.push_back(std::move(ladder));
  last_subscription_ns_ = now_.mono_ns;
}

void Venue::send_ladder(Client& client, Ladder& ladder) {
  const std::vector<std::string> rows = ladder_rows(quote_of(*ladder.contract, ladder.exchange));
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i >= ladder.rows.size() || ladder.rows[i] != rows[i]) changed.push_back(rows[i]);
  }
  if (changed.empty()) return;
  ladder.rows = rows;
  ++counters_.depth_sent;
  send(client, JsonObject{}.text("topic", "sbd+" + ladder.target).add("data", json_list(changed)).str());
}

void Venue::flush() {
  if (now_.mono_ns < next_flush_ns_) return;
  next_flush_ns_ += std::max(options_.grid_ns, now_.mono_ns - next_flush_ns_);
  // The market stands still while nobody is there, so that the first figures of a seed are always the same.
  if (replay_ || clients_.empty()) return;
  exchange_.step(now_.utc_us);
  for (const auto& client : clients_) {
    if (gives_data(*client)) flush(*client);
  }
  wrong_suffix_next_ = false;
}

void Venue::flush(Client& client) {
  const std::uint64_t before = counters_.updates_sent;
  if (swap_next_) {
    std::for_each(client.streams.rbegin(), client.streams.rend(), [&](Stream& stream) { send_changes(client, stream); });
    swap_next_ = counters_.updates_sent - before < 2;  // of one frame there is no order
  } else {
    for (Stream& stream : client.streams) send_changes(client, stream);
  }
  for (Ladder& ladder : client.ladders) send_ladder(client, ladder);
}

bool Venue::play() {
  if (!replay_ || replay_->ended()) return false;
  if (!replay_->started()) {
    const bool wanted = std::any_of(clients_.begin(), clients_.end(), [](const auto& client) {
      return client->phase == Client::Phase::Greeted && (!client->streams.empty() || !client->ladders.empty());
    });
    if (!wanted || now_.mono_ns - last_subscription_ns_ < options_.start_after_ns) return false;
    replay_->start(now_.mono_ns);
  }
  for (int i = 0; i < kPlayedAtOnce; ++i) {
    if (options_.replay.rate == 0 && queued_bytes_max() >= kSocketsFullBytes) return true;
    const RecordedFrame* frame = replay_->due(now_.mono_ns);
    if (frame == nullptr) return false;
    play_frame(*frame);
  }
  return true;
}

void Venue::play_frame(const RecordedFrame& frame) {
  const std::string topic = topic_of(frame.bytes), code = topic.substr(0, 4);
  const std::string target = topic.size() > 4 ? topic.substr(4) : std::string{};
  if (code == "smd+") replay_->remember(target, frame.bytes);
  const bool binary = options_.frames == Frames::Binary;
  for (const auto& client : clients_) {
    if (!gives_data(*client)) continue;
    if (code == "smd+") {
      Stream* stream = client->find(target);
      if (stream == nullptr || stream->silent) continue;
      ++stream->frames;
      ++counters_.updates_sent;
      stream->sent = replay_->state(target);
    } else if (code == "sbd+") {
      const auto same = [&target](const Ladder& ladder) { return ladder.target == target; };
      if (std::none_of(client->ladders.begin(), client->ladders.end(), same)) continue;
    } else if (client->streams.empty() && client->ladders.empty()) {
      continue;
    }
    if (frame.kind == RecordedKind::Binary || binary) {
      send_bytes(*client, frame.bytes, true);
    } else {
      send(*client, frame.bytes);
    }
  }
}

}  // namespace tidegate::sim::ibkr
