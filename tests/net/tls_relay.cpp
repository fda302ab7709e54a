#include "tests/net/tls_relay.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string_view>

namespace tidegate::net::test {
namespace {

constexpr int kPollMs = 10;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void wait_for(int fd, short events) {
  pollfd entry{fd, events, 0};
  ::poll(&entry, 1, kPollMs);
}

}  // namespace

TlsRelay::TlsRelay(std::uint16_t to_port, const std::string& name) : to_port_(to_port), context_(SSL_CTX_new(TLS_server_method())) {
  make_certificate(name);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in at = loopback(0);
  REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
  REQUIRE(::listen(listener_, 16) == 0);
  socklen_t size = sizeof(at);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  port_ = ntohs(at.sin_port);
  acceptor_ = std::thread([this] { accept_until_stopped(); });
}

TlsRelay::~TlsRelay() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& thread : relays_) thread.join();
  ::close(listener_);
  SSL_CTX_free(context_);
  std::error_code ignored;
  std::filesystem::remove(certificate_file_, ignored);
}

std::string TlsRelay::server_name() {
  const std::lock_guard lock(mutex_);
  return server_name_;
}

void TlsRelay::make_certificate(const std::string& name) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  const std::string names = "DNS:" + name;
  X509_EXTENSION* const alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate, alternative, -1);
  X509_EXTENSION_free(alternative);
  X509_sign(certificate, key, EVP_sha256());
  REQUIRE(SSL_CTX_use_certificate(context_, certificate) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context_, key) == 1);
  std::string path = (std::filesystem::temp_directory_path() / "tidegate-test-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  FILE* const file = ::fdopen(fd, "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  certificate_file_ = path;
  X509_free(certificate);
  EVP_PKEY_free(key);
}

void TlsRelay::accept_until_stopped() {
  // OpenSSL writes without MSG_NOSIGNAL. Blocked in these threads alone: the code under test must do without.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  while (!stopping_) {
    wait_for(listener_, POLLIN);
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (client >= 0) relays_.emplace_back([this, client] { relay(client); });
  }
}

void TlsRelay::relay(int client) {
  SSL* const ssl = SSL_new(context_);
  SSL_set_fd(ssl, client);
  int shaken = 0;
  while (!stopping_ && (shaken = SSL_accept(ssl)) != 1) {
    const int why = SSL_get_error(ssl, shaken);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) break;
    wait_for(client, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
  }
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in to = loopback(to_port_);
  bool live = shaken == 1 && ::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  if (live) {
    const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(mutex_);
    server_name_ = asked == nullptr ? "" : asked;
  }
  std::array<char, 16384> buffer;
  while (live && !stopping_) {
    std::array<pollfd, 2> fds{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), kPollMs);
    const int count = SSL_read(ssl, buffer.data(), buffer.size());
    if (count > 0) {
      live = ::send(server, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
    } else {
      live = SSL_get_error(ssl, count) == SSL_ERROR_WANT_READ;
    }
    const ssize_t answered = ::recv(server, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (answered == 0) live = false;
    for (int sent = 0; answered > 0 && live && sent <= 0;) {
      sent = SSL_write(ssl, buffer.data(), static_cast<int>(answered));
      if (sent <= 0) live = !stopping_ && SSL_get_error(ssl, sent) == SSL_ERROR_WANT_WRITE;
      if (sent <= 0 && live) wait_for(client, POLLOUT);
    }
  }
  if (shaken == 1) SSL_shutdown(ssl);
  SSL_free(ssl);
  ::close(server);
  ::close(client);
}

}  // namespace tidegate::net::test
