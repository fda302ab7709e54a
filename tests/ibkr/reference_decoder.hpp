// A second decoder of IBKR's messages, written plainly from the protocol page: DOM, maps and strings. Slow, and shares nothing with the first but the
// gateway's decimals.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tidegate::test::ibkr {

/// What a message came to: lines as the describing sink writes them, and how it was counted.
struct ReferenceOutcome {
  std::vector<std::string> lines;
  bool bad = false;  // at least one fault
  bool not_json = false;
  bool control = false;
  bool ignored = false;
};

class ReferenceDecoder {
 public:
  ReferenceOutcome decode(const std::string& message);

 private:
  struct State {
    std::map<std::string, std::string> values;  // by field number; canonical text
    std::string mark;                           // letter before the last price
    bool close_marked = false;
    char access = '?';    // first letter of 6509; '!': no such contract
    std::string trading;  // "": not known
    std::string updated;
    std::string snapshot_updated;
    bool fresh = true;  // no ticker was told yet
  };
  struct Reading;
  void market_data(const std::string& stream, const Reading& reading, ReferenceOutcome& outcome);
  void ladder(const std::string& target, const Reading& reading, ReferenceOutcome& outcome);

  std::map<std::string, State> streams_;
  std::map<std::string, std::map<int, std::array<std::string, 3>>> ladders_;
};

}  // namespace tidegate::test::ibkr
