// The normalizer's part that keeps order books: deltas wait for a snapshot, a hole voids the book, a proven book becomes records.
#include <algorithm>
#include <new>
#include <utility>

#include "normalizer/normalizer.hpp"

namespace tidegate {

void Normalizer::on_delta(const DepthUpdate& update) {
  OrderBook& book = state_->book.chained;
  switch (book.apply_delta(update, frame_->received)) {
    case OrderBook::Verdict::Applied:
      emit_book(book, Flags::None);
      break;
    case OrderBook::Verdict::Duplicate:
      on_repeated();
      break;
    case OrderBook::Verdict::Gap:
      on_book_lost("a hole in the broker's book updates; rebuilding");
      break;
    case OrderBook::Verdict::Broken:
      count_bad({book.broken_reason(), "depth"});
      on_book_lost("the broker's book updates led to an impossible book; rebuilding");
      break;
    default:
      ask_snapshot();
      break;
  }
}

void Normalizer::on_snapshot(const DepthUpdate& update) {
  OrderBook& book = state_->book.chained;
  state_->book.snapshot_asked = false;
  switch (book.apply_snapshot(update, frame_->received)) {
    case OrderBook::Verdict::Joined:
      break;
    case OrderBook::Verdict::Rejected:
      count(broker_->counters.book_snapshots_rejected);
      return ask_snapshot();
    case OrderBook::Verdict::Broken:
      count_bad({book.broken_reason(), "snapshot"});
      return on_book_lost("the broker's book snapshot is impossible; asking again");
    default:
      return;
  }
  count(broker_->counters.book_snapshots);
  emit_book(book, Flags::Snapshot);
  while (const auto verdict = book.next_buffered()) {
    if (*verdict != OrderBook::Verdict::Applied) return on_book_lost("a hole in the broker's book updates; rebuilding");
    emit_book(book, Flags::None);
  }
}

void Normalizer::on_top_levels(const DepthUpdate& update) {
  if (state_->book.chained.valid()) return;  // the kept book knows more
  OrderBook& top = state_->book.top;
  const bool numbered = update.last_id != 0;
  if (numbered && top.valid() && update.last_id <= top.last_id() && state_->book.top_session == frame_->session) {
    return on_repeated();
  }
  if (!numbered && repeats(content_of(update), update.ts_event)) return;
  state_->book.top_session = frame_->session;
  if (top.replace(update, frame_->received) == OrderBook::Verdict::Broken) return count_bad({top.broken_reason(), "depth"});
  emit_book(top, Flags::Snapshot);
}

void Normalizer::on_book_lost(std::string_view reason) {
  count(broker_->counters.gaps);
  count(broker_->counters.book_resyncs);
  if (stream_->state == StreamState::Live) {
    stream_->gap = PendingGap::Unknown;
    set_state(StreamState::Stale, reason);
  }
  ask_snapshot();
}

void Normalizer::ask_snapshot() {
  KeptBook& book = state_->book;
  if (book.snapshot_asked || !request_snapshot || catalog_ == nullptr) return;
  book.snapshot_asked = true;
  book.snapshot_asked_at = clock_.mono();
  request_snapshot(stream_->source.broker, catalog_->find(instrument_)->symbol);
}

void Normalizer::emit_book(const OrderBook& book, Flags flags) {
  go_live("book complete");
  if (stream_->gap != PendingGap::None) announce_gap(0);
  stream_->gap = PendingGap::None;

  const std::size_t wanted = options_.everything_wanted ? options_.default_depth : state_->book.depth;
  const std::size_t levels = std::min<std::size_t>(wanted, kDepthLevelsMax);
  const std::size_t bid_count = std::min(book.bids().size(), levels);
  const std::size_t ask_count = std::min(book.asks().size(), levels);
  const std::size_t words = (sizeof(Depth) + (bid_count + ask_count) * sizeof(DepthLevel)) / 8;
  if (depth_record_.size() < words) depth_record_.resize(words);

  auto depth = make_record<Depth>(instrument_, Channel::OrderBook);
  depth.header.size_words = static_cast<std::uint16_t>(words);
  depth.header.price_exponent = book.price_exponent();
  depth.header.quantity_exponent = book.quantity_exponent();
  depth.header.ts_event = book.ts_event();
  depth.header.ts_received = book.ts_received();
  depth.book_id = book.last_id() < 0 ? 0 : static_cast<std::uint64_t>(book.last_id());
  depth.bid_count = static_cast<std::uint16_t>(bid_count);
  depth.ask_count = static_cast<std::uint16_t>(ask_count);
  auto* const record = new (depth_record_.data()) Depth(depth);
  auto* level = reinterpret_cast<DepthLevel*>(record + 1);
  for (const auto& [side, n] : {std::pair{&book.bids(), bid_count}, std::pair{&book.asks(), ask_count}}) {
    for (std::size_t i = 0; i < n; ++i) {
      const BookEntry& entry = side->at(i);
      *level++ = {entry.price, entry.quantity, entry.orders, 0};
    }
  }
  if (broker_ != nullptr && book.ts_event().known() && book.ts_received().known()) {
    broker_->exchange_to_receive.record(Duration{book.ts_received().ns - book.ts_event().ns});
  }
  emit_stamped(record->header, flags | book.flags());
}

}  // namespace tidegate
