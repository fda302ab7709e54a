#include "tools/bench/fanout/sample_record.hpp"

#include "distributor/encoder.hpp"
#include "gateway/core/time.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/distributor_host.hpp"

namespace tidegate::bench {
namespace {

class BenchNames final : public distributor::Names {
 public:
  explicit BenchNames(std::size_t symbol) : symbol_(DistributorHost::symbol(symbol)) {}
  [[nodiscard]] std::string_view symbol(InstrumentId) const override { return symbol_; }
  [[nodiscard]] std::string_view broker(BrokerId) const override { return "bench"; }

 private:
  std::string symbol_;
};

}  // namespace

SampleRecord::SampleRecord(std::size_t symbol) {
  const SystemClock clock;
  const BenchNames names(symbol);
  distributor::Encoder encoder(names);
  const Trade trade = DistributorHost::make_trade(0, 1'000'000, now_ns(), clock.utc());
  text_ = encoder.encode(trade.header, clock.utc());
  constexpr std::string_view kKey = R"("trade_id":")";
  at_ = text_.find(kKey) + kKey.size();
  digits_ = text_.find('"', at_) - at_;
}

void SampleRecord::stamp(std::int64_t now_ns) {
  for (std::size_t i = digits_; i > 0; --i, now_ns /= 10) text_[at_ + i - 1] = static_cast<char>('0' + now_ns % 10);
}

}  // namespace tidegate::bench
