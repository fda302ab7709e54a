#include "gateway/recording/frames_file.hpp"

#include <rapidjson/document.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <cstring>

namespace tidegate {
namespace {

constexpr std::size_t kLineBytesMax = 64U << 20U;

/// The raw texts of the keys we know, as spans of the line.
struct Spans {
  std::string_view rx_ns, kind, frame, text, hex, request, status, headers, url;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Position behind the JSON string that starts at `at`, or npos.
std::size_t skip_string(std::string_view line, std::size_t at) {
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

/// Position of the `,` or `}` that ends the value starting at `at`, or npos.
std::size_t skip_value(std::string_view line, std::size_t at) {
  int depth = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') {
      at = skip_string(line, at);
      if (at == std::string_view::npos) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ',' || c == '}')) return at;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return std::string_view::npos;
}

std::string_view* slot(Spans& spans, std::string_view key) {
  if (key == "rx_ns") return &spans.rx_ns;
  if (key == "kind") return &spans.kind;
  if (key == "frame") return &spans.frame;
  if (key == "text") return &spans.text;
  if (key == "hex") return &spans.hex;
  if (key == "req") return &spans.request;
  if (key == "status") return &spans.status;
  if (key == "headers") return &spans.headers;
  if (key == "url") return &spans.url;
  return nullptr;
}

/// Splits the line's object into the raw texts of its members. A "frame" that is the last member may hold anything up to the final brace.
bool split(std::string_view line, Spans& spans) {
  if (line.size() < 2 || line.front() != '{' || line.back() != '}') return false;
  std::size_t at = 1;
  while (at < line.size()) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at >= line.size() || line[at] != '"') return false;
    const std::size_t key_end = skip_string(line, at);
    if (key_end == std::string_view::npos) return false;
    const std::string_view key = line.substr(at + 1, key_end - at - 2);
    at = key_end;
    while (at < line.size() && is_space(line[at])) ++at;
    if (at >= line.size() || line[at] != ':') return false;
    ++at;
    std::size_t end = skip_value(line, at);
    if (end == std::string_view::npos) {
      if (key != "frame") return false;
      end = line.size() - 1;
    }
    if (std::string_view* target = slot(spans, key)) *target = trim(line.substr(at, end - at));
    if (line[end] == '}') return end + 1 == line.size();
    at = end + 1;
  }
  return false;
}

/// The common line, without a scan of the frame: {"rx_ns":N,"kind":"ws","frame":RAW}
bool split_fast(std::string_view line, Spans& spans) {
  constexpr std::string_view kStart = "{\"rx_ns\":";
  constexpr std::string_view kMiddle = ",\"kind\":\"ws\",\"frame\":";
  if (line.size() < kStart.size() || line.substr(0, kStart.size()) != kStart || line.back() != '}') return false;
  const std::size_t comma = line.find(',', kStart.size());
  if (comma == std::string_view::npos || line.substr(comma, kMiddle.size()) != kMiddle) return false;
  spans.rx_ns = line.substr(kStart.size(), comma - kStart.size());
  spans.kind = "\"ws\"";
  spans.frame = line.substr(comma + kMiddle.size());
  spans.frame.remove_suffix(1);
  return !spans.frame.empty();
}

