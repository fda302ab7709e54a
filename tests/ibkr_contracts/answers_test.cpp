// REST's answers about contracts, the recorded ones and hostile ones.
#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <fstream>
#include <iterator>
#include <string>

#include "brokers/ibkr/contract_answers.hpp"
#include "tests/support/paths.hpp"

using namespace tidegate;
using namespace tidegate::ibkr;
using namespace tidegate::test;

namespace {

/// The body of one recorded answer; empty: not on this machine.
std::string recorded(std::string_view id) {
  const auto path = shared_fixture("ibkr/webapi/rest-responses.json");
  if (skipped_without(path)) return {};
  std::ifstream file{path};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  REQUIRE_FALSE(document.HasParseError());
  for (const auto& row : document.GetArray()) {
    if (id != row["id"].GetString()) continue;
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    row["body"].Accept(writer);
    return buffer.GetString();
  }
  FAIL("no such answer");
  return {};
}

}  // namespace

TEST_CASE("ibkr contract answers: a recorded list of shares has every company's listings") {
  const std::string body = recorded("trsrv-stocks");
  if (body.empty()) return;
  const auto shares = read_shares(body);
  REQUIRE(shares.ok());
  const ShareRows& apple = shares->at("AAPL");
  REQUIRE(apple.listed.size() == 4);
  CHECK(apple.bad == 0);
  CHECK(apple.listed[0].conid == 265598);
  CHECK(apple.listed[0].exchange == "NASDAQ");
  CHECK(apple.listed[0].is_us);
  CHECK(apple.listed[3].conid == 532640894);
  CHECK(apple.listed[3].exchange == "TSE");
  CHECK_FALSE(apple.listed[3].is_us);
}

TEST_CASE("ibkr contract answers: rows of a recorded search for a share are none of an index, a currency or futures") {
  const std::string body = recorded("secdef-search");
  if (body.empty()) return;
  const auto search = read_search(body);
  REQUIRE(search.ok());
  REQUIRE(search->rows.size() == 2);
  CHECK(search->bad == 0);
  CHECK(search->rows[0].conid == 756733);
  CHECK(search->rows[0].exchange == "ARCA");
  CHECK_FALSE((search->rows[0].is_index || search->rows[0].is_currency || search->rows[0].has_futures));
}

TEST_CASE("ibkr contract answers: sections say what a row of a search is, and conids may be numbers") {
  const auto search = read_search(
      R"([{"conid":"416904","symbol":"SPX","description":"CBOE","sections":[{"secType":"IND","exchange":"CBOE;"}]},)"
      R"({"conid":12087792,"symbol":"EUR","description":null,"sections":[{"secType":"CASH"}]},)"
      R"({"conid":"11004968","symbol":"ES","description":"CME","sections":[{"secType":"FUT","months":"DEC26;MAR27","exchange":"CME;QBALGO"}]},)"
      R"({"conid":"2147483647","symbol":null,"companyHeader":"Corporate Fixed Income","sections":[{"secType":"BOND"}]},)"
      R"({"conid":"-1","symbol":"X","sections":[{"secType":"IND"}]}])");
  REQUIRE(search.ok());
  REQUIRE(search->rows.size() == 4);
  CHECK(search->bad == 1);
  CHECK(search->rows[0].is_index);
  CHECK(search->rows[1].is_currency);
  CHECK(search->rows[1].conid == 12087792);
  CHECK(search->rows[2].has_futures);
  CHECK(list_holds(search->rows[2].future_months, "MAR27"));
  CHECK_FALSE(list_holds(search->rows[2].future_months, "MAR2"));
  CHECK(list_holds(search->rows[2].future_exchanges, "QBALGO"));
  CHECK_FALSE(list_holds("", "CME"));
}

TEST_CASE("ibkr contract answers: details name the listing exchange, else the exchange") {
  const auto info = read_info(
      R"([{"conid":"515416632","symbol":"ES","secType":"FUT","exchange":"CME","listingExchange":null,"currency":"USD","maturityDate":20261218},)"
      R"({"conid":265598,"symbol":"AAPL","secType":"STK","exchange":"SMART","listingExchange":"NASDAQ","currency":"USD"}])");
  REQUIRE(info.ok());
  REQUIRE(info->rows.size() == 2);
  CHECK(info->rows[0].conid == 515416632);
  CHECK(info->rows[0].exchange == "CME");
  CHECK(info->rows[0].expiry == "20261218");
  CHECK(info->rows[1].exchange == "NASDAQ");
  CHECK(info->rows[1].expiry.empty());
}

