// The whole gateway against the simulated Zerodha: what a subscriber sees on a good day, and on the morning when the token dies.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/end_to_end/zerodha_captures.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/subscriber_client.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

using test::Kite;
using test::SubscriberClient;
using Json = rapidjson::Value;
using Mode = Kite::Mode;

constexpr std::uint32_t kReliance = 738561, kInfy = 408065, kNifty = 256265;

auto data_of(std::string symbol, std::string type) {
  return [symbol = std::move(symbol), type = std::move(type)](const Json& m) {
    return SubscriberClient::is(m, type) && SubscriberClient::text(m, "symbol") == symbol;
  };
}

auto broker_in(std::string broker, std::string state) {
  return [broker = std::move(broker), state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "broker") == broker && SubscriberClient::text(m, "state") == state;
  };
}

void write_line(const std::filesystem::path& path, const std::string& line) {
  const auto next = path.string() + ".new";
  std::ofstream{next} << line << '\n';
  std::filesystem::rename(next, path);
}

}  // namespace

TEST_CASE("zerodha: every channel of shares, contracts and indices reaches a subscriber by symbol, with no configured instruments") {
  Kite kite;
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["ticker","quote","orderbook","trade"])", R"(["NSE:RELIANCE","NFO:NIFTY30DECFUT","CDS:USDINR30DECFUT","MCX:GOLD30DECFUT"])");
  client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50","BSE:BSE SENSEX SIXTY 65:35"])");
  for (const char* symbol : {"NSE:RELIANCE", "NFO:NIFTY30DECFUT", "CDS:USDINR30DECFUT", "MCX:GOLD30DECFUT"}) {
    for (const char* type : {"ticker", "quote", "orderbook", "trade"}) client.wait_for(std::string{symbol} + type, data_of(symbol, type));
  }
  for (const char* symbol : {"NSE:NIFTY 50", "BSE:BSE SENSEX SIXTY 65:35"}) client.wait_for(symbol, data_of(symbol, "ticker"));
  const Json& trade = client.wait_for("a trade", data_of("NSE:RELIANCE", "trade"));
  CHECK(SubscriberClient::has_flag(trade, "derived"));
  const Json& book = client.wait_for("a book", data_of("NSE:RELIANCE", "orderbook"));
  REQUIRE(book["bids"].Size() == 5);
  CHECK(book["bids"][0].Size() == 3);  // price, size, orders
}

TEST_CASE("zerodha: an index has no quote, and the refusal says what there is") {
  Kite kite;
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50"])");
  client.wait_for("the index", data_of("NSE:NIFTY 50", "ticker"));
  client.subscribe(R"(["quote"])", R"(["NSE:NIFTY 50"])");
  const Json& refused = client.wait_for("the refusal", [](const Json& m) {
    return SubscriberClient::is(m, "result") && SubscriberClient::text(m["results"][0], "channel") == "quote";
  });
  CHECK(refused["results"][0]["code"].GetInt() == 4012);
  CHECK(SubscriberClient::text(refused["results"][0], "hint").find("ticker") != std::string_view::npos);
}

TEST_CASE("zerodha: the mode moves up with a wish for books and down again when the last one leaves") {
  Kite kite;
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["ticker"])", R"(["NSE:RELIANCE","NSE:NIFTY 50"])");
  client.wait_until("quote mode", [&] { return kite.modes() == std::map<std::uint32_t, Mode>{{kReliance, Mode::Quote}, {kNifty, Mode::Quote}}; });
  {
    SubscriberClient other{gateway.port()};
    other.subscribe(R"(["orderbook"])", R"(["NSE:RELIANCE"])");
    other.wait_for("a book", data_of("NSE:RELIANCE", "orderbook"));
    CHECK(kite.modes() == std::map<std::uint32_t, Mode>{{kReliance, Mode::Full}, {kNifty, Mode::Quote}});
  }
  client.wait_until("quote mode again", [&] { return kite.modes()[kReliance] == Mode::Quote; });
  client.send(R"({"op":"unsubscribe_all"})");
  client.wait_until("nothing is carried", [&] { return kite.modes().empty(); });
}

