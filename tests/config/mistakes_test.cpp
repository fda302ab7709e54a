// One bad file per mistake: the complaint names file, line, column, key, what is wrong and what to do.
#include <doctest/doctest.h>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

struct Mistake {
  const char* what;
  const char* content;
  const char* complaint;
};

// One broker that is right, for mistakes elsewhere.
#define BROKER "brokers: {b: {adapter: fake}}\n"

constexpr Mistake kShape[] = {
    {"empty file", "", "bad.yaml:1:1: config: the file holds nothing; start from configs/example.yaml"},
    {"comments only", "# nothing\n", "bad.yaml:1:1: config: the file holds nothing; start from configs/example.yaml"},
    {"plain text instead of a mapping", "hello\n",
     "bad.yaml:1:1: config: is plain text, a mapping is expected; write \"key: value\" lines, indented below it"},
    {"list instead of a mapping", BROKER "server:\n  - listen\n",
     "bad.yaml:3:3: server: is a list, a mapping is expected; write \"key: value\" lines, indented below it"},
    {"text instead of a list", BROKER "routing: NSE\n",
     "bad.yaml:2:10: routing: is plain text, a list is expected; write [a, b], or one \"- item\" a line"},
    {"list instead of one value", BROKER "server:\n  listen: [a]\n",
     "bad.yaml:3:11: server.listen: is a list, one plain value is expected; write one value"},
    {"value missing", BROKER "server:\n  heartbeat:\n",
     "bad.yaml:3:3: server.heartbeat: has no value, one plain value is expected; write a value behind the colon, or remove the key"},
    {"tab in the indentation", BROKER "server:\n\tlisten: 127.0.0.1:1\n", "bad.yaml:3:1: config: the line is indented with a tab; use spaces"},
    {"key twice", BROKER "server:\n  heartbeat: 1s\n  heartbeat: 2s\n",
     "bad.yaml:4:3: server.heartbeat: stands here a second time, first on line 3; keep one of the two"},
    {"section twice", BROKER "log: {}\nlog: {}\n", "bad.yaml:3:1: log: stands here a second time, first on line 2; keep one of the two"},
    {"broker twice", "brokers:\n  b: {adapter: fake}\n  b: {adapter: plain}\n",
     "bad.yaml:3:3: brokers.b: stands here a second time, first on line 2; keep one of the two"},
    {"two documents", BROKER "---\nlog: {}\n", "bad.yaml:3:1: config: a second YAML document begins here; keep one document in a file"},
    {"unclosed bracket", "brokers: {b: {adapter: fake}\n",
     "bad.yaml:2:1: config: this is not YAML: end of map flow not found; look at the indentation, colons, quotes and brackets here and on the line "
     "above"},
    {"unclosed quote", "log: {level: \"info}\n",
     "bad.yaml:2:1: config: this is not YAML: end of map flow not found; look at the indentation, colons, quotes and brackets here and on the line "
     "above"},
    {"bad indentation", "server:\n  heartbeat: 1s\n listen: 127.0.0.1:1\n",
     "bad.yaml:3:2: config: this is not YAML: end of map not found; look at the indentation, colons, quotes and brackets here and on the line above"},
    {"unknown alias", BROKER "log: *nothing\n",
     "bad.yaml:2:6: config: this is not YAML: the referenced anchor is not defined; look at the indentation, colons, quotes and brackets "
     "here and on the line above"},
    {"key that is a list", BROKER "[a, b]: 1\n", "bad.yaml:2:1: config: has a key that is not plain text; write a name, a colon and a value"},
};

