#include "tools/sim/binance/recording.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "gateway/recording/frames_file.hpp"
#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::string_view kEnvelopeStart = "{\"stream\":\"";
constexpr std::string_view kEnvelopeMiddle = "\",\"data\":";

std::string text_member(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  return member != object.MemberEnd() && member->value.IsString() ? std::string{member->value.GetString(), member->value.GetStringLength()} : "";
}

/// The stream that a frame without envelope most likely came from; empty when it cannot be told.
std::string infer_stream(const rapidjson::Value& frame) {
  const std::string symbol = lower_ascii(text_member(frame, "s"));
  const std::string event = text_member(frame, "e");
  if (symbol.empty()) return {};
  if (event == "trade" || event == "aggTrade" || event == "avgPrice" || event == "bookTicker") return symbol + "@" + event;
  if (event.empty() && frame.HasMember("u") && frame.HasMember("B")) return symbol + "@bookTicker";
  if (event == "depthUpdate") return symbol + "@depth@100ms";
  if (event == "24hrTicker") return symbol + "@ticker";
  if (event == "24hrMiniTicker") return symbol + "@miniTicker";
  if (event == "markPriceUpdate") return symbol + "@markPrice@1s";
  if (event == "kline" && frame.HasMember("k") && frame["k"].IsObject()) return symbol + "@kline_" + text_member(frame["k"], "i");
  return {};
}

/// Position of the value of a top-level `"data":` in an envelope whose members are in another order or spaced.
std::string_view find_data(std::string_view frame) {
  std::size_t at = frame.find("\"data\"");
  if (at == std::string_view::npos) return {};
  at = frame.find(':', at);
  std::size_t start = at == std::string_view::npos ? at : frame.find_first_of("{[", at);
  if (start == std::string_view::npos) return {};
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = start; i < frame.size(); ++i) {
    const char c = frame[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return frame.substr(start, i + 1 - start);
    }
  }
  return {};
}

int fine_decimals(std::string_view number) {
  const std::size_t point = number.find('.');
  if (point == std::string_view::npos) return 0;
  const std::size_t last = number.find_last_not_of('0');
  return static_cast<int>(std::min<std::size_t>(last - point, 8));
}

/// Text between quotes at `at`, which moves behind it; empty at the end.
std::string_view quoted_at(std::string_view text, std::size_t& at) {
  const std::size_t end = text.find('"', at);
  if (end == std::string_view::npos) {
    at = text.size();
    return {};
  }
  const std::string_view value = text.substr(at, end - at);
  at = end + 1;
  return value;
}

void note_member(std::string_view payload, std::string_view key, int& decimals) {
  std::size_t at = payload.find(key);
  if (at == std::string_view::npos) return;
  at += key.size();
  decimals = std::max(decimals, fine_decimals(quoted_at(payload, at)));
}

void note_decimals(std::string_view payload, StreamKind kind, RecordedSymbol& symbol) {
  if (kind == StreamKind::Trade || kind == StreamKind::AggTrade) {
    note_member(payload, "\"p\":\"", symbol.price_decimals);
    note_member(payload, "\"q\":\"", symbol.quantity_decimals);
  } else if (kind == StreamKind::BookTicker) {
    note_member(payload, "\"b\":\"", symbol.price_decimals);
    note_member(payload, "\"a\":\"", symbol.price_decimals);
    note_member(payload, "\"B\":\"", symbol.quantity_decimals);
    note_member(payload, "\"A\":\"", symbol.quantity_decimals);
  } else if (kind == StreamKind::Depth || kind == StreamKind::PartialDepth) {
    for (std::size_t at = payload.find("[\""); at != std::string_view::npos; at = payload.find("[\"", at)) {
      at += 2;
      symbol.price_decimals = std::max(symbol.price_decimals, fine_decimals(quoted_at(payload, at)));
      at = std::min(payload.find('"', at), payload.size() - 1) + 1;
      symbol.quantity_decimals = std::max(symbol.quantity_decimals, fine_decimals(quoted_at(payload, at)));
    }
  }
}

std::int64_t integer_member(std::string_view payload, std::string_view key) {
  const std::size_t at = payload.find(key);
  std::int64_t value = 0;
  if (at != std::string_view::npos) std::from_chars(payload.data() + at + key.size(), payload.data() + payload.size(), value);
  return value;
}

void examine_frame(std::string_view bytes, Recording& out, FrameParts& parts) {
  split_frame(bytes, parts);
  if (parts.control) return;
  ++out.frames;
  if (parts.stream.empty()) return;
  ++out.streams[parts.stream];
  const StreamKind kind = parse_stream(Market::Usdm, parts.stream).kind;  // its grammar includes spot's speeds
  const std::string name = symbol_of_stream(parts.stream);
  if (name.empty()) return;
  RecordedSymbol& symbol = out.symbols[name];
  note_decimals(parts.payload, kind, symbol);
  if (kind != StreamKind::Depth || !symbol.depth_stream.empty()) return;
  symbol.depth_stream = parts.stream;
  symbol.first_id = integer_member(parts.payload, "\"U\":");
  symbol.first_previous = integer_member(parts.payload, "\"pu\":");
  out.usdm |= parts.payload.find("\"pu\":") != std::string_view::npos;
}

