#include "gateway/config/ca_file.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>

namespace tidegate {
namespace {

struct Free {
  void operator()(BIO* source) const { BIO_free(source); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

std::string authorities_problem(std::string_view text) {
  const auto size = static_cast<int>(std::min<std::size_t>(text.size(), std::numeric_limits<int>::max()));
  const std::unique_ptr<BIO, Free> source{BIO_new_mem_buf(text.data(), size)};
  ERR_clear_error();
  bool any = false;
  while (const std::unique_ptr<X509, Free> certificate{PEM_read_bio_X509_AUX(source.get(), nullptr, nullptr, nullptr)}) any = true;
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (any && at_end) return {};
  return any ? "holds a damaged certificate" : "holds no certificate";
}

}  // namespace tidegate
