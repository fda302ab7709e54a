// Frame in, records out. This is where bytes become MarketData: read on_frame and the five on_... functions top to bottom.
// Everything here depends only on frames, configuration and the injected clock, so that a recording gives the same records again. One thread.
#pragma once

#include <bit>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brokers/adapter.hpp"
#include "gateway/core/calendar.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/core/update.hpp"
#include "normalizer/instrument_map.hpp"
#include "normalizer/price_sample.hpp"
#include "normalizer/stream.hpp"

namespace tidegate {

struct NormalizerOptions {
  Duration first_data_timeout{std::chrono::seconds{10}};  // accepted, but nothing came: Silent
  Duration snapshot_retry{std::chrono::seconds{5}};       // a book snapshot that did not come is asked for again
  Duration quiet_after{std::chrono::seconds{60}};         // a lively stream, silent while others move: Silent. At least so long. 0: not watched
  bool everything_wanted = false;                         // offline: no demand, every stream counts
  std::uint16_t default_depth = kDefaultDepth;            // levels a side where everything is wanted
};

/// Streams that moved from one broker to another for the same cause at about the same time: logged together.
struct MovedStreams {
  SourceSelect::Move move;
  std::string stream;  // the first of them
  std::size_t count = 0;
};

/// Something about an account that a broker sent among its market data. Kept as received, and never logged: it is somebody's business.
struct AccountEvent {
  BrokerId broker{};
  UtcTime received;
  std::string kind, body;
};

class Normalizer final : private UpdateSink {
 public:
  Normalizer(const Clock& clock, Telemetry& telemetry, RecordSink& out, NormalizerOptions options);
  ~Normalizer() override;

  /// In order of BrokerId, before the broker's first frame. telemetry.brokers has its entry already. Without limits its holes are not filled.
  void add_broker(std::unique_ptr<Decoder> decoder, const TradeFillLimits& fills = {});
  /// The same while another thread may add to telemetry.brokers: it has looked the entry up.
  void add_broker(std::unique_ptr<Decoder> decoder, const TradeFillLimits& fills, BrokerTelemetry& telemetry);
  /// Another session of this broker begins, perhaps with another configuration. Its last one has ended, see end_broker().
  void replace_decoder(BrokerId broker, std::unique_ptr<Decoder> decoder, const TradeFillLimits& fills);
  /// The broker is about to be ended for good: whoever takes its streams over says that this is why.
  void expect_end(BrokerId broker) { view_of(broker).ended = true; }
  /// The broker's session was stopped on purpose, and all its frames were given to on_frame(). Its streams have lost their connection, and the broker
  /// is `state`, because of `words`. What it numbers next proves nothing about what it numbered before.
  void end_broker(BrokerId broker, BrokerState state, std::string_view words);
  /// Nobody serves these wanted streams any more.
  void fail_unserved(const std::vector<Want>& wants, std::string_view words);
  /// A kept book needs a snapshot of this symbol; may be called again until it comes.
  std::function<void(BrokerId, const std::string& symbol)> request_snapshot;
  /// Trades between these numbers are missing; may be called again until they come.
  std::function<void(BrokerId, const std::string& symbol, std::uint64_t first, std::uint64_t last)> request_trades;
  /// A message named an instrument that no list holds: its id from now on, or kNoInstrument to drop it.
  std::function<InstrumentId(BrokerId, const NativeRef&)> resolve_unlisted;

  /// Other brokers than before are to hold the subscriptions of these streams.
  std::function<void(std::vector<SourceWish>)> on_source_wishes;
  /// How the streams that several brokers could serve stand now, by BrokerId.
  std::function<void(std::vector<SourceReport>)> on_source_reports;

  /// When venues are open, for what is told of streams without data; outlives the normalizer. Without it all are always open.
  void set_calendars(const Calendars& calendars) { calendars_ = &calendars; }
  void set_catalog(std::shared_ptr<const Catalog> catalog);
  /// The whole demand. Streams that left it forget their state and keep their count.
  void set_wanted(const std::vector<Want>& wants);
  /// Who could serve the wanted streams that several could; others have one source, whoever sends their data.
  void set_sources(const std::vector<SourcePlan>& plans);

  void on_frame(const RawFrame& frame);
  /// The newest account events, oldest first; older ones beyond kAccountEventsMax are dropped.
  static constexpr std::size_t kAccountEventsMax = 1'000;
  [[nodiscard]] const std::deque<AccountEvent>& account_events() const { return account_events_; }
  /// Time-outs; cheap when called often. Returns how many streams changed.
  std::size_t do_work(MonoTime now);

 private:
  void on_trade(const TradeUpdate& update) override;
  void on_quote(const QuoteUpdate& update) override;
  void on_depth(const DepthUpdate& update) override;
  void on_ticker(const TickerUpdate& update) override;
  void on_candle(const CandleUpdate& update) override;
  void on_availability(const AvailabilityUpdate& update) override;
  void on_instrument_status(const InstrumentStatusUpdate& update) override;
  void on_account(const AccountUpdate& update) override;
  void on_market_status(const MarketStatusUpdate& update) override;

  // the five verbs
  void decode(const RawFrame& frame);
  [[nodiscard]] bool resolve(const NativeRef& native, Channel channel);
  [[nodiscard]] bool check(const Checked& checked);
  template <MarketDataRecord Record>
  void emit(Record& record, Flags flags, UtcTime ts_event);
  void emit_stamped(RecordHeader& header, Flags flags);

