#include "tests/ibkr/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::ibkr;

TEST_CASE("ibkr decoder: a snapshot becomes availability, status, quote and ticker; its second copy nothing") {
  const std::string first = R"({"6509":"RpB","conidEx":"265598","topic":"smd+265598","conid":265598,"_updated":1777552110061,"83":0.56,"82":"+1.51",)"
                            R"("84":"271.55","88":"1,300","31":"271.67","7059":"100","86":"271.66","85":"500","70":"272.1","71":"270",)"
                            R"("7295":"270.5","7741":"270.16","7762":"1234567","87":"1.2M","87_raw":1.2E6,"server_id":"q1","6119":"q1"})";
  const std::string second = R"({"87":"1.2M","84":"271.55","31":"271.67","6509":"RpB","_updated":1777552110061,"topic":"smd+265598"})";
  for (const FrameKind kind : {FrameKind::Binary, FrameKind::Text}) {
    Feed feed;
    CHECK(feed(first, kind) ==
          Lines{"access 265598 real_time", "status 265598 at 1777552110061 trading", "quote 265598 at 1777552110061 1300@271.55 500@271.66",
                "ticker 265598 at 1777552110061 price=271.67 change=1.51 percent=0.56 high=272.1 low=270 volume=1234567 open=270.5 close=270.16 "
                "last_size=100 bid=271.55 bid_size=1300 ask=271.66 ask_size=500 interest=none"});
    CHECK(feed.decoded.updates == 4);
    CHECK_FALSE(feed.decoded.confidential);
    CHECK(feed(second, kind).empty());
    CHECK(feed.decoded.ignored == 1);
    CHECK(feed.decoded.bad == 0);
  }
}

TEST_CASE("ibkr decoder: what changes is told, what does not change stands; a side keeps what it had") {
  Feed feed;
  feed(smd(R"("84":"271.55","86":"271.66","31":"271.67")"));
  CHECK(feed(smd(R"("84":"271.68","6508":"&serviceID1=122")", 1'777'552'119'103)) ==
        Lines{"quote 265598 at 1777552119103 none@271.68 none@271.66", "ticker 265598 at 1777552119103 bid=271.68 | price=271.67 ask=271.66"});
  CHECK(feed(smd(R"("31":"271.7")", 1'777'552'119'104)) == Lines{"ticker 265598 at 1777552119104 price=271.7 | bid=271.68 ask=271.66"});
  CHECK(feed(smd("", 1'777'552'119'105)).empty());
  CHECK(feed.decoded.ignored == 1);
  CHECK(feed(smd(R"("31":"271.70","84":"271.68")", 1'777'552'119'106)).empty());
}

TEST_CASE("ibkr decoder: a value that becomes none is over, one that never was is no news") {
  Feed feed;
  feed(smd(R"("31":"271.67","84":"271.55","86":"271.66","88":"5")"));
  CHECK(feed(smd(R"("84":"","88":"-","7295":"N/A")")) ==
        Lines{"quote 265598 at 1777552110061 none@none none@271.66",
              "ticker 265598 at 1777552110061 open=none bid=none bid_size=none | price=271.67 ask=271.66"});
  CHECK(feed(smd(R"("84":"","88":null)")).empty());
  CHECK(feed(smd(R"("86":null)")) ==
        Lines{"quote 265598 at 1777552110061 none@none none@none", "ticker 265598 at 1777552110061 ask=none | price=271.67"});
}

TEST_CASE("ibkr decoder: a size goes with its price, and comes back with it") {
  Feed feed;
  feed(smd(R"("84":"271.55","88":"5")"));
  CHECK(feed(smd(R"("84":"N/A")")) ==
        Lines{"quote 265598 at 1777552110061 none@none none@none", "ticker 265598 at 1777552110061 bid=none bid_size=none"});
  CHECK(feed(smd(R"("84":"271.5")")) ==
        Lines{"quote 265598 at 1777552110061 5@271.5 none@none", "ticker 265598 at 1777552110061 bid=271.5 | bid_size=5"});
}

TEST_CASE("ibkr decoder: zero is a value") {
  Feed feed;
  CHECK(feed(smd(R"("31":"0.00","82":"0","88":"0","84":"0.01")")) ==
        Lines{"status 265598 at 1777552110061 trading", "quote 265598 at 1777552110061 0@0.01 none@none",
              "ticker 265598 at 1777552110061 price=0 change=0 bid=0.01 bid_size=0 and nothing else"});
}

