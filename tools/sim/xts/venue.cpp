#include "tools/sim/xts/venue.hpp"

#include <algorithm>

namespace tidegate::sim::xts {
namespace {

constexpr std::size_t kRequestTextMax = 4096;
constexpr std::int64_t kFlushPhaseNs = 55'000'000;  // data leaves shortly after whole quarters of a second

std::vector<Row> rows_of(const VenueOptions& options) {
  if (!options.recording) return generated_rows(options.symbols);
  std::vector<Row> rows;
  for (const InstrumentKey& key : options.recording->instruments) rows.push_back(row_of(key));
  return rows;
}

std::int64_t until_next(std::int64_t period_ns, std::int64_t utc_ns) {
  const std::int64_t into = utc_ns % period_ns;
  return period_ns - (into < 0 ? into + period_ns : into);
}

}  // namespace

Venue::Venue(VenueOptions options, Now now)
    : options_(std::move(options)),
      list_(rows_of(options_)),
      market_(options_.recording ? std::vector<Row>{} : list_.rows(), options_.market, now.utc_us),
      logins_(Credentials{options_.credentials, options_.credentials_file}, options_.token_lifetime_s,
              [this](Login& login, LoginEnd why) { on_login_ended(login, why); }),
      rest_(list_, logins_, *this, options_.rest),
      now_(now),
      faults_(fault_table(), options_.faults) {
  next_flush_ns_ = now.mono_ns + until_next(options_.flush_ns, now.utc_us * 1000 - kFlushPhaseNs);
  next_bar_us_ = now.utc_us + until_next(options_.bar_ns, now.utc_us * 1000) / 1000;
  next_properties_ns_ = now.mono_ns + options_.property_ns;
  if (!options_.recording) return;
  replay_ = std::make_unique<FramesPlayer>(options_.frames_path, options_.replay, is_played);
  snapshots_ = options_.recording->snapshots;
  if (!options_.recording->master.empty()) list_.use_text(options_.recording->master);
}

std::string Venue::snapshot(const Subscription& subscription) {
  if (const auto made = snapshots_.find(subscription); made != snapshots_.end()) return made->second;
  const std::size_t place = market_.find(subscription.instrument);
  return place == Market::kNone || list_.find(subscription.instrument) == nullptr ? std::string{} : full_text(subscription.code, place);
}

std::vector<Candle> Venue::candles(InstrumentKey instrument) {
  const std::size_t place = market_.find(instrument);
  if (place == Market::kNone) return {};
  return {market_.candles(place).begin(), market_.candles(place).end()};
}

void Venue::on_http(const net::HttpRequest& request, net::HttpReply reply, Now now) {
  enter(now);
  run_faults();
  const std::string_view root = rest_.root_of(request.path());
  if (!root.empty() && request.path().substr(root.size()) == "/socket.io/") return on_polling(request, std::move(reply));
  ++counters_.rest_requests;
  const bool login = request.path().ends_with("/auth/login");
  // What a login sends is nobody's business, in a log of a simulator too.
  requests_.note(request.method + " " + request.target + (request.body.empty() || login ? "" : " " + request.body.substr(0, kRequestTextMax)));
  net::HttpResponse response = rest_.answer(request, now);
  ++counters_.rest_answers[response.status];
  if (login && response.status == 200) ++counters_.logins;
  if (slow_master_ns_ > 0 && request.path().ends_with("/instruments/master")) {
    held_.push_back({now.mono_ns + slow_master_ns_, std::move(reply), std::move(response)});
    return;
  }
  reply(std::move(response));
}

std::size_t Venue::queued_bytes_max() const {
  std::size_t most = 0;
  for (const auto& socket : sockets_) {
    if (socket->link != nullptr && !socket->ended) most = std::max(most, socket->link->wire->queued_bytes());
  }
  return most;
}

void Venue::flush() {
  if (now_.mono_ns < next_flush_ns_) return;
  next_flush_ns_ = now_.mono_ns + until_next(options_.flush_ns, now_.utc_us * 1000 - kFlushPhaseNs);
  // The market stands still while nobody is there, so that the first snapshots of a seed are always the same.
  if (replay_ || sockets_.empty()) return;
  market_.step(now_.utc_us);
  for (const auto& login : logins_.all()) {
    std::vector<Socket*> sockets;
    for (const auto& socket : sockets_) {
      if (socket->login == login && gives_data(*socket)) sockets.push_back(socket.get());
    }
    if (!sockets.empty()) publish_changes(*login, sockets);
  }
  end_bars();
}

bool Venue::tick(Now now) {
  enter(now);
  run_faults();
  while (!held_.empty() && held_.front().due_ns <= now.mono_ns) {
    HeldReply held = std::move(held_.front());
    held_.pop_front();
    held.reply(std::move(held.response));
  }
  for (const auto& socket : sockets_) keep_alive(*socket);
  sweep();
  flush();
  if (options_.property_ns > 0 && now.mono_ns >= next_properties_ns_) {
    next_properties_ns_ = now.mono_ns + options_.property_ns;
    publish_properties(20);
  }
  return play();
}

}  // namespace tidegate::sim::xts
