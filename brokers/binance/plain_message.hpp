// One frame with one message, written as the venue writes it. Most frames are of this kind, and are read here, in a third of the time.
#pragma once

#include <string>

#include "brokers/binance/message.hpp"

namespace tidegate::binance {

/// Reads a frame with one message, with or without the envelope, into `message`. False where anything is not as plain as the venue writes it: white
/// space, escapes, null, structures that nobody reads, a level that cannot be used, several messages, faults. Then `message` means nothing, and
/// FrameReader has to read the frame, whose results these are.
[[nodiscard]] bool read_plain_message(const std::string& frame, Message& message);

}  // namespace tidegate::binance
