#include "tools/bench/relay_venue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {
namespace {

constexpr std::string_view kExchangeInfo =
    R"({"timezone":"UTC","serverTime":1767225600000,"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC",)"
    R"("quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","stepSize":"0.00001000"}]}]})";
constexpr std::int64_t kTimeMs = 1'767'225'600'000;

}  // namespace

RelayVenue::RelayVenue() {
  port_ = thread_.run([this] {
    timer_ = std::make_unique<net::Timer>(thread_.loop());
    server_ = std::make_unique<net::WsServer>(thread_.loop(), static_cast<net::WsServerHandler&>(*this), net::WsServerOptions{});
    return server_->listen("127.0.0.1", 0).empty() ? server_->port() : std::uint16_t{0};
  });
}

RelayVenue::~RelayVenue() {
  thread_.run([this] {
    timer_.reset();
    server_.reset();
  });
}

bool RelayVenue::ready(Route route) const { return route == Route::Gateway ? streams_.load() >= 2 : bare_open_.load(); }

void RelayVenue::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  if (request.path() == "/api/v3/exchangeInfo") return reply({.body = std::string{kExchangeInfo}});
  reply({.status = 404});
}

void RelayVenue::on_open(net::WsConnection& connection) {
  if (connection.request().path() == kBarePath) {
    bare_ = &connection;
    bare_open_ = true;
  } else {
    gateway_ = &connection;
  }
}

void RelayVenue::on_message(net::WsConnection& connection, std::string_view payload, bool) {
  const auto id = payload.find(R"("id":)");
  if (id == std::string_view::npos) return;
  connection.send_text(fmt::format(R"({{"result":null,{}}})", payload.substr(id, payload.find_first_of(",}", id) - id)));
  if (payload.find(R"("SUBSCRIBE")") != std::string_view::npos) streams_ += static_cast<int>(std::count(payload.begin(), payload.end(), '@'));
}

void RelayVenue::on_closed(net::WsConnection& connection, int, std::string_view) {
  if (&connection == gateway_) gateway_ = nullptr;
  if (&connection == bare_) bare_ = nullptr;
}

void RelayVenue::send(Route route, std::uint64_t first, std::size_t count, double rate, std::vector<std::int64_t>& sent_ns) {
  sent_ns.assign(count, 0);
  run_ = Run{};
  auto done = run_.done.get_future();
  thread_.loop().post([&, route, first, rate] {
    run_.to = route == Route::Gateway ? gateway_ : bare_;
    run_.first = first;
    run_.rate = rate;
    run_.sent_ns = &sent_ns;
    run_.begin_ns = now_ns();
    tick();
  });
  done.get();
}

void RelayVenue::tick() {
  std::vector<std::int64_t>& sent_ns = *run_.sent_ns;
  const auto due_at = [&](std::size_t i) { return run_.begin_ns + static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / run_.rate); };
  while (run_.next < sent_ns.size() && due_at(run_.next) <= now_ns()) {
    if (run_.to == nullptr) break;
    make_record(run_.first + run_.next);
    sent_ns[run_.next++] = now_ns();
    run_.to->send(pool_.make(text_));
  }
  if (run_.next == sent_ns.size() || run_.to == nullptr) return run_.done.set_value();
  timer_->start(std::chrono::nanoseconds{std::max<std::int64_t>(due_at(run_.next) - now_ns(), 1)}, [this] { tick(); });
}

/// The number is a quantity, which passes through the gateway: "B" of a bookTicker becomes bid_size, "q" of a trade quantity.
void RelayVenue::make_record(std::uint64_t number) {
  text_.clear();
  const auto out = std::back_inserter(text_);
  if (number % 4 != 3) {
    fmt::format_to(out, R"({{"stream":"btcusdt@bookTicker","data":{{"u":{0},"s":"BTCUSDT","b":"64250.{1:02}000000","B":"{0}.00000000",)", number,
                   number % 50);
    fmt::format_to(out, R"("a":"64251.{:02}000000","A":"0.25000000"}}}})", number % 100);
  } else {
    fmt::format_to(out, R"({{"stream":"btcusdt@trade","data":{{"e":"trade","E":{},"s":"BTCUSDT","t":{},"p":"64250.{:02}000000",)", kTimeMs,
                   ++trade_id_, number % 100);
    fmt::format_to(out, R"("q":"{}.00000000","T":{},"m":true,"M":true}}}})", number, kTimeMs);
  }
}

}  // namespace tidegate::bench
