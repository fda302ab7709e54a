#include "distributor/sessions/addresses.hpp"

#include <algorithm>

namespace tidegate::distributor {
namespace {

constexpr std::string_view kHostCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-._:[]%";

bool is_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::string_view without_brackets(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view part = text.substr(0, end);
    if (part.empty() || part.size() > 3 || !is_digits(part)) return false;
    ++parts;
    if (end == text.size()) return parts == 4;
    text.remove_prefix(end + 1);
  }
}

bool is_address(std::string_view host) { return is_ipv4(host) || without_brackets(host).find(':') != std::string_view::npos; }

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower;
}

bool is_loopback_host(std::string_view host) {
  const std::string name = lower_case(without_brackets(host));
  return name == "localhost" || name == "::1" || (name.starts_with("127.") && is_ipv4(name));
}

HostText parse_host(std::string_view text) {
  const std::string host = lower_case(text);
  if (host.find_first_not_of(kHostCharacters) != std::string::npos) return {};
  std::size_t colon = std::string::npos;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string::npos || (end + 1 < host.size() && host[end + 1] != ':')) return {};
    if (end + 1 < host.size()) colon = end + 1;
  } else {
    colon = host.find(':');
    if (colon != host.rfind(':')) return {};
  }
  HostText parsed{host.substr(0, colon), colon == std::string::npos ? std::string{} : host.substr(colon + 1)};
  if (!is_digits(parsed.port) || parsed.port.size() > 5) return {};
  if (!parsed.name.starts_with('[') && parsed.name.find_first_of("[]%") != std::string::npos) return {};
  if (parsed.name.size() > 1 && parsed.name.back() == '.') parsed.name.pop_back();  // the root, written out
  return parsed;
}

HostRules::HostRules(std::string_view listen, const std::vector<std::string>& hosts)
    : listen_(lower_case(without_brackets(listen))), any_address_(listen_ == "0.0.0.0" || listen_ == "::") {
  for (const std::string& host : hosts) {
    if (HostText parsed = parse_host(host); !parsed.name.empty()) hosts_.push_back(std::move(parsed));
  }
}

bool HostRules::allows(std::string_view host_header) const {
  const HostText asked = parse_host(host_header);
  if (asked.name.empty()) return false;
  if (is_loopback_host(asked.name) || without_brackets(asked.name) == listen_ || (any_address_ && is_address(asked.name))) return true;
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const HostText& host) { return host.name == asked.name && (host.port.empty() || host.port == asked.port); });
}

}  // namespace tidegate::distributor
