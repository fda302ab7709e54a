#include "tools/watch/model.hpp"

#include <doctest/doctest.h>

#include "tests/watch/messages.hpp"

namespace tidegate::watch::test {
namespace {

Model make_model(std::vector<std::string> symbols = {"BINANCE:BTCUSDT"}) {
  Model model("ws://127.0.0.1:7410/ws", symbols, {"ticker", "quote", "trade"}, at(0).mono);
  model.on_open();
  model.on_message(kWelcome, at(0));
  return model;
}

TEST_CASE("watch model: each channel fills its own columns") {
  Model model = make_model();
  model.on_message(ticker("BINANCE:BTCUSDT", 1, "99", "-1.25"), at(1));
  CHECK(model.rows()[0].last.text == "99");
  CHECK(model.rows()[0].bid.text == "1.0");
  CHECK(model.rows()[0].change_percent.text == "-1.25");
  model.on_message(quote("BINANCE:BTCUSDT", 1, "100.1", "100.2"), at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 1, "100.15"), at(1));
  CHECK(model.rows()[0].bid.text == "100.1");
  CHECK(model.rows()[0].ask.text == "100.2");
  CHECK(model.rows()[0].last.text == "100.15");
  CHECK(model.totals().messages == 3);
}

TEST_CASE("watch model: a summary does not overwrite what trades and quotes say") {
  Model model = make_model();
  model.on_message(quote("BINANCE:BTCUSDT", 1, "100.1", "100.2"), at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 1, "100.15"), at(1));
  model.on_message(ticker("BINANCE:BTCUSDT", 1, "99", "0"), at(1));
  CHECK(model.rows()[0].last.text == "100.15");
  CHECK(model.rows()[0].bid.text == "100.1");
}

TEST_CASE("watch model: a default channel that a symbol does not have is not missed, a chosen one is") {
  const char* refusal = R"({"type":"result","op":"subscribe","results":[)"
                        R"({"symbol":"NSE:NIFTY 50","channel":"ticker","state":"pending"},)"
                        R"({"symbol":"NSE:NIFTY 50","channel":"quote","state":"failed","code":4012,"message":"no such channel"}]})";
  Model by_default("u", {"NSE:NIFTY 50"}, {}, at(0).mono);
  by_default.on_message(refusal, at(1));
  CHECK(by_default.rows()[0].streams.size() == 2);
  CHECK(by_default.take_new_events().empty());
  Model chosen("u", {"NSE:NIFTY 50"}, {"ticker", "quote"}, at(0).mono);
  chosen.on_message(refusal, at(1));
  CHECK(chosen.rows()[0].state() == "failed");
  CHECK(chosen.take_new_events().size() == 1);
}

TEST_CASE("watch model: books and candles fill the table, too") {
  Model model("u", {"A:B"}, {"orderbook", "candle_1m"}, at(0).mono);
  model.on_message(R"({"type":"orderbook","symbol":"A:B","seq":1,"bids":[["10","1"],["9","1"]],"asks":[["11","1",3]]})", at(1));
  model.on_message(R"({"type":"candle","symbol":"A:B","seq":1,"interval":"1m","close":"10.5","closed":false})", at(1));
  CHECK(model.rows()[0].bid.text == "10");
  CHECK(model.rows()[0].ask.text == "11");
  CHECK(model.rows()[0].last.text == "10.5");
  CHECK(model.rows()[0].state() == "live");
}

TEST_CASE("watch model: a move has a direction, an equal price has none") {
  Model model = make_model();
  const auto last = [&]() -> const Cell& { return model.rows()[0].last; };
  model.on_message(trade("BINANCE:BTCUSDT", 1, "100"), at(1));
  CHECK(last().direction == 0);
  model.on_message(trade("BINANCE:BTCUSDT", 2, "100.5"), at(2));
  CHECK(last().direction == 1);
  CHECK(last().changed == at(2).mono);
  model.on_message(trade("BINANCE:BTCUSDT", 3, "100.50"), at(3));
  CHECK(last().changed == at(2).mono);
  model.on_message(trade("BINANCE:BTCUSDT", 4, "99"), at(4));
  CHECK(last().direction == -1);
}

