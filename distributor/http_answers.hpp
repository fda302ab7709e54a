// Answers to HTTP requests, in the form that all pages share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "distributor/protocol.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

[[nodiscard]] net::HttpResponse json_answer(int status, std::string body);
/// `{"status":403,"message":...,"hint":...}`, and `code` and `retry_after_ms` (with a Retry-After header) where the complaint has them.
[[nodiscard]] net::HttpResponse refusal(int status, const Complaint& complaint);
[[nodiscard]] net::HttpResponse refusal(int status, std::string_view message, std::string_view hint);

}  // namespace tidegate::distributor
