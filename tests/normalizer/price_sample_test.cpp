#include "normalizer/price_sample.hpp"

#include <doctest/doctest.h>

namespace tidegate {

TEST_CASE("price sample: the best bid of a book, in whatever order its levels stand, else the best ask") {
  const LevelUpdate bids[] = {{{100, 0}, {1, 0}}, {{102, 0}, {1, 0}}, {{103, 0}, {0, 0}}, {{101, 0}, {1, 0}}};
  const LevelUpdate asks[] = {{{106, 0}, {1, 0}}, {{105, 0}, {1, 0}}};
  DepthUpdate update;
  update.kind = DepthKind::TopLevels;
  update.bids = bids;
  update.asks = asks;
  CHECK(sample_of(update).price == Decimal{102, 0});
  update.bids = {};
  CHECK(sample_of(update).price == Decimal{105, 0});
  update.kind = DepthKind::Delta;  // a part of a book has no best
  CHECK_FALSE(sample_of(update).price.present());
}

TEST_CASE("price sample: sizes and volumes are content, and no movement of prices") {
  const QuoteUpdate quote{{}, {100, 0}, {5, 0}, {101, 0}, {6, 0}, 0, {}, kNoTime};
  QuoteUpdate resized = quote;
  resized.ask_size = {7, 0};
  CHECK(sample_of(quote).prices == sample_of(resized).prices);
  CHECK(sample_of(quote).content != sample_of(resized).content);
  CHECK(sample_of(quote).content == sample_of(QuoteUpdate{quote}).content);

  TickerUpdate ticker;
  ticker.set(TickerField::Price, {100, 0});
  TickerUpdate busier = ticker;
  busier.set(TickerField::Volume, {5, 0});
  CHECK(sample_of(ticker).prices == sample_of(busier).prices);
  CHECK(sample_of(ticker).content != sample_of(busier).content);
  busier.set(TickerField::Price, {101, 0});
  CHECK(sample_of(ticker).prices != sample_of(busier).prices);
}

TEST_CASE("price sample: the same trade in a later snapshot is new by what the day's volume proves alone") {
  TradeUpdate trade;
  trade.price = {100, 0};
  trade.quantity = {1, 0};
  trade.derived = true;
  trade.evidence.day_volume = 500;
  TradeUpdate next = trade;
  CHECK(sample_of(trade).content == sample_of(next).content);
  next.evidence.day_volume = 501;
  CHECK(sample_of(trade).content != sample_of(next).content);
  CHECK(sample_of(trade).prices == sample_of(next).prices);
}

TEST_CASE("price sample: an empty side's price means nothing") {
  QuoteUpdate quote{{}, {100, 0}, {0, 0}, {101, 0}, {6, 0}, 0, {}, kNoTime};
  CHECK(sample_of(quote).price == Decimal{101, 0});
}

}  // namespace tidegate
