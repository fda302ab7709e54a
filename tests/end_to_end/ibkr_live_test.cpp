// The whole gateway against the simulated Interactive Brokers: every channel by every way to name an instrument, limits, availability, TLS, OAuth,
// and all brokers at once.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/ibkr.hpp"
#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/end_to_end/xts.hpp"
#include "tests/ibkr/oauth_consumer.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::Ibkr;
using test::ibkr_gateway_yaml;
using test::SubscriberClient;
using Json = rapidjson::Value;

auto data_of(std::string symbol, std::string type) {
  return [symbol = std::move(symbol), type = std::move(type)](const Json& m) {
    return SubscriberClient::is(m, type) && SubscriberClient::text(m, "symbol") == symbol && m.HasMember("seq");
  };
}

auto state_of(std::string symbol, std::string channel, std::string state) {
  return [symbol = std::move(symbol), channel = std::move(channel), state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == symbol && SubscriberClient::text(m, "channel") == channel &&
           SubscriberClient::text(m, "state") == state;
  };
}

auto broker_in(std::string state) {
  return [state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "broker") == "ibkr" && SubscriberClient::text(m, "state") == state;
  };
}

/// The result for one symbol and channel of a subscribe request, once it was answered.
const Json& result_of(SubscriberClient& client, int id, std::size_t place = 0) {
  const Json& message = client.wait_for("the answer", [id](const Json& m) {
    return SubscriberClient::is(m, "result") && m.HasMember("id") && m["id"].IsInt() && m["id"].GetInt() == id;
  });
  REQUIRE(message["results"].Size() > place);
  return message["results"][static_cast<rapidjson::SizeType>(place)];
}

void subscribe(SubscriberClient& client, int id, std::string_view channels, std::string_view symbols, std::string_view options = "{}") {
  client.send(R"({"op":"subscribe","id":)" + std::to_string(id) + R"(,"channels":)" + std::string{channels} + R"(,"symbols":)" +
              std::string{symbols} + R"(,"options":)" + std::string{options} + "}");
}

}  // namespace

TEST_CASE("ibkr: every channel of shares, futures, currencies and indices reaches a subscriber by the names that people write") {
  Ibkr ibkr;
  test::GatewayUnderTest gateway{ibkr_gateway_yaml(ibkr)};
  SubscriberClient client{gateway.port()};
  subscribe(client, 1, R"(["ticker","quote","status","orderbook"])", R"(["NASDAQ:AAPL"])");
  for (const char* type : {"ticker", "quote", "orderbook"}) client.wait_for(type, data_of("NASDAQ:AAPL", type));
  client.wait_for("trading", [](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "symbol") == "NASDAQ:AAPL" &&
           SubscriberClient::text(m, "state") == "trading";
  });
  const Json& live = client.wait_for("the book is live", state_of("NASDAQ:AAPL", "orderbook", "live"));
  CHECK(SubscriberClient::text(live, "reason").find("experimental") != std::string_view::npos);
  const Json& ticker = client.wait_for("a ticker", data_of("NASDAQ:AAPL", "ticker"));
  CHECK(SubscriberClient::text(ticker, "broker") == "ibkr");
  CHECK(ticker["price"].IsString());
  CHECK(ticker["close_price"].IsString());
  CHECK_FALSE(SubscriberClient::has_flag(ticker, "float"));

  SubscriberClient other{gateway.port()};
  subscribe(other, 1, R"(["quote"])", R"(["SMART:MSFT","IDEALPRO:EUR.USD","AMZN"])");
  for (const char* symbol : {"NASDAQ:MSFT", "IDEALPRO:EUR.USD", "NASDAQ:AMZN"}) other.wait_for(symbol, data_of(symbol, "quote"));
  subscribe(other, 2, R"(["ticker"])", R"(["CBOE:SPX","CME:ESZ29"])");
  other.wait_for("the index", data_of("CBOE:SPX", "ticker"));
  other.wait_for("the future", data_of("CME:ESZ29", "ticker"));
  CHECK(gateway.counters().frames_bad == 0);
  CHECK(gateway.counters().messages_unresolved == 0);
}

TEST_CASE("ibkr: names that are ambiguous or unknown are answered with what there is, and channels it lacks with 4012") {
  Ibkr ibkr;
  test::GatewayUnderTest gateway{ibkr_gateway_yaml(ibkr)};
  SubscriberClient client{gateway.port()};
  subscribe(client, 1, R"(["quote"])", R"(["TWIN"])");
  const Json& twin = result_of(client, 1);
  CHECK(twin["code"].GetInt() == 4011);
  const std::string words = std::string{SubscriberClient::text(twin, "message")} + " " + std::string{SubscriberClient::text(twin, "hint")};
  CHECK(words.find("NYSE:TWIN") != std::string::npos);
  CHECK(words.find("AMEX:TWIN") != std::string::npos);
  subscribe(client, 2, R"(["quote"])", R"(["NASDAQ:NOBODY"])");
  CHECK(result_of(client, 2)["code"].GetInt() == 4011);
  subscribe(client, 3, R"(["trade","candle_1m"])", R"(["NASDAQ:AAPL"])");
  CHECK(result_of(client, 3, 0)["code"].GetInt() == 4012);
  CHECK(result_of(client, 3, 1)["code"].GetInt() == 4012);
  subscribe(client, 4, R"(["quote"])", R"(["CBOE:SPX"])");
  CHECK(result_of(client, 4)["code"].GetInt() == 4012);
}

