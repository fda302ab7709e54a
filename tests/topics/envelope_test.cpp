// The platform's envelope, byte for byte.
#include "distributor/dialects/envelope.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace tidegate;
using namespace tidegate::distributor;

namespace {

constexpr UtcTime kNow{1'700'000'000'000'000'000};

std::string envelope(std::string_view native, bool as_text = false) {
  std::string out = "what was there before";
  write_envelope(native, as_text, kNow, out);
  return out;
}

}  // namespace

TEST_CASE("envelope: market data is wrapped whole, under its own time, the time of publication, or ours") {
  CHECK(
      envelope(
          R"({"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,"timestamp":"2026-01-05T09:15:00.118Z","published":"2026-01-05T09:15:01.000Z","price":"1"})") ==
      R"({"type":"MARKET_DATA","timestamp":"2026-01-05T09:15:00.118Z","payload":{"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,"timestamp":"2026-01-05T09:15:00.118Z","published":"2026-01-05T09:15:01.000Z","price":"1"}})");
  CHECK(envelope(R"({"type":"quote","symbol":"A:B","timestamp":null,"published":"2026-01-05T09:15:01.000Z"})")
            .starts_with(R"({"type":"MARKET_DATA","timestamp":"2026-01-05T09:15:01.000Z","payload":{"type":"quote",)"));
  CHECK(
      envelope(R"({"type":"gap","symbol":"A:B","channel":"trade","from_seq":1,"to_seq":2,"cause":"upstream"})") ==
      R"({"type":"MARKET_DATA","timestamp":"2023-11-14T22:13:20.000Z","payload":{"type":"gap","symbol":"A:B","channel":"trade","from_seq":1,"to_seq":2,"cause":"upstream"}})");
}

TEST_CASE("envelope: the payload is a text for those who ask for that") {
  CHECK(
      envelope(R"({"type":"topic","topic":"orders","seq":3,"timestamp":"2026-01-05T09:15:00.118Z","origin":"publisher:svc","data":{"id":"a\"b"}})",
               true) ==
      R"({"type":"ORDER_UPDATE","timestamp":"2026-01-05T09:15:00.118Z","payload":"{\"id\":\"a\\\"b\",\"topic\":\"orders\",\"seq\":3,\"origin\":\"publisher:svc\"}"})");
}

TEST_CASE("envelope: what was published is the payload, with topic, seq and origin where it has no such keys of its own") {
  const auto of = [](std::string_view topic, std::string_view data, std::string_view more = {}) {
    return envelope(R"({"type":"topic","topic":")" + std::string(topic) + R"(","seq":3,"timestamp":"T","origin":"publisher:svc")" +
                    std::string(more) + R"(,"data":)" + std::string(data) + "}");
  };
  CHECK(
      of("user:42:orders", R"({"order_id":1.0})", R"(,"retained":true,"key":"k")") ==
      R"({"type":"ORDER_UPDATE","timestamp":"T","payload":{"order_id":1.0,"topic":"user:42:orders","seq":3,"origin":"publisher:svc","retained":true,"key":"k"}})");
  CHECK(of("positions", R"({"seq":"own","topic":null})") ==
        R"({"type":"POSITION_UPDATE","timestamp":"T","payload":{"seq":"own","topic":null,"origin":"publisher:svc"}})");
  CHECK(of("strategies", "[1,2]") ==
        R"({"type":"STRATEGY_UPDATE","timestamp":"T","payload":{"data":[1,2],"topic":"strategies","seq":3,"origin":"publisher:svc"}})");
  CHECK(of("orders", "{}") == R"({"type":"ORDER_UPDATE","timestamp":"T","payload":{"topic":"orders","seq":3,"origin":"publisher:svc"}})");
}

