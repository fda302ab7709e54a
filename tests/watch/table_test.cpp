#include "tools/watch/table.hpp"

#include <doctest/doctest.h>

#include "tests/watch/messages.hpp"
#include "tools/watch/text.hpp"

namespace tidegate::watch::test {
namespace {

Model make_model(const std::vector<std::string>& symbols) {
  Model model("ws://127.0.0.1:7410/ws", symbols, {"ticker", "quote", "trade"}, at(0).mono);
  model.on_open();
  model.on_message(kWelcome, at(0));
  return model;
}

/// BTC ticking upwards, ETH refused, a third one waiting.
Model lively_model() {
  Model model = make_model({"BINANCE:BTCUSDT", "BINANCE:NOPE", "BINANCE-USDM:BTCUSDT"});
  for (int i = 1; i <= 10; ++i) model.on_message(trade("BINANCE:BTCUSDT", i, "84551.0" + std::to_string(i - 1)), at(i * 0.1));
  model.on_message(quote("BINANCE:BTCUSDT", 1, "84551.01", "84551.02"), at(1.0));
  model.on_message(ticker("BINANCE:BTCUSDT", 1, "84551", "1.25"), at(1.0));
  for (const char* channel : {"ticker", "quote", "trade"}) {
    model.on_message(result("BINANCE:NOPE", channel, R"("state":"failed","code":4011,"message":"no broker lists it","hint":"see /v1/instruments")"),
                     at(1));
  }
  return model;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_CASE("watch table: what a terminal of 110 columns shows") {
  const std::string text = joined(render(lively_model(), {110, 12, false}, at(2.5).mono));
  CHECK(text ==
        "tidegate 0.1.0  connected  binance: live  latency 85us inside, 599.8ms to here  ws://127.0.0.1:7410/ws\n"
        "SYMBOL                       BID         ASK        LAST    CHANGE    MSG/S    AGE  STATE                     \n"
        "BINANCE:BTCUSDT         84551.01    84551.02    84551.09    +1.25%      6.0   1.5s  live    \n"
        "BINANCE:NOPE                   -           -           -         -      0.0      -  failed  \n"
        "BINANCE-USDM:BTCUSDT           -           -           -         -      0.0      -  pending \n"
        "! BINANCE:NOPE (ticker, quote, trade): 4011 no broker lists it; see /v1/instruments\n"
        "12 messages in 0:00:02  0 gaps  ctrl-c ends\n");
}

TEST_CASE("watch table: every line fits whatever the size of the terminal") {
  Model model = lively_model();
  model.on_message(
      R"({"type":"notice","message":"币安人生 is a symbol, and this sentence is longer than many a terminal is wide, by far, is it not?"})", at(1));
  for (const std::size_t width : {1, 5, 20, 40, 60, 80, 200}) {
    for (const std::size_t height : {1, 3, 5, 6, 40}) {
      const std::vector<std::string> lines = render(model, {width, height, false}, at(2.5).mono);
      CHECK(lines.size() <= height);
      if (width < 42) continue;  // narrower than the prices: the terminal cuts at its edge
      for (const std::string& line : lines) CHECK(columns(line) <= width);
    }
  }
}

TEST_CASE("watch table: a narrow terminal drops columns, never digits") {
  const std::string text = joined(render(lively_model(), {60, 12, false}, at(2.5).mono));
  CHECK(text.find("84551.09") != std::string::npos);
  CHECK(text.find("MSG/S") == std::string::npos);
}

TEST_CASE("watch table: more symbols than lines are counted") {
  std::vector<std::string> symbols;
  for (int i = 0; i < 50; ++i) symbols.push_back("X:S" + std::to_string(i));
  const std::vector<std::string> lines = render(make_model(symbols), {80, 10, false}, at(1).mono);
  CHECK(lines.size() == 10);
  CHECK(lines[8] == "... 44 more symbols, make the window taller");
}

TEST_CASE("watch table: a tick flashes green or red for a moment, then only its colour stays") {
  Model model = make_model({"A:B"});
  model.on_message(trade("A:B", 1, "10"), at(1));
  model.on_message(trade("A:B", 2, "11"), at(2));
  CHECK(joined(render(model, {80, 10, true}, at(2.1).mono)).find("\x1b[30;42m11\x1b[0m") != std::string::npos);
  CHECK(joined(render(model, {80, 10, true}, at(3).mono)).find("\x1b[32m        11\x1b[0m") != std::string::npos);
  model.on_message(trade("A:B", 3, "10"), at(4));
  CHECK(joined(render(model, {80, 10, true}, at(4.1).mono)).find("\x1b[30;41m10\x1b[0m") != std::string::npos);
}

TEST_CASE("watch table: without colours there is no escape at all") {
  Model model = lively_model();
  model.on_message(R"({"type":"notice","message":"\u001b]0;title\u0007"})", at(1));
  CHECK(joined(render(model, {120, 20, false}, at(1).mono)).find('\x1b') == std::string::npos);
}

TEST_CASE("watch table: the prices of a row have as many decimals as the finest of them") {
  Model model = make_model({"A:B"});
  model.on_message(quote("A:B", 1, "84525", "84529.6"), at(1));
  model.on_message(trade("A:B", 1, "84528.25"), at(1));
  const std::string text = joined(render(model, {80, 10, false}, at(2).mono));
  CHECK(text.find("  84525.00    84529.60    84528.25") != std::string::npos);
}

TEST_CASE("watch table: losses stand in the footer") {
  Model model = lively_model();
  model.on_message(R"({"type":"gap","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":11,"to_seq":1011,"cause":"slow_client"})", at(1));
  model.on_message(trade("BINANCE:BTCUSDT", 2000, "1"), at(1));
  model.on_closed("cut", Duration{kSecond});
  model.on_open();
  const std::vector<std::string> lines = render(model, {120, 20, false}, at(1).mono);
  CHECK(lines.back() == "13 messages in 0:00:01  1 gap (1,001 lost)  1 unexplained holes  1 reconnect  ctrl-c ends");
}

}  // namespace
}  // namespace tidegate::watch::test
