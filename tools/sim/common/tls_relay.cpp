#include "tools/sim/common/tls_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

namespace tidegate::sim {
namespace {

constexpr int kPollMs = 10;  // between two looks at whether to stop
constexpr int kBacklog = 64;
constexpr long kValidBeforeS = 3'600, kValidS = 30L * 24 * 3'600;
constexpr std::size_t kBufferBytes = 16'384;

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::string pem_of(X509* certificate) {
  const Owned<BIO> memory{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(memory.get(), certificate);
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(count)};
}

/// One direction of a connection: what was read and could not be written yet.
class Pending {
 public:
  [[nodiscard]] bool empty() const { return from_ == to_; }
  [[nodiscard]] char* room() { return buffer_.data(); }
  void filled(std::size_t count) {
    from_ = 0;
    to_ = count;
  }
  [[nodiscard]] const char* data() const { return buffer_.data() + from_; }
  [[nodiscard]] std::size_t size() const { return to_ - from_; }
  void written(std::size_t count) { from_ += count; }

 private:
  std::array<char, kBufferBytes> buffer_;
  std::size_t from_ = 0, to_ = 0;
};

bool only_waits(const SSL* ssl, int result) {
  const int why = SSL_get_error(ssl, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/// Moves what can be moved now; false: one side has ended.
bool move_to_server(SSL* ssl, int server, Pending& bytes) {
  if (bytes.empty()) {
    const int count = SSL_read(ssl, bytes.room(), static_cast<int>(kBufferBytes));
    if (count <= 0) return only_waits(ssl, count);
    bytes.filled(static_cast<std::size_t>(count));
  }
  const ssize_t sent = ::send(server, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  bytes.written(static_cast<std::size_t>(sent));
  return true;
}

bool move_to_client(SSL* ssl, int server, Pending& bytes) {
  if (bytes.empty()) {
    const ssize_t count = ::recv(server, bytes.room(), kBufferBytes, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    bytes.filled(static_cast<std::size_t>(count));
  }
  const int sent = SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
  if (sent <= 0) return only_waits(ssl, sent);
  bytes.written(static_cast<std::size_t>(sent));
  return true;
}

void wait_for(int fd, short events) {
  pollfd entry{fd, events, 0};
  ::poll(&entry, 1, kPollMs);
}

short events_of(const Pending& in, const Pending& out) { return static_cast<short>((in.empty() ? POLLIN : 0) | (out.empty() ? 0 : POLLOUT)); }

int connect_to(std::uint16_t port) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return server;
  ::close(server);
  return -1;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

TlsRelay::TlsRelay() : context_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsRelay::~TlsRelay() {
  stopping_ = true;
  if (acceptor_.joinable()) acceptor_.join();
  for (Worker& worker : workers_) worker.thread.join();
  if (listener_ >= 0) ::close(listener_);
  SSL_CTX_free(context_);
}

std::string TlsRelay::server_name() {
  const std::lock_guard lock(mutex_);
  return server_name_;
}

void TlsRelay::speak_old_versions_only() {
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_, TLS1_1_VERSION);
}

std::string TlsRelay::load_certificate(const std::string& certificate_file, const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(context_, certificate_file.c_str()) != 1) return certificate_file + " holds no certificate";
  if (SSL_CTX_use_PrivateKey_file(context_, key_file.c_str(), SSL_FILETYPE_PEM) != 1) return key_file + " holds no private key of the certificate";
  certificate_ = pem_of(SSL_CTX_get0_certificate(context_));
  return {};
}

std::string TlsRelay::make_certificate(const std::string& names) {
  const Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  const Owned<X509> certificate{X509_new()};
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kValidBeforeS);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidS);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const auto* const common_name = reinterpret_cast<const unsigned char*>("tidegate-sim");
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_EXTENSION* const alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  if (alternative == nullptr) return "no certificate can have these names: " + names;
  X509_add_ext(certificate.get(), alternative, -1);
  X509_EXTENSION_free(alternative);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  if (SSL_CTX_use_certificate(context_, certificate.get()) != 1 || SSL_CTX_use_PrivateKey(context_, key.get()) != 1)
    return "OpenSSL refuses the certificate";
  certificate_ = pem_of(certificate.get());
  return {};
}

std::string TlsRelay::listen(const std::string& host, std::uint16_t port, std::uint16_t to_port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &at.sin_addr) != 1) return "not an IPv4 address: " + host;
  to_port_ = to_port;
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int reuse = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  socklen_t size = sizeof(at);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(listener_, kBacklog) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    return "cannot listen on " + host + ":" + std::to_string(port);
  }
  port_ = ntohs(at.sin_port);
  acceptor_ = std::thread([this] { accept_until_stopped(); });
  return {};
}

void TlsRelay::accept_until_stopped() {
  // OpenSSL writes without MSG_NOSIGNAL. Blocked in these threads alone: the rest of the process must do without.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  while (!stopping_) {
    wait_for(listener_, POLLIN);
    workers_.remove_if([](Worker& worker) {
      if (!worker.done) return false;
      worker.thread.join();
      return true;
    });
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) continue;
    Worker& worker = workers_.emplace_back();
    worker.thread = std::thread([this, client, &worker] {
      relay(client);
      worker.done = true;
    });
  }
}

void TlsRelay::relay(int client) {
  SSL* const ssl = SSL_new(context_);
  SSL_set_fd(ssl, client);
  no_delay(client);
  int shaken = 0;
  while (!stopping_ && (shaken = SSL_accept(ssl)) != 1) {
    const int why = SSL_get_error(ssl, shaken);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) break;
    wait_for(client, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
  }
  const int server = shaken == 1 ? connect_to(to_port_) : -1;
  bool live = server >= 0;
  if (live) {
    no_delay(server);
    const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(mutex_);
    server_name_ = asked == nullptr ? "" : asked;
  }
  Pending to_server, to_client;
  while (live && !stopping_) {
    std::array<pollfd, 2> fds{{{client, events_of(to_server, to_client), 0}, {server, events_of(to_client, to_server), 0}}};
    ::poll(fds.data(), fds.size(), SSL_pending(ssl) > 0 && to_server.empty() ? 0 : kPollMs);
    live = move_to_server(ssl, server, to_server) && move_to_client(ssl, server, to_client);
  }
  if (shaken == 1 && live) SSL_shutdown(ssl);
  SSL_free(ssl);
  if (server >= 0) ::close(server);
  ::close(client);
}

}  // namespace tidegate::sim