template <class Integer>
bool read_integer(std::string_view text, Integer& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_string(std::string_view raw, std::string& out) {
  rapidjson::Document document;
  document.Parse(raw.data(), raw.size());
  if (document.HasParseError() || !document.IsString()) return false;
  out.assign(document.GetString(), document.GetStringLength());
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool read_hex(std::string_view raw, std::string& out) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"' || raw.size() % 2 != 0) return false;
  out.clear();
  for (std::size_t i = 1; i + 1 < raw.size(); i += 2) {
    const int high = hex_digit(raw[i]);
    const int low = hex_digit(raw[i + 1]);
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

bool read_headers(std::string_view raw, std::vector<std::pair<std::string, std::string>>& out) {
  rapidjson::Document document;
  document.Parse(raw.data(), raw.size());
  if (document.HasParseError() || !document.IsObject()) return false;
  for (const auto& member : document.GetObject()) {
    if (!member.value.IsString()) return false;
    out.emplace_back(member.name.GetString(), member.value.GetString());
  }
  return true;
}

std::string read_socket_frame(const Spans& spans, RecordedFrame& frame) {
  if (!spans.frame.empty()) {
    frame.kind = RecordedKind::Text;
    frame.bytes.assign(spans.frame);
    return {};
  }
  if (!spans.text.empty()) {
    frame.kind = RecordedKind::Text;
    return read_string(spans.text, frame.bytes) ? std::string{} : "text is not a JSON string";
  }
  if (!spans.hex.empty()) {
    frame.kind = RecordedKind::Binary;
    return read_hex(spans.hex, frame.bytes) ? std::string{} : "hex is not a string of hexadecimal pairs";
  }
  return "none of frame, text and hex is there";
}

std::string read_rest(const Spans& spans, RecordedFrame& frame) {
  frame.kind = RecordedKind::Rest;
  if (spans.request.empty() || !read_string(spans.request, frame.request)) return "req is missing or not a string";
  if (spans.status.empty() || !read_integer(spans.status, frame.status)) return "status is missing or not an integer";
  if (!spans.headers.empty() && !read_headers(spans.headers, frame.headers)) return "headers is not an object of strings";
  if (!spans.frame.empty()) {
    frame.bytes.assign(spans.frame);
  } else if (!spans.text.empty()) {
    if (!read_string(spans.text, frame.bytes)) return "text is not a JSON string";
  } else {
    return "neither frame nor text is there";
  }
  return {};
}

}  // namespace

std::string parse_recorded_line(std::string_view line, RecordedFrame& frame) {
  frame.bytes.clear();
  frame.request.clear();
  frame.headers.clear();
  frame.status = 0;
  frame.received = kNoTime;
  line = trim(line);
  Spans spans;
  if (!split_fast(line, spans)) {
    spans = {};
    if (!split(line, spans)) return "not one JSON object";
  }
  if (!spans.rx_ns.empty() && spans.rx_ns != "null" && !read_integer(spans.rx_ns, frame.received.ns)) {
    frame.received = kNoTime;
    return "rx_ns is neither an integer nor null";
  }
  if (spans.kind == "\"ws\"") return read_socket_frame(spans, frame);
  if (spans.kind == "\"rest\"") return read_rest(spans, frame);
  if (spans.kind == "\"connect\"") {
    frame.kind = RecordedKind::Connect;
    return !spans.url.empty() && read_string(spans.url, frame.bytes) ? std::string{} : "url is missing or not a string";
  }
  return spans.kind.empty() ? "kind is missing" : "kind is none of ws, rest and connect";
}

struct FramesFile::Impl {
  gzFile file = nullptr;  // zlib reads plain files as they are
  std::size_t line = 0;
  std::string problem;
  std::string text;  // the line, when it spans two buffers
  std::array<char, 1U << 16U> buffer{};
  std::size_t used = 0;
  std::size_t filled = 0;

  ~Impl() {
    if (file != nullptr) gzclose(file);
  }

  bool fill() {
    const int got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
    used = 0;
    filled = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got <= 0) {
      int code = Z_OK;
      const char* words = gzerror(file, &code);
      // A compressed file that was cut short ends without an error of gzread itself.
      if (code != Z_OK && code != Z_STREAM_END) problem = std::string{"cannot read on: "} + words;
    }
    return filled != 0;
  }

  /// The next line into `out`, valid until the next call. False at the end.
  bool next_line(std::string_view& out) {
    text.clear();
    bool any = false;
    for (;;) {
      if (used == filled && !fill()) {
        out = text;
        return any && problem.empty();
      }
      any = true;
      const char* start = buffer.data() + used;
      const auto* end = static_cast<const char*>(std::memchr(start, '\n', filled - used));
      const std::size_t length = end != nullptr ? static_cast<std::size_t>(end - start) : filled - used;
      used += length + (end != nullptr ? 1 : 0);
      if (end != nullptr && text.empty()) {
        out = {start, length};
        return true;
      }
      if (text.size() + length <= kLineBytesMax) {
        text.append(start, length);
      } else {
        text.resize(kLineBytesMax + 1);  // marks the line as too long; the rest of it is skipped
      }
      if (end != nullptr) {
        out = text;
        return true;
      }
    }
  }
};

FramesFile::FramesFile(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->file = gzopen(path.c_str(), "rb");
  if (impl_->file == nullptr) {
    impl_->problem = "cannot open " + path;
  } else {
    gzbuffer(impl_->file, 1U << 17U);
  }
}
FramesFile::~FramesFile() = default;
FramesFile::FramesFile(FramesFile&&) noexcept = default;
FramesFile& FramesFile::operator=(FramesFile&&) noexcept = default;

FramesFile::Read FramesFile::next(RecordedFrame& frame) {
  if (impl_->file == nullptr) return Read::End;
  impl_->problem.clear();
  std::string_view line;
  do {
    if (!impl_->next_line(line)) return Read::End;
    ++impl_->line;
  } while (trim(line).empty());
  std::string problem = line.size() > kLineBytesMax ? "longer than 64 MiB" : parse_recorded_line(line, frame);
  if (problem.empty()) return Read::Frame;
  impl_->problem = "line " + std::to_string(impl_->line) + ": " + problem;
  return Read::BadLine;
}

std::size_t FramesFile::line_number() const { return impl_->line; }
const std::string& FramesFile::problem() const { return impl_->problem; }

void FramesFile::rewind() {
  if (impl_->file == nullptr) return;
  gzrewind(impl_->file);
  impl_->line = 0;
  impl_->used = impl_->filled = 0;
  impl_->problem.clear();
}

}  // namespace tidegate
