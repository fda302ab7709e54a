#include "brokers/ibkr/oauth_signature.hpp"

#include <algorithm>
#include <cstddef>

#include "brokers/common/safe_text.hpp"

namespace tidegate::ibkr {
namespace {

using common::percent_encoded;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// A part of a query (application/x-www-form-urlencoded). Nothing when a percent sign stands without its two digits.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return out;
}

bool add_query(std::string_view query, OAuthParameters& parameters) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto name = decoded(part.substr(0, equals));
    auto value = decoded(equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1));
    if (!name || !value) return false;
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

/// Section 3.4.1.2: scheme and host in lower case, the port only where it is not the scheme's own. Empty: no http or https address.
std::string base_address(std::string_view url) {
  const std::size_t end_of_scheme = url.find("://");
  if (end_of_scheme == std::string_view::npos) return {};
  const std::string scheme = lower(url.substr(0, end_of_scheme));
  if (scheme != "http" && scheme != "https") return {};
  std::string_view rest = url.substr(end_of_scheme + 3);
  rest = rest.substr(0, rest.find('#'));
  rest = rest.substr(0, rest.find('?'));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string host = lower(rest.substr(0, slash));
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
  if (host.empty() || host.find('@') != std::string::npos) return {};
  const std::string_view path = rest.substr(slash);
  return scheme + "://" + host + std::string{path.empty() ? "/" : path};
}

}  // namespace

std::optional<std::string> oauth_base_string(std::string_view method, std::string_view url, OAuthParameters parameters, OAuthQuery query) {
  const std::string address = base_address(url);
  if (address.empty()) return std::nullopt;
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find('?');
  if (query == OAuthQuery::Signed && mark != std::string_view::npos && !add_query(url.substr(mark + 1), parameters)) return std::nullopt;
  for (auto& [name, value] : parameters) {
    name = percent_encoded(name);
    value = percent_encoded(value);
  }
  std::sort(parameters.begin(), parameters.end());  // section 3.4.1.3.2: by the encoded bytes, equal names by value
  std::string joined;
  for (const auto& [name, value] : parameters) {
    if (!joined.empty()) joined += '&';
    joined.append(name).append("=").append(value);
  }
  std::string out{method};
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out.append("&").append(percent_encoded(address)).append("&").append(percent_encoded(joined));
}

std::string oauth_header(std::string_view realm, OAuthParameters parameters) {
  std::sort(parameters.begin(), parameters.end());
  std::string out = "OAuth realm=\"" + std::string{realm} + '"';
  for (const auto& [name, value] : parameters) {
    out.append(", ").append(percent_encoded(name)).append("=\"").append(percent_encoded(value)).append("\"");
  }
  return out;
}

}  // namespace tidegate::ibkr
