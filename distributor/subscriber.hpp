// One client: its connection with a bounded outbox, how much room there is for what, and what it still waits for. One thread.
//
// Of the outbox, whole states (quotes, books and the like) and whatever waited take a part, trades and closed candles all of it, and what has no
// number (states, notices, answers to nobody) a reserve beyond. slow_readers.cpp says what happens when there is no room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
  TooSlow,  // there is no room for it
  Closed,   // it is being closed: nothing more is queued
};

inline constexpr std::size_t kReserveBytes = std::size_t{64} << 10U;  // beyond the outbox, for messages that are not market data

/// How far behind a client is, and since when.
struct Slowness {
  bool watched = false;      // stands in the hub's list
  bool told = false;         // has got the notice `slow`, and not yet its end
  bool overflowed = false;   // not even the reserve had room
  std::uint32_t losing = 0;  // streams of which numbers are being lost, at most
  MonoTime losing_since;     // the first loss of a row without a pause as long as the timeout; 0: never
  MonoTime recovered_at;     // the end of the last loss
  std::uint64_t taken = 0;   // bytes that the kernel had taken when that number last changed
  MonoTime stuck_since;      // when that was
};

/// What a farewell tells: filled while it goes on.
struct Farewell {
  bool begun = false;
  MonoTime give_up_at;
  std::uint64_t messages_lost = 0;
  std::uint64_t bytes_dropped = 0;
  Duration behind{};
};

/// How one client wants its messages, besides the format.
struct DialectState {
  bool chosen = false;  // false: its first message will say
  bool payload_as_text = false;
  bool requested_symbols = false;                            // its own spelling instead of the full symbol
  std::map<std::string, std::string, std::less<>> spelling;  // full symbol to its own, where they differ
};

class alignas(64) Subscriber {
  // First, and together, what each record touches: with thousands of subscribers it comes from far away.
  net::WsConnection* connection_;
  const char* touched_;  // of the connection
  std::size_t outbox_bytes_;
  std::size_t answer_bytes_ = 0;                 // of what is queued, at most so much are answers: they are not the reader's slowness
  std::uint64_t vain_turn_ = ~std::uint64_t{0};  // in which the kernel took nothing
  MonoTime last_sent_;
  SubscriberSlot slot_;
  SubscriberId id_;
  bool parting_ = false;
  std::vector<StreamSlot> due_;
  std::size_t due_next_ = 0;

 public:
  Subscriber(SubscriberSlot slot, SubscriberId id, net::WsConnection& connection, std::size_t outbox_bytes, MonoTime now)
      : connection_(&connection),
        touched_(static_cast<const char*>(connection.touched())),
        outbox_bytes_(outbox_bytes),
        last_sent_(now),
        slot_(slot),
        id_(id) {}

  /// Has the processor fetch what a record needs of this one, and what that leads to. Nothing is read but by the second, so the first comes before.
  void prefetch() const {
    __builtin_prefetch(this);
    __builtin_prefetch(reinterpret_cast<const char*>(this) + 64);
    __builtin_prefetch(reinterpret_cast<const char*>(this) + 128);
  }
  void prefetch_connection() const {
    __builtin_prefetch(connection_);
    __builtin_prefetch(touched_);
    __builtin_prefetch(touched_ + 64);
  }

  /// A message that is not market data and nobody asked for just now. May use the reserve.
  Offered offer(const net::FrameRef& frame, MonoTime now);
  /// A message for which room was found.
  void send(const net::FrameRef& frame, MonoTime now);
  /// Several, for all of which room was found.
  void send_all(const net::FrameList& frames, const net::FrameRef& joined, MonoTime now);
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

