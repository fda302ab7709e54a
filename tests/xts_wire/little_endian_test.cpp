#include "brokers/common/little_endian.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace tidegate::common;
using namespace std::string_view_literals;

TEST_CASE("little endian: integers begin with their lowest byte and keep their top bit") {
  CHECK(load_little_endian<std::uint16_t>("\x01\xFE") == 0xFE01);
  CHECK(load_little_endian<std::uint32_t>("\x04\x03\x02\x80") == 0x8002'0304U);
  CHECK(load_little_endian<std::int64_t>("\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF") == -2);
  const LittleEndianBytes<10> bytes{"\xFF\xFE\xFF\x07\x00\x00\x00\x00\x00\x00"};
  CHECK(bytes.get<std::int16_t, 1>() == -2);
  CHECK(bytes.get<std::uint16_t, 1>() == 0xFFFE);
  CHECK(bytes.get<std::uint8_t, 0>() == 255);
  CHECK(bytes.get<std::int32_t, 3>() == 7);
  CHECK(bytes.part<2, 8>().get<std::uint64_t, 0>() == 0x7FF);
}

TEST_CASE("little endian: a double keeps its bits") {
  CHECK(load_little_endian<double>("\x00\x00\x00\x00\x00\x00\xF8\xBF") == -1.5);
  CHECK(load_little_endian<double>("\x66\x66\x66\x66\x66\xE6\x76\x40") == 366.4);
}

TEST_CASE("little endian: a read that does not fit takes nothing") {
  LittleEndianReader reader{"\x01\x02\x03\x04\x05"sv};
  std::uint16_t number = 0;
  std::string_view piece;
  CHECK(reader.read(number));
  CHECK(number == 0x0201);
  CHECK_FALSE(reader.bytes(4, piece));
  std::int32_t word = 0;
  CHECK_FALSE(reader.read(word));
  CHECK(reader.remaining() == 3);
  CHECK(reader.bytes(2, piece));
  CHECK(piece == "\x03\x04");
  CHECK_FALSE(reader.read(number));
  CHECK(reader.bytes(1, piece));
  CHECK(reader.remaining() == 0);
}