TEST_CASE("ibkr decoder: -1 beside no size is no quote, beside a size it is a price") {
  Feed feed;
  CHECK(feed(smd(R"("84":"-1","88":"0","86":-1)"))[0] == "quote 265598 at 1777552110061 none@none none@none");
  CHECK(feed(smd(R"("84":"-1","88":"3")"))[0] == "quote 265598 at 1777552110061 3@-1 none@none");
}

TEST_CASE("ibkr decoder: numbers in place of texts, texts in place of numbers, keys in any order") {
  Feed feed;
  CHECK(
      feed(
          R"({"topic":"smd+265598","conid":"265598","_updated":"1777552110061","84":271.5,"86":271.60,"83":"-0.36%","9999":{"a":[1]},"7762":[1],"70":true})") ==
      Lines{"quote 265598 at 1777552110061 none@271.5 none@271.6",
            "ticker 265598 at 1777552110061 percent=-0.36 bid=271.5 ask=271.6 and nothing else"});
}

TEST_CASE("ibkr decoder: a price marked C is the previous close and no last price") {
  Feed feed;
  CHECK(feed(smd(R"("31":"C271.67","6509":"DPB")")) ==
        Lines{"access 265598 delayed", "ticker 265598 delayed at 1777552110061 close=271.67 and nothing else"});
  CHECK(feed(smd(R"("31":"271.70")")) ==
        Lines{"status 265598 delayed at 1777552110061 trading", "ticker 265598 delayed at 1777552110061 price=271.7 | close=271.67"});
  CHECK(feed(smd(R"("7741":"271.60")")) == Lines{"ticker 265598 delayed at 1777552110061 close=271.6 | price=271.7"});
  CHECK(feed(smd(R"("31":"C271.5")")) == Lines{"ticker 265598 delayed at 1777552110061 price=none | close=271.6"});
}

TEST_CASE("ibkr decoder: a halt is told once, and so is its end") {
  Feed feed;
  CHECK(feed(smd(R"("31":"H271.67")")) ==
        Lines{"status 265598 at 1777552110061 halted", "ticker 265598 at 1777552110061 price=271.67 and nothing else"});
  CHECK(feed(smd(R"("31":"H271.67","84":"270")")).size() == 2);
  CHECK(feed(smd(R"("31":"271.67")"))[0] == "status 265598 at 1777552110061 trading");
  CHECK(feed(smd(R"("31":"271.68")")).size() == 1);
}

TEST_CASE("ibkr decoder: the price of a closed market proves no trading") {
  Feed feed;
  CHECK(feed(smd(R"("6509":"ZB","31":"4514.95")")) ==
        Lines{"access 265598 frozen", "ticker 265598 stale at 1777552110061 price=4514.95 and nothing else"});
  CHECK(feed(smd(R"("6509":"RB")", 2)) == Lines{"access 265598 real_time", "status 265598 at 2 trading"});
}

TEST_CASE("ibkr decoder: the first letter of the availability decides flags, and its change is told once") {
  const auto first = [](std::string_view code) { return Feed{}(smd(R"("84":"5","6509":")" + std::string{code} + "\"")); };
  CHECK(first("RBd") ==
        Lines{"access 265598 real_time", "quote 265598 at 1777552110061 none@5 none@none", "ticker 265598 at 1777552110061 bid=5 and nothing else"});
  CHECK(first("D")[1] == "quote 265598 delayed at 1777552110061 none@5 none@none");
  CHECK(first("Z")[1] == "quote 265598 stale at 1777552110061 none@5 none@none");
  CHECK(first("YB")[1] == "quote 265598 delayed stale at 1777552110061 none@5 none@none");
  CHECK(first("qB")[0] == "quote 265598 at 1777552110061 none@5 none@none");  // a letter that is not known says nothing
  CHECK(first("N") == Lines{"access 265598 not_entitled"});
  CHECK(first("O") == Lines{"access 265598 not_entitled"});
  Feed feed;
  CHECK(feed(smd(R"("6509":"DPB")")) == Lines{"access 265598 delayed"});
  CHECK(feed(smd(R"("6509":"DPB")")).empty());
}

TEST_CASE("ibkr decoder: what was known as delayed does not go on as if it were not") {
  Feed feed;
  feed(smd(R"("6509":"DPB","31":"271.67","84":"271.55","86":"271.66")", 1));
  CHECK(feed(smd(R"("6509":"RPB","31":"272.9","84":"272.8")", 2)) == Lines{"access 265598 real_time", "status 265598 at 2 trading",
                                                                           "quote 265598 at 2 none@272.8 none@none",
                                                                           "ticker 265598 at 2 price=272.9 bid=272.8 and nothing else"});
  CHECK(feed(smd(R"("6509":"DPB")", 3)) == Lines{"access 265598 delayed"});
  CHECK(feed(smd(R"("84":"272.7")", 4)) ==
        Lines{"quote 265598 delayed at 4 none@272.7 none@none", "ticker 265598 delayed at 4 bid=272.7 | price=272.9"});
}

