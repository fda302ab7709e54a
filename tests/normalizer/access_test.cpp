// What brokers say about an instrument besides its data: whether they give it, how, and whether it is traded; and last values for who came late.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "normalizer/normalizer.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

class ScriptedDecoder final : public Decoder {
 public:
  std::function<void(UpdateSink&)> next;
  Decoded decode(const RawFrame&, UpdateSink& sink) override {
    next(sink);
    return {};
  }
};

/// Records as "quote 1", "quote 2 delayed", "failed 4013: words", "status 1 halted".
class Collector final : public RecordSink {
 public:
  void on_record(const RecordHeader& record) override {
    const std::string seq = std::to_string(record.seq);
    const std::string flags =
        std::string{has(record.flags, Flags::Delayed) ? " delayed" : ""} + (has(record.flags, Flags::Snapshot) ? " snapshot" : "");
    switch (record.kind) {
      case RecordKind::State: {
        const auto& state = as<State>(record);
        lines.push_back(std::string{to_text(record.channel)} + " " + std::string{to_text(state.state)} + flags +
                        (state.code == 0 ? "" : " " + std::to_string(state.code) + ": " + state.reason));
        break;
      }
      case RecordKind::InstrumentStatus:
        lines.push_back("status " + seq + " " + std::string{to_text(as<InstrumentStatus>(record).state)} + flags);
        break;
      case RecordKind::Ticker: {
        std::string text = "ticker " + seq + flags;
        for (const TickerField field : {TickerField::Price, TickerField::OpenPrice}) {
          const Decimal value = as<Ticker>(record).value(field);
          text += " " + (value.present() ? to_text(value) : "-");
        }
        lines.push_back(text);
        break;
      }
      case RecordKind::Quote:
        lines.push_back("quote " + seq + flags);
        break;
      case RecordKind::Gap:
        lines.push_back("gap " + seq + "-" + std::to_string(as<Gap>(record).to_seq));
        break;
      default:
        lines.emplace_back("another kind");
    }
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;
};

using Texts = std::vector<std::string>;
constexpr NativeRef kApple{.segment = 0, .token = 265598, .text = {}};

struct Fixture {
  Fixture() {
    for (const char* const name : {"ibkr", "other"}) {
      telemetry.brokers.emplace_back().name = name;
      auto owned = std::make_unique<ScriptedDecoder>();
      decoders.push_back(owned.get());
      normalizer.add_broker(std::move(owned));
    }
    Instrument instrument;
    instrument.venue = "NASDAQ";
    instrument.name = "AAPL";
    instrument.native.token = kApple.token;
    auto catalog = Catalog::with_list(nullptr, BrokerId{0}, std::vector{instrument});
    catalog = Catalog::with_list(catalog.get(), BrokerId{1}, std::vector{instrument});
    apple = catalog->resolve("AAPL").instrument;
    normalizer.set_catalog(catalog);
  }

  void want(const std::vector<Channel>& channels) {
    std::vector<Want> wants;
    wants.reserve(channels.size());
    for (const Channel channel : channels) wants.push_back({apple, channel, 0, "NASDAQ:AAPL"});
    normalizer.set_wanted(wants);
  }
  RawFrame frame(FrameKind kind, Channel channel = {}) {
    RawFrame made;
    made.kind = kind;
    made.broker = broker;
    made.session = session;
    made.received = clock.utc();
    made.channel = channel;
    made.instrument = apple;
    return made;
  }
  void asked(Channel channel) { normalizer.on_frame(frame(FrameKind::Asked, channel)); }
  void data(const std::function<void(UpdateSink&)>& script) {
    decoders[broker.value()]->next = script;
    normalizer.on_frame(frame(FrameKind::Binary));
  }
  void access(DataAccess access, std::string_view words = "words") {
    data([&](UpdateSink& sink) { sink.on_availability({kApple, access, words}); });
  }
  void quote(Flags flags = Flags::None) {
    data([&](UpdateSink& sink) {
      QuoteUpdate update;
      update.instrument = kApple;
      update.bid_price = {5, 0};
      update.bid_size = {1, 0};
      update.flags = flags;
      sink.on_quote(update);
    });
  }
  void status(TradingState state, Flags flags = Flags::None) {
    data([&](UpdateSink& sink) { sink.on_instrument_status({kApple, state, {}, flags, kNoTime}); });
  }