TEST_CASE("watch model: the rate is that of the last whole seconds") {
  RateMeter rate;
  CHECK(rate.per_second(at(0).mono) == 0);
  for (int i = 0; i < 100; ++i) rate.count(at(i * 0.1).mono);
  CHECK(rate.per_second(at(10).mono) == doctest::Approx(10));
  CHECK(rate.per_second(at(12).mono) == doctest::Approx(6));
  CHECK(rate.per_second(at(16).mono) == 0);
  RateMeter young;
  for (int i = 0; i < 20; ++i) young.count(at(0.5).mono);
  CHECK(young.per_second(at(1.5).mono) == doctest::Approx(20));
}

TEST_CASE("watch model: latency is the median, and clocks that disagree are left out") {
  LatencyWindow window;
  CHECK_FALSE(window.known());
  for (const int us : {5, 100, 7, 6, -4000}) window.record(Duration{us * 1000});
  CHECK(window.median() == Duration{7000});
  Model model = make_model();
  model.on_message(trade("BINANCE:BTCUSDT", 1, "1"), at(0.000285));
  CHECK(model.inside().median() == Duration{85'000});
  CHECK(model.delivery().median() == Duration{100'000});
}

TEST_CASE("watch model: a gap that is told is no hole, a hole that nobody explains is counted") {
  Model model = make_model();
  model.on_message(trade("BINANCE:BTCUSDT", 5, "1"), at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 6, "1"), at(1));
  model.on_message(R"({"type":"gap","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":7,"to_seq":9,"cause":"slow_client"})", at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 10, "1"), at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 20, "1", "conflated"), at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 40, "1", "snapshot"), at(1));
  CHECK(model.totals().holes == 0);
  CHECK(model.totals().gaps == 1);
  CHECK(model.totals().lost == 3);
  model.on_message(trade("BINANCE:BTCUSDT", 42, "1"), at(1));
  CHECK(model.totals().holes == 1);
  CHECK(model.events().back() == "gap: BINANCE:BTCUSDT trade 7 to 9, slow_client");
}

TEST_CASE("watch model: a trade that fills a gap is not the last one, and no hole") {
  Model model = make_model();
  model.on_message(trade("BINANCE:BTCUSDT", 1, "100"), at(1));
  model.on_message(R"({"type":"gap","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":2,"to_seq":3,"cause":"upstream"})", at(2));
  model.on_message(trade("BINANCE:BTCUSDT", 4, "101", "gap_before"), at(2));
  model.on_message(trade("BINANCE:BTCUSDT", 2, "99", "replayed"), at(3));
  CHECK(model.rows()[0].last.text == "101");
  model.on_message(trade("BINANCE:BTCUSDT", 5, "102"), at(4));
  CHECK(model.rows()[0].last.text == "102");
  CHECK(model.totals().holes == 0);
}

TEST_CASE("watch model: a row is as bad as its worst channel") {
  Model model = make_model();
  CHECK(model.rows()[0].state() == "pending");
  for (const char* channel : {"ticker", "quote", "trade"}) model.on_message(result("BINANCE:BTCUSDT", channel, R"("state":"live")"), at(1));
  CHECK(model.rows()[0].state() == "live");
  model.on_message(R"({"type":"state","symbol":"BINANCE:BTCUSDT","channel":"trade","state":"stale","broker":"binance","reason":"connection lost"})",
                   at(1));
  CHECK(model.rows()[0].state() == "stale");
}

TEST_CASE("watch model: a refused symbol keeps its code and hint, and says them once") {
  Model model = make_model({"BINANCE:NOPE"});
  for (int i = 0; i < 2; ++i) {
    model.on_message(result("BINANCE:NOPE", "trade", R"("state":"failed","code":4011,"message":"unknown symbol","hint":"see /v1/instruments")"),
                     at(1));
  }
  const Stream& stream = model.rows()[0].streams[2];
  CHECK(stream.code == 4011);
  CHECK(stream.hint == "see /v1/instruments");
  CHECK(model.take_new_events() == std::vector<std::string>{"BINANCE:NOPE trade: 4011 unknown symbol; see /v1/instruments"});
  CHECK(model.take_new_events().empty());
  model.on_message(result("BINANCE:NOPE", "trade", R"("state":"pending")"), at(2));
  CHECK(stream.state == "pending");
}