TEST_CASE("ibkr decoder: without a right to the data there is none, and afterwards everything is new") {
  Feed feed;
  feed(smd(R"("6509":"R","31":"5")", 1));
  CHECK(feed(smd(R"("6509":"N","31":"6")", 2)) == Lines{"access 265598 not_entitled"});
  CHECK(feed(smd(R"("84":"")", 3)).empty());
  CHECK(feed(smd(R"("6509":"R","31":"5")", 4)) ==
        Lines{"access 265598 real_time", "status 265598 at 4 trading", "ticker 265598 at 4 price=5 and nothing else"});
}

TEST_CASE("ibkr decoder: data that comes although it was said that there is none speaks for itself") {
  Feed feed;
  feed(smd(R"("6509":"N")", 1));
  CHECK(feed(smd(R"("84":"7")", 2)) ==
        Lines{"access 265598 unstated", "quote 265598 at 2 none@7 none@none", "ticker 265598 at 2 bid=7 and nothing else"});
}

TEST_CASE("ibkr decoder: a contract that there is not is told as such, once, until it speaks") {
  Feed feed;
  CHECK(feed(smd(R"("55":"-","31":"N/A")")) == Lines{"access 265598 no_instrument"});
  CHECK(feed(smd(R"("31":"N/A","55":"-")")).empty());
  CHECK(feed(smd(R"("31":"5")")) ==
        Lines{"access 265598 unstated", "status 265598 at 1777552110061 trading", "ticker 265598 at 1777552110061 price=5 and nothing else"});
  CHECK(Feed{}(smd(R"("31":"N/A","55":"AAPL")")).empty());
  CHECK(Feed{}(smd(R"("31":"N/A","55":"-","84":"5")")).front() == "quote 265598 at 1777552110061 none@5 none@none");
}

