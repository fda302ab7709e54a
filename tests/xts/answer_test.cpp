// REST answers with quotes.
#include <doctest/doctest.h>

#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;
using tidegate::xts::FrameDecoder;

namespace {

const std::string kSubscribe = "POST /apimarketdata/instruments/subscription";
const std::string kTicker = "ticker 1_7001 at 1765513003s float price=812.4 last_quantity=3";

Outcome answer(const std::string& request, const std::string& body) {
  FrameDecoder decoder{{}};
  return decode(decoder, rest_frame(request, body));
}
std::string with_quotes(const std::string& quotes) {
  return R"({"type":"success","code":"s-session-0001","result":{"mdp":1512,"quotesList":[{"exchangeSegment":1,"listQuotes":"no"}],"listQuotes":)" +
         quotes + R"(,"Remaining_Subscription_Count":48}})";
}

}  // namespace

TEST_CASE("xts answers: every quote of a list is a message, whatever the root path") {
  const std::string body = with_quotes("[" + as_json_text(last_price()) + "," + as_json_text(open_interest()) + "]");
  const Lines lines{kTicker, "ticker 2_52001 at - float interest=880750 change as sent"};
  CHECK(answer(kSubscribe, body).lines == lines);
  CHECK(answer("POST /apibinarymarketdata/instruments/quotes", body).lines == lines);
  CHECK(answer("POST /instruments/quotes?x=1", body).lines == lines);
}
TEST_CASE("xts answers: one quote may stand bare, and the answer or its result in an array") {
  CHECK(answer(kSubscribe, with_quotes(as_json_text(last_price()))).lines == Lines{kTicker});
  CHECK(answer(kSubscribe, "[" + with_quotes(as_json_text(last_price())) + "]").lines == Lines{kTicker});
  CHECK(answer(kSubscribe, R"({"result":[{"listQuotes":[)" + as_json_text(last_price()) + "]}]}").lines == Lines{kTicker});
}
TEST_CASE("xts answers: without quotes they are control") {
  CHECK(answer(kSubscribe, with_quotes("[]")).decoded.control == 1);
  CHECK(answer(kSubscribe, R"({"type":"success","result":{}})").decoded.control == 1);
  CHECK(answer(kSubscribe, R"({"type":"success","result":"","listQuotes":["x"]})").decoded.control == 1);
}
TEST_CASE("xts answers: other requests are ignored") {
  CHECK(answer("PUT /apimarketdata/instruments/subscription", with_quotes(as_json_text(last_price()))).decoded.ignored == 1);
  CHECK(answer("GET /apimarketdata/config/clientConfig", "{}").decoded.ignored == 1);
}
TEST_CASE("xts answers: a bad quote does not spoil the others, a broken answer keeps what came before") {
  const Outcome mixed = answer(kSubscribe, with_quotes("[17," + as_json_text("{") + ",{}," + as_json_text(last_price()) + "]"));
  CHECK(mixed.lines == Lines{kTicker});
  CHECK(mixed.decoded.bad == 3);
  const Outcome broken = answer(kSubscribe, R"({"result":{"listQuotes":[)" + as_json_text(last_price()) + ",");
  CHECK(broken.lines == Lines{kTicker});
  CHECK(broken.decoded.bad == 1);
  CHECK(answer(kSubscribe, "Too many requests").decoded.bad == 1);
}
