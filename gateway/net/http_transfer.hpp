// One HTTP call while libcurl has it. Internal to gateway/net.
#pragma once

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/net/http_client.hpp"
#include "gateway/net/tls_problem.hpp"

namespace tidegate::net {

struct CurlUrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// On the client's own thread, once submitted.
class Transfer {
 public:
  Transfer(HttpClient::Token call_token, HttpCall&& wanted, bool is_last) : token(call_token), last(is_last), call_(std::move(wanted)) {}
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(header_list_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The handle to give to libcurl; null when the call cannot be made, with the reason in the answer.
  CURL* prepare() {
    for (const auto& [name, value] : call_.headers) {
      if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return refuse("a header cannot be sent as given: " + name);
    }
    easy_ = curl_easy_init();
    if (easy_ == nullptr) return refuse("out of memory");
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, static_cast<void*>(problem_));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_URL, call_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // as for WebSockets: none, whatever the environment says
    set(CURLOPT_USERAGENT, "tidegate");
    set(CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can undo
    const auto timeout_ms = static_cast<long>(std::max<std::int64_t>(1, call_.timeout.count()));
    set(CURLOPT_TIMEOUT_MS, timeout_ms);
    set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));  // and newer
    set(CURLOPT_SSL_VERIFYPEER, call_.tls.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, call_.tls.verify ? 2L : 0L);
    if (!call_.tls.ca_file.empty()) set(CURLOPT_CAINFO, call_.tls.ca_file.c_str());
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    prepare_request();
    return easy_;
  }

  HttpAnswer finish(CURLcode result) {
    if (result == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      answer_.status = static_cast<int>(status);
    } else if (answer_.error.empty()) {
      answer_.error = problem_of(result);
    }
    if (!answer_.error.empty()) {
      answer_.status = 0;
      answer_.body.clear();
      answer_.headers.clear();
    }
    return std::move(answer_);
  }

  [[nodiscard]] CURL* handle() const { return easy_; }

  const HttpClient::Token token;
  const bool last;  // ends by itself, also when the client does

 private:
  static constexpr std::size_t kHeadersBytesMax = 1U << 20U;

  CURL* refuse(std::string why) {
    answer_.error = std::move(why);
    return nullptr;
  }

  /// The words for what libcurl gave up on; its own where TLS has nothing to do with it.
  [[nodiscard]] std::string problem_of(CURLcode result) const {
    switch (result) {
      case CURLE_PEER_FAILED_VERIFICATION: {
        long verification = X509_V_OK;
        curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &verification);
        // libcurl compares the names itself, when the certificate has passed and before it takes over OpenSSL's result.
        const bool passed = verification == X509_V_OK || verification == X509_V_ERR_UNSPECIFIED;
        return passed ? name_problem(host()) : certificate_problem(verification, host());
      }
      case CURLE_SSL_CACERT_BADFILE:
        if (std::string problem = ca_file_problem(call_.tls.ca_file); !problem.empty()) return problem;
        break;
      case CURLE_SSL_CONNECT_ERROR: {
        const unsigned long code = openssl_code();
        // A signature that does not fit its authority is the one fault of a certificate that libcurl does not tell from a handshake's.
        const bool of_signature = code != 0 && ERR_GET_LIB(code) != ERR_LIB_SSL;
        return of_signature && call_.tls.verify ? certificate_problem(X509_V_ERR_CERT_SIGNATURE_FAILURE, host()) : handshake_problem(code);
      }
      case CURLE_GOT_NOTHING:
      case CURLE_RECV_ERROR:
      case CURLE_UNSUPPORTED_PROTOCOL:
      case CURLE_WEIRD_SERVER_REPLY:
        if (header_bytes_ == 0 && is_plain()) return plain_problem();
        break;
      default:
        break;
    }
    return problem_[0] != '\0' ? problem_ : curl_easy_strerror(result);
  }

  /// The code in libcurl's words, which has the form of ERR_error_string: "error:0A00010B:SSL routines::wrong version number". 0: none.
  [[nodiscard]] unsigned long openssl_code() const {
    constexpr std::string_view kBefore = "error:";
    const std::string_view words{problem_};
    const std::size_t at = words.find(kBefore);
    unsigned long code = 0;
    if (at != std::string_view::npos) std::from_chars(words.data() + at + kBefore.size(), words.data() + words.size(), code, 16);
    return code;
  }

  [[nodiscard]] bool is_plain() const {
    const char* scheme = nullptr;
    curl_easy_getinfo(easy_, CURLINFO_SCHEME, &scheme);
    return scheme != nullptr && curl_strequal(scheme, "http") != 0;
  }

  /// Of the URL, without the brackets of an IPv6 address; empty: it has none.
  [[nodiscard]] std::string host() const {
    const std::unique_ptr<CURLU, CurlUrlFree> url{curl_url()};
    char* found = nullptr;
    if (!url || curl_url_set(url.get(), CURLUPART_URL, call_.url.c_str(), 0) != CURLUE_OK ||
        curl_url_get(url.get(), CURLUPART_HOST, &found, 0) != CURLUE_OK) {
      return {};
    }
    std::string host{found};
    curl_free(found);
    return host.size() > 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  void prepare_request() {
    if (call_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (call_.method == "POST" || !call_.body.empty()) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
      set(CURLOPT_POSTFIELDS, call_.body.c_str());
    }
    if (call_.method != "GET" && call_.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    if (call_.method == "GET" && !call_.body.empty()) set(CURLOPT_CUSTOMREQUEST, "GET");
    header_list_ = curl_slist_append(header_list_, "Expect:");  // no round trip before a body
    for (const auto& [name, value] : call_.headers) {
      // libcurl's spelling of a header without a value.
      header_list_ = curl_slist_append(header_list_, (value.empty() ? name + ";" : name + ": " + value).c_str());
    }
    set(CURLOPT_HTTPHEADER, header_list_);
  }

  static std::size_t on_body(const char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size * count});
  }
  static std::size_t on_header(const char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({bytes, size * count});
  }

  /// Taking less than was offered makes libcurl give up.
  std::size_t take_body(std::string_view bytes) {
    if (bytes.size() > call_.body_bytes_max - answer_.body.size()) {
      answer_.error = "the answer is larger than " + std::to_string(call_.body_bytes_max) + " bytes";
      return bytes.empty() ? 1 : 0;
    }
    answer_.body.append(bytes);
    return bytes.size();
  }

  std::size_t take_header(std::string_view line) {
    const std::size_t size = line.size();
    header_bytes_ += size;
    if (header_bytes_ > kHeadersBytesMax) {
      answer_.error = "the headers of the answer are larger than " + std::to_string(kHeadersBytesMax) + " bytes";
      return 0;
    }
    if (line.substr(0, 5) == "HTTP/") {
      answer_.headers.clear();  // those before it belonged to an interim answer
      return size;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    line.remove_prefix(colon + 1);
    const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!line.empty() && space(line.front())) line.remove_prefix(1);
    while (!line.empty() && space(line.back())) line.remove_suffix(1);
    answer_.headers.emplace_back(std::move(name), line);
    return size;
  }

  const HttpCall call_;  // libcurl reads its texts in place
  HttpAnswer answer_;
  CURL* easy_ = nullptr;
  curl_slist* header_list_ = nullptr;
  std::size_t header_bytes_ = 0;
  char problem_[CURL_ERROR_SIZE] = {};
};

}  // namespace tidegate::net
