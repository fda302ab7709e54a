#include "gateway/check_command.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/config/access_files.hpp"
#include "gateway/config/config.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/one_line.hpp"

namespace tidegate {
namespace {

struct Asked {
  const BrokerConfig* broker = nullptr;
  std::optional<CredentialAnswer> answer{};
};

std::string_view words_for(CredentialAnswer::Verdict verdict) {
  switch (verdict) {
    case CredentialAnswer::Verdict::Works:
      return "credentials work";
    case CredentialAnswer::Verdict::Refused:
      return "credentials refused";
    case CredentialAnswer::Verdict::Unknown:
      break;
  }
  return "credentials could not be checked";
}

/// Asks all brokers at once and waits until each has answered, or the time is up.
std::vector<Asked> ask(const Config& config, Duration deadline) {
  std::vector<Asked> asked;
  for (const BrokerConfig& broker : config.brokers) {
    if (adapter_of(config, broker.id).check_credentials != nullptr) asked.push_back({&broker});
  }
  if (asked.empty()) return asked;
  net::EventLoop loop;
  std::size_t open = asked.size();
  std::vector<std::unique_ptr<CredentialCheck>> checks;  // gone before the loop and before what their answers are written to
  checks.reserve(asked.size());
  for (Asked& one : asked) {
    checks.push_back(adapter_of(config, one.broker->id).check_credentials(*one.broker, loop, [&one, &open](CredentialAnswer answer) {
      if (!one.answer) --open;
      one.answer = std::move(answer);
    }));
  }
  bool late = false;
  net::Timer timer{loop};
  timer.start(deadline, [&late] { late = true; });
  while (open > 0 && !late) loop.run_for(deadline);
  return asked;
}

}  // namespace

int run_check(const CheckOptions& options, std::span<const Adapter* const> adapters, std::ostream& out, std::ostream& complaints) {
  Config config;
  Access access;
  try {
    config = load_config(options.config, adapters);
    access = load_access(config);
  } catch (const ConfigError& error) {
    complaints << error.what() << '\n';
    return 2;
  }
  out << print_config(config) << std::flush;
  for (const std::string& warning : access.warnings) complaints << "warning: " << warning << '\n';
  for (const std::string& warning : config.warnings) complaints << "warning: " << warning << '\n';
  if (options.offline) return 0;
  bool refused = false;
  for (const Asked& one : ask(config, options.deadline)) {
    const CredentialAnswer answer =
        one.answer.value_or(CredentialAnswer{CredentialAnswer::Verdict::Unknown, "no answer within " + duration_text(options.deadline)});
    refused = refused || answer.verdict == CredentialAnswer::Verdict::Refused;
    complaints << one.broker->name << ": " << words_for(answer.verdict);
    if (!answer.words.empty()) complaints << ": " << one_line(answer.words);
    complaints << '\n';
  }
  return refused ? 1 : 0;
}

}  // namespace tidegate
