#include "tools/sim/xts/recording.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "tools/sim/xts/messages.hpp"

namespace tidegate::sim::xts {
namespace {

constexpr std::size_t kPacketHeaderBytes = 15;

std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

/// The digits behind `key`, whatever quotes, colons and backslashes stand between. False: none.
bool number_after(std::string_view text, std::string_view key, std::uint64_t& out) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return false;
  const std::size_t from = text.find_first_not_of("\\\": ", at + key.size());
  if (from == std::string_view::npos) return false;
  return std::from_chars(text.data() + from, text.data() + text.size(), out).ec == std::errc{};
}

bool instrument_of_full(std::string_view text, InstrumentKey& out) {
  std::uint64_t segment = 0;
  // The keys in quotes, since UnderlyingExchangeSegment ends like one of them.
  if (!number_after(text, "\"ExchangeSegment", segment) || !number_after(text, "\"ExchangeInstrumentID", out.second)) return false;
  out.first = static_cast<std::uint32_t>(segment);
  return true;
}

/// `"t:1_2885,...`
bool instrument_of_partial(std::string_view text, InstrumentKey& out) {
  const std::size_t at = text.find("\"t:");
  if (at == std::string_view::npos) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at + 3, end, out.first);
  return error == std::errc{} && stop != end && *stop == '_' && std::from_chars(stop + 1, end, out.second).ec == std::errc{};
}

bool is_json(std::string_view text, rapidjson::Document& document) {
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  return !document.HasParseError();
}

void take_rest(const RecordedFrame& frame, Recording& out) {
  const bool feed =
      frame.request.find("/instruments/subscription") != std::string::npos || frame.request.find("/instruments/quotes") != std::string::npos;
  const bool master = frame.request.find("/instruments/master") != std::string::npos;
  rapidjson::Document document;
  if (frame.status != 200 || (!feed && !master) || !is_json(frame.bytes, document) || !document.IsObject()) return;
  const auto result = document.FindMember("result");
  if (result == document.MemberEnd()) return;
  if (master && result->value.IsString()) {
    if (!out.master.empty()) out.master += '\n';
    out.master.append(result->value.GetString(), result->value.GetStringLength());
  }
  if (!feed || !result->value.IsObject()) return;
  const auto quotes = result->value.FindMember("listQuotes");
  if (quotes == result->value.MemberEnd() || !quotes->value.IsArray()) return;
  for (const auto& each : quotes->value.GetArray()) {
    if (!each.IsString()) continue;
    const std::string_view body{each.GetString(), each.GetStringLength()};
    Subscription about;
    std::uint64_t number = 0;
    if (!instrument_of_full(body, about.instrument) || !number_after(body, "\"MessageCode", number)) continue;
    about.code = static_cast<std::uint32_t>(number);
    out.snapshots.try_emplace(about, body);
  }
}

/// Finds instruments, each once.
class Instruments {
 public:
  explicit Instruments(std::vector<InstrumentKey>& out) : out_(out) {}
  void note(InstrumentKey key) {
    if (known_.insert(key).second) out_.push_back(key);
  }

 private:
  std::vector<InstrumentKey>& out_;
  std::set<InstrumentKey> known_;
};

void take_text(const RecordedFrame& frame, Instruments& instruments, Recording& out) {
  Subscription about;
  const RecordedEvent event = scan_text(frame.bytes, about);
  if (event == RecordedEvent::Control) return;
  ++out.frames;
  rapidjson::Document document;
  const std::size_t payload = frame.bytes.find('[');
  if (payload == std::string::npos || !is_json(std::string_view{frame.bytes}.substr(payload), document)) ++out.malformed;
  if (event == RecordedEvent::Data) instruments.note(about.instrument);
}

void take_binary(const RecordedFrame& frame, Instruments& instruments, Recording& out) {
  ++out.frames;
  std::vector<PackedPart> parts;
  if (!split_packed(frame.bytes, parts)) ++out.malformed;
  for (const PackedPart& part : parts) instruments.note(part.about.instrument);
}

}  // namespace

