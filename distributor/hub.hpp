// What the distributor's parts share: subscribers, streams, last values, the instrument list, and the ways to reach a client. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/burst.hpp"
#include "distributor/completeness.hpp"
#include "distributor/control_messages.hpp"
#include "distributor/dialects/dialect_writer.hpp"
#include "distributor/encoder.hpp"
#include "distributor/last_values.hpp"
#include "distributor/options.hpp"
#include "distributor/protocol.hpp"
#include "distributor/replay_ring.hpp"
#include "distributor/sessions/look_up_shares.hpp"
#include "distributor/sessions/session_counts.hpp"
#include "distributor/subscriber.hpp"
#include "distributor/subscription_table.hpp"
#include "distributor/topics/topics.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/frame_buffer.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

class Hub final : public Names {
  DistributorOptions options_;  // before all that is made of them

 public:
  Hub(const Clock& clock, Telemetry& telemetry, UpstreamHost& host, DistributorOptions options);
  ~Hub() override;

  const Clock& clock;
  Telemetry& telemetry;
  UpstreamHost& host;
  const DistributorOptions& options = options_;  // as the last configure() left them
  const MonoTime started;
  net::FramePool frames;
  DialectWriter dialects{frames, clock};
  Encoder encoder{*this};
  SubscriptionTable table;
  LastValues values;
  ReplayRings replay{options.replay};
  Burst burst{*this};
  Completeness completeness{options.completeness_logs};
  std::shared_ptr<const Catalog> catalog;              // null: no broker's list came yet
  std::vector<BrokerHealth> brokers;                   // by BrokerId
  std::shared_ptr<const Authenticator> authenticator;  // never null
  bool logins_configured = false;                      // somebody could log in
  SessionCounts sessions;
  LookUpShares look_up_shares;
  std::unique_ptr<Topics> topics;  // never null
  bool shutting_down = false;
  bool draining = false;                // no more clients for now
  std::int64_t tls_expires_unix_s = 0;  // of the certificate in use, seconds since 1970; 0: no TLS
  std::uint64_t turn = 0;               // counts the loop's turns
  std::vector<SubscriberSlot> watched;  // those who may be too slow; may have gone since

  /// Other options from now on, for clients and streams that are there, too. Brokers keep their BrokerId; more may have come. Where we listen, our
  /// epoch and the files of TLS stay as they are.
  void configure(DistributorOptions options);

  [[nodiscard]] std::string_view symbol(InstrumentId instrument) const override;
  [[nodiscard]] std::string_view broker(BrokerId broker) const override;

  /// A message of the native protocol, to be shared by all who get it.
  [[nodiscard]] Message message(std::string_view native) { return Message{frames.make(native), dialects}; }
  /// The same for what accounts for numbers `first` to `last` of a stream.
  [[nodiscard]] Message message(std::string_view native, const Stream& stream, std::uint64_t first, std::uint64_t last);
  [[nodiscard]] Message message(std::string_view native, const net::FrameLabel& label);

  /// While one lives, no subscriber is destroyed and no list of members changes because a client left: what a socket's callback or a full
  /// outbox ends is only noted, and settled when the outermost scope ends. Every way into the distributor opens one, and all but the next record's
  /// find every outbox as if each record had gone into it when it came.
  class Scope {
   public:
    enum class Way : std::uint8_t { Data, Other };
    explicit Scope(Hub& hub, Way way = Way::Other) : hub_(hub) {
      if (++hub_.scopes_ == 1 && way != Way::Data) hub_.burst.end();
    }
    ~Scope() {
      if (--hub_.scopes_ == 0 && !hub_.retired_.empty()) hub_.settle();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Hub& hub_;
  };

  Subscriber& join(net::WsConnection& connection);
  void leave(Subscriber& subscriber);  // its connection is gone

  /// A message that is not market data. False: the subscriber takes no more; if that was its slowness, its farewell follows.
  bool offer(Subscriber& subscriber, const Message& message, MonoTime now);
  bool offer(Subscriber& subscriber, std::string_view text) { return offer(subscriber, message(text), clock.mono()); }
  /// A message for which room was found.
  void deliver(Subscriber& subscriber, const Message& message, MonoTime now);
  /// Several, for all of which room was found; the first three as WsConnection::send_all() takes them.
  void deliver_all(Subscriber& subscriber, const net::FrameList& frames, const net::FrameRef& joined, MonoTime now);
  /// It has begun to lose messages of a stream or topic; it has been told what, and has them again.
  void begin_loss(Subscriber& subscriber);
  void end_loss(Subscriber& subscriber);
  /// Its outbox is looked at from now on, until it is empty.
  void watch(Subscriber& subscriber);
  bool answer(Subscriber& subscriber, std::string_view text);
  void complain(Subscriber& subscriber, const Complaint& complaint, std::string_view id);
  /// The complaint is the last that this client hears; the connection closes with its code.
  void part(Subscriber& subscriber, const Complaint& complaint, std::string_view id = {});

  /// A stream that nobody wants any more stays in demand for its broker's linger.
  void begin_linger(StreamSlot stream);

  /// By SubscriberSlot; null: free.
  [[nodiscard]] const std::vector<std::unique_ptr<Subscriber>>& subscribers() const { return subscribers_; }
  /// Has the processor fetch a subscriber, and then, once that is here, its connection.
  void prefetch(SubscriberSlot slot) const {
    if (subscribers_[slot] != nullptr) subscribers_[slot]->prefetch();
  }
  void prefetch_connection(SubscriberSlot slot) const {
    if (subscribers_[slot] != nullptr) subscribers_[slot]->prefetch_connection();
  }
  [[nodiscard]] std::size_t connection_count() const { return connection_count_; }
  template <class Visit>
  void for_each_subscriber(Visit visit) {  // connected ones
    for (std::size_t i = 0; i < subscribers_.size(); ++i) {
      if (subscribers_[i] != nullptr && subscribers_[i]->connected()) visit(*subscribers_[i]);
    }
  }

 private:
  void name_brokers();
  void settle();
  void release_user(Subscriber& subscriber);
  bool answer_text(Subscriber& subscriber, std::string_view text);
  [[nodiscard]] net::FrameRef frame_for(const Subscriber& subscriber, const Message& message);

  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<SubscriberSlot> free_;
  std::vector<SubscriberSlot> retired_;  // parted with or gone since the last settling
  std::vector<StreamSlot> orphans_;      // scratch
  std::size_t connection_count_ = 0;
  std::uint64_t last_id_ = 0;
  int scopes_ = 0;
};

}  // namespace tidegate::distributor
