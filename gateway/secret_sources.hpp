// Asks the programs and web servers that one broker's keys name without holding anybody up, and keeps what they said.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/config/secret_source.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate {

/// The loop's thread; they are asked one after the other on a thread that lives only meanwhile.
class SecretSources {
 public:
  /// `limit`: for each.
  SecretSources(net::EventLoop& loop, std::vector<SecretSource> sources, Duration limit);
  /// Ends what goes on; who waits is not called any more.
  ~SecretSources();
  SecretSources(const SecretSources&) = delete;
  SecretSources& operator=(const SecretSources&) = delete;

  /// Asks them all, then calls `done` on the loop; at once where there are none. Who comes while they are asked waits for the same answers.
  void ask(std::function<void()> done);
  /// Of the last round that ended.
  [[nodiscard]] const SecretAnswers& answers() const { return answers_; }

 private:
  struct Round;
  void finish(SecretAnswers&& answers);

  net::EventLoop& loop_;
  const std::vector<SecretSource> sources_;
  const Duration limit_;
  SecretAnswers answers_;
  std::vector<std::function<void()>> waiting_;
  std::shared_ptr<Round> round_;  // null: nobody is being asked
  std::thread thread_;
};

}  // namespace tidegate
