#include <algorithm>

#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/update_text.hpp"

using namespace tidegate::test;
using namespace tidegate::test::zerodha;

TEST_CASE("zerodha decoder: a message cut at any byte keeps its whole packets and is one fault") {
  const std::vector<std::string> bodies = {
      words({kNse, 15'105}), index_body(kIndexToken), std::string(164, '\0'), quote_body(kNfo), index_body(kIndexToken) + u32(1'750'000'003),
      full_body(kMcx),       full_body(kBcd)};
  const std::string message = batch(bodies);
  const Outcome whole = decode_binary(message);
  CHECK(whole.decoded.bad == 0);
  for (std::size_t size = 0; size < message.size(); ++size) {
    CAPTURE(size);
    // What the whole packets within `size` bytes come to, read alone.
    std::vector<std::string> kept;
    for (std::size_t end = 2; kept.size() < bodies.size(); kept.push_back(bodies[kept.size()])) {
      end += 2 + bodies[kept.size()].size();
      if (end > size) break;
    }
    const Outcome part = decode_binary(message.substr(0, size));
    const Outcome expected = decode_binary(batch(kept));
    CHECK(part.lines == expected.lines);
    CHECK(part.decoded.updates == expected.decoded.updates);
    CHECK(part.decoded.ignored == expected.decoded.ignored);
    CHECK(part.decoded.bad == (size < 2 ? 0 : 1));
    CHECK(part.decoded.control == (size == 1 ? 1 : 0));
  }
}
