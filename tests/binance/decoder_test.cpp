// One case per message kind, in the words of docs/protocols/binance.md.
#include "brokers/binance/decoder.hpp"

#include <doctest/doctest.h>

#include "tests/binance/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;
using common::TimeUnit;
using Lines = std::vector<std::string>;

namespace {

/// What the frames of a fixture give together.
Outcome decoded(std::string_view fixture, Market market = Market::Spot, TimeUnit unit = TimeUnit::Millisecond) {
  FrameDecoder decoder(market, unit);
  Outcome all;
  for (const RawFrame& frame : own_frames(fixture)) {
    Outcome one = decode_all(decoder, frame);
    if (all.bad == 0) all.error = one.error;
    for (std::string& line : one.lines) all.lines.push_back(std::move(line));
    all.ignored += one.ignored;
    all.control += one.control;
    all.bad += one.bad;
  }
  return all;
}
Outcome decoded_usdm(std::string_view fixture) { return decoded(fixture, Market::Usdm); }

const std::string kMiniTickerTail = "USDT at 1767225601000000us price=12.34 high=13.2 low=12.1 volume=100000 open=13 turnover=1260000";

}  // namespace

TEST_CASE("binance decoder: a trade carries its id, and the maker's side tells the aggressor") {
  const Outcome outcome = decoded("trade.jsonl");
  CHECK(outcome.lines == Lines{"trade ABCUSDT at 1767225600120000us #41 12.34 x 0.5 sell", "trade ABCUSDT at 1767225600121000us #42 12.35 x 7 buy"});
  CHECK(outcome.bad + outcome.ignored + outcome.control == 0);
}

TEST_CASE("binance decoder: an aggregate trade is numbered by its own id and flagged") {
  CHECK(decoded("agg_trade.jsonl").lines == Lines{"trade ABCUSDT at 1767225600120000us aggregated #9001 12.34 x 2.5 sell"});
  CHECK(decoded_usdm("usdm_agg_trade.jsonl").lines == Lines{"trade ABCUSDT at 1767225600120000us aggregated #9001 12.34 x 2.5 buy"});
}

TEST_CASE("binance decoder: a spot book ticker has no event name and no time") {
  CHECK(decoded("book_ticker.jsonl").lines == Lines{"quote ABCUSDT at - #700 bid 12.33 x 4 ask 12.34 x 0.25"});
}

TEST_CASE("binance decoder: a USD-M book ticker carries the engine's time") {
  CHECK(decoded_usdm("usdm_book_ticker.jsonl").lines == Lines{"quote ABCUSDT at 1767225600120000us #700 bid 12.33 x 4 ask 12.34 x 0.25"});
}

TEST_CASE("binance decoder: an empty side of the book keeps its zero quantity") {
  CHECK(decoded("empty_side.jsonl").lines == Lines{"quote ABCUSDT at - #701 bid 0 x 0 ask 12.34 x 0.25"});
}

TEST_CASE("binance decoder: spot partial depth takes its symbol from the stream") {
  CHECK(decoded("partial_depth.jsonl").lines == Lines{"top ABCUSDT at - by first 0..700 after 0 bids 12.33x4 12.32x1 asks 12.34x0.25"});
}

TEST_CASE("binance decoder: partial depth that no stream names is refused") {
  const Outcome outcome = decoded("raw_partial_depth.jsonl");
  CHECK(outcome.lines.empty());
  CHECK(outcome.error.reason == Reason::MissingField);
  CHECK(outcome.error.field == "stream");
}

TEST_CASE("binance decoder: spot depth changes chain by their first id and keep removals") {
  CHECK(decoded("diff_depth.jsonl").lines == Lines{"delta ABCUSDT at 1767225600200000us by first 701..703 after 0 bids 12.33x0 12.31x9 asks"});
}

TEST_CASE("binance decoder: a hole between depth changes is handed on as it came") {
  CHECK(decoded("depth_gap.jsonl").lines == Lines{"delta ABCUSDT at 1767225600200000us by first 701..703 after 0 bids 12.33x1 asks",
                                                  "delta ABCUSDT at 1767225600400000us by first 706..707 after 0 bids asks 12.34x2"});
}

