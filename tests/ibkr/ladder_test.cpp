#include "tests/ibkr/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::ibkr;

namespace {

std::string sbd(std::string_view rows, std::string_view target = "DU1234567+265598") {
  return R"({"topic":"sbd+)" + std::string{target} + R"(","data":[)" + std::string{rows} + "]}";
}
constexpr std::string_view kRows = R"({"row":0,"focus":0,"price":"186.40","ask":"300"},{"row":1,"focus":0,"price":"186.36","ask":"1,200"},)"
                                   R"({"row":2,"focus":1,"price":"1 @ 186.34","ask":"500"},{"row":3,"focus":0,"price":"186.33"},)"
                                   R"({"row":4,"focus":0,"price":"186.32","bid":"400"},{"row":5,"focus":0,"price":"186.31","bid":"2,000"})";
const std::string kBook = "depth 265598 bids 400@186.32 2000@186.31 asks 500@186.34 1200@186.36 300@186.4";

}  // namespace

TEST_CASE("ibkr ladder: rows become a book, best first, whatever their order") {
  Feed feed;
  CHECK(feed(sbd(kRows)) == Lines{kBook});
  CHECK(feed.decoded.updates == 1);
  CHECK(feed.decoded.confidential);
  CHECK(Feed{}(R"({"data":[{"price":186.31,"bid":2000,"row":9},{"bid":"400","row":"4","price":"186.32"}],"topic":"sbd+U1+265598"})") ==
        Lines{"depth 265598 bids 400@186.32 2000@186.31 asks"});
}

TEST_CASE("ibkr ladder: rows of later messages replace those of their index, the others stay") {
  Feed feed;
  feed(sbd(kRows));
  CHECK(feed(sbd(R"({"row":4,"price":"186.32","bid":"700"},{"row":1,"focus":1,"price":"5 @ 186.36","ask":"95"})")) ==
        Lines{"depth 265598 bids 700@186.32 2000@186.31 asks 500@186.34 95@186.36 300@186.4"});
  CHECK(feed(sbd(R"({"row":5,"price":"186.31"},{"row":0,"price":"186.40","ask":"0"})")) ==
        Lines{"depth 265598 bids 700@186.32 asks 500@186.34 95@186.36"});
}

TEST_CASE("ibkr ladder: a message that changes nothing is no update") {
  Feed feed;
  feed(sbd(kRows));
  CHECK(feed(sbd(kRows)).empty());
  CHECK(feed.decoded.ignored == 1);
  CHECK(feed(sbd(R"({"row":77,"price":"1"})")).empty());
  CHECK(feed(sbd("")).empty());
}

TEST_CASE("ibkr ladder: the availability of the instrument's stream counts for its book") {
  Feed feed;
  feed(smd(R"("6509":"DPB","84":"5")"));
  feed(smd(R"("6509":"ZB","84":"5")", 1, "265598@ARCA"));
  CHECK(feed(sbd(kRows))[0].starts_with("depth 265598 delayed bids"));
  CHECK(feed(sbd(kRows, "U1+265598+ARCA"))[0].starts_with("depth 265598@ARCA stale bids"));
  CHECK(feed(sbd(kRows, "U1+8314"))[0].starts_with("depth 8314 bids"));
}

TEST_CASE("ibkr ladder: rows that cannot be read are empty, and faults") {
  Feed feed;
  feed(sbd(kRows));
  CHECK(feed(sbd(R"({"row":4,"price":"abc","bid":"1"},{"row":5,"price":"186.3","bid":"7"})")) ==
        Lines{"depth 265598 bids 7@186.3 asks 500@186.34 1200@186.36 300@186.4"});
  CHECK(feed.decoded.error.field == "price");
  const auto reason_of = [&feed](std::string_view rows) {
    CHECK(feed(sbd(rows)).empty());
    CHECK(feed.decoded.bad == 1);
    return feed.decoded.error.reason;
  };
  CHECK(reason_of(R"({"price":"1","bid":"1"})") == Reason::MissingField);
  CHECK(reason_of(R"({"row":-1,"price":"1","bid":"1"})") == Reason::BadInteger);
  CHECK(reason_of(R"({"row":1.5,"price":"1","bid":"1"})") == Reason::BadInteger);
  CHECK(reason_of(R"({"row":"","price":"1","bid":"1"})") == Reason::BadInteger);
  CHECK(reason_of(R"({"row":{},"price":"1","bid":"1"})") == Reason::BadInteger);
  CHECK(reason_of(R"({"row":1000,"price":"1","bid":"1"})") == Reason::TooManyLevels);
  CHECK(reason_of(R"({"row":99999999999999999999,"price":"1","bid":"1"})") == Reason::TooManyLevels);
  CHECK(reason_of(R"({"row":9,"price":"1","bid":"-1"})") == Reason::BadDecimal);
  CHECK(reason_of(R"({"row":9,"price":{},"bid":"1"})") == Reason::BadDecimal);
}

TEST_CASE("ibkr ladder: more rows than any ladder has are a fault, and cost no memory") {
  std::string rows;
  for (int i = 0; i < 1'200; ++i) rows += (i == 0 ? "" : ",") + std::string{R"({"row":)"} + std::to_string(i % 1'000) + R"(,"price":"1","bid":"1"})";
  Feed feed;
  feed(sbd(rows));
  CHECK(feed.decoded.bad == 1);
  CHECK(feed.decoded.error.reason == Reason::TooManyLevels);
}

TEST_CASE("ibkr ladder: topics without an instrument") {
  Feed feed;
  CHECK(feed(R"({"topic":"sbd","data":[{"row":0,"price":1,"bid":1}]})").empty());
  CHECK(feed.decoded.ignored == 1);
  for (const std::string target : {"U1", "U1+", "U1+x", "U1+0", "U1+265598+", "U1+265598+arca"}) {
    CAPTURE(target);
    CHECK(feed(sbd(kRows, target)).empty());
    CHECK(feed.decoded.error.reason == Reason::BadText);
  }
}
