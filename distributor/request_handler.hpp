// What clients ask, and the answers: subscribe, unsubscribe, unsubscribe_all, list, ping. The control path; one thread.
// Login, rate limits and the dialects of existing clients join in on_message, before a request is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/hub.hpp"
#include "distributor/publisher.hpp"

namespace tidegate::distributor {

class RequestHandler {
 public:
  RequestHandler(Hub& hub, Publisher& publisher) : hub_(hub), publisher_(publisher) {}

  void on_message(Subscriber& subscriber, std::string_view payload, bool binary);

  /// An instrument list came, or an answer: subscriptions that waited for it are made, fail with a `state`, or wait for the next.
  void resolve_wishes();

 private:
  struct Resolved {
    const CatalogEntry* entry = nullptr;  // null: `complaint` says why, or `undecided`
    Complaint complaint;
    bool undecided = false;  // a list that could hold it has not come yet, or a broker is being asked for it
    bool unlisted = false;   // no list holds it
  };
  struct Subscribed {
    StreamSlot stream = kNoStream;  // kNoStream: `complaint` says why
    Complaint complaint;            // else what could not be had as asked for; its code may be 0
  };

  void subscribe(Subscriber& subscriber, const Request& request);
  void unsubscribe(Subscriber& subscriber, const Request& request);
  void unsubscribe_all(Subscriber& subscriber, const Request& request);
  void list(Subscriber& subscriber, const Request& request);

  [[nodiscard]] Resolved resolve(const std::string& text) const;
  /// Has a name that no list holds asked for where it may be known.
  void seek(const std::string& text, Resolved& resolved);
  /// A list that has not come yet decides, or an answer: about the symbol, or whether a broker serves this channel of it.
  [[nodiscard]] bool must_wait(const Resolved& resolved, Channel channel);
  [[nodiscard]] std::optional<Channel> channel(std::string_view name, Complaint& complaint) const;
  [[nodiscard]] Complaint wish(Subscriber& subscriber, const std::string& symbol, Channel channel, const SubscribeOptions& options) const;
  [[nodiscard]] Subscribed enter(Subscriber& subscriber, const CatalogEntry& entry, std::string_view requested, Channel channel,
                                 const SubscribeOptions& options);
  [[nodiscard]] Complaint limit_reached(const Subscriber& subscriber) const;
  void leave(Subscriber& subscriber, StreamSlot stream);
  void follow_up(Subscriber& subscriber, std::vector<StreamSlot> streams);
  void tell_note(Subscriber& subscriber, std::string_view symbol, Channel channel, Complaint note);
  void tell_failed(Subscriber& subscriber, std::string_view symbol, Channel channel, const Complaint& complaint);

  Hub& hub_;
  Publisher& publisher_;
};

}  // namespace tidegate::distributor