TEST_CASE("watch model: a bare name takes the full symbol that the gateway answers") {
  Model model = make_model({"BTCUSDT"});
  model.on_message(result("BINANCE:BTCUSDT", "trade", R"("requested":"BTCUSDT","state":"pending")"), at(1));
  model.on_message(result("BINANCE:BTCUSDT", "quote", R"("requested":"BTCUSDT","state":"live")"), at(1));
  CHECK(model.rows()[0].symbol == "BINANCE:BTCUSDT");
  CHECK(model.rows()[0].streams[1].state == "live");
  model.on_message(trade("BINANCE:BTCUSDT", 1, "7"), at(1));
  CHECK(model.rows()[0].last.text == "7");
}

TEST_CASE("watch model: a name that had to wait takes the symbol that it turns out to stand for") {
  Model model = make_model({"SMART:AAPL"});
  model.on_message(result("SMART:AAPL", "quote", R"("state":"pending")"), at(1));
  model.on_message(R"({"type":"resolved","requested":"SMART:AAPL","symbol":"NASDAQ:AAPL","channel":"quote"})", at(2));
  CHECK(model.rows()[0].symbol == "NASDAQ:AAPL");
  model.on_message(quote("NASDAQ:AAPL", 1, "7", "8"), at(3));
  CHECK(model.rows()[0].bid.text == "7");
}

TEST_CASE("watch model: an answer that comes after data does not take its word back") {
  Model model = make_model();
  model.on_message(trade("BINANCE:BTCUSDT", 1, "7"), at(1));
  model.on_message(result("BINANCE:BTCUSDT", "trade", R"("state":"pending")"), at(1));
  CHECK(model.rows()[0].streams[2].state == "live");
}

TEST_CASE("watch model: a lost connection makes rows stale and is told, a new one starts afresh") {
  Model model = make_model();
  model.on_message(trade("BINANCE:BTCUSDT", 7, "1"), at(1));
  model.on_closed("the connection was cut", Duration{kSecond});
  CHECK(model.rows()[0].state() == "stale");
  CHECK(model.connection() == "reconnecting");
  CHECK(model.events().back() == "connection lost: the connection was cut; next attempt in 1.0s");
  model.on_open();
  CHECK(model.rows()[0].state() == "pending");
  CHECK(model.totals().reconnects == 1);
  model.on_message(trade("BINANCE:BTCUSDT", 30, "1"), at(2));
  CHECK(model.totals().holes == 0);
  model.on_message(R"({"type":"welcome","epoch":"e2","version":"0.1.0","brokers":[]})", at(2));
  CHECK(model.events().back() == "the gateway was restarted: sequence numbers begin anew");
  model.on_closed("go away", Duration{-1});
  CHECK(model.connection() == "disconnected");
}

TEST_CASE("watch model: brokers, notices and errors are told") {
  Model model = make_model();
  CHECK(model.brokers().at("binance") == "live");
  model.on_message(R"({"type":"status","broker":"binance","state":"reconnecting","reason":"cut","timestamp":null})", at(1));
  CHECK(model.brokers().at("binance") == "reconnecting");
  CHECK(model.events().back() == "broker binance: reconnecting, cut");
  model.on_message(R"({"type":"notice","kind":"shutdown","message":"bye\u001b[2J"})", at(1));
  CHECK(model.events().back() == "notice: bye?[2J");
  model.on_message(R"({"type":"error","code":4020,"message":"too fast","hint":"wait"})", at(1));
  CHECK(model.events().back() == "error 4020: too fast; wait");
}

TEST_CASE("watch model: nonsense changes nothing") {
  Model model = make_model();
  for (const char* bad : {"", "x", "[]", "7", "{", R"({"type":7})", R"({"type":"trade"})", R"({"type":"result","op":"subscribe","results":[7,{}]})",
                          R"({"type":"result","op":"subscribe","results":7})", R"({"type":"gap"})", R"({"type":"welcome","brokers":[7]})",
                          R"({"type":"quote","symbol":"?"})", R"({"type":"orderbook","symbol":"BINANCE:BTCUSDT","bids":[[]],"asks":[7]})",
                          R"({"type":"unheard of"})"}) {
    CAPTURE(bad);
    model.on_message(bad, at(1));
    CHECK(model.rows().size() == 1);
    CHECK(model.rows()[0].last.text.empty());
  }
  model.on_message(std::string(100'000, '['), at(1));
}

}  // namespace
}  // namespace tidegate::watch::test