TEST_CASE("binance decoder: USD-M depth changes chain by the previous id") {
  CHECK(decoded_usdm("usdm_diff_depth.jsonl").lines ==
        Lines{"delta ABCUSDT at 1767225600200000us by previous 690..703 after 688 bids 12.31x9 12.33x0 asks 12.34x1"});
}

TEST_CASE("binance decoder: the stream's name alone makes USD-M depth a partial one") {
  CHECK(decoded_usdm("usdm_partial_depth.jsonl").lines ==
        Lines{"top ABCUSDT at 1767225600200000us by previous 690..703 after 688 bids 12.33x4 asks 12.34x1"});
}

TEST_CASE("binance decoder: a REST depth answer is a snapshot of the symbol that was asked for") {
  CHECK(decoded("depth_answer.jsonl").lines == Lines{"snapshot ABCUSDT at - by first 0..702 after 0 bids 12.33x4 asks 12.34x0.25 12.35x8",
                                                     "snapshot \u6d4bUSDT at - by first 0..-1 after 0 bids asks"});
  CHECK(decoded_usdm("usdm_depth_answer.jsonl").lines ==
        Lines{"snapshot ABCUSDT at 1767225600300000us by previous 0..702 after 0 bids 12.33x4 asks 12.34x0.25"});
}

TEST_CASE("binance decoder: a candle names its channel, and is open until its final message") {
  CHECK(decoded("kline.jsonl").lines ==
        Lines{"candle_1m ABCUSDT at 1767225602000000us from 1767225600000000us 12.34 12.37 12.3 12.36 volume 55.5 open"});
  CHECK(decoded_usdm("usdm_kline_spaced.jsonl").lines ==
        Lines{"candle_1h ABCUSDT at 1767225602000000us from 1767225600000000us 12.34 12.37 12.3 12.36 volume 55.5 closed"});
}

TEST_CASE("binance decoder: every documented interval has a channel") {
  FrameDecoder decoder(Market::Spot, TimeUnit::Millisecond);
  for (const std::string_view interval : {"1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"}) {
    const Outcome outcome = decode_all(decoder, text_frame(R"({"e":"kline","E":1,"s":"ABCUSDT","k":{"t":1,"i":")" + std::string{interval} +
                                                           R"(","o":"1","c":"1","h":"1","l":"1","v":"1","x":true}})"));
    REQUIRE(outcome.lines.size() == 1);
    CHECK(outcome.lines[0].starts_with("candle_" + std::string{interval} + " "));
  }
}

TEST_CASE("binance decoder: candles with shifted days are ignored") {
  const Outcome outcome = decoded("kline_shifted_days.jsonl");
  CHECK(outcome.lines.empty());
  CHECK(outcome.ignored == 1);
}

TEST_CASE("binance decoder: a ticker maps every field that has a name in the client protocol") {
  CHECK(decoded("ticker.jsonl").lines ==
        Lines{"ticker ABCUSDT at 1767225601000000us price=12.34 change=-0.66 percent=-5.077 high=13.2 low=12.1 volume=100000 open=13 close=13 "
              "average=12.6 last_quantity=0.5 turnover=1260000 bid=12.33 bid_size=4 ask=12.34 ask_size=0.25"});
  CHECK(decoded_usdm("usdm_ticker.jsonl").lines ==
        Lines{"ticker ABCUSDT at 1767225601000000us price=12.34 change=-0.66 percent=-5.077 high=13.2 low=12.1 volume=100000 open=13 average=12.6 "
              "last_quantity=0.5 turnover=1260000"});
}

TEST_CASE("binance decoder: mini tickers come alone or as an array") {
  CHECK(decoded("mini_ticker.jsonl").lines == Lines{"ticker ABC" + kMiniTickerTail});
  CHECK(decoded("mini_ticker_array.jsonl").lines == Lines{"ticker ABC" + kMiniTickerTail, "ticker XYZ" + kMiniTickerTail});
}

TEST_CASE("binance decoder: answers to requests and shutdown notices are control messages") {
  CHECK(decoded("control_answers.jsonl").control == 5);
  CHECK(decoded("server_shutdown.jsonl").control == 2);
  CHECK(decoded("control_answers.jsonl").bad + decoded("server_shutdown.jsonl").bad == 0);
}