TEST_CASE("ibkr: over its lines a wish is failed with 4015 naming the holders, and comes when a line is free") {
  Ibkr ibkr;
  test::GatewayUnderTest gateway{ibkr_gateway_yaml(ibkr, ", lines_max: 2")};
  SubscriberClient client{gateway.port()};
  subscribe(client, 1, R"(["quote"])", R"(["NASDAQ:AAPL","NASDAQ:MSFT"])");
  client.wait_for("the first", data_of("NASDAQ:AAPL", "quote"));
  client.wait_for("the second", data_of("NASDAQ:MSFT", "quote"));
  subscribe(client, 2, R"(["quote"])", R"(["NYSE:IBM"])");
  const Json& refused = client.wait_for("the refusal", state_of("NYSE:IBM", "quote", "failed"));
  CHECK(refused["code"].GetInt() == 4015);
  CHECK(SubscriberClient::text(refused, "reason").find("NASDAQ:AAPL") != std::string_view::npos);
  client.send(R"({"op":"unsubscribe","id":3,"channels":["quote"],"symbols":["NASDAQ:MSFT"]})");
  client.wait_for("the third, now that there is room", data_of("NYSE:IBM", "quote"));
  CHECK(ibkr.streams() == std::set<std::string>{"265598", "8314"});
}

TEST_CASE("ibkr: delayed data reaches those who allow it, flagged, and nobody else; no subscription is 4013; a halt is a status") {
  Ibkr ibkr;
  test::GatewayUnderTest gateway{ibkr_gateway_yaml(ibkr)};
  SubscriberClient strict{gateway.port()}, lenient{gateway.port()};
  ibkr.inject("delayed");
  subscribe(lenient, 1, R"(["quote","ticker","status"])", R"(["NASDAQ:AAPL"])", R"({"allow_delayed":true})");
  CHECK(SubscriberClient::has_flag(lenient.wait_for("a delayed quote", data_of("NASDAQ:AAPL", "quote")), "delayed"));
  subscribe(strict, 1, R"(["quote"])", R"(["NASDAQ:AAPL"])");
  const Json& failed = strict.wait_for("the refusal", state_of("NASDAQ:AAPL", "quote", "failed"));
  CHECK(failed["code"].GetInt() == 4013);
  const std::size_t before = lenient.messages().size();
  lenient.wait_for("more of them", data_of("NASDAQ:AAPL", "quote"), before);
  for (const Json& m : strict.messages()) CHECK_FALSE(data_of("NASDAQ:AAPL", "quote")(m));
  ibkr.inject("resume");
  const Json& real = strict.wait_for("real time", data_of("NASDAQ:AAPL", "quote"));
  CHECK_FALSE(SubscriberClient::has_flag(real, "delayed"));

  ibkr.inject("halt=AAPL");
  lenient.wait_for("the halt", [](const Json& m) { return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "state") == "halted"; });
  ibkr.inject("resume");
  ibkr.inject("not_subscribed");
  const Json& none = strict.wait_for("no entitlement", state_of("NASDAQ:AAPL", "quote", "failed"), strict.messages().size());
  CHECK(none["code"].GetInt() == 4013);
}

TEST_CASE("ibkr: TLS works with the right authority or without a look, and a wrong certificate is refused with what to do") {
  Ibkr ibkr{Ibkr::quick_with_tls()};
  Ibkr stranger{Ibkr::quick_with_tls()};
  const auto gateway_yaml = [&](const std::string& tls) {
    return "server: {listen: '127.0.0.1:0'}\nlog: {level: error}\npipeline: {mode: inline}\nbrokers:\n  ibkr: {adapter: ibkr, rest_url: '" +
           ibkr.rest_url() + "', instruments_cache: none, rest_rate: 1000, refused_wait: 200ms, reconnect: {initial: 10ms, maximum: 200ms}" + tls +
           "}\n";
  };
  for (const std::string& tls : {", tls: {ca_file: '" + ibkr.certificate_file() + "'}", std::string{", tls: {verify: false}"}}) {
    CAPTURE(tls);
    test::GatewayUnderTest gateway{gateway_yaml(tls)};
    SubscriberClient client{gateway.port()};
    subscribe(client, 1, R"(["quote"])", R"(["NASDAQ:AAPL"])");
    client.wait_for("a quote", data_of("NASDAQ:AAPL", "quote"));
  }
  for (const std::string& tls : {std::string{}, ", tls: {ca_file: '" + stranger.certificate_file() + "'}"}) {
    CAPTURE(tls);
    test::GatewayUnderTest gateway{gateway_yaml(tls)};
    SubscriberClient client{gateway.port()};
    subscribe(client, 1, R"(["quote"])", R"(["NASDAQ:AAPL"])");
    const Json& down = client.wait_for("the refusal", broker_in("down"));
    const std::string reason{SubscriberClient::text(down, "reason")};
    CAPTURE(reason);
    CHECK(reason.find("certificate") != std::string::npos);
    CHECK(reason.find("tls.ca_file") != std::string::npos);
    CHECK(reason.find("tls.verify: false") != std::string::npos);
    CHECK(ibkr.counters().upgrades == 2);  // of the two before
  }
}

