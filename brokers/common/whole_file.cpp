#include "brokers/common/whole_file.hpp"

#include <fstream>
#include <system_error>

namespace tidegate::common {

namespace fs = std::filesystem;

std::optional<std::string> read_whole_file(const fs::path& path, std::uintmax_t bytes_max) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > bytes_max) return std::nullopt;
  std::ifstream file{path, std::ios::binary};
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(size))) return std::nullopt;
  return text;
}

std::string replace_whole_file(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return "cannot create the folder " + path.parent_path().string() + ": " + error.message();
  fs::path partial = path;
  partial += ".partial";
  {
    std::ofstream file{partial, std::ios::binary | std::ios::trunc};
    file.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
    if (!file) return "cannot write " + partial.string();
  }
  fs::rename(partial, path, error);
  if (error) return "cannot write " + path.string() + ": " + error.message();
  return {};
}

}  // namespace tidegate::common
