#include "distributor/dialects/dialect.hpp"

#include <string>

#include "distributor/dialects/dialect_requests.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::distributor {
namespace {

void set_format(Subscriber& subscriber, Format format) {
  subscriber.format = format == Format::Envelope && subscriber.dialect.payload_as_text ? Format::EnvelopeText : format;
  subscriber.dialect.chosen = true;
}

}  // namespace

Complaint choose_dialect(Subscriber& subscriber, const net::HttpRequest& request) {
  const std::string payload = request.query("payload");
  if (!payload.empty() && payload != "object" && payload != "string") {
    return {code::kMalformed, "payload is neither object nor string", "leave ?payload= out for object"};
  }
  subscriber.dialect.payload_as_text = payload == "string";
  const std::string symbols = request.query("symbols");
  if (!symbols.empty() && symbols != "full" && symbols != "requested") {
    return {code::kMalformed, "symbols is neither full nor requested", "leave ?symbols= out for full"};
  }
  subscriber.dialect.requested_symbols = symbols == "requested";
  const std::string dialect = request.query("dialect");
  if (dialect == "native") {
    set_format(subscriber, Format::Native);
  } else if (dialect == "trading" || (dialect.empty() && request.path() != "/ws")) {
    set_format(subscriber, Format::Trading);
  } else if (dialect == "platform") {
    set_format(subscriber, Format::Envelope);
  } else if (!dialect.empty()) {
    return {code::kMalformed, "unknown dialect", "one of: native, trading, platform"};
  }
  return {};
}

ParsedRequest read_message(Subscriber& subscriber, std::string_view payload) {
  if (!subscriber.dialect.chosen) {
    if (const auto format = dialect_of(payload)) set_format(subscriber, *format);
  }
  switch (subscriber.format) {
    case Format::Native:
      break;
    case Format::Trading:
      return parse_trading(payload, *subscriber.identity);
    case Format::Envelope:
    case Format::EnvelopeText:
      return parse_platform(payload);
  }
  return parse_request(payload);
}

}  // namespace tidegate::distributor
