#include "tools/bench/fanout/raw_server.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/bench/fanout/sample_record.hpp"
#include "tools/bench/fanout/turns.hpp"

namespace tidegate::bench {
namespace {

struct ServerOrder {
  std::size_t connections = 0;  // to be accepted; 0: a run
  FanoutRun run;
  RawServer::Writes writes{};
};

}  // namespace

class RawServer::Child {
 public:
  Child(const Socket& listener, std::size_t symbols) : listener_(listener) {
    raise_descriptor_limit();
    for (std::size_t i = 0; i < symbols; ++i) records_.emplace_back(i);
  }

  void obey(const Socket& parent) {
    for (ServerOrder order; read_value(parent, order);) {
      for (std::size_t i = 0; i < order.connections; ++i) accept();
      if (order.connections != 0) continue;
      const std::int64_t begin = thread_cpu_ns();
      run(order);
      write_value(parent, thread_cpu_ns() - begin);
    }
  }

 private:
  /// A record in its WebSocket frame; 126 to 65,535 bytes.
  struct FramedRecord {
    explicit FramedRecord(std::size_t symbol) : record(symbol) { stamp(); }

    void stamp() {
      record.stamp(now_ns());
      const std::string_view text = record.text();
      frame.assign({'\x81', '\x7E', static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xFFU)});
      frame += text;
    }

    SampleRecord record;
    std::string frame;
  };

  /// Answers without a look at what is asked, so that the connection has talked as much as those of others: the kernel acknowledges at once what
  /// comes over a connection that has never sent anything, and that costs the sender as much as another record.
  void accept() {
    Socket socket = accept_from(listener_);
    std::array<char, 4096> asked;
    if (::recv(socket.fd(), asked.data(), asked.size(), 0) <= 0) return;
    write_all(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    if (::recv(socket.fd(), asked.data(), asked.size(), 0) > 0) connections_.push_back(std::move(socket));
  }

  void run(const ServerOrder& order) {
    std::vector<iovec> pieces(order.run.burst);
    for_each_turn(order.run, [&] {
      // A record that comes several times in a turn has one time, that of the last.
      for (std::size_t i = 0; i < order.run.burst; ++i) {
        FramedRecord& record = records_[i % order.run.symbols];
        record.stamp();
        pieces[i] = {record.frame.data(), record.frame.size()};
        if (order.writes == Writes::EachTurn) continue;
        for (const Socket& connection : connections_) write_all(connection, record.frame);
      }
      if (order.writes == Writes::EachRecord) return;
      for (const Socket& connection : connections_) static_cast<void>(!::writev(connection.fd(), pieces.data(), static_cast<int>(pieces.size())));
    });
  }

  const Socket& listener_;
  std::vector<FramedRecord> records_;
  std::vector<Socket> connections_;
};

RawServer::RawServer(std::size_t symbols)
    : listener_(listen_local(port_)), process_([&](const Socket& parent) {
        // As in the gateway, it is not the process's only thread that does the work: the table of descriptors is shared.
        std::thread{[&] { Child{listener_, symbols}.obey(parent); }}.join();
      }) {}

void RawServer::expect(std::size_t connections) { write_value(process_.socket(), ServerOrder{connections, {}, {}}); }

void RawServer::publish(const FanoutRun& run) {
  std::int64_t cpu_ns = 0;
  if (write_value(process_.socket(), ServerOrder{0, run, writes_}) && read_value(process_.socket(), cpu_ns)) cpu_ns_ += cpu_ns;
}

}  // namespace tidegate::bench
