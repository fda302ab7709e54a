#include "gateway/net/deflate_offer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tidegate::net {
namespace {

constexpr std::uint8_t kWindowBitsMin = 8;
constexpr std::uint8_t kWindowBitsMax = 15;

/// RFC 9110, 5.6.2.
bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.find(c) != std::string_view::npos;
}

/// Reads one header value from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { skip_space(); }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  /// Takes this character and the white space behind it.
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }
  /// Empty: there is none.
  std::string_view token() {
    const auto end = static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_token_char) - rest_.begin());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    skip_space();
    return found;
  }
  /// A token, or one in quotation marks: without its marks it must be one too (RFC 6455, 9.1), in which nothing needs an escape.
  std::string_view value() {
    if (rest_.empty() || rest_.front() != '"') return token();
    rest_.remove_prefix(1);
    const auto end = static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_token_char) - rest_.begin());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return take('"') ? found : std::string_view{};
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
};

/// 8 to 15, without a zero in front (RFC 7692, 7.1.2.1).
std::optional<std::uint8_t> window_bits(std::string_view text) {
  const bool digits = !text.empty() && text.size() <= 2 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.front() == '0') return std::nullopt;
  int bits = 0;
  for (const char c : text) bits = bits * 10 + (c - '0');
  if (bits < kWindowBitsMin || bits > kWindowBitsMax) return std::nullopt;
  return static_cast<std::uint8_t>(bits);
}

/// One offer of permessage-deflate, parameter by parameter.
class Offer {
 public:
  void add(std::string_view name, std::optional<std::string_view> value) { acceptable_ = add_known(name, value) && acceptable_; }
  [[nodiscard]] bool acceptable() const { return acceptable_; }

  [[nodiscard]] DeflateAgreement agreement() const {
    DeflateAgreement agreed;
    agreed.window_bits = server_bits_.value_or(kWindowBitsMax);
    agreed.answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (server_bits_) agreed.answer += "; server_max_window_bits=" + std::to_string(*server_bits_);
    return agreed;
  }

 private:
  [[nodiscard]] bool add_known(std::string_view name, std::optional<std::string_view> value) {
    if (name == "server_no_context_takeover") return !std::exchange(server_alone_, true) && !value;
    if (name == "client_no_context_takeover") return !std::exchange(client_alone_, true) && !value;
    if (name == "client_max_window_bits") return !std::exchange(client_window_, true) && (!value || window_bits(*value));
    if (name != "server_max_window_bits" || server_bits_ || !value) return false;
    server_bits_ = window_bits(*value);
    return server_bits_.has_value();
  }

  bool acceptable_ = true;
  bool server_alone_ = false, client_alone_ = false, client_window_ = false;  // said
  std::optional<std::uint8_t> server_bits_;
};

}  // namespace

DeflateAgreement agree_on_deflate(std::string_view header) {
  constexpr bool kMalformed = true;
  DeflateAgreement agreed;
  Reader reader(header);
  while (!reader.at_end()) {
    if (reader.take(',')) continue;  // a list may have empty places (RFC 9110, 5.6.1)
    const std::string_view extension = reader.token();
    if (extension.empty()) return {kMalformed};
    Offer offer;
    while (reader.take(';')) {
      const std::string_view name = reader.token();
      if (name.empty()) return {kMalformed};
      std::optional<std::string_view> value;
      if (reader.take('=')) {
        value = reader.value();
        if (value->empty()) return {kMalformed};
      }
      offer.add(name, value);
    }
    if (!reader.at_end() && !reader.take(',')) return {kMalformed};
    if (extension == "permessage-deflate" && agreed.window_bits == 0 && offer.acceptable()) agreed = offer.agreement();
  }
  return agreed;
}

}  // namespace tidegate::net
