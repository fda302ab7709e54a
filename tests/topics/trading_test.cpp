// The trading dialect's messages and requests, byte for byte.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "distributor/dialects/dialect_requests.hpp"
#include "distributor/dialects/trading_messages.hpp"

using namespace tidegate;
using namespace tidegate::distributor;

namespace {

std::string trading(std::string_view native) {
  std::string out = "what was there before";
  return std::string(as_trading(native, out));
}

Identity user(std::string name, std::vector<std::string> topics = {"*"}) {
  Identity identity;
  identity.user = std::move(name);
  identity.grants.push_back({Patterns{}, Patterns{}, Patterns{std::move(topics)}, Patterns{}});
  return identity;
}

Request request(std::string_view text, const Identity& identity = user("42")) {
  const ParsedRequest parsed = parse_trading(text, identity);
  CHECK_MESSAGE(parsed.complaint.code == 0, parsed.complaint.message);
  return parsed.request;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("trading messages: data is the native message, its bytes shared; books are pairs") {
  const std::string_view trade = R"({"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,"price":"1"})";
  std::string out;
  CHECK(as_trading(trade, out).data() == trade.data());
  const std::string_view pairs = R"({"type":"orderbook","symbol":"A:B","seq":1,"bids":[["100","1"]],"asks":[]})";
  CHECK(as_trading(pairs, out).data() == pairs.data());
  CHECK(trading(
            R"({"type":"orderbook","symbol":"A:B","seq":1,"flags":["snapshot"],"bids":[["100","1",3],["99.5","1.25",12]],"asks":[["101","2",0]]})") ==
        R"({"type":"orderbook","symbol":"A:B","seq":1,"flags":["snapshot"],"bids":[["100","1"],["99.5","1.25"]],"asks":[["101","2"]]})");
}

TEST_CASE("trading messages: what was published stands at the top, under the type of its topic") {
  const auto of = [](std::string_view topic, std::string_view data) {
    return trading(R"({"type":"topic","topic":")" + std::string(topic) + R"(","seq":3,"timestamp":"T","origin":"publisher:svc","data":)" +
                   std::string(data) + "}");
  };
  CHECK(
      of("user:42:orders", R"({"order_id":"o1","status":"FILLED","filled":1.50})") ==
      R"({"type":"order_update","order_id":"o1","status":"FILLED","filled":1.50,"topic":"user:42:orders","seq":3,"origin":"publisher:svc","timestamp":"T"})");
  CHECK(of("risk_alerts", R"({"type":"risk_alert","alert_type":"loss","timestamp":"own"})") ==
        R"({"type":"risk_alert","alert_type":"loss","timestamp":"own","topic":"risk_alerts","seq":3,"origin":"publisher:svc"})");
  CHECK(of("orders", R"({"type":"LIMIT"})") ==
        R"({"type":"order_update","data_type":"LIMIT","topic":"orders","seq":3,"origin":"publisher:svc","timestamp":"T"})");
  CHECK(of("bot_status", "7") == R"({"type":"bot_status","data":7,"topic":"bot_status","seq":3,"origin":"publisher:svc","timestamp":"T"})");
  CHECK(of("portfolio:42", "{}").starts_with(R"({"type":"portfolio_update","topic":)"));
  CHECK(of("user:42:portfolio", "{}").starts_with(R"({"type":"portfolio_update","topic":)"));
  CHECK(of("weather", "{}").starts_with(R"({"type":"topic_update","topic":)"));
}

TEST_CASE("trading answers: nothing for what succeeded, an error for each failure, nothing for a welcome") {
  constexpr UtcTime now{1'700'000'000'000'000'000};
  CHECK(trading_answers(R"({"type":"welcome","session":"s"})", now).empty());
  CHECK(trading_answers(R"({"type":"result","op":"subscribe","results":[{"symbol":"A:B","channel":"ticker","state":"live"}]})", now).empty());
  CHECK(
      trading_answers(R"({"type":"result","op":"subscribe","results":[{"symbol":"A:B","channel":"ticker","state":"pending"},)"
                      R"({"symbol":"NOPE","channel":"ticker","state":"failed","code":4011,"message":"unknown symbol","hint":"h"},)"
                      R"({"topic":"orders","state":"failed","code":4013,"message":"m"}]})",
                      now) ==
      Texts{
          R"({"type":"error","code":4011,"message":"unknown symbol","hint":"h","symbol":"NOPE","channel":"ticker","timestamp":"2023-11-14T22:13:20.000Z"})",
          R"({"type":"error","code":4013,"message":"m","topic":"orders","timestamp":"2023-11-14T22:13:20.000Z"})"});
  CHECK(trading_answers(R"({"type":"pong","timestamp":"T"})", now) == Texts{R"({"type":"pong","timestamp":"T"})"});
  CHECK(trading_answers(R"({"type":"result","op":"publish","topic":"a","seq":1})", now).size() == 1);
  std::string many = R"({"type":"result","op":"subscribe","results":[)";
  for (int i = 0; i < 150; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"symbol":"NOPE","channel":"ticker","state":"failed","code":4011,"message":"m"})";
  const Texts errors = trading_answers(many + "]}", now);
  REQUIRE(errors.size() == 101);
  CHECK(errors.back().find("50 more subscriptions failed") != std::string::npos);
}

