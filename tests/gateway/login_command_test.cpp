// `tidegate login` against a broker's REST interface that exists only here.
#include "gateway/login_command.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include "gateway/net/http_client.hpp"
#include "gateway/net/ws_server.hpp"
#include "tests/config/fixture.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::test {
namespace {

constexpr std::string_view kToken = "acc3sst0ken";

/// Exchanges "good" for kToken; refuses everything else in its own words.
class TokenServer final : public net::WsServerHandler {
 public:
  TokenServer() {
    thread_.run([this] {
      server_ = std::make_unique<net::WsServer>(thread_.loop(), *this, net::WsServerOptions{});
      REQUIRE(server_->listen("127.0.0.1", 0).empty());
      url_ = "http://127.0.0.1:" + std::to_string(server_->port());
    });
  }
  ~TokenServer() override {
    thread_.run([this] { server_.reset(); });
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] int asked() {
    return thread_.run([this] { return asked_; });
  }
  void answer(std::string text) {
    thread_.run([&] { answer_ = std::move(text); });
  }

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override {
    ++asked_;
    const bool good = request.method == "POST" && request.path() == "/token" && request.body == "good";
    reply(good ? net::HttpResponse{.body = answer_} : net::HttpResponse{.status = 403, .body = "the request token has expired"});
  }
  void on_open(net::WsConnection&) override {}
  void on_message(net::WsConnection&, std::string_view, bool) override {}
  void on_closed(net::WsConnection&, int, std::string_view) override {}

 private:
  tools::LoopThread thread_;
  std::unique_ptr<net::WsServer> server_;
  std::string url_;
  std::string answer_{kToken};
  int asked_ = 0;
};

constexpr OptionSpec kOptions[] = {
    {"key", OptionType::Secret, "", "the account's key"},
    {"token", OptionType::Secret, "", "the day's token"},
    {"credential_check", OptionType::Duration, "5s", "how often a refused token is compared with its source"},
};

std::string login_complaint(const BrokerConfig& config) { return config.text("key").empty() ? "key: missing; a login needs it" : ""; }
std::string login_url(const BrokerConfig& config) { return "https://broker.example/login?key=" + config.text("key"); }
std::string request_token(std::string_view pasted) {
  constexpr std::string_view kName = "request_token=";
  if (const std::size_t at = pasted.find(kName); at != std::string_view::npos) {
    pasted.remove_prefix(at + kName.size());
    return std::string{pasted.substr(0, pasted.find('&'))};
  }
  return pasted.find_first_of(" :/") == std::string_view::npos ? std::string{pasted} : std::string{};
}
net::HttpCall exchange(const BrokerConfig& config, const std::string& token) {
  return {.method = "POST", .url = config.rest_url + "/token", .body = token};
}
CredentialAnswer read_answer(const net::HttpAnswer& answer, std::string& access_token) {
  if (answer.status == 0) return {CredentialAnswer::Verdict::Unknown, "no connection"};
  if (answer.status != 200) return {CredentialAnswer::Verdict::Refused, answer.body};
  access_token = answer.body;
  return {CredentialAnswer::Verdict::Works, ""};
}
std::string complaint(const BrokerConfig& config) { return config.text("token").empty() ? "token: missing; log in" : ""; }

constexpr LoginHelper kHelper{.token_key = "token",
                              .complaint = login_complaint,
                              .url = login_url,
                              .request_token = request_token,
                              .exchange = exchange,
                              .read_answer = read_answer};
constexpr Adapter kDaily{.name = "daily", .options = kOptions, .login = &kHelper, .complaint = complaint};
constexpr Adapter kOpen{.name = "open"};
constexpr const Adapter* kBrokers[] = {&kDaily, &kOpen};

struct Outcome {
  int code = -1;
  std::string out, complaints;
};

/// A broker, a folder with the configuration, and the command with what is typed into it.
struct Scene {
  TokenServer server;
  Folder folder;