constexpr Mistake kKeys[] = {
    {"misspelt section", BROKER "sever: {}\n", "bad.yaml:2:1: sever: is not a key of this configuration; did you mean \"server\"?"},
    {"misspelt key", BROKER "server:\n  limits: {outbx: 1MiB}\n",
     "bad.yaml:3:12: server.limits.outbx: is not a key of this configuration; did you mean \"outbox\"?"},
    {"two letters swapped", BROKER "log: {lveel: info}\n", "bad.yaml:2:7: log.lveel: is not a key of this configuration; did you mean \"level\"?"},
    {"key from nowhere", BROKER "pipeline: {workers: 3}\n",
     "bad.yaml:2:12: pipeline.workers: is not a key of this configuration; the keys here are: mode, wait, quiet_after, frame_queue, "
     "frame_queue_bytes, "
     "record_queue"},
    {"misspelt common broker key", "brokers:\n  b: {adapter: fake, lingr: 1s}\n",
     "bad.yaml:2:22: brokers.b.lingr: is not a key of this configuration; did you mean \"linger\"?"},
    {"misspelt key of the adapter", "brokers:\n  b: {adapter: fake, ack_timeot: 1s}\n",
     "bad.yaml:2:22: brokers.b.ack_timeot: is not a key of this configuration; did you mean \"ack_timeout\"?"},
    {"misspelt key in a section of the adapter", "brokers:\n  b: {adapter: fake, session: {renewl: 1s}}\n",
     "bad.yaml:2:32: brokers.b.session.renewl: is not a key of this configuration; did you mean \"renewal\"?"},
    {"key of another adapter", "brokers:\n  b: {adapter: plain, market: spot}\n",
     "bad.yaml:2:23: brokers.b.market: is not a key of this configuration; the keys here are: adapter, insecure, ws_url, rest_url, tls, reconnect, "
     "stale_after, linger, required, "
     "secret_timeout"},
    {"unknown key in a rule", BROKER "routing:\n  - {venues: [FAKE], brokers: [b], weight: 1}\n",
     "bad.yaml:3:36: routing[0].weight: is not a key of this configuration; the keys here are: brokers, venues, standby, "
     "failover_after, return_after, tolerance"},
};

