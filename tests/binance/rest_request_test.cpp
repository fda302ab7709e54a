#include "brokers/binance/rest_request.hpp"

#include <doctest/doctest.h>

using namespace tidegate::binance;

TEST_CASE("binance REST request: the paths of both markets are known, other requests are not") {
  CHECK(rest_kind("GET /api/v3/depth?symbol=A") == RestKind::Depth);
  CHECK(rest_kind("GET /api/v1/depth") == RestKind::Depth);
  CHECK(rest_kind("GET /fapi/v1/depth?limit=5&symbol=A") == RestKind::Depth);
  CHECK(rest_kind("GET /api/v3/trades?symbol=A") == RestKind::Trades);
  CHECK(rest_kind("GET /fapi/v1/historicalTrades?symbol=A&fromId=1") == RestKind::Trades);
  CHECK(rest_kind("GET /api/v3/aggTrades?symbol=A&fromId=1") == RestKind::AggregateTrades);
  CHECK(rest_kind("GET /api/v3/depths?symbol=A") == RestKind::Other);
  CHECK(rest_kind("POST /api/v3/depth?symbol=A") == RestKind::Other);
  CHECK(rest_kind("GET /api/v2/trades?symbol=A") == RestKind::Other);
  CHECK(rest_kind("GET /api/v3/") == RestKind::Other);
  CHECK(rest_kind("") == RestKind::Other);
}

TEST_CASE("binance REST request: the symbol is found anywhere in the query and percent-decoded") {
  std::string symbol;
  CHECK(read_symbol_parameter("GET /api/v3/depth?symbol=ABCUSDT&limit=5", symbol));
  CHECK(symbol == "ABCUSDT");
  CHECK(read_symbol_parameter("GET /api/v3/depth?limit=5&symbol=%e6%B5%8b%41", symbol));
  CHECK(symbol == "\u6d4bA");
}

TEST_CASE("binance REST request: a missing, empty, endless or broken symbol is no symbol") {
  std::string symbol;
  for (const std::string request : {"GET /x", "GET /x?", "GET /x?limit=5", "GET /x?symbol=", "GET /x?xsymbol=A", "GET /x?symbol=%",
                                    "GET /x?symbol=%4", "GET /x?symbol=%4G", "GET /x?symbol=%-1"}) {
    CAPTURE(request);
    CHECK_FALSE(read_symbol_parameter(request, symbol));
  }
  CHECK_FALSE(read_symbol_parameter("GET /x?symbol=" + std::string(65, 'A'), symbol));
}
