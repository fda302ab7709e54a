// Who may come in: pairs of a key and a token (or secret), given, read from a file, or issued by a login here.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::sim {

class Credentials {
 public:
  using Pair = std::pair<std::string, std::string>;

  /// No pair and no file: any pair is right whose texts are not empty. `file` is read again at every question: KEY:TOKEN, one a line.
  Credentials(std::vector<Pair> pairs, std::string file) : pairs_(std::move(pairs)), file_(std::move(file)) {}

  /// Also remembers the pair as seen.
  [[nodiscard]] bool valid(const std::string& key, const std::string& token);
  void issue(const std::string& key, const std::string& token);
  /// Refuses this pair from now on, or every one that was seen.
  void expire(const std::string& key, const std::string& token) { expired_.emplace(key, token); }
  void expire_seen() { expired_.insert(seen_.begin(), seen_.end()); }

  /// "KEY:TOKEN", split at the first colon. False: not both are there.
  [[nodiscard]] static bool read_pair(std::string_view text, Pair& out);

 private:
  [[nodiscard]] bool in_file(const Pair& pair) const;

  std::vector<Pair> pairs_;
  std::string file_;
  std::set<Pair> issued_, seen_, expired_;
};

}  // namespace tidegate::sim
