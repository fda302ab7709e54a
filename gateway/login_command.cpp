#include "gateway/login_command.hpp"

#include <algorithm>
#include <istream>
#include <ostream>
#include <string_view>

#include "gateway/config/config.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"
#include "gateway/one_line.hpp"
#include "gateway/secret_file.hpp"

namespace tidegate {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kPastesMax = 3;
constexpr std::size_t kTokenBytesMax = 4096;

const LoginHelper* login_of(const Config& config, const BrokerConfig& broker) { return adapter_of(config, broker.id).login; }

std::string names_with_login(const Config& config) {
  std::string names;
  for (const BrokerConfig& broker : config.brokers) {
    if (login_of(config, broker) == nullptr) continue;
    if (!names.empty()) names += ", ";
    names += broker.name;
  }
  return names;
}

/// Why the token's place is not one that can be written; empty: it is a file.
std::string place_complaint(const ValueOrigin& origin, std::string_view key) {
  const std::string remedy = "; write " + std::string(key) + R"(: "${file:TOKEN_FILE}" in the configuration, or give --output FILE)";
  switch (origin.kind) {
    case ValueOrigin::Kind::File:
      return {};
    case ValueOrigin::Kind::Variable:
      return "comes from the environment variable " + origin.name + ", which no other program can change" + remedy;
    case ValueOrigin::Kind::Program:
      return "is what the program " + origin.name + " gives" + remedy;
    case ValueOrigin::Kind::Web:
      return "is what " + origin.name + " gives" + remedy;
    case ValueOrigin::Kind::Mixed:
      return "is put together from several parts" + remedy;
    case ValueOrigin::Kind::Literal:
      break;
  }
  return "is not taken from a file" + remedy;
}

/// One login at one broker; each step answers with an exit code where it is the last.
class Login {
 public:
  Login(const LoginOptions& options, const Config& config, const BrokerConfig& broker, std::istream& in, std::ostream& out, std::ostream& complaints)
      : options_(options), config_(config), broker_(broker), helper_(*login_of(config, broker)), in_(in), out_(out), complaints_(complaints) {}

  int run() {
    if (const std::string missing = helper_.complaint(broker_); !missing.empty()) return fail(kUsage, missing);
    const ValueOrigin origin = secret_origin(config_, broker_.id, helper_.token_key);
    if (options_.output.empty()) {
      if (const std::string wrong = place_complaint(origin, helper_.token_key); !wrong.empty()) {
        return fail(kUsage, std::string(helper_.token_key) + " " + wrong);
      }
    }
    SecretFile file{options_.output.empty() ? std::filesystem::path(origin.name) : options_.output};
    if (const std::string wrong = file.complaint(); !wrong.empty()) return fail(kFailed, wrong);
    const std::string request_token = options_.request_token.empty() ? ask() : helper_.request_token(options_.request_token);
    if (request_token.empty()) return fail(kFailed, no_token());
    // Before the exchange: a request token can be used only once, and a full disk or a missing right must not waste it.
    if (const std::string wrong = file.open(); !wrong.empty()) return fail(kFailed, wrong);
    std::string access_token;
    const CredentialAnswer answer = exchange(request_token, access_token);
    if (answer.verdict != CredentialAnswer::Verdict::Works) return fail(kFailed, answer.words.empty() ? "login failed" : one_line(answer.words));
    if (!is_one_line(access_token)) return fail(kFailed, "login failed: the answer holds no usable access token");
    if (const std::string wrong = file.commit(access_token); !wrong.empty()) return fail(kFailed, wrong);
    tell(file, origin);
    return 0;
  }

 private:
  int fail(int code, std::string_view why) {
    complaints_ << broker_.name << ": " << why << '\n';
    return code;
  }

