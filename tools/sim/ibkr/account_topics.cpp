#include "tools/sim/ibkr/account_topics.hpp"

#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::int64_t kOrderId = 100'000'001;

}  // namespace

std::string profit_json(const std::string& account, Random& random) {
  const std::string row = JsonObject{}
                              .number("rowType", 1)
                              .add("dpl", "-58.2" + std::to_string(random.below(9) + 1))
                              .add("nl", "1020000.0")
                              .add("upl", "4600.0")
                              .add("el", "1010000.0")
                              .add("uel", "1005353.88")
                              .add("mv", "37910.0")
                              .str();
  return JsonObject{}.text("topic", "spl").add("args", "{" + json_text(account + ".Core") + ":" + row + "}").str();
}

std::string summary_json(const std::string& target, bool whole, std::int64_t time_s) {
  std::vector<std::string> rows = {JsonObject{}
                                       .text("key", "NetLiquidation")
                                       .text("currency", "USD")
                                       .add("monetaryValue", "1020000.0")
                                       .number("severity", 0)
                                       .number("timestamp", time_s)
                                       .str()};
  if (whole) rows.push_back(JsonObject{}.text("key", "Cushion").text("value", "1").number("severity", 0).number("timestamp", time_s).str());
  return JsonObject{}.add("result", json_list(rows)).text("topic", "ssd+" + target).str();
}

std::string ledger_json(const std::string& target, const std::string& account, const std::vector<std::string>& keys, bool whole,
                        std::int64_t time_s) {
  std::vector<std::string> rows;
  for (const std::string& key : keys) {
    JsonObject row;
    if (whole) row.text("acctCode", account).add("cashbalance", "2.0201E8").add("exchangeRate", "1.0").number("severity", 0);
    rows.push_back(row.text("key", key).number("timestamp", time_s).str());
  }
  return JsonObject{}.add("result", json_list(rows)).text("topic", "sld+" + target).str();
}

std::vector<std::string> order_frames(const std::string& account) {
  const auto frame = [](const std::string& row) { return JsonObject{}.text("topic", "sor").add("args", "[" + row + "]").str(); };
  const auto status = [&](std::string_view name) {
    return frame(JsonObject{}.text("acct", account).number("orderId", kOrderId).text("status", name).str());
  };
  const std::string whole = JsonObject{}
                                .text("acct", account)
                                .text("conidex", "265598")
                                .number("conid", 265598)
                                .number("orderId", kOrderId)
                                .text("sizeAndFills", "0/1")
                                .text("orderDesc", "Buy 1 AAPL Limit 1.00, Day")
                                .text("ticker", "AAPL")
                                .add("remainingQuantity", "1.0")
                                .add("filledQuantity", "0.0")
                                .add("totalSize", "1.0")
                                .text("status", "Inactive")
                                .text("orderType", "Limit")
                                .text("price", "1.00")
                                .text("timeInForce", "CLOSE")
                                .text("side", "BUY")
                                .str();
  return {frame(whole), status("PendingSubmit"), status("PreSubmitted"), status("Submitted"), status("PendingCancel"), status("Cancelled")};
}

std::vector<std::string> execution_frames(const std::string& account, std::int64_t utc_ms) {
  std::vector<std::string> out;
  for (const bool commission : {false, true}) {
    JsonObject row;
    row.text("execution_id", "00000001.00000001.01.01").text("symbol", "AAPL").text("side", "B").add("size", "1.0").text("price", "271.70");
    row.text("exchange", "NASDAQ").text("account", account).number("conid", 265598).number("trade_time_r", utc_ms);
    if (commission) row.text("commission", "1.0");
    out.push_back(JsonObject{}.text("topic", "str").add("args", "[" + row.str() + "]").str());
  }
  return out;
}

}  // namespace tidegate::sim::ibkr
