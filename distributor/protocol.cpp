#include "distributor/protocol.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "distributor/json_text.hpp"
#include "gateway/core/channel.hpp"

namespace tidegate::distributor {
namespace {

using rapidjson::SizeType;
using rapidjson::Value;

constexpr std::string_view kOpsHint = "the ops are: subscribe, unsubscribe, unsubscribe_all, list, ping, auth, publish, completeness";
constexpr std::string_view kConflateHint = "\"none\", \"latest\", or an interval from 1ms to 1h such as \"250ms\"";
constexpr std::string_view kSinceHint = "the last seq you have, or {SYMBOL: seq}; with the epoch of the welcome that counted it";

Complaint malformed(std::string message, std::string hint = {}) { return {code::kMalformed, std::move(message), std::move(hint)}; }

/// Passes a parser's events on to a document, refuses deep nesting, and remembers the text of the outermost `id`, since a number's exact
/// spelling does not survive parsing.
class GuardedHandler {
 public:
  GuardedHandler(rapidjson::Document& document, rapidjson::MemoryStream& stream, std::string_view text)
      : document_(document), stream_(stream), text_(text) {}

  bool Null() { return scalar() && document_.Null(); }
  bool Bool(bool value) { return scalar() && document_.Bool(value); }
  bool Int(int value) { return scalar() && document_.Int(value); }
  bool Uint(unsigned value) { return scalar() && document_.Uint(value); }
  bool Int64(std::int64_t value) { return scalar() && document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return scalar() && document_.Uint64(value); }
  bool Double(double value) { return scalar() && document_.Double(value); }
  bool RawNumber(const char* text, SizeType length, bool copy) { return scalar() && document_.RawNumber(text, length, copy); }
  bool String(const char* text, SizeType length, bool copy) { return scalar() && document_.String(text, length, copy); }
  bool Key(const char* text, SizeType length, bool copy) {
    at_id_ = nesting_ == 1 && std::string_view(text, length) == "id" && !seen_id_;
    seen_id_ = seen_id_ || at_id_;
    key_end_ = stream_.Tell();
    return document_.Key(text, length, copy);
  }
  bool StartObject() { return enter() && document_.StartObject(); }
  bool EndObject(SizeType members) {
    --nesting_;
    return document_.EndObject(members);
  }
  bool StartArray() { return enter() && document_.StartArray(); }
  bool EndArray(SizeType elements) {
    --nesting_;
    return document_.EndArray(elements);
  }

  [[nodiscard]] std::string_view id() const { return id_; }
  [[nodiscard]] bool too_deep() const { return nesting_ > kNestingMax; }

 private:
  bool enter() {
    at_id_ = false;
    return ++nesting_ <= kNestingMax;
  }
  bool scalar() {
    if (std::exchange(at_id_, false)) {
      const std::string_view between = text_.substr(key_end_, stream_.Tell() - key_end_);
      const std::size_t begin = between.find_first_not_of(" \t\r\n:");
      if (begin != std::string_view::npos) id_ = between.substr(begin);
    }
    return true;
  }

