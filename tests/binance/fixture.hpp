// Frames files of tests/fixtures/binance and of the shared recordings.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/frame.hpp"
#include "tests/binance/update_text.hpp"
#include "tests/support/paths.hpp"

namespace tidegate::test {

/// The lines of a file, gzip or not.
inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines(1);
  gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE_MESSAGE(file != nullptr, path.string());
  char buffer[1 << 16];
  for (int count = 0; (count = gzread(file, buffer, sizeof buffer)) > 0;) {
    for (const char c : std::string_view(buffer, static_cast<std::size_t>(count))) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back().push_back(c);
      }
    }
  }
  gzclose(file);
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

inline rapidjson::Document parse_line(std::string_view line) {
  rapidjson::Document document;
  document.Parse(line.data(), line.size());
  REQUIRE_MESSAGE(!document.HasParseError(), std::string{line});
  return document;
}

/// The bytes of a line's last member, `"frame":RAW}`, untouched.
inline std::string raw_frame(std::string_view line) {
  const auto begin = line.find(R"("frame":)");
  REQUIRE(begin != std::string_view::npos);
  return std::string{line.substr(begin + 8, line.size() - begin - 9)};
}

/// A frames file's data frames; "connect" lines are left out.
inline std::vector<RawFrame> read_frames(const std::filesystem::path& path) {
  std::vector<RawFrame> frames;
  for (const std::string& line : read_lines(path)) {
    if (line.find(R"("kind":"rest")") != std::string::npos && line.find(R"("req":)") < line.find(R"("frame":)")) {
      const auto request = line.find(R"("req":")") + 7;
      frames.push_back(rest_frame(line.substr(request, line.find('"', request) - request), raw_frame(line)));
    } else if (line.find(R"("text":)") < line.find(R"("frame":)")) {
      const auto document = parse_line(line);
      frames.push_back(text_frame({document["text"].GetString(), document["text"].GetStringLength()}));
    } else if (line.find(R"("kind":"ws")") != std::string::npos) {
      frames.push_back(text_frame(raw_frame(line)));
    }
  }
  return frames;
}

inline std::vector<RawFrame> own_frames(std::string_view name) { return read_frames(own_fixture("binance") / name); }

/// Every fixture of ours, as (name, frame).
struct NamedFrame {
  std::string name;
  RawFrame frame;
};
inline std::vector<NamedFrame> all_own_frames() {
  std::vector<NamedFrame> frames;
  for (const auto& entry : std::filesystem::directory_iterator(own_fixture("binance"))) {
    if (entry.path().extension() != ".jsonl") continue;
    for (RawFrame& frame : read_frames(entry.path())) frames.push_back({entry.path().filename().string(), std::move(frame)});
  }
  std::ranges::sort(frames, {}, [](const NamedFrame& named) { return named.name + named.frame.request + named.frame.bytes; });
  return frames;
}

}  // namespace tidegate::test