  test::ManualClock clock;
  Telemetry telemetry;
  Collector out;
  Normalizer normalizer{clock, telemetry, out, {}};
  std::vector<ScriptedDecoder*> decoders;
  InstrumentId apple;
  BrokerId broker{0};
  std::uint32_t session = 1;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "access: without a right to the data the instrument's streams fail, and the next data brings each back") {
  want({Channel::Quote, Channel::Ticker});
  asked(Channel::Quote);
  asked(Channel::Ticker);
  quote();
  CHECK(out.take() == Texts{"quote live", "quote 1"});
  access(DataAccess::NotEntitled, "no subscription");
  CHECK(out.take() == Texts{"quote failed 4013: no subscription", "ticker failed 4013: no subscription"});
  access(DataAccess::RealTime);
  CHECK(out.take().empty());
  quote();
  CHECK(out.take() == Texts{"quote live", "quote 2"});
}

TEST_CASE_FIXTURE(Fixture, "access: an instrument that the broker does not know fails as an unknown symbol does") {
  want({Channel::Quote});
  asked(Channel::Quote);
  access(DataAccess::NoInstrument, "no such contract");
  CHECK(out.take() == Texts{"quote failed 4011: no such contract"});
}

TEST_CASE_FIXTURE(Fixture, "access: what was said before holds for a channel that is asked for later, on the same connection only") {
  want({Channel::Quote});
  asked(Channel::Quote);
  access(DataAccess::NotEntitled, "no subscription");
  out.take();
  want({Channel::Quote, Channel::Ticker});
  asked(Channel::Ticker);
  CHECK(out.take() == Texts{"ticker failed 4013: no subscription"});
  session = 2;
  want({Channel::Ticker});
  want({Channel::Ticker, Channel::Quote});
  asked(Channel::Quote);
  CHECK(out.take().empty());
}

TEST_CASE_FIXTURE(Fixture, "access: one broker's words do not touch a stream that another serves") {
  want({Channel::Quote});
  broker = BrokerId{1};
  quote();
  out.take();
  broker = BrokerId{0};
  access(DataAccess::NotEntitled);
  CHECK(out.take().empty());
}

TEST_CASE_FIXTURE(Fixture, "access: a stream that turns live with delayed data says so") {
  want({Channel::Quote});
  asked(Channel::Quote);
  access(DataAccess::Delayed);
  quote(Flags::Delayed);
  CHECK(out.take() == Texts{"quote live delayed", "quote 1 delayed"});
}

TEST_CASE_FIXTURE(Fixture, "access: what is said of an instrument that no list holds is nobody's business") {
  data([](UpdateSink& sink) { sink.on_availability({{.segment = 0, .token = 1, .text = {}}, DataAccess::NotEntitled, "words"}); });
  CHECK(out.take().empty());
  CHECK(telemetry.brokers[0].counters.messages_unresolved == 0);
}

TEST_CASE_FIXTURE(Fixture, "status: a halt and its end are data of their own channel") {
  want({Channel::Status});
  asked(Channel::Status);
  status(TradingState::Halted, Flags::Delayed);
  status(TradingState::Trading);
  CHECK(out.take() == Texts{"status live", "status 1 halted delayed", "status 2 trading"});
  normalizer.on_frame(frame(FrameKind::Closed));
  CHECK(out.take() == Texts{"status stale 4030: connection to the broker lost"});
  session = 2;
  status(TradingState::Trading);
  CHECK(out.take() == Texts{"status live", "gap 3-3", "status 4 trading"});
}

TEST_CASE_FIXTURE(Fixture, "status: who asks later is told what was said, if the same connection said it") {
  want({Channel::Quote});
  status(TradingState::Halted);
  CHECK(out.take().empty());
  want({Channel::Quote, Channel::Status});
  asked(Channel::Status);
  CHECK(out.take() == Texts{"status live", "status 1 halted snapshot"});
  asked(Channel::Status);
  CHECK(out.take().empty());
  want({Channel::Quote});
  session = 2;
  want({Channel::Quote, Channel::Status});
  asked(Channel::Status);
  CHECK(out.take().empty());
}

TEST_CASE_FIXTURE(Fixture, "ticker: what stands from before fills in what is not known, and changes nothing that is") {
  const auto ticker = [this](std::string_view price, std::string_view standing_open) {
    data([&](UpdateSink& sink) {
      TickerUpdate update;
      update.instrument = kApple;
      update.set(TickerField::Price, *parse_decimal(price));
      update.values[static_cast<std::size_t>(TickerField::OpenPrice)] = *parse_decimal(standing_open);
      update.standing = 1U << static_cast<unsigned>(TickerField::OpenPrice);
      sink.on_ticker(update);
    });
  };
  ticker("5", "4");  // nobody wants it yet
  want({Channel::Ticker});
  ticker("6", "4");
  ticker("7", "3");
  CHECK(out.take() == Texts{"ticker live", "ticker 1 6 4", "ticker 2 7 4"});
}

}  // namespace tidegate
