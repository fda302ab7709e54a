#include "gateway/config/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include "gateway/config/config_error.hpp"

namespace tidegate {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::string_view kBegin = "command:";
constexpr std::size_t kLineBytesMax = 16U << 10U;
constexpr int kTickMs = 20;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void close() {
    if (number >= 0) ::close(number);
    number = -1;
  }
  int number = -1;
};

struct Pipe {
  Descriptor read, write;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.number = ends[0];
    write.number = ends[1];
    return ::fcntl(read.number, F_SETFL, O_NONBLOCK) == 0;
  }
};

/// The first line of what comes through a pipe; the rest is read and dropped, so that nobody waits for room.
class FirstLine {
 public:
  explicit FirstLine(Descriptor& pipe) : pipe_(pipe) {}

  void read() {
    std::array<char, 4096> block{};
    while (pipe_.number >= 0) {
      const ssize_t size = ::read(pipe_.number, block.data(), block.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return;
      if (size == 0) return pipe_.close();
      take({block.data(), static_cast<std::size_t>(size)});
    }
  }
  [[nodiscard]] bool too_long() const { return text_.size() > kLineBytesMax; }
  [[nodiscard]] std::string line() const { return first_line_of(text_); }

 private:
  void take(std::string_view block) {
    if (whole_ || too_long()) return;
    const std::size_t end = block.find('\n');
    whole_ = end != std::string_view::npos;
    text_.append(block.substr(0, std::min(end, kLineBytesMax + 1)));
  }

  Descriptor& pipe_;
  std::string text_;
  bool whole_ = false;
};

/// Its own process group, no signal blocked or ignored, and no descriptor of ours but the pipes.
class Spawn {
 public:
  Spawn(const std::filesystem::path& folder, const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, out.write.number, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err.write.number, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  /// 0, or why not.
  int start(std::vector<std::string>& words, pid_t& process) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    return ::posix_spawnp(&process, arguments.front(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// It ended by itself; it is still there to be waited for, so that its group's number belongs to nobody else.
bool has_ended(pid_t process) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process;
}

/// Ends what is left of the group, and returns the status of the program itself.
int end_group(pid_t process) {
  ::kill(-process, SIGKILL);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// What it said on stderr, without the value should that stand there too.
std::string complaint_of(const std::string& error, const std::string& value) {
  if (error.empty()) return {};
  std::string shown = error;
  for (std::size_t at = value.empty() ? std::string::npos : shown.find(value); at != std::string::npos; at = shown.find(value)) {
    shown.replace(at, value.size(), "***");
    if (value.find("***") != std::string::npos) break;
  }
  return ": " + in_quotes(shown);
}

}  // namespace

std::string_view program_line(std::string_view text) {
  const std::string_view inside = whole_reference(text);
  return inside.starts_with(kBegin) ? inside.substr(kBegin.size()) : std::string_view{};
}

std::vector<std::string> program_words(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        *word += c;
      }
    } else if (c == ' ' || c == '\t') {
      if (word) words.push_back(std::move(*word));
      word.reset();
    } else {
      if (!word) word.emplace();
      if (c == '\'' || c == '"') {
        quote = c;
      } else {
        *word += c;
      }
    }
  }
  if (quote != 0) return {};
  if (word) words.push_back(std::move(*word));
  if (!words.empty() && words.front().empty()) return {};
  return words;
}

ResolvedText run_program(const std::string& line, const std::filesystem::path& folder, Duration limit, const std::atomic<bool>& cancelled) {
  std::vector<std::string> words = program_words(line);
  if (words.empty())
    return absent_value("the command " + in_quotes(line) + " has no program, or an open quote", "write ${command:PROGRAM ARGUMENT...}");
  const std::string name = in_quotes(words.front());
  if (words.front().find('/') != std::string::npos) words.front() = seen_from(folder, words.front()).string();
  Pipe out, err;
  if (!out.open() || !err.open())
    return absent_value("the program " + name + " cannot be started (" + std::strerror(errno) + ")", "close other programs");
  pid_t process = -1;
  if (const int wrong = Spawn(folder, out, err).start(words, process); wrong != 0) {
    return absent_value("the program " + name + " cannot be started (" + std::strerror(wrong) + ")", "correct its name, or its permissions");
  }
  out.write.close();
  err.write.close();

  FirstLine value(out.read), error(err.read);
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  bool ended = false, late = false;
  while (!ended && !late) {
    std::array<pollfd, 2> waiting{{{out.read.number, POLLIN, 0}, {err.read.number, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), kTickMs);
    ended = has_ended(process);  // before reading: what it wrote is there then
    value.read();
    error.read();
    late = std::chrono::steady_clock::now() >= deadline || cancelled.load(std::memory_order_relaxed);
  }
  const int status = end_group(process);
  if (!ended) return absent_value("the program " + name + " did not end in time and was killed", "make it quicker, or raise secret_timeout");
  const std::string said = value.line();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status)) : "signal " + std::to_string(WTERMSIG(status));
    return absent_value("the program " + name + " ended with " + how + complaint_of(error.line(), said), "run it by hand to see why");
  }
  if (value.too_long()) return absent_value("the program " + name + " gave a line of more than 16 KiB", "let it print the value alone, on one line");
  if (said.empty())
    return absent_value("the program " + name + " gave nothing on its first line" + complaint_of(error.line(), said), "let it print the value first");
  return {said, {}, {}};
}

}  // namespace tidegate
