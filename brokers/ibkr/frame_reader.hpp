// Reads one JSON frame into its messages: an object from the socket, or the rows of a REST answer. Knows where fields stand; what they mean is the
// decoder's business. Key order is free, bytes that are no UTF-8 are let through inside of strings, numbers stay the text they were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/unescape_buffer.hpp"
#include "brokers/ibkr/fields.hpp"
#include "brokers/ibkr/messages.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::ibkr {

/// Rows of a ladder that one message may hold; a hostile frame costs no more memory than this.
inline constexpr std::size_t kRowsPerMessageMax = 1'000;
/// Objects and arrays within one another, so that a frame of brackets ends before the stack does. IBKR uses six.
inline constexpr int kNestingMax = 32;

/// One message, as its callback sees it. A field of another kind than text, number, truth or null is there with its kind alone.
struct Message {
  const Fields& fields;
  std::span<const LadderRow> rows;  // the objects in the array under "data"
  bool too_many_rows = false;       // there were more
};

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  /// Everything in it is valid during the call only.
  virtual void on_message(const Message& message) = 0;
  /// A row that is no object.
  virtual void on_bad_message(Error error) = 0;
};

/// What the whole text of a frame must be.
enum class FrameShape : std::uint8_t { Object, ArrayOfRows };

/// Keeps its buffers, so that reading allocates nothing once they have grown. One thread.
class FrameReader {
 public:
  /// Gives each message to the sink as soon as it is complete. An error, BadJson or BadShape, ends the frame; messages before it were given.
  [[nodiscard]] std::optional<Error> read(const std::string& frame, FrameShape shape, MessageSink& sink);

  // What RapidJSON calls while it parses; false stops it.
  bool Null() { return on_scalar({}); }
  bool Bool(bool value) { return on_scalar({.kind = Value::Kind::Boolean, .integer = value}); }
  bool RawNumber(const char* end, unsigned size, bool) { return on_text({end - size, size}, Value::Kind::Number); }
  bool String(const char* text, unsigned size, bool) { return on_text({text, size}, Value::Kind::Text); }
  bool Key(const char* text, unsigned size, bool);
  bool StartObject();
  bool EndObject(unsigned);
  bool StartArray();
  bool EndArray(unsigned);
  // Never called: numbers come as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  using Value = common::JsonValue;

  /// What the values that come now belong to.
  enum class Place : std::uint8_t {
    Frame,    // nothing yet: the root value comes next
    Answer,   // rows of a REST answer
    Message,  // fields of the message
    Rows,     // the array under "data"
    Row,      // fields of one object in it
    Skipped,  // an object or array that nobody reads
  };

  bool on_text(std::string_view text, Value::Kind kind);
  bool on_scalar(const Value& value);
  void begin_message();
  bool enter();
  void skip();
  bool refuse(Reason reason);

  MessageSink* sink_ = nullptr;
  FrameShape shape_{};
  std::optional<Error> error_;

  Place place_ = Place::Frame;
  int depth_ = 0;
  int skipped_depth_ = 0;              // depth at which the skipped structure began
  Place skipped_from_ = Place::Frame;  // where reading goes on after it

  std::uint8_t slot_ = 0;       // of the field whose value comes next
  bool at_data_ = false;        // that field is "data"
  Value* row_field_ = nullptr;  // the same in a row; null: nobody reads it
  Fields fields_;
  std::vector<LadderRow> rows_;
  LadderRow row_;
  bool too_many_rows_ = false;

  common::UnescapeBuffer unescape_;
};

}  // namespace tidegate::ibkr
