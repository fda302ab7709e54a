// A file that holds a secret, replaced as a whole: whoever reads it finds the old content or the new one, never a part, and nobody else may read it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tidegate {

/// The new content waits in a file of its own beside the target until commit(). Without one the target stays as it is, and nothing is left behind.
class SecretFile {
 public:
  explicit SecretFile(const std::filesystem::path& target);  // a symbolic link is followed
  ~SecretFile();
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  /// What speaks against writing the target, found out without writing anything; empty: nothing.
  [[nodiscard]] std::string complaint() const;
  /// Creates the waiting file, mode 0600 from its first moment whatever the umask. Returns an empty text, or what went wrong.
  [[nodiscard]] std::string open();
  /// Writes `line` and its end, and puts the file in the target's place; mode 0600 there, owned as the old one was where that is allowed.
  /// Returns an empty text, or what went wrong.
  [[nodiscard]] std::string commit(std::string_view line);

  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  /// After commit(): the old file was another user's, who cannot read the new one.
  [[nodiscard]] bool owner_changed() const { return owner_changed_; }

 private:
  std::filesystem::path target_;
  std::filesystem::path waiting_;
  int file_ = -1;
  bool owner_changed_ = false;
};

}  // namespace tidegate
