// What an instrument token says about its instrument. docs/protocols/zerodha.md#segments
#pragma once

#include <cstdint>

#include "gateway/core/instrument.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::zerodha {

/// The low byte of an instrument token. Others exist (NCO, GLOBAL, NSEIX); which numbers they have is unconfirmed.
enum class Segment : std::uint8_t {
  Nse = 1,      // NSE cash
  Nfo = 2,      // NSE derivatives
  Cds = 3,      // NSE currency
  Bse = 4,      // BSE cash
  Bfo = 5,      // BSE derivatives
  Bcd = 6,      // BSE currency
  Mcx = 7,      // commodities
  McxSx = 8,    // MSEI: shares and currency
  Indices = 9,  // of every exchange
};

constexpr Segment segment_of(std::uint32_t token) { return static_cast<Segment>(token & 0xFFU); }

/// An index is calculated, not traded: it has no book, no trades and no open interest in any mode.
constexpr bool is_index(Segment segment) { return segment == Segment::Indices; }

/// Prices on the wire are integers at this exponent. The documentation knows only "currencies 10,000,000, else 100"; every maintained SDK reads BCD
/// at 10,000, and segments without a number of their own here at 100.
constexpr std::int8_t price_exponent(Segment segment) {
  if (segment == Segment::Cds) return -7;
  if (segment == Segment::Bcd) return -4;
  return -2;
}

/// Whether an open interest of zero is a value. Cash and indices have none at all, and send zero for that; of segments that mix kinds, or that nobody
/// has described, a zero says nothing.
constexpr bool has_open_interest(Segment segment) {
  return segment == Segment::Nfo || segment == Segment::Cds || segment == Segment::Bfo || segment == Segment::Bcd || segment == Segment::Mcx;
}

/// The gateway's key for a token. The segment is part of the token; an exchange token alone would not be unique.
constexpr NativeRef native_ref(std::uint32_t token) { return {.segment = token & 0xFFU, .token = token}; }
inline NativeId native_id(std::uint32_t token) { return {.segment = token & 0xFFU, .token = token, .text = {}}; }

}  // namespace tidegate::zerodha
