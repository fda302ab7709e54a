#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "gateway/net/deflate_offer.hpp"

using namespace tidegate::net;

namespace {

constexpr std::string_view kBoth = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

}  // namespace

TEST_CASE("deflate offer: the first that can be met is, and neither side keeps its window between messages") {
  const struct {
    std::string_view header;
    int window_bits;  // 0: none
  } cases[] = {
      {"", 0},
      {"x-webkit-deflate-frame", 0},
      {"permessage-deflate", 15},
      {" permessage-deflate ", 15},
      {",, permessage-deflate,", 15},
      {"PERMESSAGE-DEFLATE", 0},
      {"permessage-deflate; client_max_window_bits", 15},
      {"permessage-deflate;client_max_window_bits=10;client_no_context_takeover", 15},
      {"permessage-deflate; client_max_window_bits=\"15\"", 15},
      {"permessage-deflate ; server_no_context_takeover ; server_max_window_bits = 10", 10},
      {"permessage-deflate; server_max_window_bits=8", 8},
      {"permessage-deflate; server_max_window_bits=\"9\"", 9},
      {"permessage-deflate; server_max_window_bits=15", 15},
      // declined: no value where one must be, one where none may be, one out of bounds, a parameter twice or unknown
      {"permessage-deflate; server_max_window_bits", 0},
      {"permessage-deflate; server_max_window_bits=7", 0},
      {"permessage-deflate; server_max_window_bits=16", 0},
      {"permessage-deflate; server_max_window_bits=08", 0},
      {"permessage-deflate; server_max_window_bits=10x", 0},
      {"permessage-deflate; server_max_window_bits=100", 0},
      {"permessage-deflate; client_max_window_bits=0", 0},
      {"permessage-deflate; client_max_window_bits=99999999999999999999", 0},
      {"permessage-deflate; server_no_context_takeover=1", 0},
      {"permessage-deflate; client_no_context_takeover=true", 0},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", 0},
      {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", 0},
      {"permessage-deflate; client_max_window_bits; client_max_window_bits=10", 0},
      {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", 0},
      {"permessage-deflate; mystery", 0},
      {"permessage-deflate; Server_No_Context_Takeover", 0},
      // several offers
      {"permessage-deflate; mystery, permessage-deflate", 15},
      {"permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=11, permessage-deflate", 11},
      {"permessage-bzip2; level=9, permessage-deflate; server_max_window_bits=12", 12},
      {"permessage-deflate, permessage-deflate; mystery", 15},
  };
  for (const auto& each : cases) {
    CAPTURE(each.header);
    const DeflateAgreement agreed = agree_on_deflate(each.header);
    CHECK_FALSE(agreed.malformed);
    CHECK(agreed.window_bits == each.window_bits);
    if (each.window_bits == 0) {
      CHECK(agreed.answer.empty());
    } else if (each.header.find("server_max_window_bits") == std::string_view::npos) {
      CHECK(agreed.answer == kBoth);
    } else {
      CHECK(agreed.answer == std::string(kBoth) + "; server_max_window_bits=" + std::to_string(each.window_bits));
    }
  }
}

TEST_CASE("deflate offer: a header that is no list of extensions is malformed") {
  for (const std::string_view header :
       {";", "=", "permessage-deflate; ", "permessage-deflate; =8", "permessage-deflate; client_max_window_bits=", "permessage-deflate mystery",
        "permessage-deflate; client_max_window_bits=\"", "permessage-deflate; client_max_window_bits=\"10", "permessage-deflate; a=\"b c\"",
        "permessage-deflate; a=\"\"", "permessage-deflate, (comment)", "permessage\x80"}) {
    CAPTURE(header);
    CHECK(agree_on_deflate(header).malformed);
    CHECK(agree_on_deflate(header).window_bits == 0);
  }
}