TEST_CASE("zerodha: every capture, played by the simulator, reaches a subscriber as its raw integers say") {
  const auto fixtures = test::shared_fixture("zerodha");
  if (test::skipped_without(fixtures)) return;
  const test::TemporaryFolder folder;
  for (const test::KiteCapture& capture : test::read_kite_captures(fixtures, folder.path())) {
    CAPTURE(capture.name);
    if (capture.tokens.empty()) continue;  // text messages, or a packet that says nothing
    sim::ZerodhaOptions options;
    options.frames_path = capture.frames_file.string();
    options.start_after = std::chrono::milliseconds{300};
    options.flush_interval = std::chrono::milliseconds{5};
    Kite kite{options};
    std::string instruments = "instruments:\n", symbols;
    for (const std::uint64_t token : capture.tokens) {
      const std::string symbol = "TEST:T" + std::to_string(token);
      instruments += "  - {symbol: '" + symbol + "', ids: {zerodha: " + std::to_string(token) + "}}\n";
      symbols += (symbols.empty() ? "[\"" : ",\"") + symbol + "\"";
    }
    test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite, "", instruments)};
    SubscriberClient client{gateway.port()};
    std::map<std::uint64_t, std::vector<std::string>> seen;
    std::uint64_t count = 0, expected = 0, gaps = 0;
    for (const auto& [token, messages] : capture.expected) expected += messages.size();
    client.on_json = [&](const Json& message) {
      if (SubscriberClient::is(message, "gap")) ++gaps;
      const std::string text = test::describe(message);
      if (text.empty()) return;
      ++count;
      seen[std::stoull(std::string{SubscriberClient::text(message, "symbol").substr(6)})].push_back(text);
    };
    client.subscribe(R"(["ticker","quote","orderbook","trade"])", symbols + "]");
    client.wait_until("every message has come", [&] { return count >= expected; });
    client.wait_until("the recording has ended", [&] { return kite.counters().replay_ended; });
    CHECK(seen == capture.expected);
    CHECK(gaps == 0);
    CHECK(gateway.counters().frames_bad == 0);
    CHECK(gateway.counters().frames_dropped == 0);
  }
}

TEST_CASE("zerodha: a token replaced on disk brings every subscription and mode back, without a restart") {
  const test::TemporaryFolder folder;
  const auto token = folder.path() / "kite.token", valid = folder.path() / "valid";
  write_line(token, "monday");
  write_line(valid, "key:monday");
  sim::ZerodhaOptions options = Kite::quick();
  options.credentials_file = valid.string();
  Kite kite{options};
  const std::string yaml = "server: {listen: '127.0.0.1:0'}\nlog: {level: error}\npipeline: {mode: inline}\nbrokers:\n" +
                           kite.yaml("", "api_key: key, access_token: '${file:" + token.string() + "}'");
  test::GatewayUnderTest gateway{yaml};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50"])");
  client.subscribe(R"(["quote"])", R"(["NSE:RELIANCE"])");
  client.subscribe(R"(["ticker"])", R"(["NSE:INFY"])");
  const std::map<std::uint32_t, Mode> wanted = {{kNifty, Mode::Quote}, {kReliance, Mode::Full}, {kInfy, Mode::Quote}};
  client.wait_until("everything is subscribed", [&] { return kite.modes() == wanted; });
  client.wait_for("the quote flows", data_of("NSE:RELIANCE", "quote"));

  // Night: the token dies, the connection falls, and the only attempt with the dead token is refused.
  write_line(valid, "key:tuesday");
  kite.inject("drop");
  const Json& parked = client.wait_for("the refusal is told", broker_in("zerodha", "auth_required"));
  const std::string reason{SubscriberClient::text(parked, "reason")};
  CHECK(reason.find("403") != std::string::npos);
  CHECK(reason.find("kite.token") != std::string::npos);  // what to renew
  CHECK(reason.find("monday") == std::string::npos);
  client.wait_for("the quote is stale", [](const Json& m) {
    return SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == "NSE:RELIANCE" && SubscriberClient::text(m, "state") == "stale";
  });
  const std::uint64_t upgrades = kite.counters().upgrades;
  CHECK(kite.counters().refusals[403] == 1);
  client.run_for(std::chrono::milliseconds{300});
  CHECK(kite.counters().upgrades == upgrades);  // nobody tries the dead token again

  const std::size_t before = client.messages().size();
  write_line(token, "tuesday");
  client.wait_for("the broker is back", broker_in("zerodha", "live"), before);
  client.wait_until("everything is subscribed again", [&] { return kite.modes() == wanted; });
  client.wait_for("the quote flows again", data_of("NSE:RELIANCE", "quote"), before);
  client.wait_for("the index flows again", data_of("NSE:NIFTY 50", "ticker"), before);
  CHECK(kite.counters().refusals[403] == 1);
}

TEST_CASE("zerodha: it runs beside Binance in one process from one configuration") {
  Kite kite;
  test::Venue venue{sim::BinanceOptions{}};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue) + kite.yaml()};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["quote","trade","ticker"])", R"(["BINANCE:BTCUSDT","NSE:RELIANCE"])");
  for (const char* symbol : {"BINANCE:BTCUSDT", "NSE:RELIANCE"}) {
    for (const char* type : {"quote", "trade", "ticker"}) client.wait_for(std::string{symbol} + type, data_of(symbol, type));
  }
  // One broker's trouble is not the other's.
  kite.inject("refuse=503");
  kite.inject("drop");
  client.wait_for("zerodha is away", broker_in("zerodha", "reconnecting"));
  const std::size_t before = client.messages().size();
  client.wait_for("binance goes on", data_of("BINANCE:BTCUSDT", "quote"), before);
  kite.inject("resume");
  client.wait_for("zerodha is back", data_of("NSE:RELIANCE", "quote"), before);
  for (std::size_t i = before; i < client.messages().size(); ++i) {
    const Json& m = client.messages()[i];
    CHECK_FALSE((SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == "BINANCE:BTCUSDT"));
  }
}

}  // namespace tidegate