constexpr Mistake kValues[] = {
    {"standby of another kind", BROKER "routing:\n  - {venues: [FAKE], brokers: [b], standby: cold}\n",
     "bad.yaml:3:45: routing[0].standby: \"cold\" is not one of the choices; the choices are: hot, warm"},
    {"tolerance without a unit", BROKER "routing:\n  - {venues: [FAKE], brokers: [b], tolerance: 0.5}\n",
     "bad.yaml:3:47: routing[0].tolerance: \"0.5\" is not a percentage between 0.0001% and 100%; write a decimal with at most four places and %, "
     "such "
     "as 0.5%, or off"},
    {"tolerance of nothing", BROKER "routing:\n  - {venues: [FAKE], brokers: [b], tolerance: 0%}\n",
     "bad.yaml:3:47: routing[0].tolerance: \"0%\" is not a percentage between 0.0001% and 100%; write a decimal with at most four places and %, such "
     "as 0.5%, or off"},
    {"return at once", BROKER "routing:\n  - {venues: [FAKE], brokers: [b], return_after: 0s}\n",
     "bad.yaml:3:50: routing[0].return_after: \"0s\" is out of range; write 1ms to 24h"},
    {"port out of range", BROKER "server: {listen: 127.0.0.1:70000}\n",
     "bad.yaml:2:18: server.listen: the address \"127.0.0.1:70000\" has a port outside 0 to 65535; write HOST:PORT, such as 127.0.0.1:7410"},
    {"no port", BROKER "server: {listen: 127.0.0.1}\n",
     "bad.yaml:2:18: server.listen: the address \"127.0.0.1\" has no port; write HOST:PORT, such as 127.0.0.1:7410"},
    {"IPv6 without brackets", BROKER "server: {listen: \"::1:7410\"}\n",
     "bad.yaml:2:18: server.listen: the address \"::1:7410\" holds an IPv6 address without brackets; write HOST:PORT, such as 127.0.0.1:7410"},
    {"open to the network without a login", BROKER "server: {listen: 0.0.0.0:7410}\n",
     "bad.yaml:2:18: server.listen: the address \"0.0.0.0:7410\" can be reached from other machines, and server.auth.required is false; set it to "
     "true "
     "and say in server.auth who may log in, or listen on 127.0.0.1"},
    {"duration without a unit", BROKER "server: {heartbeat: 30}\n",
     "bad.yaml:2:21: server.heartbeat: \"30\" is not a duration; write a whole number and a unit, such as 250ms, 30s, 5m or 24h"},
    {"duration out of range", BROKER "server: {heartbeat: 48h}\n", "bad.yaml:2:21: server.heartbeat: \"48h\" is out of range; write 1ms to 1h"},
    {"size with a decimal unit", BROKER "server: {limits: {outbox: 1MB}}\n",
     "bad.yaml:2:27: server.limits.outbox: \"1MB\" is not a size; write a whole number and a unit, such as 512B, 64KiB or 1MiB"},
    {"size out of range", BROKER "server: {limits: {outbox: 1B}}\n",
     "bad.yaml:2:27: server.limits.outbox: \"1B\" is out of range; write 1KiB to 1GiB"},
    {"a URL for a host", BROKER "server: {hosts: [\"http://gate\"]}\n",
     "bad.yaml:2:18: server.hosts[0]: \"http://gate\" is not the name of a host; write NAME or NAME:PORT, such as gate.example.com"},
    {"text for a number", BROKER "server: {limits: {requests_per_minute: many}}\n",
     "bad.yaml:2:40: server.limits.requests_per_minute: \"many\" is not a whole number; write digits only, such as 1"},
    {"number out of range", BROKER "server: {limits: {connections_per_user: 0}}\n",
     "bad.yaml:2:41: server.limits.connections_per_user: \"0\" is out of range; write 1 to 1000000"},
    {"yes for a boolean", "brokers: {b: {adapter: fake, required: yes}}\n",
     "bad.yaml:1:40: brokers.b.required: \"yes\" is neither true nor false; write true or false"},
    {"compression that does not exist", BROKER "server: {compression: gzip}\n",
     "bad.yaml:2:23: server.compression: \"gzip\" is not one of the choices; the choices are: off, deflate"},
    {"compression level out of range", BROKER "server: {compression_level: 10}\n",
     "bad.yaml:2:29: server.compression_level: \"10\" is out of range; write 1 to 9"},
    {"compression threshold out of range", BROKER "server: {compression_min_bytes: 2MiB}\n",
     "bad.yaml:2:33: server.compression_min_bytes: \"2MiB\" is out of range; write 0B to 1MiB"},
    {"unknown choice", BROKER "pipeline: {mode: inlne}\n",
     "bad.yaml:2:18: pipeline.mode: \"inlne\" is not one of the choices; did you mean \"inline\"?"},
    {"unknown choice, nothing near", BROKER "log: {level: loud}\n",
     "bad.yaml:2:14: log.level: \"loud\" is not one of the choices; the choices are: trace, debug, info, warning, error"},
    {"origin with a path", BROKER "server: {origins: [\"https://a.example/x\"]}\n",
     "bad.yaml:2:20: server.origins[0]: \"https://a.example/x\" is not a browser origin; write scheme, host and port only, such as "
     "https://charts.example.com"},
    {"unreadable certificate", BROKER "server: {tls: {certificate: no.pem, private_key: no.key}}\n",
     "bad.yaml:2:29: server.tls.certificate: the file \"no.pem\" cannot be read (No such file or directory); correct the path or its permissions"},
    {"adapter option out of range", "brokers: {b: {adapter: fake, streams_per_connection: 1025}}\n",
     "bad.yaml:1:54: brokers.b.streams_per_connection: \"1025\" is out of range; write 1 to 1024"},
    {"adapter option of another type", "brokers: {b: {adapter: fake, frames_per_second: fast}}\n",
     "bad.yaml:1:49: brokers.b.frames_per_second: \"fast\" is not a whole number; write digits only, such as 1"},
    {"adapter choice", "brokers: {b: {adapter: fake, market: sport}}\n",
     "bad.yaml:1:38: brokers.b.market: \"sport\" is not one of the choices; did you mean \"spot\"?"},
    {"options that do not go together", "brokers: {b: {adapter: fake, market: usdm, session: {overlap: false}}}\n",
     "bad.yaml:1:38: brokers.b.market: usdm needs session.overlap; set it to true"},
    {"waits the wrong way round", "brokers: {b: {adapter: fake, reconnect: {initial: 1m}}}\n",
     "bad.yaml:1:51: brokers.b.reconnect.initial: initial 1m is longer than maximum 30s; the first wait must not exceed the longest one"},
};

