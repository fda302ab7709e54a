// Which broker serves one stream now, and when another one takes over. Pure: the caller brings frames' facts and the time.
//
// A stream moves with a record of its new source, never into silence: due() is asked when such a record is at hand. So the old source serves to the
// last, and where nobody has data nothing moves.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/failover.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"
#include "normalizer/price_sample.hpp"
#include "normalizer/source_key.hpp"

namespace tidegate {

/// A broker as a whole, as its own words have it.
struct BrokerView {
  std::string_view name;
  BrokerState state = BrokerState::Connecting;
  MonoTime since;
  std::string reason;
  bool ended = false;   // on purpose: its session is no more, and nothing says that another will come
  MonoTime heard_at{};  // it said something new on any stream that several brokers could serve
};

/// One broker that could serve the stream, and what has been seen of it there.
struct SourceCandidate {
  enum class Stand : std::uint8_t {
    Unasked,  // its session does not have the want
    Asked,
    Accepted,  // or asked where it acknowledges nothing, or data came
    Lost,      // the connection that had it is gone
    Refused,
    Gone,  // it lists the instrument no more
  };
  BrokerId broker{};
  Stand stand = Stand::Unasked;
  bool acknowledged = false;
  bool has_data = false;     // since it was accepted
  bool proven = true;        // since it failed the stream last, it has accepted again or given something new
  std::uint8_t flaps = 0;    // how often it failed soon after it had come back
  std::uint16_t code = 0;    // Refused
  std::uint32_t losses = 0;  // of its connection, without anything new in between
  SourceKey key{};           // who speaks for it; means nothing before Accepted
  MonoTime since{};          // of `stand`
  MonoTime broken_at{};      // the first of `losses`
  MonoTime alive_at{};       // it said something new
  MonoTime moved_at{};       // its prices changed
  MonoTime ahead_at{};       // not serving: its first such change that the serving one did not answer
  MonoTime behind_at{};      // not serving: the serving one's first such change that it did not answer
  MonoTime well_at{};        // better than the serving one: well since then. 0: it is not
  MonoTime returned_at{};    // the stream came back to it then
  MonoTime disagrees_at{};   // 0: it does not
  MonoTime silent_since{};   // serving: it has said nothing since then though it used to, and goes on elsewhere. 0: it has not fallen silent
  std::uint64_t prices = 0;  // the last sample's digests
  std::uint64_t content = 0;
  Decimal price{};  // the last one
  MonoTime price_at{};
  bool compared = false;  // with the serving one's last price
  bool agreed = false;    // and was once within the tolerance of it
  bool told = false;      // the disagreement was reported, and lasts
  std::string words{};    // why it is Lost or Refused; else the note of its states
};

class SourceSelect {
 public:
  enum class Cause : std::uint8_t { Failover, Return, Order };
  enum class Heard : std::uint8_t { NotAsked, Repeated, News };
  struct Move {
    BrokerId from{}, to{};
    Cause cause{};
    std::string why;
  };
  /// One price was too far from the other for its broker to take over.
  struct Disagreement {
    BrokerId broker{};
    Decimal price, serving_price;
  };
  /// Silence is not judged in a shorter time than this, whatever the rule says.
  static constexpr Duration kSilenceMin = std::chrono::seconds{1};
  /// Prices further apart in time than this are not compared.
  static constexpr Duration kComparableFor = std::chrono::seconds{60};

  /// `serving`: who has served the stream before, if anybody.
  SourceSelect(const SourcePlan& plan, const std::optional<SourceKey>& serving, MonoTime now);
  /// The whole plan again. Who is no longer in it is known until another one serves.
  void set_plan(const SourcePlan& plan, MonoTime now);

  [[nodiscard]] BrokerId serving() const { return candidates_[serving_].broker; }
  [[nodiscard]] const SourceCandidate& source() const { return candidates_[serving_]; }
  [[nodiscard]] std::span<const SourceCandidate> candidates() const { return candidates_; }
  [[nodiscard]] bool numbered_alike() const { return numbered_alike_; }

