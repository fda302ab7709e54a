#include "brokers/ibkr/contract_cache.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdint>
#include <system_error>
#include <utility>

#include "brokers/common/instrument_fields.hpp"
#include "brokers/common/whole_file.hpp"
#include "brokers/ibkr/contract_json.hpp"

namespace tidegate::ibkr {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr int kFormat = 1;
constexpr std::uintmax_t kFileBytesMax = 32U << 20U;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kMillisecondsMax = INT64_MAX / kMillisecond;
constexpr std::array<InstrumentKind, 3> kKinds = {InstrumentKind::Cash, InstrumentKind::Index, InstrumentKind::Future};

void put(Writer& json, const char* name, std::string_view text) {
  if (text.empty()) return;
  json.Key(name);
  json.String(text.data(), static_cast<unsigned>(text.size()));
}

void put_time(Writer& json, const char* name, UtcTime time) {
  if (!time.known()) return;
  json.Key(name);
  json.Int64(time.ns / kMillisecond);
}

void put_contract(Writer& json, const ContractBook::Known& known) {
  const Instrument& instrument = known.instrument;
  json.StartObject();
  json.Key("conid");
  json.Uint64(instrument.native.token);
  put(json, "venue", instrument.venue);
  put(json, "name", instrument.name);
  put(json, "kind", to_text(instrument.kind));
  put(json, "base", instrument.base);
  put(json, "quote", instrument.quote);
  put(json, "root", known.root);
  put_time(json, "expiry", instrument.expiry);
  put_time(json, "asked", known.asked);
  json.EndObject();
}

/// A text that may be missing; false: it is there, and none that a symbol could hold.
bool read_text(const rapidjson::Value& object, const char* name, std::string& out) {
  const rapidjson::Value* value = json_member(object, name);
  if (value == nullptr) return true;
  out = json_text(value);
  return common::is_listed_name(out);
}

/// In milliseconds; may be missing.
bool read_time(const rapidjson::Value& object, const char* name, UtcTime& out) {
  const rapidjson::Value* value = json_member(object, name);
  if (value == nullptr) return true;
  if (!value->IsInt64() || value->GetInt64() < 0 || value->GetInt64() > kMillisecondsMax) return false;
  out = UtcTime::from_milliseconds(value->GetInt64());
  return true;
}

bool read_kind(const rapidjson::Value& object, InstrumentKind& out) {
  const std::string_view text = json_text(json_member(object, "kind"));
  for (const InstrumentKind kind : kKinds) {
    if (to_text(kind) != text) continue;
    out = kind;
    return true;
  }
  return false;
}

bool read_contract(const rapidjson::Value& value, ContractBook& book) {
  ContractBook::Known known;
  Instrument& instrument = known.instrument;
  instrument.native.token = json_conid(json_member(value, "conid"));
  const bool texts = read_text(value, "venue", instrument.venue) && read_text(value, "name", instrument.name) &&
                     read_text(value, "base", instrument.base) && read_text(value, "quote", instrument.quote) && read_text(value, "root", known.root);
  const bool others = read_kind(value, instrument.kind) && read_time(value, "expiry", instrument.expiry) && read_time(value, "asked", known.asked);
  if (!texts || !others || instrument.native.token == 0 || !known.asked.known() || !is_contract_name(instrument.symbol())) return false;
  if (instrument.venue.empty() || (instrument.kind == InstrumentKind::Future) == known.root.empty()) return false;
  return book.restore(std::move(known));
}

bool read_meaning(const rapidjson::Value& value, ContractBook& book) {
  const std::string_view text = json_text(json_member(value, "text"));
  const rapidjson::Value* conids = json_member(value, "conids");
  ContractBook::Meaning meaning;
  if (!is_contract_name(text) || !read_time(value, "asked", meaning.asked) || !meaning.asked.known()) return false;
  if (conids == nullptr || !conids->IsArray() || conids->Size() > kContractsPerNameMax) return false;
  for (const auto& conid : conids->GetArray()) meaning.conids.push_back(json_conid(&conid));
  return book.restore(std::string{text}, std::move(meaning));
}

}  // namespace

std::string to_json(const ContractBook& book) {
  rapidjson::StringBuffer buffer;
  Writer json{buffer};
  json.StartObject();
  json.Key("format");
  json.Int(kFormat);
  json.Key("contracts");
  json.StartArray();
  for (const auto& [conid, known] : book.contracts()) put_contract(json, known);
  json.EndArray();
  json.Key("texts");
  json.StartArray();
  for (const auto& [text, meaning] : book.texts()) {
    json.StartObject();
    put(json, "text", text);
    json.Key("conids");
    json.StartArray();
    for (const std::uint64_t conid : meaning.conids) json.Uint64(conid);
    json.EndArray();
    put_time(json, "asked", meaning.asked);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<ContractBook> read_book(std::string_view json) {
  rapidjson::Document document;
  if (json.size() > kFileBytesMax || !parse_json(document, json)) return std::nullopt;
  const rapidjson::Value* format = json_member(document, "format");
  const rapidjson::Value* contracts = json_member(document, "contracts");
  const rapidjson::Value* texts = json_member(document, "texts");
  if (format == nullptr || !format->IsInt() || format->GetInt() != kFormat) return std::nullopt;
  if (contracts == nullptr || !contracts->IsArray() || texts == nullptr || !texts->IsArray()) return std::nullopt;
  ContractBook book;
  for (const auto& contract : contracts->GetArray()) {
    if (!read_contract(contract, book)) return std::nullopt;
  }
  for (const auto& text : texts->GetArray()) {
    if (!read_meaning(text, book)) return std::nullopt;
  }
  return book;
}

ContractCache::ContractCache(const std::string& folder, std::string_view broker) {
  if (!folder.empty()) path_ = std::filesystem::path{folder} / (std::string{broker} + "-contracts.json");
}

std::optional<ContractBook> ContractCache::read(std::string& problem) const {
  std::error_code error;
  if (path_.empty() || !std::filesystem::exists(path_, error)) return std::nullopt;
  const auto text = common::read_whole_file(path_, kFileBytesMax);
  if (auto book = text ? read_book(*text) : std::nullopt) return book;
  problem = path_.string() + " is no list of contracts";
  return ContractBook{};
}

std::string ContractCache::write(const ContractBook& book) const {
  return path_.empty() ? std::string{} : common::replace_whole_file(path_, to_json(book));
}

}  // namespace tidegate::ibkr