  void configure(std::string_view token = "\"${file:day.token}\"", std::string_view more = "") const {
    folder.write("gateway.yaml", "brokers:\n  acme: {adapter: daily, key: abc, rest_url: \"" + server.url() + "\", token: " + std::string(token) +
                                     "}\n" + std::string(more));
  }
  [[nodiscard]] Outcome login(std::string_view typed, LoginOptions options = {}) const {
    if (options.broker.empty()) options.broker = "acme";
    options.config = folder.path() / "gateway.yaml";
    std::istringstream in{std::string(typed)};
    std::ostringstream out;
    std::ostringstream complaints;
    const int code = run_login(options, kBrokers, in, out, complaints);
    return {code, out.str(), complaints.str()};
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(folder.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat found {};
    REQUIRE(::stat((folder.path() / name).c_str(), &found) == 0);
    return found.st_mode & 07777U;
  }
  /// Files in the folder, hidden ones included.
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator{}));
  }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_CASE("login: a pasted address becomes an access token in the configured file, which need not exist before") {
  Scene scene;
  scene.configure();
  const Outcome outcome = scene.login("https://127.0.0.1/?action=login&request_token=good&status=success\n");
  CHECK(outcome.complaints.empty());
  CHECK(outcome.code == 0);
  CHECK(has(outcome.out, "https://broker.example/login?key=abc\n"));
  CHECK(has(outcome.out, (scene.folder.path() / "day.token").string()));
  CHECK(has(outcome.out, "A running gateway reads it at its next connect, and within 5s when it waits for a login; nothing has to be restarted.\n"));
  CHECK(scene.content("day.token") == "acc3sst0ken\n");
  CHECK(scene.mode("day.token") == 0600);
  CHECK(scene.files() == 2);
  CHECK(load_config(scene.folder.path() / "gateway.yaml", kBrokers).brokers[0].text("token") == kToken);
}

TEST_CASE("login: the token is never shown") {
  Scene scene;
  scene.configure();
  const Outcome outcome = scene.login("good\n");
  CHECK(outcome.code == 0);
  CHECK_FALSE(has(outcome.out + outcome.complaints, kToken));
}

TEST_CASE("login: with the request token on the command line nothing is asked") {
  Scene scene;
  scene.configure();
  const Outcome outcome = scene.login("", {.request_token = "http://x/?request_token=good"});
  CHECK(outcome.code == 0);
  CHECK_FALSE(has(outcome.out, "broker.example"));
  CHECK(scene.content("day.token") == "acc3sst0ken\n");
}

TEST_CASE("login: the file's mode is 0600 whatever the umask and whatever it was") {
  Scene scene;
  scene.configure();
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    scene.folder.write("day.token", "old\n");
    REQUIRE(::chmod((scene.folder.path() / "day.token").c_str(), 0644) == 0);
    const mode_t before = ::umask(mask);
    const Outcome outcome = scene.login("good\n");
    ::umask(before);
    CHECK(outcome.code == 0);
    CHECK(scene.mode("day.token") == 0600);
    CHECK(scene.content("day.token") == "acc3sst0ken\n");
  }
}

TEST_CASE("login: when the broker refuses, its words are shown and the old token stays") {
  Scene scene;
  scene.configure();
  scene.folder.write("day.token", "old\n");
  const Outcome outcome = scene.login("stale\n");
  CHECK(outcome.code == 1);
  CHECK(outcome.complaints == "acme: the request token has expired\n");
  CHECK(scene.content("day.token") == "old\n");
  CHECK(scene.files() == 2);
}

TEST_CASE("login: an answer that cannot be the first line of a file is refused") {
  Scene scene;
  scene.configure();
  scene.folder.write("day.token", "old\n");
  for (const char* answer : {"", "two\nlines", "with space", "\x1b[2J"}) {
    scene.server.answer(answer);
    const Outcome outcome = scene.login("good\n");
    CHECK(outcome.code == 1);
    CHECK(outcome.complaints == "acme: login failed: the answer holds no usable access token\n");
    CHECK(scene.content("day.token") == "old\n");
  }
}

