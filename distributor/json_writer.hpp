// RapidJSON's Writer with our types: for control messages and HTTP bodies, off the data path.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "distributor/json_text.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

class JsonWriter {
 public:
  JsonWriter& begin_object() {
    writer_.StartObject();
    return *this;
  }
  JsonWriter& end_object() {
    writer_.EndObject();
    return *this;
  }
  JsonWriter& begin_array() {
    writer_.StartArray();
    return *this;
  }
  JsonWriter& end_array() {
    writer_.EndArray();
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    scratch_.clear();
    append_json_string(scratch_, name);
    writer_.RawValue(scratch_.data(), scratch_.size(), rapidjson::kStringType);
    return *this;
  }
  JsonWriter& text(std::string_view value) { return key(value); }
  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& number(std::uint64_t value) {
    writer_.Uint64(value);
    return *this;
  }
  JsonWriter& number(std::string_view name, std::uint64_t value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
    return *this;
  }
  JsonWriter& null(std::string_view name) {
    key(name);
    writer_.Null();
    return *this;
  }
  /// Null when unknown.
  JsonWriter& time(std::string_view name, UtcTime value) { return value.known() ? text(name, to_rfc3339(value)) : null(name); }
  /// One JSON value as it stands; the caller vouches for it.
  JsonWriter& raw(std::string_view json) {
    writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
    return *this;
  }
  JsonWriter& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

  [[nodiscard]] std::string take() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
  std::string scratch_;
};

}  // namespace tidegate::distributor
