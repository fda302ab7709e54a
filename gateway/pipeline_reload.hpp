// A reload under way, and what the pipeline needs to know of configurations besides. Only for pipeline.cpp and pipeline_reload.cpp.
#pragma once

#include <memory>
#include <vector>

#include "gateway/pipeline.hpp"
#include "gateway/reload_plan.hpp"

namespace tidegate {

/// Handed from thread to thread: each touches it only while it is its turn.
struct Pipeline::Reloading {
  /// One that begins: with its configuration, or anew.
  struct Beginning {
    BrokerSessions::Made made;
    std::unique_ptr<Decoder> decoder;
    TradeFillLimits fills;
    BrokerTelemetry* telemetry = nullptr;
    bool first = false;  // there was never a broker in its place
  };

  std::shared_ptr<const ReloadPlan> plan;
  std::shared_ptr<const Config> config;  // the plan's
  std::vector<Beginning> beginnings;
  std::vector<Want> unserved;  // by nobody any more
};

/// By BrokerId.
[[nodiscard]] std::vector<const Adapter*> adapters_of(const Config& config);

}  // namespace tidegate
