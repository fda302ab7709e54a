// What a turn has queued leaves: which sockets have something to write, and by whom and how it is written. Internal to gateway/net.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "gateway/net/socket_write.hpp"
#include "gateway/net/write_team.hpp"

namespace tidegate::net {

/// A socket with an outbox. Both ends of a write are for the loop's thread; what is between them reads, and changes nothing.
class Writable {
 public:
  /// Describes what there is to write. False: nothing at the moment.
  [[nodiscard]] virtual bool begin_write(WriteJob& job) = 0;
  virtual void end_write(const SocketWrite& written) = 0;
  /// Has the processor fetch what begin_write() reads, and what that points to.
  virtual void prefetch() const = 0;
  virtual void prefetch_queue() const = 0;

 protected:
  ~Writable() = default;
};

/// Of one server.
class Flusher {
 public:
  /// Threads that write, the loop's own included; and whether by lists of writes where the kernel takes them.
  void configure(std::size_t threads, bool io_uring);

  /// It has something to write: once until the next flush.
  void add(Writable& socket) { dirty_.push_back(&socket); }
  /// It is no more. Also from inside its end_write().
  void remove(Writable& socket);
  void clear() { dirty_.clear(); }
  /// Writes what each of them has waiting until its socket is full.
  void flush();

 private:
  void begin_write(std::size_t place);
  void write(std::size_t first, std::size_t end);

  std::vector<Writable*> dirty_;     // null: gone
  std::vector<WriteJob> jobs_;       // of the batch at hand
  std::vector<std::size_t> places_;  // of each job's socket in dirty_
  std::unique_ptr<WriteTeam> team_;  // null: this thread writes alone
  bool io_uring_ = true;
};

}  // namespace tidegate::net
