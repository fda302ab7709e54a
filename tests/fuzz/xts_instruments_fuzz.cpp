// The first byte chooses whether the rest is a master, a REST answer, an entry of an index list or names of segments.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/xts/instrument_answer.hpp"
#include "brokers/xts/instruments.hpp"

using namespace tidegate;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Whatever the text: every instrument has a name, an id and a venue, and no row gave more than one.
void check_list(std::string_view text) {
  const common::ParsedInstruments list = xts::parse_instruments(text);
  require(list.instruments.size() + list.bad_rows + list.duplicates <= text.size());
  require((list.bad_rows > 0) == (list.first_bad_line > 0));
  for (const Instrument& instrument : list.instruments) {
    require(instrument.native.token != 0 && instrument.native.text.empty() && common::is_listed_name(instrument.name));
    const xts::Segment* segment = xts::find_segment(instrument.native.segment);
    require(segment != nullptr && segment->venue == instrument.venue);
    require(instrument.expiry.known() == (instrument.kind == InstrumentKind::Future || instrument.kind == InstrumentKind::Option));
    for (const Decimal amount : {instrument.tick_size, instrument.lot_size, instrument.strike}) require(!amount.present() || amount.mantissa > 0);
  }
}

/// A row that was written is one that can be read.
void check_indices(const std::vector<std::string_view>& entries) {
  std::uint64_t bad = 0;
  const std::string rows = xts::index_rows(xts::kSegments[0], entries, bad);
  const common::ParsedInstruments list = xts::parse_instruments(rows);
  require(list.bad_rows == 0 && list.instruments.size() + list.duplicates + bad == entries.size());
  for (const Instrument& instrument : list.instruments) require(instrument.kind == InstrumentKind::Index);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string text{reinterpret_cast<const char*>(data + 1), size - 1};
  text.shrink_to_fit();
  switch (data[0] % 4) {
    case 0:
      check_list(text);
      break;
    case 1:
      check_indices({text});
      break;
    case 2: {
      const auto segments = xts::parse_segments(text);
      require(!segments.ok() || (!segments->empty() && segments->size() <= xts::kSegments.size()));
      break;
    }
    default: {
      const auto answer = xts::read_instrument_answer(text);
      if (!answer.ok()) return 0;
      check_list(answer->rows);
      check_indices(answer->index_entries);
      break;
    }
  }
  return 0;
}
