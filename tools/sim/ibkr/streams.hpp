// One socket and what it has subscribed. The state of a stream is what its frames so far say, merged.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/sim/common/faulty_socket.hpp"
#include "tools/sim/common/random.hpp"
#include "tools/sim/ibkr/contracts.hpp"
#include "tools/sim/ibkr/fields.hpp"

namespace tidegate::sim::ibkr {

/// Values by field, as JSON: "31" -> "\"271.70\"".
using FieldValues = std::map<std::string, std::string>;

struct Stream {
  std::string target;  // 265598@ARCA
  std::int64_t conid = 0;
  std::string exchange;                // empty: smart-routed
  const Contract* contract = nullptr;  // null: nobody knows it
  std::vector<std::string> fields;     // asked for, in order
  FieldValues sent;
  std::string slot;  // q7
  std::int64_t expires_ns = 0;
  std::int64_t snapshot_ns = 0;  // when the full set is due
  bool snapshot_wanted = false;
  bool bare_first = false;  // the first frame says only how available data is
  bool silent = false;      // above the lines that the user has
  std::uint64_t frames = 0;
};

/// Market depth: rows as they were last sent.
struct Ladder {
  std::string target;  // ACCOUNT+CONID or ACCOUNT+CONID+EXCHANGE
  const Contract* contract = nullptr;
  std::string exchange;
  std::vector<std::string> rows;
};

/// The subscriptions of account data; a time of zero: none.
struct AccountTopics {
  bool orders = false, trades = false;
  std::int64_t profit_due_ns = 0, summary_due_ns = 0, ledger_due_ns = 0;
  std::string summary_target, ledger_target;
  std::vector<std::string> ledger_keys;
  bool summary_sent = false, ledger_sent = false;
};

struct Client : FaultySocket {
  enum class Phase : std::uint8_t {
    Waiting,     // for {"session":"..."}
    Authorised,  // the greeting is due at greet_ns
    Greeted,
    Rejected,  // closes with 1000 at greet_ns
  };

  std::uint64_t id = 0;
  std::string target, authorised_by;  // path and query of the upgrade; "cookie", "json cookie", "message"
  Phase phase = Phase::Waiting;
  bool text_next = false;  // of mixed frames
  Random random{0};        // order of keys, extras
  std::int64_t greet_ns = 0, next_heartbeat_ns = 0;
  std::vector<Stream> streams;  // in order of subscription
  std::vector<Ladder> ladders;
  AccountTopics account;
  std::uint64_t slots = 0;  // handed out

  [[nodiscard]] Stream* find(const std::string& wanted) {
    for (Stream& stream : streams) {
      if (stream.target == wanted) return &stream;
    }
    return nullptr;
  }
};

/// The frame of a stream: its key in several forms, the time, and the fields given. Keys in random order where `random` is not null.
[[nodiscard]] std::string stream_frame(const Stream& stream, const FieldValues& fields, std::int64_t utc_ms, Random* random);
/// Fields asked for that the quote has, and what comes without being asked for.
[[nodiscard]] FieldValues all_fields(const Stream& stream, const Quote& quote);
/// Those of them that differ from what was sent.
[[nodiscard]] FieldValues changed_fields(const Stream& stream, const FieldValues& now);
/// Of a conid that nobody knows.
[[nodiscard]] FieldValues unknown_contract_fields();

/// The rows of a depth ladder, highest price first, as JSON objects.
[[nodiscard]] std::vector<std::string> ladder_rows(const Quote& quote);

}  // namespace tidegate::sim::ibkr