  /// Room for a message that cannot be replaced by a later one. When there is none the kernel is offered what waits first: one broker frame may hold
  /// more than an outbox, and a burst within one turn is not the reader's slowness. Once it took nothing it is not asked again in the same turn. The
  /// connection may turn out to be gone. An empty outbox has room for anything: a message larger than all of it is no sign of a slow reader.
  [[nodiscard]] bool make_room(std::size_t bytes, std::uint64_t turn) { return make_room(bytes, outbox_bytes_, turn); }
  /// The same for a state: a quarter of the outbox.
  [[nodiscard]] bool make_room_for_state(std::size_t bytes, std::uint64_t turn) { return make_room(bytes, state_bytes(), turn); }
  /// Room for what waited: half of the outbox. Asks the kernel for nothing.
  [[nodiscard]] bool has_room_to_feed(std::size_t bytes) const { return has_room(bytes, outbox_bytes_ / 2); }

  [[nodiscard]] SubscriberSlot slot() const { return slot_; }
  [[nodiscard]] SubscriberId id() const { return id_; }
  /// It gets nothing more, except what a farewell still sends.
  [[nodiscard]] bool parting() const { return parted() || farewell.begun; }
  /// Its last message has been queued, or its connection is gone.
  [[nodiscard]] bool parted() const { return parting_ || connection_ == nullptr; }
  [[nodiscard]] bool connected() const { return connection_ != nullptr; }
  [[nodiscard]] MonoTime last_sent() const { return last_sent_; }
  [[nodiscard]] std::size_t queued_bytes() const { return connection_ == nullptr ? 0 : connection_->queued_bytes(); }
  [[nodiscard]] std::uint64_t taken_bytes() const { return connection_ == nullptr ? 0 : connection_->taken_bytes(); }
  [[nodiscard]] std::size_t outbox_bytes() const { return outbox_bytes_; }
  /// The part of it that states may fill.
  [[nodiscard]] std::size_t state_bytes() const { return outbox_bytes_ / 4; }
  /// For what comes from now on; what waits stays.
  void set_outbox_bytes(std::size_t bytes) { outbox_bytes_ = bytes; }
  /// What waits, without answers: those are not the reader's slowness.
  [[nodiscard]] std::size_t backlog() const;

  /// Takes back what has not begun to leave.
  void drop_unsent(const std::function<void(const net::FrameRef&)>& dropped);
  void set_close_timeout(Duration timeout);
  void cut();

  /// Streams that something is due for, first come first served. May name streams it has left since.
  void add_due(StreamSlot stream) { due_.push_back(stream); }
  [[nodiscard]] bool has_due() const { return due_next_ < due_.size(); }
  [[nodiscard]] StreamSlot next_due() const { return due_[due_next_]; }
  void pop_due();
  void clear_due();
  template <class Visit>
  void for_each_due(Visit visit) const {
    for (std::size_t i = due_next_; i < due_.size(); ++i) visit(due_[i]);
  }
  /// Something of a stream may wait: for room, or for an interval to be over.
  [[nodiscard]] bool may_hold_back() const { return conflates || has_due(); }

  Format format = Format::Native;
  /// It has asked for an interval once.
  bool conflates = false;
  /// Something is due, and it is listed for that.
  bool waiting = false;
  /// Some topics are due, and it is listed for them.
  bool topics_waiting = false;
  std::uint64_t messages_sent = 0;
  Farewell farewell;
  DialectState dialect;
  Slowness slowness;
  /// Who it is; never null.
  IdentityRef identity;
  SessionState session;
  /// Subscriptions made before any instrument list was there, by the client's spelling.
  std::map<std::pair<std::string, Channel>, SubscribeOptions> wishes;
  /// Topics whose retained value, or the news of a loss, is due; may name topics it has left since.
  std::vector<std::uint32_t> topics_due;
  /// What the first of what is due had no room for; 0: not known.
  std::size_t bytes_wanted = 0;

 private:
  [[nodiscard]] bool has_room(std::size_t bytes, std::size_t share) const;
  [[nodiscard]] bool make_room(std::size_t bytes, std::size_t share, std::uint64_t turn);
};

}  // namespace tidegate::distributor
