// What the shared captures of the Zerodha ticker must become: the messages that follow from each packet's raw integers, and nothing else.
#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tidegate::test {

/// One capture, and where it stands as a frames file.
struct KiteCapture {
  std::string name;
  std::filesystem::path frames_file;
  std::vector<std::uint64_t> tokens;  // each once, in order of appearance
  /// By token: the data messages in order, as describe() writes them.
  std::map<std::uint64_t, std::vector<std::string>> expected;
  std::size_t unknown_packets = 0;
  std::size_t frames = 0;
};

/// Reads every capture beside its expected values, and writes each as a frames file into `folder`.
[[nodiscard]] std::vector<KiteCapture> read_kite_captures(const std::filesystem::path& fixtures, const std::filesystem::path& folder);

/// A data message without what differs between two ways to the subscriber: its symbol, broker and clocks. Empty for other messages.
[[nodiscard]] std::string describe(const rapidjson::Value& message);

}  // namespace tidegate::test
