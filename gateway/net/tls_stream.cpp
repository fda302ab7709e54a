#include "gateway/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <new>

namespace tidegate::net {
namespace {

// ECDHE and AEAD, nothing else, of TLS 1.2; all of TLS 1.3 is like that.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK";
constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};  // as ALPN writes it

/// OpenSSL's own socket BIO would raise SIGPIPE, and its memory BIOs cost one more copy.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int send_some(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_some(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(socket_of(bio), to, static_cast<std::size_t>(room), MSG_DONTWAIT);
  if (count < 0 && would_block()) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
    if (made == nullptr) throw std::bad_alloc{};
    BIO_meth_set_write(made, send_some);
    BIO_meth_set_read(made, receive_some);
    BIO_meth_set_ctrl(made, control);
    BIO_meth_set_create(made, create);
    return made;
  }();
  return method;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered, unsigned int size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, kHttp11, sizeof(kHttp11), offered, size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

/// A key behind a passphrase is refused, not asked for at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string last_error() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kTls12Ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A retried record may stand elsewhere, as the outbox moves; and idle connections give their buffers back, 34 KiB each.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Clients resume by tickets; the server keeps nothing for them.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::unique_ptr<TlsContext> TlsContext::load(const TlsFiles& files, std::string& problem) {
  ERR_clear_error();
  SSL_CTX* const made = SSL_CTX_new(TLS_server_method());
  if (made == nullptr) throw std::bad_alloc{};
  std::unique_ptr<TlsContext> context(new TlsContext(made));
  set_rules(made);
  if (SSL_CTX_use_certificate_chain_file(made, files.certificate.c_str()) != 1) {
    problem = "the certificate " + files.certificate + " cannot be used: " + last_error();
  } else if (SSL_CTX_use_PrivateKey_file(made, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(made) != 1) {
    problem = "the private key " + files.private_key + " cannot be used: " + last_error();
  }
  if (!problem.empty()) context.reset();
  return context;
}

std::int64_t TlsContext::expires_unix_s() const {
  const X509* const certificate = SSL_CTX_get0_certificate(context_.get());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
  return ::timegm(&end);
}

TlsStream::TlsStream(const TlsContext& context, int socket) : ssl_(SSL_new(context.get())) {
  BIO* const bio = ssl_ == nullptr ? nullptr : BIO_new(socket_method());
  if (bio == nullptr) {
    SSL_free(ssl_);
    throw std::bad_alloc{};
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

TlsStream::Step TlsStream::read(char* to, std::size_t room) {
  if (!usable_) return {0, Next::Failed};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_, to, room, &bytes);
  return outcome(result, bytes);
}

TlsStream::Step TlsStream::write(const char* bytes, std::size_t size) {
  if (!usable_) return {0, Next::Failed};
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_, bytes, std::min(size, kRecordBytes), &written);
  return outcome(result, written);
}

TlsStream::Step TlsStream::outcome(int result, std::size_t bytes) {
  if (result == 1) return {bytes, Next::Ready};
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ) return {0, Next::WaitRead};
  if (error == SSL_ERROR_WANT_WRITE) return {0, Next::WaitWrite};
  if (error == SSL_ERROR_ZERO_RETURN) return {0, Next::Closed};
  usable_ = false;  // OpenSSL wants nothing more done with it
  const int reason = error == SSL_ERROR_SSL ? ERR_GET_REASON(ERR_peek_error()) : 0;
  ERR_clear_error();
  if (error == SSL_ERROR_SYSCALL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {0, Next::Closed};
  return {0, reason == SSL_R_HTTP_REQUEST ? Next::PlainHttp : Next::Failed};
}

void TlsStream::end() {
  if (!usable_ || SSL_is_init_finished(ssl_) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  usable_ = false;
}

bool TlsStream::has_pending() const { return SSL_has_pending(ssl_) == 1; }

}  // namespace tidegate::net