void examine_rest(const RecordedFrame& frame, Recording& out) {
  const std::string_view request = frame.request;
  out.usdm |= request.find("/fapi/") != std::string_view::npos;
  const std::size_t at = request.find("symbol=");
  if (frame.status != 200 || request.find("/depth?") == std::string_view::npos || at == std::string_view::npos) return;
  const std::string_view rest = request.substr(at + 7);
  RecordedSymbol& symbol = out.symbols[percent_decode(rest.substr(0, rest.find('&')))];
  KeptBook probe;
  if (symbol.snapshot.empty() && probe.load(frame.bytes)) symbol.snapshot = frame.bytes;
}

}  // namespace

std::string symbol_of_stream(std::string_view stream) {
  const std::size_t at = stream.find('@');
  if (at == std::string_view::npos || stream.front() == '!') return {};
  std::string name{stream.substr(0, at)};
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

void split_frame(std::string_view frame, FrameParts& out) {
  out.stream.clear();
  out.control = false;
  out.payload = frame;
  if (frame.substr(0, kEnvelopeStart.size()) == kEnvelopeStart && frame.back() == '}') {
    const std::size_t end = frame.find('"', kEnvelopeStart.size());
    if (end != std::string_view::npos && frame.substr(end, kEnvelopeMiddle.size()) == kEnvelopeMiddle) {
      out.stream = frame.substr(kEnvelopeStart.size(), end - kEnvelopeStart.size());
      out.payload = frame.substr(end + kEnvelopeMiddle.size());
      out.payload.remove_suffix(1);
      out.control = out.stream == "!serverShutdown";
      return;
    }
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(frame.data(), frame.size());
  if (document.HasParseError() || !document.IsObject()) return;
  out.stream = text_member(document, "stream");
  if (!out.stream.empty()) {
    const std::string_view data = find_data(frame);
    if (!data.empty()) out.payload = data;
    return;
  }
  const bool event = document.HasMember("e") || document.HasMember("u");
  out.control = (!event && (document.HasMember("result") || document.HasMember("error"))) || text_member(document, "e") == "serverShutdown";
  if (!out.control) out.stream = infer_stream(document);
}

std::string examine(const std::string& path, Recording& out) {
  FramesFile file{path};
  RecordedFrame frame;
  FrameParts parts;
  for (auto read = file.next(frame); read != FramesFile::Read::End; read = file.next(frame)) {
    if (read == FramesFile::Read::BadLine) {
      if (out.bad_lines++ == 0) out.first_problem = file.problem();
    } else if (frame.kind == RecordedKind::Connect) {
      out.usdm |= frame.bytes.find("fstream") != std::string::npos;
    } else if (frame.kind == RecordedKind::Rest) {
      examine_rest(frame, out);
    } else if (frame.kind == RecordedKind::Text) {
      examine_frame(frame.bytes, out, parts);
    } else {
      ++out.frames;
    }
  }
  if (!file.problem().empty()) return path + ": " + file.problem();
  if (out.frames == 0) return path + ": no frame to play" + (out.first_problem.empty() ? "" : " (" + out.first_problem + ")");
  return {};
}

SymbolSpec recorded_spec(std::string_view name, const RecordedSymbol& symbol, Market market) {
  constexpr std::array<std::string_view, 18> kQuotes = {"USDT", "FDUSD", "USDC", "BUSD", "TUSD", "USDP", "BTC", "ETH", "BNB",
                                                        "EUR",  "BRL",   "AUD",  "TRY",  "GBP",  "JPY",  "UAH", "DAI", "USD"};
  SymbolSpec spec;
  spec.name = name;
  spec.lower = lower_ascii(name);
  spec.base = name;
  for (const std::string_view quote : kQuotes) {
    if (name.size() <= quote.size() || name.substr(name.size() - quote.size()) != quote) continue;
    spec.base = name.substr(0, name.size() - quote.size());
    spec.quote = quote;
    break;
  }
  const auto unit = [](int decimals) {
    std::int64_t value = kE8;
    while (decimals-- > 0) value /= 10;
    return value;
  };
  spec.tick_e8 = unit(symbol.price_decimals);
  spec.lot_e8 = unit(symbol.quantity_decimals);
  spec.price_e8 = 1000 * kE8;
  if (market == Market::Usdm) {
    spec.price_decimals = symbol.price_decimals;
    spec.quantity_decimals = symbol.quantity_decimals;
  }
  return spec;
}

}  // namespace tidegate::sim::binance
