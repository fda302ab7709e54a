// Part 1: what reading a frame costs, beside RapidJSON reading the same bytes and keeping nothing.
#include <fmt/core.h>
#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <memory>
#include <vector>

#include "brokers/registry.hpp"
#include "gateway/recording/frames_file.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/counting_sink.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/frame_maker.hpp"
#include "tools/bench/options.hpp"

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

  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> nothing;
  std::uint64_t faults = 0;
  Comparison comparison;
  const auto contend = [&](auto work) {
    return comparison.add([&, work] { return std::vector<double>{ns_a_frame(frames, options.round_time(), work)}; });
  };
  const std::size_t ours = contend([&](const RawFrame& frame) { decoder->decode(frame, sink); });
  const std::size_t sax = contend([&](const RawFrame& frame) {
    rapidjson::StringStream stream{frame.bytes.c_str()};
    if (reader.Parse(stream, nothing).IsError()) ++faults;
  });
  const std::size_t dom = contend([&](const RawFrame& frame) {
    rapidjson::Document document;
    if (document.Parse(frame.bytes.c_str()).HasParseError()) ++faults;
  });
  comparison.run(options.rounds);
  if (faults != 0) fmt::print("{} frames were not JSON\n", faults);

  Table table{{"reading a frame", "ns a frame", "frames/s", "ratio to the decoder"}};
  const auto row = [&](const char* name, std::size_t contender) {
    const double ns = comparison.median_of(contender, 0);
    table.add(
        {name, fmt::format("{:.0f}", ns), fmt::format("{:.2f} million", 1e3 / ns), fmt::format("{:.2f}", comparison.ratio(contender, ours, 0))});
  };
  row("Tidegate's decoder, to updates", ours);
  row("RapidJSON SAX, empty handler", sax);
  row("RapidJSON DOM, nothing read", dom);
  table.print();
  return run_decode_kite(options) && run_decode_xts(options);
}

}  // namespace tidegate::bench