TEST_CASE("ibkr contract answers: rows that cannot be read are counted, and cost themselves alone") {
  const auto shares = read_shares(
      R"({"A":[{"contracts":[{"conid":-5,"exchange":"NYSE"},{"conid":0,"exchange":"NYSE"},{"conid":1.5,"exchange":"NYSE"},{"conid":7},)"
      R"({"conid":8,"exchange":"N\nY"},{"conid":"9","exchange":"NYSE","isUS":"yes"},{"conid":99999999999999999999,"exchange":"NYSE"},12]},)"
      R"({"contracts":{}},null],"B":{},"C\u0001":[],"":[]})");
  REQUIRE(shares.ok());
  CHECK(shares->size() == 2);
  CHECK(shares->at("A").bad == 9);
  REQUIRE(shares->at("A").listed.size() == 1);
  CHECK(shares->at("A").listed[0].conid == 9);
  CHECK_FALSE(shares->at("A").listed[0].is_us);
  CHECK(shares->at("B").bad == 1);
  const auto info =
      read_info(R"([{"conid":1},{"symbol":"A"},[],{"conid":1,"symbol":"A","exchange":"X:Y"},{"conid":2,"symbol":"A\u0000","exchange":"X"}])");
  REQUIRE(info.ok());
  CHECK(info->bad == 5);
}

TEST_CASE("ibkr contract answers: what is no JSON, or of another shape, is refused as a whole") {
  for (const char* body : {"", "<html><body>Login</body></html>", "[", "{\"A\":", "[1,]", "nul"}) {
    CHECK(read_shares(body).error().reason == Reason::BadJson);
    CHECK(read_search(body).error().reason == Reason::BadJson);
    CHECK(read_info(body).error().reason == Reason::BadJson);
  }
  CHECK(read_shares("[]").error().reason == Reason::BadShape);
  CHECK(read_search("{}").error().reason == Reason::BadShape);
  CHECK(read_info("12").error().reason == Reason::BadShape);
}

TEST_CASE("ibkr contract answers: depth, length and numbers of rows are bounded") {
  CHECK_FALSE(read_search(std::string(3'000'000, '[')).ok());
  std::string deep(1'000'000, '[');
  deep += std::string(1'000'000, ']');
  REQUIRE(read_search(deep).ok());
  CHECK(read_search(deep)->bad == 1);
  CHECK_FALSE(read_search(std::string(kAnswerBytesMax, ' ') + "[]").ok());
  std::string many = R"({"A":[{"contracts":[)";
  for (std::size_t i = 1; i < 2 * kAnswerRowsMax; ++i) many += R"({"conid":)" + std::to_string(i) + R"(,"exchange":"NYSE"},)";
  many.back() = ']';
  const auto shares = read_shares(many + "}]}");
  REQUIRE(shares.ok());
  CHECK(shares->at("A").listed.size() == kAnswerRowsMax);
}

TEST_CASE("ibkr contract answers: every piece of a recorded answer is read without harm") {
  const std::string body = recorded("trsrv-stocks");
  for (std::size_t size = 0; size < body.size(); ++size) CHECK_FALSE(read_shares(std::string_view{body}.substr(0, size)).ok());
}

TEST_CASE("ibkr contract answers: what an answer means for the asking") {
  CHECK(judge_contract_answer(200, "[]") == AnswerKind::Good);
  for (const int status : {0, 408, 429, 502, 503, 504}) CHECK(judge_contract_answer(status, "") == AnswerKind::TryLater);
  CHECK(judge_contract_answer(401, "Access Denied") == AnswerKind::LoginMissing);
  CHECK(judge_contract_answer(403, "") == AnswerKind::LoginMissing);
  CHECK(judge_contract_answer(400, R"({"error":"Bad Request: no bridge","statusCode":400})") == AnswerKind::LoginMissing);
  CHECK(judge_contract_answer(200, R"({"error":"not authenticated"})") == AnswerKind::LoginMissing);
  CHECK(judge_contract_answer(404, R"({"error":"No symbol found"})") == AnswerKind::Refused);
  CHECK(judge_contract_answer(404, "<html>") == AnswerKind::Bad);
  CHECK(judge_contract_answer(500, R"({"error":"Please query /accounts first"})") == AnswerKind::Bad);
  CHECK(judge_contract_answer(200, R"({"error":"unknown"})") == AnswerKind::Bad);
  CHECK(judge_contract_answer(302, "") == AnswerKind::Bad);
}
