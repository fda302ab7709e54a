#include "distributor/http_answers.hpp"

#include <utility>

#include "distributor/json_writer.hpp"

namespace tidegate::distributor {

net::HttpResponse json_answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

net::HttpResponse refusal(int status, const Complaint& complaint) {
  JsonWriter json;
  json.begin_object().number("status", static_cast<std::uint64_t>(status));
  if (complaint.code != 0) json.number("code", complaint.code);
  json.text("message", complaint.message).text("hint", complaint.hint);
  if (complaint.retry_after_ms != 0) json.number("retry_after_ms", complaint.retry_after_ms);
  json.end_object();
  net::HttpResponse response = json_answer(status, json.take());
  if (complaint.retry_after_ms != 0) response.headers.emplace_back("Retry-After", std::to_string((complaint.retry_after_ms + 999) / 1000));
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

net::HttpResponse refusal(int status, std::string_view message, std::string_view hint) {
  return refusal(status, Complaint{0, std::string(message), std::string(hint)});
}

}  // namespace tidegate::distributor