TEST_CASE("login: a broker that cannot be reached is no refusal") {
  Scene scene;
  scene.folder.write("gateway.yaml", "brokers: {acme: {adapter: daily, key: abc, rest_url: \"http://127.0.0.1:1\", token: \"${file:day.token}\"}}\n");
  const Outcome outcome = scene.login("good\n");
  CHECK(outcome.code == 1);
  CHECK(outcome.complaints == "acme: no connection\n");
  CHECK(scene.files() == 1);
}

TEST_CASE("login: an empty token file counts as none") {
  Scene scene;
  scene.configure();
  scene.folder.write("day.token", "");
  CHECK(scene.login("good\n").code == 0);
  CHECK(scene.content("day.token") == "acc3sst0ken\n");
}

TEST_CASE("login: the file's path counts from the file that names it") {
  Scene scene;
  std::filesystem::create_directory(scene.folder.path() / "brokers");
  scene.folder.write("brokers/acme.yaml", "adapter: daily\nkey: abc\nrest_url: " + scene.server.url() + "\ntoken: ${file:day.token}\n");
  scene.folder.write("gateway.yaml", "brokers: {acme: {include: brokers/acme.yaml}}\n");
  CHECK(scene.login("good\n").code == 0);
  CHECK(scene.content("brokers/day.token") == "acc3sst0ken\n");
}

TEST_CASE("login: a symbolic link stays, and what it leads to is replaced") {
  Scene scene;
  scene.configure();
  std::filesystem::create_directory(scene.folder.path() / "secrets");
  scene.folder.write("secrets/real", "old\n");
  std::filesystem::create_symlink("secrets/real", scene.folder.path() / "day.token");
  CHECK(scene.login("good\n").code == 0);
  CHECK(std::filesystem::is_symlink(scene.folder.path() / "day.token"));
  CHECK(scene.content("secrets/real") == "acc3sst0ken\n");
}

TEST_CASE("login: --output goes before the configured file, and a configuration that does not read it is told") {
  Scene scene;
  scene.configure();
  const Outcome outcome = scene.login("good\n", {.output = scene.folder.path() / "other.token"});
  CHECK(outcome.code == 0);
  CHECK(scene.content("other.token") == "acc3sst0ken\n");
  CHECK_FALSE(std::filesystem::exists(scene.folder.path() / "day.token"));
  CHECK(has(outcome.out, "The configuration does not read this file: token must refer to it, as in \"${file:" +
                             (scene.folder.path() / "other.token").string() + "}\".\n"));
}

TEST_CASE("login: a token from elsewhere than a file is refused with the remedy, before anything is asked") {
  Scene scene;
  const std::string remedy = "; write token: \"${file:TOKEN_FILE}\" in the configuration, or give --output FILE\n";
  scene.configure("\"${TIDEGATE_TEST_NO_TOKEN}\"");
  Outcome outcome = scene.login("good\n");
  CHECK(outcome.code == 2);
  CHECK(outcome.complaints == "acme: token comes from the environment variable TIDEGATE_TEST_NO_TOKEN, which no other program can change" + remedy);
  scene.configure("lit3ral");
  outcome = scene.login("good\n");
  CHECK(outcome.code == 2);
  CHECK(outcome.complaints == "acme: token is not taken from a file" + remedy);
  scene.configure("\"a${file:day.token}\"");
  CHECK(scene.login("good\n").complaints == "acme: token is put together from several parts" + remedy);
  CHECK(scene.server.asked() == 0);
  CHECK(scene.login("good\n", {.output = scene.folder.path() / "day.token"}).code == 0);
}

TEST_CASE("login: a paste without a token is asked for again, three times in all") {
  Scene scene;
  scene.configure();
  CHECK(scene.login("\nhttp://127.0.0.1/nothing here\ngood\n").code == 0);
  const Outcome outcome = scene.login("a b\nc d\ne f\ngood\n");
  CHECK(outcome.code == 1);
  CHECK(outcome.complaints ==
        "acme: no request token was pasted; log in at the address above and paste where it ends, or give it with --request-token\n");
  CHECK(scene.server.asked() == 1);
}

