#include "tools/bench/fanout/external_server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "tools/bench/fanout/turns.hpp"
#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {
namespace {

std::int64_t cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Program::Program() {
  std::string folder = (std::filesystem::temp_directory_path() / "tidegate-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  folder_ = std::move(folder);
  ::chmod(folder_.c_str(), 0755);  // a server's workers may be another user's
}

Program::~Program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    const auto ended = [this] { return ::waitpid(pid_, nullptr, WNOHANG) != 0; };
    if (!wait_for(ended, std::chrono::seconds{5})) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Program::write_file(std::string_view file, std::string_view text) const { std::ofstream{path(file)} << text; }

void Program::start(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string log = path("log");
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  raise_descriptor_limit();
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::int64_t Program::cpu_ns() const {
  std::int64_t sum = cpu_of(pid_);
  const std::string pid = std::to_string(pid_);
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  for (pid_t child = 0; children >> child;) sum += cpu_of(child);
  return sum;
}

std::string find_program(std::string_view name) {
  const char* const path = std::getenv("PATH");
  std::string folders = std::string(path == nullptr ? "" : path) + ":/usr/local/sbin:/usr/sbin:/sbin";
  for (std::size_t from = 0; from < folders.size();) {
    const std::size_t to = std::min(folders.find(':', from), folders.size());
    std::string file = folders.substr(from, to - from) + "/" + std::string(name);
    if (::access(file.c_str(), X_OK) == 0) return file;
    from = to + 1;
  }
  return {};
}

ExternalServer::ExternalServer(std::size_t symbols) {
  for (std::size_t i = 0; i < symbols; ++i) records_.emplace_back(i);
}

void ExternalServer::publish(const FanoutRun& run) {
  std::string out;
  for_each_turn(run, [&] {
    out.clear();
    for (std::size_t i = 0; i < run.burst; ++i) {
      SampleRecord& record = records_[i % run.symbols];
      record.stamp(now_ns());
      add(out, i % run.symbols, record.text());
    }
    write_all(publisher_, out);
    take_answers(run.burst);
  });
}

bool ExternalServer::connect_publisher(std::uint16_t port) {
  return wait_for(
      [&] {
        publisher_ = connect_local(port);
        return publisher_.ok();
      },
      std::chrono::seconds{10});
}

/// Taken again by whoever comes first; on a machine that measures that is us.
std::uint16_t ExternalServer::free_port() {
  std::uint16_t port = 0;
  const Socket socket = listen_local(port);
  return port;
}

}  // namespace tidegate::bench