  // ---- what frames say; false where it is about nobody here ----
  bool on_accepted(const SourceKey& key, bool acknowledged, std::string_view note, MonoTime now);
  bool on_refused(BrokerId broker, std::string_view words, std::uint16_t code, MonoTime now);
  bool on_closed(const SourceKey& key, std::string_view words, MonoTime now);
  /// The stream is silent for far longer than it ever was, while others of the same connection go on.
  void on_fell_silent(const SourceKey& key, MonoTime since);
  /// Another socket of the same connection has taken the old one's place, by plan.
  void on_taken_over(const SourceKey& key);
  Heard on_data(const SourceKey& key, const PriceSample& sample, MonoTime now);

  /// Whether the stream moves to `broker`, of which a record is at hand. `brokers` by BrokerId.
  [[nodiscard]] std::optional<Move> due(BrokerId broker, std::span<const BrokerView> brokers, MonoTime now);
  /// Whoever of the others would be due, best first: for streams that nobody has served yet, which need no record for it.
  [[nodiscard]] std::optional<Move> due(std::span<const BrokerView> brokers, MonoTime now);
  void move(const Move& move, MonoTime now);

  /// Looks how long the better ones have been well. To be called from time to time.
  void watch(std::span<const BrokerView> brokers, MonoTime now);
  /// One that has not been reported.
  [[nodiscard]] std::optional<Disagreement> take_disagreement(MonoTime now);

  /// Who should hold the subscription; nothing when they do already.
  [[nodiscard]] std::optional<SourceWish> wish(std::span<const BrokerView> brokers, MonoTime now);
  /// Everybody has refused: nobody is left to wait for.
  [[nodiscard]] bool all_refused() const;

 private:
  struct Failure {
    MonoTime since;
    Duration patience{};
  };

  [[nodiscard]] SourceCandidate* find(BrokerId broker);
  [[nodiscard]] Duration silence_limit() const { return std::max(rule_.failover_after, kSilenceMin); }
  [[nodiscard]] bool is_well(const SourceCandidate& candidate, std::span<const BrokerView> brokers) const;
  [[nodiscard]] bool usable(const SourceCandidate& candidate, std::span<const BrokerView> brokers) const;
  [[nodiscard]] bool hopeless(const SourceCandidate& candidate, std::span<const BrokerView> brokers) const;
  [[nodiscard]] bool disagrees(const SourceCandidate& candidate) const { return candidate.compared && !candidate.agreed; }
  [[nodiscard]] bool is_behind(const SourceCandidate& candidate) const;
  [[nodiscard]] bool outruns(const SourceCandidate& candidate) const;
  [[nodiscard]] std::optional<Failure> failing(std::span<const BrokerView> brokers) const;
  [[nodiscard]] std::string why_failing(std::span<const BrokerView> brokers) const;
  [[nodiscard]] bool waits_for_better(std::size_t index, std::span<const BrokerView> brokers, MonoTime now) const;
  [[nodiscard]] Duration return_wait(const SourceCandidate& candidate) const { return rule_.return_after * (1U << candidate.flaps); }
  [[nodiscard]] bool within_tolerance(Decimal price, Decimal reference) const;
  void compare_prices(SourceCandidate& of, MonoTime now);
  void judge(SourceCandidate& candidate, bool fresh, MonoTime now) const;

  InstrumentId instrument_;
  Channel channel_{};
  FailoverRule rule_;
  std::uint32_t order_ = 0;
  bool ordered_ = false;  // the first is to serve from its next record on
  bool numbered_alike_ = false;
  std::vector<SourceCandidate> candidates_;  // best first; whoever the plan lacks now, last
  std::size_t serving_ = 0;
  MonoTime spare_until_;          // warm: the next one stays subscribed until then
  std::vector<BrokerId> wished_;  // as the plan had it, or as was said last
};

}  // namespace tidegate
