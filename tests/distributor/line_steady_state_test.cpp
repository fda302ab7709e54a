// The whole line, from a broker's frame to subscribers' outboxes in every dialect, takes nothing from the heap once everything has its size.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "brokers/binance/decoder.hpp"
#include "brokers/ibkr/decoder.hpp"
#include "brokers/xts/decoder.hpp"
#include "brokers/zerodha/decoder.hpp"
#include "normalizer/normalizer.hpp"
#include "tests/distributor/counting_connection.hpp"
#include "tests/distributor/hub_fixture.hpp"
#include "tests/xts/messages.hpp"
#include "tests/zerodha/bytes.hpp"
#include "tools/bench/allocations.hpp"
#include "tools/bench/frame_maker.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// Records to the publisher, as a pipeline hands them over.
class Publishing final : public RecordSink {
 public:
  explicit Publishing(distributor::Publisher& publisher) : publisher_(publisher) {}
  void on_record(const RecordHeader& record) override { publisher_.publish(record); }

 private:
  distributor::Publisher& publisher_;
};

/// One broker's data, all of it taken for one instrument's, and a subscriber of each dialect.
class Line {
 public:
  explicit Line(std::unique_ptr<Decoder> decoder) {
    normalizer_.add_broker(std::move(decoder));
    normalizer_.resolve_unlisted = [](BrokerId, const NativeRef&) { return kBtc; };
    join(native_, R"({"op":"subscribe","channels":["trade","quote","orderbook","ticker"],"symbols":["BINANCE:BTCUSDT"]})");
    join(trading_, R"({"type":"subscribe","channels":["ticker","orderbook","trades"],"symbols":["BINANCE:BTCUSDT"]})");
    join(platform_, R"({"type":"SUBSCRIPTION","payload":{"action":"subscribe","topics":["market:BINANCE:BTCUSDT"]}})");
  }
  ~Line() {
    for (CountingConnection* connection : {&native_, &trading_, &platform_}) {
      const distributor::Hub::Scope scope(fixture_.hub);
      fixture_.hub.leave(*static_cast<distributor::Subscriber*>(connection->user));
    }
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// Calls of the heap while the frames go through; each dialect's subscriber must have got messages.
  std::uint64_t heap_calls_of(const std::vector<RawFrame>& frames) {
    const std::size_t before[] = {native_.messages, trading_.messages, platform_.messages};
    const std::uint64_t calls_before = bench::heap_calls();
    for (const RawFrame& frame : frames) {
      normalizer_.on_frame(frame);
      for (CountingConnection* connection : {&native_, &trading_, &platform_}) connection->take();
      fixture_.turn(std::chrono::milliseconds{1});
    }
    const std::uint64_t calls = bench::heap_calls() - calls_before;
    CHECK(native_.messages > before[0] + frames.size() / 2);
    CHECK(trading_.messages > before[1]);
    CHECK(platform_.messages > before[2]);
    CHECK(fixture_.telemetry.brokers[0].counters.frames_bad == 0);
    return calls;
  }
  void read(const std::vector<RawFrame>& frames) {
    for (const RawFrame& frame : frames) normalizer_.on_frame(frame);
  }

 private:
  static NormalizerOptions everything() {
    NormalizerOptions options;
    options.everything_wanted = true;
    return options;
  }
  static DistributorOptions small_rings() {
    DistributorOptions options = test_options();
    options.replay.stream_bytes = 65'536;
    return options;
  }
  void join(CountingConnection& connection, std::string_view request) {
    const distributor::Hub::Scope scope(fixture_.hub);
    fixture_.requests.on_message(fixture_.hub.join(connection), request, false);
  }

  HubFixture fixture_{small_rings()};
  Publishing publishing_{fixture_.publisher};
  Normalizer normalizer_{fixture_.clock, fixture_.telemetry, publishing_, everything()};
  CountingConnection native_{1'000'000}, trading_{1'000'000}, platform_{1'000'000};
};

RawFrame frame_of(FrameKind kind, std::string bytes) {
  RawFrame frame;
  frame.kind = kind;
  frame.bytes = std::move(bytes);
  frame.received = UtcTime{1'700'000'000'500'000'000};
  return frame;
}

/// A text with the number behind `key`, of as many digits as it has, raised by `more`.
std::string raised(std::string text, std::string_view key, std::int64_t more) {
  const std::size_t begin = text.find(key) + key.size();
  const std::size_t end = text.find_first_not_of("0123456789", begin);
  return text.replace(begin, end - begin, std::to_string(std::stoll(text.substr(begin, end - begin)) + more));
}

std::string event(std::string_view name, std::string_view message) {
  std::string out = "42[\"" + std::string{name} + "\",\"";
  for (const char c : message) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + "\"]";
}

/// So many frames fill every buffer and ring; as many again are measured.
constexpr int kFrames = 6'000;

std::vector<RawFrame> zerodha_frames(int first) {
  std::vector<RawFrame> frames;
  for (int i = first; i < first + kFrames; ++i) {
    const std::string body = test::zerodha::with(test::zerodha::full_body(test::zerodha::kNse), 16, 4'200 + i);
    frames.push_back(frame_of(FrameKind::Binary, test::zerodha::batch({body, test::zerodha::index_body(test::zerodha::kIndexToken)})));
  }
  return frames;
}

std::vector<RawFrame> xts_frames(int first) {
  std::vector<RawFrame> frames;
  for (int i = first; i < first + kFrames; ++i) {
    const bool book = i % 2 == 0;
    const std::string message = raised(book ? test::xts::depth() : test::xts::touchline_nested(), R"("TotalTradedQuantity":)", i);
    frames.push_back(frame_of(FrameKind::Text, event(book ? "1502-json-full" : "1501-json-full", message)));
  }
  return frames;
}

std::vector<RawFrame> ibkr_frames(int first) {
  std::vector<RawFrame> frames;
  for (int i = first; i < first + kFrames; ++i) {
    const std::string cents = std::to_string(10 + i % 90);
    frames.push_back(frame_of(FrameKind::Binary, R"({"server_id":"q1","conidEx":"265598","conid":265598,"_updated":)" +
                                                     std::to_string(1'777'552'110'061 + i) + R"(,"6119":"q1","6509":"RpB","84":"271.)" + cents +
                                                     R"(","86":"272.)" + cents + R"(","88":"1,300","85":"700","31":"271.)" + cents +
                                                     R"(","7059":"100","83":0.57,"7762":")" + std::to_string(1'000'000 + i) +
                                                     R"(","topic":"smd+265598"})"));
  }
  return frames;
}

}  // namespace

