// Whatever readers do, each number of each stream comes once, or is in one gap, or is one that a conflated message stands for.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

constexpr Channel kChannels[] = {Channel::Trade, Channel::Quote, Channel::OrderBook, Channel::Candle1m, Channel::Status};
constexpr std::size_t kSymbols = 3;

std::string symbol_of(InstrumentId instrument) {
  return instrument == kBtc ? "BINANCE:BTCUSDT" : instrument == kEth ? "BINANCE:ETHUSDT" : "BINANCE:X0";
}
InstrumentId instrument_of(std::size_t i) { return InstrumentId{i < 2 ? static_cast<std::uint32_t>(i) : 3U}; }

bool flagged(const std::string& message, const char* flag) {
  const std::size_t at = message.find("\"flags\":[");
  return at != std::string::npos && message.substr(at, message.find(']', at) - at).find(flag) != std::string::npos;
}

std::string channel_name(const std::string& message) {
  const std::string type = field(message, "type");
  return type == "candle" ? "candle_1m" : type;
}

/// One program that may lose its connection, and comes back where it was.
class Program {
 public:
  Program(HubFixture& fixture, std::mt19937& random, std::string conflate, bool drops)
      : fixture_(fixture), random_(random), conflate_(std::move(conflate)), drops_(drops) {
    connect();
  }
  ~Program() { fixture_.leave(*connection_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void take(std::size_t bytes) {
    connection_->take(bytes);
    read();
  }
  /// The socket dies with whatever waits; or the gateway closed it, and what was said last is read.
  void come_back() {
    if (connection_->closed_code != 0) take(connection_->queued);
    fixture_.leave(*connection_);
    connect();
  }
  void step() {
    switch (random_() % 6) {
      case 0:
        connection_->kernel_room = random_() % 3 == 0 ? 0 : random_() % 4'000;
        break;
      case 1:
        if (drops_ && random_() % 30 == 0) come_back();
        break;
      default:
        take(random_() % 3'000);
    }
    if (connection_->closed_code != 0) {
      CHECK(connection_->closed_code == 4021);
      ++farewells;
      come_back();
    }
  }
  [[nodiscard]] bool idle() const { return connection_->queued == 0; }

  std::map<std::string, std::uint64_t> last;  // "SYMBOL@channel": the last number accounted for
  int farewells = 0;
  int gaps = 0;
  int replayed = 0;
  int conflated = 0;

 private:
  void connect() {
    connection_ = std::make_unique<FakeConnection>();
    seen_ = 0;
    fixture_.join(*connection_);
    for (std::size_t i = 0; i < kSymbols; ++i) {
      for (const Channel channel : kChannels) {
        const std::string symbol = symbol_of(instrument_of(i));
        std::string options = R"({"depth":3,"conflate":")" + conflate_ + "\"";
        if (const auto known = last.find(symbol + "@" + std::string(to_text(channel))); known != last.end())
          options += R"(,"epoch":"e1","since":)" + std::to_string(known->second);
        fixture_.ask(*connection_, R"({"op":"subscribe","channels":[")" + std::string(to_text(channel)) + R"("],"symbols":[")" + symbol +
                                       R"("],"options":)" + options + "}}");
      }
    }
  }

  void read() {
    const std::size_t left = connection_->left_count();
    for (; seen_ < left; ++seen_) on_message(connection_->messages[seen_]);
  }

  void on_message(const std::string& message) {
    CAPTURE(message);
    CHECK(message.find("4040") == std::string::npos);
    const std::string type = field(message, "type");
    if (type == "gap") {
      std::uint64_t& number = last[field(message, "symbol") + "@" + field(message, "channel")];
      if (number != 0) REQUIRE(std::stoull(field(message, "from_seq")) == number + 1);
      number = std::stoull(field(message, "to_seq"));
      ++gaps;
    }
    if (field(message, "seq").empty()) return;
    const std::string key = field(message, "symbol") + "@" + channel_name(message);
    const std::uint64_t seq = std::stoull(field(message, "seq"));
    if (flagged(message, "replayed")) ++replayed;
    if (const auto known = last.find(key); known != last.end()) {
      CAPTURE(known->second);
      REQUIRE(seq > known->second);
      if (seq != known->second + 1) {
        REQUIRE(flagged(message, "conflated"));
        REQUIRE((type != "trade" || conflate_ != "none"));
        ++conflated;
      }
    }
    last[key] = seq;
    if (type == "trade" && !drops_ && farewells == 0 && !flagged(message, "snapshot")) {
      // The quantity says which quote was the newest when the trade came.
      const std::uint64_t quote = std::stoull(field(message, "quantity"));
      if (const auto known = last.find(field(message, "symbol") + "@quote"); known != last.end()) REQUIRE(known->second >= quote);
    }
  }

  HubFixture& fixture_;
  std::mt19937& random_;
  std::string conflate_;
  bool drops_;
  std::unique_ptr<FakeConnection> connection_;
  std::size_t seen_ = 0;
};

