// `tidegate decode zerodha` on every shared capture gives what its raw integers say.
#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "gateway/decode_command.hpp"
#include "tests/end_to_end/zerodha_captures.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

std::string run(const test::KiteCapture& capture, std::string& summary) {
  std::ostringstream out, complaints;
  DecodeOptions options;
  options.broker = "zerodha";
  options.frames = capture.frames_file;
  CHECK(run_decode(options, out, complaints) == 0);
  summary = complaints.str();
  return out.str();
}

}  // namespace

TEST_CASE("decode: every capture of Zerodha gives the values of its raw integers, exactly and in order") {
  const auto fixtures = test::shared_fixture("zerodha");
  if (test::skipped_without(fixtures)) return;
  const test::TemporaryFolder folder;
  std::size_t messages = 0;
  for (const test::KiteCapture& capture : test::read_kite_captures(fixtures, folder.path())) {
    CAPTURE(capture.name);
    std::string summary;
    std::map<std::string, std::vector<std::string>> decoded;
    std::istringstream lines{run(capture, summary)};
    for (std::string line; std::getline(lines, line); ++messages) {
      rapidjson::Document message;
      message.Parse(line.c_str());
      REQUIRE_FALSE(message.HasParseError());
      decoded[message["symbol"].GetString()].push_back(test::describe(message));
    }
    CHECK(decoded.size() == capture.expected.size());
    for (const auto& [token, expected] : capture.expected) CHECK(decoded["zerodha#" + std::to_string(token)] == expected);
    CHECK(summary.find("frames " + std::to_string(capture.frames) + ", bad 0, ignored " + std::to_string(capture.unknown_packets)) == 0);
  }
  CHECK(messages > 0);
}

TEST_CASE("decode: the same capture of Zerodha gives the same bytes again") {
  const auto fixtures = test::shared_fixture("zerodha");
  if (test::skipped_without(fixtures)) return;
  const test::TemporaryFolder folder;
  std::string summary;
  for (const test::KiteCapture& capture : test::read_kite_captures(fixtures, folder.path())) CHECK(run(capture, summary) == run(capture, summary));
}

}  // namespace tidegate