TEST_CASE("login: with nothing on the standard input it says what to do") {
  Scene scene;
  scene.configure();
  const Outcome outcome = scene.login("");
  CHECK(outcome.code == 1);
  CHECK(outcome.complaints == "acme: nothing was pasted; log in at the address above and paste where it ends, or give it with --request-token\n");
  CHECK(scene.files() == 1);
}

TEST_CASE("login: a request token that is none is refused on the command line too") {
  Scene scene;
  scene.configure();
  const Outcome outcome = scene.login("good\n", {.request_token = "http://127.0.0.1/"});
  CHECK(outcome.code == 1);
  CHECK(has(outcome.complaints, "acme: --request-token holds no request token; "));
}

TEST_CASE("login: a file that cannot be written is found out before a request token is spent") {
  Scene scene;
  scene.configure("\"${file:missing/day.token}\"");
  Outcome outcome = scene.login("good\n");
  CHECK(outcome.code == 1);
  CHECK(has(outcome.complaints, "/missing cannot be used: No such file or directory\n"));
  std::filesystem::create_directory(scene.folder.path() / "day.token");
  scene.configure();
  outcome = scene.login("good\n");
  CHECK(outcome.code == 1);
  CHECK(has(outcome.complaints, "day.token is not an ordinary file\n"));
  REQUIRE(::mkfifo((scene.folder.path() / "pipe").c_str(), 0600) == 0);
  CHECK(scene.login("good\n", {.output = scene.folder.path() / "pipe"}).code == 1);
  CHECK(scene.server.asked() == 0);
}

TEST_CASE("login: a broker that is unknown or has no login is answered with those that have one") {
  Scene scene;
  scene.configure("\"${file:day.token}\"", "  free: {adapter: open}\n  also: {adapter: daily, key: \"${TIDEGATE_TEST_NO_KEY}\", token: x}\n");
  Outcome outcome = scene.login("good\n", {.broker = "acne"});
  CHECK(outcome.code == 2);
  CHECK(outcome.complaints == "there is no broker \"acne\" in the configuration; those to log in at: acme, also\n");
  outcome = scene.login("good\n", {.broker = "free"});
  CHECK(outcome.code == 2);
  CHECK(outcome.complaints == "the broker \"free\" needs no login; those to log in at: acme, also\n");
}

TEST_CASE("login: another broker's missing secrets do not stand in the way, the broker's own do") {
  Scene scene;
  scene.configure("\"${file:day.token}\"", "  also: {adapter: daily, key: \"${TIDEGATE_TEST_NO_KEY}\", token: \"${file:none.token}\"}\n");
  CHECK(scene.login("good\n").code == 0);
  const Outcome outcome = scene.login("good\n", {.broker = "also"});
  CHECK(outcome.code == 2);
  CHECK(has(outcome.complaints, "brokers.also.key: the environment variable TIDEGATE_TEST_NO_KEY is not set; "));
}

TEST_CASE("login: what the login itself needs is asked for first") {
  Scene scene;
  scene.folder.write("gateway.yaml", "brokers: {acme: {adapter: daily, token: \"${file:day.token}\"}}\n");
  const Outcome outcome = scene.login("good\n");
  CHECK(outcome.code == 2);
  CHECK(outcome.complaints == "acme: key: missing; a login needs it\n");
}

TEST_CASE("login: a wrong configuration ends with exit code 2") {
  Scene scene;
  scene.configure("\"${file:day.token}\"", "  free: {adapter: opne}\n");
  const Outcome outcome = scene.login("good\n");
  CHECK(outcome.code == 2);
  CHECK(has(outcome.complaints, "brokers.free.adapter: there is no adapter \"opne\"; did you mean \"open\"?"));
}

}  // namespace
}  // namespace tidegate::test
