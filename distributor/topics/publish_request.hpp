// What a program asks to be published, as it comes off the socket or in the body of POST /v1/publish. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/complaint.hpp"

namespace tidegate::distributor {

inline constexpr std::size_t kPublishKeyBytesMax = 128;
inline constexpr std::size_t kPublishesPerRequestMax = 1000;

struct PublishRequest {
  std::string topic;  // any text: not checked yet
  std::string data;   // one JSON value, numbers and texts as they were spelled, without white space between them
  bool retain = false;
  std::string key;  // by which a repeated request is recognised; empty: none
};

/// Reads `topic`, `data`, `retain` and `key` of an object that is known to be valid JSON. `code` 0: all is there.
[[nodiscard]] Complaint read_publish(std::string_view object, PublishRequest& out);

/// One of the requests in a body, or what is wrong with it.
struct PublishItem {
  PublishRequest request;
  Complaint complaint;
};
struct ParsedPublishes {
  std::vector<PublishItem> items;
  bool list = false;    // the body was a list of requests
  Complaint complaint;  // about the body as a whole; then there are no items
};
/// Reads an object or a list of them. Hostile input: any bytes give requests or a complaint.
[[nodiscard]] ParsedPublishes parse_publishes(std::string_view body);

}  // namespace tidegate::distributor
