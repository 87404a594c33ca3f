#include "cli/test/trial.h"

#include <algorithm>
#include <map>

#include "cli/calendar_words.h"
#include "cli/translation.h"
#include "connectors/content_hash.h"
#include "connectors/decode.h"
#include "engine/casebook/desk.h"

namespace lianqing {
namespace {

// The clock goes on to the last thing that is said or expected.
Instant end_of(const Test& test) {
  Instant end = test.until.value_or(test.start);
  for (const ScriptedEvent& event : test.events) end = std::max(end, event.recorded);
  for (const Expectation& expected : test.expectations) {
    end = std::max(end, expected.time.value_or(end));
    if (!expected.changes.empty()) end = std::max(end, expected.changes.back().time);
  }
  return end;
}

bool asks_for_colours(const Test& test) {
  return std::any_of(test.expectations.begin(), test.expectations.end(),
                     [](const Expectation& e) { return e.kind == ExpectationKind::colour; });
}

class Trial {
 public:
  Trial(const Test& test, std::shared_ptr<const Program> program, const TrialWatcher& watcher)
      : test_(test), program_(std::move(program)), watcher_(watcher) {}

  Course run() {
    course_.end = end_of(test_);
    ReplayOptions options;
    options.mode = test_.mode;
    options.until = course_.end;
    options.fold.outlook = false;
    options.identity_of = identity_hash;
    std::optional<Desk> desk;
    if (asks_for_colours(test_)) {
      desk.emplace(*program_);
      options.admitted = [&](const Event& event, const LogEntry& entry, std::string_view unit) {
        desk->admitted(event, entry, unit);
      };
    }
    options.grey = [&](const GreyChange& change) {
      course_.greys.push_back(change);
      if (desk) desk->grey(change);
    };
    const Replay* current = nullptr;
    if (watcher_) {
      options.fold.watcher = [&](const Rule& rule, const Leaves& leaves, bool grey) {
        watcher_(current->fold(), rule, leaves, grey);
      };
    }
    std::map<std::string, Warning> made;
    Replay replay(
        program_, test_.units, options, nullptr,
        [&](const Warning& warning, std::string&) { made.emplace(warning.id, warning); },
        [&](const Leaving& leaving) {
          course_.changes.push_back(std::move(made.at(leaving.id)));
          if (desk) desk->left(leaving);
          return Status{};
        },
        [&](const Rejection& rejection) {
          course_.refused.push_back({static_cast<std::size_t>(rejection.origin.line - 1),
                                     rejection.code, rejection.detail});
        });
    current = &replay;
    Status done = feed(replay);
    if (done) done = replay.finish();
    if (done && desk) {
      desk->book(course_.end, true);
      course_.colours = desk->casebook().take_colours();
    }
    if (!done) course_.trouble = {told(done.error(), true), done.error().what};
    for (const auto& [year, gap] : replay.calendar_gaps()) {
      if (gap.greyed > 0) course_.trouble = calendar_gap_words(year, gap, 0);
    }
    return std::move(course_);
  }

 private:
  // In the order in which they become known.
  Status feed(Replay& replay) {
    std::vector<std::size_t> order(test_.events.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return test_.events[a].recorded < test_.events[b].recorded;
    });
    EventDecoder decoder;
    for (const std::size_t i : order) {
      Origin origin;
      origin.line = i + 1;
      const Record record = decoder.decode(test_.events[i].json, origin, arena_);
      if (const auto* event = std::get_if<Event>(&record)) {
        if (Status s = replay.admit(*event); !s) return s;
      } else {
        replay.reject(std::get<Rejection>(record));
      }
    }
    return replay.flush();
  }

  const Test& test_;
  std::shared_ptr<const Program> program_;
  const TrialWatcher& watcher_;
  Arena arena_;
  Course course_;
};

}  // namespace

Course run_trial(const Test& test, std::shared_ptr<const Program> program,
                 const TrialWatcher& watcher) {
  return Trial(test, std::move(program), watcher).run();
}

}  // namespace lianqing
