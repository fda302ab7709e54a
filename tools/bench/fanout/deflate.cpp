// What compression costs and saves: CPU of the gateway's server and bytes for each delivery, beside the same server without it; and the cost of
// compressing one message.
#include <fmt/core.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/frame_buffer.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/fanout/contest.hpp"
#include "tools/bench/fanout/frame_counter.hpp"
#include "tools/bench/fanout/sample_record.hpp"
#include "tools/bench/fanout/tidegate_server.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 3> kDeflateSubscribers = {1, 10, 100};
constexpr std::array<std::size_t, 2> kDeflateBursts = {1, 32};
constexpr std::array<int, 3> kLevels = {1, 6, 9};
constexpr int kMessagesEach = 2000;  // of one measurement of one compression

struct NamedText {
  std::string name, text;
};

/// A book of so many levels a side, shaped as the gateway's.
std::string book_text(std::size_t levels) {
  std::string text = R"({"type":"orderbook","symbol":"BENCH:S0","broker":"bench","seq":1000000,"ts":"2026-01-01T00:00:00.000000Z")";
  std::uint32_t state = 1;
  for (const std::string_view side : {"bids", "asks"}) {
    text.append(",\"").append(side).append("\":[");
    for (std::size_t i = 0; i < levels; ++i) {
      state = state * 1'664'525 + 1'013'904'223;
      text +=
          fmt::format(R"({}["{}.{:02}","{}.{:03}"])", i == 0 ? "" : ",", 64'000 + i, (state >> 8U) % 100, (state >> 16U) % 10, (state >> 20U) % 1000);
    }
    text += ']';
  }
  return text + '}';
}

/// Microseconds of CPU for one compression: the least of some measurements.
double compression_us(const NamedText& message, int level, net::CompressionTotals& totals) {
  net::FramePool pool;
  const net::FrameCompression how{true, level, 0};
  double least = 0;
  for (int round = 0; round < 5; ++round) {
    totals = {};
    const std::int64_t begin_ns = thread_cpu_ns();
    for (int i = 0; i < kMessagesEach; ++i) static_cast<void>(pool.make(message.text).compressed(how, totals));
    const double us = static_cast<double>(thread_cpu_ns() - begin_ns) / 1e3 / kMessagesEach;
    if (round == 0 || us < least) least = us;
  }
  return least;
}

void print_compressions() {
  const std::array<NamedText, 3> messages = {
      {{"trade", std::string(SampleRecord(0).text())}, {"book of 20 levels a side", book_text(20)}, {"book of 100 levels a side", book_text(100)}}};
  Table table{{"message", "bytes", "level", "compressed: bytes", "share", "one compression: us"}};
  for (const NamedText& message : messages) {
    for (const int level : kLevels) {
      net::CompressionTotals totals;
      const double us = compression_us(message, level, totals);
      const bool smaller = totals.frames > 0;
      const std::uint64_t frames = smaller ? totals.frames : 1;
      const std::uint64_t before = smaller ? totals.bytes_before / frames : message.text.size(),
                          after = smaller ? totals.bytes_after / frames : before;
      table.add({message.name, fmt::format("{}", before), fmt::format("{}", level), fmt::format("{}", after),
                 fmt::format("{:.2f}", static_cast<double>(after) / static_cast<double>(before)), fmt::format("{:.2f}", us)});
    }
  }
  table.print();
}

PolledAudience::Open frame_readers(std::string_view extensions, std::atomic<std::uint64_t>& bytes) {
  return [extensions, &bytes](std::uint16_t port, const Greeting& greeting) {
    auto reader = std::make_unique<FrameReader>(port, greeting, extensions, bytes);
    return reader->ok() ? std::move(reader) : nullptr;
  };
}

double bytes_each(std::uint64_t bytes, std::uint64_t deliveries) {
  return deliveries == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(deliveries);
}

}  // namespace

bool run_fanout_deflate(const Options& options) {
  fmt::print("fanout-deflate: server CPU and bytes for one delivery, {} s a round\n\n", options.seconds);
  print_compressions();
  fmt::print("\n");
  Table table{{"subscribers", "records a turn", "plain: us", "deflate: us", "deflate: ratio", "plain: bytes", "deflate: bytes"}};
  bool complete = true;
  net::FrameCompression compression;
  compression.on = true;
  for (const std::size_t subscribers : kDeflateSubscribers) {
    TidegateServer plain(1), squeezing(1, {{}, compression});
    std::atomic<std::uint64_t> bytes_of_plain{0}, bytes_of_squeezing{0};
    PolledAudience subscribers_of_plain(frame_readers("", bytes_of_plain));
    PolledAudience subscribers_of_squeezing(frame_readers("permessage-deflate", bytes_of_squeezing));
    Contest contest(subscribers, 1);
    contest.add("plain", plain, subscribers_of_plain);
    contest.add("deflate", squeezing, subscribers_of_squeezing);
    if (!contest.prepare()) return false;
    for (const std::size_t burst : kDeflateBursts) {
      const std::uint64_t plain_bytes = bytes_of_plain, plain_count = subscribers_of_plain.deliveries();
      const std::uint64_t squeezed_bytes = bytes_of_squeezing, squeezed_count = subscribers_of_squeezing.deliveries();
      const std::vector<Contest::Result> results = contest.run(burst, options.rounds, options.round_time(), {});
      complete = complete && results[0].complete && results[1].complete;
      table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), fmt::format("{:.2f}", results[0].cpu_us),
                 fmt::format("{:.2f}", results[1].cpu_us), fmt::format("{:.2f}", results[1].to_first),
                 fmt::format("{:.0f}", bytes_each(bytes_of_plain - plain_bytes, subscribers_of_plain.deliveries() - plain_count)),
                 fmt::format("{:.0f}", bytes_each(bytes_of_squeezing - squeezed_bytes, subscribers_of_squeezing.deliveries() - squeezed_count))});
    }
  }
  table.print();
  if (!complete) fmt::print("fanout-deflate: some rounds did not deliver every record once\n");
  return complete;
}

}  // namespace tidegate::bench
