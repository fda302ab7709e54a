// Messages that are no market data, and what is no message at all.
#include "tests/ibkr/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::ibkr;

TEST_CASE("ibkr decoder: what the session reads itself is counted as control, and may hold somebody's name") {
  Feed feed;
  for (const std::string_view frame :
       {R"({"topic":"system","success":"user1","isFT":false,"isPaper":false})", R"({"topic":"system","hb":1777415611502})",
        R"({"topic":"act","args":{"accounts":["U1"],"acctProps":{"U1":{"a":[1,{"b":2}]}}}})", R"({"topic":"sts","args":{"authenticated":false}})",
        R"({"topic":"tic","alive":true,"id":"x","lastAccessed":1777415639969})", R"({"topic":"ntf","args":[{"id":"118","text":"a\nb"}]})",
        R"({"topic":"blt","args":{"id":"id","message":"m"}})", R"({"topic":"error","error":"Topic unknown"})", R"({"error":"Topic unknown '{\"s'"})",
        R"({"message":"waiting for session"})", R"({"result":"unsubscribed from summary"})", "ech+hb"}) {
    CAPTURE(frame);
    for (const FrameKind kind : {FrameKind::Binary, FrameKind::Text}) {
      CHECK(feed(frame, kind).empty());
      CHECK(feed.decoded.control == 1);
      CHECK(feed.decoded.ignored + feed.decoded.bad + feed.decoded.updates == 0);
      CHECK(feed.decoded.confidential);
    }
  }
}

TEST_CASE("ibkr decoder: account messages are handed on whole, and are confidential") {
  Feed feed;
  const auto is_account = [&feed](std::string_view kind, const std::string& frame) {
    CHECK(feed(frame) == Lines{"account " + std::string{kind} + " " + frame});
    CHECK(feed.decoded.updates == 1);
    CHECK(feed.decoded.confidential);
  };
  is_account("order", R"({"topic":"sor","args":[{"acct":"U1","orderId":9,"data":[{"row":1}]}]})");
  is_account("execution", R"({"topic":"str","args":[]})");
  is_account("profit_loss", R"({"topic":"spl","args":{"U1.Core":{"dpl":-58.28}}})");
  is_account("summary", R"({"result":[{"key":"Cushion","value":"1"}],"topic":"ssd+U1"})");
  is_account("ledger", R"({"result":[{"key":"LedgerListBASE","cashbalance":2.02E8}],"topic":"sld+U1"})");
}

TEST_CASE("ibkr decoder: history bars and topics that are not known are ignored") {
  Feed feed;
  for (const std::string_view frame : {R"({"topic":"smh+265598","data":[{"t":1616004000000,"h":125.10}],"points":23})", R"({"topic":"shs","x":1})",
                                       R"({"topic":""})", R"({"topic":"SMD+265598","31":"5"})", R"({"topic":"smdx+265598","31":"5"})"}) {
    CAPTURE(frame);
    CHECK(feed(frame).empty());
    CHECK(feed.decoded.ignored == 1);
    CHECK(feed.decoded.bad == 0);
  }
}

TEST_CASE("ibkr decoder: what is no message is a fault with its reason, and never shown") {
  Feed feed;
  const auto reason_of = [&feed](std::string_view frame) {
    CHECK(feed(frame).empty());
    CHECK(feed.decoded.bad == 1);
    CHECK(feed.decoded.confidential);
    return feed.decoded.error.reason;
  };
  CHECK(reason_of("") == Reason::BadJson);
  CHECK(reason_of("ech+hb ") == Reason::BadJson);
  CHECK(reason_of("tic") == Reason::BadJson);
  CHECK(reason_of("5") == Reason::BadShape);
  CHECK(reason_of("[]") == Reason::BadShape);
  CHECK(reason_of("null") == Reason::BadShape);
  CHECK(reason_of("{}") == Reason::MissingField);
  CHECK(reason_of(R"({"topic":null})") == Reason::MissingField);
  CHECK(reason_of(R"({"topic":5})") == Reason::BadText);
  CHECK(reason_of(R"({"topic":["smd+5"]})") == Reason::BadText);
  CHECK(reason_of(R"({"conid":265598,"31":"5"})") == Reason::MissingField);
  CHECK(reason_of(R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}") == Reason::BadShape);
}

TEST_CASE("ibkr decoder: a zero byte, or anything behind the object, is a fault; the object before it counts") {
  Feed feed;
  CHECK(feed(smd(R"("84":"5")") + "{}").size() == 2);
  CHECK(feed.decoded.bad == 1);
  CHECK(feed(smd(R"("84":"6")") + std::string(1, '\0')).size() == 2);
  CHECK(feed.decoded.bad == 1);
  CHECK(feed(smd(R"("84":"7")") + " \n").size() == 2);
  CHECK(feed.decoded.bad == 0);
}

TEST_CASE("ibkr decoder: bytes that are no UTF-8 do no harm inside of texts, and escapes are read") {
  Feed feed;
  CHECK(feed("{\"58\":\"\x99\xff\",\"6508\":\"a\\nb\\\"\",\"\\u0033\\u0031\":\"2\\u00371.67\",\"topic\":\"smd\\u002b265598\"}") ==
        Lines{"status 265598 trading", "ticker 265598 price=271.67 and nothing else"});
  CHECK(feed("{\"topic\":\"blt\",\"args\":[{\"message\":\"[Bulletin]\\nTo \x99\"}]}").empty());
  CHECK(feed.decoded.control == 1);
}

TEST_CASE("ibkr decoder: a message cut at any byte gives nothing but a fault") {
  const std::vector<std::string> messages = {
      smd(R"("31":"H271.67","84":"1,271.5","86":271.6,"83":-0.5e1,"7762":null,"9999":{"a":[1,{"b":"c"}]},"6509":"DPB")"),
      R"({"topic":"sbd+U1+265598","data":[{"row":0,"focus":1,"price":"1 @ 186.40","ask":"300"},{"row":1,"price":"186.3","bid":"5"}]})",
      R"({"topic":"sor","args":[{"acct":"U1","orderId":9}]})",
      R"({"topic":"sts","args":{"authenticated":false}})",
      R"({"message":"waiting for session"})",
  };
  for (const std::string& message : messages) {
    for (std::size_t size = 0; size < message.size(); ++size) {
      CAPTURE(message.substr(0, size));
      Feed feed;
      CHECK(feed(std::string_view{message}.substr(0, size)).empty());
      CHECK(feed.decoded.bad == 1);
      CHECK(feed.decoded.error.reason == Reason::BadJson);
      CHECK(feed.decoded.updates + feed.decoded.control + feed.decoded.ignored == 0);
    }
    Feed whole;
    whole(message);
    CHECK(whole.decoded.bad == 0);
  }
}
