#include "tools/sim/common/credentials.hpp"

#include <algorithm>
#include <fstream>

namespace tidegate::sim {

bool Credentials::read_pair(std::string_view text, Pair& out) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  out = {std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1)}};
  return true;
}

bool Credentials::in_file(const Pair& pair) const {
  std::ifstream file{file_};
  std::string line;
  Pair read;
  while (std::getline(file, line)) {
    if (read_pair(line, read) && read == pair) return true;
  }
  return false;
}

bool Credentials::valid(const std::string& api_key, const std::string& access_token) {
  if (api_key.empty() || access_token.empty()) return false;
  const Pair pair{api_key, access_token};
  const bool anybody = pairs_.empty() && file_.empty();
  const bool right =
      anybody || issued_.count(pair) != 0 || std::find(pairs_.begin(), pairs_.end(), pair) != pairs_.end() || (!file_.empty() && in_file(pair));
  if (right) seen_.insert(pair);
  return right && expired_.count(pair) == 0;
}

void Credentials::issue(const std::string& api_key, const std::string& access_token) {
  issued_.emplace(api_key, access_token);
  seen_.emplace(api_key, access_token);
}

}  // namespace tidegate::sim
