// What a frames file holds, found out by a small scan: the simulator does not use the gateway's decoder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/recording/frames_file.hpp"
#include "tools/sim/xts/instruments.hpp"
#include "tools/sim/xts/logins.hpp"

namespace tidegate::sim::xts {

/// One packet of a packed event; a view into the attachment.
struct PackedPart {
  Subscription about;
  std::string_view bytes;
};
/// False: the attachment is not packets from end to end; `parts` holds those before the fault.
[[nodiscard]] bool split_packed(std::string_view attachment, std::vector<PackedPart>& parts);

enum class RecordedEvent : std::uint8_t {
  Data,     // of one instrument, or of several packed ones
  Other,    // about no instrument in particular, or malformed: for everybody
  Control,  // of the connection that was recorded: not played
};
/// What a text message is; `about` is filled for Data.
[[nodiscard]] RecordedEvent scan_text(std::string_view text, Subscription& about);
/// The argument of a Full JSON event; empty: it is none.
[[nodiscard]] std::string full_argument(std::string_view text);

struct Recording {
  std::vector<InstrumentKey> instruments;         // in order of appearance
  std::map<Subscription, std::string> snapshots;  // of recorded REST answers
  std::string master;                             // text of a recorded instrument master; empty: none
  std::uint64_t frames = 0;
  std::uint64_t malformed = 0;  // played all the same
  std::uint64_t bad_lines = 0;
  std::string first_problem;
};

/// Reads the file once. Returns an empty text, or why nothing can be played.
[[nodiscard]] std::string examine(const std::string& path, Recording& out);

/// Whether a recorded frame of a socket is played.
[[nodiscard]] bool is_played(const RecordedFrame& frame);

}  // namespace tidegate::sim::xts
