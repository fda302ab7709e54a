#include <doctest/doctest.h>

#include "brokers/binance/decoder.hpp"
#include "tests/binance/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;

TEST_CASE("binance decoder: every fixture cut at every byte yields nothing that the whole did not") {
  FrameDecoder decoders[] = {{Market::Spot, common::TimeUnit::Millisecond}, {Market::Usdm, common::TimeUnit::Millisecond}};
  const auto fixtures = all_own_frames();
  CHECK(fixtures.size() > 60);
  for (const NamedFrame& named : fixtures) {
    for (FrameDecoder& decoder : decoders) {
      const Outcome whole = decode_all(decoder, named.frame);
      RawFrame cut = named.frame;
      while (!cut.bytes.empty()) {
        cut.bytes.pop_back();
        cut.bytes.shrink_to_fit();  // so that a read behind the end is seen by the sanitizer
        const Outcome part = decode_all(decoder, cut);
        const bool prefix = part.lines.size() <= whole.lines.size() && std::equal(part.lines.begin(), part.lines.end(), whole.lines.begin());
        const bool refused = part.bad > 0;
        if (!prefix || !refused) FAIL_CHECK(named.name, ": ", cut.bytes);
      }
    }
  }
}
