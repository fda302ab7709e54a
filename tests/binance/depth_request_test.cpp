#include "brokers/binance/depth_request.hpp"

#include <doctest/doctest.h>

using namespace tidegate::binance;

TEST_CASE("binance depth request: the paths of both markets are known, other requests are not") {
  CHECK(is_depth_request("GET /api/v3/depth?symbol=A"));
  CHECK(is_depth_request("GET /api/v1/depth"));
  CHECK(is_depth_request("GET /fapi/v1/depth?limit=5&symbol=A"));
  CHECK_FALSE(is_depth_request("GET /api/v3/depths?symbol=A"));
  CHECK_FALSE(is_depth_request("POST /api/v3/depth?symbol=A"));
  CHECK_FALSE(is_depth_request(""));
}

TEST_CASE("binance depth request: the symbol is found anywhere in the query and percent-decoded") {
  std::string symbol;
  CHECK(read_symbol_parameter("GET /api/v3/depth?symbol=ABCUSDT&limit=5", symbol));
  CHECK(symbol == "ABCUSDT");
  CHECK(read_symbol_parameter("GET /api/v3/depth?limit=5&symbol=%e6%B5%8b%41", symbol));
  CHECK(symbol == "\u6d4bA");
}

TEST_CASE("binance depth request: a missing, empty, endless or broken symbol is no symbol") {
  std::string symbol;
  for (const std::string request : {"GET /x", "GET /x?", "GET /x?limit=5", "GET /x?symbol=", "GET /x?xsymbol=A", "GET /x?symbol=%",
                                    "GET /x?symbol=%4", "GET /x?symbol=%4G", "GET /x?symbol=%-1"}) {
    CAPTURE(request);
    CHECK_FALSE(read_symbol_parameter(request, symbol));
  }
  CHECK_FALSE(read_symbol_parameter("GET /x?symbol=" + std::string(65, 'A'), symbol));
}
