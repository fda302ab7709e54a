#include "brokers/ibkr/control.hpp"

#include "brokers/ibkr/json_members.hpp"

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
  parse(document, message);
  if (document.HasParseError() || !document.IsObject()) return control;
  const std::string_view topic = text_of(member(&document, "topic"));
  if (topic == "system") {
    if (member(&document, "hb") != nullptr) control.kind = Kind::Heartbeat;
  } else if (topic == "sts") {
    const rapidjson::Value* args = member(&document, "args");
    control.kind = Kind::Status;
    control.status = {.authenticated = truth_of(member(args, "authenticated")),
                      .established = truth_of(member(args, "established")),
                      .competing = truth_of(member(args, "competing")),
                      .message = std::string{text_of(member(args, "message"))}};
  } else if (topic.starts_with("smd+") || topic.starts_with("sbd")) {
    control.kind = Kind::Data;
    control.topic = topic;
  } else if (topic == "error" || (topic.empty() && member(&document, "error") != nullptr)) {
    control.kind = Kind::Complaint;
  } else if (topic.empty() && text_of(member(&document, "message")) == "waiting for session") {
    control.kind = Kind::SessionWanted;
  }
  return control;
}

}  // namespace tidegate::ibkr