  // connection events
  void on_closed(const RawFrame& frame);
  void lose_source(Channel channel, std::string_view why);
  void on_overflow(const RawFrame& frame);
  void on_accepted(const RawFrame& frame);  // or asked
  void on_refused(const RawFrame& frame);
  void on_broker_status(const RawFrame& frame);

  // planned ends of connections
  void on_succeeding(const RawFrame& frame);
  void on_put_off(const RawFrame& frame);
  void on_taken_over(const RawFrame& frame);
  void begin_overlap();
  [[nodiscard]] bool repeats(std::uint64_t content, UtcTime ts);
  void on_repeated();
  void end_overlaps(MonoTime now);

  // books
  void on_delta(const DepthUpdate& update);
  void on_snapshot(const DepthUpdate& update);
  void on_top_levels(const DepthUpdate& update);
  void on_book_lost(std::string_view reason);
  void ask_snapshot();
  void emit_book(const OrderBook& book, Flags flags);

  // holes of numbered trades
  [[nodiscard]] static Trade trade_of(const TradeUpdate& update, InstrumentId instrument);
  void remember_hole(const TradeUpdate& update, std::uint64_t lost);
  void on_fetched_trade(const TradeUpdate& update);
  bool fill_hole(const TradeUpdate& update);
  static void give_up(BrokerCounters& counters, const OpenHoles::Ended& hole);
  void give_up_holes();
  void work_fills(MonoTime now);

  // streams that several brokers could serve
  template <class Update>
  [[nodiscard]] bool serves(const Update& update) {
    return stream_->sources == nullptr || admit(sample_of(update));
  }
  [[nodiscard]] bool admit(const PriceSample& sample);
  [[nodiscard]] bool source_accepted(const RawFrame& frame);
  void source_refused(BrokerId broker, std::string_view words, std::uint16_t code);
  void move_stream(const SourceSelect::Move& move, MonoTime now);
  std::size_t work_sources(MonoTime now);
  void report_sources();
  void go_live(std::string_view reason);
  BrokerView& view_of(BrokerId broker);

  // what a broker gives of an instrument
  void fail_without_access();
  void repeat_status();

  // streams without data
  bool tell_silence(MonoTime now);
  bool tell_market_closed(UtcTime until);
  bool tell_quiet(bool expected);
  std::size_t watch_rhythms(MonoTime now);
  [[nodiscard]] MonoTime& last_beat(SourceKey source);
  bool tell_broken_rhythm(MonoTime now);
  [[nodiscard]] const Calendar* calendar_of_stream() const;

  void set_state(StreamState state, std::string_view reason, std::uint16_t code = 0);
  void tell_state(std::string_view reason, std::uint16_t code);
  void announce_gap(std::uint64_t lost);
  void forget_merged(Channel channel);
  void check_tick_size(Flags flags, std::initializer_list<Decimal> prices);
  void check_tick_size(Flags flags, std::span<const LevelUpdate> levels);
  void count_off_tick(Decimal price);
  void count_bad(const Error& error, bool confidential = false);
  void select(InstrumentId instrument, Channel channel);
  [[nodiscard]] TickGrid tick_of(InstrumentId instrument) const;
  InstrumentState& state_of(InstrumentId instrument);
  template <class Visit>
  void for_each_stream(Visit visit);

  const Clock& clock_;
  Telemetry& telemetry_;
  RecordSink& out_;
  NormalizerOptions options_;
  std::vector<std::unique_ptr<Decoder>> decoders_;  // by BrokerId
  std::vector<TradeFillLimits> fill_limits_;        // by BrokerId
  std::vector<BrokerTelemetry*> brokers_;           // by BrokerId
  InstrumentMap instruments_;
  std::shared_ptr<const Catalog> catalog_;
  const Calendars* calendars_ = &Calendars::none();
  std::vector<std::unique_ptr<InstrumentState>> states_;  // by InstrumentId; null: never seen
  std::vector<std::uint64_t> depth_record_;               // scratch for records of variable size
  std::deque<AccountEvent> account_events_;
  std::vector<InstrumentId> filling_;  // with a TradeFill
  MonoTime next_check_;
  MonoTime next_rhythm_check_;
  std::vector<ConnectionBeat> last_beats_;  // one for each connection that serves a stream; scratch of watch_rhythms
  std::vector<SourceKey> succeeded_;        // sockets beside which a successor is open
  MonoTime overlaps_end_{INT64_MAX};

  // streams that several brokers could serve
  std::vector<BrokerView> views_;  // by BrokerId
  std::vector<SourceWish> wishes_;
  std::vector<SourceReport> reports_, reports_sent_;  // by BrokerId
  std::vector<std::string> disagreements_;            // by BrokerId: the last one, in words
  std::vector<MovedStreams> moved_;                   // since they were logged last

  // the frame and the stream at hand, set by on_frame and resolve
  const RawFrame* frame_ = nullptr;
  BrokerTelemetry* broker_ = nullptr;
  InstrumentId instrument_ = kNoInstrument;
  Channel channel_{};
  InstrumentState* state_ = nullptr;
  Stream* stream_ = nullptr;
};

/// Selects each stream that was ever used, and shows it.
template <class Visit>
void Normalizer::for_each_stream(Visit visit) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == nullptr) continue;
    for (std::uint32_t left = states_[i]->used; left != 0; left &= left - 1) {
      const auto c = static_cast<std::size_t>(std::countr_zero(left));
      select(InstrumentId{static_cast<std::uint32_t>(i)}, static_cast<Channel>(c));
      visit(channel_, *stream_);
    }
  }
}

}  // namespace tidegate
