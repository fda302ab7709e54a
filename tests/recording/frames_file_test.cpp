#include "gateway/recording/frames_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "tests/support/paths.hpp"

using namespace tidegate;

namespace {

std::filesystem::path new_path(std::string_view end) {
  static int number = 0;
  return std::filesystem::temp_directory_path() /
         ("tidegate-frames-" + std::to_string(::getpid()) + "-" + std::to_string(number++) + std::string{end});
}

/// A file that lives as long as the test.
struct TemporaryFile {
  TemporaryFile(std::string_view end, std::string_view bytes) : path(new_path(end)) { std::ofstream{path, std::ios::binary} << bytes; }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

std::string problem_of(std::string_view line) {
  RecordedFrame frame;
  return parse_recorded_line(line, frame);
}

RecordedFrame good(std::string_view line) {
  RecordedFrame frame;
  const std::string problem = parse_recorded_line(line, frame);
  CHECK_MESSAGE(problem.empty(), problem);
  return frame;
}

}  // namespace

TEST_CASE("frames file: the bytes of a frame are kept exactly, spaces and escapes and all") {
  for (const std::string raw : {R"({"stream":"a@trade","data":{"p":"1.50"}})", R"({ "k" : 1 , "z":[1, 2 ] })",
                                R"("just text \u00e9 \" ,\"frame\": ")", "12", "null", R"([{"a":"}"}])"}) {
    CAPTURE(raw);
    const auto frame = good(R"({"rx_ns":1723161253937085768,"kind":"ws","frame":)" + raw + "}");
    CHECK(frame.kind == RecordedKind::Text);
    CHECK(frame.bytes == raw);
    CHECK(frame.received.ns == 1723161253937085768);
  }
}

TEST_CASE("frames file: spaces around the members and another order are understood") {
  const auto frame = good(R"({ "kind": "ws", "rx_ns": 5, "frame": {"a": 1} })");
  CHECK(frame.bytes == R"({"a": 1})");
  CHECK(frame.received.ns == 5);
  CHECK(good(R"({"frame":{"a":1},"kind":"ws","rx_ns":null})").bytes == R"({"a":1})");
  CHECK(good(R"({"rx_ns":1,"kind":"ws","extra":{"frame":2},"frame":{"a":1}})").bytes == R"({"a":1})");
}

TEST_CASE("frames file: a frame that is no JSON reaches to the final brace") {
  CHECK(good(R"({"kind":"ws","rx_ns":7,"frame":{"cut":"sho})").bytes == R"({"cut":"sho)");
}

TEST_CASE("frames file: text and hex frames are decoded") {
  const auto text = good(R"({"rx_ns":null,"kind":"ws","text":"<html>\n\u00e9\"","x":1})");
  CHECK(text.kind == RecordedKind::Text);
  CHECK(text.bytes == "<html>\n\xc3\xa9\"");
  CHECK_FALSE(text.received.known());
  const auto binary = good(R"({"rx_ns":1,"kind":"ws","hex":"00fF10"})");
  CHECK(binary.kind == RecordedKind::Binary);
  CHECK(binary.bytes == std::string("\x00\xff\x10", 3));
  CHECK(good(R"({"rx_ns":1,"kind":"ws","hex":""})").bytes.empty());
}

TEST_CASE("frames file: REST answers and connects carry what they belong to") {
  const auto rest =
      good(R"({"rx_ns":9,"kind":"rest","req":"GET /x?symbols=[\"A\"]","status":429,"headers":{"Retry-After":"3"},"frame":{"code":-1003}})");
  CHECK(rest.kind == RecordedKind::Rest);
  CHECK(rest.request == "GET /x?symbols=[\"A\"]");
  CHECK(rest.status == 429);
  REQUIRE(rest.headers.size() == 1);
  CHECK(rest.headers[0] == std::pair<std::string, std::string>{"Retry-After", "3"});
  CHECK(rest.bytes == R"({"code":-1003})");
  const auto connect = good(R"({"rx_ns":1,"kind":"connect","url":"wss://a/b?c=d"})");
  CHECK(connect.kind == RecordedKind::Connect);
  CHECK(connect.bytes == "wss://a/b?c=d");
}

TEST_CASE("frames file: what is wrong with a line is said") {
  CHECK(problem_of("rubbish") == "not one JSON object");
  CHECK(problem_of("{}") == "not one JSON object");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"ws"})") == "none of frame, text and hex is there");
  CHECK(problem_of(R"({"rx_ns":"1","kind":"ws","frame":1})") == "rx_ns is neither an integer nor null");
  CHECK(problem_of(R"({"rx_ns":1.5,"kind":"ws","frame":1})") == "rx_ns is neither an integer nor null");
  CHECK(problem_of(R"({"rx_ns":1,"frame":1})") == "kind is missing");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"what","frame":1})") == "kind is none of ws, rest and connect");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"ws","hex":"0"})") == "hex is not a string of hexadecimal pairs");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"ws","hex":"zz"})") == "hex is not a string of hexadecimal pairs");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"ws","text":7})") == "text is not a JSON string");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"rest","status":200,"frame":1})") == "req is missing or not a string");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"rest","req":"GET /","frame":1})") == "status is missing or not an integer");
  CHECK(problem_of(R"({"rx_ns":1,"kind":"connect"})") == "url is missing or not a string");
}