TEST_CASE("ibkr decoder: a snapshot that answers another request is told again, its copy is not") {
  Feed feed;
  feed.received = UtcTime{1'000'000'000};
  const std::string snapshot = smd(R"("6509":"R","31":"5","84":"4")", 1);
  CHECK(feed(snapshot).size() == 4);
  feed.received = UtcTime{1'050'000'000};
  CHECK(feed(snapshot).empty());
  CHECK(feed(smd(R"("6509":"R","31":"5","84":"4")", 2)) == Lines{"quote 265598 at 2 none@4 none@none", "ticker 265598 at 2 price=5 bid=4"});
  CHECK(feed(smd(R"("6509":"R","31":"5","84":"4")", 2)).empty());
  feed.received = UtcTime{600'000'000'000};  // the instrument was quiet, so its clock stands
  CHECK(feed(smd(R"("6509":"R","31":"5","84":"4")", 2)).size() == 2);
  CHECK(feed(smd(R"("31":"5")", 3)).empty());
}

TEST_CASE("ibkr decoder: the volume is the exact one where it is sent, and never an impossible one") {
  Feed feed;
  CHECK(feed(smd(R"("87":"950.5K")"))[0] == "ticker 265598 at 1777552110061 volume=950500 and nothing else");
  CHECK(feed(smd(R"("87":"1.2M","7762":"1234567")")) == Lines{"ticker 265598 at 1777552110061 volume=1234567"});
  CHECK(feed(smd(R"("7762":"1234570")")) == Lines{"ticker 265598 at 1777552110061 volume=1234570"});
  CHECK(feed(smd(R"("7762":"")")) == Lines{"ticker 265598 at 1777552110061 volume=1200000"});
  CHECK(feed(smd(R"("87":"65595.7B")")) == Lines{"ticker 265598 at 1777552110061 volume=none"});
}

TEST_CASE("ibkr decoder: open interest of options and of futures") {
  CHECK(Feed{}(smd(R"("7638":"50")"))[0] == "ticker 265598 at 1777552110061 interest=50 and nothing else");
  CHECK(Feed{}(smd(R"("7697":"1.5M","7638":"N/A")"))[0] == "ticker 265598 at 1777552110061 interest=1500000 and nothing else");
}

TEST_CASE("ibkr decoder: a field that cannot be read costs itself alone, and what was known of it") {
  Feed feed;
  feed(smd(R"("31":"5","84":"4","86":"6")"));
  CHECK(feed(smd(R"("84":"4x","86":"7")")) ==
        Lines{"quote 265598 at 1777552110061 none@none none@7", "ticker 265598 at 1777552110061 ask=7 bid=none | price=5"});
  CHECK(feed.decoded.bad == 1);
  CHECK(feed.decoded.error.reason == Reason::BadDecimal);
  CHECK(feed.decoded.error.field == "84");
  CHECK(feed(R"({"topic":"smd+265598","_updated":-5,"86":"8"})") ==
        Lines{"quote 265598 at 1777552110061 none@none none@8", "ticker 265598 at 1777552110061 ask=8 | price=5"});
  CHECK(feed.decoded.error.field == "_updated");
  CHECK(feed.decoded.error.reason == Reason::BadInteger);
  feed(smd(R"("86":"99999999999999999999")"));
  CHECK(feed.decoded.error.reason == Reason::Overflow);
  feed(R"({"topic":"smd+265598","_updated":99999999999999,"86":"8"})");
  CHECK(feed.decoded.error.field == "_updated");
}

TEST_CASE("ibkr decoder: a stream pinned to an exchange is another instrument") {
  Feed feed;
  feed(smd(R"("84":"5")"));
  CHECK(feed(smd(R"("86":"6")", 1, "265598@ARCA")) ==
        Lines{"quote 265598@ARCA at 1 none@none none@6", "ticker 265598@ARCA at 1 ask=6 and nothing else"});
}

TEST_CASE("ibkr decoder: combinations are ignored, impossible targets are faults") {
  Feed feed;
  CHECK(feed(R"({"_updated":1693723590349,"topic":"smd+28812380;;;646629987/-1,646629993/2"})").empty());
  CHECK(feed.decoded.ignored == 1);
  for (const std::string target :
       {"", "0", "x", "-5", "265598@", "265598@arca", "265598@A+B", "18446744073709551616", "265598@AAAAAAAAAAAAAAAAAAAAA"}) {
    CAPTURE(target);
    CHECK(feed(smd(R"("84":"5")", 1, target)).empty());
    CHECK(feed.decoded.bad == 1);
    CHECK(feed.decoded.error.reason == Reason::BadText);
  }
}

TEST_CASE("ibkr decoder: nothing is known any more on a new connection, and the old one's frames are ignored") {
  Feed feed;
  feed(smd(R"("84":"5","86":"6")"));
  feed.session = 2;
  CHECK(feed(smd(R"("84":"5")")) == Lines{"quote 265598 at 1777552110061 none@5 none@none", "ticker 265598 at 1777552110061 bid=5 and nothing else"});
  feed.session = 1;
  CHECK(feed(smd(R"("84":"7")")).empty());
  CHECK(feed.decoded.ignored == 1);
}

TEST_CASE("ibkr decoder: streams beyond the bound push out the one that was quiet longest") {
  Feed feed;
  for (std::size_t i = 1; i <= tidegate::ibkr::kStreamsMax; ++i) feed(smd(R"("84":"5","86":"6")", 1, std::to_string(i)));
  feed(smd(R"("84":"6")", 1, "1"));
  feed(smd(R"("84":"5")", 1, "999999"));  // in the place of 2
  CHECK(feed(smd(R"("84":"7")", 1, "1")).size() == 2);
  CHECK(feed(smd(R"("84":"7")", 1, "1")).empty());
  CHECK(feed(smd(R"("84":"5","86":"6")", 1, "2")).size() == 2);  // all new
}

TEST_CASE("ibkr decoder: rows of a snapshot over REST join the streams, unless these were faster") {
  Feed feed;
  feed(smd(R"("84":"5")", 100));
  CHECK(
      feed(
          R"([{"conid":265598,"conidEx":"265598","_updated":99,"84":"4"},{"conid":8314,"31":"189.6","6509":"RpB"},{"conid":7,"conidEx":"7@ARCA"},5,[],{"31":"1"}])",
          FrameKind::Rest) == Lines{"access 8314 real_time", "status 8314 trading", "ticker 8314 price=189.6 and nothing else"});
  CHECK(feed.decoded.ignored == 2);
  CHECK(feed.decoded.bad == 3);
  CHECK(feed(R"([{"conid":265598,"_updated":101,"84":"4"}])", FrameKind::Rest).size() == 2);
  CHECK(feed(R"({"error":"no bridge"})", FrameKind::Rest).empty());
  CHECK(feed.decoded.error.reason == Reason::BadShape);
  feed.request = "POST /v1/api/tickle";
  CHECK(feed(R"([{"conid":265598,"_updated":102,"84":"3"}])", FrameKind::Rest).empty());
  CHECK(feed.decoded.ignored == 1);
}
