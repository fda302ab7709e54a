// What an attachment holds as lines of text, with every member, so that tests compare whole packets at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "brokers/xts/packets.hpp"

namespace tidegate::test::xts {

using Lines = std::vector<std::string>;

/// "54.35"; "-" when absent.
std::string text(Decimal value);
std::string describe(const tidegate::xts::TouchlineMessage& message);
std::string describe(const tidegate::xts::DepthMessage& message);
std::string describe(const tidegate::xts::OpenInterestMessage& message);

/// "unknown 1599", "bad truncated body_size" for what is no message.
class DescribingSink final : public tidegate::xts::PacketSink {
 public:
  void on_packet(const tidegate::xts::TouchlineMessage& message) override { lines.push_back(describe(message)); }
  void on_packet(const tidegate::xts::DepthMessage& message) override { lines.push_back(describe(message)); }
  void on_packet(const tidegate::xts::OpenInterestMessage& message) override { lines.push_back(describe(message)); }
  void on_unknown_packet(std::uint32_t code) override { lines.push_back("unknown " + std::to_string(code)); }
  void on_bad_packet(Error error) override { lines.push_back("bad " + std::string{to_text(error.reason)} + " " + std::string{error.field}); }

  Lines lines;
};

/// The bytes are moved to where nothing lies behind them, for the sanitizer to see.
Lines read(std::string_view attachment);

}  // namespace tidegate::test::xts
