#include "brokers/xts/session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/overall_state.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::xts {
namespace {

constexpr std::string_view kCompetingWords = "another login took this app_key's session: stop that program, then restart the gateway";
/// The broker's clock and ours may differ by so much.
constexpr Duration kClockSlack = std::chrono::seconds{5};

bool is_derivative(InstrumentKind kind) { return kind == InstrumentKind::Future || kind == InstrumentKind::Option; }

/// "1_2885"
std::string name_of(const NativeId& native) { return std::to_string(native.segment) + "_" + std::to_string(native.token); }

}  // namespace

bool has_channel(InstrumentKind kind, Channel channel) {
  switch (channel) {
    case Channel::Ticker:
    case Channel::Candle1m:
      return true;
    case Channel::Trade:
    case Channel::Quote:
    case Channel::OrderBook:
      return kind != InstrumentKind::Index;
    default:
      return false;
  }
}

MarketDataSession::MarketDataSession(const BrokerConfig& config, SessionHost& host)
    : config_(config),
      settings_(config),
      host_(host),
      rest_(host, config_, settings_),
      port_(host, config_.id, ConnectionId{0}),
      board_(host, port_, [this](BrokerReport& report) { fill_report(report); }),
      keeper_(host, config_, settings_, rest_, *this),
      list_(
          host, config_, settings_, [this] { return keeper_.token(); },
          [this](std::vector<Instrument>&& instruments) { on_list(std::move(instruments)); },
          [this](bool refused, std::string_view words) { on_list_failure(refused, words); }),
      subscriptions_(host, config_, settings_, rest_, keeper_, port_, *this),
      feed_(host, config_, settings_, keeper_, rest_, port_, *this),
      idle_timer_(host.loop()) {}

void MarketDataSession::start() {
  if (started_ || stopped_) return;
  started_ = true;
  board_.set(BrokerState::Connecting, "logging in");
  keeper_.start();
}

void MarketDataSession::reconnect() {
  if (stopped_) return;
  keeper_.forgive();
  feed_.reconnect(common::kReconnectWords);
}

void MarketDataSession::stop() noexcept {
  if (stopped_) return;
  stopped_ = true;
  board_.close();
  port_.close();
  idle_timer_.cancel();
  list_.stop();
  feed_.stop("stopped");
  subscriptions_.stop();
  rest_.stop();
  keeper_.stop();
}

// ---- the instrument list ----

// Once it is known whether there is a token: some installs want one for the list, others give it to everybody.
void MarketDataSession::start_list() {
  if (!std::exchange(list_started_, true)) list_.start();
}

void MarketDataSession::relist() {
  if (list_started_ && !stopped_) list_.read_again();
}

void MarketDataSession::on_list(std::vector<Instrument>&& instruments) {
  if (stopped_) return;
  // Upwards first: what is asked for from now on should find its instrument.
  host_.on_instruments(instruments);
  listed_.clear();
  listed_.reserve(instruments.size());
  for (const Instrument& instrument : instruments) {
    listed_.insert_or_assign(instrument.symbol(), Listed{name_of(instrument.native), instrument.kind});
  }
  list_known_ = true;
  for (Held& held : held_) resolve(held);
  apply_touched();
  refresh_status();
  board_.touch();
}

void MarketDataSession::on_list_failure(bool refused, std::string_view words) {
  if (list_known_ || stopped_) return;  // the list of yesterday still serves
  list_state_ = refused ? BrokerState::Down : BrokerState::Reconnecting;
  list_trouble_ = "the instrument list does not come: " + rest_.printable(words);
  refresh_status();
}

// ---- wishes ----

void MarketDataSession::update(const WantedSet& wanted) {
  if (stopped_ || wanted.generation < generation_) return;
  generation_ = wanted.generation;
  const std::vector<std::size_t> changed = common::take_over(held_, wanted.wants, [this](Held& held) { release(held); });
  for (const std::size_t i : changed) {
    if (list_known_) {
      resolve(held_[i]);
    } else if (keeper_.competing()) {
      refuse(held_[i], kCompetingWords, code::kCompetingSession);
    }
  }
  apply_touched();
}

void MarketDataSession::resolve(Held& held) {
  const auto it = listed_.find(held.want.symbol);
  if (it == listed_.end()) {
    list_.missed();
    return refuse(held, "the instrument is not in the broker's list", code::kUnknownSymbol);
  }
  const auto& [name, kind] = it->second;
  if (!has_channel(kind, held.want.channel)) {
    const bool index = kind == InstrumentKind::Index && has_channel(InstrumentKind::Cash, held.want.channel);
    return refuse(held, index ? "an index has no trades and no book" : "XTS sends no such data", code::kNoChannel);
  }
  if (held.name != name) {
    release(held);
    held.name = name;
    if (!keeper_.competing()) held.refusal.clear();
    Served& served = served_[name];
    served.kind = kind;
    served.wishes.insert(common::key_of(held.want));
  }
  touched_.insert(name);
  if (keeper_.competing()) refuse(held, kCompetingWords, code::kCompetingSession);
}

