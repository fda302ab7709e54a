#include "brokers/zerodha/text_message.hpp"

#include <deque>

#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::zerodha;
using namespace std::string_view_literals;
using tidegate::zerodha::parse_text_message;
using tidegate::zerodha::TextMessage;
using Kind = TextMessage::Kind;

namespace {

/// Keeps the message for as long as the program runs, since the result views into it.
TextMessage read(std::string message) {
  static std::deque<std::string> kept;
  const auto text = parse_text_message(kept.emplace_back(std::move(message)));
  REQUIRE_MESSAGE(text.ok(), kept.back());
  return *text;
}

}  // namespace

TEST_CASE("zerodha text: an error and a notice carry their words, unescaped") {
  const TextMessage error = read(R"({"type":"error","data":"Can't subscribe to \"more\" than 3000 instruments.\u0020\u20b9"})");
  CHECK(error.kind == Kind::Error);
  CHECK(error.words == "Can't subscribe to \"more\" than 3000 instruments. \xE2\x82\xB9");
  const TextMessage notice = read(R"( {"data" : "Markets close early", "type" : "message"} )");
  CHECK(notice.kind == Kind::Notice);
  CHECK(notice.words == "Markets close early");
}

TEST_CASE("zerodha text: words that are no text are given as they came") {
  CHECK(read(R"({"type":"error","data":{"code":7, "of":["a}","]"]} })").words == R"({"code":7, "of":["a}","]"]})");
  CHECK(read(R"({"type":"error","data":-1.5e3})").words == "-1.5e3");
  CHECK(read(R"({"data":null,"type":"message"})").words == "null");
  CHECK(read(R"({"type":"error"})").words.empty());
}

TEST_CASE("zerodha text: instruments_meta gives the list's count and etag") {
  const TextMessage meta = read(R"({"type": "instruments_meta", "data": {"count": 123456, "etag": "W/\"6a000000-1f\""}})");
  CHECK(meta.kind == Kind::InstrumentsMeta);
  CHECK(meta.count == 123'456);
  CHECK(meta.etag == R"(W/"6a000000-1f")");
}

TEST_CASE("zerodha text: instruments_meta of another shape is no fault") {
  for (const char* data : {R"({})", R"([])", R"("etag")", R"([{"count":5,"etag":"x"}])", R"({"count":-5,"etag":7})", R"({"count":1.5})",
                           R"({"count":"5","etag":{"etag":"x"}})", R"({"more":{"count":5,"etag":"x"}})", R"({"count":99999999999999999999})"}) {
    CAPTURE(data);
    const TextMessage meta = read(std::string{R"({"type":"instruments_meta","count":7,"etag":"y","data":)"} + data + "}");
    CHECK(meta.kind == Kind::InstrumentsMeta);
    CHECK_FALSE(meta.count.has_value());
    CHECK(meta.etag.empty());
  }
  CHECK_FALSE(read(R"({"type":"instruments_meta"})").count.has_value());
}

TEST_CASE("zerodha text: an order's data is kept byte for byte") {
  const std::string data = R"({"order_id":"1","price":1.10, "meta":{"a":[1,{"b":"}\"]"}]},"tag":null,"name":"\u00e9\\"})";
  const TextMessage order = read(R"({"id":1,"type":"order","data": )" + data + R"( ,"after":{"data":"not this"}})");
  CHECK(order.kind == Kind::Order);
  CHECK(order.data == data);
  const Outcome outcome = decode_text(R"({"type":"order","data":)" + data + "}");
  CHECK(outcome.lines == Lines{"account order " + data});
  CHECK(outcome.decoded.updates == 1);
}

TEST_CASE("zerodha text: an order without data is a fault that names the field") {
  const Outcome outcome = decode_text(R"({"type":"order"})");
  CHECK(outcome.lines.empty());
  CHECK(outcome.decoded.bad == 1);
  CHECK(outcome.decoded.error.reason == Reason::MissingField);
  CHECK(outcome.decoded.error.field == "data");
}

