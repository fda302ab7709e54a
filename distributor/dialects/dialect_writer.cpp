#include "distributor/dialects/dialect_writer.hpp"

#include <utility>

#include "distributor/dialects/envelope.hpp"
#include "distributor/dialects/trading_messages.hpp"
#include "distributor/json_text.hpp"

namespace tidegate::distributor {

net::FrameRef DialectWriter::write(Format format, const net::FrameRef& native) {
  switch (format) {
    case Format::Native:
      break;
    case Format::Trading:
      // Most messages are the same in both: their bytes are shared.
      if (const std::string_view text = as_trading(native.payload(), text_); text.data() != native.payload().data()) return make(text, native);
      break;
    case Format::Envelope:
    case Format::EnvelopeText:
      write_envelope(native.payload(), format == Format::EnvelopeText, clock_.utc(), text_);
      return make(text_, native);
  }
  return native;
}

net::FrameRef DialectWriter::make(std::string_view text, const net::FrameRef& native) {
  net::FrameRef frame = frames_.make(text);
  frame.set_label(native.label());
  return frame;
}

net::FrameRef DialectWriter::respelled(Format format, const net::FrameRef& native, const Spelling& spelling) {
  constexpr std::string_view kBefore = R"(","symbol":")";
  const std::string_view text = native.payload();
  // Where a message has a symbol it stands right behind the type, which has no quotation mark in it.
  const std::size_t type_end = text.find('"', std::string_view(R"({"type":")").size());
  if (type_end == std::string_view::npos || !text.substr(type_end).starts_with(kBefore)) return write(format, native);
  const std::size_t begin = type_end + kBefore.size(), end = text.find('"', begin);
  const auto known = end == std::string_view::npos ? spelling.end() : spelling.find(text.substr(begin, end - begin));
  if (known == spelling.end()) return write(format, native);
  text_.assign(text.substr(0, begin - 1));
  append_json_string(text_, known->second);
  text_.append(text.substr(end + 1));
  return write(format, make(text_, native));
}

std::vector<std::string> DialectWriter::answers(Format format, std::string_view native) const {
  switch (format) {
    case Format::Native:
      break;
    case Format::Trading:
      return trading_answers(native, clock_.utc());
    case Format::Envelope:
    case Format::EnvelopeText: {
      std::string text;
      write_envelope(native, format == Format::EnvelopeText, clock_.utc(), text);
      return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(text)};
    }
  }
  return {std::string(native)};
}

}  // namespace tidegate::distributor
