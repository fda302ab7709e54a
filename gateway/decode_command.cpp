#include "gateway/decode_command.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "brokers/registry.hpp"
#include "distributor/encoder.hpp"
#include "gateway/config/config.hpp"
#include "gateway/configured_instruments.hpp"
#include "gateway/recording/frames_file.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

/// Recordings bring their own times: nothing here may depend on when it runs.
class StoppedClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc() const override { return kNoTime; }
  [[nodiscard]] MonoTime mono() const override { return {}; }
};

/// Names instruments as they turn up in the recording.
class FoundInstruments final : public distributor::Names {
 public:
  explicit FoundInstruments(std::string broker) : broker_(std::move(broker)) {}

  InstrumentId add(std::string symbol) {
    const auto [it, added] = ids_.try_emplace(symbol, InstrumentId{static_cast<std::uint32_t>(symbols_.size())});
    if (added) symbols_.push_back(std::move(symbol));
    return it->second;
  }
  [[nodiscard]] std::string_view symbol(InstrumentId instrument) const override { return symbols_[instrument.value()]; }
  [[nodiscard]] std::string_view broker(BrokerId) const override { return broker_; }

 private:
  std::string broker_;
  std::vector<std::string> symbols_;
  std::unordered_map<std::string, InstrumentId> ids_;
};

/// Writes the data messages and counts them by kind.
class Printer final : public RecordSink {
 public:
  Printer(std::ostream& out, const distributor::Names& names, std::uint16_t depth) : out_(out), encoder_(names), depth_(depth) {}

  void on_record(const RecordHeader& record) override {
    ++counts_[static_cast<std::size_t>(record.kind)];
    const std::string_view message = encoder_.encode(record, record.ts_received, depth_);
    if (message.empty()) return;
    out_.write(message.data(), static_cast<std::streamsize>(message.size()));
    out_.put('\n');
  }
  [[nodiscard]] std::uint64_t count(RecordKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }

 private:
  std::ostream& out_;
  distributor::Encoder encoder_;
  std::uint16_t depth_;
  std::array<std::uint64_t, 16> counts_{};
};

struct Source {
  const Adapter* adapter = nullptr;
  BrokerConfig broker;
  std::vector<InstrumentConfig> instruments;
};

/// The broker to decode for; throws ConfigError, or returns no adapter when there is none of that name.
Source find_source(const DecodeOptions& options) {
  Source source;
  if (options.config.empty()) {
    source.adapter = find_adapter(options.broker);
    source.broker.name = source.broker.adapter = options.broker;
    return source;
  }
  Config config = load_config(options.config, all_adapters());
  auto it = std::find_if(config.brokers.begin(), config.brokers.end(), [&](const BrokerConfig& broker) { return broker.name == options.broker; });
  if (it == config.brokers.end()) {
    it = std::find_if(config.brokers.begin(), config.brokers.end(), [&](const BrokerConfig& broker) { return broker.adapter == options.broker; });
  }
  if (it == config.brokers.end()) return source;
  source.adapter = find_adapter(it->adapter);
  source.broker = *it;
  source.broker.id = BrokerId{0};
  source.instruments = std::move(config.instruments);
  return source;
}

/// One line of the recording as the frame that a session would have pushed; false when it carries nothing for the normalizer.
bool to_frame(RecordedFrame& recorded, RawFrame& frame) {
  frame.received = recorded.received;
  frame.bytes.swap(recorded.bytes);
  frame.request.clear();
  switch (recorded.kind) {
    case RecordedKind::Text:
      frame.kind = FrameKind::Text;
      break;
    case RecordedKind::Binary:
      frame.kind = FrameKind::Binary;
      break;
    case RecordedKind::Connect:
      frame.kind = FrameKind::Opened;
      break;
    case RecordedKind::Rest:
      frame.kind = FrameKind::Rest;
      frame.request.swap(recorded.request);
      return recorded.status == 200;
  }
  return true;
}

/// Calls `visit` with each frame; counts lines that cannot be read. Returns an empty text, or why the file could not be read to its end.
template <class Visit>
std::string for_each_frame(const std::filesystem::path& path, std::ostream* complaints, std::uint64_t& bad_lines, Visit visit) {
  FramesFile file{path.string()};
  RecordedFrame recorded;
  RawFrame frame;
  for (;;) {
    switch (file.next(recorded)) {
      case FramesFile::Read::End:
        return file.problem();
      case FramesFile::Read::BadLine:
        if (complaints != nullptr && ++bad_lines <= 10) fmt::print(*complaints, "{}: {}\n", path.string(), file.problem());
        break;
      case FramesFile::Read::Frame:
        if (to_frame(recorded, frame)) visit(frame);
        break;
    }
  }
}

