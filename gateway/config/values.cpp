#include "gateway/config/values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tidegate {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array<Unit, 6> kTimeUnits = {
    {{"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}}};
constexpr std::array<Unit, 4> kSizeUnits = {
    {{"GiB", std::int64_t{1} << 30U}, {"MiB", std::int64_t{1} << 20U}, {"KiB", std::int64_t{1} << 10U}, {"B", 1}}};

template <std::size_t N>
std::optional<std::int64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string text_with_unit(std::int64_t value, const std::array<Unit, N>& units, std::string_view zero) {
  if (value == 0) return std::string(zero);
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value) + std::string(units.back().name);
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}
bool is_host_name(std::string_view host) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !host.empty() && host.size() <= 253 && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

struct HostPort {
  std::string host;
  std::string_view port;  // empty: none
  bool has_port = false;
  std::string problem;
};
HostPort split_host_port(std::string_view text) {
  HostPort result;
  std::string_view rest;
  if (!text.empty() && text[0] == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {{}, {}, false, "has \"[\" without \"]\""};
    result.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!is_ipv6(result.host)) return {{}, {}, false, "holds no IPv6 address between the brackets"};
  } else {
    const std::size_t colon = text.rfind(':');
    result.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    if (result.host.find(':') != std::string::npos) return {{}, {}, false, "holds an IPv6 address without brackets"};
    if (!is_host_name(result.host)) return {{}, {}, false, result.host.empty() ? "names no host" : "names a host that cannot be one"};
  }
  if (rest.empty()) return result;
  if (rest[0] != ':') return {{}, {}, false, "has text between host and port"};
  result.port = rest.substr(1);
  result.has_port = true;
  return result;
}

std::string port_problem(std::string_view text) {
  const auto port = parse_integer(text);
  if (!port) return "has a port that is not a number";
  return *port < 0 || *port > 65535 ? "has a port outside 0 to 65535" : "";
}

bool may_be_secret(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  constexpr std::array<std::string_view, 7> kWords = {"token", "key", "secret", "pass", "sign", "auth", "credential"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto ns = parse_with_unit(text, kTimeUnits);
  return ns ? std::optional(Duration{*ns}) : std::nullopt;
}
std::string duration_text(Duration value) { return text_with_unit(value.count(), kTimeUnits, "0s"); }

std::optional<std::int64_t> parse_size(std::string_view text) { return parse_with_unit(text, kSizeUnits); }
std::string size_text(std::int64_t bytes) { return text_with_unit(bytes, kSizeUnits, "0B"); }

EndpointText parse_endpoint(std::string_view text) {
  HostPort parts = split_host_port(text);
  if (!parts.problem.empty()) return {std::nullopt, parts.problem};
  if (!parts.has_port) return {std::nullopt, "has no port"};
  if (const std::string problem = port_problem(parts.port); !problem.empty()) return {std::nullopt, problem};
  return {Endpoint{std::move(parts.host), static_cast<std::uint16_t>(*parse_integer(parts.port))}, {}};
}

std::string endpoint_text(const Endpoint& endpoint) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  return (brackets ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

bool is_loopback(std::string_view host) {
  const std::string name(host);
  in_addr v4{};
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, name.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return name == "localhost";
}

UrlText parse_url(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return {std::nullopt, "has no scheme"};
  if (text.find_first_of(" \t\r\n\"<>\\") != std::string_view::npos) return {std::nullopt, "holds a character that no URL has"};
  std::string_view authority = text.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  HostPort parts = split_host_port(authority);
  if (!parts.problem.empty()) return {std::nullopt, parts.problem};
  if (parts.has_port) {
    if (std::string problem = port_problem(parts.port); !problem.empty()) return {std::nullopt, std::move(problem)};
  }
  return {Url{std::string(text.substr(0, scheme_end)), std::move(parts.host)}, {}};
}

std::string masked_url(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::string(text);
  const std::size_t begin = scheme_end + 3;
  const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
  std::string out(text.substr(0, begin));
  const std::string_view authority = text.substr(begin, end - begin);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::size_t colon = authority.substr(0, at).find(':');
    out += authority.substr(0, std::min(colon, at));
    if (colon != std::string_view::npos) out += ":***";
    out += authority.substr(at);
  } else {
    out += authority;
  }
  std::string_view rest = text.substr(end);
  const std::size_t question = std::min(rest.find('?'), rest.size());
  out += rest.substr(0, question);
  rest.remove_prefix(question);
  while (!rest.empty()) {  // "?name=value" or "&name=value"
    const std::size_t next = std::min(rest.find('&', 1), rest.size());
    const std::string_view pair = rest.substr(0, next);
    const std::size_t equals = pair.find('=');
    const bool secret = equals != std::string_view::npos && equals + 1 < pair.size() && may_be_secret(pair.substr(1, equals - 1));
    out += secret ? std::string(pair.substr(0, equals + 1)) + "***" : std::string(pair);
    rest.remove_prefix(next);
  }
  return out;
}

std::optional<Decimal> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const Result<Decimal> percent = parse_decimal(text.substr(0, text.size() - 1));
  if (!percent.ok() || percent.value().exponent < -4) return std::nullopt;
  if (compare(percent.value(), {0, 0}) <= 0 || compare(percent.value(), {100, 0}) > 0) return std::nullopt;
  return percent.value();
}

bool is_venue(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !text.empty() && text.size() <= 32 && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<std::string_view> venue_of(std::string_view symbol) {
  const std::size_t colon = symbol.find(':');
  if (colon == std::string_view::npos || !is_venue(symbol.substr(0, colon))) return std::nullopt;
  const std::string_view name = symbol.substr(colon + 1);
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && c != ',' && c != '"';
  });
  if (name.empty() || name.size() > 128 || !printable) return std::nullopt;
  return symbol.substr(0, colon);
}

}  // namespace tidegate
