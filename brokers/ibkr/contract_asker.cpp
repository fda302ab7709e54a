#include "brokers/ibkr/contract_asker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/safe_text.hpp"

namespace tidegate::ibkr {
namespace {

using Step = ContractWish::Request;

/// Requests under way at once: the session paces them, and has others.
constexpr std::size_t kRequestsMax = 3;
/// Symbols of one trsrv/stocks, and bytes of them.
constexpr std::size_t kSymbolsMax = 25;
constexpr std::size_t kSymbolsBytesMax = 1'000;
/// Answers that cannot be read until a text is given up.
constexpr std::uint32_t kFaultsMax = 5;

}  // namespace

ContractAsker::ContractAsker(SessionHost& host, Duration retry_first, Duration retry_longest, Ask ask, Events events)
    : host_(host),
      retry_first_(retry_first),
      retry_longest_(retry_longest),
      ask_(std::move(ask)),
      events_(std::move(events)),
      timer_(host.loop()),
      backoff_(retry_first, retry_longest, host.random_seed()) {}

bool ContractAsker::add(const std::string& text, ContractQuery query) {
  if (holds(text)) return true;
  if (waiting_.size() >= kWaitingMax) return false;
  waiting_.emplace(text, Waiting{.wish = ContractWish{std::move(query)}});
  ready_.push_back(text);
  kick();
  return true;
}

void ContractAsker::tell_root(const std::string& root) {
  if (!going_ || told(root) || !root_faults_.emplace(root, 0).second) return;
  roots_ready_.push_back(root);
  kick();
}

void ContractAsker::go() {
  hold();
  going_ = true;
  kick();
}

void ContractAsker::hold() {
  going_ = false;
  ++*epoch_;
  under_way_ = 0;
  paused_until_ = {};
  backoff_.reset();
  told_roots_.clear();
  roots_ready_.clear();
  root_faults_.clear();
  delayed_.clear();
  ready_.clear();
  for (const auto& [text, waiting] : waiting_) ready_.push_back(text);
  timer_.cancel();
}

void ContractAsker::kick() {
  if (going_) timer_.start(Duration::zero(), [this] { on_time(); });
}

void ContractAsker::on_time() {
  const MonoTime now = host_.clock().mono();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    ready_.push_back(std::move(delayed_.begin()->second));
    delayed_.erase(delayed_.begin());
  }
  while (going_ && under_way_ < kRequestsMax && host_.clock().mono() >= paused_until_) {
    auto request = next_request();
    if (!request) break;
    send(std::move(*request));
  }
  schedule();
}

void ContractAsker::schedule() {
  std::optional<MonoTime> due;
  if (under_way_ < kRequestsMax && (!ready_.empty() || !roots_ready_.empty())) due = paused_until_;
  if (!delayed_.empty()) due = due ? std::min(*due, delayed_.begin()->first) : delayed_.begin()->first;
  if (!going_ || !due) return timer_.cancel();
  timer_.start(std::max(*due - host_.clock().mono(), Duration::zero()), [this] { on_time(); });
}

std::optional<ContractAsker::Request> ContractAsker::next_request() {
  Request request;
  if (!roots_ready_.empty()) {
    request.root = std::move(roots_ready_.front());
    roots_ready_.pop_front();
    request.step.request = Step::Search;
    request.step.symbol = request.root;
    return request;
  }
  if (ready_.empty()) return std::nullopt;
  request.texts.push_back(std::move(ready_.front()));
  ready_.pop_front();
  const Waiting& first = waiting_.at(request.texts.front());
  request.step = first.wish.next();
  if (request.step.request == Step::Shares && first.faults == 0) add_texts(request);
  return request;
}

// More texts whose shares can be asked for with the first one's. Those that failed before are asked for alone: they may be the reason.
void ContractAsker::add_texts(Request& request) {
  std::size_t bytes = request.step.symbol.size();
  for (auto it = ready_.begin(); it != ready_.end() && request.texts.size() < kSymbolsMax && bytes < kSymbolsBytesMax;) {
    const Waiting& waiting = waiting_.at(*it);
    if (waiting.wish.next().request != Step::Shares || waiting.faults > 0) {
      ++it;
      continue;
    }
    bytes += waiting.wish.next().symbol.size() + 1;
    request.texts.push_back(std::move(*it));
    it = ready_.erase(it);
  }
}

