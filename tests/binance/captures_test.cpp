// Whole recordings, against counts and checksums that an independent reader made of them.
#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <map>
#include <memory>

#include "brokers/binance/decoder.hpp"
#include "tests/binance/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;

namespace {

/// Count and checksum of the CSV lines of one kind.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(const std::string& line) {
    if (count_++ == 0) first_ = line;
    last_ = line;
    EVP_DigestUpdate(context_.get(), line.data(), line.size());
    EVP_DigestUpdate(context_.get(), "\n", 1);
  }
  [[nodiscard]] std::string hex() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      constexpr char kDigits[] = "0123456789abcdef";
      text.push_back(kDigits[bytes[i] >> 4]);
      text.push_back(kDigits[bytes[i] & 15]);
    }
    return text;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& first() const { return first_; }
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::size_t count_ = 0;
  std::string first_, last_;
};

/// Updates as the CSV lines that the fixtures' README describes.
class CsvSink final : public UpdateSink {
 public:
  explicit CsvSink(Market market) : market_(market) {}
  void on_trade(const TradeUpdate& u) override {
    digests[has(u.flags, Flags::Aggregated) ? "agg_trade" : "trade"].add(
        join({std::string{u.instrument.text}, std::to_string(u.trade_id), to_text(u.price), to_text(u.quantity),
              u.side == Side::Sell ? "sell" : "buy", microseconds(u.ts_event)}));
  }
  void on_quote(const QuoteUpdate& u) override {
    digests["quote"].add(join({std::string{u.instrument.text}, std::to_string(u.book_id), to_text(u.bid_price), to_text(u.bid_size),
                               to_text(u.ask_price), to_text(u.ask_size)}));
  }
  void on_depth(const DepthUpdate& u) override {
    if (u.kind == DepthKind::Snapshot) {
      ++snapshots;
      return;
    }
    digests["depth_diff"].add(
        join({std::string{u.instrument.text}, std::to_string(u.first_id), std::to_string(u.last_id),
              market_ == Market::Spot ? "" : std::to_string(u.previous_id), std::to_string(u.bids.size()), std::to_string(u.asks.size())}));
  }
  void on_ticker(const TickerUpdate&) override { ++tickers; }
  void on_availability(const AvailabilityUpdate&) override {}
  void on_instrument_status(const InstrumentStatusUpdate&) override {}
  void on_account(const AccountUpdate&) override {}
  void on_market_status(const MarketStatusUpdate&) override {}
  void on_candle(const CandleUpdate& u) override {
    digests["kline"].add(join({std::string{u.instrument.text}, std::string{candle_interval(u.channel)}, microseconds(u.open_time), to_text(u.open),
                               to_text(u.high), to_text(u.low), to_text(u.close), to_text(u.volume), u.closed ? "true" : "false"}));
  }

  std::map<std::string, Digest> digests;
  int snapshots = 0;
  int tickers = 0;

 private:
  static std::string microseconds(UtcTime time) { return std::to_string(time.ns / 1000); }
  static std::string join(std::initializer_list<std::string> fields) {
    std::string line;
    for (const std::string& field : fields) line += (line.empty() ? "" : ",") + field;
    return line;
  }

  Market market_;
};

void check_capture(const std::string& name) {
  const auto folder = shared_fixture("binance");
  if (skipped_without(folder / "captures" / name)) return;
  std::string json;
  for (const std::string& line : read_lines(folder / "expected" / "captures.json")) json += line;
  const auto document = parse_line(json);
  REQUIRE(document.HasMember(name.c_str()));
  const auto& expected = document[name.c_str()];

  const Market market = std::string_view{expected["market"].GetString()} == "usdm" ? Market::Usdm : Market::Spot;
  FrameDecoder decoder(market, common::TimeUnit::Millisecond);
  CsvSink sink(market);
  std::uint64_t frames = 0, not_updates = 0;
  for (const RawFrame& frame : read_frames(folder / "captures" / name)) {
    const Decoded decoded = decoder.decode(frame, sink);
    not_updates += decoded.bad + decoded.control + decoded.ignored;
    frames += frame.kind == FrameKind::Text ? 1 : 0;
  }
  CHECK(frames == expected["frames"].GetUint64());
  CHECK(not_updates == 0);
  CHECK(sink.tickers == 0);
  std::size_t kinds = 0;
  for (const auto& member : expected.GetObject()) {
    if (!member.value.IsObject()) continue;
    ++kinds;
    CAPTURE(member.name.GetString());
    Digest& digest = sink.digests[member.name.GetString()];
    CHECK(digest.count() == member.value["count"].GetUint64());
    CHECK(digest.first() == member.value["first"].GetString());
    CHECK(digest.last() == member.value["last"].GetString());
    CHECK(digest.hex() == member.value["sha256"].GetString());
  }
  CHECK(sink.digests.size() == kinds);
}

}  // namespace

TEST_CASE("binance decoder: recorded spot BTCUSDT of 2024 decodes to the known records") { check_capture("spot_btcusdt_2024-08-08.jsonl.gz"); }
TEST_CASE("binance decoder: recorded USD-M BTCUSDT of 2024 decodes to the known records") { check_capture("usdm_btcusdt_2024-08-08.jsonl.gz"); }
TEST_CASE("binance decoder: the first frames of the 2024 recordings decode to the known records") {
  check_capture("spot_btcusdt_2024-08-08.first1500.jsonl");
  check_capture("usdm_btcusdt_2024-08-08.first1500.jsonl");
}
TEST_CASE("binance decoder: recorded spot symbols of 2021 decode to the known records") {
  check_capture("spot_10symbols_2021-04-05.jsonl.gz");
  check_capture("spot_btc_eth_dot_2021-04-04.jsonl.gz");
  check_capture("spot_4symbols_2021-10-11.jsonl.gz");
}
TEST_CASE("binance decoder: recorded USD-M symbols of 2021 decode to the known records") { check_capture("usdm_4symbols_2021-07-22.jsonl.gz"); }
TEST_CASE("binance decoder: recorded spot depth of 2025 decodes to the known records") { check_capture("spot_btcusdt_depth_2025-12-07.jsonl.gz"); }
