// Takes one Full JSON message apart into the fields that the gateway reads. Knows where fields stand; what they mean is full_json's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/unescape_buffer.hpp"
#include "brokers/xts/json_fields.hpp"
#include "brokers/xts/messages.hpp"
#include "brokers/xts/string_unescaper.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// Rows of one side that one message may hold; a hostile frame costs no more memory than this.
inline constexpr std::size_t kJsonRowsMax = 200;
/// Objects and arrays within one another. XTS uses three.
inline constexpr int kJsonNestingMax = 16;

/// Rows under one name. `fault`: why they cannot be used.
struct JsonRows {
  bool sent = false;  // and not null
  std::vector<BookRow> rows;
  std::optional<Error> fault;

  void begin();
  void fail(Error error);
};

/// One message as it stood in the text. Numbers are kept as text, of kind Number. Views into the text or the reader.
struct JsonMessage {
  Fields fields;
  Fields touchline;            // under that name
  bool has_touchline = false;  // and it is an object
  JsonRows bids, asks;
  JsonRows bid, ask;                      // BidInfo and AskInfo beside the fields: one row
  JsonRows touchline_bid, touchline_ask;  // the same in the touchline
};

/// Keeps its buffers, so that reading allocates nothing once they have grown. One thread.
class JsonReader {
 public:
  /// JSON as it is. Errors: BadJson, BadShape (no object, or too deep).
  [[nodiscard]] std::optional<Error> read(std::string_view json);
  /// JSON inside of a JSON string, without its quotes, a readable byte behind its end. The same errors.
  [[nodiscard]] std::optional<Error> read_quoted(std::string_view text);
  /// Of the last text that was read without an error.
  [[nodiscard]] const JsonMessage& message() const { return message_; }

  // What RapidJSON calls while it parses; false stops it.
  bool Null() { return on_scalar({}); }
  bool Bool(bool value) { return on_scalar({.kind = common::JsonValue::Kind::Boolean, .integer = value}); }
  bool RawNumber(const char* text, unsigned size, bool) { return on_scalar({.kind = common::JsonValue::Kind::Number, .text = {text, size}}); }
  bool String(const char* text, unsigned size, bool) { return on_scalar({.kind = common::JsonValue::Kind::Text, .text = {text, size}}); }
  bool Key(const char* text, unsigned size, bool);
  bool StartObject();
  bool EndObject(unsigned);
  bool StartArray();
  bool EndArray(unsigned);
  // Never called: numbers come as texts.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  /// What the values that come now belong to.
  enum class Place : std::uint8_t {
    Start,      // nothing yet
    Message,    // fields of the message
    Touchline,  // fields of the object under that name
    Rows,       // elements of Bids or Asks
    Row,        // fields of one row
    Skipped,    // an object or array that nobody reads
  };
  using Value = common::JsonValue;

  template <class Stream>
  [[nodiscard]] std::optional<Error> parse(Stream stream);
  bool on_scalar(const Value& value);
  [[nodiscard]] JsonRows* rows_under(std::uint8_t slot);
  void begin_field_object();
  void begin_row();
  void end_row();
  bool enter();
  void skip();
  bool refuse();

  JsonMessage message_;
  std::optional<Error> error_;
  Place place_ = Place::Start;
  int depth_ = 0;
  int skipped_depth_ = 0;              // depth at which the skipped structure began
  Place skipped_from_ = Place::Start;  // where reading goes on after it
  std::uint8_t slot_ = 0;              // of the field whose value comes next
  JsonRows* rows_ = nullptr;           // those being read
  Place row_from_ = Place::Start;      // where reading goes on after the row
  Value size_, price_, orders_;        // of the row being read

  StringUnescaper unescaper_;
  std::string text_;  // what was not ready to be read in its place
  common::UnescapeBuffer unescape_;
};

}  // namespace tidegate::xts
