// XTS's instrument master and index lists, kept current each trading day. docs/protocols/xts.md#instruments
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/daily_list.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/segments.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::xts {

/// The loop's thread. A list comes in parts, asked for one after the other: the master of each configured segment, and the indices of the cash ones.
/// Parts that have come make a list; those that have not are asked for again.
class InstrumentList : private common::ListSource {
 public:
  using OnList = common::DailyList::OnList;
  /// An attempt failed, in whole or in part, and will be repeated. `refused`: the broker answered, and said no.
  using OnFailure = common::DailyList::OnFailure;
  /// The session's token now, for the authorization header; empty: none (several installs answer without one).
  using Token = std::function<std::string()>;

  InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, Token token, OnList on_list, OnFailure on_failure);

  void start() { list_.start(); }
  void stop() { list_.stop(); }
  /// Gives the list of the day again.
  void read_again() { list_.read_again(); }
  /// A wish names an instrument that is not in the list.
  void missed() { list_.missed(); }

 private:
  struct Part {
    const Segment* segment = nullptr;
    bool indices = false;  // of a cash segment; otherwise its master
    std::string rows;
    bool came = false;  // this day
  };

  void fetch(common::TradingDay day, std::function<void(common::ListAttempt&&)> done) override;
  void cancel_fetch() noexcept override;
  Result<common::ParsedInstruments> parse(std::string_view text) override;

  /// Asks for the next part that has not come, or ends the attempt.
  void ask_next();
  void on_answer(Part& part, net::HttpAnswer&& answer, const std::string& token);
  void take_rows(Part& part, std::string&& body, const std::string& token);
  void note_failure(const Part& part, common::ListAttempt&& failure);
  void end_attempt();
  [[nodiscard]] std::string whole_text() const;

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  Token token_;
  std::string header_;                     // first line of the cache's form
  std::vector<Part> parts_;                // those of indices first: a name that both have is the index's
  std::optional<common::TradingDay> day_;  // of the parts that have come
  std::size_t first_ = 0;                  // the part that an attempt begins with
  std::size_t asked_ = 0;                  // parts seen to in this attempt
  bool gained_ = false;                    // one came in this attempt
  common::ListAttempt attempt_;
  std::function<void(common::ListAttempt&&)> done_;
  std::optional<net::HttpClient::Token> under_way_;
  common::DailyList list_;  // last: ends first, and what it has under way with it
};

}  // namespace tidegate::xts
