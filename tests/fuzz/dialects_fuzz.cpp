// Any bytes that a client of any dialect sends, or a publisher posts, give requests or a complaint that says why; and whatever is published comes out
// as JSON in every dialect.
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "distributor/control_messages.hpp"
#include "distributor/dialects/dialect_requests.hpp"
#include "distributor/dialects/envelope.hpp"
#include "distributor/dialects/trading_messages.hpp"
#include "distributor/raw_json.hpp"
#include "distributor/topics/publish_request.hpp"
#include "distributor/topics/topic_messages.hpp"
#include "distributor/topics/topic_table.hpp"

namespace {

using namespace tidegate;
using namespace tidegate::distributor;

constexpr UtcTime kNow{1'700'000'000'000'000'000};

void require(bool truth) {
  if (!truth) std::abort();
}

bool is_object(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> nothing;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  return text.starts_with('{') && !reader.Parse<kFlags>(stream, nothing).IsError();
}

Identity user_42() {
  Identity user;
  user.user = "42";
  user.grants.push_back({Patterns{{"*"}}, Patterns{{"*"}}, Patterns{{"*"}}, Patterns{}});
  return user;
}

void check_request(const ParsedRequest& parsed) {
  const Request& request = parsed.request;
  require(request.id.size() <= kIdBytesMax);
  require(request.options.depth != 0);
  require(is_object(pong_message(request.id, kNow, request.echo)));
  if (parsed.complaint.code != 0) {
    require(!parsed.complaint.message.empty());
    require(is_object(error_message(parsed.complaint, request.id, kNow)));
    return;
  }
  require(request.channels.size() * request.symbols.size() + request.topics.size() <= kPairsPerRequestMax);
  for (const Complaint& wrong : request.also_wrong) require(is_object(error_message(wrong, request.id, kNow)));
}

void check_formats(std::string_view native, bool valid) {
  std::string out;
  const std::string_view trading = as_trading(native, out);
  require(!valid || is_object(trading));
  for (const bool as_text : {false, true}) {
    std::string envelope;
    write_envelope(native, as_text, kNow, envelope);
    require(!valid || is_object(envelope));
  }
  for (const std::string& answer : trading_answers(native, kNow)) require(!valid || is_object(answer));
}

void check_publishes(std::string_view body) {
  const ParsedPublishes parsed = parse_publishes(body);
  require(parsed.items.empty() == (parsed.complaint.code != 0));
  require(parsed.items.size() <= kPublishesPerRequestMax);
  std::string message;
  for (const PublishItem& item : parsed.items) {
    if (item.complaint.code != 0) {
      require(!item.complaint.message.empty());
      continue;
    }
    require(is_json(item.request.data, 16));
    require(item.request.data.find('\n') == std::string::npos);
    if (!is_topic_name(item.request.topic)) continue;
    write_topic_message({item.request.topic, 7, kNow, "publisher:svc", item.request.retain, item.request.key, item.request.data}, message);
    require(is_object(message));
    check_formats(message, true);
  }
}

void check_walk(std::string_view text) {
  RawJson walk(text);
  RawMember member;
  while (walk.next(member)) require(member.value.data() >= text.data() && member.value.data() + member.value.size() <= text.data() + text.size());
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[') && is_json(text, 100)) require(walk.complete());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Identity user = user_42(), nobody;
  static_cast<void>(dialect_of(text));
  check_request(parse_trading(text, size % 2 == 0 ? user : nobody));
  check_request(parse_platform(text));
  check_publishes(text);
  check_walk(text);
  check_formats(text, false);
  return 0;
}
