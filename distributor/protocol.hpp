// The client protocol's vocabulary: codes, and requests as they come off the socket. docs/client-protocol.md is the page for users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/complaint.hpp"
#include "distributor/topics/publish_request.hpp"
#include "gateway/core/codes.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// For `retry_after_ms`: never sooner than it says.
[[nodiscard]] constexpr std::uint64_t milliseconds_up(Duration duration) {
  return static_cast<std::uint64_t>((duration.count() + 999'999) / 1'000'000);
}

inline constexpr std::size_t kIdBytesMax = 128;             // of a request's id, as JSON text
inline constexpr std::size_t kNameBytesMax = 96;            // of a symbol or channel, where an answer repeats it
inline constexpr std::size_t kNestingMax = 16;              // objects and arrays in a request
inline constexpr std::size_t kPairsPerRequestMax = 20'000;  // symbols times channels, and topics
inline constexpr std::uint16_t kDepthRequestMax = 10'000;
inline constexpr std::uint32_t kConflateLatest = 0xFFFF'FFFFU;  // the newest, whenever the connection has nothing unsent
inline constexpr std::uint32_t kConflateMsMax = 3'600'000;
inline constexpr std::size_t kEpochBytesMax = 64;

enum class Op : std::uint8_t { Subscribe, Unsubscribe, UnsubscribeAll, List, Ping, Auth, Publish, Completeness };

/// Where a client was, by the symbols as it spells them.
using SinceBySymbol = std::map<std::string, std::uint64_t, std::less<>>;

/// How a subscriber wants a stream.
struct SubscribeOptions {
  bool snapshot = true;
  std::uint16_t depth = kDefaultDepth;                   // kFullDepth: all levels
  bool allow_delayed = false;                            // data that the broker delays deliberately is welcome
  std::uint32_t conflate_ms = 0;                         // 0: every message; kConflateLatest; else one message in so many milliseconds at most
  std::optional<std::uint64_t> since;                    // the last number the client has; what came after it is replayed
  std::shared_ptr<const SinceBySymbol> since_by_symbol;  // the same for each symbol; null: none
  std::string epoch;                                     // the run of the gateway that counted it

  /// Where the client was with a symbol, known under both names; nothing when it does not resume it.
  [[nodiscard]] std::optional<std::uint64_t> since_of(std::string_view requested, std::string_view symbol) const;
};

/// Which numbers of one stream a client asks about.
struct NumbersQuery {
  std::string symbol;
  std::string channel;
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;  // nothing: the newest
  std::string epoch;                  // that counted them; empty: the present one
};

struct Request {
  Op op{};
  std::string id;  // the JSON text of `id` as sent; empty: none
  std::vector<std::string> channels;
  std::vector<std::string> symbols;
  std::vector<std::string> topics;
  SubscribeOptions options;
  PublishRequest publish;
  NumbersQuery numbers;               // Completeness
  std::string token;                  // Auth; never shown
  std::string echo;                   // Ping: members that come back with the pong, ",\"key\":value" each
  std::vector<Complaint> also_wrong;  // parts that cannot be served, beside the rest, which can
};

struct ParsedRequest {
  Request request;  // `id` is set even where there is a complaint, if it could be read
  Complaint complaint;
};

/// Reads one text message. Hostile input: any bytes, any nesting, any length give a request or a complaint.
[[nodiscard]] ParsedRequest parse_request(std::string_view payload);

/// "20", or "full"; 0 when it is neither or out of range.
[[nodiscard]] std::uint16_t parse_depth(std::string_view text);

/// "none", "latest", or a whole number with its unit: "250ms", "1s", "5m". Nothing when it is none of these, or longer than an hour.
[[nodiscard]] std::optional<std::uint32_t> parse_conflate(std::string_view text);
[[nodiscard]] std::string conflate_text(std::uint32_t conflate_ms);

/// Names of the channels that can be subscribed, with ", " between them.
[[nodiscard]] std::string channel_list();

}  // namespace tidegate::distributor
