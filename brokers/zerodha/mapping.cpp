#include "brokers/zerodha/mapping.hpp"

namespace tidegate::zerodha {

using detail::Scale;
using detail::SpokenFields;

TickerUpdate to_ticker(const LtpPacket& packet) {
  TickerUpdate update;
  detail::name_instrument(update, packet.instrument_token);
  update.set(TickerField::Price, Scale{packet.instrument_token}.price(packet.last_price));
  return update;
}

TickerUpdate to_ticker(const IndexPacket& packet) {
  const Scale scale{packet.instrument_token};
  TickerUpdate update;
  detail::name_instrument(update, packet.instrument_token);
  update.ts_event = detail::time(packet.exchange_timestamp);
  SpokenFields fields{update};
  fields.set(TickerField::Price, scale.price(packet.last_price));
  fields.set(TickerField::HighPrice, scale.price(packet.high), packet.high != 0);
  fields.set(TickerField::LowPrice, scale.price(packet.low), packet.low != 0);
  fields.set(TickerField::OpenPrice, scale.price(packet.open), packet.open != 0);
  fields.set(TickerField::ClosePrice, scale.price(packet.close), packet.close != 0);
  fields.finish();
  return update;
}

TickerUpdate to_ticker(const QuotePacket& packet) {
  TickerUpdate update;
  detail::name_instrument(update, packet.instrument_token);
  SpokenFields fields{update};
  detail::set_quote_fields(fields, packet, Scale{packet.instrument_token});
  fields.finish();
  return update;
}

}  // namespace tidegate::zerodha
