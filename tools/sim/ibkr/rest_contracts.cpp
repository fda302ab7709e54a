// Looking up contracts over REST. Options have strikes, and no contracts.
#include <algorithm>

#include "tools/sim/ibkr/commands.hpp"
#include "tools/sim/ibkr/json_object.hpp"
#include "tools/sim/ibkr/rest.hpp"

namespace tidegate::sim::ibkr {
namespace {

using enum SecurityType;

constexpr int kStrikesEachSide = 5;

std::string months_of(const std::vector<const Contract*>& futures) {
  std::string out;
  for (const Contract* future : futures) out += (out.empty() ? "" : ";") + month_name(future->expiry);
  return out;
}

/// One listing of a search: its sections say what else there is of it.
std::string found_row(const Contract& contract, const std::vector<const Contract*>& futures) {
  std::vector<std::string> sections = {JsonObject{}.text("secType", security_type_name(contract.type)).str()};
  if (contract.type == Stock && contract.is_us) {
    sections.push_back(JsonObject{}.text("secType", "OPT").text("months", "DEC30").text("exchange", "SMART;CBOE").str());
  }
  if (contract.type == Index && !futures.empty()) {
    sections.push_back(JsonObject{}.text("secType", "FUT").text("months", months_of(futures)).text("exchange", contract.exchange).str());
  }
  return JsonObject{}
      .text("conid", std::to_string(contract.conid))
      .text("companyHeader", contract.name + " - " + contract.exchange)
      .text("companyName", contract.name)
      .text("symbol", contract.symbol)
      .text("description", contract.exchange)
      .add("restricted", "null")
      .add("sections", json_list(sections))
      .str();
}

std::string stock_rows(const ContractList& contracts, const std::string& symbol) {
  const std::vector<const Contract*> listed = contracts.of(symbol, Stock);
  std::vector<std::string> companies, done;
  for (const Contract* first : listed) {
    if (std::find(done.begin(), done.end(), first->name) != done.end()) continue;
    done.push_back(first->name);
    std::vector<std::string> rows;
    for (const Contract* each : listed) {
      if (each->name != first->name) continue;
      rows.push_back(JsonObject{}.number("conid", each->conid).text("exchange", each->exchange).flag("isUS", each->is_us).str());
    }
    companies.push_back(
        JsonObject{}.text("name", first->name).add("chineseName", "null").text("assetClass", "STK").add("contracts", json_list(rows)).str());
  }
  return json_list(companies);
}

std::string future_row(const Contract& future) {
  return JsonObject{}
      .text("symbol", future.symbol)
      .number("conid", future.conid)
      .number("underlyingConid", future.underlying)
      .number("expirationDate", future.expiry)
      .number("ltd", future.expiry)
      .number("shortFuturesCutOff", future.expiry)
      .number("longFuturesCutOff", future.expiry)
      .str();
}

std::string info_row(const Contract& contract) {
  JsonObject row;
  row.number("conid", contract.conid).text("symbol", contract.symbol).text("secType", security_type_name(contract.type));
  row.text("exchange", contract.type == Stock ? "SMART" : contract.exchange).text("listingExchange", contract.exchange);
  row.add("right", "null").add("strike", "0.0").text("currency", contract.currency).text("desc1", contract.symbol);
  if (contract.type == Future)
    row.text("desc2", month_name(contract.expiry)).text("maturityDate", std::to_string(contract.expiry)).text("multiplier", "50");
  row.text("tradingClass", contract.symbol).text("validExchanges", "SMART," + contract.exchange);
  return row.str();
}

std::int64_t number_of(std::string_view text) {
  std::int64_t conid = 0;
  std::string exchange;
  return read_target(text, conid, exchange) ? conid : 0;
}

}  // namespace

net::HttpResponse Rest::search(const net::HttpRequest& request) {
  const bool posted = request.method == "POST";
  const std::string symbol = posted ? read_member(request.body, "symbol") : request.query("symbol");
  if (symbol.empty()) return json_error(400, "Bad Request: no symbol");
  const std::string type = posted ? read_member(request.body, "secType") : request.query("secType");
  const std::vector<const Contract*> futures = contracts_.of(symbol, Future);
  std::vector<std::string> rows;
  for (const SecurityType each : {Stock, Index, Cash}) {
    if (!type.empty() && type != security_type_name(each)) continue;
    for (const Contract* contract : contracts_.of(symbol, each)) rows.push_back(found_row(*contract, futures));
  }
  return json_answer(json_list(rows));
}

net::HttpResponse Rest::stocks(const net::HttpRequest& request) {
  JsonObject out;
  for (const std::string& symbol : split_list(request.query("symbols"))) out.add(symbol, stock_rows(contracts_, symbol));
  return json_answer(out.str());
}

net::HttpResponse Rest::futures(const net::HttpRequest& request) {
  JsonObject out;
  for (const std::string& symbol : split_list(request.query("symbols"))) {
    std::vector<std::string> rows;
    for (const Contract* future : contracts_.of(symbol, Future)) rows.push_back(future_row(*future));
    if (!rows.empty()) out.add(symbol, json_list(rows));
  }
  return json_answer(out.str());
}

net::HttpResponse Rest::contract_info(const net::HttpRequest& request) {
  const Contract* contract = contracts_.find(number_of(request.query("conid")));
  if (contract == nullptr) return json_error(500, "no contract");
  const std::string type = request.query("sectype"), month = request.query("month");
  std::vector<std::string> rows;
  if (type == "FUT") {
    for (const Contract* future : contracts_.of(contract->symbol, Future)) {
      if (month.empty() || month_name(future->expiry) == month) rows.push_back(info_row(*future));
    }
  } else if (type.empty() || type == security_type_name(contract->type)) {
    rows.push_back(info_row(*contract));
  }
  return json_answer(json_list(rows));
}

net::HttpResponse Rest::strikes(const net::HttpRequest& request) {
  const Contract* contract = contracts_.find(number_of(request.query("conid")));
  std::vector<std::string> prices;
  if (contract != nullptr && request.query("month") == "DEC30") {
    const std::int64_t step = std::max<std::int64_t>(contract->price / 2'000 * 100, 100), middle = contract->price / step * step;
    for (int i = -kStrikesEachSide; i <= kStrikesEachSide; ++i) prices.push_back(price_text(middle + i * step, contract->decimals));
  }
  return json_answer(JsonObject{}.add("call", json_list(prices)).add("put", json_list(prices)).str());
}

}  // namespace tidegate::sim::ibkr
