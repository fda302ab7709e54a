#include "brokers/ibkr/session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/overall_state.hpp"
#include "brokers/ibkr/message_fields.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::ibkr {
namespace {

/// No capture of depth is known: section 3.
constexpr std::string_view kDepthNote = "experimental: known from IBKR's documentation alone";
constexpr Duration kPumpMin = std::chrono::milliseconds{1};
/// From frames lost in a full queue to asking for everything again.
constexpr Duration kAfterLoss = std::chrono::seconds{1};
constexpr Duration kPumpMax = std::chrono::hours{1};

StreamSettings stream_settings(const Settings& settings, std::uint64_t seed) {
  StreamSettings streams;
  streams.lines_max = settings.lines_max;
  streams.depth_max = settings.depth_max;
  streams.commands_per_second = settings.command_rate;
  streams.renewal = settings.stream_renewal;
  streams.life = settings.stream_life;
  streams.stream_timeout = settings.stream_timeout;
  streams.data_timeout = settings.data_timeout;
  streams.seed = seed;
  return streams;
}

Contracts::Settings contract_settings(const BrokerConfig& config, const Settings& settings) {
  Contracts::Settings contracts;
  contracts.cache_folder = settings.instruments_cache;
  contracts.age = settings.contracts_age;
  contracts.retry_first = config.reconnect_initial;
  contracts.retry_longest = config.reconnect_maximum;
  return contracts;
}

/// An answer for a contract that does not exist, section 2.5: its line is free again.
bool is_unknown_contract(std::string_view message) {
  return message.find(R"("55":"-")") != std::string_view::npos && message.find(R"("31":"N/A")") != std::string_view::npos;
}

}  // namespace

