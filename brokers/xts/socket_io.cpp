#include "brokers/xts/socket_io.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tidegate::xts {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

/// Takes a plain number of at most `max` from the front. No sign; false where there are no digits, or too many.
bool take_number(std::string_view& text, std::size_t max, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// `/name,` in front of what follows; the comma is left out where nothing does.
std::string_view take_name_space(std::string_view& text) {
  if (text.empty() || text.front() != '/') return "/";
  const std::string_view name = text.substr(0, text.find(','));
  text.remove_prefix(std::min(text.size(), name.size() + 1));
  return name;
}

/// Behind the digit that says so, a packet of Socket.IO.
Result<Packet> parse_socket_io(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return Error{Reason::BadShape};
  Packet packet;
  packet.type = static_cast<PacketType>(static_cast<int>(PacketType::Connect) + (text.front() - '0'));
  text.remove_prefix(1);
  if (packet.type == PacketType::BinaryEvent || packet.type == PacketType::BinaryAck) {
    std::size_t attachments = 0;
    if (!take_number(text, kAttachmentsMax, attachments) || text.empty() || text.front() != '-') return Error{Reason::BadInteger};
    text.remove_prefix(1);
    packet.attachments = static_cast<std::uint32_t>(attachments);
  }
  packet.name_space = take_name_space(text);
  if (packet.type != PacketType::Connect && packet.type != PacketType::Disconnect && packet.type != PacketType::Error) {
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);  // the id that an acknowledgement would carry
  }
  packet.payload = text;
  return packet;
}

/// The end of a JSON string whose opening quote stands before `text`: the position behind its closing quote; npos: it has none.
std::size_t string_end(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

/// Which brackets are open, innermost last.
class Brackets {
 public:
  [[nodiscard]] bool none() const { return depth_ == 0; }
  [[nodiscard]] bool open(bool is_object) {
    if (depth_ == kArgumentDepthMax) return false;
    objects_ = objects_ << 1U | (is_object ? 1U : 0U);
    ++depth_;
    return true;
  }
  [[nodiscard]] bool close(bool is_object) {
    if (depth_ == 0 || (objects_ & 1U) != (is_object ? 1U : 0U)) return false;
    objects_ >>= 1U;
    --depth_;
    return true;
  }

 private:
  static_assert(kArgumentDepthMax <= 64);
  std::uint64_t objects_ = 0;  // a bit for each level
  std::size_t depth_ = 0;
};

/// The length of the JSON value that `text` begins with, up to the comma or bracket that ends it.
Result<std::size_t> value_length(std::string_view text) {
  Brackets brackets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (const char c = text[i]) {
      case '"': {
        const std::size_t length = string_end(text.substr(i + 1));
        if (length == std::string_view::npos) return Error{Reason::BadJson};
        i += length;
        break;
      }
      case '[':
      case '{':
        if (!brackets.open(c == '{')) return Error{Reason::BadShape};
        break;
      case ']':
      case '}':
        if (brackets.none() && c == ']') return i;
        if (!brackets.close(c == '}')) return Error{Reason::BadJson};
        break;
      case ',':
        if (brackets.none()) return i;
        break;
      default:
        break;
    }
  }
  return Error{Reason::BadJson};
}

/// Absent: no string, an empty one, or one with escapes or control characters.
std::optional<std::string_view> take_event_name(std::string_view& text) {
  if (text.empty() || text.front() != '"') return {};
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') {
    if (text[end] == '\\' || static_cast<unsigned char>(text[end]) < 0x20) return {};
    ++end;
  }
  if (end == text.size() || end == 1) return {};
  const std::string_view name = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return name;
}

/// An interval of the open packet. 0: it was not sent.
std::optional<std::int64_t> read_interval(const rapidjson::Document& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return 0;
  if (!member->value.IsInt64()) return {};
  const std::int64_t interval = member->value.GetInt64();
  if (interval < 0 || interval > kIntervalMaxMs) return {};
  return interval;
}

