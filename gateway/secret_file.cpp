#include "gateway/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tidegate {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr int kNamesMax = 100;  // left by processes that were killed and had our number

std::string system_words(const std::string& what) { return what + ": " + std::strerror(errno); }

std::filesystem::path followed(const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  const std::filesystem::path real = std::filesystem::weakly_canonical(absolute, failed);
  return failed ? absolute : real;
}

/// Makes the new name outlive a power cut; some file systems cannot, which is no failure of the login.
void sync_folder(const std::filesystem::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  static_cast<void>(::fsync(opened));
  ::close(opened);
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

SecretFile::SecretFile(const std::filesystem::path& target) : target_(followed(target)) {}

SecretFile::~SecretFile() {
  if (file_ >= 0) ::close(file_);
  if (!waiting_.empty()) ::unlink(waiting_.c_str());
}

std::string SecretFile::complaint() const {
  const std::filesystem::path folder = target_.parent_path();
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return system_words("the folder " + folder.string() + " cannot be used");
  if (!S_ISDIR(found.st_mode)) return folder.string() + " is not a folder";
  if (::stat(target_.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) return target_.string() + " is not an ordinary file";
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return system_words("files in " + folder.string() + " cannot be replaced");
  return {};
}

std::string SecretFile::open() {
  if (std::string wrong = complaint(); !wrong.empty()) return wrong;
  for (int attempt = 0; attempt < kNamesMax; ++attempt) {
    const std::string name = "." + target_.filename().string() + "." + std::to_string(::getpid()) + "-" + std::to_string(attempt) + ".new";
    const std::filesystem::path candidate = target_.parent_path() / name;
    file_ = ::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
    if (file_ < 0 && errno == EEXIST) continue;
    if (file_ < 0) break;
    waiting_ = candidate;
    // A umask can only have taken rights away, the owner's own included.
    if (::fchmod(file_, kOwnerOnly) != 0) return system_words("the mode of " + waiting_.string() + " cannot be set");
    return {};
  }
  return system_words("no file can be created in " + target_.parent_path().string());
}

std::string SecretFile::commit(std::string_view line) {
  if (!write_all(file_, std::string(line) + "\n") || ::fsync(file_) != 0) return system_words(waiting_.string() + " cannot be written");
  struct stat old {};
  // The gateway may run as another user than the person who logs in for it; only root can give the file away.
  if (::stat(target_.c_str(), &old) == 0 && ::fchown(file_, old.st_uid, old.st_gid) != 0) owner_changed_ = old.st_uid != ::geteuid();
  if (::close(std::exchange(file_, -1)) != 0) return system_words(waiting_.string() + " cannot be written");
  if (::rename(waiting_.c_str(), target_.c_str()) != 0) return system_words(target_.string() + " cannot be replaced");
  waiting_.clear();
  sync_folder(target_.parent_path());
  return {};
}

}  // namespace tidegate
