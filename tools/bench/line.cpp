// Part 2: the whole line, from a frame to the message in an outbox (decode, normalize, encode, push), beside the same line around a scanner that
// trusts its frames, and beside decoding alone.
#include <fmt/core.h>

#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "brokers/registry.hpp"
#include "distributor/encoder.hpp"
#include "gateway/net/frame_buffer.hpp"
#include "gateway/net/outbox.hpp"
#include "normalizer/normalizer.hpp"
#include "tools/bench/allocations.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/frame_maker.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/scanner.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kLineFrames = 20'000;  // a pass

class MadeInstruments final : public distributor::Names {
 public:
  explicit MadeInstruments(const std::vector<std::string>& symbols) {
    for (const std::string& symbol : symbols) {
      ids_.emplace(symbol, InstrumentId{static_cast<std::uint32_t>(symbols_.size())});
      symbols_.push_back("BINANCE:" + symbol);
    }
  }
  [[nodiscard]] std::string_view symbol(InstrumentId instrument) const override { return symbols_[instrument.value()]; }
  [[nodiscard]] std::string_view broker(BrokerId) const override { return "binance"; }
  [[nodiscard]] InstrumentId find(std::string_view symbol) const {
    const auto it = ids_.find(std::string{symbol});
    return it == ids_.end() ? kNoInstrument : it->second;
  }

 private:
  std::vector<std::string> symbols_;
  std::unordered_map<std::string, InstrumentId> ids_;
};

/// Encodes each record as a publisher does for its one format, into a shared frame that joins the outbox of one subscriber. What would be written
/// once a turn is dropped instead: the socket's cost is measured elsewhere.
class EncodingSink final : public RecordSink {
 public:
  EncodingSink(const distributor::Names& names, const Clock& clock) : encoder_(names), clock_(clock) {}
  void on_record(const RecordHeader& record) override {
    const std::string_view message = encoder_.encode(record, clock_.utc());
    if (message.empty()) return;
    ++messages;
    bytes += message.size();
    outbox_.push(pool_.make(message));
    if (++waiting_ < kMessagesATurn) return;
    waiting_ = 0;
    outbox_.consume(outbox_.bytes(), done_);
  }
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;

 private:
  static constexpr std::size_t kMessagesATurn = 8;

  distributor::Encoder encoder_;
  const Clock& clock_;
  net::FramePool pool_;
  net::Outbox outbox_;
  std::vector<net::Outbox::Done> done_;
  std::size_t waiting_ = 0;
};

/// A normalizer between one decoder and the sink, with frames of its own, so that its books chain.
class Line {
 public:
  explicit Line(std::unique_ptr<Decoder> decoder) {
    NormalizerOptions options;
    options.everything_wanted = true;
    telemetry_.brokers.emplace_back();
    normalizer_ = std::make_unique<Normalizer>(clock_, telemetry_, sink_, options);
    normalizer_->add_broker(std::move(decoder));
    normalizer_->resolve_unlisted = [this](BrokerId, const NativeRef& native) { return instruments_.find(native.text); };
    for (const RawFrame& frame : maker.snapshots()) normalizer_->on_frame(frame);
    std::vector<RawFrame> frames(kLineFrames);
    maker.fill(frames);  // every symbol and kind once, so that what is measured is steady
    for (const RawFrame& frame : frames) normalizer_->on_frame(frame);
    sink_.messages = sink_.bytes = 0;
  }
  void read(const RawFrame& frame) {
    normalizer_->on_frame(frame);
    ++frames_;
  }
  void print_counts(const char* name) const {
    const BrokerCounters& counters = telemetry_.brokers.front().counters;
    fmt::print("line, {}: {:.3f} messages a frame, {} bytes each on average; {} bad frames, {} gaps, {} duplicates\n", name,
               static_cast<double>(sink_.messages) / static_cast<double>(frames_), sink_.bytes / std::max<std::uint64_t>(sink_.messages, 1),
               counters.frames_bad.load(), counters.gaps.load(), counters.duplicates.load());
  }

