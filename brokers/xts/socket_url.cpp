#include "brokers/xts/socket_url.hpp"

#include "brokers/common/safe_text.hpp"

namespace tidegate::xts {
namespace {

std::string with_query(const std::string& url, const Settings& settings, std::string_view encoded_token, std::string_view user,
                       std::string_view transport) {
  std::string text = url;
  text.append("?token=").append(encoded_token).append("&userID=").append(common::percent_encoded(user));
  text.append("&publishFormat=").append(settings.publish_format).append("&broadcastMode=").append(settings.broadcast_mode);
  return text.append("&EIO=3&transport=").append(transport);
}

void add_sid(std::string& url, std::string_view sid) {
  if (!sid.empty()) url.append("&sid=").append(common::percent_encoded(sid));
}

}  // namespace

std::string websocket_url(const Settings& settings, std::string_view token, std::string_view user, std::string_view sid) {
  std::string url = with_query(settings.socket_url, settings, common::percent_encoded(token), user, "websocket");
  add_sid(url, sid);
  return url;
}

std::string masked_websocket_url(const Settings& settings, std::string_view user) {
  return with_query(settings.socket_url, settings, common::kMask, user, "websocket");
}

std::string polling_url(const Settings& settings, std::string_view token, std::string_view user, std::string_view stamp, std::string_view sid) {
  std::string url = with_query(settings.polling_url, settings, common::percent_encoded(token), user, "polling");
  url.append("&t=").append(stamp).append("&b64=1");
  add_sid(url, sid);
  return url;
}

}  // namespace tidegate::xts
