// Random wishes, losses and pauses against a model that knows what should run: the order in which targets came, and who holds a line.
#include <doctest/doctest.h>

#include <random>

#include "tests/ibkr/streams_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// First come, first served, kept as two rows of targets.
struct Places {
  std::size_t maximum = 0;
  std::vector<std::string> holders{};
  std::vector<std::string> waiting{};

  void add(const std::string& target) { (holders.size() < maximum ? holders : waiting).push_back(target); }
  void remove(const std::string& target) {
    std::erase(waiting, target);
    if (std::erase(holders, target) == 0 || waiting.empty()) return;
    holders.push_back(waiting.front());
    waiting.erase(waiting.begin());
  }
  [[nodiscard]] bool holds(const std::string& target) const { return std::find(holders.begin(), holders.end(), target) != holders.end(); }
};

constexpr std::array kChannels = {Channel::Ticker, Channel::Quote, Channel::Status, Channel::OrderBook};
constexpr std::uint32_t kInstruments = 24;

struct Run {
  std::mt19937 random;
  ibkr::StreamSettings settings;
  StreamsFixture f;
  Places lines, ladders;
  std::map<std::string, std::set<Channel>> wanted{};  // by target, of market data
  std::set<std::string> books{};
  bool open = false;
  bool held = false;       // ever: what ran may have died of age meanwhile
  std::size_t seen = 0;    // commands
  std::size_t events = 0;  // seen
  std::map<common::WantKey, int> asked_events{}, waiting_events{};

  static ibkr::StreamSettings make(std::uint32_t seed) {
    std::mt19937 random{seed};
    const auto pick = [&random](std::uint32_t low, std::uint32_t high) { return std::uniform_int_distribution<std::uint32_t>{low, high}(random); };
    return {.lines_max = pick(1, 20), .depth_max = pick(0, 4), .commands_per_second = pick(2, 12), .renewal = 570s, .life = 15min, .seed = seed};
  }
  explicit Run(std::uint32_t seed) : random(seed), settings(make(seed)), f(settings), lines{settings.lines_max}, ladders{settings.depth_max} {}

  int pick(int n) { return std::uniform_int_distribution<int>{0, n - 1}(random); }

  void want(std::uint32_t instrument, Channel channel) {
    f.want(instrument, channel);
    const std::string target = f.target(instrument);
    if (channel == Channel::OrderBook) {
      if (books.insert(target).second) ladders.add(target);
      return;
    }
    if (wanted[target].empty()) lines.add(target);
    wanted[target].insert(channel);
  }
  void unwant(std::uint32_t instrument, Channel channel) {
    f.unwant(instrument, channel);
    const std::string target = f.target(instrument);
    if (channel == Channel::OrderBook) {
      if (books.erase(target) == 1) ladders.remove(target);
    } else if (const auto it = wanted.find(target); it != wanted.end()) {
      it->second.erase(channel);
      if (it->second.empty()) {
        wanted.erase(it);
        lines.remove(target);
      }
    }
    asked_events.erase({InstrumentId{instrument}, channel});
    waiting_events.erase({InstrumentId{instrument}, channel});
  }

  /// What was sent since the last look was right to send.
  void look() {
    for (; seen < f.broker.commands.size(); ++seen) {
      const std::string& command = f.broker.commands[seen];
      CHECK(open);
      const std::string target = command.substr(4, command.find("+{") - 4);
      if (command.starts_with("smd+")) {
        CHECK(lines.holds(target));
        for (const Channel channel : wanted[target]) {
          const std::string whole = ibkr_command(target, channel);
          for (const std::string& field : fields_in(whole)) CHECK(fields_in(command).contains(field));
        }
      } else if (command.starts_with("umd+")) {
        CHECK_FALSE(lines.holds(target));
      } else if (command.starts_with("sbd+")) {
        CHECK(ladders.holds(command.substr(std::string_view{"sbd+DU1+"}.size())));
      }
    }
    for (; events < f.events.size(); ++events) {
      const ibkr::StreamEvent& event = f.events[events];
      const bool asked = event.kind == ibkr::StreamEvent::Kind::Asked;
      ++(asked ? asked_events : waiting_events)[event.key];
      if (!asked) CHECK_FALSE(event.words.empty());
    }
    for (const auto& [key, times] : waiting_events) CHECK(times == 1);
    for (const auto& [key, times] : asked_events) CHECK(times <= 1);
    CHECK(f.broker.lines_max <= settings.lines_max);
    CHECK(f.broker.ladders_max <= settings.depth_max);
  }
  static std::string ibkr_command(const std::string& target, Channel channel);