constexpr Mistake kBrokers[] = {
    {"no brokers", "log: {}\n", "bad.yaml:1:1: brokers: is missing; write at least one, such as {binance: {adapter: binance}}"},
    {"brokers without a broker", "brokers: {}\n",
     "bad.yaml:1:10: brokers: names no broker; write at least one, such as {binance: {adapter: binance}}"},
    {"broker without keys", "brokers:\n  b:\n", "bad.yaml:2:3: brokers.b: has no keys, a mapping is expected; write at least {adapter: NAME}"},
    {"broker name with a space", "brokers:\n  my broker: {adapter: fake}\n",
     "bad.yaml:2:3: brokers.my broker: \"my broker\" cannot be a broker's name; use 1 to 64 letters, digits, - and _"},
    {"no adapter", "brokers: {b: {linger: 1s}}\n", "bad.yaml:1:14: brokers.b.adapter: is missing; the adapters are: fake, plain"},
    {"unknown adapter", "brokers: {b: {adapter: fakee}}\n",
     "bad.yaml:1:24: brokers.b.adapter: there is no adapter \"fakee\"; did you mean \"fake\"?"},
    {"unknown adapter, nothing near", "brokers: {b: {adapter: nyse}}\n",
     "bad.yaml:1:24: brokers.b.adapter: there is no adapter \"nyse\"; the adapters are: fake, plain"},
    {"URL without a scheme", "brokers: {b: {adapter: fake, ws_url: stream.example}}\n",
     "bad.yaml:1:38: brokers.b.ws_url: the URL \"stream.example\" has no scheme; write wss://HOST[:PORT][/PATH]"},
    {"URL of another scheme", "brokers: {b: {adapter: fake, ws_url: \"https://a.example\"}}\n",
     "bad.yaml:1:38: brokers.b.ws_url: the URL \"https://a.example\" begins with neither wss:// nor ws://; write wss://HOST[:PORT][/PATH]"},
    {"URL with a bad port", "brokers: {b: {adapter: fake, rest_url: \"https://a.example:0x1\"}}\n",
     "bad.yaml:1:40: brokers.b.rest_url: the URL \"https://a.example:0x1\" has a port that is not a number; write https://HOST[:PORT][/PATH]"},
    {"unencrypted ws beyond this machine", "brokers: {b: {adapter: fake, ws_url: \"ws://user:pw@a.example/x\"}}\n",
     "bad.yaml:1:38: brokers.b.ws_url: the URL \"ws://user:***@a.example/x\" would send everything unencrypted to a host that is not this machine; "
     "use "
     "wss://, or set insecure: true if that is what you want"},
    {"unencrypted http beyond this machine", "brokers: {b: {adapter: fake, rest_url: \"http://10.0.0.1\"}}\n",
     "bad.yaml:1:40: brokers.b.rest_url: the URL \"http://10.0.0.1\" would send everything unencrypted to a host that is not this machine; use "
     "https://, or set insecure: true if that is what you want"},
    {"certificate file missing", "brokers: {b: {adapter: fake, tls: {ca_file: ca.pem}}}\n",
     "bad.yaml:1:45: brokers.b.tls.ca_file: the file \"ca.pem\" cannot be read (No such file or directory); correct the path or its permissions"},
    {"include missing", "brokers:\n  b: {include: none.yaml}\n",
     "bad.yaml:2:16: brokers.b.include: the file \"none.yaml\" cannot be read (No such file or directory); correct the path, which counts from the "
     "folder of the file it stands in"},
    {"file includes itself", "brokers:\n  b: {include: bad.yaml}\n",
     "bad.yaml:2:16: brokers.b.include: the file \"bad.yaml\" includes itself, directly or through others; break the circle"},
};

