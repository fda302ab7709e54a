#include "tools/sim/binance/replay.hpp"

#include <algorithm>
#include <utility>

#include "tools/sim/binance/exchange_info.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::int64_t kNominalStepNs = 100'000'000;  // between frames without a receive time
constexpr int kFramesPerCall = 2000;                  // so that a loop stays responsive
constexpr int kFramesPerLook = 16;                    // between two looks at the outboxes

}  // namespace

struct ReplayFeed::Symbol {
  RecordedSymbol recorded;
  KeptBook book;
  Stream* depth = nullptr;
  bool depth_played = false;
  bool answered = false;
};

struct ReplayFeed::Stream : Audience {
  Symbol* keeps_book_of = nullptr;
  std::vector<Topic*> topics;  // that get this stream's frames

  void collect_clients() {
    clients.clear();
    for (const Topic* topic : topics) {
      for (Client* client : topic->clients) {
        if (std::find(clients.begin(), clients.end(), client) == clients.end()) clients.push_back(client);
      }
    }
  }
};

ReplayFeed::ReplayFeed(Hub& hub, ReplayOptions options, Recording recording)
    : hub_(hub), options_(std::move(options)), recording_(std::move(recording)), file_(options_.path) {
  for (const auto& [name, count] : recording_.streams) {
    auto stream = std::make_unique<Stream>();
    stream->name = name;
    stream->kind = parse_stream(Market::Usdm, name).kind;
    streams_.emplace(name, std::move(stream));
  }
  for (auto& [name, recorded] : recording_.symbols) {
    auto symbol = std::make_unique<Symbol>();
    symbol->recorded = std::move(recorded);
    if (const auto it = streams_.find(symbol->recorded.depth_stream); it != streams_.end()) {
      symbol->depth = it->second.get();
      it->second->keeps_book_of = symbol.get();
    }
    symbols_.emplace(name, std::move(symbol));
  }
  restart_books();
}
ReplayFeed::~ReplayFeed() = default;

void ReplayFeed::restart_books() {
  for (const auto& [name, symbol] : symbols_) {
    symbol->depth_played = symbol->answered = false;
    const RecordedSymbol& recorded = symbol->recorded;
    if (recorded.snapshot.empty() || !symbol->book.load(recorded.snapshot)) {
      symbol->book.reset(recording_.usdm ? recorded.first_previous : recorded.first_id - 1);
    }
  }
}

ReplayFeed::Stream* ReplayFeed::resolve(std::string_view name) {
  if (const auto it = streams_.find(name); it != streams_.end()) return it->second.get();
  for (const std::string& sibling : siblings(name)) {
    if (const auto it = streams_.find(sibling); it != streams_.end()) return it->second.get();
  }
  return nullptr;
}

void ReplayFeed::on_topic(Topic& topic) {
  if (!topic.clients.empty()) last_subscribed_ns_ = hub_.now().mono_ns;
  Stream* stream = resolve(topic.name);
  if (stream == nullptr) return;
  auto& topics = stream->topics;
  if (std::find(topics.begin(), topics.end(), &topic) == topics.end()) topics.push_back(&topic);
  stream->collect_clients();
}

void ReplayFeed::on_topic_gone(Topic& topic) {
  Stream* stream = resolve(topic.name);
  if (stream == nullptr) return;
  auto& topics = stream->topics;
  topics.erase(std::remove(topics.begin(), topics.end(), &topic), topics.end());
  stream->collect_clients();
}

bool ReplayFeed::load_next() {
  for (;;) {
    const auto read = file_.next(next_);
    if (read == FramesFile::Read::End) return false;
    if (read == FramesFile::Read::BadLine) continue;  // counted when the file was examined
    if (next_.kind != RecordedKind::Text && next_.kind != RecordedKind::Binary) continue;
    if (!next_.received.known()) {
      position_ns_ += played_ == 0 ? 0 : kNominalStepNs;
    } else {
      // A recorder's clock that steps back must not stop the timeline.
      if (last_received_ns_ >= 0) position_ns_ += std::max<std::int64_t>(next_.received.ns - last_received_ns_, 0);
      last_received_ns_ = next_.received.ns;
    }
    return true;
  }
}

void ReplayFeed::start(Now now) {
  state_ = State::Playing;
  started_ns_ = now.mono_ns;
  position_ns_ = 0;
  last_received_ns_ = -1;
  played_ = 0;
  file_.rewind();
  loaded_ = load_next();
}

