#include "brokers/zerodha/url.hpp"

#include "brokers/common/safe_text.hpp"

namespace tidegate::zerodha {
namespace {

std::string with_query(std::string_view ws_url, std::string_view api_key, std::string_view access_token) {
  std::string url{ws_url.substr(0, ws_url.find('#'))};
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t after_host = url.find_first_of("/?", host);
  if (after_host == std::string::npos) {
    url += '/';
  } else if (url[after_host] == '?') {
    url.insert(after_host, 1, '/');
  }
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url.append("api_key=").append(api_key).append("&access_token=").append(access_token);
}

}  // namespace

std::string ticker_url(std::string_view ws_url, const Credentials& credentials) {
  return with_query(ws_url, common::percent_encoded(credentials.api_key), common::percent_encoded(credentials.access_token));
}

std::string masked_ticker_url(std::string_view ws_url) { return with_query(ws_url, common::kMask, common::kMask); }

std::string printable(std::string_view text, const Credentials& credentials, std::size_t length_max) {
  return common::printable(text, {credentials.access_token, credentials.api_key}, length_max);
}

}  // namespace tidegate::zerodha