  void run(Duration duration) {
    f.run(duration);
    look();
  }

  void step() {
    const auto instrument = static_cast<std::uint32_t>(pick(kInstruments));
    const Channel channel = kChannels[static_cast<std::size_t>(pick(kChannels.size()))];
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return want(instrument, channel);
      case 4:
      case 5:
      case 6:
        return unwant(instrument, channel);
      case 7:
        return f.data(instrument);
      case 8:
        return run(Duration{std::chrono::milliseconds{pick(3'000)}});
      case 9:
        return run(Duration{std::chrono::seconds{pick(400)}});
      case 10:
        if (pick(3) != 0) return;
        return lose();
      default:
        if (pick(2) != 0) return;
        return open_again();
    }
  }
  void lose() {
    look();
    open = false;
    if (pick(2) == 0) {
      f.lost();
    } else {
      f.streams.hold();
      held = true;
    }
  }
  void open_again() {
    look();
    // What ran when the brokerage session was lost runs on or not; if on, then not for ever.
    f.broker.expire(f.now);
    open = true;
    asked_events.clear();
    f.ready();
    look();
    while (f.streams.counts().asked < lines.holders.size() + ladders.holders.size()) run(1s);
    f.broker.expired = 0;
  }
};

std::string Run::ibkr_command(const std::string& target, Channel channel) {
  switch (channel) {
    case Channel::Status:
      return "smd+" + target + R"(+{"fields":["31","6509"]})";
    case Channel::Quote:
      return "smd+" + target + R"(+{"fields":["31","84","85","86","88","6509"]})";
    default:
      return "smd+" + target + R"(+{"fields":["31","70","71","82","83","84","85","86","87","88","7059","7295","7741","7762","6509"]})";
  }
}

}  // namespace

TEST_CASE("ibkr streams: whatever is wished, withdrawn and lost, what should run runs, within the lines and the pace, and nothing dies of age") {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Run run(seed);
    for (int i = 0; i < 250; ++i) {
      run.step();
      if (run.open) REQUIRE(run.f.broker.expired == 0);
    }
    run.open_again();
    run.run(30s);
    std::set<std::string> streams;
    for (const auto& [target, stream] : run.f.broker.streams) streams.insert(target);
    CHECK(streams == std::set<std::string>(run.lines.holders.begin(), run.lines.holders.end()));
    std::set<std::string> ladders;
    for (const std::string& target : run.ladders.holders) ladders.insert("DU1+" + target);
    CHECK(run.f.broker.ladders == ladders);
    if (!run.held) CHECK(run.f.broker.ended_in_vain == 0);
    CHECK(run.f.broker.busiest_second() <= run.settings.commands_per_second);
    // And calm is calm: nothing but renewals.
    const std::uint64_t before = run.f.streams.counts().renewals + run.f.streams.counts().suspicions;
    const std::uint64_t renewals = run.f.streams.counts().renewals;
    const std::size_t commands = run.f.broker.commands.size();
    run.run(30min);
    const std::uint64_t after = run.f.streams.counts().renewals + run.f.streams.counts().suspicions;
    CHECK(run.f.broker.commands.size() - commands == after - before);
    CHECK(run.f.streams.counts().renewals <= 4 * run.lines.holders.size() + renewals);
    CHECK(run.f.broker.expired == 0);
    CHECK(run.f.streams.counts().waiting == run.lines.waiting.size() + run.ladders.waiting.size());
  }
}
