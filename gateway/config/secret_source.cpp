#include "gateway/config/secret_source.hpp"

#include "gateway/config/program.hpp"
#include "gateway/config/web_value.hpp"

namespace tidegate {

std::optional<SecretSource> secret_source(std::string_view text, const std::filesystem::path& folder) {
  if (const std::string_view line = program_line(text); !line.empty()) return SecretSource{SecretSource::Kind::Program, std::string(line), folder};
  if (const std::string_view address = web_address(text); !address.empty()) {
    return SecretSource{SecretSource::Kind::Web, std::string(address), folder};
  }
  return std::nullopt;
}

ResolvedText ask(const SecretSource& source, Duration limit, const std::atomic<bool>& cancelled) {
  if (source.kind == SecretSource::Kind::Web) return fetch_value(source.text, limit, cancelled);
  return run_program(source.text, source.folder, limit, cancelled);
}

}  // namespace tidegate
