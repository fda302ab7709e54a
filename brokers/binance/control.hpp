// The control dialogue on a stream connection: requests out, answers in. Source: docs/protocols/binance.md section 5 and 3.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::binance {

/// {"method":M,"params":[...],"id":ID}. Ids are small positive integers: the only form that both markets take.
[[nodiscard]] std::string subscribe_request(std::uint64_t id, bool subscribe, const std::vector<std::string>& streams);
[[nodiscard]] std::string list_request(std::uint64_t id);
/// Bytes of a request besides its names with their quotes and commas, id included, plus the header and mask of its WebSocket frame.
inline constexpr std::size_t kRequestOverhead = 72;

/// True for the combined envelope, which every data message has. Everything else is worth a look by parse_control(), and so is a message
/// short enough to announce a shutdown.
[[nodiscard]] inline bool is_data(std::string_view message) {
  constexpr std::size_t kShutdownBytesMax = 160;
  if (!message.starts_with("{\"stream\":") && !message.starts_with("{\"data\":")) return false;
  return message.size() > kShutdownBytesMax || message.find("serverShutdown") == std::string_view::npos;
}

struct ControlMessage {
  enum class Kind : std::uint8_t { Accepted, Listed, Refused, Shutdown };
  Kind kind{};
  std::optional<std::uint64_t> id;   // may be missing in a refusal
  std::vector<std::string> streams;  // Listed
  std::string words;                 // Refused: the venue's own, such as "2: Invalid request: invalid stream"
};

/// What a text message says, when it is a control message at all. Hostile input.
[[nodiscard]] std::optional<ControlMessage> parse_control(std::string_view message);

}  // namespace tidegate::binance
