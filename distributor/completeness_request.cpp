// The request handler's part for `completeness`.
#include "distributor/control_messages.hpp"
#include "distributor/json_text.hpp"
#include "distributor/request_handler.hpp"

namespace tidegate::distributor {
namespace {

Complaint unknown_numbers(std::string message) {
  return {code::kResumeUnknown, std::move(message), "ask about a stream while it is subscribed, in the epoch of the welcome"};
}

}  // namespace

void RequestHandler::tell_completeness(Subscriber& subscriber, const Request& request) {
  const NumbersQuery& query = request.numbers;
  Complaint complaint;
  const auto wanted = channel(query.channel, complaint);
  if (!wanted) return hub_.complain(subscriber, complaint, request.id);
  const Resolved resolved = resolve(query.symbol);
  if (resolved.entry == nullptr) {
    complaint = resolved.undecided ? unknown_numbers("nothing is known of this symbol yet") : resolved.complaint;
    return hub_.complain(subscriber, complaint, request.id);
  }
  complaint = not_entitled_to(subscriber, resolved, *wanted);
  if (complaint.code != 0) return hub_.complain(subscriber, complaint, request.id);
  if (!query.epoch.empty() && query.epoch != hub_.options.epoch) {
    return hub_.complain(subscriber, unknown_numbers("the epoch is another: nothing is known of its numbers"), request.id);
  }
  const StreamSlot stream = hub_.table.find(resolved.entry->id, *wanted);
  if (stream == kNoStream) return hub_.complain(subscriber, unknown_numbers("nobody has this stream: nothing is known of its numbers"), request.id);
  const std::uint64_t newest = hub_.values.of(stream).last_seq;
  const std::uint64_t last = query.last.value_or(std::max(query.first, newest));
  const Member* const member = hub_.table.member(subscriber.slot(), stream);
  const CompletenessReport report = hub_.completeness.report(stream, member, query.first, last, newest);
  hub_.answer(subscriber, completeness_message(request.id, resolved.entry->symbol, to_text(*wanted), query.first, last, member != nullptr, report));
}

}  // namespace tidegate::distributor
