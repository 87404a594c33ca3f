#include "engine/sequences.h"

namespace lianqing {
namespace {

using Matches = std::vector<SequenceMatch>;

// If the newest first step before a second one is too far away, or has something excluded after it,
// so has every older one.
Matches followed(const Program& program, const Sequence& sequence,
                 const std::vector<SequenceEvent>& events) {
  std::vector<SequenceMatch> out;
  const SequenceEvent* first = nullptr;
  bool excluded = false;  // since `first`
  for (const SequenceEvent& event : events) {
    if (event.step[1] && first != nullptr && !excluded) {
      Reckoned limit;
      if (sequence.within) limit = after(program, first->time, *sequence.within);
      if (event.time <= limit.from) {
        out.push_back({event.time, &event});
      } else if (event.time <= limit.to) {
        out.push_back({event.time, &event, limit.missing_year});
      }
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
      const Reckoned limit = after(program, at->time, *sequence.within);
      if (newer == nullptr || newer->time > limit.from) {
        out.push_back({limit.from, &*at, limit.missing_year});
      }
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
