#include "brokers/xts/string_unescaper.hpp"

#include <rapidjson/reader.h>

#include "brokers/xts/json_text.hpp"

namespace tidegate::xts {
namespace {

/// Takes one string, and keeps it.
struct StringKeeper : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, StringKeeper> {
  explicit StringKeeper(std::string& text) : out(text) {}
  static bool Default() { return false; }
  bool String(const char* text, unsigned size, bool) {
    out.assign(text, size);
    return true;
  }
  std::string& out;
};

}  // namespace

bool StringUnescaper::unescape(std::string_view text, std::string& out) {
  quoted_.assign(1, '"').append(text).append(1, '"');
  buffer_.begin_text(quoted_.size(), 1);
  PlainJson stream{quoted_, buffer_};
  StringKeeper keeper{out};
  rapidjson::Reader reader;
  return !reader.Parse<rapidjson::kParseInsituFlag>(stream, keeper).IsError() && stream.at_end();
}

}  // namespace tidegate::xts
