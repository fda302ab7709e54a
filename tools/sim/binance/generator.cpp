#include "tools/sim/binance/generator.hpp"

#include <algorithm>

#include "tools/sim/binance/generator_output.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::int64_t kStepNs = 10'000'000;
constexpr double kActionsPerStep = 0.17;      // of each symbol at rate 1: about 20 trades and quotes a second
constexpr std::int64_t kCatchUpSteps = 200;   // in one call, so that a loop stays responsive
constexpr std::int64_t kUnpacedSteps = 50;    // in one call
constexpr std::int64_t kBurstSteps = 20'000;  // in one call: what is subscribed may send nothing by the event

}  // namespace

GeneratedFeed::GeneratedFeed(Hub& hub, const GeneratorOptions& options, Now now)
    : hub_(hub), actions_per_step_(options.rate * kActionsPerStep), unpaced_(options.rate == 0), random_(options.seed), start_ns_(now.mono_ns) {
  if (options.serves != Serves::Usdm) add_market(Market::Spot, options, now);
  if (options.serves != Serves::Spot) add_market(Market::Usdm, options, now);
}
GeneratedFeed::~GeneratedFeed() = default;

void GeneratedFeed::add_market(Market market, const GeneratorOptions& options, Now now) {
  Side& target = side(market);
  if (market == Market::Usdm) target.shared_ids = std::make_unique<UpdateIds>(11'671'659'000'000, true);
  for (SymbolSpec& spec : make_symbols(market, options.symbols)) {
    const std::uint64_t seed = Random{options.seed ^ hash_text(spec.name) ^ (market == Market::Usdm ? 1U : 0U)}.next();
    auto symbol = std::make_unique<Symbol>(spec, seed, target.shared_ids.get(), now.utc_us);
    target.by_name.emplace(spec.name, symbol.get());
    target.by_lower.emplace(spec.lower, symbol.get());
    target.symbols.push_back(std::move(symbol));
  }
}

const SymbolMarket* GeneratedFeed::market(Market market, std::string_view symbol) const {
  const auto& names = side(market).by_name;
  const auto it = names.find(symbol);
  return it == names.end() ? nullptr : &it->second->market;
}

bool GeneratedFeed::has_symbol(Market market, std::string_view symbol) const { return this->market(market, symbol) != nullptr; }

void GeneratedFeed::on_topic(Topic& topic) {
  const auto known = std::find_if(outputs_.begin(), outputs_.end(), [&topic](const auto& output) { return output->topic == &topic; });
  if (topic.clients.empty()) {
    on_topic_gone(topic);
    return;
  }
  if (known != outputs_.end() || topic.kind == StreamKind::Other) return;
  Symbol* symbol = nullptr;
  if (!topic.stream.symbol.empty()) {
    const auto& names = side(topic.market).by_lower;
    const auto it = names.find(topic.stream.symbol);
    if (it == names.end()) return;  // accepted, and silent
    symbol = it->second;
  }
  auto output = std::make_unique<Output>();
  output->topic = &topic;
  output->symbol = symbol;
  output->previous_id = symbol != nullptr ? symbol->market.update_id() : 0;
  // Streams of one period do not all leave in the same millisecond.
  const std::int64_t period_us = topic.stream.period_ms * 1000;
  if (period_us > 0) {
    const std::int64_t phase = static_cast<std::int64_t>(hash_text(topic.stream.symbol) % static_cast<std::uint64_t>(period_us));
    output->next_due_us = (hub_.now().utc_us - phase) / period_us * period_us + phase + period_us;
  }
  if (symbol != nullptr) symbol->outputs.push_back(output.get());
  outputs_.push_back(std::move(output));
}

void GeneratedFeed::on_topic_gone(Topic& topic) {
  const auto it = std::find_if(outputs_.begin(), outputs_.end(), [&topic](const auto& output) { return output->topic == &topic; });
  if (it == outputs_.end()) return;
  if (Symbol* symbol = (*it)->symbol; symbol != nullptr) {
    auto& list = symbol->outputs;
    list.erase(std::remove(list.begin(), list.end(), it->get()), list.end());
  }
  outputs_.erase(it);
}