constexpr Mistake kReferences[] = {
    {"variable not set", "brokers: {b: {adapter: fake, api_key: \"${TIDEGATE_TEST_UNSET}\"}}\n",
     "bad.yaml:1:39: brokers.b.api_key: the environment variable TIDEGATE_TEST_UNSET is not set; set it before the start: export "
     "TIDEGATE_TEST_UNSET=..."},
    {"file not there", "brokers: {b: {adapter: fake, api_key: \"${file:no.key}\"}}\n",
     "bad.yaml:1:39: brokers.b.api_key: the file \"no.key\" cannot be read (No such file or directory); create it, or correct the path or its "
     "permissions"},
    {"reference not closed", "brokers: {b: {adapter: fake, api_key: \"${KEY\"}}\n",
     "bad.yaml:1:39: brokers.b.api_key: \"${\" has no closing \"}\"; write ${NAME} or ${file:PATH}"},
    {"not a name", "brokers: {b: {adapter: fake, api_key: \"${MY KEY}\"}}\n",
     "bad.yaml:1:39: brokers.b.api_key: \"${MY KEY}\" names no environment variable; write ${NAME} with letters, digits and _, or ${file:PATH}"},
};

constexpr Mistake kLists[] = {
    {"route to an unknown broker", BROKER "routing:\n  - {venues: [FAKE], brokers: [c]}\n",
     "bad.yaml:3:32: routing[0].brokers[0]: there is no broker \"c\" under brokers; did you mean \"b\"?"},
    {"route without brokers", BROKER "routing:\n  - {venues: [FAKE]}\n", "bad.yaml:3:5: routing[0].brokers: is missing; name at least one broker"},
    {"route of a venue that the broker lacks", BROKER "routing:\n  - {venues: [NSE], brokers: [b]}\n",
     "bad.yaml:3:15: routing[0].venues[0]: the broker \"b\" does not serve the venue \"NSE\"; route a venue to brokers that serve it"},
    {"venue routed twice", BROKER "routing:\n  - {venues: [FAKE], brokers: [b]}\n  - {venues: [FAKE], brokers: [b]}\n",
     "bad.yaml:4:15: routing[1].venues[0]: the venue \"FAKE\" is routed twice; keep one rule for a venue"},
    {"small letters in a venue", BROKER "routing:\n  - {venues: [fake], brokers: [b]}\n",
     "bad.yaml:3:15: routing[0].venues[0]: \"fake\" cannot be a venue; write it in capitals, such as BINANCE"},
    {"instrument without a venue", BROKER "instruments:\n  - {symbol: BTCUSDT, ids: {b: 1}}\n",
     "bad.yaml:3:14: instruments[0].symbol: \"BTCUSDT\" is not a symbol; write VENUE:NAME, such as BINANCE:BTCUSDT"},
    {"instrument of an unknown broker", BROKER "instruments:\n  - {symbol: FAKE:A, ids: {other: 1}}\n",
     "bad.yaml:3:28: instruments[0].ids.other: there is no broker \"other\" under brokers; the brokers are: b"},
    {"instrument without ids", BROKER "instruments:\n  - {symbol: FAKE:A}\n",
     "bad.yaml:3:5: instruments[0].ids: is missing; write {BROKER: ID}, the broker's own id of the instrument"},
    {"instrument twice", BROKER "instruments:\n  - {symbol: FAKE:A, ids: {b: 1}}\n  - {symbol: FAKE:A, ids: {b: 2}}\n",
     "bad.yaml:4:14: instruments[1].symbol: the symbol \"FAKE:A\" is listed twice; keep one entry for a symbol"},
    {"unknown channel", BROKER "subscriptions:\n  - {channels: [trades], symbols: [FAKE:A]}\n",
     "bad.yaml:3:17: subscriptions[0].channels[0]: there is no channel \"trades\"; did you mean \"trade\"?"},
    {"symbol of another form", BROKER "subscriptions:\n  - {channels: [trade], symbols: [\"FAKE:A B\"]}\n",
     "bad.yaml:3:35: subscriptions[0].symbols[0]: \"FAKE:A B\" is not a symbol; write VENUE:NAME, such as BINANCE:BTCUSDT"},
    {"symbol that nobody serves", BROKER "subscriptions:\n  - {channels: [trade], symbols: [FAKE-USDM:A]}\n",
     "bad.yaml:3:35: subscriptions[0].symbols[0]: no configured broker serves the venue of \"FAKE-USDM:A\"; the venues are: FAKE"},
    {"subscription without symbols", BROKER "subscriptions:\n  - {channels: [trade], symbols: []}\n",
     "bad.yaml:3:5: subscriptions[0].symbols: is missing; name at least one symbol, as VENUE:NAME"},
};

