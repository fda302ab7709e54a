#include "gateway/secret_programs.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.hpp"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

void run_until(net::EventLoop& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    loop.run_for(5ms);
  }
}

}  // namespace

TEST_CASE("secret programs: where there are none, nobody waits") {
  net::EventLoop loop;
  SecretPrograms programs(loop, {}, 10s);
  bool done = false;
  programs.run([&] { done = true; });
  CHECK(done);
}

TEST_CASE("secret programs: they run elsewhere, those who ask meanwhile share one run, and the next asks anew") {
  net::EventLoop loop;
  const test::TemporaryFolder folder;
  const ProgramCall call{"sh -c 'echo x >> runs; wc -l < runs'", folder.path()};
  const ProgramCall failing{"false", folder.path()};
  SecretPrograms programs(loop, {call, failing}, 10s);
  int done = 0;
  programs.run([&] { ++done; });
  programs.run([&] { ++done; });
  CHECK(done == 0);
  run_until(loop, [&] { return done == 2; });
  CHECK(programs.outputs().at(call).text == "1");
  CHECK_FALSE(programs.outputs().at(failing).ok());
  programs.run([&] { ++done; });
  run_until(loop, [&] { return done == 3; });
  CHECK(programs.outputs().at(call).text == "2");
}

TEST_CASE("secret programs: who is called may ask again at once") {
  net::EventLoop loop;
  SecretPrograms programs(loop, {{"echo a", {}}}, 10s);
  int done = 0;
  programs.run([&] { programs.run([&] { ++done; }); });
  run_until(loop, [&] { return done == 1; });
}

TEST_CASE("secret programs: what runs is killed when they go, and nobody is called") {
  net::EventLoop loop;
  bool called = false;
  {
    SecretPrograms programs(loop, {{"sleep 1000", {}}}, 1000s);
    programs.run([&] { called = true; });
  }
  for (int i = 0; i < 10; ++i) loop.run_for(1ms);
  CHECK_FALSE(called);
}

}  // namespace tidegate