std::string ContractAsker::path_of(const Request& request) const {
  const ContractWish::Step& step = request.step;
  if (step.request == Step::Search) return "/iserver/secdef/search?symbol=" + common::percent_encoded(step.symbol);
  if (step.request == Step::Info) {
    const std::string path = "/iserver/secdef/info?conid=" + std::to_string(step.conid) + "&sectype=" + std::string{step.type};
    return step.month.empty() ? path : path + "&month=" + step.month;
  }
  std::set<std::string> symbols;  // several texts may ask for one
  for (const std::string& text : request.texts) symbols.insert(waiting_.at(text).wish.next().symbol);
  std::string path = "/trsrv/stocks?symbols=";
  for (const std::string& symbol : symbols) path += (path.ends_with('=') ? "" : ",") + common::percent_encoded(symbol);
  return path;
}

void ContractAsker::send(Request request) {
  std::string path = path_of(request);
  ++under_way_;
  ask_(std::move(path),
       [this, request = std::move(request), epoch = std::weak_ptr{epoch_}, sent = *epoch_, done = false](int status, std::string_view body) mutable {
         const auto now = epoch.lock();
         if (!now || *now != sent || std::exchange(done, true)) return;
         --under_way_;
         on_answer(request, status, body);
         kick();
       });
}

void ContractAsker::on_answer(const Request& request, int status, std::string_view body) {
  switch (judge_contract_answer(status, body)) {
    case AnswerKind::Good:
      backoff_.reset();
      return on_good(request, body);
    case AnswerKind::TryLater:
      return try_later(request);
    case AnswerKind::LoginMissing:
      return hold();
    case AnswerKind::Refused:
      return on_refused(request);
    case AnswerKind::Bad:
      return on_fault(request);
  }
}

void ContractAsker::try_later(const Request& request) {
  paused_until_ = host_.clock().mono() + backoff_.next();
  if (!request.root.empty()) roots_ready_.push_back(request.root);
  ready_.insert(ready_.begin(), request.texts.begin(), request.texts.end());
}

void ContractAsker::on_refused(const Request& request) {
  if (!request.root.empty()) return root_told(request.root);
  if (request.texts.size() > 1) return on_fault(request);  // it may be about one of them: each is asked for alone
  waiting_.at(request.texts.front()).wish.take_nothing();
  proceed(request.texts.front());
}

void ContractAsker::on_fault(const Request& request) {
  count(host_.counters().rest_failures);
  if (!request.root.empty()) {
    if (++root_faults_[request.root] >= kFaultsMax) return root_told(request.root);  // its streams may work all the same
    return try_later(request);
  }
  for (const std::string& text : request.texts) {
    Waiting& waiting = waiting_.at(text);
    if (++waiting.faults < kFaultsMax) {
      const Duration wait = std::min(retry_first_ * (1 << (waiting.faults - 1)), retry_longest_);
      delayed_.emplace(host_.clock().mono() + wait, text);
    } else {
      waiting_.erase(text);
      events_.given_up(text);
    }
  }
}

void ContractAsker::on_good(const Request& request, std::string_view body) {
  switch (request.step.request) {
    case Step::Shares:
      return take_shares(request, body);
    case Step::Search:
      return take_rows(request, read_search(body));
    case Step::Info:
      return take_rows(request, read_info(body));
    case Step::None:
      return;
  }
}

void ContractAsker::take_shares(const Request& request, std::string_view body) {
  const auto shares = read_shares(body);
  if (!shares.ok()) return on_fault(request);
  for (const std::string& text : request.texts) {
    ContractWish& wish = waiting_.at(text).wish;
    const auto rows = shares->find(wish.next().symbol);
    if (wish.take(rows == shares->end() ? ShareRows{} : rows->second)) {
      proceed(text);
    } else {
      on_fault({.texts = {text}, .root = {}, .step = request.step});
    }
  }
}

template <class Rows>
void ContractAsker::take_rows(const Request& request, const Result<Rows>& rows) {
  if (!rows.ok()) return on_fault(request);
  if (request.step.request == Step::Search) root_told(request.step.symbol);
  if (!request.root.empty()) return;
  const std::string& text = request.texts.front();
  if (!waiting_.at(text).wish.take(*rows)) return on_fault(request);
  proceed(text);
}

void ContractAsker::root_told(const std::string& root) {
  root_faults_.erase(root);
  std::erase(roots_ready_, root);
  if (told_roots_.insert(root).second) events_.told(root);
}

void ContractAsker::proceed(const std::string& text) {
  if (waiting_.at(text).wish.next().request != Step::None) return ready_.push_front(text);
  const auto node = waiting_.extract(text);
  events_.done(text, node.mapped().wish);
}

}  // namespace tidegate::ibkr
