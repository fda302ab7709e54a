#include "tools/sim/zerodha/rest.hpp"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>

namespace tidegate::sim::zerodha {
namespace {

constexpr std::string_view kInstruments = "/instruments";

net::HttpResponse failure(int status, std::string_view type, std::string_view message) {
  net::HttpResponse response;
  response.status = status;
  response.body = R"({"status":"error","message":")" + std::string{message} + R"(","error_type":")" + std::string{type} + R"("})";
  return response;
}

net::HttpResponse token_failure() { return failure(403, "TokenException", "Incorrect `api_key` or `access_token`."); }

net::HttpResponse success(std::string_view data) {
  net::HttpResponse response;
  response.body = R"({"status":"success","data":)" + std::string{data} + "}";
  return response;
}

/// Nothing but what can stand in JSON, HTML and a URL as it is: these texts come from the client and go back to it.
std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (plain) out += c;
  }
  return out;
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[digest[i] >> 4U];
    out += kDigits[digest[i] & 0xFU];
  }
  return out;
}

/// Empty when zlib refuses.
std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  std::string copy{text};  // zlib takes no const
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

/// Fields of a form, read as a query is.
std::string field(std::string_view form, std::string_view name) {
  net::HttpRequest as_query;
  as_query.target = "?" + std::string{form};
  return as_query.query(name);
}

bool take(std::int64_t& left) {
  if (left == 0) return false;
  if (left > 0) --left;
  return true;
}

}  // namespace

net::HttpResponse Rest::answer(const net::HttpRequest& request) {
  if (take(refuse_429)) return failure(429, "NetworkException", "Too many requests");
  if (take(refuse_503)) return failure(503, "NetworkException", "Service unavailable");
  const std::string_view path = request.path();
  if (request.method == "GET" && path.substr(0, kInstruments.size()) == kInstruments) {
    const std::string_view rest = path.substr(kInstruments.size());
    if (rest.empty() || rest.front() == '/') return instruments(request, rest.empty() ? rest : rest.substr(1));
  }
  if (request.method == "POST" && path == "/session/token") return open_session(request);
  if (request.method == "DELETE" && path == "/session/token") return close_session(request);
  if (request.method == "GET" && path == "/connect/login") return login(request);
  if (request.method == "GET" && path == "/user/profile") return profile(request);
  return failure(404, "GeneralException", "Route not found");
}

net::HttpResponse Rest::instruments(const net::HttpRequest& request, std::string_view exchange) {
  if (no_list_status != 0) return failure(no_list_status, "DataException", "No instruments");
  std::string text = list_.csv(exchange);
  if (text.empty()) return failure(400, "InputException", "Invalid `exchange`.");
  net::HttpResponse response;
  response.content_type = "text/csv";
  response.headers.emplace_back("ETag", list_.etag());
  if (request.header("Accept-Encoding").find("gzip") != std::string_view::npos) {
    if (std::string packed = gzip(text); !packed.empty()) {
      text = std::move(packed);
      response.headers.emplace_back("Content-Encoding", "gzip");
    }
  }
  response.body = std::move(text);
  return response;
}

net::HttpResponse Rest::open_session(const net::HttpRequest& request) {
  const std::string api_key = field(request.body, "api_key"), request_token = field(request.body, "request_token");
  if (api_key.empty() || request_token.empty()) return failure(400, "InputException", "Missing `api_key` or `request_token`.");
  if (request_token == "expired") return failure(403, "TokenException", "Token is invalid or has expired.");
  if (field(request.body, "checksum") != sha256_hex(api_key + request_token + options_.api_secret)) {
    return failure(403, "TokenException", "Invalid `checksum`.");
  }
  const std::string access_token = "simulated" + std::to_string(++issued_) + "x" + sha256_hex(request_token).substr(0, 16);
  credentials_.issue(api_key, access_token);
  return success(
      R"({"user_type":"individual","email":"user@example.com","user_name":"Simulated User","user_shortname":"Simulated","broker":"ZERODHA",)"
      R"("exchanges":["NSE","NFO","BFO","CDS","BSE","MCX","BCD"],"products":["CNC","NRML","MIS"],"order_types":["MARKET","LIMIT","SL","SL-M"],)"
      R"("avatar_url":null,"user_id":"XX0000","api_key":")" +
      harmless(api_key) + R"(","access_token":")" + access_token + R"(","public_token":"public)" + std::to_string(issued_) +
      R"(","enctoken":"","refresh_token":"","silo":"","login_time":"2030-01-01 09:00:00","meta":{"demat_consent":"physical"}})");
}

net::HttpResponse Rest::close_session(const net::HttpRequest& request) {
  const std::string api_key = request.query("api_key"), access_token = request.query("access_token");
  if (!credentials_.valid(api_key, access_token)) return token_failure();
  credentials_.expire(api_key, access_token);
  return success("true");
}

net::HttpResponse Rest::login(const net::HttpRequest& request) {
  if (request.query("api_key").empty()) return failure(400, "InputException", "Missing `api_key`.");
  const std::string query = "action=login&type=login&status=success&request_token=request" + std::to_string(++issued_);
  net::HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  if (options_.redirect_url.empty()) {
    response.body =
        "<!doctype html><title>Simulated login</title><p>A login here would lead to your redirect URL with:</p><pre>" + query + "</pre>\n";
    return response;
  }
  const char joint = options_.redirect_url.find('?') == std::string::npos ? '?' : '&';
  const std::string more = request.query("redirect_params");
  response.status = 302;
  response.headers.emplace_back("Location", options_.redirect_url + joint + query + (more.empty() ? "" : "&" + more));
  return response;
}

net::HttpResponse Rest::profile(const net::HttpRequest& request) {
  constexpr std::string_view kScheme = "token ";
  const std::string_view header = request.header("Authorization");
  Credentials::Pair pair;
  const bool given = header.substr(0, kScheme.size()) == kScheme && Credentials::read_pair(header.substr(kScheme.size()), pair);
  if (!given || !credentials_.valid(pair.first, pair.second)) return token_failure();
  return success(R"({"user_id":"XX0000","user_type":"individual","email":"user@example.com","user_name":"Simulated User",)"
                 R"("user_shortname":"Simulated","broker":"ZERODHA","exchanges":["NSE","NFO","BFO","CDS","BSE","MCX","BCD"]})");
}

}  // namespace tidegate::sim::zerodha
