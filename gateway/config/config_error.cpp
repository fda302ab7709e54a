#include "gateway/config/config_error.hpp"

#include <algorithm>
#include <cstddef>

namespace tidegate {
namespace {

constexpr std::size_t kShownMax = 80;

std::string beginning(const Place& place, std::string_view key) {
  std::string text = place.file ? *place.file : "config";
  text += ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
  return text.append(key).append(": ");
}

std::string complaint_line(std::string line, std::string_view problem, std::string_view remedy) {
  line.append(problem).append("; ").append(remedy);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

/// Edits that turn `a` into `b`: insert, delete, replace, swap two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

ConfigError::ConfigError(const Place& place, std::string_view key, std::string_view problem, std::string_view remedy)
    : std::runtime_error(complaint_line(beginning(place, key), problem, remedy)), complaint_at_(beginning(place, key).size()) {}

std::string in_quotes(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() > kShownMax) {
      out += "...";
      break;
    }
    if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  // Longer words may hold more slips; beyond a third of the word a suggestion misleads.
  constexpr std::size_t kWordMax = 64;
  if (word.empty() || word.size() > kWordMax) return {};
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string suggest(std::string_view word, const std::vector<std::string>& known, std::string_view what) {
  if (const std::string near = nearest(word, known); !near.empty()) return "did you mean \"" + near + "\"?";
  if (known.empty()) return "remove it, there are no " + std::string(what);
  std::string text = std::string(what) + " are: ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) text += ", ";
    text += known[i];
  }
  return text;
}

}  // namespace tidegate
