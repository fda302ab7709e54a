#include "brokers/zerodha/text_message.hpp"

#include <charconv>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace tidegate::zerodha {
namespace {

using Kind = TextMessage::Kind;

Kind kind_of(std::string_view type) {
  struct Named {
    std::string_view type;
    Kind kind;
  };
  constexpr Named kKinds[] = {{"order", Kind::Order},
                              {"error", Kind::Error},
                              {"message", Kind::Notice},
                              {"instruments_meta", Kind::InstrumentsMeta},
                              {"app_code", Kind::AppCode}};
  for (const Named& named : kKinds) {
    if (named.type == type) return named.kind;
  }
  return Kind::Unknown;
}

/// SAX handler: texts and numbers of the message and of its `data`; all else is passed over. Of repeated keys the last one counts.
class MessageHandler {
 public:
  explicit MessageHandler(const rapidjson::MemoryStream& stream) : stream_(stream) {}

  bool Null() { return value(); }
  bool Bool(bool) { return value(); }
  bool Int(int) { return value(); }
  bool Uint(unsigned) { return value(); }
  bool Int64(std::int64_t) { return value(); }
  bool Uint64(std::uint64_t) { return value(); }
  bool Double(double) { return value(); }
  bool RawNumber(const char* text, unsigned size, bool) {
    if (depth_ == 2 && in_data_ && key_ == "count") {
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(text, text + size, number);
      count = error == std::errc{} && end == text + size ? std::optional{number} : std::nullopt;
    }
    return value();
  }
  bool String(const char* text, unsigned size, bool) {
    if (depth_ == 1 && key_ == "type") type.assign(text, size);
    if (depth_ == 1 && key_ == "data") words.emplace(text, size);
    if (depth_ == 2 && in_data_ && key_ == "etag") etag.assign(text, size);
    return value();
  }
  bool Key(const char* text, unsigned size, bool) {
    if (depth_ > 2) return true;
    key_.assign(text, size);
    if (depth_ == 1 && key_ == "data") {
      data_key_end = stream_.Tell();
      words.reset();
      count.reset();
      etag.clear();
    }
    return true;
  }
  bool StartObject() {
    is_object |= depth_ == 0;
    in_data_ = depth_ == 1 ? key_ == "data" : in_data_;
    ++depth_;
    return true;
  }
  bool EndObject(unsigned) {
    --depth_;
    return true;
  }
  bool StartArray() {
    if (depth_ == 1) in_data_ = false;
    ++depth_;
    return true;
  }
  bool EndArray(unsigned) {
    --depth_;
    return true;
  }

  bool is_object = false;
  std::string type;
  std::optional<std::string> words;
  std::optional<std::size_t> data_key_end;  // offset behind the quote that ends the key
  std::optional<std::uint64_t> count;
  std::string etag;

 private:
  static bool value() { return true; }

  const rapidjson::MemoryStream& stream_;
  std::size_t depth_ = 0;
  std::string key_;  // the last one on the first two levels
  bool in_data_ = false;
};

/// The value that begins behind a key's closing quote, in a text known to be JSON.
std::string_view raw_value(std::string_view json, std::size_t key_end) {
  const std::size_t begin = json.find_first_not_of(" \t\r\n:", key_end);
  std::size_t depth = 0, i = begin;
  bool in_string = false;
  for (; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      if (in_string || depth > 0) continue;
      ++i;
      break;
    }
    if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) break;  // of the message itself: a number or a word ends here
      if (--depth > 0) continue;
      ++i;
      break;
    } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      break;
    }
  }
  return json.substr(begin, i - begin);
}

}  // namespace

Result<TextMessage> parse_text_message(std::string_view message) {
  rapidjson::MemoryStream stream(message.data(), message.size());
  MessageHandler handler(stream);
  rapidjson::Reader reader;
  // Iterative: nesting costs heap, no stack. Numbers stay texts: nothing passes through a double.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  if (reader.Parse<kFlags>(stream, handler).IsError() || stream.Tell() != message.size()) return Error{Reason::BadJson};
  if (!handler.is_object) return Error{Reason::BadShape};

  TextMessage read;
  read.kind = kind_of(handler.type);
  if (handler.data_key_end) read.data = raw_value(message, *handler.data_key_end);
  if (read.kind == Kind::Error || read.kind == Kind::Notice) read.words = handler.words ? std::move(*handler.words) : std::string{read.data};
  if (read.kind == Kind::InstrumentsMeta) {
    read.count = handler.count;
    read.etag = std::move(handler.etag);
  }
  return read;
}

}  // namespace tidegate::zerodha