bool split_packed(std::string_view attachment, std::vector<PackedPart>& parts) {
  parts.clear();
  if (attachment.empty() || attachment.front() != '\x04') return false;
  attachment.remove_prefix(1);
  while (!attachment.empty()) {
    if (attachment.size() < kPacketHeaderBytes) return false;
    const bool packed = attachment.front() == 1;
    const std::size_t header = kPacketHeaderBytes + (packed ? 2 : 0);
    if (attachment.size() < header || (!packed && attachment.front() != 0)) return false;
    const std::size_t body = static_cast<std::size_t>(little_endian(attachment, packed ? kPacketHeaderBytes : kPacketHeaderBytes - 2, 2));
    if (attachment.size() - header < body) return false;
    PackedPart part;
    part.about.code = static_cast<std::uint32_t>(little_endian(attachment, 1, 2));
    part.about.instrument = {static_cast<std::uint32_t>(little_endian(attachment, 3, 2)), little_endian(attachment, 5, 4)};
    part.bytes = attachment.substr(0, header + body);
    parts.push_back(part);
    attachment.remove_prefix(header + body);
  }
  return !parts.empty();
}

RecordedEvent scan_text(std::string_view text, Subscription& about) {
  if (text.starts_with("451-")) return RecordedEvent::Other;
  constexpr std::string_view kEvent = "42[\"";
  if (!text.starts_with(kEvent)) {
    // Whatever else begins like a packet belongs to the connection; what does not is malformed.
    const bool control =
        !text.empty() && (text.front() != '4' ? text.front() >= '0' && text.front() <= '6' : text.size() >= 2 && text[1] != '2' && text[1] != '5');
    return control ? RecordedEvent::Control : RecordedEvent::Other;
  }
  const std::string_view name = text.substr(kEvent.size(), text.find('"', kEvent.size()) - kEvent.size());
  if (name == "joined") return RecordedEvent::Control;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, about.code);
  if (error != std::errc{}) return RecordedEvent::Other;
  // For everybody, as the broker does it.
  if (about.code == code::kProperty || about.code == code::kStatus) return RecordedEvent::Other;
  const std::string_view form{stop, static_cast<std::size_t>(end - stop)};
  const bool found = form == "-json-partial" ? instrument_of_partial(text, about.instrument) : [&] {
    // Escaped quotes or plain ones: the argument may be a text or an object.
    std::string plain{text};
    std::erase(plain, '\\');
    return instrument_of_full(plain, about.instrument);
  }();
  return found ? RecordedEvent::Data : RecordedEvent::Other;
}

std::string full_argument(std::string_view text) {
  rapidjson::Document document;
  if (text.size() < 2 || text.find("-json-full\"") == std::string_view::npos || !is_json(text.substr(2), document)) return {};
  if (!document.IsArray() || document.Size() < 2 || !document[1].IsString()) return {};
  return {document[1].GetString(), document[1].GetStringLength()};
}

std::string examine(const std::string& path, Recording& out) {
  FramesFile file{path};
  if (!file.problem().empty()) return file.problem();
  RecordedFrame frame;
  Instruments instruments{out.instruments};
  for (auto read = file.next(frame); read != FramesFile::Read::End; read = file.next(frame)) {
    if (read == FramesFile::Read::BadLine) {
      if (out.bad_lines++ == 0) out.first_problem = file.problem();
    } else if (frame.kind == RecordedKind::Rest) {
      take_rest(frame, out);
    } else if (frame.kind == RecordedKind::Text) {
      take_text(frame, instruments, out);
    } else if (frame.kind == RecordedKind::Binary) {
      take_binary(frame, instruments, out);
    }
  }
  if (!file.problem().empty()) return file.problem();
  return out.frames == 0 ? "the frames file holds no event of a socket" : "";
}

bool is_played(const RecordedFrame& frame) {
  Subscription ignored;
  return frame.kind == RecordedKind::Binary || (frame.kind == RecordedKind::Text && scan_text(frame.bytes, ignored) != RecordedEvent::Control);
}

}  // namespace tidegate::sim::xts