bool GeneratedFeed::advance(Now now) {
  bool more = false;
  const std::int64_t target = (now.mono_ns - start_ns_) / kStepNs;
  if (now.mono_ns < quiet_until_ns_) {
    steps_done_ = target;
    publish_periodic(now);
    return false;
  }
  if (unpaced_) {
    for (std::int64_t i = 0; i < kUnpacedSteps && hub_.queued_bytes_max() < kSocketsFullBytes; ++i) step(now);
    more = hub_.anyone_subscribed();
    steps_done_ = target;
  } else {
    for (std::int64_t i = 0; i < kCatchUpSteps && steps_done_ < target; ++i) {
      step(now);
      ++steps_done_;
    }
    more = steps_done_ < target;
  }
  for (std::int64_t i = 0; i < kBurstSteps && burst_ > 0 && hub_.anyone_subscribed(); ++i) {
    const std::uint64_t before = hub_.frames_sent();
    step(now);
    burst_ -= static_cast<std::int64_t>(hub_.frames_sent() - before);
  }
  publish_periodic(now);
  return more;
}

void GeneratedFeed::step(Now now) {
  for (Side* market : {&spot_, &usdm_}) {
    for (const auto& symbol : market->symbols) {
      if (unpaced_ || burst_ > 0) {
        act(*symbol, now);
        continue;
      }
      // The fraction is carried in whole thousandths, so that the number of actions depends on the step alone.
      symbol->owed_thousandths += static_cast<std::int64_t>(actions_per_step_ * 2 * static_cast<double>(random_.below(1001)));
      for (; symbol->owed_thousandths >= 1000; symbol->owed_thousandths -= 1000) act(*symbol, now);
    }
  }
}

void GeneratedFeed::act(Symbol& symbol, Now now) {
  symbol.market.act(now.utc_us, activity_);
  for (Output* output : symbol.outputs) {
    const Encoding how = encoding(*output->topic, now);
    switch (output->topic->kind) {
      case StreamKind::Trade:
        for (const MarketTrade& trade : activity_.trades) {
          text_.clear();
          encode_trade(text_, how, symbol.market, trade);
          send(*output);
        }
        break;
      case StreamKind::AggTrade:
        for (const MarketAggTrade& trade : activity_.agg_trades) {
          text_.clear();
          encode_agg_trade(text_, how, symbol.market, trade);
          send(*output);
        }
        break;
      case StreamKind::BookTicker:
        if (!activity_.top_changed) break;
        text_.clear();
        encode_book_ticker(text_, how, symbol.market);
        send(*output);
        break;
      case StreamKind::Depth:
      case StreamKind::PartialDepth:
        for (const LevelChange& change : activity_.changes) (change.side == BookSide::Bid ? output->bids : output->asks).push_back(change.price);
        if (output->first_id == 0) output->first_id = activity_.first_id;
        break;
      default:
        break;  // by the clock
    }
  }
}

void GeneratedFeed::send(Output& output) { hub_.publish(*output.topic, text_); }

void GeneratedFeed::publish_periodic(Now now) {
  for (const auto& output : outputs_) {
    const std::int64_t period_us = output->topic->stream.period_ms * 1000;
    if (period_us == 0) continue;
    if (output->topic->kind == StreamKind::Kline) publish_kline(*output, now);  // a closing candle does not wait for the period
    if (now.utc_us < output->next_due_us) continue;
    publish_due(*output, now);
    // Periods that were missed are skipped, not caught up with.
    output->next_due_us += ((now.utc_us - output->next_due_us) / period_us + 1) * period_us;
  }
}

void GeneratedFeed::publish_due(Output& output, Now now) {
  const Encoding how = encoding(*output.topic, now);
  const StreamName& stream = output.topic->stream;
  switch (stream.kind) {
    case StreamKind::Depth:
      return publish_depth(output, now);
    case StreamKind::PartialDepth:
      return publish_partial(output, now);
    case StreamKind::Kline:
      return;
    case StreamKind::AllMiniTickers:
    case StreamKind::AllTickers:
    case StreamKind::AllWindowTickers:
    case StreamKind::AllMarkPrices:
    case StreamKind::AllBookTickers:
      return publish_all(output, now);
    default:
      break;
  }
  text_.clear();
  const SymbolMarket& market = output.symbol->market;
  switch (stream.kind) {
    case StreamKind::MiniTicker:
      encode_mini_ticker(text_, how, market);
      break;
    case StreamKind::Ticker:
      encode_ticker(text_, how, market);
      break;
    case StreamKind::WindowTicker:
      encode_window_ticker(text_, how, market, stream.window, stream.window_minutes);
      break;
    case StreamKind::AvgPrice:
      encode_avg_price(text_, how, market);
      break;
    case StreamKind::MarkPrice:
      encode_mark_price(text_, how, market);
      break;
    default:
      return;
  }
  send(output);
}

