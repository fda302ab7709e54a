// Part 1, a detail: what an exact decimal costs from text, beside the standard library reading the same text to a double.
#include <fmt/core.h>

#include <charconv>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "brokers/common/decimal_reader.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kTexts = 10'000;

/// Prices and quantities as Binance pads them: 8 to 14 characters, up to six digits before the point.
std::vector<std::string> make_texts() {
  std::mt19937_64 generator{3};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const std::uint64_t magnitude = 1 + generator() % 6;
    std::uint64_t bound = 1;
    for (std::uint64_t digit = 0; digit < magnitude; ++digit) bound *= 10;
    const std::uint64_t whole = generator() % bound;
    texts.push_back(i % 2 == 0 ? fmt::format("{}.{:02}000000", whole, generator() % 100) : fmt::format("{}.{:05}000", whole, generator() % 100'000));
  }
  return texts;
}

}  // namespace

bool run_decimals(const Options& options) {
  const std::vector<std::string> texts = make_texts();
  std::int64_t sum = 0;
  double total = 0;
  Comparison comparison;
  std::vector<const char*> names;
  const auto contend = [&](const char* name, auto work) {
    names.push_back(name);
    comparison.add([&, work] {
      std::uint64_t passes = 0;
      const std::int64_t begin = thread_cpu_ns();
      std::int64_t spent = 0;
      do {
        for (const std::string& text : texts) work(text);
        ++passes;
        spent = thread_cpu_ns() - begin;
      } while (spent < options.round_time().count());
      return std::vector<double>{static_cast<double>(spent) / static_cast<double>(passes * texts.size())};
    });
  };
  contend("read_decimal, exact", [&](const std::string& text) { sum += common::read_decimal(std::string_view{text})->mantissa; });
  contend("parse_decimal, exact, any length", [&](const std::string& text) { sum += parse_decimal(text)->mantissa; });
  contend("std::from_chars, to a double", [&](const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    total += value;
  });
  contend("strtod, to a double", [&](const std::string& text) { total += std::strtod(text.c_str(), nullptr); });
  comparison.run(options.rounds);
  fmt::print("\ndecimals: {} texts such as {} and {} (sums {}, {:.0f})\n\n", texts.size(), texts[0], texts[1], sum % 10, total > 0 ? 1.0 : 0.0);
  Table table{{"a decimal from text", "ns", "ratio to the first"}};
  for (std::size_t i = 0; i < names.size(); ++i) {
    table.add({names[i], fmt::format("{:.1f}", comparison.median_of(i, 0)), fmt::format("{:.2f}", comparison.ratio(i, 0, 0))});
  }
  table.print();
  return true;
}

}  // namespace tidegate::bench
