#include "tests/chaos/run.hpp"

#include <rapidjson/document.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <utility>

#include "tests/support/canonical_decimal.hpp"
#include "tools/common/resident_memory.hpp"

namespace tidegate::chaos {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr seconds kRecoveryMax{60};  // on a machine that does other things as well
constexpr std::size_t kReturning = 4;
constexpr std::size_t kConflating = 2;
constexpr milliseconds kBooksInterval{500};
constexpr seconds kUnchanged{5};  // longer than return_after in market.cpp

/// No file of this process may grow any more, as on a full disk; and back.
void fill_disk(bool full) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = full ? 0 : limit.rlim_max;
  std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// Empty: there is none.
std::string first_difference(const std::string& ours, const std::string& theirs) {
  const auto [our, their] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  if (our == ours.end() && their == theirs.end()) return {};
  const auto line = [](const std::string& text, std::size_t at) {
    const std::size_t begin = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
    return std::to_string(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(from), '\n')) + " of " +
           std::to_string(std::count(text.begin(), text.end(), '\n')) + " is \"" + text.substr(from, text.find('\n', from) - from) + "\"";
  };
  return "our line " + line(ours, static_cast<std::size_t>(our - ours.begin())) + ", the venue's " +
         line(theirs, static_cast<std::size_t>(their - theirs.begin()));
}

std::vector<std::string> streams_of(const std::vector<Wish>& wishes) {
  std::vector<std::string> streams;
  for (const Wish& wish : wishes) {
    for (const std::string& symbol : wish.symbols) streams.push_back(symbol + " " + wish.channel);
  }
  return streams;
}

}  // namespace

void Report::add(const Report& other) {
  for (const auto& [name, count] : other.faults) faults[name] += count;
  const double worst = recoveries.empty() ? 0 : *std::max_element(recoveries.begin(), recoveries.end());
  const double others = other.recoveries.empty() ? 0 : *std::max_element(other.recoveries.begin(), other.recoveries.end());
  if (others > worst) slowest = other.slowest;
  recoveries.insert(recoveries.end(), other.recoveries.begin(), other.recoveries.end());
  totals.add(other.totals);
  memory_growth_kib = std::max(memory_growth_kib, other.memory_growth_kib);
  broken.insert(broken.end(), other.broken.begin(), other.broken.end());
}

Run::Run(std::uint64_t seed) : random_(seed), seed_(seed), gateway_(market_.yaml(caches_.path().string()), all_adapters(), &clock_) { fleet(); }

