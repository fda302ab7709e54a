// ${command:PROGRAM}: the first line of what a program prints, without a shell, within its time, and never in a complaint.
#include "gateway/config/program.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

using namespace std::chrono_literals;

const std::atomic<bool> kNotCancelled{false};

ResolvedText run(const std::string& line, Duration limit = 20s, const std::filesystem::path& folder = {}) {
  return run_program(line, folder, limit, kNotCancelled);
}
std::string broker_with(const std::string& key) { return "brokers:\n  b: {adapter: fake, api_key: \"" + key + "\"}\n"; }

}  // namespace

TEST_CASE("program: a line is split at blanks, quotes hold together, and nothing else means anything") {
  using Words = std::vector<std::string>;
  CHECK(program_words("get  --user me") == Words{"get", "--user", "me"});
  CHECK(program_words(R"(a 'b c' "d 'e'" f''g)") == Words{"a", "b c", "d 'e'", "fg"});
  CHECK(program_words("echo $HOME; rm * | cat > x") == Words{"echo", "$HOME;", "rm", "*", "|", "cat", ">", "x"});
  CHECK(program_words("").empty());
  CHECK(program_words("'' x").empty());
  CHECK(program_words("a 'b").empty());
  CHECK(program_line("${command:a b}") == "a b");
  for (const char* other : {"x${command:a}", "${command:a}x", "${command:a}${command:b}", "${file:a}", "${commanda}", "command:a"})
    CHECK(program_line(other).empty());
}

TEST_CASE("program: its first line is the value, whatever follows") {
  CHECK(run("printf 'one\\r\\ntwo\\n'").text == "one");
  CHECK(run("printf abc").text == "abc");
  CHECK(run("head -c 300000 /dev/zero").problem.find("more than 16 KiB") != std::string::npos);
  CHECK(run("sh -c 'echo first; head -c 300000 /dev/zero'").text == "first");
}

TEST_CASE("program: no shell sees the line") { CHECK(run("echo $HOME *").text == "$HOME *"); }

TEST_CASE("program: it runs in the folder of the file that names it") {
  const Folder folder;
  std::filesystem::permissions(folder.write("give", "#!/bin/sh\ncat secret\n"), std::filesystem::perms::owner_all);
  folder.write("secret", "hunter2\n");
  CHECK(run("./give", 20s, folder.path()).text == "hunter2");
  CHECK(run("cat secret", 20s, folder.path()).text == "hunter2");
}

TEST_CASE("program: it inherits nothing but the environment") {
  CHECK(run("sh -c 'ls /proc/self/fd | wc -l'").text == "4");  // the three, and the listing's own
  const Variable variable("TIDEGATE_TEST_KEY", "hunter2");
  CHECK(run("printenv TIDEGATE_TEST_KEY").text == "hunter2");
  CHECK(run("cat").problem == "the program \"cat\" gave nothing on its first line");  // nothing to read
}

TEST_CASE("program: a failure names the program, its exit code and its first complaint, never its output") {
  const ResolvedText failed = run("sh -c 'echo hunter2; echo no login for hunter2 >&2; echo more >&2; exit 3'");
  CHECK(failed.problem == "the program \"sh\" ended with exit code 3: \"no login for ***\"");
  CHECK(failed.remedy == "run it by hand to see why");
  CHECK(run("sh -c 'kill -9 $$'").problem == "the program \"sh\" ended with signal 9");
  CHECK(run("false").problem == "the program \"false\" ended with exit code 1");
  CHECK(run("no-such-program-anywhere").problem == "the program \"no-such-program-anywhere\" cannot be started (No such file or directory)");
  CHECK(run("sh -c 'echo; echo later'").problem == "the program \"sh\" gave nothing on its first line");
}

TEST_CASE("program: at its time limit it is killed, with all that it started") {
  const Folder folder;
  const ResolvedText late = run("sh -c 'sleep 1000 & echo $! > child; echo hunter2; sleep 1000'", 300ms, folder.path());
  CHECK(late.problem == "the program \"sh\" did not end in time and was killed");
  std::ifstream file(folder.path() / "child");
  pid_t child = 0;
  file >> child;
  REQUIRE(child > 0);
  while (::kill(child, 0) == 0) {  // until it is reaped by whoever takes orphans; a zombie is dead as well
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string pid, name, state;
    if (!(stat >> pid >> name >> state) || state == "Z") break;
    std::this_thread::yield();
  }
}

