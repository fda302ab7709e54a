#include <doctest/doctest.h>

#include "brokers/common/byte_reader.hpp"

using namespace tidegate::common;
using namespace std::string_view_literals;

TEST_CASE("byte reader: integers are big-endian and keep their top bit") {
  CHECK(load_big_endian_16("\xFE\x01") == 0xFE01);
  CHECK(load_big_endian_32("\x80\x02\x03\x04") == 0x8002'0304U);
  const FixedBytes<6> bytes{"\xFF\xFF\xFF\xFE\x00\x07"};
  CHECK(bytes.u32<0>() == 4'294'967'294U);
  CHECK(bytes.i32<0>() == -2);
  CHECK(bytes.u16<4>() == 7);
  CHECK(bytes.part<2, 4>().i32<0>() == -131'065);
}

TEST_CASE("byte reader: a read that does not fit takes nothing") {
  ByteReader reader{"\x01\x02\x03\x04\x05"sv};
  std::uint16_t number = 0;
  std::string_view piece;
  CHECK(reader.u16(number));
  CHECK(number == 0x0102);
  CHECK_FALSE(reader.bytes(4, piece));
  CHECK(reader.remaining() == 3);
  CHECK(reader.bytes(0, piece));
  CHECK(piece.empty());
  CHECK(reader.bytes(2, piece));
  CHECK(piece == "\x03\x04");
  CHECK_FALSE(reader.u16(number));
  CHECK(reader.remaining() == 1);
  CHECK(reader.bytes(1, piece));
  CHECK(reader.remaining() == 0);
}