void print_summary(std::ostream& complaints, std::uint64_t frames, std::uint64_t bad_lines, const BrokerCounters& counters, const Printer& printer) {
  fmt::print(complaints, "frames {}, bad {}, ignored {}, control {}, unreadable lines {}\n", frames, counters.frames_bad.load(),
             counters.frames_ignored.load(), counters.control_messages.load(), bad_lines);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (const auto n = counters.bad_by_reason[i].load(); n != 0) fmt::print(complaints, "bad: {} {}\n", to_text(static_cast<Reason>(i)), n);
  }
  fmt::print(complaints, "messages: trade {}, quote {}, orderbook {}, ticker {}, candle {}, gap {}\n", printer.count(RecordKind::Trade),
             printer.count(RecordKind::Quote), printer.count(RecordKind::Depth), printer.count(RecordKind::Ticker), printer.count(RecordKind::Candle),
             printer.count(RecordKind::Gap));
  fmt::print(complaints, "duplicates {}, gaps {}, book snapshots {}, rejected {}, resyncs {}\n", counters.duplicates.load(), counters.gaps.load(),
             counters.book_snapshots.load(), counters.book_snapshots_rejected.load(), counters.book_resyncs.load());
}

}  // namespace

int run_decode(const DecodeOptions& options, std::ostream& out, std::ostream& complaints) {
  Source source;
  try {
    source = find_source(options);
  } catch (const ConfigError& error) {
    fmt::print(complaints, "{}\n", error.what());
    return 2;
  }
  if (source.adapter == nullptr) {
    fmt::print(complaints, "unknown broker {}; known adapters:", options.broker);
    for (const Adapter* adapter : all_adapters()) fmt::print(complaints, " {}", adapter->name);
    fmt::print(complaints, "\n");
    return 2;
  }

  std::uint64_t bad_lines = 0;
  if (options.config.empty() && source.adapter->infer_options != nullptr) {
    const std::string problem =
        for_each_frame(options.frames, nullptr, bad_lines, [&](const RawFrame& frame) { source.adapter->infer_options(source.broker, frame); });
    if (!problem.empty()) fmt::print(complaints, "{}: {}\n", options.frames.string(), problem);
  }

  const StoppedClock clock;
  Telemetry telemetry;
  telemetry.brokers.emplace_back().name = source.broker.name;
  FoundInstruments instruments{source.broker.name};
  Printer printer{out, instruments, options.depth};
  NormalizerOptions normalizer_options;
  normalizer_options.everything_wanted = true;
  normalizer_options.default_depth = options.depth;
  Normalizer normalizer{clock, telemetry, printer, normalizer_options};
  normalizer.add_broker(source.adapter->make_decoder(source.broker), trade_fills_of(*source.adapter, source.broker));
  normalizer.resolve_unlisted = [&](BrokerId, const NativeRef& native) {
    for (const InstrumentConfig& configured : source.instruments) {
      for (const auto& [broker, id] : configured.ids) {
        if (broker != source.broker.name) continue;
        const auto named = native_of(*source.adapter, id);
        if (named && named->segment == native.segment && named->token == native.token && named->text == native.text) {
          return instruments.add(configured.symbol);
        }
      }
    }
    return instruments.add(source.adapter->unlisted_symbol(source.broker, native));
  };

  std::uint64_t frames = 0;
  std::uint32_t session = 0;
  const std::string problem = for_each_frame(options.frames, &complaints, bad_lines, [&](RawFrame& frame) {
    if (frame.kind == FrameKind::Opened && session++ != 0) {
      RawFrame closed;
      closed.kind = FrameKind::Closed;
      closed.session = session - 1;
      normalizer.on_frame(closed);
    }
    frame.session = session;
    if (frame.kind != FrameKind::Opened) ++frames;
    normalizer.on_frame(frame);
  });
  out.flush();
  if (!problem.empty()) fmt::print(complaints, "{}: {}\n", options.frames.string(), problem);
  print_summary(complaints, frames, bad_lines, telemetry.brokers[0].counters, printer);
  return problem.empty() ? 0 : 2;
}

}  // namespace tidegate
