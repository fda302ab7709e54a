// Messages built from the protocol's description: an invented share, a future and an index.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidegate::test::xts {

inline constexpr std::string_view kRow = R"({"Size":70,"Price":812.35,"TotalOrders":4,"BuyBackMarketMaker":0})";
inline constexpr std::string_view kNoRow = R"({"Size":0,"Price":0,"TotalOrders":0,"BuyBackMarketMaker":0})";

/// The fields of a touchline, without brackets.
inline constexpr std::string_view kTouchlineFields =
    R"("BidInfo":{"Size":70,"Price":812.35,"TotalOrders":4,"BuyBackMarketMaker":0},"AskInfo":{"Size":12,"Price":812.4,"TotalOrders":2,"BuyBackMarketMaker":0},)"
    R"("LastTradedPrice":812.35,"LastTradedQunatity":5,"TotalBuyQuantity":50100,"TotalSellQuantity":47200,"TotalTradedQuantity":1203456,)"
    R"("AverageTradedPrice":809.91,"LastTradedTime":1450000000,"LastUpdateTime":1450000001,"PercentChange":0.9004471493603875,"Open":806,"High":815.2,)"
    R"("Low":804.05,"Close":805.1,"TotalValueTraded":null,"BuyBackTotalBuy":0,"BuyBackTotalSell":0)";
inline constexpr std::string_view kHeaderFields =
    R"("MessageVersion":4,"ApplicationType":0,"TokenID":0,"ExchangeSegment":1,"ExchangeInstrumentID":7001)";

inline std::string touchline_nested() {
  return R"({"MessageCode":1501,)" + std::string{kHeaderFields} + R"(,"ExchangeTimeStamp":1450000002,"Touchline":{)" + std::string{kTouchlineFields} +
         R"(},"BookType":1,"XMarketType":1,"SequenceNumber":1700000000000123})";
}
inline std::string touchline_flat() {
  return R"({"MessageCode":1501,)" + std::string{kHeaderFields} + "," + std::string{kTouchlineFields} + R"(,"XMarketType":1,"BookType":1})";
}
/// A side with one row, then empty ones.
inline std::string side(std::string_view first) {
  std::string out = "[" + std::string{first};
  for (int i = 0; i < 4; ++i) out += "," + std::string{kNoRow};
  return out + "]";
}
inline std::string depth() {
  return R"({"MessageCode":1502,)" + std::string{kHeaderFields} + R"(,"ExchangeTimeStamp":1450000002,"Bids":)" +
         R"([{"Size":70,"Price":812.35,"TotalOrders":4},{"Size":40,"Price":812.3,"TotalOrders":1},{"Size":9,"Price":812,"TotalOrders":1},)" +
         std::string{kNoRow} + "," + std::string{kNoRow} + R"(],"Asks":)" + side(R"({"Size":12,"Price":812.4,"TotalOrders":2})") +
         R"(,"Touchline":{)" + std::string{kTouchlineFields} + R"(},"BookType":1,"XMarketType":1,"SequenceNumber":1700000000000123})";
}
inline std::string index() {
  return R"({"MessageCode":1501,"MessageVersion":4,"ExchangeSegment":1,"ExchangeInstrumentID":26000,"ExchangeTimeStamp":1450000002,"Touchline":{"BidInfo":)" +
         std::string{kNoRow} + R"(,"AskInfo":)" + std::string{kNoRow} +
         R"(,"LastTradedPrice":24120.7,"LastTradedQunatity":0,"TotalBuyQuantity":0,"TotalSellQuantity":0,"TotalTradedQuantity":0,)"
         R"("AverageTradedPrice":24120.7,"LastTradedTime":1450000002,"LastUpdateTime":1450000002,"PercentChange":0.25,"Open":24080,"High":24150.35,)"
         R"("Low":24055.1,"Close":24060.5,"TotalValueTraded":null},"BookType":1,"XMarketType":1,"SequenceNumber":1})";
}
inline std::string candle() {
  return R"({"MessageCode":1505,"MessageVersion":1,"ApplicationType":0,"TokenID":0,"ExchangeSegment":1,"ExchangeInstrumentID":7001,)"
         R"("BarTime":1765532879,"BarVolume":90210,"High":812.5,"Low":812.05,"Open":812.1,"Close":812.35,"OpenInterest":0,"SumOfQtyInToPrice":0})";
}
inline std::string market_status() {
  return R"({"ApplicationType":0,"ExchangeInstrumentID":0,"ExchangeSegment":1,"ExchangeTimeStamp":1450000002,"maketType":1,)"
         R"("message":"THE NORMAL MARKET HAS OPENED","MessageCode":1507,"MessageVersion":4,"SequenceNumber":424,"TokenID":0,"tradingSession":1})";
}
inline std::string open_interest() {
  return R"({"MessageCode":1510,"MessageVersion":4,"ExchangeSegment":2,"ExchangeInstrumentID":52001,"ExchangeTimeStamp":0,"XTSMarketType":1,"OpenInterest":880750})";
}
inline std::string last_price() {
  return R"({"MessageCode":1512,"MessageVersion":4,"ExchangeSegment":1,"ExchangeInstrumentID":7001,"BookType":1,"XMarketType":1,"LastTradedPrice":812.4,)"
         R"("LastTradedQunatity":3,"LastUpdateTime":1450000003})";
}
inline std::vector<std::string> all_full() {
  return {touchline_nested(), touchline_flat(), depth(), index(), candle(), market_status(), open_interest(), last_price()};
}

inline constexpr std::string_view kPartialTouchline =
    "t:1_7001,ltp:812.35,ltq:5,tb:50100,ts:47200,v:1203456,ap:809.91,ltt:1450000000,lut:1450000001,pc:0.9004471493603875,o:806,h:815.2,l:804.05,"
    "c:805.1,ai:0|12|812.4|2,bi:0|70|812.35|4";
inline constexpr std::string_view kPartialDepth =
    "t:1_7001,bi:0|70|812.35|4|1|40|812.3|1|2|9|812|1|3|0|0|0|4|0|0|0,ai:0|12|812.4|2|1|8|812.45|1|2|0|0|0|3|0|0|0|4|0|0|0,ltp:812.35,ltq:5,"
    "v:1203456,ltt:1450000000,lut:1450000001,c:805.1";
inline std::vector<std::string> all_partial() {
  return {std::string{kPartialTouchline}, std::string{kPartialDepth}, "t:1_7001,o:812.1,h:812.5,l:812.05,c:812.35,bt:1765532879,bv:90210,pv:1",
          "t:2_52001,o:880750", "t:1_7001,ltp:812.4,ltq:3,lut:1450000003,bt:1,mt:1"};
}
inline constexpr int kPartialCodes[] = {1501, 1502, 1505, 1510, 1512};

}  // namespace tidegate::test::xts
