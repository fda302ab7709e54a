// Part 1, packed: what reading XTS's packed packets costs, plain and compressed, beside a loop that loads their fields and keeps nothing.
#include <fmt/core.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "brokers/xts/packet_layout.hpp"
#include "brokers/xts/packets.hpp"
#include "tools/bench/allocations.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

using Wide = xts::Layout<xts::Wide>;
constexpr std::size_t kPackedPackets = 500;  // all different
constexpr std::size_t kRows = 5;             // a side

class CountingPackets final : public xts::PacketSink {
 public:
  void on_packet(const xts::TouchlineMessage&) override { ++messages; }
  void on_packet(const xts::DepthMessage&) override { ++messages; }
  void on_packet(const xts::OpenInterestMessage&) override { ++messages; }
  void on_unknown_packet(std::uint32_t) override { ++others; }
  void on_bad_packet(Error) override { ++others; }
  std::uint64_t messages = 0, others = 0;
};

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

class PacketMaker {
 public:
  /// The wide body of a share: prices of two decimals around its last one, a percentage with as many digits as a division leaves.
  std::string body(std::uint16_t code, std::int32_t instrument) {
    std::string out;
    put(out, code);
    put(out, std::uint16_t{4});
    out.resize(26, '\0');
    put(out, std::int16_t{1});
    put(out, instrument);
    put(out, std::int64_t{1'420'632'949});
    const std::int64_t paise = up_to(500'000) + 1'000;
    if (code == xts::message_code::kMarketDepth) {
      for (const std::int64_t step : {-5, 5}) {
        put(out, static_cast<std::int32_t>(kRows));
        for (std::size_t i = 0; i < kRows; ++i) put_row(out, paise + step * static_cast<std::int64_t>(i + 1));
      }
    }
    put_row(out, paise - 5);
    put_row(out, paise + 5);
    put(out, std::int64_t{1'420'632'948});
    put(out, rupees(paise));
    for (const std::int64_t limit : {500, 1'000'000, 1'000'000, 50'000'000}) put(out, up_to(limit));
    put(out, rupees(paise + up_to(500)));
    put(out, std::int64_t{1'420'632'947});
    const std::int64_t close = paise + up_to(2'000);
    put(out, 100.0 * static_cast<double>(paise - close) / static_cast<double>(close));
    for (const std::int64_t price : {paise + 300, paise + up_to(1'000), paise - up_to(900), close}) put(out, rupees(price));
    put(out, 0.0);  // turnover
    put(out, std::int32_t{0});
    put(out, std::int32_t{0x0001'0001});
    return out;
  }

 private:
  std::int64_t up_to(std::int64_t limit) { return 1 + static_cast<std::int64_t>(generator_() % static_cast<std::uint64_t>(limit)); }
  static double rupees(std::int64_t paise) { return static_cast<double>(paise) / 100.0; }
  void put_row(std::string& out, std::int64_t paise) {
    put(out, up_to(10'000));
    put(out, rupees(paise));
    put(out, static_cast<std::uint32_t>(up_to(50)));
    put(out, std::int16_t{0});
  }
  std::mt19937_64 generator_{1};
};

/// Raw DEFLATE; empty when zlib fails.
std::string deflate(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

std::vector<std::string> make_attachments(std::uint16_t code, bool compressed) {
  PacketMaker maker;
  std::vector<std::string> attachments;
  for (std::size_t i = 0; i < kPackedPackets; ++i) {
    const auto instrument = static_cast<std::int32_t>(1'000 + i);
    const std::string body = maker.body(code, instrument);
    std::string packet;
    put(packet, static_cast<std::int8_t>(compressed));
    put(packet, code);
    put(packet, std::int16_t{1});
    put(packet, instrument);
    put(packet, std::int32_t{0x0001'0001});
    put(packet, static_cast<std::uint16_t>(body.size()));
    const std::string stored = compressed ? deflate(body) : body;
    if (compressed) put(packet, static_cast<std::uint16_t>(stored.size()));
    attachments.push_back(packet + stored);
  }
  return attachments;
}

std::uint64_t load(const char* bytes) {
  std::uint64_t field = 0;
  std::memcpy(&field, bytes, sizeof field);
  return field;
}
std::uint64_t load_row(const char* row) { return load(row) + load(row + Wide::kRowPrice) + (load(row + Wide::kRowOrders) & 0xFFFF'FFFFU); }

/// Every field of a plain packet that the reader reads, as bits, no check of anything.
std::uint64_t load_fields(const std::string& packet, bool depth) {
  constexpr std::array kFields = {Wide::kLastUpdateTime, Wide::kLastPrice, Wide::kLastQuantity,  Wide::kTotalBuy,      Wide::kTotalSell,
                                  Wide::kVolume,         Wide::kAverage,   Wide::kLastTradeTime, Wide::kPercentChange, Wide::kOpen,
                                  Wide::kHigh,           Wide::kLow,       Wide::kClose,         Wide::kTurnover};
  const char* const content = packet.data() + xts::kPacketHeadBytes + xts::kBodyHeaderBytes;
  std::uint64_t sum = load(content - 8) + load(packet.data() + 1);
  const char* touchline = content;
  if (depth) {
    for (std::size_t i = 0; i < kRows; ++i)
      sum += load_row(content + 4 + i * Wide::kRowBytes) + load_row(content + 8 + (kRows + i) * Wide::kRowBytes);
    touchline = content + Wide::depth_bytes(kRows, kRows) - Wide::kTouchlineBytes;
  }
  sum += load_row(touchline + Wide::kBid) + load_row(touchline + Wide::kAsk);
  for (const std::size_t field : kFields) sum += load(touchline + field);
  return sum;
}

/// Nanoseconds of computing a packet, over all attachments for about `limit`.
template <class Work>
double ns_a_packet(std::chrono::nanoseconds limit, const std::vector<std::string>& attachments, Work work) {
  std::uint64_t packets = 0;
  const std::int64_t begin = thread_cpu_ns();
  std::int64_t spent = 0;
  do {
    for (const std::string& attachment : attachments) work(attachment);
    packets += attachments.size();
    spent = thread_cpu_ns() - begin;
  } while (spent < limit.count());
  return static_cast<double>(spent) / static_cast<double>(packets);
}

}  // namespace

bool run_decode_packed(const Options& options) {
  struct Form {
    const char* name;
    bool depth, compressed;
    std::vector<std::string> attachments = {};
    std::size_t contender = 0;
  };
  std::array<Form, 4> forms = {
      {{"1501, plain", false, false}, {"1501, compressed", false, true}, {"1502, plain", true, false}, {"1502, compressed", true, true}}};
  xts::PacketReader reader;
  CountingPackets sink;
  for (Form& form : forms) {
    form.attachments = make_attachments(form.depth ? xts::message_code::kMarketDepth : xts::message_code::kTouchline, form.compressed);
    for (const std::string& attachment : form.attachments) reader.read(attachment, sink);
  }
  if (sink.others != 0 || sink.messages != forms.size() * kPackedPackets) return false;

  Comparison comparison;
  std::uint64_t sum = 0;
  std::uint64_t heap = 0;
  for (Form& form : forms) {
    form.contender = comparison.add([&] {
      const std::uint64_t before = heap_calls();
      const double ns = ns_a_packet(options.round_time(), form.attachments, [&](const std::string& attachment) { reader.read(attachment, sink); });
      heap += heap_calls() - before;
      return std::vector<double>{ns};
    });
  }
  const auto add_loads = [&](const Form& form) {
    return comparison.add([&] {
      return std::vector<double>{
          ns_a_packet(options.round_time(), form.attachments, [&](const std::string& attachment) { sum += load_fields(attachment, form.depth); })};
    });
  };
  const std::size_t loads_1501 = add_loads(forms[0]);
  const std::size_t loads_1502 = add_loads(forms[2]);
  comparison.run(options.rounds);

  fmt::print("\ndecode: {} different packed packets of XTS each, wide, 5 rows a side in 1502; {} heap calls (sum {})\n\n", kPackedPackets, heap,
             sum % 10);
  Table table{{"reading a packed packet", "ns a packet", "packets/s", "ratio to loading the fields"}};
  const auto row = [&](const std::string& name, std::size_t contender, std::size_t loads) {
    const double ns = comparison.median_of(contender, 0);
    table.add(
        {name, fmt::format("{:.1f}", ns), fmt::format("{:.2f} million", 1e3 / ns), fmt::format("{:.1f}", comparison.ratio(contender, loads, 0))});
  };
  for (const Form& form : forms) row(form.name, form.contender, form.depth ? loads_1502 : loads_1501);
  row("1501, loading the fields", loads_1501, loads_1501);
  row("1502, loading the fields", loads_1502, loads_1502);
  table.print();
  return true;
}

}  // namespace tidegate::bench
