#include "brokers/xts/quotes_answer.hpp"

#include <rapidjson/reader.h>

#include "brokers/xts/json_text.hpp"

namespace tidegate::xts {
namespace {

constexpr int kNestingMax = 16;

/// Arrays are passed through: the envelope, and its result, have been seen in arrays of one.
class ListHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, ListHandler> {
 public:
  explicit ListHandler(QuoteSink& sink) : sink_(sink) {}

  bool Null() { return true; }
  bool Default() { return on_value(); }
  bool RawNumber(const char*, unsigned, bool) { return on_value(); }
  bool String(const char* text, unsigned size, bool) {
    if (in_list()) sink_.on_quote({text, size});
    return true;
  }
  bool Key(const char* text, unsigned size, bool) {
    const std::string_view name{text, size};
    if (objects_ == 1) in_result_ = name == "result";
    if (objects_ == 2) at_list_ = in_result_ && name == "listQuotes";
    return true;
  }
  bool StartObject() {
    if (in_list()) sink_.on_bad_quote();
    ++objects_;
    return enter();
  }
  bool EndObject(unsigned) {
    if (--objects_ == 1) at_list_ = false;
    --depth_;
    return true;
  }
  bool StartArray() { return enter(); }
  bool EndArray(unsigned) {
    --depth_;
    return true;
  }

  [[nodiscard]] bool too_deep() const { return depth_ > kNestingMax; }

 private:
  [[nodiscard]] bool in_list() const { return objects_ == 2 && at_list_; }
  bool on_value() {
    if (in_list()) sink_.on_bad_quote();
    return true;
  }
  bool enter() { return ++depth_ <= kNestingMax; }

  QuoteSink& sink_;
  int depth_ = 0;
  int objects_ = 0;  // open ones
  bool in_result_ = false;
  bool at_list_ = false;
};

}  // namespace

bool answers_with_quotes(std::string_view request) {
  if (!request.starts_with("POST ")) return false;
  request = request.substr(0, request.find('?'));
  return request.ends_with("/instruments/subscription") || request.ends_with("/instruments/quotes");
}

std::optional<Error> QuotesAnswerReader::read(const std::string& body, QuoteSink& sink) {
  unescape_.begin_text(body.size(), 1);
  PlainJson stream{body, unescape_};
  ListHandler handler{sink};
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  if (!reader.Parse<kFlags>(stream, handler).IsError() && stream.at_end()) return std::nullopt;
  return Error{handler.too_deep() ? Reason::BadShape : Reason::BadJson};
}

}  // namespace tidegate::xts
