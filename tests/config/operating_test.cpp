// docs/operating.md is where people look a counter up: each one must stand there.
#include <doctest/doctest.h>

#include "gateway/config/yaml_tree.hpp"
#include "gateway/core/counters.hpp"
#include "tests/support/paths.hpp"

namespace tidegate::test {
namespace {

TEST_CASE("operating manual: every counter and every reason has a line") {
  std::string manual;
  REQUIRE(read_whole_file(source_dir() / "docs" / "operating.md", manual).empty());
  const auto has_line = [&](std::string_view name) {
    CAPTURE(std::string(name));
    CHECK(manual.find("\n| `" + std::string(name) + "` | ") != std::string::npos);
  };
#define TIDEGATE_TEST_LINE(name, help) has_line(#name);
  TIDEGATE_BROKER_COUNTERS(TIDEGATE_TEST_LINE)
  TIDEGATE_GATEWAY_COUNTERS(TIDEGATE_TEST_LINE)
#undef TIDEGATE_TEST_LINE
  for (std::size_t i = 0; i < kReasonCount; ++i) has_line(to_text(static_cast<Reason>(i)));
}

}  // namespace
}  // namespace tidegate::test
