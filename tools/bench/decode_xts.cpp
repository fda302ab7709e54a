// Part 1, JSON within JSON: what reading Full touchlines and depths of XTS costs, beside RapidJSON reading the same event and the text in it, keeping
// nothing.
#include <fmt/core.h>
#include <rapidjson/reader.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "brokers/xts/decoder.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/counting_sink.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kXtsFrames = 2'000;

/// Events as servers write them: the message as text, in which every quote is escaped.
class EventMaker {
 public:
  RawFrame touchline() { return make(1501, ""); }
  RawFrame depth() {
    std::string bids, asks;
    for (int i = 0; i < 5; ++i) {
      bids += (i == 0 ? "" : ",") + row(price(-i));
      asks += (i == 0 ? "" : ",") + row(price(i + 1));
    }
    return make(1502, R"("Bids":[)" + bids + R"(],"Asks":[)" + asks + "],");
  }

 private:
  std::uint32_t up_to(std::uint32_t limit) { return 1 + static_cast<std::uint32_t>(generator_() % limit); }
  std::string price(int ticks) const { return fmt::format("{}.{:02}", (base_ + ticks) / 20, (base_ + ticks) % 20 * 5); }
  std::string row(const std::string& price) {
    return fmt::format(R"({{"Size":{},"Price":{},"TotalOrders":{},"BuyBackMarketMaker":0}})", up_to(10'000), price, up_to(40));
  }

  RawFrame make(int code, const std::string& book) {
    base_ = 20'000 + static_cast<int>(up_to(60'000));
    const std::uint32_t time = 1'450'000'000 + up_to(20'000);
    const std::string json = fmt::format(
        R"({{"MessageCode":{},"MessageVersion":4,"ApplicationType":0,"TokenID":0,"ExchangeSegment":1,"ExchangeInstrumentID":{},"ExchangeTimeStamp":{},{})"
        R"("Touchline":{{"BidInfo":{},"AskInfo":{},"LastTradedPrice":{},"LastTradedQunatity":{},"TotalBuyQuantity":{},"TotalSellQuantity":{},)"
        R"("TotalTradedQuantity":{},"AverageTradedPrice":{},"LastTradedTime":{},"LastUpdateTime":{},"PercentChange":-0.{}{},"Open":{},"High":{},"Low":{},)"
        R"("Close":{},"TotalValueTraded":null,"BuyBackTotalBuy":0,"BuyBackTotalSell":0}},"BookType":1,"XMarketType":1,"SequenceNumber":{}}})",
        code, up_to(30'000), time, book, row(price(0)), row(price(1)), price(0), up_to(500), up_to(900'000), up_to(900'000), up_to(9'000'000),
        price(-9), time, time, up_to(99'999'999), up_to(99'999'999), price(-40), price(30), price(-60), price(-20),
        1'590'000'000'000'000 + up_to(1'000'000));
    RawFrame frame;
    frame.bytes = fmt::format("42[\"{}-json-full\",\"", code);
    for (const char c : json) {
      if (c == '"') frame.bytes += '\\';
      frame.bytes += c;
    }
    frame.bytes += "\"]";
    return frame;
  }

  std::mt19937 generator_{1};
  int base_ = 0;  // price in ticks of 0.05
};

/// Reads the array and hands each text of it to a second reader. Nothing is kept.
class TextReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TextReader> {
 public:
  bool read(const std::string& frame) {
    strings_ = 0;
    rapidjson::StringStream stream{frame.c_str() + 2};
    return !outer_.Parse(stream, *this).IsError();
  }
  bool Default() { return true; }
  bool String(const char* text, unsigned, bool) {
    if (strings_++ == 0) return true;  // the event's name
    rapidjson::StringStream stream{text};
    rapidjson::BaseReaderHandler<> nothing;
    return !inner_.Parse(stream, nothing).IsError();
  }

 private:
  rapidjson::Reader outer_, inner_;
  int strings_ = 0;
};

bool compare(const char* what, const std::vector<RawFrame>& frames, const Options& options) {
  std::size_t bytes = 0;
  for (const RawFrame& frame : frames) bytes += frame.bytes.size();
  xts::FrameDecoder decoder{{.partial = false}};
  CountingSink sink;
  std::uint64_t faults = 0;
  for (const RawFrame& frame : frames) faults += decoder.decode(frame, sink).bad;

  TextReader reader;
  Comparison comparison;
  const auto contend = [&](auto work) {
    return comparison.add([&, work] { return std::vector<double>{ns_a_frame(frames, options.round_time(), work)}; });
  };
  const std::size_t ours = contend([&](const RawFrame& frame) { decoder.decode(frame, sink); });
  const std::size_t sax = contend([&](const RawFrame& frame) { faults += reader.read(frame.bytes) ? 0U : 1U; });
  comparison.run(options.rounds);
  if (faults != 0) return false;
  fmt::print("\ndecode: {} events {} of XTS, {} bytes each on average\n\n", frames.size(), what, bytes / frames.size());
  Table table{{"reading an event", "ns an event", "events/s", "ratio to the decoder"}};
  const auto row = [&](const char* name, std::size_t contender) {
    const double ns = comparison.median_of(contender, 0);
    table.add(
        {name, fmt::format("{:.0f}", ns), fmt::format("{:.2f} million", 1e3 / ns), fmt::format("{:.2f}", comparison.ratio(contender, ours, 0))});
  };
  row("Tidegate's decoder, to updates", ours);
  row("RapidJSON SAX, empty handler, the event and its text", sax);
  table.print();
  return true;
}

}  // namespace

bool run_decode_xts(const Options& options) {
  EventMaker maker;
  std::vector<RawFrame> touchlines, depths;
  for (std::size_t i = 0; i < kXtsFrames; ++i) {
    touchlines.push_back(maker.touchline());
    depths.push_back(maker.depth());
  }
  return compare("1501-json-full", touchlines, options) && compare("1502-json-full", depths, options);
}

}  // namespace tidegate::bench
