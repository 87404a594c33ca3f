#include <gtest/gtest.h>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

// `total: ids`, newest first, of the last warning.
std::string cited(const std::string& yaml, const std::vector<Event>& events,
                  std::size_t most = 20) {
  RunOptions options;
  options.replay.fold.evidence = most;
  const Ran ran = run(pack(yaml), events, options);
  EXPECT_EQ(ran.error, "");
  if (ran.warnings.empty()) return "no warning";
  const Evidence& evidence = ran.warnings.back().evidence;
  std::string out = std::to_string(evidence.total) + ":";
  for (std::size_t i = 0; i < evidence.events.size(); ++i) {
    out += ' ';
    out += evidence.events[i];
  }
  return out;
}

std::vector<Event> one_a_day() {
  return {event("1", "u", "e", "2026-03-01T08:00:00Z", {{"x", 1}}),
          event("2", "u", "f", "2026-03-02T08:00:00Z", {{"x", 9}}),
          event("3", "u", "e", "2026-03-03T08:00:00Z", {{"x", 9}}),
          event("4", "u", "e", "2026-03-04T08:00:00Z", {{"x", 1}}),
          event("5", "u", "f", "2026-03-05T08:00:00Z", {{"x", 1}})};
}

TEST(Evidence, WindowsOverOneStreamCountAnEventOnce) {
  EXPECT_EQ(cited("measures: {all: {count: [e, f]}, new: {count: [e, f], over: 2d}}\n"
                  "rules: {r: {title: R, yellow: \"all >= 5 and new >= 1\"}}\n",
                  one_a_day()),
            "5: 5 4 3 2 1");
}

TEST(Evidence, WindowsThatDoNotMeetAreBothThere) {
  EXPECT_EQ(cited("measures:\n"
                  "  new: {count: [e, f], over: 1d}\n"
                  "  old: {count: [e, f], over: 2d, offset: 3d}\n"
                  "rules: {r: {title: R, yellow: \"new >= 1 and old >= 2\"}}\n",
                  one_a_day()),
            "3: 5 2 1");
}

TEST(Evidence, StreamsThatShareEventsCountThemOnce) {
  EXPECT_EQ(cited("measures:\n"
                  "  e: {count: e}\n"
                  "  large: {count: [e, f], where: \"x > 5\"}\n"
                  "  f: {count: f, over: 2d}\n"
                  "rules: {r: {title: R, yellow: \"e >= 3 and large >= 2 and f >= 1\"}}\n",
                  one_a_day()),
            "5: 5 4 3 2 1");
}

TEST(Evidence, TheNewestAreCitedAndAllAreCounted) {
  for (const char* measures : {"measures: {n: {count: [e, f]}, m: {count: [e, f], over: 9d}}\n",
                               "measures: {n: {count: [e, f]}, m: {count: e}}\n"}) {
    EXPECT_EQ(
        cited(std::string(measures) + "rules: {r: {title: R, yellow: \"n >= 5 and m >= 1\"}}\n",
              one_a_day(), 2),
        "5: 5 4");
  }
}

TEST(Evidence, OpenItemsAreCitedByTheirOpenings) {
  EXPECT_EQ(cited("items: {task: {key: id, open: o, close: c, due: due}}\n"
                  "measures: {open: {open: task}, n: {count: [o, e], over: 1d}}\n"
                  "rules: {r: {title: R, yellow: \"open >= 2 and n >= 2\"}}\n",
                  {event("1", "u", "o", "2026-03-01T08:00:00Z", {{"id", "a"}}),
                   event("2", "u", "o", "2026-03-02T08:00:00Z", {{"id", "b"}}),
                   event("3", "u", "c", "2026-03-03T08:00:00Z", {{"id", "a"}}),
                   event("4", "u", "o", "2026-03-04T08:00:00Z", {{"id", "c"}}),
                   event("5", "u", "e", "2026-03-04T09:00:00Z")}),
            "3: 5 4 2");
}

}  // namespace
}  // namespace lianqing
