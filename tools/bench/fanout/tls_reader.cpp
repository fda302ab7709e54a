#include "tools/bench/fanout/tls_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tidegate::bench {
namespace {

SSL_CTX* client_context() {
  static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  return context;
}

}  // namespace

TlsReader::TlsReader(std::uint16_t port, std::string_view request) : socket_(connect_local(port)), ssl_(SSL_new(client_context())) {
  if (!socket_.ok() || !ssl_) return;
  SSL_set_fd(ssl_.get(), socket_.fd());
  const std::string frame = masked_frame(request);
  ok_ = SSL_connect(ssl_.get()) == 1 && upgrade() && SSL_write(ssl_.get(), frame.data(), static_cast<int>(frame.size())) > 0 &&
        ::fcntl(socket_.fd(), F_SETFL, O_NONBLOCK) == 0;
}

bool TlsReader::upgrade() {
  const std::string request = upgrade_request();
  if (SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) return false;
  std::string answer;
  char byte = 0;  // one at a time: what follows the answer belongs to the reader
  while (!answer.ends_with("\r\n\r\n")) {
    if (SSL_read(ssl_.get(), &byte, 1) != 1) return false;
    answer += byte;
  }
  return answer.starts_with("HTTP/1.1 101");
}

std::size_t TlsReader::read() {
  std::array<char, 16'384> buffer;
  std::size_t ends = 0;
  for (int count = 0; (count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
    ends += static_cast<std::size_t>(std::count(buffer.begin(), buffer.begin() + count, '}'));
  }
  return ends;
}

}  // namespace tidegate::bench
