// What clients ask, and the answers: subscribe, unsubscribe, unsubscribe_all, list, ping, publish, completeness. The control path; one thread.
// What comes before a login, or too often, is refused before it is served; an exception inside a request ends that request alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/hub.hpp"
#include "distributor/publisher.hpp"
#include "distributor/sessions/login.hpp"

namespace tidegate::distributor {

inline constexpr std::string_view kUnknownHint = "write VENUE:SYMBOL; /v1/instruments?query= finds it";

class RequestHandler {
 public:
  RequestHandler(Hub& hub, Publisher& publisher, Login& login);

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

  /// `id` is set as soon as it is known, for an answer whatever happens afterwards.
  void serve(Subscriber& subscriber, std::string_view payload, bool binary, std::string& id);
  /// False: too many came; it was told so, and perhaps closed.
  [[nodiscard]] bool within_rate(Subscriber& subscriber);
  void log_in(Subscriber& subscriber, const Request& request);
  void subscribe(Subscriber& subscriber, const Request& request);
  void unsubscribe(Subscriber& subscriber, const Request& request);
  void unsubscribe_all(Subscriber& subscriber, const Request& request);
  void list(Subscriber& subscriber, const Request& request);
  void tell_completeness(Subscriber& subscriber, const Request& request);
  // topics/topic_requests.cpp
  void subscribe_topics(Subscriber& subscriber, const Request& request, ResultMessage& result);
  void unsubscribe_topics(Subscriber& subscriber, const Request& request, ResultMessage& result);
  void unsubscribe_all_topics(Subscriber& subscriber, ResultMessage& result);
  void list_topics(const Subscriber& subscriber, SubscriptionsMessage& message);
  void publish(Subscriber& subscriber, const Request& request);
  /// The client's own name of a symbol, where it wants to see that.
  void note_spelling(Subscriber& subscriber, const std::string& symbol, const std::string& requested);

  [[nodiscard]] Resolved resolve(const std::string& text) const;
  /// Has a name that no list holds asked for where it may be known.
  void seek(const Subscriber& subscriber, const std::string& text, Resolved& resolved);
  /// Code 0: this subscriber may have one more name asked for.
  [[nodiscard]] Complaint look_up_limit(const Subscriber& subscriber, const std::string& name);
  [[nodiscard]] static Complaint not_entitled_to(const Subscriber& subscriber, const Resolved& resolved, Channel channel);
  /// Ends the streams that the subscriber's identity does not grant any more.
  void drop_unentitled(Subscriber& subscriber);
  /// A list that has not come yet decides, or an answer: about the symbol, or whether a broker serves this channel of it.
  [[nodiscard]] bool must_wait(const Subscriber& subscriber, const Resolved& resolved, Channel channel);
  [[nodiscard]] std::optional<Channel> channel(std::string_view name, Complaint& complaint) const;
  [[nodiscard]] Complaint wish(Subscriber& subscriber, const std::string& symbol, Channel channel, const SubscribeOptions& options) const;
  [[nodiscard]] Subscribed enter(Subscriber& subscriber, const CatalogEntry& entry, std::string_view requested, Channel channel,
                                 const SubscribeOptions& options);
  /// Why a stream of this instrument stays pending for now: no broker that lists it is connected. Code 0: nothing is known against it.
  [[nodiscard]] Complaint cut_off(const CatalogEntry& entry) const;
  [[nodiscard]] Complaint limit_reached(const Subscriber& subscriber) const;
  void leave(Subscriber& subscriber, StreamSlot stream);
  void follow_up(Subscriber& subscriber, std::vector<StreamSlot> streams);
  void tell_note(Subscriber& subscriber, std::string_view symbol, Channel channel, Complaint note);
  void tell_failed(Subscriber& subscriber, std::string_view symbol, Channel channel, const Complaint& complaint);

  Hub& hub_;
  Publisher& publisher_;
  Login& login_;
};

}  // namespace tidegate::distributor