template <std::size_t N>
void check_all(const Mistake (&mistakes)[N]) {
  for (const Mistake& mistake : mistakes) {
    CAPTURE(std::string(mistake.what));
    CHECK(complaint(mistake.content) == std::string(mistake.complaint));
  }
}

TEST_CASE("configuration: a file of another shape is refused at the place of the fault") { check_all(kShape); }
TEST_CASE("configuration: an unknown key is refused and the nearest known one is named") { check_all(kKeys); }
TEST_CASE("configuration: a value of another type or range is refused and what may stand there is said") { check_all(kValues); }
TEST_CASE("configuration: a broker that cannot work is refused") { check_all(kBrokers); }
TEST_CASE("configuration: a reference to something that is not there is refused without showing a value") { check_all(kReferences); }
TEST_CASE("configuration: routes, instruments and subscriptions must fit the brokers") { check_all(kLists); }

TEST_CASE("configuration: a file that does not exist is named with the system's reason") {
  const Folder folder;
  try {
    static_cast<void>(load_config(folder.path() / "none.yaml", kAdapters));
    FAIL("no complaint");
  } catch (const ConfigError& error) {
    CHECK(error.what() ==
          (folder.path() / "none.yaml").string() +
              ":1:1: config: the file cannot be read (No such file or directory); correct the path, or start from configs/example.yaml");
  }
}

