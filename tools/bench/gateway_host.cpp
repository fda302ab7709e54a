#include "tools/bench/gateway_host.hpp"

#include <pthread.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "brokers/registry.hpp"
#include "gateway/config/config.hpp"
#include "gateway/pipeline.hpp"
#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {

GatewayHost::GatewayHost(const std::string& yaml) {
  const auto path = std::filesystem::temp_directory_path() / ("tidegate-bench-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream{path} << yaml;
  try {
    pipeline_ = std::make_unique<Pipeline>(load_config(path, all_adapters()), clock_);
    problem_ = pipeline_->start();
  } catch (const ConfigError& error) {
    problem_ = error.what();
  }
  std::filesystem::remove(path);
  if (problem_.empty()) thread_ = std::thread{[this] { pipeline_->run(); }};
}

GatewayHost::~GatewayHost() {
  if (!thread_.joinable()) return;
  pipeline_->stop("the measurement ends");
  thread_.join();
}

std::int64_t GatewayHost::cpu_ns() {
  clockid_t clock{};
  return ::pthread_getcpuclockid(thread_.native_handle(), &clock) == 0 ? clock_ns(clock) : 0;
}

std::uint16_t GatewayHost::port() const { return pipeline_->port(); }

}  // namespace tidegate::bench
