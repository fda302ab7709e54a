#include "tests/gateway/asked_broker.hpp"

#include <memory>
#include <utility>

#include "brokers/common/frame_port.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::test {
namespace {

/// By name. One test runs at a time, and brokers are made before the gateway and go after it.
std::map<std::string, PlayedBroker*>& brokers() {
  static std::map<std::string, PlayedBroker*> all;
  return all;
}

Instrument instrument_of(std::string_view symbol) {
  Instrument instrument;
  const std::size_t colon = symbol.find(':');
  instrument.venue = symbol.substr(0, colon);
  instrument.name = symbol.substr(colon + 1);
  instrument.native.text = symbol;
  return instrument;
}

std::vector<Instrument> instruments_of(const std::vector<std::string>& symbols) {
  std::vector<Instrument> instruments;
  instruments.reserve(symbols.size());
  for (const std::string& symbol : symbols) instruments.push_back(instrument_of(symbol));
  return instruments;
}

/// A frame is a symbol; its price is always the same.
class PlayedDecoder final : public Decoder {
 public:
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override {
    TickerUpdate ticker;
    ticker.instrument.text = frame.bytes;
    ticker.set(TickerField::Price, Decimal{1905, -1});
    sink.on_ticker(ticker);
    return {.updates = 1};
  }
};

std::vector<std::string> asked_venues(const BrokerConfig&) { return {"NASDAQ", "NYSE", "SMART"}; }
std::vector<std::string> listed_venues(const BrokerConfig&) { return {"NASDAQ", "COINS"}; }
bool serves(const BrokerConfig&, const Instrument&, Channel channel) { return channel == Channel::Ticker; }
bool may_know(const BrokerConfig&, std::string_view text) {
  const std::string_view venue = text.substr(0, text.find(':'));
  return venue.size() == text.size() || venue == "NASDAQ" || venue == "NYSE" || venue == "SMART";
}
std::string unlisted_symbol(const BrokerConfig& config, const NativeRef& native) { return config.name + "#" + std::string(native.text); }
std::unique_ptr<Decoder> make_decoder(const BrokerConfig&) { return std::make_unique<PlayedDecoder>(); }

}  // namespace

class PlayedBroker::PlayedSession final : public Session {
 public:
  PlayedSession(PlayedBroker& broker, const BrokerConfig& config, SessionHost& host)
      : broker_(broker), host_(host), port_(host, config.id, ConnectionId{0}) {
    broker_.session_ = this;
  }
  ~PlayedSession() override { broker_.session_ = nullptr; }

  void start() override {
    tell_list(broker_.list);
    reachable_ = broker_.reachable;
    port_.opened("played");
    port_.status(BrokerState::Live, "");
  }
  void relist() override { tell_list(broker_.list); }
  void update(const WantedSet& wanted) override {
    const std::lock_guard lock{broker_.mutex_};
    broker_.wanted_.clear();
    for (const Want& want : wanted.wants) {
      broker_.wanted_.push_back(want.symbol + "@" + std::string(to_text(want.channel)));
      port_.data(std::string{want.symbol}, false, {host_.clock().utc(), host_.clock().mono()});
    }
  }
  void request_snapshot(std::string_view) override {}
  void look_up(const std::vector<std::string>& texts) override {
    const std::lock_guard lock{broker_.mutex_};
    broker_.look_ups_.push_back(texts);
    waiting_.insert(waiting_.end(), texts.begin(), texts.end());
    if (reachable_) host_.loop().post([this] { answer(); });
  }
  void stop() noexcept override { port_.close(); }

  void post(std::function<void(PlayedSession&)> work) {
    host_.loop().post([this, work = std::move(work)] { work(*this); });
  }
  void become_reachable() {
    reachable_ = true;
    answer();
  }
  void tell_list(const std::vector<std::string>& symbols) {
    std::vector<Instrument> list = instruments_of(symbols);
    host_.on_instruments(list);
  }

 private:
  void answer() {
    std::vector<SymbolAnswer> answers;
    for (const std::string& text : std::exchange(waiting_, {})) {
      const auto meaning = broker_.meanings.find(text);
      answers.push_back({text, meaning == broker_.meanings.end() ? std::vector<Instrument>{} : instruments_of(meaning->second)});
    }
    if (!answers.empty()) host_.on_found(std::move(answers));
  }

  PlayedBroker& broker_;
  SessionHost& host_;
  common::FramePort port_;
  bool reachable_ = true;
  std::vector<std::string> waiting_;
};

std::unique_ptr<Session> make_played_session(const BrokerConfig& config, SessionHost& host) {
  return std::make_unique<PlayedBroker::PlayedSession>(*brokers().at(config.name), config, host);
}

std::span<const Adapter* const> played_adapters() {
  static constexpr Adapter kAsked{.name = "asked",
                                  .default_ws_url = "wss://asked.example",
                                  .default_rest_url = "https://asked.example",
                                  .make_session = make_played_session,
                                  .make_decoder = make_decoder,
                                  .venues = asked_venues,
                                  .serves = serves,
                                  .unlisted_symbol = unlisted_symbol,
                                  .may_know = may_know};
  static constexpr Adapter kListed{.name = "listed",
                                   .default_ws_url = "wss://listed.example",
                                   .default_rest_url = "https://listed.example",
                                   .make_session = make_played_session,
                                   .make_decoder = make_decoder,
                                   .venues = listed_venues,
                                   .serves = serves,
                                   .unlisted_symbol = unlisted_symbol};
  static constexpr const Adapter* kAdapters[] = {&kAsked, &kListed};
  return kAdapters;
}

PlayedBroker::PlayedBroker(std::string name) : name_(std::move(name)) { brokers()[name_] = this; }

PlayedBroker::~PlayedBroker() { brokers().erase(name_); }

void PlayedBroker::become_reachable() {
  session_->post([](PlayedSession& session) { session.become_reachable(); });
}

void PlayedBroker::tell_list(std::vector<std::string> symbols) {
  session_->post([symbols = std::move(symbols)](PlayedSession& session) { session.tell_list(symbols); });
}

std::vector<std::vector<std::string>> PlayedBroker::look_ups() const {
  const std::lock_guard lock{mutex_};
  return look_ups_;
}

std::vector<std::string> PlayedBroker::wanted() const {
  const std::lock_guard lock{mutex_};
  return wanted_;
}

}  // namespace tidegate::test
