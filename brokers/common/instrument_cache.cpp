#include "brokers/common/instrument_cache.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <system_error>

#include "brokers/common/whole_file.hpp"

namespace tidegate::common {
namespace {

namespace fs = std::filesystem;

/// A list has some 10 MB; a file that outgrows this is none.
constexpr std::uintmax_t kBytesMax = 256U << 20U;

}  // namespace

std::string cache_folder(const std::string& configured) {
  if (configured == "none") return {};
  if (!configured.empty()) return configured;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') return std::string{cache} + "/tidegate";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return std::string{home} + "/.cache/tidegate";
  return {};
}

InstrumentCache::InstrumentCache(const std::string& folder, std::string_view broker, std::string_view suffix)
    : folder_(folder), prefix_(std::string{broker} + "-instruments-"), suffix_(suffix) {}

fs::path InstrumentCache::file_of(TradingDay day) const { return folder_ / (prefix_ + to_text(day) + suffix_); }

std::optional<TradingDay> InstrumentCache::day_of(const std::string& file_name) const {
  if (!file_name.starts_with(prefix_) || !file_name.ends_with(suffix_) || file_name.size() < prefix_.size() + suffix_.size()) return std::nullopt;
  return parse_trading_day(std::string_view{file_name}.substr(prefix_.size(), file_name.size() - prefix_.size() - suffix_.size()));
}

std::vector<TradingDay> InstrumentCache::days() const {
  std::vector<TradingDay> found;
  if (folder_.empty()) return found;
  std::error_code error;
  for (auto it = fs::directory_iterator{folder_, error}; !error && it != fs::directory_iterator{}; it.increment(error)) {
    if (const auto day = day_of(it->path().filename().string())) found.push_back(*day);
  }
  std::sort(found.begin(), found.end(), std::greater<>{});
  return found;
}

std::optional<std::string> InstrumentCache::read(TradingDay day) const {
  if (folder_.empty()) return std::nullopt;
  return read_whole_file(file_of(day), kBytesMax);
}

std::string InstrumentCache::write(TradingDay day, std::string_view text) const {
  if (folder_.empty()) return {};
  if (std::string problem = replace_whole_file(file_of(day), text); !problem.empty()) return problem;
  std::error_code error;
  for (const TradingDay other : days()) {
    if (other != day) fs::remove(file_of(other), error);
  }
  return {};
}

}  // namespace tidegate::common