bool has_channel(const BrokerConfig& config, InstrumentKind kind, Channel channel) {
  switch (channel) {
    case Channel::Ticker:
    case Channel::Status:
      return true;
    case Channel::Quote:
      return kind != InstrumentKind::Index;
    case Channel::OrderBook:
      return kind != InstrumentKind::Index && config.flag("depth");
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
      contracts_(host, config_, contract_settings(config_, settings_),
                 [this](const std::string& path, auto answered) { ask_contracts(path, std::move(answered)); },
                 {.found = [this](std::vector<SymbolAnswer> answers) { on_found(std::move(answers)); },
                  .changed = [this] { on_contracts_changed(); },
                  .prepared = [this] { resolve_all(); }}),
      streams_(stream_settings(settings_, host.random_seed())),
      feed_(host, config_, settings_, keeper_, port_, *this),
      hours_(host.calendars()),
      pump_timer_(host.loop()),
      probe_timer_(host.loop()),
      loss_timer_(host.loop()),
      idle_timer_(host.loop()),
      contracts_timer_(host.loop()) {}

void MarketDataSession::start() {
  if (started_ || stopped_) return;
  started_ = true;
  board_.set(BrokerState::Connecting, "logging in");
  on_contracts_changed();
  keeper_.start();
}

void MarketDataSession::reconnect() {
  if (stopped_) return;
  keeper_.take_back();
  feed_.reconnect(common::kReconnectWords);
}

void MarketDataSession::stop() noexcept {
  if (stopped_) return;
  stopped_ = true;
  board_.close();
  port_.close();
  for (net::Timer* timer : {&pump_timer_, &probe_timer_, &loss_timer_, &idle_timer_, &contracts_timer_}) timer->cancel();
  contracts_.stop();
  feed_.stop("stopped");
  keeper_.stop();
  rest_.stop();
}

// ---- contracts ----

void MarketDataSession::look_up(const std::vector<std::string>& texts) {
  if (!stopped_) contracts_.look_up(texts);
}

void MarketDataSession::ask_contracts(const std::string& path, std::function<void(int status, std::string_view body)> answered) {
  rest_.send(RestClient::Urgency::Other, "GET", path, {}, [this, answered = std::move(answered)](RestAnswer&& answer) {
    const bool no_login = answer.kind == RestAnswer::Kind::NoLogin;
    answered(answer.status, answer.body);
    if (no_login && !stopped_) on_contracts_refused();
  });
}

/// The keeper finds out whether that is true; where it is not, this path alone is refused, and is tried again in its own time.
void MarketDataSession::on_contracts_refused() {
  contracts_go_ = false;
  const MonoTime now = host_.clock().mono();
  const Duration wait = contracts_refused_ ? std::max(*contracts_refused_ + settings_.login_check - now, Duration::zero()) : Duration::zero();
  contracts_refused_ = now + wait;
  contracts_timer_.start(wait, [this] { keeper_.check(); });
}

void MarketDataSession::on_found(std::vector<SymbolAnswer>&& answers) {
  if (stopped_) return;
  for (const SymbolAnswer& answer : answers) {
    for (const Instrument& instrument : answer.instruments) {
      listed_.insert_or_assign(instrument.symbol(), Listed{instrument.native, instrument.kind});
    }
  }
  // Upwards before wishes: what they are about is known from now on.
  host_.on_found(std::move(answers));
  resolve_all();
  board_.touch();
}

void MarketDataSession::on_contracts_changed() {
  if (stopped_) return;
  std::vector<Instrument> instruments = contracts_.known();
  host_.on_instruments(instruments);
  listed_.clear();
  for (const Instrument& instrument : instruments) listed_.insert_or_assign(instrument.symbol(), Listed{instrument.native, instrument.kind});
  resolve_all();
  board_.touch();
}

// ---- wishes ----

void MarketDataSession::update(const WantedSet& wanted) {
  if (stopped_ || wanted.generation < generation_) return;
  generation_ = wanted.generation;
  const std::vector<std::size_t> changed = common::take_over(held_, wanted.wants, [this](Held& held) { release(held); });
  std::vector<std::string> symbols;
  for (const Held& held : held_) symbols.push_back(held.want.symbol);
  contracts_.want(symbols);
  for (const std::size_t i : changed) resolve(held_[i]);
  tell_venues();
  follow_demand();
  pump_soon();
}

void MarketDataSession::resolve_all() {
  if (stopped_) return;
  for (Held& held : held_) resolve(held);
  tell_venues();
  follow_demand();
  pump_soon();
}

void MarketDataSession::tell_venues() {
  common::VenueSet venues;
  for (const Held& held : held_) {
    if (held.streamed) venues.emplace(common::venue_of(held.want.symbol));
  }
  hours_.set_venues(venues);
  feed_.set_venues(venues);
}

/// Returns when to look again at the latest.
Duration MarketDataSession::look_at_hours() {
  const Calendars& calendars = host_.calendars();
  if (calendars.empty()) return kPumpMax;
  const UtcTime now = host_.clock().utc();
  const auto closed = [&](std::string_view symbol) {
    const Calendar* const calendar = calendars.find(common::venue_of(symbol));
    return calendar != nullptr && !calendar->expects_data(now);
  };
  streams_.look_at_hours(closed, host_.clock().mono());
  return hours_.look(now).again_in;
}

void MarketDataSession::resolve(Held& held) {
  const auto looked_up = contracts_.find(held.want.symbol);
  const auto listed = listed_.find(held.want.symbol);
  if (!looked_up && listed == listed_.end()) return refuse(held, "the instrument was not looked up, or is gone", code::kUnknownSymbol);
  const InstrumentKind kind = looked_up ? looked_up->kind : listed->second.kind;
  const NativeId& native = looked_up ? looked_up->native : listed->second.native;
  if (!has_channel(config_, kind, held.want.channel)) {
    const bool index = kind == InstrumentKind::Index && has_channel(config_, InstrumentKind::Cash, held.want.channel);
    return refuse(held, index ? "an index has no quotes and no book" : "Interactive Brokers sends no such data", code::kNoChannel);
  }
  if (keeper_.competing()) refuse(held, keeper_.reason(), code::kCompetingSession);
  if (looked_up && !looked_up->prepared) return;  // comes again, prepared
  held.streamed = true;
  streams_.want({.key = common::key_of(held.want), .symbol = held.want.symbol, .kind = kind, .conid = native.token, .exchange = native.text});
}

void MarketDataSession::refuse(Held& held, std::string_view words, std::uint16_t code) {
  const bool kept = code == code::kBrokerLimit || code == code::kCompetingSession;
  if (!kept) release(held);
  if (held.refusal == words) return;
  held.refusal = words;
  port_.refused(held.want.instrument, held.want.channel, words, code);
}

void MarketDataSession::release(Held& held) {
  if (std::exchange(held.streamed, false)) streams_.unwant(common::key_of(held.want));
}

/// Opens the feed when something is wanted and somebody is logged in; closes it when nothing has been wanted for a while.
void MarketDataSession::follow_demand() {
  if (stopped_) return;
  if (streams_.counts().wanted > 0) {
    idle_timer_.cancel();
    if (!keeper_.ready()) return;
    feed_.start();
    feed_.wake();
  } else if (!feed_.connection().open()) {
    if (feed_.connection().phase() != common::ConnectionPhase::Closing) feed_.stop("nothing is wanted");
  } else if (!idle_timer_.pending()) {
    idle_timer_.start(settings_.idle_close, [this] { feed_.leave("nothing is wanted"); });
  }
}

void MarketDataSession::request_snapshot(std::string_view) { ask_again(); }

// ---- the login ----

void MarketDataSession::on_login() {
  if (stopped_) return;
  for (Held& held : held_) {
    if (held.refusal == competing_words_) held.refusal.clear();
  }
  if (!std::exchange(contracts_go_, true)) contracts_.go();
  feed_.on_login();
  follow_demand();
  refresh_status();
}

void MarketDataSession::on_login_lost(std::string_view why) {
  if (stopped_) return;
  contracts_go_ = false;
  contracts_.hold();
  feed_.on_login_lost(why);
  refresh_status();
}

void MarketDataSession::on_login_trouble() {
  if (stopped_) return;
  refresh_status();
  if (!keeper_.competing()) return;
  competing_words_ = keeper_.reason();
  for (Held& held : held_) {
    if (held.streamed) refuse(held, competing_words_, code::kCompetingSession);
  }
}

// ---- the feed ----

void MarketDataSession::on_feed_changed() {
  if (stopped_) return;
  if (const bool up = feed_.up(); std::exchange(up_, up) != up) {
    probe_timer_.cancel();
    if (up) {
      streams_.ready(keeper_.account(), host_.clock().mono());
    } else if (feed_.connection().open()) {
      streams_.hold();
    } else {
      streams_.lost();
    }
  }
  // Lost while nothing was wanted: no reason to come back.
  if (feed_.connection().phase() == common::ConnectionPhase::Waiting && streams_.counts().wanted == 0) return feed_.stop("nothing is wanted");
  refresh_status();
  board_.touch();
  pump_soon();
}

void MarketDataSession::on_feed_data(std::string_view topic, std::string_view message, MonoTime now) {
  probe_timer_.cancel();
  if (streams_.on_data(topic, message, now)) board_.touch();
  if (port_.take_loss() && !loss_timer_.pending()) loss_timer_.start(kAfterLoss, [this] { ask_again(); });
  if (!is_unknown_contract(message) || topic.find('+') == std::string_view::npos) return;
  const Result<StreamTarget> target = read_target(topic.substr(topic.find('+') + 1));
  if (!target) return;
  streams_.refuse(target->conid, target->exchange);
  pump_soon();
}

void MarketDataSession::pump_soon() {
  if (!stopped_ && feed_.up()) pump_timer_.start(Duration::zero(), [this] { pump(); });
}

void MarketDataSession::pump() {
  const MonoTime now = host_.clock().mono();
  const Duration hours_change = look_at_hours();
  while (feed_.up()) {
    const std::optional<std::string> command = streams_.next(now);
    if (!command) break;
    count(host_.counters().requests_sent);
    feed_.send(*command);
  }
  const std::vector<StreamEvent> events = streams_.take_events();
  for (const StreamEvent& event : events) {
    Held* held = common::find_held(held_, event.key);
    if (held == nullptr) continue;
    if (event.kind == StreamEvent::Kind::WithoutRoom) {
      refuse(*held, event.words, code::kBrokerLimit);
    } else {
      held->refusal.clear();
      port_.asked(event.key.first, event.key.second, event.key.second == Channel::OrderBook ? kDepthNote : std::string_view{});
    }
  }
  if (!events.empty()) board_.touch();
  feed_.expect_data(streams_.counts().asked > 0);
  if (feed_.up() && streams_.all_silent(now) && !probe_timer_.pending()) probe();
  if (feed_.up()) pump_timer_.start(std::clamp(std::min(streams_.due_in(now), hours_change), kPumpMin, kPumpMax), [this] { pump(); });
}

/// A stream that is ended and asked for anew is answered by a whole snapshot, however quiet its market is (section 8.5).
void MarketDataSession::probe() {
  const std::vector<std::string> commands = streams_.probe_commands();
  if (commands.empty()) return feed_.cut("nothing that was asked for was answered");
  const MonoTime now = host_.clock().mono();
  for (const std::string& command : commands) {
    feed_.send(command);
    streams_.other_sent(now);
  }
  probe_timer_.start(settings_.probe_timeout, [this] { feed_.cut("no data came, not even when it was asked for"); });
}

void MarketDataSession::ask_again() {
  if (stopped_ || !feed_.up()) return;
  streams_.ready(keeper_.account(), host_.clock().mono());
  pump_soon();
}

// ---- what is told ----

void MarketDataSession::refresh_status() {
  if (stopped_ || !started_) return;
  if (!keeper_.ready()) return board_.set(keeper_.state(), keeper_.reason());
  // An open socket is of no use before the server has spoken: what was told before still holds.
  if (feed_.connection().open() && !feed_.up()) return;
  common::OverallState overall;
  if (streams_.counts().wanted > 0) overall.add(feed_.connection());
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
  const StreamCounts counts = streams_.counts();
  connection.streams = counts.alive;
  connection.wanted = counts.wanted;
  report.connections.push_back(std::move(connection));
}

}  // namespace tidegate::ibkr
