#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "gateway/core/time.hpp"

namespace tidegate {
class Pipeline;
}

namespace tidegate::bench {

/// A whole gateway on a thread of its own, from YAML as a user writes it.
class GatewayHost {
 public:
  explicit GatewayHost(const std::string& yaml);
  ~GatewayHost();
  GatewayHost(const GatewayHost&) = delete;
  GatewayHost& operator=(const GatewayHost&) = delete;

  [[nodiscard]] const std::string& problem() const { return problem_; }  // empty: it runs
  [[nodiscard]] std::uint16_t port() const;
  /// What its thread has computed so far; the whole gateway in pipeline.mode inline.
  [[nodiscard]] std::int64_t cpu_ns();

 private:
  SystemClock clock_;
  std::unique_ptr<Pipeline> pipeline_;
  std::string problem_;
  std::thread thread_;
};

}  // namespace tidegate::bench
