// The decoder of Full JSON against a plain one, over messages and mutations of them.
#include <doctest/doctest.h>

#include <random>

#include "brokers/xts/decoder.hpp"
#include "tests/support/json_mutation.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/reference_decoder.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;

namespace {

constexpr std::string_view kPieces[] = {"\"12\"",
                                        "1e-3",
                                        "2E2",
                                        "\\u0041",
                                        "0.12345678901234567890",
                                        "\"Touchline\":null,",
                                        "\"XMarketType\":2,",
                                        "\"LastTradedQuantity\":7,",
                                        "\"Close\":0,",
                                        "\"AveragePrice\":8.5,",
                                        "9223372036854775807",
                                        "1501",
                                        "1502",
                                        "\n"};

/// As a JSON string with its quotes; `odd`: some letters as \u escapes, as another serialiser might write them.
std::string quoted_somehow(const std::string& text, bool odd, std::mt19937& random) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || (odd && byte < 0x80 && random() % 16 == 0)) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

bool agree(const Outcome& real, const Reference& reference) {
  // Which venue another segment has is no business of this test.
  if (reference.lines == Lines{"market status of another venue"}) return real.lines.size() == 1 && real.decoded.bad == 0;
  return real.lines == reference.lines && real.decoded.bad == reference.bad && real.decoded.ignored == reference.ignored &&
         real.decoded.updates == real.lines.size() && real.decoded.control == 0;
}

}  // namespace

TEST_CASE("xts decoder: agrees with the reference decoder on every message") {
  for (const std::string& json : all_full()) {
    tidegate::xts::FrameDecoder decoder{{}};
    CAPTURE(json);
    CHECK(agree(decode(decoder, full_event(1501, json)), reference_decode(json)));
  }
}

TEST_CASE("xts decoder: agrees with the reference decoder on mutated messages, in each of their wrappings") {
  constexpr int kMutations = 60'000;
  const std::vector<std::string> messages = all_full();
  std::mt19937 random(20'260'104);
  tidegate::xts::FrameDecoder decoder{{.partial = false}};
  int decoded = 0;
  for (int i = 0; i < kMutations; ++i) {
    const std::string json = test::mutate_json(messages[random() % messages.size()], kPieces, messages, random);
    const auto wrapping = random() % 4;
    std::string frame = event("1502-json-full", quoted_somehow(json, wrapping == 1, random));
    if (wrapping == 2) frame = event("1501-json-full", "[" + quoted_somehow(json, false, random) + "]");
    if (wrapping == 3 && json.starts_with('{')) frame = json;
    const Outcome real = decode(decoder, text_frame(frame));
    const Reference reference = reference_decode(json);
    decoded += reference.lines.empty() ? 0 : 1;
    if (!agree(real, reference)) {
      FAIL_CHECK(frame, "\n real: ", real.lines.size(), "/", real.decoded.ignored, "/", real.decoded.bad, "\n reference: ", reference.lines.size(),
                 "/", reference.ignored, "/", reference.bad, "\n", real.lines.empty() ? "" : real.lines.back(), "\n",
                 reference.lines.empty() ? "" : reference.lines.back());
    }
  }
  CHECK(decoded > kMutations / 10);  // the mutations are not all plain rubbish
}