void MarketDataSession::refuse(Held& held, std::string_view words, std::uint16_t code) {
  const bool kept = code == code::kBrokerLimit || code == code::kBrokerRefused || code == code::kCompetingSession;
  if (!kept) release(held);
  held.accepted_in = 0;
  if (held.refusal == words) return;
  held.refusal = words;
  port_.refused(held.want.instrument, held.want.channel, words, code);
}

/// The wish is as new afterwards, except that a refusal already told is remembered.
void MarketDataSession::release(Held& held) {
  held.accepted_in = 0;
  if (held.name.empty()) return;
  touched_.insert(held.name);
  const auto it = served_.find(held.name);
  it->second.wishes.erase(common::key_of(held.want));
  held.name.clear();
}

void MarketDataSession::apply_touched() {
  common::VenueSet venues;
  for (const Held& held : held_) {
    if (!held.name.empty()) venues.emplace(common::venue_of(held.want.symbol));
  }
  feed_.set_venues(venues);
  for (const std::string& name : std::exchange(touched_, {})) apply(name);
  follow_demand();
}

void MarketDataSession::apply(const std::string& name) {
  const auto it = served_.find(name);
  if (it == served_.end()) return;
  subscriptions_.want(name, codes_for(name, it->second));
  for (const common::WantKey& key : it->second.wishes) {
    if (Held* held = common::find_held(held_, key); held != nullptr && is_served(*held)) announce(*held);
  }
  if (it->second.wishes.empty()) served_.erase(it);
}

// 1502 holds all that 1501 and 1512 hold, so these are not subscribed besides; unless the broker refuses 1502 of this instrument.
CodeSet MarketDataSession::codes_for(const std::string& name, const Served& served) {
  using State = SubscriptionLedger::State;
  const bool book = std::any_of(served.wishes.begin(), served.wishes.end(), [](const auto& key) { return key.second == Channel::OrderBook; });
  const bool covered = book && subscriptions_.ledger().state(message_code::kMarketDepth, name) != State::Refused;
  CodeSet codes;
  for (const common::WantKey& key : served.wishes) {
    std::uint32_t code = message_code::kTouchline;
    if (key.second == Channel::OrderBook) code = message_code::kMarketDepth;
    if (key.second == Channel::Candle1m) code = message_code::kCandle;
    if (key.second == Channel::Ticker && settings_.ticker_from_last_price) code = message_code::kLastPrice;
    if (covered && code != message_code::kCandle) code = message_code::kMarketDepth;
    codes.add(code);
    if (key.second == Channel::Ticker && settings_.open_interest && is_derivative(served.kind)) codes.add(message_code::kOpenInterest);
    if (Held* held = common::find_held(held_, key)) held->code = code;
  }
  return codes;
}

bool MarketDataSession::is_served(const Held& held) const {
  const auto carries = [&](std::uint32_t code) { return subscriptions_.ledger().carries(code, held.name); };
  if (carries(held.code)) return true;
  // While one code takes over from another, either serves.
  if (held.want.channel == Channel::OrderBook || held.want.channel == Channel::Candle1m) return false;
  if (held.want.channel == Channel::Ticker && carries(message_code::kLastPrice)) return true;
  return carries(message_code::kTouchline) || carries(message_code::kMarketDepth);
}

void MarketDataSession::announce(Held& held) {
  if (!feed_.up() || std::exchange(held.accepted_in, port_.session()) == port_.session()) return;
  held.refusal.clear();
  port_.accepted(held.want.instrument, held.want.channel);
}

void MarketDataSession::refuse_all() {
  for (Held& held : held_) refuse(held, kCompetingWords, code::kCompetingSession);
}

/// Opens the feed when something is wanted and there is a token; closes it when nothing has been wanted for a while.
void MarketDataSession::follow_demand() {
  if (stopped_) return;
  const SubscriptionLedger& ledger = subscriptions_.ledger();
  if (ledger.wanted_count() > 0) {
    idle_timer_.cancel();
    if (!keeper_.ready()) return;
    feed_.start();
    feed_.wake();
  } else if (!feed_.connection().open()) {
    if (feed_.connection().phase() != common::ConnectionPhase::Closing) feed_.stop("nothing is wanted");
  } else if (!idle_timer_.pending()) {
    idle_timer_.start(settings_.idle_close, [this] {
      if (subscriptions_.busy()) return follow_demand();  // what is not unsubscribed would keep its place at the broker
      feed_.leave("nothing is wanted");
    });
  }
}

void MarketDataSession::request_snapshot(std::string_view symbol) {
  if (!settings_.partial || stopped_) return;
  const auto it = listed_.find(std::string{symbol});
  if (it == listed_.end() || !subscriptions_.ledger().carries(message_code::kMarketDepth, it->second.name)) return;
  subscriptions_.ask_quotes({message_code::kMarketDepth, it->second.name});
}