  rapidjson::Document& document_;
  rapidjson::MemoryStream& stream_;
  std::string_view text_;
  std::size_t nesting_ = 0;
  bool at_id_ = false;
  bool seen_id_ = false;
  std::size_t key_end_ = 0;
  std::string_view id_;
};

std::string_view text_of(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

const Value* member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<Op> parse_op(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Op>, 8> kOps = {{{"subscribe", Op::Subscribe},
                                                                    {"unsubscribe", Op::Unsubscribe},
                                                                    {"unsubscribe_all", Op::UnsubscribeAll},
                                                                    {"list", Op::List},
                                                                    {"ping", Op::Ping},
                                                                    {"auth", Op::Auth},
                                                                    {"publish", Op::Publish},
                                                                    {"completeness", Op::Completeness}}};
  for (const auto& [text, op] : kOps) {
    if (text == name) return op;
  }
  return std::nullopt;
}

Complaint read_names(const Value& root, const char* key, std::vector<std::string>& out) {
  const Value* const list = member(root, key);
  const std::string name{key};
  if (list == nullptr) return malformed(name + " is missing", "send a list of texts");
  if (!list->IsArray()) return malformed(name + " is not a list", "send a list of texts");
  out.reserve(list->Size());
  for (const Value& element : list->GetArray()) {
    if (!element.IsString()) return malformed(name + " holds something that is not text", "send a list of texts");
    out.emplace_back(text_of(element));
  }
  return {};
}

Complaint read_depth(const Value& value, std::uint16_t& out) {
  if (value.IsString() && text_of(value) == "full") {
    out = kFullDepth;
    return {};
  }
  if (!value.IsUint() || value.GetUint() == 0 || value.GetUint() > kDepthRequestMax) {
    return malformed("options.depth is neither a number of levels nor \"full\"", "1 to 10000, or \"full\"");
  }
  out = static_cast<std::uint16_t>(value.GetUint());
  return {};
}

Complaint read_since(const Value& value, SubscribeOptions& out) {
  if (value.IsUint64()) {
    out.since = value.GetUint64();
    return {};
  }
  if (!value.IsObject()) return malformed("options.since is neither a sequence nor an object of them", std::string(kSinceHint));
  SinceBySymbol by_symbol;
  for (const auto& entry : value.GetObject()) {
    if (!entry.value.IsUint64()) return malformed("options.since holds something that is not a sequence", std::string(kSinceHint));
    by_symbol.insert_or_assign(std::string(text_of(entry.name)), entry.value.GetUint64());
  }
  out.since_by_symbol = std::make_shared<const SinceBySymbol>(std::move(by_symbol));
  return {};
}

Complaint read_resumption(const Value& options, SubscribeOptions& out) {
  if (const Value* const epoch = member(options, "epoch")) {
    if (!epoch->IsString()) return malformed("options.epoch is not text");
    out.epoch = cut_text(text_of(*epoch), kEpochBytesMax);  // no epoch is as long, so that a cut one stays unknown
  }
  const Value* const since = member(options, "since");
  return since == nullptr ? Complaint{} : read_since(*since, out);
}

Complaint read_options(const Value& root, SubscribeOptions& out) {
  const Value* const options = member(root, "options");
  if (options == nullptr) return {};
  if (!options->IsObject()) return malformed("options is not an object");
  if (const Value* const snapshot = member(*options, "snapshot")) {
    if (!snapshot->IsBool()) return malformed("options.snapshot is neither true nor false");
    out.snapshot = snapshot->GetBool();
  }
  if (const Value* const depth = member(*options, "depth")) {
    if (Complaint complaint = read_depth(*depth, out.depth); complaint.code != 0) return complaint;
  }
  if (const Value* const allow_delayed = member(*options, "allow_delayed")) {
    if (!allow_delayed->IsBool()) return malformed("options.allow_delayed is neither true nor false");
    out.allow_delayed = allow_delayed->GetBool();
  }
  if (const Value* const conflate = member(*options, "conflate")) {
    const auto interval = conflate->IsString() ? parse_conflate(text_of(*conflate)) : std::nullopt;
    if (!interval) return malformed("options.conflate is not an interval", std::string(kConflateHint));
    out.conflate_ms = *interval;
  }
  return read_resumption(*options, out);
}

/// Of any length here: whoever verifies it bounds it.
Complaint read_token(const Value& root, std::string& out) {
  const Value* const token = member(root, "token");
  if (token == nullptr || !token->IsString()) return malformed("token is missing or not text", "send {\"op\":\"auth\",\"token\":\"...\"}");
  out = text_of(*token);
  return {};
}

/// What is subscribed or unsubscribed: channels of symbols, topics, or both.
Complaint read_wants(const Value& root, Request& request) {
  const bool topics = member(root, "topics") != nullptr;
  if (topics) {
    if (Complaint complaint = read_names(root, "topics", request.topics); complaint.code != 0) return complaint;
  }
  if (!topics || member(root, "channels") != nullptr || member(root, "symbols") != nullptr) {
    if (Complaint complaint = read_names(root, "channels", request.channels); complaint.code != 0) return complaint;
    if (Complaint complaint = read_names(root, "symbols", request.symbols); complaint.code != 0) return complaint;
  }
  const std::size_t wants = request.channels.size() * request.symbols.size() + request.topics.size();
  if (wants <= kPairsPerRequestMax) return {};
  return {code::kTooManySubscriptions, std::to_string(wants) + " pairs of symbol and channel, and topics, in one request",
          "at most " + std::to_string(kPairsPerRequestMax) + ": split the request"};
}

Complaint read_numbers(const Value& root, NumbersQuery& out) {
  const std::string hint = R"(send {"op":"completeness","symbol":"VENUE:SYMBOL","channel":"trade","from_seq":1,"to_seq":100})";
  const Value* const symbol = member(root, "symbol");
  const Value* const channel = member(root, "channel");
  if (symbol == nullptr || !symbol->IsString()) return malformed("symbol is missing or not text", hint);
  if (channel == nullptr || !channel->IsString()) return malformed("channel is missing or not text", hint);
  const Value* const first = member(root, "from_seq");
  const Value* const last = member(root, "to_seq");
  if (first == nullptr || !first->IsUint64() || first->GetUint64() == 0) return malformed("from_seq is missing or not a sequence", hint);
  if (last != nullptr && (!last->IsUint64() || last->GetUint64() < first->GetUint64())) {
    return malformed("to_seq is not a sequence from from_seq on", hint);
  }
  const Value* const epoch = member(root, "epoch");
  if (epoch != nullptr && !epoch->IsString()) return malformed("epoch is not text", "the epoch of the welcome");
  out.symbol = text_of(*symbol);
  out.channel = text_of(*channel);
  out.first = first->GetUint64();
  if (last != nullptr) out.last = last->GetUint64();
  if (epoch != nullptr) out.epoch = cut_text(text_of(*epoch), kEpochBytesMax);
  return {};
}

/// `payload` is the whole request, valid JSON whose document is `root`.
Complaint read_fields(const Value& root, std::string_view payload, Request& request) {
  if (const Value* const id = member(root, "id")) {
    if (id->IsObject() || id->IsArray()) return malformed("id is neither text nor a number");
    if (request.id.size() > kIdBytesMax) {
      request.id.clear();
      return malformed("id is too long", "at most " + std::to_string(kIdBytesMax) + " bytes");
    }
  }
  const Value* const op = member(root, "op");
  if (op == nullptr || !op->IsString()) return malformed("op is missing or not text", std::string(kOpsHint));
  const auto known = parse_op(text_of(*op));
  if (!known) return {code::kUnknownOp, "unknown op: " + std::string(cut_text(text_of(*op), kNameBytesMax)), std::string(kOpsHint)};
  request.op = *known;
  if (request.op == Op::Auth) return read_token(root, request.token);
  if (request.op == Op::Publish) return read_publish(payload, request.publish);
  if (request.op == Op::Completeness) return read_numbers(root, request.numbers);
  if (request.op != Op::Subscribe && request.op != Op::Unsubscribe) return {};

  if (Complaint complaint = read_wants(root, request); complaint.code != 0) return complaint;
  return request.op == Op::Subscribe ? read_options(root, request.options) : Complaint{};
}

}  // namespace

ParsedRequest parse_request(std::string_view payload) {
  ParsedRequest parsed;
  rapidjson::MemoryStream stream(payload.data(), payload.size());
  rapidjson::Document document;
  GuardedHandler handler(document, stream, payload);
  rapidjson::ParseResult result;
  const auto generate = [&](rapidjson::Document&) {
    rapidjson::Reader reader;
    result = reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(stream, handler);
    return !result.IsError();
  };
  document.Populate(generate);
  if (result.IsError()) {
    const char* const why = handler.too_deep() ? "nested too deeply" : rapidjson::GetParseError_En(result.Code());
    parsed.complaint =
        malformed("not JSON: " + std::string(why) + " (byte " + std::to_string(result.Offset()) + ")", "send one JSON object a message");
    return parsed;
  }
  if (stream.Tell() != payload.size()) {  // the reader takes a zero byte for the end
    parsed.complaint = malformed("not JSON: a zero byte", "send one JSON object a message");
    return parsed;
  }
  if (!document.IsObject()) {
    parsed.complaint = malformed("not a JSON object", "send an object such as {\"op\":\"ping\"}");
    return parsed;
  }
  parsed.request.id = handler.id();
  parsed.complaint = read_fields(document, payload, parsed.request);
  return parsed;
}

std::uint16_t parse_depth(std::string_view text) {
  if (text == "full") return kFullDepth;
  std::uint16_t depth = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  return error == std::errc{} && end == text.data() + text.size() && depth <= kDepthRequestMax ? depth : std::uint16_t{0};
}

std::optional<std::uint32_t> parse_conflate(std::string_view text) {
  if (text == "none") return 0;
  if (text == "latest") return kConflateLatest;
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(unit, static_cast<std::size_t>(end - unit));
  const std::uint64_t scale = name == "ms" ? 1 : name == "s" ? 1'000 : name == "m" ? 60'000 : name == "h" ? 3'600'000 : 0;
  const std::uint64_t interval = count * scale;
  if (interval == 0 || interval > kConflateMsMax) return std::nullopt;
  return static_cast<std::uint32_t>(interval);
}

std::string conflate_text(std::uint32_t conflate_ms) {
  if (conflate_ms == 0) return "none";
  return conflate_ms == kConflateLatest ? "latest" : std::to_string(conflate_ms) + "ms";
}

std::optional<std::uint64_t> SubscribeOptions::since_of(std::string_view requested, std::string_view symbol) const {
  if (since_by_symbol == nullptr) return since;
  for (const std::string_view name : {requested, symbol}) {
    if (const auto found = since_by_symbol->find(name); found != since_by_symbol->end()) return found->second;
  }
  return std::nullopt;
}

std::string channel_list() {
  std::string list;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (!list.empty()) list += ", ";
    list += kChannelNames[i];
  }
  return list;
}

}  // namespace tidegate::distributor