/// Random records of every kind, numbered without a repetition.
class Market {
 public:
  Market(HubFixture& fixture, std::mt19937& random) : fixture_(fixture), random_(random) {}

  void emit() {
    const InstrumentId instrument = instrument_of(random_() % kSymbols);
    const Channel channel = kChannels[random_() % 5 == 0 ? random_() % 5 : random_() % 3];
    std::uint64_t& seq = last[symbol_of(instrument) + "@" + std::string(to_text(channel))];
    switch (random_() % 40) {
      case 0: {  // lost upstream, and said so
        const std::uint64_t first = seq + 1;
        seq += 1 + random_() % 3;
        return fixture_.emit(gap(instrument, channel, first, seq));
      }
      case 1:  // lost upstream without a word
        seq += random_() % 3;
        break;
      case 2:
        return fixture_.emit(state(instrument, channel, random_() % 2 == 0 ? StreamState::Stale : StreamState::Live));
      default:
        break;
    }
    ++seq;
    switch (channel) {
      case Channel::Trade: {
        Trade made = trade(instrument, seq);
        made.header.quantity_exponent = 0;
        made.quantity = static_cast<std::int64_t>(last[symbol_of(instrument) + "@quote"]);
        return fixture_.emit(made);
      }
      case Channel::Quote:
        return fixture_.emit(quote(instrument, seq));
      case Channel::OrderBook:
        return fixture_.emit(Book(instrument, seq, static_cast<std::uint16_t>(random_() % 6)));
      case Channel::Status:
        return fixture_.emit(record<InstrumentStatus>(instrument, channel, seq));
      default: {
        Candle bar = record<Candle>(instrument, channel, seq);
        bar.closed = random_() % 4 == 0 ? 1 : 0;
        return fixture_.emit(bar);
      }
    }
  }

  std::map<std::string, std::uint64_t> last;

 private:
  HubFixture& fixture_;
  std::mt19937& random_;
};

}  // namespace

TEST_CASE("exactness: whatever readers do, every number comes once, or is told lost, or has one that stands for it") {
  int farewells = 0, gaps = 0, replayed = 0, conflated = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    DistributorOptions options = test_options();
    options.outbox_bytes = 2'000 + random() % 20'000;
    options.slow_reader_timeout = std::chrono::milliseconds{200 + random() % 2'000};
    options.replay.stream_bytes = std::size_t{1} << (10 + random() % 8);
    options.replay.window = std::chrono::seconds{1 + random() % 30};
    if (random() % 4 == 0) options.replay.total_bytes = 8'000;
    HubFixture fixture(options);
    Market market(fixture, random);
    std::vector<std::unique_ptr<Program>> programs;
    const std::string conflations[] = {"none", "none", "latest", "250ms", "1s"};
    for (int step = 0; step < 2'000; ++step) {
      if (programs.size() < 6 && random() % 40 == 0)
        programs.push_back(std::make_unique<Program>(fixture, random, conflations[random() % 5], random() % 2 == 0));
      for (auto records = random() % 12; records > 0; --records) market.emit();
      for (auto& program : programs) program->step();
      fixture.turn(std::chrono::milliseconds{random() % 40});
    }
    // Everybody reads, and nothing comes any more.
    for (int step = 0; step < 300; ++step) {
      for (auto& program : programs) {
        program->take(10'000'000);
        program->step();
      }
      fixture.turn(std::chrono::milliseconds{100});
    }
    for (auto& program : programs) {
      program->come_back();
      for (int step = 0; step < 40; ++step) {
        program->take(10'000'000);
        fixture.turn(std::chrono::milliseconds{100});
      }
      for (const auto& [key, seq] : market.last) {
        CAPTURE(key);
        if (program->last.contains(key)) CHECK(program->last[key] == seq);
      }
      farewells += program->farewells;
      gaps += program->gaps;
      replayed += program->replayed;
      conflated += program->conflated;
    }
  }
  // Each of these was met.
  CHECK(farewells > 10);
  CHECK(gaps > 100);
  CHECK(replayed > 100);
  CHECK(conflated > 100);
}
