#include "gateway/core/time.hpp"

#include <algorithm>

namespace tidegate {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

char* write_digits(char* out, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

}  // namespace

UtcTime SystemClock::utc() const {
  return UtcTime{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

MonoTime SystemClock::mono() const {
  return MonoTime{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

char* Rfc3339Writer::write(UtcTime time, char* out) {
  std::int64_t second = time.ns / kNsPerSecond;
  std::int64_t fraction = time.ns % kNsPerSecond;
  if (fraction < 0) {
    fraction += kNsPerSecond;
    --second;
  }
  if (second != second_) {
    using namespace std::chrono;
    const sys_seconds at{seconds{second}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss clock{at - day};
    const int year = std::clamp(static_cast<int>(date.year()), 0, 9999);
    char* p = write_digits(text_, static_cast<std::uint64_t>(year), 4);
    *p++ = '-';
    p = write_digits(p, static_cast<unsigned>(date.month()), 2);
    *p++ = '-';
    p = write_digits(p, static_cast<unsigned>(date.day()), 2);
    *p++ = 'T';
    p = write_digits(p, static_cast<std::uint64_t>(clock.hours().count()), 2);
    *p++ = ':';
    p = write_digits(p, static_cast<std::uint64_t>(clock.minutes().count()), 2);
    *p++ = ':';
    write_digits(p, static_cast<std::uint64_t>(clock.seconds().count()), 2);
    second_ = second;
  }
  out = std::copy(text_, text_ + 19, out);
  *out++ = '.';
  const auto ns = static_cast<std::uint64_t>(fraction);
  if (ns % 1'000'000 == 0) {
    out = write_digits(out, ns / 1'000'000, 3);
  } else if (ns % 1'000 == 0) {
    out = write_digits(out, ns / 1'000, 6);
  } else {
    out = write_digits(out, ns, 9);
  }
  *out++ = 'Z';
  return out;
}

std::string to_rfc3339(UtcTime time) {
  char text[Rfc3339Writer::kMaxLength];
  Rfc3339Writer writer;
  return std::string(text, writer.write(time, text));
}

}  // namespace tidegate
