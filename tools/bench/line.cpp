// Part 2: from a frame to the message of one output (decode, normalize, encode), beside decoding the same frames alone.
#include <fmt/core.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "brokers/registry.hpp"
#include "distributor/encoder.hpp"
#include "normalizer/normalizer.hpp"
#include "tools/bench/allocations.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/frame_maker.hpp"
#include "tools/bench/options.hpp"

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

/// Encodes each record as a publisher does for its one format.
class EncodingSink final : public RecordSink {
 public:
  EncodingSink(const distributor::Names& names, const Clock& clock) : encoder_(names), clock_(clock) {}
  void on_record(const RecordHeader& record) override {
    const std::string_view message = encoder_.encode(record, clock_.utc());
    if (message.empty()) return;
    ++messages;
    bytes += message.size();
  }
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;

 private:
  distributor::Encoder encoder_;
  const Clock& clock_;
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
  FrameMaker maker, line_maker;  // the line's own: its books chain
  std::vector<RawFrame> frames(kLineFrames);

  const std::unique_ptr<Decoder> decoder = adapter->make_decoder(broker);
  NoUpdates no_updates;

  const SystemClock clock;
  const MadeInstruments instruments{line_maker.symbols()};
  EncodingSink sink{instruments, clock};
  Telemetry telemetry;
  BrokerCounters& counters = telemetry.brokers.emplace_back().counters;
  NormalizerOptions normalizer_options;
  normalizer_options.everything_wanted = true;
  Normalizer normalizer{clock, telemetry, sink, normalizer_options};
  normalizer.add_broker(adapter->make_decoder(broker));
  normalizer.resolve_unlisted = [&](BrokerId, const NativeRef& native) { return instruments.find(native.text); };
  for (const RawFrame& frame : line_maker.snapshots()) normalizer.on_frame(frame);
  line_maker.fill(frames);  // every symbol and kind once, so that what is measured is steady
  for (const RawFrame& frame : frames) normalizer.on_frame(frame);
  sink.messages = sink.bytes = 0;
  std::uint64_t line_frames = 0;

  Comparison comparison;
  const std::size_t decode = comparison.add(
      [&] { return measure(maker, frames, options.round_time(), [&](const RawFrame& frame) { decoder->decode(frame, no_updates); }); });
  const std::size_t line = comparison.add([&] {
    return measure(line_maker, frames, options.round_time(), [&](const RawFrame& frame) {
      normalizer.on_frame(frame);
      ++line_frames;
    });
  });
  comparison.run(options.rounds);

  fmt::print("line: {:.3f} messages a frame, {} bytes each on average; {} bad frames, {} gaps, {} duplicates\n\n",
             static_cast<double>(sink.messages) / static_cast<double>(line_frames), sink.bytes / std::max<std::uint64_t>(sink.messages, 1),
             counters.frames_bad.load(), counters.gaps.load(), counters.duplicates.load());
  Table table{{"frame to message", "ns a frame", "ratio to decoding", "operator new a frame"}};
  const auto row = [&](const char* name, std::size_t contender) {
    table.add({name, fmt::format("{:.0f}", comparison.median_of(contender, 0)), fmt::format("{:.2f}", comparison.ratio(contender, decode, 0)),
               fmt::format("{:.4f}", comparison.median_of(contender, 1))});
  };
  row("decode alone", decode);
  row("decode, normalize, encode for one output", line);
  table.print();
  return true;
}

}  // namespace tidegate::bench
