#include "tools/sim/binance/symbols.hpp"

#include <array>
#include <string_view>

#include "tools/sim/binance/text.hpp"
#include "tools/sim/common/random.hpp"

namespace tidegate::sim::binance {
namespace {

struct Known {
  std::string_view base;
  std::int64_t price_e8;
  int spot_tick, spot_lot;  // decimals
  int usdm_tick, usdm_lot;
};

constexpr std::array kKnown = {
    Known{"BTC", 8'455'100'000'000, 2, 5, 1, 3}, Known{"ETH", 269'017'000'000, 2, 4, 2, 3}, Known{"BNB", 90'342'000'000, 2, 3, 2, 2},
    Known{"SOL", 19'124'000'000, 2, 3, 2, 2},    Known{"XRP", 241'530'000, 4, 1, 4, 1},     Known{"ADA", 65'220'000, 4, 1, 4, 0},
    Known{"DOGE", 19'184'000, 5, 0, 5, 0},       Known{"TRX", 29'870'000, 4, 1, 5, 0},      Known{"DOT", 431'200'000, 3, 2, 3, 1},
    Known{"LTC", 9'512'000'000, 2, 3, 2, 3},     Known{"LINK", 1'744'000'000, 2, 2, 3, 2},  Known{"AVAX", 2'261'000'000, 2, 2, 3, 0},
    Known{"BCH", 52'340'000'000, 1, 3, 2, 3},    Known{"XLM", 28'310'000, 4, 0, 5, 0},      Known{"UNI", 712'300'000, 3, 2, 3, 0},
    Known{"ATOM", 402'100'000, 3, 2, 3, 2},      Known{"ETC", 1'803'000'000, 2, 2, 3, 2},   Known{"FIL", 241'100'000, 3, 2, 3, 1},
    Known{"NEAR", 261'300'000, 3, 1, 4, 0},      Known{"APT", 441'200'000, 3, 2, 4, 1},     Known{"ARB", 41'230'000, 4, 1, 6, 1},
    Known{"OP", 71'440'000, 3, 2, 7, 1},         Known{"SUI", 341'870'000, 4, 1, 6, 1},     Known{"PEPE", 712, 8, 0, 8, 0},
    Known{"HBAR", 20'115'000, 5, 0, 5, 0},       Known{"ICP", 502'400'000, 3, 2, 3, 0},     Known{"AAVE", 28'144'000'000, 2, 3, 2, 1},
    Known{"INJ", 1'301'000'000, 2, 2, 3, 1},     Known{"SEI", 30'130'000, 4, 1, 7, 0},      Known{"TIA", 172'300'000, 4, 2, 7, 0},
};

constexpr std::int64_t unit_e8(int decimals) {
  std::int64_t unit = kE8;
  while (decimals-- > 0) unit /= 10;
  return unit;
}

SymbolSpec make_symbol(Market market, const Known& known) {
  SymbolSpec spec;
  const int tick = market == Market::Spot ? known.spot_tick : known.usdm_tick;
  const int lot = market == Market::Spot ? known.spot_lot : known.usdm_lot;
  spec.base = known.base;
  spec.price_e8 = known.price_e8;
  // A coin whose price has no room for ticks trades in thousands on USD-M.
  if (market == Market::Usdm && known.price_e8 < 10'000) {
    spec.base.insert(0, "1000");
    spec.price_e8 *= 1000;
  }
  spec.quote = "USDT";
  spec.name = spec.base + spec.quote;
  spec.lower = lower_ascii(spec.name);
  spec.tick_e8 = unit_e8(tick);
  spec.lot_e8 = unit_e8(lot);
  spec.price_e8 = spec.price_e8 / spec.tick_e8 * spec.tick_e8;
  if (market == Market::Usdm) {
    spec.price_decimals = known.base == "BTC" ? 2 : tick;  // BTCUSDT: tick 0.10, two digits on the wire
    spec.quantity_decimals = lot;
  }
  return spec;
}

}  // namespace

std::vector<SymbolSpec> make_symbols(Market market, std::size_t count) {
  std::vector<SymbolSpec> symbols;
  symbols.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i < kKnown.size()) {
      symbols.push_back(make_symbol(market, kKnown[i]));
      continue;
    }
    const std::string base = "COIN" + std::to_string(i);
    Random random{hash_text(base)};
    const std::int64_t price = kE8 / 2 + random.below(200 * kE8);  // 0.5 to 200
    symbols.push_back(make_symbol(market, Known{base, price, 4, 2, 4, 1}));
  }
  return symbols;
}

}  // namespace tidegate::sim::binance
