// One client: its connection with a bounded outbox, the slow-reader policy, and what it still waits for. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "distributor/message.hpp"
#include "distributor/protocol.hpp"
#include "distributor/sessions/session_state.hpp"
#include "distributor/subscription_table.hpp"
#include "gateway/access/identity.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

enum class Offered : std::uint8_t {
  Queued,
  TooSlow,  // the outbox is full; the caller parts with this subscriber
  Closed,   // it is being closed: nothing more is queued
};

/// How one client wants its messages, besides the format.
struct DialectState {
  bool chosen = false;  // false: its first message will say
  bool payload_as_text = false;
  bool requested_symbols = false;                            // its own spelling instead of the full symbol
  std::map<std::string, std::string, std::less<>> spelling;  // full symbol to its own, where they differ
};

class Subscriber {
 public:
  Subscriber(SubscriberSlot slot, SubscriberId id, net::WsConnection& connection, std::size_t outbox_bytes, MonoTime now)
      : slot_(slot), id_(id), connection_(&connection), outbox_bytes_(outbox_bytes), last_sent_(now) {}

  /// A message nobody asked for just now: data, states, notices. This is where the slow-reader policy sits, and where conflation will.
  Offered offer(const net::FrameRef& frame, MonoTime now);
  /// The answer to a request. May be larger than the outbox has room for, but is refused while the outbox is over its bound.
  Offered answer(std::string_view text, MonoTime now);
  /// One last message, then the closing handshake. There is room for it whatever waits.
  void part(std::string_view last_words, std::uint16_t code, std::string_view reason);
  /// Asks the peer for a sign of life, behind what is queued.
  void ping() {
    if (!parting()) connection_->ping({});
  }
  /// The connection is no more.
  void lose_connection() { connection_ = nullptr; }

  /// True while a snapshot may be sent without crowding out live data.
  [[nodiscard]] bool has_room_for_snapshots() const;
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  /// Like has_room, but when there is none the kernel is offered what waits first: one broker frame may hold more than an outbox, and a burst within
  /// one turn is not the reader's slowness. The connection may turn out to be gone.
  [[nodiscard]] bool make_room(std::size_t bytes);
  /// Books leave a quarter of the outbox to what cannot be conflated.
  [[nodiscard]] bool make_room_for_book(std::size_t bytes) { return make_room(bytes + outbox_bytes_ / 4); }

  [[nodiscard]] SubscriberSlot slot() const { return slot_; }
  [[nodiscard]] SubscriberId id() const { return id_; }
  [[nodiscard]] bool parting() const { return parting_ || connection_ == nullptr; }
  [[nodiscard]] bool connected() const { return connection_ != nullptr; }
  [[nodiscard]] MonoTime last_sent() const { return last_sent_; }
  [[nodiscard]] std::size_t queued_bytes() const { return connection_ == nullptr ? 0 : connection_->queued_bytes(); }

  /// Streams whose snapshot is due, first come first served. May name streams it has left since.
  void add_due(StreamSlot stream) { due_.push_back(stream); }
  [[nodiscard]] bool has_due() const { return due_next_ < due_.size(); }
  [[nodiscard]] StreamSlot next_due() const { return due_[due_next_]; }
  void pop_due();

  Format format = Format::Native;
  DialectState dialect;
  /// Who it is; never null.
  IdentityRef identity;
  SessionState session;
  /// Subscriptions made before any instrument list was there, by the client's spelling.
  std::map<std::pair<std::string, Channel>, SubscribeOptions> wishes;
  /// Snapshots are due, and it is listed for them.
  bool waiting = false;
  /// Topics whose retained value, or the news of a loss, is due; may name topics it has left since.
  std::vector<std::uint32_t> topics_due;
  /// Some are due, and it is listed for them.
  bool topics_waiting = false;

 private:
  SubscriberSlot slot_;
  SubscriberId id_;
  net::WsConnection* connection_;
  std::size_t outbox_bytes_;
  std::size_t answer_bytes_ = 0;  // of what is queued, at most so much are answers: they are not the reader's slowness
  MonoTime last_sent_;
  bool parting_ = false;
  std::vector<StreamSlot> due_;
  std::size_t due_next_ = 0;
};

}  // namespace tidegate::distributor