TEST_CASE("program: what it leaves behind is killed when it ends, and does not hold it up") {
  CHECK(run("sh -c 'sleep 1000 & echo hunter2'").text == "hunter2");
}

TEST_CASE("program: it is killed when nobody wants it any more") {
  const std::atomic<bool> cancelled{true};
  CHECK_FALSE(run_program("sleep 1000", {}, 1000s, cancelled).ok());
}

TEST_CASE("program: it gives a broker's secret, which is shown as the reference alone") {
  const Config config = load(broker_with("${command:echo hunter2}"));
  CHECK(config.brokers[0].text("api_key") == "hunter2");
  CHECK(config.brokers[0].secret_source("api_key") == "what the program echo gives");
  CHECK(secret_origin(config, BrokerId{0}, "api_key").kind == ValueOrigin::Kind::Program);
  const std::string printed = print_config(config);
  CHECK(printed.find("api_key: \"${command:echo hunter2}\"") != std::string::npos);  // as written
  CHECK(printed.find("secret_timeout: 10s") != std::string::npos);
}

TEST_CASE("program: whoever reads the broker again is given what the program said last, and nothing is run") {
  const Config config = load(broker_with("${command:echo hunter2}"));
  const std::vector<SecretSource> sources = secret_sources_of(config, BrokerId{0});
  REQUIRE(sources.size() == 1);
  CHECK(sources[0].text == "echo hunter2");
  CHECK(read_broker_again(config, BrokerId{0}, {{sources[0], {"hunter3", {}, {}}}}).text("api_key") == "hunter3");
  CHECK_THROWS_WITH(static_cast<void>(read_broker_again(config, BrokerId{0})), doctest::Contains("what the program echo gives is not known yet"));
  CHECK_THROWS_WITH(static_cast<void>(read_broker_again(config, BrokerId{0}, {{sources[0], {{}, "the program failed", "mend it"}}})),
                    doctest::Contains("brokers.b.api_key: the program failed; mend it"));
  CHECK(secret_sources_of(load(broker_with("x")), BrokerId{0}).empty());
}

TEST_CASE("program: mistakes are told with their place and remedy") {
  CHECK(complaint(broker_with("${command:false}")) ==
        "bad.yaml:2:31: brokers.b.api_key: the program \"false\" ended with exit code 1; run it by hand to see why");
  CHECK(complaint(broker_with("${command: }")).find("the command \" \" has no program, or an open quote") != std::string::npos);
  CHECK(complaint(broker_with("x${command:echo a}")).find("a program can give a secret of a broker only, and the whole of it") != std::string::npos);
  CHECK(complaint("brokers:\n  b: {adapter: fake, label: \"${command:echo a}\"}\n").find("a program can give a secret of a broker only") !=
        std::string::npos);
  CHECK(complaint("brokers:\n  b: {adapter: fake, secret_timeout: 1ms, api_key: \"${command:sleep 1000}\"}\n").find("did not end in time") !=
        std::string::npos);
}

TEST_CASE("program: a configuration that is named without its folder stands in the present one") {
  const Folder folder;
  folder.write("a.yaml", broker_with("${command:cat secret}"));
  folder.write("secret", "hunter2\n");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const Config config = load_config("a.yaml", kAdapters);
  std::filesystem::current_path(before);
  CHECK(config.brokers[0].text("api_key") == "hunter2");
  CHECK(secret_sources_of(config, BrokerId{0})[0].folder.is_absolute());
}

TEST_CASE("program: a reload runs none") {
  const Folder folder;
  LoadOptions options;
  options.ask_sources = false;
  const auto file = folder.write("a.yaml", broker_with("${command:touch ran}"));
  CHECK(load_config(file, kAdapters, options).brokers[0].text("api_key") == "x");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "ran"));
}

}  // namespace tidegate::test