  /// The first pasted line that holds a request token; empty when none comes.
  std::string ask() {
    out_ << "1. Open this page in a browser and log in:\n\n   " << helper_.url(broker_)
         << "\n\n2. The browser ends at the address that is registered for the app, with request_token=... in it. The page itself may fail to load.\n"
            "   Copy the whole address from the browser, paste it here and press Enter (the request token alone will do too):\n"
         << std::flush;
    std::string line;
    for (int i = 0; i < kPastesMax && std::getline(in_, line); ++i) {
      pasted_ = true;
      if (std::string found = helper_.request_token(line); !found.empty()) return found;
      if (i + 1 < kPastesMax) out_ << "That holds no request token. Paste the address that the browser ended at:\n" << std::flush;
    }
    return {};
  }

  [[nodiscard]] std::string no_token() const {
    if (!options_.request_token.empty())
      return "--request-token holds no request token; give the token, or the whole address that the login ended at";
    return std::string(pasted_ ? "no request token was pasted" : "nothing was pasted") +
           "; log in at the address above and paste where it ends, or give it with --request-token";
  }

  CredentialAnswer exchange(const std::string& request_token, std::string& access_token) {
    net::EventLoop loop;
    net::HttpClient http;
    net::HttpAnswer answer;
    bool came = false;
    http.send(helper_.exchange(broker_, request_token), loop, [&](net::HttpAnswer&& given) {
      answer = std::move(given);
      came = true;
    });
    while (!came) loop.run_for(std::chrono::seconds{1});  // the call has a deadline of its own
    return helper_.read_answer(answer, access_token);
  }

  /// The configuration reads the file's first line.
  static bool is_one_line(std::string_view token) {
    const auto is_plain = [](char c) { return c > ' ' && c < '\x7F'; };
    return !token.empty() && token.size() <= kTokenBytesMax && std::all_of(token.begin(), token.end(), is_plain);
  }

  void tell(const SecretFile& file, const ValueOrigin& origin) {
    const std::filesystem::path& target = file.target();
    out_ << broker_.name << ": logged in; the access token is in " << target.string() << " (readable by its owner only)\n";
    if (file.owner_changed()) {
      out_ << "The old file was another user's: if the gateway runs as that user, it cannot read this one. Log in as that user, or as root.\n";
    }
    std::error_code ignored;
    if (origin.kind != ValueOrigin::Kind::File || !std::filesystem::equivalent(origin.name, target, ignored)) {
      out_ << "The configuration does not read this file: " << helper_.token_key << " must refer to it, as in \"${file:" << target.string()
           << "}\".\n";
      return;
    }
    const auto interval = broker_.options.find("credential_check");
    out_ << "A running gateway reads it at its next connect";
    if (interval != broker_.options.end() && std::holds_alternative<Duration>(interval->second)) {
      out_ << ", and within " << duration_text(std::get<Duration>(interval->second)) << " when it waits for a login";
    }
    out_ << "; nothing has to be restarted.\n";
  }

  const LoginOptions& options_;
  const Config& config_;
  const BrokerConfig& broker_;
  const LoginHelper& helper_;
  std::istream& in_;
  std::ostream& out_;
  std::ostream& complaints_;
  bool pasted_ = false;
};

}  // namespace

int run_login(const LoginOptions& options, std::span<const Adapter* const> adapters, std::istream& in, std::ostream& out, std::ostream& complaints) {
  Config config;
  try {
    config = load_config(options.config, adapters, {.login_at = options.broker});
  } catch (const ConfigError& error) {
    complaints << error.what() << '\n';
    return kUsage;
  }
  const auto broker = std::find_if(config.brokers.begin(), config.brokers.end(), [&](const BrokerConfig& one) { return one.name == options.broker; });
  if (broker != config.brokers.end() && login_of(config, *broker) != nullptr) return Login{options, config, *broker, in, out, complaints}.run();
  const std::string names = names_with_login(config);
  complaints << (broker == config.brokers.end() ? "there is no broker " + in_quotes(options.broker) + " in the configuration"
                                                : "the broker " + in_quotes(options.broker) + " needs no login")
             << (names.empty() ? "; no broker in it does" : "; those to log in at: " + names) << '\n';
  return kUsage;
}

}  // namespace tidegate
