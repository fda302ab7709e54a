#include "distributor/dialects/request_reader.hpp"

#include <utility>

#include "distributor/dialects/dialect_requests.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::distributor {

bool is_foreign_object(std::string_view payload) {
  const std::size_t begin = payload.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || payload[begin] != '{' || !is_json(payload, kNestingMax)) return false;
  return raw_value(payload, "op").empty();
}

Complaint read_texts(std::string_view object, std::string_view name, std::vector<std::string>& out) {
  const std::string_view list = raw_value(object, name);
  if (list.empty()) return {};
  const std::string shown{name};
  if (list.front() != '[') return {code::kMalformed, shown + " is not a list", "send a list of texts"};
  RawJson elements(list);
  RawMember element;
  while (elements.next(element)) {
    auto text = text_of_raw(element.value);
    if (!text) return {code::kMalformed, shown + " holds something that is not text", "send a list of texts"};
    out.push_back(std::move(*text));
  }
  return {};
}

std::string read_id(std::string_view object) {
  const std::string_view id = raw_value(object, "id");
  const bool plain = !id.empty() && id.front() != '{' && id.front() != '[';
  return plain && id.size() <= kIdBytesMax ? std::string(id) : std::string{};
}

Complaint check_size(const Request& request) {
  const std::size_t wants = request.channels.size() * request.symbols.size() + request.topics.size();
  if (wants <= kPairsPerRequestMax) return {};
  return {code::kTooManySubscriptions, std::to_string(wants) + " subscriptions in one request",
          "at most " + std::to_string(kPairsPerRequestMax) + ": split the request"};
}

std::optional<Format> dialect_of(std::string_view payload) {
  if (!is_json(payload, kNestingMax)) return std::nullopt;
  if (!raw_value(payload, "op").empty()) return Format::Native;
  const auto type = text_of_raw(raw_value(payload, "type"));
  if (!type) return std::nullopt;
  if (*type == "SUBSCRIPTION" || *type == "AUTHENTICATION" || *type == "HEARTBEAT") return Format::Envelope;
  if (*type == "ping" || type->starts_with("subscribe") || type->starts_with("unsubscribe")) return Format::Trading;
  return std::nullopt;
}

}  // namespace tidegate::distributor
