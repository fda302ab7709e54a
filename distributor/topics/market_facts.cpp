#include "distributor/topics/market_facts.hpp"

#include <utility>

namespace tidegate::distributor {

void MarketFacts::note(std::string_view broker, const MarketStatus& status) {
  Venue said{std::string(broker), std::string(status.venue), std::string(status.message), status.header.ts_event, status.header.ts_received};
  std::erase_if(venues_, [&said](const Venue& known) { return known.broker == said.broker && known.venue == said.venue; });
  if (venues_.size() == kVenuesMax) venues_.erase(venues_.begin());
  venues_.push_back(std::move(said));
}

std::string MarketFacts::json(std::span<const BrokerHealth> brokers) const {
  JsonWriter json;
  json.begin_object().key("brokers").begin_array();
  for (const BrokerHealth& broker : brokers) {
    if (broker.retired) continue;
    json.begin_object().text("name", broker.name).text("state", to_text(broker.state)).text("reason", broker.reason);
    json.time("since", broker.since).end_object();
  }
  json.end_array().key("venues").begin_array();
  for (const Venue& venue : venues_) {
    json.begin_object().text("broker", venue.broker).text("venue", venue.venue).text("message", venue.message);
    json.time("timestamp", venue.timestamp).time("received", venue.received).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace tidegate::distributor
