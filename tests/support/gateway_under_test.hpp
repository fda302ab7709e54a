#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "brokers/registry.hpp"
#include "gateway/config/config.hpp"
#include "gateway/pipeline.hpp"

namespace tidegate::test {

/// A whole gateway on a thread of its own, from YAML as a user writes it.
class GatewayUnderTest {
 public:
  /// `clock`: instead of the machine's; outlives this.
  explicit GatewayUnderTest(const std::string& yaml, std::span<const Adapter* const> adapters = all_adapters(), const Clock* clock = nullptr) {
    static std::atomic<int> number{0};
    const auto path =
        std::filesystem::temp_directory_path() / ("tidegate-test-" + std::to_string(::getpid()) + "-" + std::to_string(number++) + ".yaml");
    std::ofstream{path} << yaml;
    pipeline_ = std::make_unique<Pipeline>(load_config(path, adapters), clock != nullptr ? *clock : clock_);
    std::filesystem::remove(path);
    const std::string problem = pipeline_->start();
    REQUIRE_MESSAGE(problem.empty(), problem);
    thread_ = std::thread{[this] { pipeline_->run(); }};
  }
  ~GatewayUnderTest() { stop(); }
  GatewayUnderTest(const GatewayUnderTest&) = delete;
  GatewayUnderTest& operator=(const GatewayUnderTest&) = delete;

  void begin_stop() { pipeline_->stop("the test ends"); }
  void stop() {
    if (!thread_.joinable()) return;
    begin_stop();
    thread_.join();
  }
  /// Runs `work` on the gateway's own thread.
  void post(std::function<void(Pipeline&)> work) {
    pipeline_->loop().post([this, work = std::move(work)] { work(*pipeline_); });
  }
  [[nodiscard]] std::uint16_t port() const { return pipeline_->port(); }
  [[nodiscard]] const GatewayCounters& gateway_counters() const { return pipeline_->telemetry().gateway; }
  [[nodiscard]] const BrokerCounters& counters(std::size_t broker = 0) const { return pipeline_->telemetry().brokers[broker].counters; }

 private:
  SystemClock clock_;
  std::unique_ptr<Pipeline> pipeline_;
  std::thread thread_;
};

}  // namespace tidegate::test