/// What goes into a URL's query as it is.
bool is_sid(std::string_view sid) {
  constexpr std::size_t kSidMax = 128;  // engine.io makes 20
  return !sid.empty() && sid.size() <= kSidMax && std::all_of(sid.begin(), sid.end(), [](char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

}  // namespace

Result<Packet> parse_packet(std::string_view text) {
  if (text.empty()) return Error{Reason::BadShape};
  const std::string_view rest = text.substr(1);
  const auto packet = [rest](PacketType type) { return Packet{.type = type, .name_space = "/", .payload = rest}; };
  switch (text.front()) {
    case '0':
      return packet(PacketType::Open);
    case '1':
      return packet(PacketType::Close);
    case '2':
      return packet(PacketType::Ping);
    case '3':
      return packet(PacketType::Pong);
    case '4':
      return parse_socket_io(rest);
    case '5':
      return packet(PacketType::Upgrade);
    case '6':
      return packet(PacketType::Noop);
    default:
      return Error{Reason::BadShape};
  }
}

Result<Event> split_event(std::string_view payload) {
  while (!payload.empty() && is_space(payload.back())) payload.remove_suffix(1);
  skip_spaces(payload);
  if (payload.empty() || payload.front() != '[') return Error{Reason::BadShape};
  if (payload.size() < 2 || payload.back() != ']') return Error{Reason::BadJson};
  payload.remove_prefix(1);
  skip_spaces(payload);
  const auto name = take_event_name(payload);
  if (!name) return Error{Reason::BadText};
  skip_spaces(payload);
  if (payload.empty()) return Error{Reason::BadJson};
  if (payload == "]") return Event{.name = *name, .argument = {}};
  if (payload.front() != ',') return Error{Reason::BadJson};
  payload.remove_prefix(1);
  skip_spaces(payload);

  const auto length = value_length(payload);
  if (!length.ok()) return length.error();
  std::string_view argument = payload.substr(0, *length);
  if (payload[*length] == ']' && *length + 1 != payload.size()) return Error{Reason::BadJson};
  while (!argument.empty() && is_space(argument.back())) argument.remove_suffix(1);
  if (argument.empty()) return Error{Reason::BadJson};
  return Event{.name = *name, .argument = argument};
}

Result<OpenPacket> parse_open(std::string_view payload) {
  constexpr std::size_t kOpenBytesMax = 64 * 1024;
  if (payload.size() > kOpenBytesMax) return Error{Reason::BadShape};
  rapidjson::Document object;
  // Iterative: nested brackets cost memory that the size bounds, not stack.
  if (object.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(payload.data(), payload.size()).HasParseError()) {
    return Error{Reason::BadJson};
  }
  if (!object.IsObject()) return Error{Reason::BadShape};
  OpenPacket packet;
  const auto sid = object.FindMember("sid");
  if (sid == object.MemberEnd()) return Error{Reason::MissingField, "sid"};
  if (!sid->value.IsString()) return Error{Reason::BadText, "sid"};
  packet.sid.assign(sid->value.GetString(), sid->value.GetStringLength());
  if (!is_sid(packet.sid)) return Error{Reason::BadText, "sid"};

  const auto interval = read_interval(object, "pingInterval");
  if (!interval) return Error{Reason::BadInteger, "pingInterval"};
  const auto timeout = read_interval(object, "pingTimeout");
  if (!timeout) return Error{Reason::BadInteger, "pingTimeout"};
  packet.ping_interval_ms = *interval;
  packet.ping_timeout_ms = *timeout;

  const auto upgrades = object.FindMember("upgrades");
  if (upgrades == object.MemberEnd()) return packet;
  if (!upgrades->value.IsArray()) return Error{Reason::BadShape, "upgrades"};
  for (const rapidjson::Value& upgrade : upgrades->value.GetArray()) {
    packet.can_upgrade =
        packet.can_upgrade || (upgrade.IsString() && std::string_view{upgrade.GetString(), upgrade.GetStringLength()} == "websocket");
  }
  return packet;
}

bool PollingReader::next(std::string_view& packet) {
  if (failed_ || rest_.empty()) return false;
  std::size_t left = 0;  // characters
  failed_ = !take_number(rest_, rest_.size(), left) || left == 0 || rest_.empty() || rest_.front() != ':';
  if (failed_) return false;
  rest_.remove_prefix(1);
  std::size_t size = 0;  // bytes
  while (left > 0 && size < rest_.size()) {
    const auto lead = static_cast<unsigned char>(rest_[size]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    const std::size_t units = bytes == 4 ? 2 : 1;
    if (units > left) break;
    left -= units;
    size += bytes;
  }
  failed_ = left > 0 || size > rest_.size();
  if (failed_) return false;
  packet = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

}  // namespace tidegate::xts
