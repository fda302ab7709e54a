#include "brokers/binance/depth_request.hpp"

#include <charconv>

#include "brokers/common/field_reader.hpp"

namespace tidegate::binance {

bool is_depth_request(std::string_view request) {
  const std::string_view path = request.substr(0, request.find('?'));
  return path == "GET /api/v3/depth" || path == "GET /fapi/v1/depth" || path == "GET /api/v1/depth";
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
