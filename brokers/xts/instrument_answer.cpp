#include "brokers/xts/instrument_answer.hpp"

#include <cstdint>
#include <utility>

#include <rapidjson/reader.h>

namespace tidegate::xts {
namespace {

constexpr int kNestingMax = 32;

/// SAX handler over the envelope; what is not read is passed over. Levels count from 1: the envelope.
class AnswerHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, AnswerHandler> {
 public:
  bool Default() { return true; }

  bool Key(const char* text, unsigned size, bool) {
    const std::string_view name{text, size};
    if (level_ == 1)
      field_ = name == "type" ? Field::Type : name == "description" ? Field::Description : name == "result" ? Field::Result : Field::Other;
    if (level_ == 2 && field_ == Field::Result) is_index_list_ = name == "indexList";
    return true;
  }

  bool String(const char* text, unsigned size, bool) {
    const std::string_view value{text, size};
    if (level_ == 1 && field_ == Field::Type) {
      has_type_ = true;
      answer_.success = value == "success" || value == "Success";
    }
    if (level_ == 1 && field_ == Field::Description) answer_.description = value;
    if (level_ == 1 && field_ == Field::Result) answer_.rows = value;
    if (level_ == 3 && field_ == Field::Result && is_index_list_) answer_.index_entries.push_back(value);
    return true;
  }

  bool StartObject() { return ++level_ <= kNestingMax; }
  bool EndObject(unsigned) { return close(); }
  bool StartArray() {
    if (level_ == 0 && !wrapped_) return wrapped_ = true;
    return ++level_ <= kNestingMax;
  }
  bool EndArray(unsigned) { return level_ == 0 || close(); }

  [[nodiscard]] bool has_type() const { return has_type_; }
  [[nodiscard]] InstrumentAnswer take() { return std::move(answer_); }

 private:
  enum class Field : std::uint8_t { Other, Type, Description, Result };

  bool close() {
    if (--level_ == 1) is_index_list_ = false;
    return true;
  }

  InstrumentAnswer answer_;
  int level_ = 0;
  bool wrapped_ = false;
  bool has_type_ = false;
  bool is_index_list_ = false;
  Field field_ = Field::Other;
};

}  // namespace

Result<InstrumentAnswer> read_instrument_answer(std::string& body) {
  AnswerHandler handler;
  rapidjson::InsituStringStream stream{body.data()};
  rapidjson::Reader reader;
  const bool failed = reader.Parse<rapidjson::kParseInsituFlag>(stream, handler).IsError();
  if (failed || stream.Tell() != body.size()) return Error{Reason::BadJson};  // a zero byte looks like the end
  if (!handler.has_type()) return Error{Reason::MissingField, "type"};
  return handler.take();
}

}  // namespace tidegate::xts
