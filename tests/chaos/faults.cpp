#include "tests/chaos/faults.hpp"

namespace tidegate::chaos {
namespace {

// Those that only time-outs find take seconds each: they come less often.
const std::vector<Fault> kBinance = {
    {"drop", true},
    {"close=1001", true},
    {"1008", true},
    {"silence=3", true, "", 1},
    {"half-open=4", true, "", 1},
    {"slow=300"},
    {"slow=0"},
    {"bad-frame"},
    {"not-json"},
    {"unknown-event"},
    {"binary-frame"},
    {"big-frame=200000"},
    {"lost-diff"},
    {"duplicate-diff"},
    {"reorder"},
    {"burst=500"},
    {"shutdown=1"},
    {"max-age"},
    {"refuse-upgrade=503:1", true, "drop"},
    {"refuse-upgrade=429:1", true, "drop"},
    {"slow-handshake=300", true, "drop"},
    {"ack-lost", true, "drop"},
    {"ack-delay=300", true, "drop"},
    {"http-429=1", true, "drop"},
    {"http-503=2", true, "drop"},
    {"rest-slow=200", true, "drop"},
    {"rest-slow=0"},
    {"stale-snapshot", true, "drop"},
    {"freeze"},
    {"packet-loss"},
};

const std::vector<Fault> kZerodha = {
    {"drop", true},
    {"close=1001", true},
    {"close=1000", true},
    {"silence", true, "", 1},
    {"dead", true, "", 1},
    {"slow=1"},
    {"truncated"},
    {"wrong_count"},
    {"trailing"},
    {"unknown_length"},
    {"legacy164"},
    {"zero_length"},
    {"duplicate"},
    {"text_flood=200"},
    {"error_text=Something is wrong"},
    {"message=Hello"},
    {"order"},
    {"freeze"},
    {"packet-loss"},
};

const std::vector<Fault> kXts = {
    {"drop", true},
    {"close", true},
    {"close=1011", true},
    {"namespace_disconnect", true},
    {"server_disconnect", true},
    {"server_ping"},
    {"refuse=503,2", true, "drop"},
    {"rest_503=2", true, "token_revoked"},
    {"rest_429=2", true, "token_revoked"},
    {"html_404=1", true, "token_revoked"},
    {"plain_text=1", true, "token_revoked"},
    {"already_subscribed=2", true, "token_revoked"},
    {"token_revoked", true},
    {"malformed_json"},
    {"malformed_packed"},
    {"unknown_event"},
    {"property_burst=50"},
    {"duplicate"},
    {"mixed_shapes"},
    {"object_argument"},
    {"bare_quotes"},
    {"no_quotes"},
    {"silence", true, "", 1},
    {"dead", true, "", 1},
    {"no_pong", true, "", 1},
    {"freeze"},
    {"packet-loss"},
};

const std::vector<Fault> kIbkr = {
    {"drop", true},
    {"close", true},
    {"close=1011", true},
    {"unauthenticated", true},
    {"unauthenticated_parts", true},
    {"nightly_reset=1", true, "", 1},
    {"maintenance=1", true, "drop", 1},
    {"rest_503=3"},
    {"rest_429=3"},
    {"bad_utf8"},
    {"truncated"},
    {"unknown_topic"},
    {"error_frame=what"},
    {"burst=50"},
    {"swap"},
    {"volume_suffix"},
    {"ntf=hello"},
    {"blt=hello"},
    {"order"},
    {"dead", true, "", 1},
    {"freeze"},
    {"packet-loss"},
};

}  // namespace

const std::vector<Fault>& faults_of(const std::string& broker) {
  return broker == "binance" ? kBinance : broker == "zerodha" ? kZerodha : broker == "xts" ? kXts : kIbkr;
}

}  // namespace tidegate::chaos
