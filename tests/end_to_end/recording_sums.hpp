// What a recording must become, and what subscribers' messages came to: the same lines, hashed the same way (README of the shared fixtures).
#pragma once

#include <openssl/evp.h>
#include <rapidjson/document.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace tidegate::test {

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view text) { EVP_DigestUpdate(context_.get(), text.data(), text.size()); }
  [[nodiscard]] std::string hex() const;

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

/// Lines of one kind, in order of arrival.
struct LineSum {
  std::uint64_t count = 0;
  Sha256 sha;
  void add(const std::string& line) {
    ++count;
    sha.add(line + "\n");
  }
};

/// Data messages of one subscriber or of `tidegate decode`, summed by kind; books by symbol.
struct MessageSums {
  LineSum trades;   // SYMBOL,id,price,qty,buy|sell,time_us
  LineSum quotes;   // SYMBOL,bid,bid_qty,ask,ask_qty
  LineSum candles;  // SYMBOL,interval,open_time_us,open,high,low,close,volume,true|false
  std::uint64_t gaps = 0;
  std::uint64_t holes = 0;   // seq that did not follow the one before, and no gap said so
  std::uint64_t filled = 0;  // trades that filled a gap
  struct Book {
    std::uint64_t messages = 0;
    std::string sha;  // of the last one, whole
    std::size_t bids = 0, asks = 0;
  };
  std::map<std::string, Book> books;

  /// Keeps the last book of each symbol as text.
  void add(const rapidjson::Value& message);
  /// The same of a message that is still text. Only the last whole book of a symbol is read: thousands of levels, thousands of times, take minutes.
  void add(const std::string& message);
  /// Reads and hashes the last book of each symbol.
  void finish();

 private:
  [[nodiscard]] bool count(const rapidjson::Value& message);
  Book& count_book(const rapidjson::Value& message);
  void read_book(const rapidjson::Value& message, Book& book);

  std::map<std::string, std::string> last_messages_;  // unread books by symbol
  std::map<std::string, std::string> last_books_;
  std::map<std::string, std::uint64_t> last_seq_;
  std::map<std::string, std::set<std::uint64_t>> missing_;  // that gaps named
};

/// The quotes of a recording, read without any of the gateway's code: the line as in MessageSums.
void add_recorded_quote(LineSum& quotes, const rapidjson::Value& frame);

}  // namespace tidegate::test
