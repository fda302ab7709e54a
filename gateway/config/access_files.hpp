// Who may log in, read from the files that the configuration names: tokens, users and keys. Read at the start, at a reload, and when a file changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/access/authenticator.hpp"
#include "gateway/config/config.hpp"

namespace tidegate {

/// A moment of the files behind an Access: path, and a number that changes with the file.
using FileStamps = std::vector<std::pair<std::string, std::uint64_t>>;

struct Access {
  std::shared_ptr<const Authenticator> authenticator;
  std::vector<std::string> warnings;  // one line each; holds no secret
  FileStamps stamps;
};

/// Reads the tokens file, the key files and the ${NAME} or ${file:PATH} of the key as they are now. Throws ConfigError at the first mistake.
[[nodiscard]] Access load_access(const Config& config);

/// Notices changed files without a reload: keys are rotated and tokens revoked by writing a file. One thread.
class AccessWatch {
 public:
  /// `config` must outlive the watch. Files are looked at once in `interval` at most.
  AccessWatch(const Config& config, const Access& access, Duration interval = Duration{2'000'000'000});

  struct Change {
    std::shared_ptr<const Authenticator> authenticator;  // null: nothing changed, or what changed is wrong
    std::string complaint;                               // what is wrong, one line, told once for each change of a file; the old one stays in force
    std::vector<std::string> warnings;
  };
  /// To be asked before each login; costs nothing within the interval.
  [[nodiscard]] Change look(MonoTime now);

 private:
  const Config& config_;
  FileStamps stamps_;
  Duration interval_;
  MonoTime looked_{};
  bool looked_once_ = false;
};

}  // namespace tidegate
