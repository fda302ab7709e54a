#include "tests/sim/test_venue.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "gateway/core/decimal.hpp"

namespace tidegate::test {

rapidjson::Document parse(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  REQUIRE_MESSAGE(!document.HasParseError(), std::string{text});
  return document;
}

std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return buffer.GetString();
}

std::int64_t e8(const rapidjson::Value& decimal_text) {
  const auto value = parse_decimal({decimal_text.GetString(), decimal_text.GetStringLength()});
  REQUIRE(value.ok());
  const Decimal scaled = rescale(*value, -8);
  REQUIRE(scaled.present());
  return scaled.mantissa;
}

std::vector<std::string> TestClient::data(std::string_view stream) const {
  const std::string start = "{\"stream\":\"" + std::string{stream} + "\",\"data\":";
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    if (text.compare(0, start.size(), start) == 0) found.push_back(text.substr(start.size(), text.size() - start.size() - 1));
  }
  return found;
}

venue::VenueOptions TestVenue::small() {
  venue::VenueOptions options;
  options.generator.symbols = 2;
  options.generator.seed = 7;
  options.rest_latency_ns = 0;
  return options;
}

TestVenue::TestVenue(venue::VenueOptions options) : venue_(std::make_unique<venue::Venue>(std::move(options), now_)) {}

TestClient& TestVenue::connect(std::string_view target) {
  REQUIRE(admit(target) == 101);
  clients_.push_back(std::make_unique<TestClient>());
  clients_.back()->client = &venue_->open(*clients_.back(), target, now_);
  return *clients_.back();
}

std::string TestVenue::ask(TestClient& client, std::string_view payload) {
  const std::size_t before = client.texts.size();
  send(client, payload);
  return client.texts.size() > before ? client.texts.back() : "";
}

void TestVenue::subscribe(TestClient& client, std::string_view stream) {
  const std::string id = std::to_string(next_request_++);
  const std::string answer = ask(client, "{\"method\":\"SUBSCRIBE\",\"params\":[\"" + std::string{stream} + "\"],\"id\":" + id + "}");
  CHECK(answer == "{\"result\":null,\"id\":" + id + "}");
}

void TestVenue::run(std::int64_t milliseconds) {
  for (std::int64_t passed = 0; passed < milliseconds; passed += 10) {
    advance(10);
    tick();
    for (const auto& client : clients_) {
      if (!client->answers_pings || client->pongs_sent == client->pings.size() || client->close_code != 0) continue;
      client->pongs_sent = client->pings.size();
      venue_->on_pong(*client->client, client->pings.back(), now_);
    }
  }
}

venue::RestAnswer TestVenue::get(std::string_view target) {
  auto answer = std::make_shared<venue::RestAnswer>();
  answer->status = 0;
  venue_->on_rest({"GET", std::string{target}, "127.0.0.1"}, now_, [answer](venue::RestAnswer given) { *answer = std::move(given); });
  tick();
  return *answer;
}

void TestVenue::inject(std::string_view fault) {
  const std::string problem = venue_->inject(fault, now_);
  CHECK_MESSAGE(problem.empty(), problem);
}

std::string_view header(const venue::RestAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

namespace {

void set_levels(std::map<std::int64_t, std::int64_t>& side, const rapidjson::Value& levels) {
  for (const auto& level : levels.GetArray()) {
    const std::int64_t quantity = e8(level[1]);
    if (quantity == 0) {
      side.erase(e8(level[0]));
    } else {
      side[e8(level[0])] = quantity;
    }
  }
}

}  // namespace

void ReferenceBook::load(std::string_view snapshot) {
  const auto document = parse(snapshot);
  id = document["lastUpdateId"].GetInt64();
  bids.clear();
  asks.clear();
  set_levels(bids, document["bids"]);
  set_levels(asks, document["asks"]);
}

void ReferenceBook::apply(const rapidjson::Value& event) {
  set_levels(bids, event["b"]);
  set_levels(asks, event["a"]);
  id = event["u"].GetInt64();
}

}  // namespace tidegate::test
