#include "brokers/ibkr/contracts.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "brokers/common/safe_text.hpp"

namespace tidegate::ibkr {
namespace {

constexpr std::size_t kUnknownMax = 10'000;

}  // namespace

Contracts::Contracts(SessionHost& host, const BrokerConfig& config, Settings settings, Ask ask, Events events)
    : host_(host),
      broker_(config.name),
      settings_(std::move(settings)),
      events_(std::move(events)),
      cache_(settings_.cache_folder, broker_),
      asker_(host, settings_.retry_first, settings_.retry_longest, std::move(ask),
             {.done = [this](const std::string& text, const ContractWish& wish) { on_done(text, wish); },
              .given_up = [this](const std::string& text) { on_given_up(text); },
              .told =
                  [this](const std::string& root) {
                    prepared_ = prepared_ || wanted_roots_.contains(root);
                    kick();
                  }}),
      timer_(host.loop()) {
  std::string problem;
  if (auto book = cache_.read(problem)) book_ = std::move(*book);
  if (!problem.empty()) spdlog::warn("{}: {}; it is written anew", broker_, problem);
  book_.drop_expired(host_.clock().utc());
}

std::optional<Contracts::Found> Contracts::find(const std::string& symbol) const {
  const ContractBook::Known* known = book_.find_symbol(symbol);
  if (known == nullptr) return std::nullopt;
  return Found{known->instrument.native, known->instrument.kind, known->root.empty() || asker_.told(known->root)};
}

std::vector<Instrument> Contracts::known() const {
  std::vector<Instrument> instruments;
  for (const auto& [conid, known] : book_.contracts()) instruments.push_back(known.instrument);
  return instruments;
}

void Contracts::look_up(const std::vector<std::string>& texts) {
  if (stopped_) return;
  for (const std::string& text : texts) look_up_one(text);
  kick();
}

void Contracts::look_up_one(const std::string& text) {
  if (const auto meaning = book_.find(text)) {
    if (is_old(meaning->asked)) refresh(text);
    return answer(text, *meaning);
  }
  if (awaited_.contains(text)) return;
  auto query = read_contract_name(text, host_.clock().utc());
  if (!query || keeps_unknown(text)) return answer(text, {});
  if (!asker_.add(text, std::move(*query))) {
    warn("too many names are waiting to be looked up; left out:", text);
    return answer(text, {});
  }
  awaited_.insert(text);
}

void Contracts::refresh(const std::string& text) {
  if (auto query = read_contract_name(text, host_.clock().utc())) asker_.add(text, std::move(*query));
}

bool Contracts::is_old(UtcTime asked) const {
  const Duration since{host_.clock().utc().ns - asked.ns};
  return since > settings_.age || since < -settings_.age;  // the clock may have been wrong then
}

bool Contracts::keeps_unknown(const std::string& text) {
  const auto it = unknown_.find(text);
  if (it == unknown_.end()) return false;
  if (host_.clock().mono() < it->second) return true;
  unknown_.erase(it);
  return false;
}

void Contracts::remember_unknown(const std::string& text) {
  const MonoTime now = host_.clock().mono();
  if (unknown_.size() >= kUnknownMax) std::erase_if(unknown_, [now](const auto& entry) { return entry.second <= now; });
  if (unknown_.size() < kUnknownMax) unknown_.insert_or_assign(text, now + settings_.unknown_kept);
}

void Contracts::want(const std::vector<std::string>& symbols) {
  if (stopped_) return;
  wanted_roots_.clear();
  for (const std::string& symbol : symbols) {
    const ContractBook::Known* known = book_.find_symbol(symbol);
    if (known == nullptr) continue;
    if (!known->root.empty()) {  // what is known of a derivative holds until it expires
      wanted_roots_.insert(known->root);
      asker_.tell_root(known->root);
    } else if (is_old(known->asked)) {
      refresh(symbol);
    }
  }
}

void Contracts::go() {
  if (stopped_) return;
  changed_ = book_.drop_expired(host_.clock().utc()) || changed_;
  asker_.go();
  for (const std::string& root : wanted_roots_) asker_.tell_root(root);
  kick();
}

void Contracts::hold() { asker_.hold(); }

void Contracts::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  asker_.hold();
  timer_.cancel();
  if (unwritten_) write();
}

void Contracts::on_done(const std::string& text, const ContractWish& wish) {
  const UtcTime now = host_.clock().utc();
  const std::vector<Contract> found = wish.found();
  const bool known = book_.find(text).has_value();
  const ContractBook::Change change = book_.put(text, found, wish.all(), now);
  if (change.full) warn("too many contracts are known; left out:", text);
  changed_ = changed_ || change.replaced;
  if (found.empty() && known) {
    warn("the broker no longer knows a name; what it meant is kept:", text);
    book_.keep(text, now);
  }
  if (found.empty() && !known) {
    remember_unknown(text);
  } else if (!std::exchange(unwritten_, true)) {
    write_at_ = host_.clock().mono() + settings_.write_after;
  }
  if (awaited_.erase(text) > 0) answer(text, book_.find(text).value_or(ContractBook::Meaning{}));
  kick();
}

void Contracts::on_given_up(const std::string& text) {
  warn("the broker's answers about a name cannot be read; given up:", text);
  book_.keep(text, host_.clock().utc());
  if (awaited_.erase(text) > 0) {
    remember_unknown(text);
    answer(text, {});
  }
  kick();
}

void Contracts::answer(const std::string& text, const ContractBook::Meaning& meaning) {
  SymbolAnswer answer{.text = text, .instruments = {}};
  for (const std::uint64_t conid : meaning.conids) {
    if (const ContractBook::Known* known = book_.find_conid(conid)) answer.instruments.push_back(known->instrument);
  }
  answers_.push_back(std::move(answer));
}

void Contracts::warn(std::string_view words, std::string_view text) {
  if (const auto kept_back = log_.take(host_.clock().mono())) {
    spdlog::warn("{}: {} {} ({} more such lines were left out)", broker_, words, common::printable(text, {}, 64), *kept_back);
  }
}

void Contracts::kick() {
  if (!stopped_) timer_.start(Duration::zero(), [this] { on_time(); });
}

void Contracts::on_time() {
  if (unwritten_ && host_.clock().mono() >= write_at_) write();
  tell();
  if (!unwritten_ || stopped_ || timer_.pending()) return;
  timer_.start(std::max(write_at_ - host_.clock().mono(), Duration::zero()), [this] { on_time(); });
}

void Contracts::tell() {
  if (std::exchange(changed_, false) && events_.changed) events_.changed();
  if (auto answers = std::exchange(answers_, {}); !answers.empty()) events_.found(std::move(answers));
  if (std::exchange(prepared_, false) && events_.prepared) events_.prepared();
}

void Contracts::write() {
  unwritten_ = false;
  const std::string problem = cache_.write(book_);
  if (problem.empty() || std::exchange(write_warned_, true)) return;
  spdlog::warn("{}: contracts are not kept for the next start: {}; set instruments_cache to a folder that can be written, or to none", broker_,
               problem);
}

}  // namespace tidegate::ibkr
