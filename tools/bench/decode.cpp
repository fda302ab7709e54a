// Part 1: what reading a frame costs, beside a scanner that trusts the frame's layout, simdjson, and RapidJSON reading the same bytes and keeping
// nothing.
#include <fmt/core.h>
#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brokers/registry.hpp"
#include "gateway/recording/frames_file.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/counting_sink.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/frame_maker.hpp"
#include "tools/bench/instructions.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/scanner.hpp"
#include "tools/bench/simdjson_decoders.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kFrames = 20'000;
constexpr std::size_t kRecordedFramesMax = 200'000;

/// The text frames of a recording; none, and a complaint, when it cannot be read.
std::vector<RawFrame> recorded_frames(const std::string& path, const Adapter& adapter, BrokerConfig& broker) {
  std::vector<RawFrame> frames;
  FramesFile file{path};
  RecordedFrame recorded;
  while (frames.size() < kRecordedFramesMax) {
    const FramesFile::Read read = file.next(recorded);
    if (read == FramesFile::Read::End) break;
    if (read != FramesFile::Read::Frame || recorded.kind != RecordedKind::Text) continue;
    RawFrame& frame = frames.emplace_back();
    frame.received = recorded.received;
    frame.bytes = recorded.bytes;
    if (adapter.infer_options != nullptr) adapter.infer_options(broker, frame);
  }
  if (frames.empty()) fmt::print(stderr, "{}: no text frames{}{}\n", path, file.problem().empty() ? "" : ": ", file.problem());
  return frames;
}

/// Contenders over the same frames, and their rows.
class FrameRace {
 public:
  FrameRace(const std::vector<RawFrame>& frames, const Options& options) : frames_(frames), options_(options) {}

  /// The first one is the base of the ratios.
  template <class Work>
  void add(std::string name, Work work) {
    rows_.push_back({std::move(name), instructions_a_frame(work)});
    comparison_.add([this, work] { return std::vector<double>{ns_a_frame(frames_, options_.round_time(), work)}; });
  }
  void run() {
    comparison_.run(options_.rounds);
    Table table{{"reading a frame", "ns a frame", "frames/s", "instructions", "ratio to the first"}};
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double ns = comparison_.median_of(i, 0);
      table.add({rows_[i].name, fmt::format("{:.0f}", ns), fmt::format("{:.2f} million", 1e3 / ns), rows_[i].instructions,
                 fmt::format("{:.2f}", comparison_.ratio(i, 0, 0))});
    }
    table.print();
  }

 private:
  struct Row {
    std::string name, instructions;
  };

  template <class Work>
  std::string instructions_a_frame(Work work) {
    for (const RawFrame& frame : frames_) work(frame);  // so that buffers have grown
    const InstructionCounter counter;
    const std::optional<std::uint64_t> before = counter.read();
    for (const RawFrame& frame : frames_) work(frame);
    const std::optional<std::uint64_t> after = counter.read();
    return before && after ? std::to_string((*after - *before) / frames_.size()) : "not permitted";
  }

  const std::vector<RawFrame>& frames_;
  const Options& options_;
  std::vector<Row> rows_;
  Comparison comparison_;
};

/// Adds a decoder of the suite's own, which must read every frame; where it cannot, says so instead.
void add_decoder(FrameRace& race, const char* name, const std::vector<RawFrame>& frames, Decoder* decoder, CountingSink& sink) {
  if (decoder == nullptr) return fmt::print("(without {}: built without libsimdjson-dev)\n\n", name);
  for (const RawFrame& frame : frames) {
    if (decoder->decode(frame, sink).bad != 0) return fmt::print("(without {}: it cannot read these frames)\n\n", name);
  }
  race.add(name, [decoder, &sink](const RawFrame& frame) { decoder->decode(frame, sink); });
}

}  // namespace

bool run_decode(const Options& options) {
  const Adapter* const adapter = find_adapter("binance");
  BrokerConfig broker;
  broker.name = broker.adapter = "binance";
  std::vector<RawFrame> frames(kFrames);
  if (options.frames.empty()) {
    FrameMaker{}.fill(frames);
  } else {
    frames = recorded_frames(options.frames, *adapter, broker);
    if (frames.empty()) return false;
  }
  std::size_t bytes = 0;
  for (const RawFrame& frame : frames) bytes += frame.bytes.size();

  const std::unique_ptr<Decoder> decoder = adapter->make_decoder(broker);
  CountingSink sink;
  Decoded sum;
  for (const RawFrame& frame : frames) {
    const Decoded decoded = decoder->decode(frame, sink);
    sum.bad += decoded.bad;
    sum.ignored += decoded.ignored + decoded.control;
  }
  fmt::print("decode: {} frames, {} bytes each on average, {} updates, {} ignored, {} bad\n\n", frames.size(), bytes / frames.size(), sink.count,
             sum.ignored, sum.bad);

  for (RawFrame& frame : frames) frame.bytes.reserve(frame.bytes.size() + kSimdjsonPadding);
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> nothing;
  std::uint64_t faults = 0;
  FrameRace race{frames, options};
  const std::unique_ptr<Decoder> scanner = make_scanner(nullptr);
  const std::unique_ptr<Decoder> ondemand = make_simdjson_ondemand();
  const std::unique_ptr<Decoder> dom_fields = make_simdjson_dom();
  const std::unique_ptr<Decoder> dom_unread = make_simdjson_dom_unread();
  if (options.frames.empty()) add_decoder(race, "a hand-made scanner, to updates", frames, scanner.get(), sink);  // it trusts frames of one layout
  race.add("Tidegate's decoder, to updates", [&](const RawFrame& frame) { decoder->decode(frame, sink); });
  add_decoder(race, "simdjson on demand, to updates", frames, ondemand.get(), sink);
  add_decoder(race, "simdjson DOM, to updates", frames, dom_fields.get(), sink);
  add_decoder(race, "simdjson DOM, nothing read", frames, dom_unread.get(), sink);
  race.add("RapidJSON SAX, empty handler", [&](const RawFrame& frame) {
    rapidjson::StringStream stream{frame.bytes.c_str()};
    if (reader.Parse(stream, nothing).IsError()) ++faults;
  });
  race.add("RapidJSON DOM, nothing read", [&](const RawFrame& frame) {
    rapidjson::Document document;
    if (document.Parse(frame.bytes.c_str()).HasParseError()) ++faults;
  });
  race.run();
  if (faults != 0) fmt::print("{} frames were not JSON\n", faults);
  return run_decimals(options) && run_decode_kite(options) && run_decode_xts(options);
}

}  // namespace tidegate::bench
