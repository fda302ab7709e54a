// The messages of every dialect, from native ones. One thread; allocates nothing in steady state for market data.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/message.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/frame_buffer.hpp"

namespace tidegate::distributor {

class DialectWriter final : public FormatWriter {
 public:
  /// Both outlive the writer.
  DialectWriter(net::FramePool& frames, const Clock& clock) : frames_(frames), clock_(clock) {}

  [[nodiscard]] net::FrameRef write(Format format, const net::FrameRef& native) override;
  using Spelling = std::map<std::string, std::string, std::less<>>;
  /// The message with the full symbol replaced by what `spelling` has for it.
  [[nodiscard]] net::FrameRef respelled(Format format, const net::FrameRef& native, const Spelling& spelling);
  /// What one client is told instead of a native message that was meant for it alone; perhaps nothing, perhaps several.
  [[nodiscard]] std::vector<std::string> answers(Format format, std::string_view native) const;

 private:
  /// A frame that accounts for the same numbers as the native one.
  [[nodiscard]] net::FrameRef make(std::string_view text, const net::FrameRef& native);

  net::FramePool& frames_;
  const Clock& clock_;
  std::string text_;  // scratch
};

}  // namespace tidegate::distributor
