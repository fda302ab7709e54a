// What clients say on the socket: CODE+TARGET+{json}, of which the last two parts may be missing (docs/protocols/ibkr.md, commands).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::sim::ibkr {

struct Command {
  std::string code;    // smd; the first three characters of whatever came
  std::string target;  // 265598@ARCA; empty where there is none
  std::string body;    // {"fields":["31"]}; empty where there is none
};
[[nodiscard]] Command read_command(std::string_view text);

/// The texts of an array member of a JSON object; empty when it is not there, or not that.
[[nodiscard]] std::vector<std::string> read_texts(std::string_view json, const char* member);
/// A text or number member of a JSON object, as text; empty when it is not there.
[[nodiscard]] std::string read_member(std::string_view json, const char* member);
/// Whether a member of a JSON object is true.
[[nodiscard]] bool read_flag(std::string_view json, const char* member);
/// Members of a JSON object in order, values as JSON text; false: it is not one.
[[nodiscard]] bool read_members(std::string_view json, std::vector<std::pair<std::string, std::string>>& out);

/// CONID or CONID@EXCHANGE. False: neither.
[[nodiscard]] bool read_target(std::string_view target, std::int64_t& conid, std::string& exchange);

}  // namespace tidegate::sim::ibkr
