// Part 1, partial updates: what reading a message of IBKR costs, merging included, beside RapidJSON reading the same bytes and keeping nothing.
#include <fmt/core.h>
#include <rapidjson/reader.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "brokers/registry.hpp"
#include "tools/bench/allocations.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/counting_sink.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kStreams = 100;  // what one account may have
constexpr std::size_t kMessages = 20'000;

std::string price(std::uint32_t cents) { return std::to_string(100 + cents / 100) + "." + std::to_string(10 + cents % 90); }

/// A snapshot of each stream, then changes of two or three fields, as a session of shares brings them.
std::vector<RawFrame> make_messages() {
  std::mt19937 generator{1};
  std::vector<RawFrame> frames(kMessages);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string conid = std::to_string(265'598 + i % kStreams);
    const auto cents = static_cast<std::uint32_t>(generator() % 9'000);
    std::string fields = R"("84":")" + price(cents) + R"(","86":")" + price(cents + 7) + "\"";
    if (i < kStreams) fields += R"(,"6509":"RpB","7741":"150.25","70":"190.1","71":"100.5","7295":"140.2","82":"+1.5","87":"12.2M","87_raw":1.22E7)";
    if (generator() % 2 == 0) fields += R"(,"31":")" + price(cents + 3) + R"(","7059":"100","83":0.57)";
    if (generator() % 3 == 0) fields += R"(,"88":"1,300","7762":")" + std::to_string(1'000'000 + i) + "\"";
    frames[i].kind = FrameKind::Binary;
    frames[i].bytes = R"({"server_id":"q1","conidEx":")" + conid + R"(","conid":)" + conid + R"(,"_updated":)" +
                      std::to_string(1'777'552'110'061 + i) + R"(,"6119":"q1",)" + fields + R"(,"topic":"smd+)" + conid + "\"}";
  }
  return frames;
}

}  // namespace

bool run_decode_ibkr(const Options& options) {
  const std::vector<RawFrame> frames = make_messages();
  const std::unique_ptr<Decoder> decoder = find_adapter("ibkr")->make_decoder({});
  CountingSink sink;
  for (const RawFrame& frame : frames) {
    if (decoder->decode(frame, sink).bad != 0) return false;
  }
  const std::uint64_t allocated_before = heap_calls();
  for (const RawFrame& frame : frames) decoder->decode(frame, sink);
  const std::uint64_t allocated = heap_calls() - allocated_before;
  std::size_t bytes = 0;
  for (const RawFrame& frame : frames) bytes += frame.bytes.size();

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
  comparison.run(options.rounds);
  fmt::print("\ndecode: {} messages of IBKR for {} streams, {} bytes each on average, {} allocations in a pass ({} faults)\n\n", frames.size(),
             kStreams, bytes / frames.size(), allocated, faults);
  Table table{{"reading a message, and merging it", "ns a message", "messages/s", "ratio to the decoder"}};
  const auto row = [&](const char* name, std::size_t contender) {
    const double ns = comparison.median_of(contender, 0);
    table.add(
        {name, fmt::format("{:.0f}", ns), fmt::format("{:.2f} million", 1e3 / ns), fmt::format("{:.2f}", comparison.ratio(contender, ours, 0))});
  };
  row("Tidegate's decoder, to quote and ticker", ours);
  row("RapidJSON SAX, empty handler", sax);
  table.print();
  return true;
}

}  // namespace tidegate::bench