void ReplayFeed::finish() {
  state_ = State::Ended;
  if (!options_.loop) return;
  // Ids start again from the beginning: every client has to start anew too, as after a planned cut.
  for (const auto& client : hub_.clients()) {
    if (client->closing) continue;
    client->closing = true;
    client->wire->close(1001, "replay starts again");
  }
  restart_books();
  state_ = State::Waiting;
}

std::int64_t ReplayFeed::due_ns() const { return started_ns_ + static_cast<std::int64_t>(static_cast<double>(position_ns_) / options_.rate); }

bool ReplayFeed::advance(Now now) {
  if (state_ == State::Waiting) {
    const bool subscribed =
        std::any_of(hub_.clients().begin(), hub_.clients().end(), [](const auto& client) { return !client->closing && !client->topics.empty(); });
    if (!subscribed || now.mono_ns - last_subscribed_ns_ < options_.start_after_ns) return false;
    start(now);
  }
  if (state_ != State::Playing) return false;
  const bool unpaced = options_.rate == 0;
  for (int i = 0; i < kFramesPerCall; ++i) {
    if (!loaded_) {
      finish();
      return false;
    }
    const bool hurried = unpaced || burst_ > 0;
    if (!hurried && due_ns() > now.mono_ns) return false;
    if (hurried && i % kFramesPerLook == 0 && hub_.queued_bytes_max() >= kSocketsFullBytes) return true;
    play(now);
    if (burst_ > 0 && --burst_ == 0 && !unpaced) {
      // The timeline goes on from where the burst has brought it.
      started_ns_ = now.mono_ns - static_cast<std::int64_t>(static_cast<double>(position_ns_) / options_.rate);
    }
    loaded_ = load_next();
  }
  return true;
}

void ReplayFeed::play(Now now) {
  static_cast<void>(now);
  ++played_;
  if (next_.kind == RecordedKind::Binary) {
    for (const auto& client : hub_.clients()) {
      if (!client->topics.empty()) hub_.send_binary(*client, next_.bytes);
    }
    return;
  }
  split_frame(next_.bytes, parts_);
  if (parts_.control) return;
  if (parts_.stream.empty()) {
    nameless_.clients.clear();
    for (const auto& client : hub_.clients()) {
      if (!client->topics.empty()) nameless_.clients.push_back(client.get());
    }
    hub_.publish(nameless_, parts_.payload, next_.bytes);
    return;
  }
  const auto it = streams_.find(parts_.stream);
  if (it == streams_.end()) return;  // the file changed under us
  Stream& stream = *it->second;
  if (stream.keeps_book_of != nullptr) {
    stream.keeps_book_of->book.apply(parts_.payload);
    stream.keeps_book_of->depth_played = true;
  }
  // A frame that was recorded bare gets the envelope of its connection; one that was recorded with it keeps every byte.
  const bool enveloped = parts_.payload.size() != next_.bytes.size();
  hub_.publish(stream, parts_.payload, enveloped ? std::string_view{next_.bytes} : std::string_view{});
}

bool ReplayFeed::has_symbol(Market market, std::string_view symbol) const {
  return market == this->market() && symbols_.find(symbol) != symbols_.end();
}

void ReplayFeed::exchange_symbols(Market market, std::span<const std::string> wanted, std::string& out) const {
  if (market != this->market()) return;
  bool first = true;
  for (const auto& [name, symbol] : symbols_) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    if (!first) out += ',';
    first = false;
    append_exchange_symbol(out, market, recorded_spec(name, symbol->recorded, market));
  }
}

std::optional<std::string> ReplayFeed::depth(Market market, std::string_view name, std::size_t limit, Now now) {
  Symbol& symbol = *symbols_.find(name)->second;
  if (symbol.answered) return symbol.book.answer(market, limit, now.utc_us / 1000);
  // As live: the snapshot never comes before the first event of a stream that somebody listens to.
  if (symbol.depth != nullptr && !symbol.depth->clients.empty() && !symbol.depth_played && state_ != State::Ended) return std::nullopt;
  symbol.answered = true;
  KeptBook first;
  if (symbol.recorded.snapshot.empty() || !first.load(symbol.recorded.snapshot)) {
    first.reset(recording_.usdm ? symbol.recorded.first_previous : symbol.recorded.first_id - 1);
    return first.answer(market, limit, now.utc_us / 1000);
  }
  return first.levels() <= limit ? symbol.recorded.snapshot : first.answer(market, limit, now.utc_us / 1000);
}

}  // namespace tidegate::sim::binance
