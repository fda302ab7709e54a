// Asks the broker what wishes for contracts need, a few requests at a time, and again where no answer came that can be read.
// docs/protocols/ibkr.md#contract-requests
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/ibkr/contract_wish.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::ibkr {

/// The loop's thread. Asks nothing before the first go(). Asks from a timer of its own; tells where an answer arrives.
class ContractAsker {
 public:
  /// `status` 0: no answer came in time.
  using Answered = std::function<void(int status, std::string_view body)>;
  /// One GET: "/trsrv/stocks?symbols=AAPL,IBM". `answered` runs once, later or at once; where it never does, hold() must follow.
  using Ask = std::function<void(std::string path_and_query, Answered answered)>;

  struct Events {
    std::function<void(const std::string& text, const ContractWish& wish)> done;
    std::function<void(const std::string& text)> given_up;  // its answers cannot be read
    std::function<void(const std::string& root)> told;      // the broker was asked about a derivative's root
  };

  ContractAsker(SessionHost& host, Duration retry_first, Duration retry_longest, Ask ask, Events events);

  /// Texts on their way, at most.
  static constexpr std::size_t kWaitingMax = 5'000;
  /// False: too many are on their way. One that is on its way already stays as it is.
  bool add(const std::string& text, ContractQuery query);
  [[nodiscard]] bool holds(const std::string& text) const { return waiting_.contains(text); }
  /// Asks about a derivative's root, unless that was done since go().
  void tell_root(const std::string& root);
  [[nodiscard]] bool told(const std::string& root) const { return told_roots_.contains(root); }

  /// The broker can be asked, and has not been told of any root.
  void go();
  /// What is on its way waits for the next go(). Comes by itself where the broker says that nobody is logged in.
  void hold();
  [[nodiscard]] bool going() const { return going_; }

 private:
  struct Waiting {
    ContractWish wish;
    std::uint32_t faults = 0;  // answers that could not be read
  };
  /// One step of its texts' wishes, or the search that a root needs.
  struct Request {
    std::vector<std::string> texts;
    std::string root;
    ContractWish::Step step;
  };

  void kick();
  void on_time();
  void schedule();
  [[nodiscard]] std::optional<Request> next_request();
  void add_texts(Request& request);
  [[nodiscard]] std::string path_of(const Request& request) const;
  void send(Request request);
  void on_answer(const Request& request, int status, std::string_view body);
  void on_good(const Request& request, std::string_view body);
  void on_refused(const Request& request);
  void on_fault(const Request& request);
  void try_later(const Request& request);
  void take_shares(const Request& request, std::string_view body);
  template <class Rows>
  void take_rows(const Request& request, const Result<Rows>& rows);
  void proceed(const std::string& text);
  void root_told(const std::string& root);

  SessionHost& host_;
  Duration retry_first_, retry_longest_;
  Ask ask_;
  Events events_;
  net::Timer timer_;
  common::Backoff backoff_;
  std::shared_ptr<std::uint64_t> epoch_ = std::make_shared<std::uint64_t>(0);  // answers to requests of an earlier one, or after the end, say nothing

  bool going_ = false;
  std::size_t under_way_ = 0;
  MonoTime paused_until_;
  std::map<std::string, Waiting> waiting_;
  std::deque<std::string> ready_;                 // of waiting_, to be asked next
  std::multimap<MonoTime, std::string> delayed_;  // of waiting_, to be asked then
  std::deque<std::string> roots_ready_;
  std::map<std::string, std::uint32_t> root_faults_;  // of those not told yet
  std::set<std::string> told_roots_;
};

}  // namespace tidegate::ibkr
