// A trade's message as the gateway writes it, for servers that get theirs from us: the same bytes but for the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::bench {

class SampleRecord {
 public:
  explicit SampleRecord(std::size_t symbol);

  [[nodiscard]] std::string_view text() const { return text_; }
  /// Writes a time into its trade_id; of as many digits as the last one.
  void stamp(std::int64_t now_ns);

 private:
  std::string text_;
  std::size_t at_ = 0, digits_ = 0;  // of the trade_id
};

}  // namespace tidegate::bench
