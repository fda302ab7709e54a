#include "brokers/common/instrument_cache.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <system_error>

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
  const fs::path path = file_of(day);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > kBytesMax) return std::nullopt;
  std::ifstream file{path, std::ios::binary};
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(size))) return std::nullopt;
  return text;
}

std::string InstrumentCache::write(TradingDay day, std::string_view text) const {
  if (folder_.empty()) return {};
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return "cannot create the folder " + folder_.string() + ": " + error.message();
  const fs::path path = file_of(day);
  fs::path partial = path;
  partial += ".partial";
  {
    std::ofstream file{partial, std::ios::binary | std::ios::trunc};
    file.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
    if (!file) return "cannot write " + partial.string();
  }
  fs::rename(partial, path, error);
  if (error) return "cannot write " + path.string() + ": " + error.message();
  for (const TradingDay other : days()) {
    if (other != day) fs::remove(file_of(other), error);
  }
  return {};
}

}  // namespace tidegate::common