TEST_CASE("steady state: Binance's frames reach every dialect's outbox without the heap") {
  Line line{tidegate::binance::make_decoder({})};
  bench::FrameMaker maker;
  line.read(maker.snapshots());
  std::vector<RawFrame> frames(20'000);
  const auto of_one_symbol = [&] {  // all go for one instrument, and two symbols' books do not chain
    maker.fill(frames);
    std::vector<RawFrame> kept;
    for (const RawFrame& frame : frames) {
      if (frame.bytes.starts_with(R"({"stream":"btcusdt@)")) kept.push_back(frame);
    }
    return kept;
  };
  line.heap_calls_of(of_one_symbol());
  for (int pass = 0; pass < 5; ++pass) line.heap_calls_of(of_one_symbol());
  CHECK(line.heap_calls_of(of_one_symbol()) == 0);
}

TEST_CASE("steady state: Zerodha's packets reach every dialect's outbox without the heap") {
  Line line{tidegate::zerodha::make_decoder({})};
  line.heap_calls_of(zerodha_frames(0));
  CHECK(line.heap_calls_of(zerodha_frames(kFrames)) == 0);
}

TEST_CASE("steady state: XTS's events reach every dialect's outbox without the heap") {
  Line line{tidegate::xts::make_decoder({})};
  line.heap_calls_of(xts_frames(0));
  CHECK(line.heap_calls_of(xts_frames(kFrames)) == 0);
}

TEST_CASE("steady state: IBKR's messages reach every dialect's outbox without the heap") {
  Line line{tidegate::ibkr::make_decoder({})};
  line.heap_calls_of(ibkr_frames(0));
  CHECK(line.heap_calls_of(ibkr_frames(kFrames)) == 0);
}
