// Part 1, binary: what reading a full packet of Zerodha costs, beside a reader of the same fields that checks nothing, and a loop that keeps nothing.
#include <fmt/core.h>

#include <cstring>
#include <memory>
#include <random>

#include "brokers/registry.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/counting_sink.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/kite_reader.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kPackets = 3'000;  // of one message: as many as one connection carries
constexpr std::size_t kPacketBytes = 184;
constexpr std::size_t kFramedBytes = kPacketBytes + 2;

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

/// One message of full packets: shares of the NSE, every level of every book filled.
RawFrame make_message() {
  std::mt19937 generator{1};
  const auto up_to = [&generator](std::uint32_t limit) { return 1 + static_cast<std::uint32_t>(generator() % limit); };
  RawFrame frame;
  frame.kind = FrameKind::Binary;
  put(frame.bytes, kPackets, 2);
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    put(frame.bytes, kPacketBytes, 2);
    put(frame.bytes, (1'000 + i) << 8U | 1U, 4);
    for (int field = 0; field < 15; ++field) put(frame.bytes, up_to(1'000'000), 4);
    for (int level = 0; level < 10; ++level) {
      put(frame.bytes, up_to(10'000), 4);
      put(frame.bytes, up_to(1'000'000), 4);
      put(frame.bytes, up_to(50) << 16U, 4);  // orders and padding
    }
  }
  return frame;
}

/// Every field, byte order turned, no check of anything.
std::uint64_t load_fields(const std::string& message) {
  std::uint64_t sum = 0;
  for (std::size_t packet = 4; packet < message.size(); packet += kFramedBytes) {
    for (std::size_t offset = 0; offset < kPacketBytes; offset += 4) {
      std::uint32_t field = 0;
      std::memcpy(&field, message.data() + packet + offset, sizeof field);
      sum += __builtin_bswap32(field);
    }
  }
  return sum;
}

/// Nanoseconds of computing a packet, over whole messages for about `limit`.
template <class Work>
double ns_a_packet(std::chrono::nanoseconds limit, Work work) {
  std::uint64_t messages = 0;
  const std::int64_t begin = thread_cpu_ns();
  std::int64_t spent = 0;
  do {
    work();
    ++messages;
    spent = thread_cpu_ns() - begin;
  } while (spent < limit.count());
  return static_cast<double>(spent) / static_cast<double>(messages * kPackets);
}

}  // namespace

bool run_decode_kite(const Options& options) {
  const RawFrame message = make_message();
  const std::unique_ptr<Decoder> decoder = find_adapter("zerodha")->make_decoder({});
  CountingSink sink;
  if (decoder->decode(message, sink).bad != 0) return false;
  std::uint64_t sum = 0;
  Comparison comparison;
  const std::size_t ours =
      comparison.add([&] { return std::vector<double>{ns_a_packet(options.round_time(), [&] { decoder->decode(message, sink); })}; });
  const std::size_t plain =
      comparison.add([&] { return std::vector<double>{ns_a_packet(options.round_time(), [&] { sum += load_fields(message.bytes); })}; });
  PlainKiteReader unchecked_reader;
  const std::size_t unchecked =
      comparison.add([&] { return std::vector<double>{ns_a_packet(options.round_time(), [&] { unchecked_reader.read(message.bytes, sink); })}; });
  comparison.run(options.rounds);
  fmt::print("\ndecode: one message of {} full packets of Zerodha, {} bytes (sum {})\n\n", kPackets, message.bytes.size(), sum % 10);
  Table table{{"reading a full packet", "ns a packet", "packets/s", "ratio to no checks"}};
  const auto row = [&](const char* name, std::size_t contender) {
    const double ns = comparison.median_of(contender, 0);
    table.add(
        {name, fmt::format("{:.1f}", ns), fmt::format("{:.1f} million", 1e3 / ns), fmt::format("{:.2f}", comparison.ratio(contender, unchecked, 0))});
  };
  row("Tidegate's decoder, to quote, book, trade and ticker", ours);
  row("the same fields to the same updates, no checks", unchecked);
  row("loading the fields, keeping nothing", plain);
  table.print();
  return true;
}

}  // namespace tidegate::bench
