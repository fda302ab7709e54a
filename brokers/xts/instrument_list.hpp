// Keeps the instrument master current: from the day's cache file or REST at the start, then when a trading day begins, and when a wish names an
// instrument that a list from the disk lacks.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/xts/options.hpp"

namespace tidegate::xts {

/// The loop's thread.
class InstrumentList {
 public:
  using OnList = std::function<void(std::vector<Instrument>&&)>;
  /// An attempt failed and will be repeated. `refused`: the broker answered, and said no.
  using OnFailure = std::function<void(bool refused, std::string_view words)>;
  /// The session's token now, for the authorization header; empty: none (several installs answer without one).
  using Token = std::function<std::string()>;

  InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, Token token, OnList on_list, OnFailure on_failure);
  ~InstrumentList();
  InstrumentList(const InstrumentList&) = delete;
  InstrumentList& operator=(const InstrumentList&) = delete;

  void start();
  void stop();
  /// A wish names an instrument that is not in the list.
  void missed();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::xts