TEST_CASE("configuration: a file of authorities that holds none, or a damaged one, is refused") {
  const Folder folder;
  constexpr const char* kText = "brokers: {b: {adapter: fake, tls: {ca_file: ca.pem}}}\n";
  constexpr const char* kRemedy = "; give certificates in PEM, each with its -----BEGIN CERTIFICATE-----";
  const std::string place = "bad.yaml:1:45: brokers.b.tls.ca_file: the file \"ca.pem\" ";
  const std::string whole = test_certificate();
  for (const std::string& text : {std::string{}, std::string{"x\n"}, std::string{"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}}) {
    folder.write("ca.pem", text);
    CHECK(complaint(kText, folder) == place + "holds no certificate" + kRemedy);
  }
  folder.write("ca.pem", whole + whole.substr(0, whole.size() / 2) + "\n");
  CHECK(complaint(kText, folder) == place + "holds a damaged certificate" + kRemedy);
  folder.write("ca.pem", "a comment\n" + whole + whole);
  CHECK(complaint(kText, folder).empty());
}

TEST_CASE("configuration: a folder in place of a file is refused") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(static_cast<void>(load_config(folder.path(), kAdapters)),
                       (folder.path().string() + ":1:1: config: the file cannot be read (Is a directory); correct the path, or start from "
                                                 "configs/example.yaml")
                           .c_str(),
                       ConfigError);
}

TEST_CASE("configuration: a mistake in an included file is reported there") {
  const Folder folder;
  folder.write("extra.yaml", "adapter: fake\nack_timeout: soon\n");
  CHECK(complaint("brokers:\n  b: {include: extra.yaml}\n", folder) ==
        "extra.yaml:2:14: brokers.b.ack_timeout: \"soon\" is not a duration; write a whole number and a unit, such as 250ms, 30s, 5m or 24h");
  folder.write("extra.yaml", "");
  CHECK(complaint("brokers:\n  b: {include: extra.yaml}\n", folder) ==
        "extra.yaml:1:1: brokers.b: the file holds nothing; start from configs/example.yaml");
  folder.write("extra.yaml", "[]");
  CHECK(complaint("brokers:\n  b: {include: extra.yaml}\n", folder) ==
        "extra.yaml:1:1: brokers.b: the included file holds no mapping; write the broker's keys in it, such as \"adapter: NAME\"");
}

TEST_CASE("configuration: a circle of includes is refused where it closes") {
  const Folder folder;
  folder.write("one.yaml", "include: two.yaml\n");
  folder.write("two.yaml", "adapter: fake\ninclude: one.yaml\n");
  CHECK(complaint("brokers:\n  b: {include: one.yaml}\n", folder) ==
        "two.yaml:2:10: brokers.b.include: the file \"one.yaml\" includes itself, directly or through others; break the circle");
}

TEST_CASE("configuration: a credentials file with an empty first line is refused") {
  const Folder folder;
  folder.write("k", "\nsecond line\n");
  CHECK(complaint("brokers: {b: {adapter: fake, api_key: \"${file:k}\"}}\n", folder) ==
        "bad.yaml:1:39: brokers.b.api_key: the first line of the file \"k\" is empty; write the value on the file's first line");
}

TEST_CASE("configuration: a bad value from the environment is refused without showing it") {
  const Variable variable("TIDEGATE_TEST_VALUE", "hunter2");
  CHECK(complaint("brokers: {b: {adapter: fake, ack_timeout: \"${TIDEGATE_TEST_VALUE}\"}}\n") ==
        "bad.yaml:1:43: brokers.b.ack_timeout: the value of \"${TIDEGATE_TEST_VALUE}\" is not a duration; write a whole number and a unit, such as "
        "250ms, 30s, 5m or 24h");
  CHECK(complaint("brokers: {b: {adapter: fake, ws_url: \"ftp://${TIDEGATE_TEST_VALUE}@a.example\"}}\n").find("hunter2") == std::string::npos);
}

TEST_CASE("configuration: a flood of aliases and a tower of brackets are refused, not built") {
  std::string aliases = BROKER "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string inner = "*a" + std::to_string(i - 1);
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) aliases += (j > 0 ? ", " : "") + inner;
    aliases += "]\n";
  }
  CHECK(complaint(aliases).find("holds too many values; write out what aliases repeat, and only once") != std::string::npos);
  CHECK(complaint(BROKER "log: " + std::string(100, '[') + std::string(100, ']') + "\n").find("is nested too deeply") != std::string::npos);
  CHECK(complaint(BROKER "log: " + std::string(100'000, '[')).find("bad.yaml:") == 0);
  CHECK(complaint(BROKER "log: &a [*a]\n").find("bad.yaml:") == 0);
}

TEST_CASE("configuration: a complaint is one line, whatever stands in the file") {
  const std::string text = complaint(BROKER "log: {\"le\\nvel\\u0007\": \"x\"}\n");
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find("; ") != std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