void Run::fleet() {
  const std::uint16_t port = gateway_.port();
  steady_ = std::make_unique<StrictSubscriber>(loop_, port, "steady", Market::wishes());
  steady_->connect();
  for (std::size_t i = 0; i < kReturning; ++i) {
    returning_.push_back(std::make_unique<StrictSubscriber>(loop_, port, "returning " + std::to_string(i), Market::wishes()));
    returning_.back()->connect();
    next_move_.push_back(SteadyClock::now() + milliseconds{random(3'000)});
  }
  for (std::size_t i = 0; i < kConflating; ++i) {
    std::vector<Wish> wishes = Market::wishes();
    for (Wish& wish : wishes) wish.options += std::string(wish.options.empty() ? "" : ",") + R"("conflate":")" + (i == 0 ? "latest" : "300ms") + "\"";
    conflating_.push_back(std::make_unique<StrictSubscriber>(loop_, port, "conflating " + std::to_string(i), std::move(wishes)));
    conflating_.back()->connect();
  }
}

Report Run::run(seconds duration) {
  const std::vector<std::string> all = streams_of(Market::wishes());
  if (!wait_until(kRecoveryMax, [&] { return steady_->all_flow(all, {}); })) note_broken("not every stream began to flow");
  note_wanted();
  begin_ = SteadyClock::now();
  const auto end = begin_ + duration;
  events_ = make_schedule(seed_, duration);
  next_machine_fault_ = begin_ + seconds{1};
  std::size_t memory = 0;
  while (SteadyClock::now() < end) {
    turn(milliseconds{20});
    const auto now = SteadyClock::now();
    if (memory == 0 && now > begin_ + duration / 3) memory = tools::resident_kib();
    move_fleet(now);
    mend_lines(now);
    disturb(now);
    disturb_machine(now);
    for (Broker& broker : market_.brokers()) look_after(broker, now);
  }
  settle();
  const std::size_t at_end = tools::resident_kib();
  report_.memory_growth_kib = at_end > memory ? at_end - memory : 0;
  compare_books();
  for (const auto* group : {&returning_, &conflating_}) {
    for (const auto& subscriber : *group) {
      report_.totals.add(subscriber->totals());
      for (const std::string& what : subscriber->broken()) note_broken(what);
    }
  }
  report_.totals.add(steady_->totals());
  for (const std::string& what : steady_->broken()) note_broken(what);
  return std::move(report_);
}

/// Who takes over for a moment at the start has given back what it held once nothing has changed for longer than that takes.
void Run::note_wanted() {
  auto unchanged_since = SteadyClock::now();
  const bool settled = wait_until(kRecoveryMax, [&] {
    for (Broker& broker : market_.brokers()) {
      std::multiset<std::string> held = broker.held();
      if (held == wanted_[broker.name]) continue;
      wanted_[broker.name] = std::move(held);
      unchanged_since = SteadyClock::now();
    }
    return SteadyClock::now() - unchanged_since > kUnchanged;
  });
  if (!settled) note_broken("subscriptions come and go by themselves");
}

void Run::turn(milliseconds duration) { loop_.run_for(duration); }

bool Run::wait_until(seconds limit, const std::function<bool()>& done) {
  const auto end = SteadyClock::now() + limit;
  while (!done()) {
    if (SteadyClock::now() > end) return false;
    turn(milliseconds{20});
  }
  return true;
}

void Run::note_broken(const std::string& what) { report_.broken.push_back("seed " + std::to_string(seed_) + ": " + what); }

/// Those who return go and come; a visitor asks for something for a while.
void Run::move_fleet(Time now) {
  for (std::size_t i = 0; i < returning_.size(); ++i) {
    if (now < next_move_[i]) continue;
    if (returning_[i]->connected()) {
      returning_[i]->drop();
      next_move_[i] = now + milliseconds{random(1'500)};
    } else {
      returning_[i]->connect();
      next_move_[i] = now + milliseconds{500 + random(4'000)};
    }
  }
  if (visitor_.subscriber != nullptr && now < visitor_.leaves_at) return;
  if (visitor_.subscriber != nullptr) {
    report_.totals.add(visitor_.subscriber->totals());
    for (const std::string& what : visitor_.subscriber->broken()) note_broken(what);
    visitor_.subscriber->drop();
  }
  const std::vector<Wish> some = {{"ticker", {"BINANCE:BTCUSDT", "NSE:INFY"}, ""},
                                  {"trade", {"BINANCE:ETHUSDT"}, R"("snapshot":false)"},
                                  {"orderbook", {"BINANCE:ETHUSDT", "NSE:INFY"}, R"("depth":5)"},
                                  {"quote", {"NSE:SBIN", "BSE:RELIANCE", "NASDAQ:MSFT"}, ""}};
  std::vector<Wish> wishes;
  for (const Wish& wish : some) {
    if (random(2) == 0) wishes.push_back(wish);
  }
  visitor_.subscriber = std::make_unique<StrictSubscriber>(loop_, gateway_.port(), "visitor", std::move(wishes));
  visitor_.subscriber->connect();
  visitor_.leaves_at = now + milliseconds{200 + random(2'500)};
}

/// All of it beforehand: the same seed gives the same faults at the same times, whatever the gateway makes of them.
std::vector<Run::Event> Run::make_schedule(std::uint64_t seed, seconds duration) {
  std::mt19937_64 random{seed};
  std::vector<Event> events;
  for (milliseconds at{1'000}; at < duration; at += milliseconds{100 + random() % 1'500}) {
    const std::size_t broker = random() % market_.brokers().size();
    const std::vector<Fault>& faults = faults_of(market_.brokers()[broker].name);
    std::uint64_t weights = 0;
    for (const Fault& fault : faults) weights += static_cast<std::uint64_t>(fault.weight);
    std::uint64_t choice = random() % weights;
    const auto chosen = std::find_if(faults.begin(), faults.end(), [&](const Fault& fault) {
      const auto weight = static_cast<std::uint64_t>(fault.weight);
      if (choice < weight) return true;
      choice -= weight;
      return false;
    });
    events.push_back({at, broker, &*chosen, milliseconds{chosen->weight == 1 ? 2'500 : random() % 600}, milliseconds{200 + random() % 3'000}});
  }
  return events;
}

void Run::disturb(Time now) {
  for (; next_event_ < events_.size() && now >= begin_ + events_[next_event_].at; ++next_event_) {
    const Event& event = events_[next_event_];
    strike(market_.brokers()[event.broker], event, now);
  }
}

void Run::strike(Broker& broker, const Event& event, Time now) {
  const Fault& fault = *event.fault;
  ++report_.faults[broker.name + " " + fault.text];
  const bool already = troubles_.contains(broker.name);
  Trouble& trouble = troubles_[broker.name];
  trouble.since = now;
  trouble.fault = (already ? trouble.fault + ", " : std::string{}) + fault.text;
  trouble.data_before = steady_->data_counts();
  if (!already) trouble.stale_before = steady_->totals().told_stale;
  trouble.breaks = trouble.breaks || fault.breaks;
  trouble.heal_at = now + event.heals_after;
  trouble.healed = false;
  if (fault.text == "freeze") {
    broker.freeze(event.frozen_for);
  } else if (fault.text == "packet-loss") {
    trouble.heal_at = now + event.frozen_for;
    BrokenLine& line = broken_lines_[broker.name];
    if (line.loss == nullptr) line.loss = std::make_unique<PacketLoss>(broker.port);
    line.until = trouble.heal_at;
  } else {
    broker.inject(fault.text);
    if (!fault.then.empty()) broker.inject(fault.then);
  }
}

void Run::mend_lines(Time now) {
  std::erase_if(broken_lines_, [now](const auto& line) { return now >= line.second.until; });
}

/// What happens to the machine itself, for some seconds each.
void Run::disturb_machine(Time now) {
  if (machine_ill_ && now >= machine_heals_at_) {
    fill_disk(false);
    clock_.set_wrong_by({});
    machine_ill_ = false;
  }
  if (machine_ill_ || now < next_machine_fault_) return;
  next_machine_fault_ = now + seconds{10 + static_cast<std::int64_t>(random(20))};
  machine_heals_at_ = now + milliseconds{500 + random(4'000)};
  machine_ill_ = true;
  switch (random(3)) {
    case 0:
      ++report_.faults["machine: disk full"];
      return fill_disk(true);
    case 1:
      ++report_.faults["machine: clock an hour ahead"];
      return clock_.set_wrong_by(std::chrono::hours{1});
    default:
      ++report_.faults["machine: clock an hour behind"];
      return clock_.set_wrong_by(-std::chrono::hours{1});
  }
}

/// Ends what lasts, and sees whether the broker's streams flow again.
void Run::look_after(Broker& broker, Time now) {
  const auto found = troubles_.find(broker.name);
  if (found == troubles_.end()) return;
  Trouble& trouble = found->second;
  if (!trouble.healed && now < trouble.heal_at) return;
  if (!std::exchange(trouble.healed, true) && broker.resumes) broker.inject("resume");
  const bool told = !trouble.breaks || steady_->totals().told_stale > trouble.stale_before;
  if (told && steady_->all_flow(broker.streams, trouble.data_before)) {
    const double took = std::chrono::duration<double>(now - trouble.since).count();
    const bool slowest = report_.recoveries.empty() || took > *std::max_element(report_.recoveries.begin(), report_.recoveries.end());
    if (slowest) report_.slowest = broker.name + " " + trouble.fault;
    report_.recoveries.push_back(took);
    troubles_.erase(found);
  } else if (now > trouble.since + kRecoveryMax) {
    std::string missing;
    for (const std::string& stream : broker.streams) {
      if (!steady_->all_flow({stream}, trouble.data_before)) missing += ", " + stream + " (" + steady_->streams().at(stream).state + ")";
    }
    note_broken(broker.name + ": after " + trouble.fault + (told ? "" : ", which nobody was told of") + ", no recovery: " + missing);
    troubles_.erase(found);
  }
}

/// Nothing more happens: everything must come back, and every broker must hold again what it held at the start.
void Run::settle() {
  fill_disk(false);
  clock_.set_wrong_by({});
  broken_lines_.clear();
  if (visitor_.subscriber != nullptr) visitor_.subscriber->drop();
  for (const auto& subscriber : returning_) {
    if (!subscriber->connected()) subscriber->connect();
  }
  for (Broker& broker : market_.brokers()) {
    if (broker.resumes) broker.inject("resume");
  }
  const auto before = steady_->data_counts();
  for (Broker& broker : market_.brokers()) {
    if (!wait_until(kRecoveryMax, [&] { return steady_->all_flow(broker.streams, before); }))
      note_broken(broker.name + " did not come back in the end");
    if (wait_until(kRecoveryMax, [&] { return broker.held() == wanted_[broker.name]; })) continue;
    std::string held, wanted;
    for (const std::string& one : broker.held()) held += one + " ";
    for (const std::string& one : wanted_[broker.name]) wanted += one + " ";
    note_broken(broker.name + " holds " + held + "and not " + wanted);
  }
}

/// The market stands still for a while, so that there is one truth, and whatever is under way arrives.
void Run::compare_books() {
  std::vector<std::pair<std::string, std::string>> different = {{"BTCUSDT", ""}, {"ETHUSDT", ""}};  // symbols, and how
  market_.broker("binance").inject("quiet=" + std::to_string(kRecoveryMax.count()));
  const bool equal = wait_until(kRecoveryMax, [&] {
    turn(kBooksInterval);
    std::erase_if(different, [&](auto& symbol) {
      const std::string theirs = venue_book(symbol.first);
      symbol.second = first_difference(steady_->streams().at("BINANCE:" + symbol.first + " orderbook").book, theirs);
      return symbol.second.empty();
    });
    return different.empty();
  });
  if (equal) return;
  for (const auto& [symbol, how] : different) note_broken("the book of " + symbol + " is not the venue's: " + how);
}

std::string Run::venue_book(const std::string& symbol) {
  std::string lines;
  bool done = false;
  net::HttpCall call;
  call.url = market_.book_url(symbol);
  http_.send(std::move(call), loop_, [&](net::HttpAnswer&& answer) {
    rapidjson::Document book;
    book.Parse(answer.body.data(), answer.body.size());
    if (!book.HasParseError() && book.IsObject() && book.HasMember("bids")) {
      for (const char* const side : {"bids", "asks"}) {
        lines.append(side).append("\n");
        for (const auto& level : book[side].GetArray()) {
          lines.append(test::canonical_decimal(level[0].GetString())).append(" ").append(test::canonical_decimal(level[1].GetString())).append("\n");
        }
      }
    }
    if (lines.empty()) lines = "no book: " + std::to_string(answer.status) + " " + answer.error + answer.body.substr(0, 100);
    done = true;
  });
  static_cast<void>(wait_until(kRecoveryMax, [&] { return done; }));
  return lines;
}

}  // namespace tidegate::chaos