TEST_CASE("binance decoder: a USD-M trade is used when the market made it, and ignored when it is off the book") {
  CHECK(decoded_usdm("usdm_trade.jsonl").lines == Lines{"trade ABCUSDT at 1767225600120000us #41 12.34 x 0.5 sell"});
  const Outcome off_book = decoded_usdm("usdm_trade_off_book.jsonl");
  CHECK(off_book.lines.empty());
  CHECK(off_book.ignored == 2);
}

TEST_CASE("binance decoder: COIN-M messages in an all-symbol stream of USD-M are ignored") {
  const Outcome outcome = decoded_usdm("usdm_coin_margined_mixed_in.jsonl");
  CHECK(outcome.lines == Lines{"ticker ABC" + kMiniTickerTail});
  CHECK(outcome.ignored == 1);
}

TEST_CASE("binance decoder: kinds without a channel, and unknown ones, are ignored and counted") {
  CHECK(decoded("kinds_without_channel.jsonl").ignored == 5);
  CHECK(decoded_usdm("usdm_kinds_without_channel.jsonl").ignored == 3);
  CHECK(decoded("unknown_event.jsonl").ignored == 1);
  CHECK(decoded("kinds_without_channel.jsonl").bad + decoded_usdm("usdm_kinds_without_channel.jsonl").bad + decoded("unknown_event.jsonl").bad == 0);
}

TEST_CASE("binance decoder: data may stand before the stream's name") {
  CHECK(decoded("data_before_stream.jsonl").lines == Lines{"quote ABCUSDT at - #700 bid 12.33 x 4 ask 12.34 x 0.25",
                                                           "top ABCUSDT at - by first 0..700 after 0 bids 12.33x4 asks",
                                                           "ticker ABC" + kMiniTickerTail, "ticker XYZ" + kMiniTickerTail});
}

TEST_CASE("binance decoder: raw payloads need no envelope") {
  CHECK(decoded("raw_payloads.jsonl").lines == Lines{"trade ABCUSDT at 1767225600120000us #41 12.34 x 0.5 sell",
                                                     "quote ABCUSDT at - #700 bid 12.33 x 4 ask 12.34 x 0.25", "ticker ABC" + kMiniTickerTail});
}

TEST_CASE("binance decoder: unknown fields are skipped, whatever names stand inside them") {
  const Outcome outcome = decoded("unknown_fields.jsonl");
  CHECK(outcome.lines == Lines{"trade ABCUSDT at 1767225600120000us #41 12.34 x 0.5 sell"});
  CHECK(outcome.bad == 0);
}

TEST_CASE("binance decoder: symbols may be UTF-8 or escaped, and only ASCII letters become upper case") {
  const Lines expected = {"quote \u6d4b\u8bd5\u5e01USDT at - #700 bid 1 x 1 ask 2 x 1",
                          "top \u6d4b\u8bd5\u5e01USDT at - by first 0..700 after 0 bids 1x1 asks 2x1"};
  CHECK(decoded("symbol_utf8.jsonl").lines == expected);
  CHECK(decoded("symbol_escaped.jsonl").lines == expected);
}

TEST_CASE("binance decoder: the connection's time unit decides, and never the number of digits") {
  CHECK(decoded("microseconds.jsonl", Market::Spot, TimeUnit::Microsecond).lines ==
        Lines{"trade ABCUSDT at 1767225600120789us #41 12.34 x 0.5 sell"});
  const Outcome as_milliseconds = decoded("microseconds.jsonl");
  CHECK(as_milliseconds.error.reason == Reason::BadInteger);
  CHECK(as_milliseconds.error.field == "T");
}

TEST_CASE("binance decoder: the market and the unit come from the configuration") {
  BrokerConfig config;
  DescribingSink sink;
  config.options["market"] = std::string{"spot"};
  config.options["time_unit"] = std::string{"microsecond"};
  CHECK(binance::make_decoder(config)->decode(own_frames("microseconds.jsonl")[0], sink).updates == 1);
  config.options["market"] = std::string{"usdm"};  // has no microseconds: the unit is not for it
  CHECK(binance::make_decoder(config)->decode(own_frames("microseconds.jsonl")[0], sink).updates == 0);
  CHECK(binance::make_decoder(config)->decode(own_frames("usdm_diff_depth.jsonl")[0], sink).updates == 1);
  CHECK(sink.lines.back().find("by previous") != std::string::npos);
  CHECK(binance::make_decoder(BrokerConfig{})->decode(own_frames("trade.jsonl")[0], sink).updates == 1);
}

