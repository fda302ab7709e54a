// Topics: what users' programs publish for one another, counted, never conflated. Rules, limits and messages; the table holds the facts. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/hub.hpp"
#include "distributor/topics/publish_request.hpp"

namespace tidegate::distributor {

/// What a subscriber is told of a topic, in a result or a state.
enum class TopicState : std::uint8_t { Live, NoPublisher, Closed };
[[nodiscard]] std::string_view to_text(TopicState state);

/// A publish request's fate. `complaint.code` 0: it was published, or is a duplicate of what was.
struct Published {
  Complaint complaint;
  std::uint64_t retry_after_ms = 0;  // with 4020
  std::uint64_t seq = 0;
  std::size_t delivered = 0;  // subscribers it was put into the outbox of
  bool duplicate = false;     // the key was there already: acknowledged, not published again
};

class Topics {
 public:
  explicit Topics(Hub& hub) : hub_(hub) {}

  struct Subscribed {
    TopicSlot topic = kNoTopic;  // kNoTopic: `complaint` says why
    TopicState state{};
    Complaint complaint;
  };
  /// `room`: the subscriber may have one subscription more.
  [[nodiscard]] Subscribed subscribe(Subscriber& subscriber, const std::string& topic, bool room);
  /// The retained value goes to one subscriber, behind the result that told it of its subscription.
  void give_retained(Subscriber& subscriber, TopicSlot topic);
  void unsubscribe(Subscriber& subscriber, std::string_view topic);
  [[nodiscard]] TopicState state(TopicSlot topic) const;

  [[nodiscard]] Published publish(const Identity& publisher, const PublishRequest& request);
  /// The gateway's own message, retained; `data` is JSON of ours.
  void publish_own(std::string_view topic, std::string_view data);

  /// Publishers that were not heard of for long: tells who reads their topics. Cheap when called often.
  void do_work(MonoTime now);
  /// Tells subscribers of what was lost to them, as soon as they have room. True: something went out.
  bool tell_losses();

 private:
  Hub& hub_;
};

}  // namespace tidegate::distributor
