#include "tools/watch/subscriptions.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>

namespace tidegate::watch {
namespace {

// Well below the gateway's default limit of 64 KiB a message.
constexpr std::size_t kSymbolBytesMax = 32'000;

using Batches = std::map<std::vector<std::string>, std::vector<std::string>>;  // channels to the symbols that want just these

void put(rapidjson::Writer<rapidjson::StringBuffer>& writer, const std::vector<std::string>& texts) {
  writer.StartArray();
  for (const std::string& text : texts) writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  writer.EndArray();
}

std::string request(const std::vector<std::string>& channels, const std::vector<std::string>& symbols, bool allow_delayed) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("op");
  writer.String("subscribe");
  writer.Key("channels");
  put(writer, channels);
  writer.Key("symbols");
  put(writer, symbols);
  if (allow_delayed) {
    writer.Key("options");
    writer.StartObject();
    writer.Key("allow_delayed");
    writer.Bool(true);
    writer.EndObject();
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<std::string> requests(const Batches& batches, bool allow_delayed) {
  std::vector<std::string> texts;
  for (const auto& [channels, symbols] : batches) {
    std::vector<std::string> part;
    std::size_t bytes = 0;
    for (const std::string& symbol : symbols) {
      if (bytes + symbol.size() > kSymbolBytesMax && !part.empty()) {
        texts.push_back(request(channels, part, allow_delayed));
        part.clear();
        bytes = 0;
      }
      part.push_back(symbol);
      bytes += symbol.size() + 3;
    }
    if (!part.empty()) texts.push_back(request(channels, part, allow_delayed));
  }
  return texts;
}

template <class Wanted>
std::vector<std::string> requests_of(const std::vector<Row>& rows, bool allow_delayed, Wanted wanted) {
  Batches batches;
  for (const Row& row : rows) {
    std::vector<std::string> channels;
    for (const Stream& stream : row.streams) {
      if (wanted(stream)) channels.push_back(stream.channel);
    }
    if (!channels.empty()) batches[channels].push_back(row.symbol);
  }
  return requests(batches, allow_delayed);
}

/// Codes that may pass: a list not loaded yet, a broker not connected, a limit that others use up.
bool may_pass(int code) { return code == 4011 || code == 4014 || code == 4015 || code == 4030 || code == 4032 || code == 4033; }

}  // namespace

std::vector<std::string> subscribe_requests(const std::vector<Row>& rows, bool allow_delayed) {
  return requests_of(rows, allow_delayed, [](const Stream&) { return true; });
}

std::vector<std::string> retry_requests(const std::vector<Row>& rows, bool allow_delayed) {
  return requests_of(rows, allow_delayed, [](const Stream& stream) { return stream.state == "failed" && may_pass(stream.code); });
}

}  // namespace tidegate::watch
