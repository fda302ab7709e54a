#include "brokers/ibkr/control.hpp"

#include "brokers/ibkr/contract_json.hpp"

namespace tidegate::ibkr {
namespace {

using Kind = ControlMessage::Kind;

/// Messages of the account may be longer; none of those is read here.
constexpr std::size_t kControlBytesMax = 256U << 10U;

}  // namespace

ControlMessage read_control(std::string_view message) {
  ControlMessage control;
  if (message.size() > kControlBytesMax) return control;
  rapidjson::Document document;
  if (!parse_json(document, message) || !document.IsObject()) return control;
  const std::string_view topic = json_text(json_member(document, "topic"));
  if (topic == "system") {
    if (json_member(document, "hb") != nullptr) control.kind = Kind::Heartbeat;
  } else if (topic == "sts") {
    control.kind = Kind::Status;
    if (const rapidjson::Value* args = json_member(document, "args"); args != nullptr) control.status = read_auth_status(*args);
  } else if (topic == "error" || (topic.empty() && json_member(document, "error") != nullptr)) {
    control.kind = Kind::Complaint;
  } else if (topic.empty() && json_text(json_member(document, "message")) == "waiting for session") {
    control.kind = Kind::SessionWanted;
  }
  return control;
}

}  // namespace tidegate::ibkr
