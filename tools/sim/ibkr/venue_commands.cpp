// Commands of the venue: what each code does, and the topics of the account.
#include <algorithm>

#include "tools/sim/ibkr/account_topics.hpp"
#include "tools/sim/ibkr/json_object.hpp"
#include "tools/sim/ibkr/venue.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::int64_t kProfitNs = kSecondNs, kSummaryNs = 10 * kSecondNs;
// As sent at intervals: a time of zero means that nobody asked.
constexpr std::int64_t kAtOnce = 1;

bool due(std::int64_t& next_ns, std::int64_t now_ns, std::int64_t apart_ns) {
  if (next_ns == 0 || now_ns < next_ns) return false;
  next_ns = now_ns + apart_ns;
  return true;
}

}  // namespace

void Venue::run_command(Client& client, const Command& command) {
  if (command.code == "tic" && command.target.empty()) {
    ++counters_.tics;
    const std::string answer =
        JsonObject{}.text("topic", "tic").flag("alive", true).text("id", login_.session()).number("lastAccessed", utc_ms()).str();
    for (int i = 0; i < options_.tic_answers; ++i) send(client, answer);
  } else if (command.code == "ech" && command.target == "hb") {
    ++counters_.other_commands;
    send_bytes(client, "ech+hb", false);
  } else if (command.code == "smd") {
    subscribe(client, command);
  } else if (command.code == "umd") {
    ++counters_.umd_commands;
    unsubscribe(client, command.target);
  } else if (command.code == "sbd") {
    subscribe_depth(client, command);
  } else if (command.code == "ubd") {
    ++counters_.other_commands;
    client.ladders.clear();  // of the account; there is one
  } else if (run_account_command(client, command)) {
    ++counters_.other_commands;
  } else {
    ++counters_.unknown_commands;
    send(client, JsonObject{}.text("topic", "error").text("error", "Topic unknown '" + command.code + "'").str());
  }
}

bool Venue::run_account_command(Client& client, const Command& command) {
  AccountTopics& account = client.account;
  if (command.code == "sor" || command.code == "uor") {
    account.orders = command.code == "sor";
  } else if (command.code == "str") {
    account.trades = true;
    send(client, R"({"topic":"str","args":[]})");
  } else if (command.code == "utr") {
    account.trades = false;
  } else if (command.code == "spl" || command.code == "upl") {
    account.profit_due_ns = command.code == "spl" ? kAtOnce : 0;
  } else if (command.code == "ssd") {
    account.summary_target = command.target;
    account.summary_sent = false;
    account.summary_due_ns = kAtOnce;
  } else if (command.code == "usd") {
    account.summary_due_ns = 0;
    send(client, R"({"result":"unsubscribed from summary"})");
  } else if (command.code == "sld") {
    account.ledger_target = command.target;
    account.ledger_keys = read_texts(command.body, "keys");
    account.ledger_sent = false;
    account.ledger_due_ns = kAtOnce;
  } else if (command.code == "uld") {
    account.ledger_due_ns = 0;
    send(client, R"({"result":"unsubscribed from ledger"})");
  } else if (command.code == "umh") {
    send(client, JsonObject{}.text("message", "Unsubscribed " + command.target).str());
  } else {
    return false;
  }
  return true;
}

void Venue::send_account_topics(Client& client) {
  if (!gives_data(client) || !login_.primed()) return;
  AccountTopics& account = client.account;
  const std::string& name = login_.options().account;
  const std::int64_t time_s = utc_ms() / 1000;
  if (due(account.profit_due_ns, now_.mono_ns, kProfitNs)) send(client, profit_json(name, client.random));
  if (due(account.summary_due_ns, now_.mono_ns, kSummaryNs)) {
    send(client, summary_json(account.summary_target, !account.summary_sent, time_s));
    account.summary_sent = true;
  }
  if (due(account.ledger_due_ns, now_.mono_ns, kSummaryNs)) {
    send(client, ledger_json(account.ledger_target, name, account.ledger_keys, !account.ledger_sent, time_s));
    account.ledger_sent = true;
  }
}

}  // namespace tidegate::sim::ibkr