TEST_CASE("trading requests: subscriptions of symbols") {
  const Request ticker = request(R"({"type":"subscribe_ticker","symbols":["BTCUSDT","NSE:RELIANCE"]})");
  CHECK(ticker.op == Op::Subscribe);
  CHECK(ticker.channels == Texts{"ticker"});
  CHECK(ticker.symbols == Texts{"BTCUSDT", "NSE:RELIANCE"});
  CHECK(request(R"({"type":"subscribe_symbol","symbols":["A"]})").channels == Texts{"ticker"});
  CHECK(request(R"({"type":"subscribe_trades","symbols":["A"]})").channels == Texts{"trade"});
  CHECK(request(R"({"type":"subscribe_orderbook","symbols":["A"],"depth":5})").options.depth == 5);
  const Request left = request(R"({"type":"unsubscribe_trades","symbols":["A"],"id":9})");
  CHECK(left.op == Op::Unsubscribe);
  CHECK(left.channels == Texts{"trade"});
  CHECK(left.id == "9");
}

TEST_CASE("trading requests: channels are the user's own topics and the common ones, as far as it may read them") {
  CHECK(request(R"({"type":"subscribe","channels":["orders","risk_alerts","portfolio"]})").topics ==
        Texts{"user:42:orders", "orders", "user:42:risk_alerts", "risk_alerts", "user:42:portfolio", "portfolio:42", "portfolio"});
  CHECK(request(R"({"type":"subscribe","channels":["orders"]})", user("42", {})).topics == Texts{"user:42:orders"});
  CHECK(request(R"({"type":"subscribe","channels":["orders"]})", Identity{}).topics == Texts{"orders"});  // refused, which tells what is missing
  const Request mixed = request(R"({"type":"subscribe","channels":["orders","trades","weather"],"symbols":["A"]})");
  CHECK(mixed.topics == Texts{"user:42:orders", "orders"});
  CHECK(mixed.channels == Texts{"trade"});
  REQUIRE(mixed.also_wrong.size() == 1);
  CHECK(mixed.also_wrong[0].code == 4012);
  CHECK(request(R"({"type":"subscribe","channels":[],"symbols":["A"]})").channels == Texts{"ticker"});
  CHECK(request(R"({"type":"unsubscribe","symbols":["A"]})").channels == Texts{"ticker", "trade", "orderbook"});
}

TEST_CASE("trading requests: what cannot be read has a code and a hint") {
  const auto code = [](std::string_view text) {
    const ParsedRequest parsed = parse_trading(text, Identity{});
    CHECK_FALSE(parsed.complaint.message.empty());
    CHECK_MESSAGE(!parsed.complaint.hint.empty(), text);
    return parsed.complaint.code;
  };
  CHECK(code("nonsense") == 4004);
  CHECK(code("[]") == 4004);
  CHECK(code("{}") == 4004);
  CHECK(code(R"({"type":7})") == 4004);
  CHECK(code(R"({"type":"subscribe_weather","symbols":["A"]})") == 4010);
  CHECK(code(R"({"type":"SUBSCRIBE"})") == 4010);
  CHECK(code(R"({"type":"subscribe"})") == 4004);
  CHECK(code(R"({"type":"subscribe_ticker"})") == 4004);
  CHECK(code(R"({"type":"subscribe_ticker","symbols":"A"})") == 4004);
  CHECK(code(R"({"type":"subscribe_ticker","symbols":[1]})") == 4004);
  CHECK(code(R"({"type":"subscribe_orderbook","symbols":["A"],"depth":0})") == 4004);
}

TEST_CASE("trading requests: a ping's own fields come back, within bounds") {
  CHECK(request(R"({"type":"ping","timestamp":1700000000.5,"n":{"a":[1]}})").echo == R"(,"timestamp":1700000000.5,"n":{"a":[1]})");
  CHECK(request(R"({"type":"ping","big":")" + std::string(2'000, 'x') + R"(","small":1})").echo == R"(,"small":1)");
  CHECK(request(R"({"type":"ping"})").echo.empty());
}
