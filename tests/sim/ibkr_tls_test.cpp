// TLS in front of REST and socket, with a certificate that a client can pin.
#include <fstream>

#include "tests/end_to_end/ibkr.hpp"
#include "tests/sim/ibkr_support.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/sim/common/tls_relay.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

sim::IbkrOptions tls_options(const TemporaryFolder& folder) {
  auto options = lively_ibkr();
  options.tls = true;
  options.write_certificate = (folder.path() / "certificate.pem").string();
  return options;
}

}  // namespace

TEST_CASE("ibkr sim tls: with the written certificate REST and socket work as without TLS") {
  const TemporaryFolder folder;
  IbkrFixture sim{tls_options(folder)};
  const net::TlsOptions tls{true, (folder.path() / "certificate.pem").string()};
  CHECK(sim.server.certificate().find("BEGIN CERTIFICATE") != std::string::npos);
  CHECK(sim.call("POST", "/v1/api/tickle", "", {}, "https", tls).body.find(sim.server.session()) != std::string::npos);
  CHECK(sim.call("GET", "/v1/api/iserver/accounts", "", {}, "https", tls).status == 200);
  IbkrClient client{sim.loop, sim.address("wss") + "/v1/api/ws", sim.cookie(), tls};
  sim.until([&] { return client.greeted(); });
  client.subscribe("265598");
  sim.until([&] { return client.count("smd+265598") > 20; });
  const auto& truth = sim.server.truth();
  CHECK(truth[client.count("smd+265598") - 1].state == client.merged("smd+265598"));
  sim.inject("close");
  sim.until([&] { return client.closed.has_value(); });
  CHECK(client.closed->code == 1000);
}

TEST_CASE("ibkr sim tls: who does not know the certificate does not get in, and plain requests fail") {
  const TemporaryFolder folder;
  IbkrFixture sim{tls_options(folder)};
  CHECK(sim.call("POST", "/v1/api/tickle", "", {}, "https").error.find("certificate") != std::string::npos);
  CHECK(sim.call("POST", "/v1/api/tickle", "", {}, "http").status == 0);
  CHECK(sim.call("POST", "/v1/api/tickle", "", {}, "https", {false, ""}).status == 200);
  IbkrClient client{sim.loop, sim.address("wss") + "/v1/api/ws"};
  sim.until([&] { return client.closed.has_value(); });
  CHECK_FALSE(client.opened);
}

TEST_CASE("ibkr sim tls: a cut reaches the client as a cut, and large answers pass") {
  const TemporaryFolder folder;
  auto options = tls_options(folder);
  options.symbols = 3'000;
  IbkrFixture sim{options};
  const net::TlsOptions tls{true, (folder.path() / "certificate.pem").string()};
  std::string symbols;
  for (int i = 1; i <= 900; ++i) symbols += "SIM0" + std::to_string(1'000 + i) + ",";
  const auto answer = sim.call("GET", "/v1/api/trsrv/stocks?symbols=" + symbols, "", {}, "https", tls);
  CHECK(answer.status == 200);
  CHECK(answer.body.size() > 100'000);
  IbkrClient client{sim.loop, sim.address("wss") + "/v1/api/ws", sim.cookie(), tls};
  sim.until([&] { return client.greeted(); });
  sim.inject("drop");
  sim.until([&] { return client.closed.has_value(); });
  CHECK(client.closed->code == 1006);
}

TEST_CASE("ibkr sim tls: a certificate and key from files are served, and what is none is said") {
  const TemporaryFolder folder;
  const std::string wrong = (folder.path() / "wrong.pem").string();
  std::ofstream{wrong} << "nothing\n";
  auto options = still_ibkr();
  options.tls = true;
  options.certificate_file = options.private_key_file = wrong;
  net::EventLoop loop;
  sim::IbkrServer server{loop, options};
  CHECK(server.listen("127.0.0.1", 0) == wrong + " holds no certificate");
  options.certificate_file.clear();
  options.private_key_file.clear();
  options.write_certificate = "/nonexistent/certificate.pem";
  sim::IbkrServer unwritable{loop, options};
  CHECK(unwritable.listen("127.0.0.1", 0) == "cannot write /nonexistent/certificate.pem");
}

TEST_CASE("ibkr sim tls: the helper of end-to-end tests serves on a thread of its own, and its YAML names what a gateway needs") {
  Ibkr plain, secure{Ibkr::quick_with_tls()};
  net::EventLoop loop;
  net::HttpClient http;
  for (const Ibkr* each : {&plain, &secure}) {
    net::HttpCall request;
    request.url = each->rest_url() + "/iserver/accounts";
    if (each == &secure) request.tls.ca_file = each->certificate_file();
    std::optional<net::HttpAnswer> answer;
    http.send(std::move(request), loop, [&](net::HttpAnswer&& given) { answer = std::move(given); });
    while (!answer) loop.run_for(std::chrono::milliseconds{20});
    CHECK_MESSAGE(answer->status == 200, answer->error);
    CHECK(each->yaml().find("rest_url: '" + each->rest_url() + "'") != std::string::npos);
  }
  CHECK(plain.rest_url().starts_with("http://"));
  CHECK(secure.yaml(", required: false").find("tls: {ca_file: '" + secure.certificate_file() + "'}, required: false}") != std::string::npos);
  CHECK(plain.requests() == std::vector<std::string>{"GET /v1/api/iserver/accounts"});
  CHECK(plain.streams().empty());
}
