#include "engine/sequences.h"

namespace lianqing {
namespace {

using Matches = Outcome<std::vector<SequenceMatch>, MissingYear>;

// If the newest first step before a second one is too far away, or has something excluded after it,
// so has every older one.
Matches followed(const Program& program, const Sequence& sequence,
                 const std::vector<SequenceEvent>& events) {
  std::vector<SequenceMatch> out;
  const SequenceEvent* first = nullptr;
  bool excluded = false;  // since `first`
  for (const SequenceEvent& event : events) {
    if (event.step[1] && first != nullptr && !excluded) {
      bool in_time = true;
      if (sequence.within) {
        const auto limit = after(program, first->time, *sequence.within);
        if (!limit) return Unexpected<MissingYear>(limit.error());
        in_time = event.time <= *limit;
      }
      if (in_time) out.push_back({event.time, &event});
    }
    if (event.excludes) excluded = true;
    if (event.step[0]) {
      first = &event;
      excluded = false;
    }
  }
  return out;
}

Matches unfollowed(const Program& program, const Sequence& sequence,
                   const std::vector<SequenceEvent>& events) {
  std::vector<SequenceMatch> out;
  const SequenceEvent* newer = nullptr;  // the next excluding event after the one at hand
  for (auto at = events.rbegin(); at != events.rend(); ++at) {
    if (at->step[0]) {
      const auto limit = after(program, at->time, *sequence.within);
      if (!limit) return Unexpected<MissingYear>(limit.error());
      if (newer == nullptr || newer->time > *limit) out.push_back({*limit, &*at});
    }
    if (at->excludes) newer = &*at;
  }
  return out;
}

}  // namespace

Matches matches(const Program& program, const Sequence& sequence,
                const std::vector<SequenceEvent>& events) {
  return sequence.steps.size() == 2 ? followed(program, sequence, events)
                                    : unfollowed(program, sequence, events);
}

}  // namespace lianqing
