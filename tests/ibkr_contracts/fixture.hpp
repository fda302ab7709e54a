// Contracts in front of a scripted broker.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brokers/ibkr/contracts.hpp"
#include "tests/session/test_host.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate::test {

inline constexpr std::string_view kStocks = "/trsrv/stocks?symbols=";
inline constexpr std::string_view kSearch = "/iserver/secdef/search?symbol=";
inline constexpr std::string_view kInfo = "/iserver/secdef/info?conid=";

inline std::string path(std::string_view begin, std::string_view rest) { return std::string{begin} + std::string{rest}; }

/// {"SYMBOL":[{...one company with these contracts}]}, contracts as "conid,EXCHANGE,true".
inline std::string share(std::string_view conid, std::string_view exchange, bool is_us) {
  return R"({"conid":)" + std::string{conid} + R"(,"exchange":")" + std::string{exchange} + R"(","isUS":)" + (is_us ? "true" : "false") + "}";
}
inline std::string company(const std::string& contracts) {
  return R"([{"name":"A COMPANY","chineseName":null,"assetClass":"STK","contracts":[)" + contracts + "]}]";
}
inline std::string shares_of(std::string_view symbol, const std::string& contracts) {
  return R"({")" + std::string{symbol} + R"(":)" + company(contracts) + "}";
}
inline std::string future_row(std::string_view conid, std::string_view root, std::string_view exchange, std::string_view expiry) {
  return R"({"conid":)" + std::string{conid} + R"(,"symbol":")" + std::string{root} + R"(","secType":"FUT","exchange":")" + std::string{exchange} +
         R"(","listingExchange":null,"right":"?","strike":0.0,"currency":"USD","maturityDate":")" + std::string{expiry} + R"(","multiplier":"50"})";
}
/// The rows of a search for ES: a share of that name, and the index with its futures.
inline constexpr std::string_view kEsSearch =
    R"([{"conid":"1234","companyHeader":"EVERSOURCE - NYSE","companyName":"EVERSOURCE","symbol":"ES","description":"NYSE","restricted":null,)"
    R"("sections":[{"secType":"STK"},{"secType":"OPT","months":"DEC26","exchange":"SMART"}]},)"
    R"({"conid":"11004968","companyHeader":"E-mini S&P 500 - CME","symbol":"ES","description":"CME","restricted":"IND",)"
    R"("sections":[{"secType":"IND","exchange":"CME;"},{"secType":"FUT","months":"NOV26;DEC26;MAR27","exchange":"CME;QBALGO"},{"secType":"BAG"}]}])";

class ContractsFixture {
 public:
  explicit ContractsFixture(std::string cache_folder = {}) {
    host.shifted_clock.set(UtcTime{1'795'000'000'000'000'000});  // 2026-11-18
    settings.cache_folder = std::move(cache_folder);
    settings.retry_first = std::chrono::milliseconds{1};
    settings.retry_longest = std::chrono::milliseconds{4};
    settings.write_after = Duration::zero();
    config.name = "ibkr";
    begin();
  }
  /// As after a restart: what is known comes from the disk.
  void begin() {
    contracts.emplace(
        host, config, settings, [this](std::string path, ibkr::Contracts::Answered answered) { on_ask(std::move(path), std::move(answered)); },
        ibkr::Contracts::Events{.found =
                                    [this](std::vector<SymbolAnswer> found) {
                                      for (SymbolAnswer& answer : found) answers.push_back(std::move(answer));
                                    },
                                .changed = [this] { ++changed; },
                                .prepared = [this] { ++prepared; }});
  }

  /// Looks one text up, to the end.
  SymbolAnswer look_up(const std::string& text) {
    const std::size_t before = answers.size();
    contracts->look_up({text});
    until([&] { return answers.size() > before; });
    CHECK(answers.size() == before + 1);
    CHECK(answers.back().text == text);
    return answers.back();
  }
  /// The symbols that a text was answered with.
  std::vector<std::string> symbols(const std::string& text) { return symbols(look_up(text)); }
  static std::vector<std::string> symbols(const SymbolAnswer& answer) {
    std::vector<std::string> out;
    for (const Instrument& instrument : answer.instruments) out.push_back(instrument.symbol());
    return out;
  }
  void until(const std::function<bool()>& condition) { REQUIRE(run_until(loop, condition)); }
  [[nodiscard]] std::size_t asked(std::string_view wanted) const { return static_cast<std::size_t>(std::ranges::count(paths, wanted)); }

  net::EventLoop loop;
  TestHost host{loop};
  BrokerConfig config;
  ibkr::Contracts::Settings settings;
  std::optional<ibkr::Contracts> contracts;
  std::map<std::string, std::pair<int, std::string>, std::less<>> script;     // what each path is answered
  std::vector<std::pair<std::string, ibkr::Contracts::Answered>> unanswered;  // paths that the script does not have
  std::vector<std::string> paths;                                             // all, in order
  std::vector<SymbolAnswer> answers;
  int changed = 0, prepared = 0;

 private:
  void on_ask(std::string path, ibkr::Contracts::Answered answered) {
    paths.push_back(path);
    const auto scripted = script.find(path);
    if (scripted == script.end()) {
      unanswered.emplace_back(std::move(path), std::move(answered));
      return;
    }
    loop.post([answered = std::move(answered), answer = scripted->second] { answered(answer.first, answer.second); });
  }
};

using Texts = std::vector<std::string>;

}  // namespace tidegate::test