TEST_CASE("frames file: every truncation of a line is refused or read, never worse") {
  const std::string line = R"({"rx_ns":9,"kind":"rest","req":"GET /x","status":200,"headers":{"A":"b"},"frame":{"code":[1,"x"]}})";
  RecordedFrame frame;
  for (std::size_t length = 0; length < line.size(); ++length) {
    static_cast<void>(parse_recorded_line(std::string_view{line}.substr(0, length), frame));
    static_cast<void>(parse_recorded_line(std::string{line, 0, length} + "}", frame));
  }
  CHECK(parse_recorded_line(line, frame).empty());
}

TEST_CASE("frames file: lines are numbered, bad ones do not end the reading, empty ones are passed over") {
  const TemporaryFile file{
      ".jsonl",
      "{\"rx_ns\":1,\"kind\":\"ws\",\"frame\":1}\n\nbad\r\n{\"rx_ns\":2,\"kind\":\"ws\",\"frame\":2}\r\n{\"rx_ns\":3,\"kind\":\"ws\",\"frame\":3}"};
  FramesFile frames{file.path.string()};
  RecordedFrame frame;
  CHECK(frames.next(frame) == FramesFile::Read::Frame);
  CHECK(frames.line_number() == 1);
  CHECK(frames.next(frame) == FramesFile::Read::BadLine);
  CHECK(frames.problem() == "line 3: not one JSON object");
  CHECK(frames.next(frame) == FramesFile::Read::Frame);
  CHECK(frame.bytes == "2");
  CHECK(frames.next(frame) == FramesFile::Read::Frame);
  CHECK(frame.bytes == "3");
  CHECK(frames.next(frame) == FramesFile::Read::End);
  CHECK(frames.problem().empty());
  frames.rewind();
  CHECK(frames.next(frame) == FramesFile::Read::Frame);
  CHECK(frame.bytes == "1");
}

TEST_CASE("frames file: a compressed file reads like a plain one, also with lines longer than any buffer") {
  const std::string payload = "\"" + std::string(300'000, 'x') + "\"";
  std::string text;
  for (int i = 0; i < 5; ++i) text += R"({"rx_ns":1,"kind":"ws","frame":)" + payload + "}\n";
  const auto path = new_path(".jsonl.gz");
  gzFile out = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(out, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
  gzclose(out);
  {
    FramesFile frames{path.string()};
    RecordedFrame frame;
    int count = 0;
    while (frames.next(frame) == FramesFile::Read::Frame) {
      CHECK(frame.bytes == payload);
      ++count;
    }
    CHECK(count == 5);
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  FramesFile cut{path.string()};
  RecordedFrame frame;
  auto read = cut.next(frame);
  while (read != FramesFile::Read::End) read = cut.next(frame);
  CHECK_FALSE(cut.problem().empty());
  std::filesystem::remove(path);
}

TEST_CASE("frames file: a file that is not there has a problem and no frames") {
  FramesFile frames{"/nonexistent/frames.jsonl"};
  RecordedFrame frame;
  CHECK_FALSE(frames.problem().empty());
  CHECK(frames.next(frame) == FramesFile::Read::End);
}

TEST_CASE("frames file: every line of the shared recordings is read") {
  const auto folder = test::shared_fixture("binance") / "captures";
  if (test::skipped_without(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    FramesFile frames{entry.path().string()};
    RecordedFrame frame;
    std::size_t bad = 0;
    for (auto read = frames.next(frame); read != FramesFile::Read::End; read = frames.next(frame)) bad += read == FramesFile::Read::BadLine ? 1 : 0;
    CHECK(bad == 0);
    CHECK(frames.problem().empty());
    CHECK(frames.line_number() > 200);
  }
}
