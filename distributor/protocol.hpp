// The client protocol's vocabulary: codes, and requests as they come off the socket. docs/client-protocol.md is the page for users.
#pragma once

#include <cstddef>
#include <cstdint>
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
[[nodiscard]] constexpr std::uint64_t milliseconds_up(Duration duration) { return static_cast<std::uint64_t>((duration.count() + 999'999) / 1'000'000); }

inline constexpr std::size_t kIdBytesMax = 128;             // of a request's id, as JSON text
inline constexpr std::size_t kNameBytesMax = 96;            // of a symbol or channel, where an answer repeats it
inline constexpr std::size_t kNestingMax = 16;              // objects and arrays in a request
inline constexpr std::size_t kPairsPerRequestMax = 20'000;  // symbols times channels, and topics
inline constexpr std::uint16_t kDepthRequestMax = 10'000;

enum class Op : std::uint8_t { Subscribe, Unsubscribe, UnsubscribeAll, List, Ping, Auth, Publish };

/// How a subscriber wants a stream.
struct SubscribeOptions {
  bool snapshot = true;
  std::uint16_t depth = kDefaultDepth;  // kFullDepth: all levels
  bool allow_delayed = false;           // data that the broker delays deliberately is welcome
};

struct Request {
  Op op{};
  std::string id;  // the JSON text of `id` as sent; empty: none
  std::vector<std::string> channels;
  std::vector<std::string> symbols;
  std::vector<std::string> topics;
  SubscribeOptions options;
  PublishRequest publish;
  std::string token;                   // Auth; never shown
  std::string echo;                    // Ping: members that come back with the pong, ",\"key\":value" each
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

/// Names of the channels that can be subscribed, with ", " between them.
[[nodiscard]] std::string channel_list();

}  // namespace tidegate::distributor
