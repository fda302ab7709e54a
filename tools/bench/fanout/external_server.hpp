// Servers of other makers, where they are installed: started by us on free ports of this machine, fed with the same records.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/fanout/sample_record.hpp"
#include "tools/bench/fanout/server.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

/// A program in a folder of its own under the temporary one; both are gone with this.
class Program {
 public:
  Program();
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Of the folder.
  [[nodiscard]] std::string path(std::string_view file) const { return folder_ + "/" + std::string(file); }
  void write_file(std::string_view file, std::string_view text) const;
  /// Starts it with a readiness to be found out by the caller; what it prints goes to a file `log`.
  void start(const std::vector<std::string>& words);
  /// CPU of it and its children, in nanoseconds.
  [[nodiscard]] std::int64_t cpu_ns() const;

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

/// Where an executable is, by PATH and the folders of system programs; empty: nowhere.
[[nodiscard]] std::string find_program(std::string_view name);

/// A server that gets its records over one connection of ours.
class ExternalServer : public FanoutServer {
 public:
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  void publish(const FanoutRun& run) override;
  [[nodiscard]] std::int64_t cpu_ns() override { return program_.cpu_ns(); }

 protected:
  explicit ExternalServer(std::size_t symbols);

  /// Adds one record to what is sent at the end of the turn.
  virtual void add(std::string& out, std::size_t symbol, std::string_view record) = 0;
  /// Reads what the server says to the publisher about the turn's records.
  virtual void take_answers(std::size_t records) { static_cast<void>(records); }
  /// Connects to a port that opens soon; false: it did not.
  [[nodiscard]] bool connect_publisher(std::uint16_t port);
  [[nodiscard]] static std::uint16_t free_port();

  Program program_;
  Socket publisher_;
  std::uint16_t port_ = 0;  // 0: it does not run

 private:
  std::vector<SampleRecord> records_;
};

struct NamedServer {
  std::string name;
  std::unique_ptr<FanoutServer> server;
};

inline constexpr std::size_t kExternalServersMax = 3;

/// Those that are installed, running; for each that is not a line on stderr says so. `symbols` more than 1: only those that know subjects.
[[nodiscard]] std::vector<NamedServer> start_external_servers(std::size_t symbols);

}  // namespace tidegate::bench