  FrameMaker maker;

 private:
  SystemClock clock_;
  MadeInstruments instruments_{maker.symbols()};
  EncodingSink sink_{instruments_, clock_};
  Telemetry telemetry_;
  std::unique_ptr<Normalizer> normalizer_;
  std::uint64_t frames_ = 0;
};

class NoUpdates final : public UpdateSink {
  void on_trade(const TradeUpdate&) override {}
  void on_quote(const QuoteUpdate&) override {}
  void on_depth(const DepthUpdate&) override {}
  void on_ticker(const TickerUpdate&) override {}
  void on_availability(const AvailabilityUpdate&) override {}
  void on_instrument_status(const InstrumentStatusUpdate&) override {}
  void on_account(const AccountUpdate&) override {}
  void on_market_status(const MarketStatusUpdate&) override {}
  void on_candle(const CandleUpdate&) override {}
};

/// Passes over frames that are made anew, unmeasured, before each one: nanoseconds of computing and calls of operator new, a frame.
template <class Work>
std::vector<double> measure(FrameMaker& maker, std::vector<RawFrame>& frames, std::chrono::nanoseconds limit, Work work) {
  std::int64_t spent = 0;
  std::uint64_t heap = 0;
  std::uint64_t passes = 0;
  do {
    maker.fill(frames);
    const std::uint64_t heap_before = heap_calls();
    const std::int64_t begin = thread_cpu_ns();
    for (const RawFrame& frame : frames) work(frame);
    spent += thread_cpu_ns() - begin;
    heap += heap_calls() - heap_before;
    ++passes;
  } while (spent < limit.count());
  const auto n = static_cast<double>(passes * frames.size());
  return {static_cast<double>(spent) / n, static_cast<double>(heap) / n};
}

}  // namespace

bool run_line(const Options& options) {
  const Adapter* const adapter = find_adapter("binance");
  BrokerConfig broker;
  broker.name = broker.adapter = "binance";
  std::vector<RawFrame> frames(kLineFrames);
  FrameMaker maker, scanned_maker;
  NoUpdates no_updates;
  const std::unique_ptr<Decoder> decoder = adapter->make_decoder(broker);
  const std::unique_ptr<Decoder> scanner = make_scanner(nullptr);
  Line line{adapter->make_decoder(broker)};
  Line scanned_line{make_scanner(adapter->make_decoder(broker))};

  Comparison comparison;
  const auto contend = [&](FrameMaker& frame_maker, auto work) {
    return comparison.add([&, work] { return measure(frame_maker, frames, options.round_time(), work); });
  };
  const std::size_t scan = contend(scanned_maker, [&](const RawFrame& frame) { scanner->decode(frame, no_updates); });
  const std::size_t decode = contend(maker, [&](const RawFrame& frame) { decoder->decode(frame, no_updates); });
  const std::size_t base = contend(scanned_line.maker, [&](const RawFrame& frame) { scanned_line.read(frame); });
  const std::size_t whole = contend(line.maker, [&](const RawFrame& frame) { line.read(frame); });
  comparison.run(options.rounds);

  scanned_line.print_counts("around the scanner");
  line.print_counts("around the decoder");
  Table table{{"frame to outbox", "ns a frame", "ratio to the scanner's line", "operator new a frame"}};
  const auto row = [&](const char* name, std::size_t contender) {
    table.add({name, fmt::format("{:.0f}", comparison.median_of(contender, 0)), fmt::format("{:.2f}", comparison.ratio(contender, base, 0)),
               fmt::format("{:.4f}", comparison.median_of(contender, 1))});
  };
  row("scanner alone", scan);
  row("decoder alone", decode);
  row("scanner, normalizer, encoder, outbox", base);
  row("decoder, normalizer, encoder, outbox", whole);
  fmt::print("\n");
  table.print();
  return true;
}

}  // namespace tidegate::bench
