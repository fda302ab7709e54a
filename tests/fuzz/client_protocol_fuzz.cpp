// Any bytes that a client sends give a request or a complaint that says why, and an id that is safe to repeat.
#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "distributor/control_messages.hpp"
#include "distributor/protocol.hpp"
#include "gateway/core/time.hpp"

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

bool is_json(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  return !document.HasParseError() && document.IsObject();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  using namespace tidegate::distributor;
  const ParsedRequest parsed = parse_request({reinterpret_cast<const char*>(data), size});
  const Request& request = parsed.request;
  require(request.id.size() <= kIdBytesMax);
  require(request.channels.size() * request.symbols.size() <= kPairsPerRequestMax || parsed.complaint.code != 0);
  require(request.options.depth != 0);
  require(request.options.conflate_ms <= kConflateMsMax || request.options.conflate_ms == kConflateLatest);
  if (request.options.conflate_ms != 0) require(parse_conflate(conflate_text(request.options.conflate_ms)) == request.options.conflate_ms);
  require(request.options.epoch.size() <= kEpochBytesMax);
  if (!request.symbols.empty()) static_cast<void>(request.options.since_of(request.symbols.front(), "VENUE:NAME"));
  require(is_json(pong_message(request.id, UtcTime{0})));
  if (parsed.complaint.code != 0) {
    require(!parsed.complaint.message.empty());
    require(is_json(error_message(parsed.complaint, request.id, UtcTime{0})));
  }
  return 0;
}
