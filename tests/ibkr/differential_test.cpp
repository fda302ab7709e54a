// The decoder against the reference decoder, over runs of messages broken at random from fixed seeds.
#include <random>

#include "tests/ibkr/reference_decoder.hpp"
#include "tests/ibkr/update_text.hpp"
#include "tests/support/json_mutation.hpp"

using namespace tidegate;
using namespace tidegate::test::ibkr;

namespace {

const std::vector<std::string> kMessages = {
    smd(R"("6509":"DPB","conidEx":"265598","83":0.56,"84":"271.55","31":"271.67","86":"271.66","88":"1,300","85":"500")"),
    smd(R"("6509":"RpB","31":"C271.67","7741":"270","82":"+1.5","70":"272","71":"270","7295":"271")"),
    smd(R"("31":"H271.67","7059":"100","7762":"1234567","87":"12.2M","87_raw":1.22E7)", 1'777'552'110'500),
    smd(R"("84":-1,"88":"0","86":271.6,"83":"-0.36%")", 1'777'552'110'500),
    smd(R"("31":"N/A","55":"-")"),
    smd(R"("6509":"N")"),
    smd(R"("6509":"ZB","84":"4.5e0","7638":"50","7697":"1.5K","9999":{"a":[1]})", 1, "265598@ARCA"),
    smd("", 2),
    R"({"topic":"sbd+U1+265598","data":[{"row":0,"focus":0,"price":"186.40","ask":"300"},{"row":1,"focus":1,"price":"1 @ 186.34","ask":"1,5K"},{"row":2,"price":"186.31","bid":"2,000"}]})",
    R"({"data":[{"row":1,"price":186.35,"bid":2},{"row":0,"price":"186.40"}],"topic":"sbd+U1+265598"})",
    R"({"topic":"sor","args":[{"acct":"U1","orderId":9}]})",
    R"({"topic":"sts","args":{"authenticated":false}})",
    R"({"result":"unsubscribed from summary"})",
    R"({"topic":"smh+265598","data":[{"t":1,"h":125.10}]})",
};

constexpr std::string_view kPieces[] = {"1E3",       "\"1\"",  "\"-\"",   "\"N/A\"",   "\"C5\"",
                                        "\"H5.25\"", "\"31\"", "\"84\"",  "\"6509\"",  "\"7762\"",
                                        "\"D\"",     "\"R\"",  "\"row\"", "\"topic\"", "K",
                                        "M",         "B",      "%",       "+",         "-",
                                        "@",         ";",      "\"0\"",   "5e-3",      "99999999999999999999",
                                        "\\u0031"};

}  // namespace

TEST_CASE("ibkr decoder: agrees with the reference decoder over runs of mutated messages") {
  std::mt19937 random(20'260'430);
  std::size_t updates = 0, bad = 0;
  for (int run = 0; run < 1'500; ++run) {
    Feed feed;
    ReferenceDecoder reference;
    for (int i = 0; i < 30; ++i) {
      std::string message = kMessages[random() % kMessages.size()];
      if (random() % 4 != 0) message = test::mutate_json(std::move(message), kPieces, kMessages, random);
      if (message.find('\0') != std::string::npos) continue;
      const Lines lines = feed(message);
      const ReferenceOutcome expected = reference.decode(message);
      CAPTURE(message);
      // A message with something behind it is told before that is seen, and refused whole by the reference.
      if (expected.not_json && feed.decoded.bad != 0 && feed.decoded.updates + feed.decoded.ignored + feed.decoded.control != 0) {
        reference = {};
        feed = {};
        continue;
      }
      REQUIRE(lines == expected.lines);
      REQUIRE((feed.decoded.bad != 0) == expected.bad);
      REQUIRE(feed.decoded.control == (expected.control ? 1U : 0U));
      REQUIRE(feed.decoded.ignored == (expected.ignored ? 1U : 0U));
      REQUIRE(feed.decoded.updates == lines.size());
      updates += lines.size();
      bad += feed.decoded.bad;
    }
  }
  CHECK(updates > 20'000);
  CHECK(bad > 5'000);
}