TEST_CASE("zerodha decoder: what the session reads itself is control, what nobody knows is ignored") {
  for (const char* known : {R"({"type":"error","data":"no"})", R"({"type":"message","data":"hello"})",
                            R"({"type":"instruments_meta","data":{"count":1}})", R"({"type":"app_code","timestamp":"2025-08-04T13:50:28+05:30"})"}) {
    CAPTURE(known);
    const Outcome outcome = decode_text(known);
    CHECK(outcome.decoded.control == 1);
    CHECK(outcome.decoded.ignored + outcome.decoded.bad + outcome.decoded.updates == 0);
  }
  for (const char* unknown :
       {R"({"type":"party","data":"yes"})", R"({})", R"({"data":"x"})", R"({"type":7})", R"({"type":null,"data":null})",
        R"({"type":{"type":"order"},"data":{}})", R"({"type":["order"],"data":{}})", R"({"more":{"type":"order","data":{}}})"}) {
    CAPTURE(unknown);
    const Outcome outcome = decode_text(unknown);
    CHECK(outcome.decoded.ignored == 1);
    CHECK(outcome.decoded.control + outcome.decoded.bad + outcome.decoded.updates == 0);
  }
}

TEST_CASE("zerodha text: what is no JSON object is refused") {
  for (const std::string_view text : {""sv, " "sv, "hello"sv, "{"sv, R"({"type":"order")"sv, R"({"type":"order"}})"sv, R"({"type":"order"} x)"sv,
                                      R"({"type":"order"},)"sv, R"({'type':'order'})"sv, "{\"type\":\"a\nb\"}"sv, "{\"type\":\"order\"}\0"sv, "\0"sv,
                                      "{\"type\":\"\xFF\xFE\"}"sv, R"({"type":"\ud800"})"sv}) {
    CAPTURE(std::string{text});
    const auto read = parse_text_message(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().reason == Reason::BadJson);
    CHECK(decode_text(std::string{text}).decoded.bad == 1);
  }
  for (const std::string_view text : {"[]"sv, "null"sv, "1"sv, R"("order")"sv, R"([{"type":"order","data":{}}])"sv}) {
    CAPTURE(std::string{text});
    const auto read = parse_text_message(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().reason == Reason::BadShape);
    CHECK(decode_text(std::string{text}).decoded.bad == 1);
  }
}

TEST_CASE("zerodha text: nesting costs no stack") {
  constexpr std::size_t kDeep = 300'000;
  const std::string arrays(kDeep, '[');
  CHECK_FALSE(parse_text_message(arrays).ok());
  CHECK_FALSE(parse_text_message(R"({"type":"order","data":)" + arrays).ok());
  const std::string nested = arrays + std::string(kDeep, ']');
  CHECK(read(R"({"type":"order","data":)" + nested + "}").data == nested);
  std::string objects;
  for (std::size_t i = 0; i < kDeep; ++i) objects += R"({"data":)";
  CHECK_FALSE(parse_text_message(objects).ok());
}

TEST_CASE("zerodha text: of repeated keys the last one counts") {
  const TextMessage twice = read(R"({"type":"order","data":{"count":1},"type":"error","data":"last"})");
  CHECK(twice.kind == Kind::Error);
  CHECK(twice.words == "last");
  CHECK(twice.data == R"("last")");
  CHECK(read(R"({"type":"error","data":"first","data":{"x":1}})").words == R"({"x":1})");
}

TEST_CASE("zerodha text: every message cut at every byte is refused") {
  for (const std::string text : {R"({"type": "instruments_meta", "data": {"count": 123456, "etag": "W/\"6a000000-1f\""}})",
                                 R"({"type":"order","data":{"order_id":"1","price":1.10,"meta":{"a":[1,{"b":"}\"]"}]},"tag":null}})",
                                 R"({"type":"error","data":"Can't subscribe to more than 3000 instruments."})"}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string cut = text.substr(0, size);
      if (parse_text_message(cut).ok()) FAIL_CHECK(cut);
    }
  }
}

TEST_CASE("zerodha text: the broker's sample order is handed on as it came") {
  const auto path = shared_fixture("zerodha") / "mocks" / "postback.json";
  if (skipped_without(path)) return;
  const std::string body = read_file(path);
  const std::string trimmed = body.substr(0, body.find_last_of('}') + 1);
  CHECK(decode_text(R"({"type":"order","data":)" + body + "}").lines == Lines{"account order " + trimmed});
}
