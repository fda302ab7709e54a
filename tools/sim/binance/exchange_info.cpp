#include "tools/sim/binance/exchange_info.hpp"

#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

void append_spot_symbol(std::string& out, const SymbolSpec& spec) {
  ObjectWriter object{out};
  object.text("symbol", spec.name).text("status", "TRADING").text("baseAsset", spec.base).integer("baseAssetPrecision", 8);
  object.text("quoteAsset", spec.quote).integer("quotePrecision", 8).integer("quoteAssetPrecision", 8);
  object.raw("orderTypes", R"(["LIMIT","LIMIT_MAKER","MARKET"])").flag("isSpotTradingAllowed", true).flag("isMarginTradingAllowed", false);
  object.key("filters");
  out += '[';
  ObjectWriter price{out};
  price.text("filterType", "PRICE_FILTER").decimal("minPrice", spec.tick_e8, 8).decimal("maxPrice", Wide{spec.price_e8} * 1000, 8);
  price.decimal("tickSize", spec.tick_e8, 8).close();
  out += ',';
  ObjectWriter lot{out};
  lot.text("filterType", "LOT_SIZE")
      .decimal("minQty", spec.lot_e8, 8)
      .decimal("maxQty", Wide{9000} * kE8, 8)
      .decimal("stepSize", spec.lot_e8, 8)
      .close();
  out += R"(,{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,)"
         R"("avgPriceMins":5}])";
  object.raw("permissions", "[]").raw("permissionSets", R"([["SPOT"]])").close();
}

void append_usdm_symbol(std::string& out, const SymbolSpec& spec) {
  ObjectWriter object{out};
  object.text("symbol", spec.name).text("pair", spec.name).text("contractType", "PERPETUAL").integer("deliveryDate", 4'133'404'800'000);
  object.integer("onboardDate", 1'569'398'400'000).text("status", "TRADING").text("baseAsset", spec.base).text("quoteAsset", spec.quote);
  object.text("marginAsset", spec.quote).integer("pricePrecision", spec.price_decimals).integer("quantityPrecision", spec.quantity_decimals);
  object.integer("baseAssetPrecision", 8).integer("quotePrecision", 8).text("underlyingType", "COIN");
  object.key("filters");
  out += '[';
  ObjectWriter price{out};
  price.decimal("minPrice", spec.tick_e8, spec.price_decimals).decimal("tickSize", spec.tick_e8, spec.price_decimals);
  price.decimal("maxPrice", Wide{spec.price_e8} * 1000, spec.price_decimals).text("filterType", "PRICE_FILTER").close();
  out += ',';
  ObjectWriter lot{out};
  lot.decimal("minQty", spec.lot_e8, spec.quantity_decimals).text("filterType", "LOT_SIZE");
  lot.text("maxQty", "10000").decimal("stepSize", spec.lot_e8, spec.quantity_decimals).close();
  out += R"(,{"filterType":"MIN_NOTIONAL","notional":"5"}])";
  object.close();
}

}  // namespace

void append_exchange_symbol(std::string& out, Market market, const SymbolSpec& spec) {
  if (market == Market::Spot) {
    append_spot_symbol(out, spec);
  } else {
    append_usdm_symbol(out, spec);
  }
}

}  // namespace tidegate::sim::binance
