// `calendars:`: when venues are open, as people write it and as it is printed.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/yaml_section.hpp"
#include "gateway/core/calendar.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// What was read, and what is allowed and probably not meant.
struct CalendarsRead {
  std::vector<Calendar> calendars;    // in the file's order
  std::vector<std::string> warnings;  // each as a ConfigError would say it
};

/// Reads the section. `served` are the venues of the brokers that list theirs. Named time zones are read from the system's database. `now` decides
/// which lists of holidays have run out. Throws ConfigError.
[[nodiscard]] CalendarsRead read_calendars(Section& root, const std::vector<std::string>& served, UtcTime now, WrittenTexts& written);

/// The section as YAML, which read_calendars() reads back.
[[nodiscard]] std::string print_calendars(const std::vector<Calendar>& calendars);

}  // namespace tidegate
