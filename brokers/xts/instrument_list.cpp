#include "brokers/xts/instrument_list.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/safe_text.hpp"
#include "brokers/xts/instrument_answer.hpp"
#include "brokers/xts/instruments.hpp"

namespace tidegate::xts {
namespace {

/// The cache's first line says what the file holds: another choice of segments wants another list.
constexpr std::string_view kCacheForm = "tidegate xts instruments 1:";

std::vector<const Segment*> configured_segments(const Settings& settings) {
  auto segments = parse_segments(settings.segments);  // complaint() has seen to it
  return segments ? std::move(*segments) : std::vector<const Segment*>{};
}

std::string header_of(const std::vector<const Segment*>& segments) {
  std::string header{kCacheForm};
  for (const Segment* segment : segments) header.append(" ").append(segment->name);
  return header + "\n";
}

/// `text` cut down to a part of itself, without another copy of tens of megabytes.
std::string cut_to(std::string&& text, std::string_view part) {
  if (part.empty()) return {};
  const auto begin = static_cast<std::size_t>(part.data() - text.data());
  text.resize(begin + part.size());
  text.erase(0, begin);
  return std::move(text);
}

std::string words_of(std::string_view description, const std::string& token) {
  return description.empty() ? "the broker refuses it" : common::printable(description, {token});
}

}  // namespace

InstrumentList::InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, Token token, OnList on_list,
                               OnFailure on_failure)
    : host_(host),
      config_(config),
      settings_(settings),
      token_(std::move(token)),
      list_(host, config,
            {.cache_folder = settings.instruments_cache,
             .cache_suffix = ".txt",
             .at = settings.instruments_at,
             .recheck = settings.instruments_recheck},
            *this, std::move(on_list), std::move(on_failure)) {
  const auto segments = configured_segments(settings);
  header_ = header_of(segments);
  for (const Segment* segment : segments) {
    if (segment->cash) parts_.push_back({.segment = segment, .indices = true, .rows = {}});
  }
  for (const Segment* segment : segments) parts_.push_back({.segment = segment, .indices = false, .rows = {}});
}

void InstrumentList::fetch(common::TradingDay day, std::function<void(common::ListAttempt&&)> done) {
  const bool is_whole = std::ranges::all_of(parts_, &Part::came);
  if (day_ != day || is_whole) {
    for (Part& part : parts_) part = {.segment = part.segment, .indices = part.indices, .rows = {}};
  }
  day_ = day;
  asked_ = 0;
  gained_ = false;
  attempt_ = {};
  done_ = std::move(done);
  ask_next();
}

void InstrumentList::cancel_fetch() noexcept {
  if (under_way_) host_.http().cancel(*under_way_);
  under_way_.reset();
}

void InstrumentList::ask_next() {
  while (asked_ < parts_.size() && parts_[(first_ + asked_) % parts_.size()].came) ++asked_;
  if (asked_ == parts_.size()) return end_attempt();
  Part& part = parts_[(first_ + asked_++) % parts_.size()];
  std::string token = token_();
  net::HttpCall call;
  if (part.indices) {
    call.url = settings_.rest_root + "/instruments/indexlist?exchangeSegment=" + std::to_string(part.segment->number);
  } else {
    call.method = "POST";
    call.url = settings_.rest_root + "/instruments/master";
    call.headers.emplace_back("Content-Type", "application/json");
    call.body.append(R"({"exchangeSegmentList":[")").append(part.segment->name).append(R"("]})");
  }
  if (!token.empty()) call.headers.emplace_back("authorization", token);
  call.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.rest_timeout);
  count(host_.counters().rest_requests);
  under_way_ = host_.http().send(std::move(call), host_.loop(), [this, &part, token = std::move(token)](net::HttpAnswer&& answer) {
    under_way_.reset();
    on_answer(part, std::move(answer), token);
  });
}

void InstrumentList::on_answer(Part& part, net::HttpAnswer&& answer, const std::string& token) {
  if (answer.status == 200) {
    take_rows(part, std::move(answer.body), token);
    return ask_next();
  }
  common::ListAttempt failure = common::failed_attempt(answer);
  if (const auto read = read_instrument_answer(answer.body); read && !read->description.empty()) {
    failure.problem += ": " + words_of(read->description, token);
  }
  if (answer.status == 429) {
    count(host_.counters().rate_limited);
    if (failure.wait == Duration::zero()) failure.wait = settings_.rate_limit_wait;
  }
  note_failure(part, std::move(failure));
  if (answer.status != 0 && answer.status != 429) return ask_next();
  // Others would fare no better now. The next attempt begins behind this part, so that a master that never comes holds up no other.
  first_ = (first_ + asked_) % parts_.size();
  end_attempt();
}

void InstrumentList::take_rows(Part& part, std::string&& body, const std::string& token) {
  const auto answer = read_instrument_answer(body);
  if (!answer) return note_failure(part, {.text = {}, .problem = "the answer cannot be read"});
  if (!answer->success) return note_failure(part, {.text = {}, .problem = words_of(answer->description, token), .refused = true});
  if (part.indices) {
    std::uint64_t bad = 0;
    part.rows = index_rows(*part.segment, answer->index_entries, bad);
    if (bad > 0) spdlog::warn("{}: {} entries of the index list of {} cannot be read", config_.name, bad, part.segment->name);
  } else {
    part.rows = cut_to(std::move(body), answer->rows);
  }
  if (part.rows.empty()) return note_failure(part, {.text = {}, .problem = "the answer is empty"});
  if (part.rows.back() != '\n') part.rows += '\n';
  part.came = gained_ = true;
}

void InstrumentList::note_failure(const Part& part, common::ListAttempt&& failure) {
  count(host_.counters().rest_failures);
  attempt_.refused = attempt_.refused || failure.refused;
  attempt_.wait = std::max(attempt_.wait, failure.wait);
  if (!attempt_.problem.empty()) attempt_.problem += "; ";
  attempt_.problem.append(part.indices ? "indices of " : "").append(part.segment->name).append(": ").append(failure.problem);
}

void InstrumentList::end_attempt() {
  if (gained_) attempt_.text = whole_text();
  if (attempt_.problem.empty()) {
    for (Part& part : parts_) part.rows = {};
  }
  std::exchange(done_, nullptr)(std::exchange(attempt_, {}));
}

std::string InstrumentList::whole_text() const {
  std::size_t size = header_.size();
  for (const Part& part : parts_) size += part.rows.size();
  std::string text;
  text.reserve(size);
  text = header_;
  for (const Part& part : parts_) text += part.rows;
  return text;
}

Result<common::ParsedInstruments> InstrumentList::parse(std::string_view text) {
  if (!text.starts_with(header_)) return Error{Reason::BadShape};
  return parse_instruments(text.substr(header_.size()));
}

}  // namespace tidegate::xts
