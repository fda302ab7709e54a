#include "gateway/configured_instruments.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <string>

namespace tidegate {
namespace {

bool parse_token(std::string_view id, NativeId& native) {
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), native.token);
  native.segment = static_cast<std::uint32_t>(native.token & 0xFFU);
  return error == std::errc{} && end == id.data() + id.size();
}

const Adapter kByToken{.name = "by-token", .parse_native = parse_token};
const Adapter kByText{.name = "by-text"};

Instrument listed(const char* venue, const char* name, std::uint64_t token) {
  Instrument instrument;
  instrument.venue = venue;
  instrument.name = name;
  instrument.native = {static_cast<std::uint32_t>(token & 0xFFU), token, {}};
  instrument.lot_size = {25, 0};
  return instrument;
}

std::string text_of(const std::vector<Instrument>& list) {
  std::string text;
  for (const Instrument& instrument : list) {
    text += instrument.symbol() + "=" + std::to_string(instrument.native.segment) + "/" + std::to_string(instrument.native.token) +
            instrument.native.text + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("configured instruments: a name is added with the id as the adapter reads it") {
  std::vector<Instrument> tokens, texts;
  const std::vector<InstrumentConfig> configured = {{"NSE:INFY", {{"kite", "408065"}, {"other", "INFY-EQ"}}}};
  name_configured(tokens, configured, kByToken, "kite");
  name_configured(texts, configured, kByText, "other");
  CHECK(text_of(tokens) == "NSE:INFY=1/408065 ");
  CHECK(text_of(texts) == "NSE:INFY=0/0INFY-EQ ");
}

TEST_CASE("configured instruments: a listed instrument takes the configured name and keeps the rest") {
  std::vector<Instrument> list = {listed("NSE", "OLDNAME", 408065), listed("NSE", "SBIN", 779521)};
  name_configured(list, std::vector<InstrumentConfig>{{"NSE:INFY", {{"kite", "408065"}}}}, kByToken, "kite");
  CHECK(text_of(list) == "NSE:INFY=1/408065 NSE:SBIN=1/779521 ");
  CHECK(to_text(list[0].lot_size) == "25");
}

TEST_CASE("configured instruments: another instrument that carries the configured name gives way") {
  std::vector<Instrument> list = {listed("NSE", "INFY", 1), listed("NSE", "SBIN", 779521)};
  name_configured(list, std::vector<InstrumentConfig>{{"NSE:INFY", {{"kite", "408065"}}}}, kByToken, "kite");
  CHECK(text_of(list) == "NSE:SBIN=1/779521 NSE:INFY=1/408065 ");
}

TEST_CASE("configured instruments: an id that is none of the adapter's is left out, and the others stay") {
  std::vector<Instrument> list;
  const std::vector<InstrumentConfig> configured = {{"NSE:INFY", {{"kite", "1_1594"}}}, {"NSE:SBIN", {{"kite", "779521"}}}};
  name_configured(list, configured, kByToken, "kite");
  CHECK(text_of(list) == "NSE:SBIN=1/779521 ");
}

TEST_CASE("configured instruments: what a broker found is named and identified as configured") {
  std::vector<SymbolAnswer> answers = {{"SMART:AAPL", {listed("NASDAQ", "AAPL", 265598)}},
                                       {"NSE:INFY", {listed("NSE", "INFY", 1), listed("BSE", "INFY", 2)}}};
  const std::vector<InstrumentConfig> configured = {
      {"NASDAQ:APPLE", {{"kite", "265598"}}}, {"NSE:INFY", {{"kite", "408065"}}}, {"BSE:INFY", {{"other", "3"}}}};
  name_configured(answers, configured, kByToken, "kite");
  CHECK(answers[0].text == "SMART:AAPL");
  CHECK(text_of(answers[0].instruments) == "NASDAQ:APPLE=126/265598 ");
  CHECK(to_text(answers[0].instruments[0].lot_size) == "25");
  CHECK(text_of(answers[1].instruments) == "NSE:INFY=1/408065 BSE:INFY=2/2 ");
  CHECK_FALSE(answers[1].instruments[0].lot_size.present());  // another instrument's
}

}  // namespace tidegate