TEST_CASE("ibkr: the hosted API's OAuth, from the keys to data, with a token that expires on the way") {
  const test::TestKey signature, encryption;
  const test::TemporaryFolder folder;
  const auto file = [&](const char* name, const std::string& text) {
    std::ofstream{folder.path() / name} << text;
    return (folder.path() / name).string();
  };
  const std::string secret = "\x01\xff secret bytes of a token";
  sim::IbkrOptions options = Ibkr::quick_with_tls();
  options.oauth.consumer_key = "TESTCONS1";
  options.oauth.access_token = "a1b2c3d4";
  options.oauth.access_token_secret = ibkr::to_hex(secret);
  options.oauth.signature_key_file = file("public.pem", signature.public_pem());
  options.oauth.dh_param_file = file("dhparam.pem", test::group_pem("ffdhe2048"));
  Ibkr ibkr{options};
  test::GatewayUnderTest gateway{
      ibkr_gateway_yaml(ibkr, ", login: oauth, oauth_consumer_key: TESTCONS1, oauth_access_token: a1b2c3d4, oauth_access_token_secret: '" +
                                  ibkr::to_base64(encryption.encrypted(secret)) + "', oauth_signature_key: '" +
                                  file("signature.pem", signature.private_pem()) + "', oauth_encryption_key: '" +
                                  file("encryption.pem", encryption.private_pem()) + "', oauth_dh_param: '" + options.oauth.dh_param_file + "'")};
  SubscriberClient client{gateway.port()};
  subscribe(client, 1, R"(["quote"])", R"(["NASDAQ:AAPL"])");
  client.wait_for("a quote", data_of("NASDAQ:AAPL", "quote"));
  REQUIRE(ibkr.connections().size() == 1);
  CHECK(ibkr.connections()[0].target == "/v1/api/ws?oauth_token=a1b2c3d4");
  ibkr.inject("expire_token");
  client.wait_for("the loss of the token", state_of("NASDAQ:AAPL", "quote", "stale"));
  client.wait_for("a quote with the next token", data_of("NASDAQ:AAPL", "quote"), client.messages().size());
  for (const Json& m : client.messages()) {
    CHECK(SubscriberClient::text(m, "reason").find("a1b2c3d4") == std::string_view::npos);
  }
}

TEST_CASE("ibkr: four brokers run in one process from one configuration, and one's trouble is not another's") {
  Ibkr ibkr;
  test::Xts xts;
  test::Kite kite;
  test::Venue venue{sim::BinanceOptions{}};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue) + kite.yaml() + xts.yaml() + ibkr.yaml()};
  SubscriberClient client{gateway.port()};
  subscribe(client, 1, R"(["quote","ticker"])", R"(["BINANCE:BTCUSDT","NSE:INFY","NFO:NIFTY30DECFUT","NASDAQ:AAPL"])");
  const std::vector<std::string> symbols = {"BINANCE:BTCUSDT", "NSE:INFY", "NFO:NIFTY30DECFUT", "NASDAQ:AAPL"};
  for (const std::string& symbol : symbols) {
    for (const char* type : {"quote", "ticker"}) client.wait_for(symbol + type, data_of(symbol, type));
  }
  CHECK(SubscriberClient::text(client.wait_for("a quote", data_of("NASDAQ:AAPL", "quote")), "broker") == "ibkr");
  ibkr.inject("refuse=503");
  ibkr.inject("drop");
  client.wait_for("ibkr is away", broker_in("reconnecting"));
  const std::size_t before = client.messages().size();
  for (const std::string& symbol : {symbols[0], symbols[1], symbols[2]}) client.wait_for(symbol, data_of(symbol, "quote"), before);
  ibkr.inject("resume");
  client.wait_for("ibkr is back", data_of("NASDAQ:AAPL", "quote"), before);
  for (std::size_t i = before; i < client.messages().size(); ++i) {
    const Json& m = client.messages()[i];
    CHECK_FALSE((SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") != "NASDAQ:AAPL"));
  }
}

}  // namespace tidegate
