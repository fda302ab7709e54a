#include "tools/sim/common/faulty_socket.hpp"

namespace tidegate::sim {

void FaultySocket::begin(Wire& on, std::int64_t now_ns, std::int64_t silent_until, std::int64_t dead_until) {
  wire = &on;
  silent_until_ns = silent_until;
  dead_until_ns = dead_until;
  if (now_ns < dead_until) wire->pause_reading(true);
}

void FaultySocket::write(std::string_view bytes, bool binary) {
  if (binary) {
    wire->send_binary(bytes);
  } else {
    wire->send_text(bytes);
  }
}

void FaultySocket::send(std::string_view bytes, bool binary, std::int64_t now_ns, std::int64_t slow_ns) {
  if (slow_ns > 0 || !late_.empty()) {
    late_.push_back({now_ns + slow_ns, std::string{bytes}, binary});
  } else {
    write(bytes, binary);
  }
}

void FaultySocket::close(int code, std::string_view reason) {
  if (code == 1006) return cut();
  closing = true;
  wire->close(code, reason);
}

void FaultySocket::cut() {
  closing = true;
  wire->cut();
}

void FaultySocket::die(std::int64_t until_ns) {
  dead_until_ns = until_ns;
  wire->pause_reading(true);  // look_after() reads on when it ends
}

void FaultySocket::resume(std::int64_t now_ns) {
  silent_until_ns = 0;
  for (Late& late : late_) late.due_ns = now_ns;
  if (dead_until_ns != 0) dead_until_ns = now_ns;
}

bool FaultySocket::look_after(std::int64_t now_ns) {
  if (closing) return false;
  if (dead_until_ns != 0 && now_ns >= dead_until_ns) {
    dead_until_ns = 0;
    wire->pause_reading(false);
  }
  if (wire->queued_bytes() > kQueuedBytesCut) {
    cut();
    return false;
  }
  while (!late_.empty() && late_.front().due_ns <= now_ns && reachable(now_ns)) {
    write(late_.front().bytes, late_.front().binary);
    late_.pop_front();
  }
  return true;
}

}  // namespace tidegate::sim
