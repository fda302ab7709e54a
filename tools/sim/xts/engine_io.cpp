#include "tools/sim/xts/engine_io.hpp"

#include <rapidjson/document.h>

#include <charconv>

#include "tools/sim/xts/token.hpp"

namespace tidegate::sim::xts {
namespace {

constexpr std::size_t kAttachmentsMax = 10;

bool is_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  return !document.HasParseError();
}

/// Behind the type digit of a Socket.IO packet: attachments, name space, id, then JSON or nothing.
ReadPacket read_socket_io(std::string_view text) {
  if (text.empty()) return {};
  const char type = text.front();
  text.remove_prefix(1);
  if (type < '0' || type > '6') return {ClientPacket::Ignored};  // the server answers itself with an error, and goes on
  if (type == '5' || type == '6') {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos || dash == 0 || dash > kAttachmentsMax) return {};
    if (text.substr(0, dash).find_first_not_of("0123456789") != std::string_view::npos) return {};
    text.remove_prefix(dash + 1);
  }
  std::string_view name_space = "/";
  if (!text.empty() && text.front() == '/') {
    name_space = text.substr(0, text.find(','));
    text.remove_prefix(name_space.size() == text.size() ? text.size() : name_space.size() + 1);
  }
  if (type == '0') return {name_space == "/" ? ClientPacket::Connect : ClientPacket::ConnectElsewhere, name_space};
  if (type == '1') return {name_space == "/" ? ClientPacket::Disconnect : ClientPacket::Ignored};
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  return {text.empty() || is_json(text) ? ClientPacket::Ignored : ClientPacket::Unparsable};
}

std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
  }
  return units;
}

/// How many bytes so many UTF-16 units take; npos: the text ends before.
std::size_t bytes_of_units(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  while (units > 0 && at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t size = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    units -= std::min<std::size_t>(units, size == 4 ? 2 : 1);
    at += size;
  }
  return units == 0 && at <= text.size() ? at : std::string_view::npos;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr std::string_view kDigits = "0123456789abcdef";
          out.append("\\u00").append(1, kDigits[static_cast<unsigned char>(c) >> 4U]).append(1, kDigits[static_cast<unsigned char>(c) & 0xFU]);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string event_text(std::string_view name, std::string_view argument) {
  std::string out = "42[";
  append_json_text(out, name);
  out += ',';
  append_json_text(out, argument);
  return out + ']';
}

std::string event_json(std::string_view name, std::string_view json) {
  std::string out = "42[";
  append_json_text(out, name);
  return out.append(",").append(json).append("]");
}

std::string attachment(std::string_view bytes) { return std::string(1, '\x04').append(bytes); }

ReadPacket read_packet(std::string_view text) {
  if (text.empty()) return {};
  switch (text.front()) {
    case '1':
      return {ClientPacket::Close};
    case '2':
      return {text == "2probe" ? ClientPacket::Probe : ClientPacket::Ping};
    case '4':
      return read_socket_io(text.substr(1));
    case '5':
      return {ClientPacket::Upgrade};
    case '0':
    case '3':
    case '6':
      return {ClientPacket::Ignored};
    default:
      return {};
  }
}

ReadPacket read_binary_packet(std::string_view bytes) {
  return {bytes.empty() || bytes.front() == '\x04' ? ClientPacket::Unparsable : ClientPacket::Ignored};
}

std::string polling_body(const std::vector<OutPacket>& packets) {
  std::string body;
  for (const OutPacket& packet : packets) {
    const std::string text = packet.binary ? "b4" + base64(packet.bytes) : packet.bytes;
    body += std::to_string(utf16_units(text)) + ':' + text;
  }
  return body;
}

bool split_polling_body(std::string_view body, std::vector<std::string_view>& packets) {
  packets.clear();
  while (!body.empty()) {
    std::size_t units = 0;
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), units);
    if (error != std::errc{} || end == body.data() + body.size() || *end != ':') return false;
    body.remove_prefix(static_cast<std::size_t>(end - body.data()) + 1);
    const std::size_t bytes = bytes_of_units(body, units);
    if (bytes == std::string_view::npos) return false;
    packets.push_back(body.substr(0, bytes));
    body.remove_prefix(bytes);
  }
  return !packets.empty();
}

}  // namespace tidegate::sim::xts
