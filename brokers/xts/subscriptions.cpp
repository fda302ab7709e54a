#include "brokers/xts/subscriptions.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace tidegate::xts {
namespace {

constexpr std::string_view kSubscription = "/instruments/subscription";
constexpr std::string_view kQuotes = "/instruments/quotes";

/// {"instruments":[{"exchangeSegment":1,"exchangeInstrumentID":2885}],"xtsMessageCode":1501}; names are "1_2885".
std::string body_of(std::uint32_t code, const std::vector<std::string>& instruments, std::string_view more = {}) {
  std::string body = R"({"instruments":[)";
  for (const std::string& name : instruments) {
    const std::size_t bar = name.find('_');
    if (body.back() == '}') body += ',';
    body.append(R"({"exchangeSegment":)").append(name, 0, bar).append(R"(,"exchangeInstrumentID":)").append(name, bar + 1).append("}");
  }
  return body.append(R"(],"xtsMessageCode":)").append(std::to_string(code)).append(more).append("}");
}

}  // namespace

Subscriptions::Subscriptions(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, TokenKeeper& keeper,
                             common::FramePort& port, SubscriptionsOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      rest_(rest),
      keeper_(keeper),
      port_(port),
      owner_(owner),
      ledger_(settings.instruments_max),
      backoff_(config.reconnect_initial, config.reconnect_maximum, host.random_seed()),
      timer_(host.loop()),
      quotes_timer_(host.loop()),
      limit_words_("instruments_max is reached") {}

void Subscriptions::want(const std::string& instrument, CodeSet codes) {
  ledger_.want(instrument, codes);
  if (!timer_.pending()) timer_.start(Duration::zero(), [this] { pump(); });  // later: many wishes change together
}

void Subscriptions::login_opened() {
  ledger_.login_opened();
  quotes_due_.clear();
  limit_words_ = "instruments_max is reached";
  backoff_.reset();
  owner_.on_subscriptions_changed();
}

void Subscriptions::login_lost() {
  ledger_.login_lost();
  feed_down();
  owner_.on_subscriptions_changed();
}

void Subscriptions::feed_up() {
  up_ = true;
  for (const CodeOf& what : ledger_.carried()) ask_quotes(what);
  pump();
}

void Subscriptions::feed_down() {
  up_ = false;
  probe_due_ = false;
  quotes_due_.clear();  // asked for anew once the feed is up
  timer_.cancel();
  quotes_timer_.cancel();
}

void Subscriptions::stop() { feed_down(); }

// ---- subscribing ----

// One request at a time, so that the order of what is asked is the order of what is done.
void Subscriptions::pump() {
  if (!up_ || !keeper_.ready() || under_way_ == keeper_.generation()) return;
  if (const Duration wait = rest_.wait(RestLane::Subscriptions); wait > Duration::zero()) {
    if (ledger_.work_left()) timer_.start(wait, [this] { pump(); });
    return;
  }
  const auto request = ledger_.next(settings_.subscribe_batch);
  tell_without_room();
  if (!request) return owner_.on_subscriptions_changed();
  under_way_ = keeper_.generation();
  count(host_.counters().requests_sent);
  rest_.send(RestLane::Subscriptions, request->subscribe ? "POST" : "PUT", kSubscription, body_of(request->code, request->instruments),
             [this, request = *request, login = keeper_.generation()](RestAnswer&& answer) {
               if (login != keeper_.generation() || !keeper_.ready()) return;  // of an earlier login: void
               under_way_.reset();
               on_answer(request, std::move(answer));
             });
}

void Subscriptions::on_answer(const SubscriptionRequest& request, RestAnswer&& answer) {
  using Kind = RestAnswer::Kind;
  Duration pause{};
  switch (answer.kind) {
    case Kind::Success:
      backoff_.reset();
      on_success(request, std::move(answer));
      break;
    case Kind::TokenRejected:
      return keeper_.rejected(keeper_.generation(), answer.words);
    case Kind::RateLimited:
      ledger_.unanswered(request);
      break;
    case Kind::Unreachable:
      count(host_.counters().requests_timed_out);
      ledger_.unanswered(request);
      pause = backoff_.next();
      break;
    case Kind::AlreadySubscribed:
    case Kind::LimitReached:
    case Kind::NotFound:
    case Kind::Refused:
      on_refusal(request, answer);
      break;
  }
  owner_.on_subscriptions_changed();
  timer_.start(std::max(pause, rest_.wait(RestLane::Subscriptions)), [this] { pump(); });
}

void Subscriptions::on_success(const SubscriptionRequest& request, RestAnswer&& answer) {
  keeper_.proved(keeper_.generation());
  for (const CodeOf& what : ledger_.accepted(request, answer.remaining)) owner_.on_subscribed(what);
  if (!request.subscribe) return;
  // An answer may bring fewer snapshots than were asked for (section 3.2).
  if (answer.quotes < request.instruments.size()) {
    for (const std::string& instrument : request.instruments) ask_quotes({request.code, instrument});
  }
  if (answer.quotes > 0) push(kSubscription, std::move(answer.body));
}

// A batch is refused as a whole, so only what was asked for alone is judged; the ledger asks for the rest in halves.
void Subscriptions::on_refusal(const SubscriptionRequest& request, const RestAnswer& answer) {
  using Kind = RestAnswer::Kind;
  if (answer.kind != Kind::AlreadySubscribed) {
    count(host_.counters().requests_refused);
    if (const auto kept_back = log_.take(host_.clock().mono())) {
      spdlog::warn("{}: {} of {} instruments refused: {} ({} more were left out)", config_.name,
                   request.subscribe ? "subscription" : "unsubscription", request.instruments.size(), answer.words, *kept_back);
    }
  }
  if (!request.subscribe) {  // what cannot be unsubscribed is not subscribed
    static_cast<void>(ledger_.accepted(request, answer.remaining));
  } else if (answer.kind == Kind::AlreadySubscribed && request.instruments.size() == 1) {
    for (const CodeOf& what : ledger_.found_subscribed(request, answer.remaining)) owner_.on_subscribed(what);
    ask_quotes({request.code, request.instruments.front()});
  } else if (answer.kind == Kind::LimitReached) {
    limit_words_ = answer.words;
    ledger_.over_limit(request);
    tell_without_room();
  } else {
    for (const CodeOf& what : ledger_.refused(request)) owner_.on_refused(what, answer.words);
  }
}

void Subscriptions::tell_without_room() {
  for (const CodeOf& what : ledger_.take_without_room()) owner_.on_without_room(what, limit_words_);
}

// ---- quotes ----

// Candles have none: the next bar is whole.
void Subscriptions::ask_quotes(const CodeOf& what) {
  if (what.code == message_code::kCandle) return;
  quotes_due_[what.code].insert(what.instrument);
  if (!quotes_timer_.pending()) quotes_timer_.start(Duration::zero(), [this] { pump_quotes(); });
}

bool Subscriptions::probe() {
  if (!up_ || rest_.wait(RestLane::Quotes) >= settings_.probe_timeout) return false;
  probe_due_ = true;
  pump_quotes();
  return true;
}

void Subscriptions::pump_quotes() {
  if (!up_ || !keeper_.ready() || quotes_under_way_ == keeper_.generation()) return;
  std::erase_if(quotes_due_, [](const auto& due) { return due.second.empty(); });
  if (quotes_due_.empty() && !probe_due_) return;
  const Duration wait = std::max(rest_.wait(RestLane::Quotes), probe_due_ ? Duration::zero() : quotes_not_before_ - host_.clock().mono());
  if (wait > Duration::zero()) {
    return quotes_timer_.start(wait, [this] { pump_quotes(); });
  }
  if (std::exchange(probe_due_, false)) {
    return ask(message_code::kTouchline, to_probe(), [this](RestAnswer&& answer) { on_probe(std::move(answer)); });
  }
  const std::uint32_t code = quotes_due_.begin()->first;
  std::set<std::string>& due = quotes_due_.begin()->second;
  std::vector<std::string> instruments;
  while (!due.empty() && instruments.size() < settings_.quotes_batch) {
    std::string instrument = std::move(due.extract(due.begin()).value());
    if (ledger_.carries(code, instrument)) instruments.push_back(std::move(instrument));
  }
  if (instruments.empty()) return pump_quotes();
  auto done = [this, code, instruments](RestAnswer&& answer) { on_quotes(code, instruments, std::move(answer)); };
  ask(code, instruments, std::move(done));
}

void Subscriptions::ask(std::uint32_t code, const std::vector<std::string>& instruments, RestClient::Done done) {
  quotes_under_way_ = keeper_.generation();
  rest_.send(RestLane::Quotes, "POST", kQuotes, body_of(code, instruments, R"(,"publishFormat":"JSON")"),
             [this, done = std::move(done), login = keeper_.generation()](RestAnswer&& answer) {
               if (login != keeper_.generation() || !keeper_.ready()) return;
               quotes_under_way_.reset();
               if (answer.kind == RestAnswer::Kind::TokenRejected) return keeper_.rejected(login, answer.words);
               done(std::move(answer));
               pump_quotes();
             });
}

// Snapshots are a help, not a need: those that are refused are left out, those that were not answered are asked for again.
void Subscriptions::on_quotes(std::uint32_t code, const std::vector<std::string>& instruments, RestAnswer&& answer) {
  using Kind = RestAnswer::Kind;
  if (answer.kind == Kind::Success) {
    keeper_.proved(keeper_.generation());
    if (answer.quotes > 0) push(kQuotes, std::move(answer.body));
  } else if (up_ && (answer.kind == Kind::RateLimited || answer.kind == Kind::Unreachable)) {
    quotes_due_[code].insert(instruments.begin(), instruments.end());
    quotes_not_before_ = host_.clock().mono() + backoff_.next();
  }
}

/// Quotes of so many at once as fit: one of them is likely to have traded, whichever it is. Beginning behind those of the last probe.
std::vector<std::string> Subscriptions::to_probe() {
  std::set<std::string> carried;
  for (CodeOf& what : ledger_.carried()) carried.insert(std::move(what.instrument));
  std::vector<std::string> chosen(carried.upper_bound(probed_), carried.end());
  chosen.insert(chosen.end(), carried.begin(), carried.upper_bound(probed_));
  if (chosen.size() > settings_.quotes_batch) chosen.resize(settings_.quotes_batch);
  if (!chosen.empty()) probed_ = chosen.back();
  return chosen;
}

void Subscriptions::on_probe(RestAnswer&& answer) {
  using Kind = RestAnswer::Kind;
  if (answer.kind == Kind::Unreachable) return;  // the connection is cut when the time is up
  std::optional<UtcTime> updated;
  if (answer.kind == Kind::Success) updated = newest_update(answer.body, host_.clock().utc());
  if (answer.quotes > 0) push(kQuotes, std::move(answer.body));
  owner_.on_probe_answer(updated);
}

void Subscriptions::push(std::string_view path, std::string&& body) {
  if (!up_) return;  // what the feed does not follow would pass for live
  port_.rest("POST " + settings_.root_path + std::string{path}, std::move(body));
}

}  // namespace tidegate::xts