void GeneratedFeed::publish_depth(Output& output, Now now) {
  if (output.first_id == 0) return;
  for (auto* prices : {&output.bids, &output.asks}) {
    std::sort(prices->begin(), prices->end());
    prices->erase(std::unique(prices->begin(), prices->end()), prices->end());
  }
  const SymbolMarket& market = output.symbol->market;
  text_.clear();
  encode_depth(text_, encoding(*output.topic, now), market, {output.first_id, market.update_id(), output.previous_id, output.bids, output.asks});
  output.restart(market.update_id());
  send(output);
}

void GeneratedFeed::publish_partial(Output& output, Now now) {
  if (output.first_id == 0) return;
  const SymbolMarket& market = output.symbol->market;
  text_.clear();
  encode_partial_depth(text_, encoding(*output.topic, now), market, output.topic->stream.levels, output.first_id, output.previous_id);
  output.restart(market.update_id());
  send(output);
}

void GeneratedFeed::publish_kline(Output& output, Now now) {
  SymbolMarket& market = output.symbol->market;
  const std::size_t interval = output.topic->stream.interval;
  market.pass_time(now.utc_us);
  const auto write = [&](const Candle& candle, bool closed) {
    text_.clear();
    encode_kline(text_, encoding(*output.topic, now), market, interval, candle, closed);
    send(output);
  };
  const auto& closed = market.candles().closed(interval);
  const Candle& current = market.candles().current(interval);
  if (output.candle_open_ms != 0 && (current.count == 0 || current.open_ms != output.candle_open_ms)) {
    const auto last =
        std::find_if(closed.rbegin(), closed.rend(), [&output](const Candle& candle) { return candle.open_ms == output.candle_open_ms; });
    if (last != closed.rend()) write(*last, true);
    output.candle_open_ms = 0;
    output.candle_count = 0;
  }
  if (current.count == 0) return;
  output.candle_open_ms = current.open_ms;
  if (now.utc_us < output.next_due_us || current.count == output.candle_count) return;
  output.candle_count = current.count;
  write(current, false);
}

void GeneratedFeed::publish_all(Output& output, Now now) {
  const Encoding how = encoding(*output.topic, now);
  const StreamName& stream = output.topic->stream;
  text_ = "[";
  for (const auto& symbol : side(output.topic->market).symbols) {
    const SymbolMarket& market = symbol->market;
    const std::int64_t mark =
        stream.kind == StreamKind::AllBookTickers || stream.kind == StreamKind::AllMarkPrices ? market.update_id() : market.trades().back().id;
    auto& sent = output.sent_marks[symbol.get()];
    if (sent == mark) continue;  // only symbols that changed
    sent = mark;
    if (text_.size() > 1) text_ += ',';
    switch (stream.kind) {
      case StreamKind::AllMiniTickers:
        encode_mini_ticker(text_, how, market);
        break;
      case StreamKind::AllTickers:
        encode_ticker(text_, how, market);
        break;
      case StreamKind::AllWindowTickers:
        encode_window_ticker(text_, how, market, stream.window, stream.window_minutes);
        break;
      case StreamKind::AllMarkPrices:
        encode_mark_price(text_, how, market);
        break;
      default:
        encode_book_ticker(text_, how, market);
        break;
    }
    if (stream.kind != StreamKind::AllBookTickers) continue;
    text_.erase(0, 1);  // !bookTicker sends an object of each symbol, not an array
    send(output);
    text_ = "[";
  }
  text_ += ']';
  if (text_.size() > 2) send(output);
}

}  // namespace tidegate::sim::binance