TEST_CASE("envelope: topics have the types of their families") {
  const std::vector<std::pair<std::string, std::string>> families = {
      {"orders", "ORDER_UPDATE"},        {"user:42:orders", "ORDER_UPDATE"},       {"strategy:7:orders", "ORDER_UPDATE"},
      {"positions", "POSITION_UPDATE"},  {"user:42:positions", "POSITION_UPDATE"}, {"portfolio:42", "POSITION_UPDATE"},
      {"strategies", "STRATEGY_UPDATE"}, {"strategy:7", "STRATEGY_UPDATE"},        {"bot_status", "STRATEGY_UPDATE"},
      {"market:status", "MARKET_DATA"},  {"risk_alerts", "TOPIC_UPDATE"},          {"weather", "TOPIC_UPDATE"},
  };
  for (const auto& [topic, type] : families) {
    const std::string text = envelope(R"({"type":"topic","topic":")" + topic + R"(","seq":1,"timestamp":"T","origin":"x","data":{}})");
    CHECK_MESSAGE(text.starts_with(R"({"type":")" + type + '"'), text);
  }
}

TEST_CASE("envelope: results are subscriptions with a topic each; a symbol is there if one of its channels is") {
  CHECK(envelope(R"({"type":"result","op":"subscribe","id":5,"results":[)"
                 R"({"symbol":"BINANCE:BTCUSDT","requested":"BTCUSDT","channel":"ticker","state":"pending"},)"
                 R"({"symbol":"BINANCE:BTCUSDT","requested":"BTCUSDT","channel":"trade","state":"live"},)"
                 R"({"symbol":"X:Y","channel":"ticker","state":"failed","code":4011,"message":"unknown symbol","hint":"h"},)"
                 R"({"symbol":"X:Y","channel":"trade","state":"failed","code":4012,"message":"no"},)"
                 R"({"symbol":"X:Z","channel":"ticker","state":"failed","code":4012,"message":"no"},)"
                 R"({"symbol":"X:Z","channel":"trade","state":"pending"},)"
                 R"({"topic":"orders","state":"no_publisher"},{"topic":"user:1:orders","state":"failed","code":4013,"message":"m"}]})") ==
        R"({"type":"SUBSCRIPTION","timestamp":"2023-11-14T22:13:20.000Z","payload":{"action":"subscribe","id":5,"results":[)"
        R"({"topic":"market:BTCUSDT","state":"live"},{"topic":"market:X:Y","state":"failed","code":4011,"message":"unknown symbol","hint":"h"},)"
        R"({"topic":"market:X:Z","state":"pending"},{"topic":"orders","state":"no_publisher"},)"
        R"({"topic":"user:1:orders","state":"failed","code":4013,"message":"m"}]}})");
}

TEST_CASE("envelope: everything else has a type too, and a welcome is left out") {
  CHECK(envelope(R"({"type":"welcome","session":"s"})").empty());
  CHECK(envelope(R"({"type":"error","code":4004,"message":"m","timestamp":"T"})") ==
        R"({"type":"ERROR","timestamp":"T","payload":{"type":"error","code":4004,"message":"m","timestamp":"T"}})");
  CHECK(envelope(R"({"type":"error","code":4004,"message":"say \"timestamp\":\"X\"","timestamp":"T"})")
            .starts_with(R"({"type":"ERROR","timestamp":"T")"));
  const std::vector<std::pair<std::string, std::string>> types = {
      {R"({"type":"heartbeat","timestamp":"T"})", "HEARTBEAT"},
      {R"({"type":"pong","timestamp":"T"})", "HEARTBEAT"},
      {R"({"type":"result","op":"auth","user":"a"})", "AUTHENTICATION"},
      {R"({"type":"result","op":"publish","topic":"a"})", "SUBSCRIPTION"},
      {R"({"type":"state","topic":"orders","state":"live"})", "SUBSCRIPTION"},
      {R"({"type":"gap","topic":"orders","from_seq":1,"to_seq":1,"cause":"slow_client"})", "SUBSCRIPTION"},
      {R"({"type":"state","symbol":"A:B","channel":"trade","state":"live"})", "MARKET_DATA"},
      {R"({"type":"status","broker":"b","state":"live"})", "MARKET_DATA"},
      {R"({"type":"notice","kind":"shutdown"})", "NOTICE"},
      {R"({"type":"subscriptions","subscriptions":[]})", "SUBSCRIPTION"},
  };
  for (const auto& [native, type] : types) CHECK_MESSAGE(envelope(native).starts_with(R"({"type":")" + type + '"'), native);
}
