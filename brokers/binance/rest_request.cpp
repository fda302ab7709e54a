#include "brokers/binance/rest_request.hpp"

#include <charconv>

#include "brokers/common/field_reader.hpp"

namespace tidegate::binance {

RestKind rest_kind(std::string_view request) {
  std::string_view path = request.substr(0, request.find('?'));
  for (const std::string_view root : {"GET /api/v3/", "GET /fapi/v1/", "GET /api/v1/"}) {
    if (!path.starts_with(root)) continue;
    path.remove_prefix(root.size());
    if (path == "depth") return RestKind::Depth;
    if (path == "trades" || path == "historicalTrades") return RestKind::Trades;
    return path == "aggTrades" ? RestKind::AggregateTrades : RestKind::Other;
  }
  return RestKind::Other;
}

bool read_symbol_parameter(std::string_view request, std::string& symbol) {
  constexpr std::string_view kName = "symbol=";
  const auto question = request.find('?');
  if (question == std::string_view::npos) return false;
  std::string_view query = request.substr(question + 1);
  while (!query.starts_with(kName)) {
    const auto next = query.find('&');
    if (next == std::string_view::npos) return false;
    query.remove_prefix(next + 1);
  }
  query = query.substr(kName.size(), query.find('&') - kName.size());

  symbol.clear();
  while (!query.empty()) {
    if (query.front() != '%') {
      symbol.push_back(query.front());
      query.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    if (query.size() < 3 || std::from_chars(query.data() + 1, query.data() + 3, byte, 16).ptr != query.data() + 3) return false;
    symbol.push_back(static_cast<char>(byte));
    query.remove_prefix(3);
  }
  return !symbol.empty() && symbol.size() <= common::kSymbolBytesMax;
}

}  // namespace tidegate::binance