TEST_CASE("binance decoder: frames that carry no JSON of the market are ignored") {
  FrameDecoder decoder(Market::Spot, TimeUnit::Millisecond);
  RawFrame binary = text_frame("\x01\x02");
  binary.kind = FrameKind::Binary;
  CHECK(decode_all(decoder, binary).ignored == 1);
  CHECK(decode_all(decoder, rest_frame("GET /api/v3/time", R"({"serverTime":1})")).ignored == 1);
  RawFrame opened;
  opened.kind = FrameKind::Opened;
  CHECK(decode_all(decoder, opened) == Outcome{});
}

namespace {

/// Of REST: flagged as coming later (32).
Outcome answered(std::string request, std::string body, Market market = Market::Spot, TimeUnit unit = TimeUnit::Millisecond) {
  FrameDecoder decoder(market, unit);
  RawFrame frame;
  frame.kind = FrameKind::Rest;
  frame.request = std::move(request);
  frame.bytes = std::move(body);
  return decode_all(decoder, frame);
}

}  // namespace

TEST_CASE("binance decoder: old trades of REST take their symbol from the request, and carry the flag replayed") {
  const std::string body = R"([{"id":41,"price":"12.34","qty":"0.5","quoteQty":"6.17","time":1767225600120,"isBuyerMaker":true,"isBestMatch":true},)"
                           R"({"id":42,"price":"12.35","qty":"7","quoteQty":"86.45","time":1767225600121,"isBuyerMaker":false,"isBestMatch":true}])";
  const Lines trades = {"trade ABCUSDT at 1767225600120000us flags 32 #41 12.34 x 0.5 sell",
                        "trade ABCUSDT at 1767225600121000us flags 32 #42 12.35 x 7 buy"};
  for (const std::string path : {"/api/v3/trades?symbol=ABCUSDT&limit=2", "/api/v3/historicalTrades?symbol=ABCUSDT&fromId=41&limit=2"}) {
    CAPTURE(path);
    CHECK(answered("GET " + path, body).lines == trades);
  }
  CHECK(answered("GET /fapi/v1/historicalTrades?symbol=ABCUSDT&fromId=41", body, Market::Usdm).lines == trades);
}

TEST_CASE("binance decoder: old aggregates of REST are flagged as both, and their times are in the connection's unit") {
  const std::string body = R"([{"a":9001,"p":"12.34","q":"2.5","f":41,"l":43,"T":1767225600120000,"m":false,"M":true}])";
  const auto outcome = answered("GET /api/v3/aggTrades?symbol=ABCUSDT&fromId=9001&limit=1", body, Market::Spot, TimeUnit::Microsecond);
  CHECK(outcome.lines == Lines{"trade ABCUSDT at 1767225600120000us flags 96 #9001 12.34 x 2.5 buy"});
}

TEST_CASE("binance decoder: no old trades are no fault; one that cannot be read costs itself alone") {
  const std::string request = "GET /api/v3/trades?symbol=ABCUSDT";
  CHECK(answered(request, "[]").bad == 0);
  const auto outcome = answered(
      request, R"([{"id":1,"price":"1","qty":"1","time":1,"isBuyerMaker":true},{"id":-2,"price":"1","qty":"1","time":1,"isBuyerMaker":true},)"
               R"({"id":3,"price":"1","time":1,"isBuyerMaker":true},7,{"id":4,"price":"1","qty":"1","time":1,"isBuyerMaker":true}])");
  CHECK(outcome.lines.size() == 2);
  CHECK(outcome.bad == 3);
  CHECK(outcome.error.reason == Reason::BadInteger);
  CHECK(answered(request, R"({"code":-1121,"msg":"Invalid symbol."})").bad == 1);
  CHECK(answered(request, R"([{"id":1,"price":"1","qty)").bad == 1);
  CHECK(answered("GET /api/v3/trades?limit=1", "[]").bad == 1);
}