// ---- the login ----

void MarketDataSession::on_token() {
  if (stopped_) return;
  start_list();
  for (Held& held : held_) {
    held.accepted_in = 0;
    if (!held.name.empty()) held.refusal.clear();
  }
  subscriptions_.feed_down();
  subscriptions_.login_opened();
  was_up_ = false;
  for (const auto& [name, served] : served_) touched_.insert(name);
  if (feed_.connection().phase() == common::ConnectionPhase::Connecting) feed_.cut("planned new login");
  feed_.renew();
  apply_touched();
  refresh_status();
}

void MarketDataSession::on_token_lost(std::string_view why) {
  if (stopped_) return;
  subscriptions_.login_lost();
  feed_.stop(why);
  refresh_status();
}

void MarketDataSession::on_token_trouble() {
  if (stopped_) return;
  start_list();
  refresh_status();
  if (keeper_.competing()) refuse_all();
}

// ---- the feed ----

void MarketDataSession::on_feed_changed() {
  if (stopped_) return;
  if (const bool up = feed_.up(); std::exchange(was_up_, up) != up) {
    if (up) {
      for (Held& held : held_) {
        if (!held.name.empty() && is_served(held)) announce(held);
      }
      subscriptions_.feed_up();
    } else {
      subscriptions_.feed_down();
    }
  }
  // Lost while nothing was wanted: no reason to come back.
  if (feed_.connection().phase() == common::ConnectionPhase::Waiting && subscriptions_.ledger().wanted_count() == 0) {
    return feed_.stop("nothing is wanted");
  }
  on_subscriptions_changed();
}

bool MarketDataSession::probe_feed() {
  if (subscriptions_.ledger().carried_count() == 0 || !subscriptions_.probe()) feed_.proof_of_quiet();
  return true;
}

// What was updated after data last came, the feed should have brought. A quiet or closed market has nothing newer (section 4.4).
void MarketDataSession::on_probe_answer(std::optional<UtcTime> updated) {
  if (updated && Duration{updated->ns - feed_.last_data().ns} > kClockSlack) return feed_.cut("the broker has newer data than the socket brought");
  feed_.proof_of_quiet();
}

// ---- what REST says ----

template <class Act>
void MarketDataSession::for_each_served(const CodeOf& what, Act&& act) {
  const auto it = served_.find(what.instrument);
  if (it == served_.end()) return;
  for (const common::WantKey& key : it->second.wishes) {
    if (Held* held = common::find_held(held_, key)) act(*held);
  }
}

void MarketDataSession::on_subscribed(const CodeOf& what) {
  for_each_served(what, [this](Held& held) {
    if (is_served(held)) announce(held);
  });
}

void MarketDataSession::on_refused(const CodeOf& what, std::string_view words) {
  apply(what.instrument);  // what 1502 covered is asked for by itself now
  for_each_served(what, [&](Held& held) {
    if (held.code == what.code && !is_served(held)) refuse(held, words, code::kBrokerRefused);
  });
}

void MarketDataSession::on_without_room(const CodeOf& what, std::string_view words) {
  for_each_served(what, [&](Held& held) {
    if (held.code == what.code && !is_served(held)) refuse(held, words, code::kBrokerLimit);
  });
}

void MarketDataSession::on_subscriptions_changed() {
  if (stopped_) return;
  feed_.expect_data(subscriptions_.ledger().carried_count() > 0);
  refresh_status();
  board_.touch();
}

// ---- what is told ----

void MarketDataSession::refresh_status() {
  if (stopped_ || !started_) return;
  if (keeper_.closed() || !keeper_.ready()) return board_.set(keeper_.state(), keeper_.reason());
  if (!list_known_) {
    return board_.set(list_state_, list_trouble_.empty() ? std::string_view{"reading the instrument list"} : std::string_view{list_trouble_});
  }
  // An open socket is of no use before its namespace is connected: what was told before still holds.
  if (feed_.connection().open() && !feed_.up()) return;
  common::OverallState overall;
  if (subscriptions_.ledger().wanted_count() > 0) overall.add(feed_.connection());
  overall.tell(board_);
}

void MarketDataSession::fill_report(BrokerReport& report) const {
  report.instruments = static_cast<std::uint32_t>(listed_.size());
  report.credential_expires = keeper_.token_end();
  ConnectionReport connection;
  connection.name = "feed";
  feed_.describe(connection);
  if (!keeper_.ready()) {
    connection.state = keeper_.state();
    connection.reason = keeper_.reason();
  }
  connection.streams = static_cast<std::uint32_t>(subscriptions_.ledger().carried_count());
  connection.wanted = static_cast<std::uint32_t>(subscriptions_.ledger().wanted_count());
  report.connections.push_back(std::move(connection));
}

}  // namespace tidegate::xts
