#include "gateway/secret_sources.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.hpp"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using Kind = SecretSource::Kind;

void run_until(net::EventLoop& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    loop.run_for(5ms);
  }
}

}  // namespace

TEST_CASE("secret sources: where there are none, nobody waits") {
  net::EventLoop loop;
  SecretSources sources(loop, {}, 10s);
  bool done = false;
  sources.ask([&] { done = true; });
  CHECK(done);
}

TEST_CASE("secret sources: they run elsewhere, those who ask meanwhile share one run, and the next asks anew") {
  net::EventLoop loop;
  const test::TemporaryFolder folder;
  const SecretSource counting{Kind::Program, "sh -c 'echo x >> runs; wc -l < runs'", folder.path()};
  const SecretSource failing{Kind::Program, "false", folder.path()};
  SecretSources sources(loop, {counting, failing}, 10s);
  int done = 0;
  sources.ask([&] { ++done; });
  sources.ask([&] { ++done; });
  CHECK(done == 0);
  run_until(loop, [&] { return done == 2; });
  CHECK(sources.answers().at(counting).text == "1");
  CHECK_FALSE(sources.answers().at(failing).ok());
  sources.ask([&] { ++done; });
  run_until(loop, [&] { return done == 3; });
  CHECK(sources.answers().at(counting).text == "2");
}

TEST_CASE("secret sources: who is called may ask again at once") {
  net::EventLoop loop;
  SecretSources sources(loop, {{Kind::Program, "echo a", {}}}, 10s);
  int done = 0;
  sources.ask([&] { sources.ask([&] { ++done; }); });
  run_until(loop, [&] { return done == 1; });
}

TEST_CASE("secret sources: what runs is killed when they go, and nobody is called") {
  net::EventLoop loop;
  bool called = false;
  {
    SecretSources sources(loop, {{Kind::Program, "sleep 1000", {}}}, 1000s);
    sources.ask([&] { called = true; });
  }
  for (int i = 0; i < 10; ++i) loop.run_for(1ms);
  CHECK_FALSE(called);
}

}  // namespace tidegate
