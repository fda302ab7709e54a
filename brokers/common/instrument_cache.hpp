// The instrument list on disk, one file for each trading day: a restart during the day needs no request, and a morning on which the broker's REST
// does not answer can begin with yesterday's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/trading_day.hpp"

namespace tidegate::common {

/// The folder that `instruments_cache` means: empty: $XDG_CACHE_HOME/tidegate, else $HOME/.cache/tidegate; "none": no cache, which is empty here.
[[nodiscard]] std::string cache_folder(const std::string& configured);

/// FOLDER/BROKER-instruments-YYYY-MM-DD.csv or the like, the answer as it came. Blocks on the disk; used at the start, and then about once a day.
class InstrumentCache {
 public:
  /// `suffix`: of the file, such as ".csv". An empty folder: no cache; nothing is found and writing does nothing.
  InstrumentCache(const std::string& folder, std::string_view broker, std::string_view suffix);

  /// The days for which there is a file, newest first.
  [[nodiscard]] std::vector<TradingDay> days() const;
  /// The file of that day; nothing when there is none that can be read.
  [[nodiscard]] std::optional<std::string> read(TradingDay day) const;
  /// Replaces the day's file in one step, then removes the broker's other ones. Returns what went wrong; empty: nothing.
  std::string write(TradingDay day, std::string_view text) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(TradingDay day) const;
  [[nodiscard]] std::optional<TradingDay> day_of(const std::string& file_name) const;

  std::filesystem::path folder_;
  std::string prefix_;
  std::string suffix_;
};

}  // namespace tidegate::common
