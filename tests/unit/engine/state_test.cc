#include "engine/state.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/footprint.h"
#include "tests/support/packs.h"

namespace lianqing {
namespace {

// A unit with something of everything: windows of all kinds, keys, items, waiting events.
class StateBytes : public testing::Test {
 protected:
  StateBytes()
      : program_(
            pack("items:\n"
                 "  task: {key: id, open: opened, close: closed, due: due}\n"
                 "measures:\n"
                 "  n: {count: e, over: 30d}\n"
                 "  words: {distinct: word, of: e, over: month, per: kind}\n"
                 "  middle: {median: x, of: e, over: 10d, offset: 1d}\n"
                 "  tagged: {count: e, where: \"contains(tags, 'a')\"}\n"
                 "  open_now: {open: task}\n"
                 "  late: {overdue: task, by: 1 workday}\n"
                 "  rate: {on_time_rate: task, over: 60d}\n"
                 "rules:\n"
                 "  a: {title: A, yellow: {enter: \"n >= 2\", for: 1d, hold: 3d}}\n"
                 "  b: {title: B, yellow: \"words >= 2\"}\n"
                 "  c: {title: C, yellow: \"late >= 1\", red: \"open_now >= 9 or rate < 0.5\"}\n"
                 "  d: {title: D, yellow: \"middle > 2 or tagged > 1\"}\n")),
        machine_(program_) {
    const std::vector<Event> events = {
        event("1", "u", "e", "2026-03-05T10:00:00Z", {{"kind", "b"}, {"word", "x"}, {"x", 2}}),
        event("2", "u", "opened", "2026-03-05T11:00:00Z", {{"id", "t1"}, {"due", "2026-03-06"}}),
        event("3", "u", "opened", "2026-03-05T12:00:00Z", {{"id", "t2"}, {"due", "2026-04-06"}}),
        event("4", "u", "e", "2026-03-06T10:00:00Z",
              {{"kind", "a"},
               {"word", "y"},
               {"x", Number::ratio(5, 2)},
               {"tags", std::vector<Value>{"a", "b"}}}),
        event("5", "u", "closed", "2026-03-06T12:00:00Z", {{"id", "t1"}}),
        event("6", "u", "e", "2026-03-07T10:00:00Z",
              {{"kind", 3}, {"x", 7}, {"tags", std::vector<Value>{"c", "a"}}},
              "2026-03-06T22:00:00Z"),
        event("7", "u", "e", "2026-03-06T22:00:00Z", {{"kind", "b"}, {"word", "z"}})};
    machine_.feed(events, 0, events.size());
    EXPECT_TRUE(machine_.check(machine_.replay().flush())) << machine_.ran().error;
    const auto unit = machine_.replay().unit("u");
    bytes_ = encode(**unit, machine_.replay().fold());
  }

  Result<UnitState> decoded(std::string_view bytes) { return decode(bytes, fold_, symbols_); }

  std::shared_ptr<const Program> program_;
  Machine machine_;
  Symbols symbols_{program_->symbols};  // other numbers than those of the first run
  Route route_{*program_};
  Fold fold_{*program_, route_, symbols_};
  std::string bytes_;
};

TEST_F(StateBytes, GoAroundUnchanged) {
  symbols_.intern("z");  // texts met in another order
  symbols_.intern("a");
  const auto state = decoded(bytes_);
  ASSERT_TRUE(state.has_value()) << state.error().what;
  EXPECT_EQ(state->name, "u");
  EXPECT_EQ(state->pending.size(), 1U);
  EXPECT_TRUE(state->open);
  EXPECT_EQ(encode(*state, fold_), bytes_);
}

TEST_F(StateBytes, TakeAsMuchMemoryAsTheyHold) {
  UnitState fresh;
  const auto state = decoded(bytes_);
  ASSERT_TRUE(state.has_value());
  const std::size_t known = state->rows.all().size() * sizeof(Row) +
                            state->instances.size() * sizeof(Instance) +
                            state->series.size() * sizeof(Series);
  EXPECT_GT(footprint(*state), footprint(fresh) + known);
  EXPECT_LT(footprint(*state), footprint(fresh) + 10 * known);
}

// What is mostly not there takes no place: a rule that was judged and nothing else.
TEST_F(StateBytes, HaveFewBytesForAGreenRule) {
  UnitState unit;
  unit.name = "new";
  const std::size_t without = encode(unit, fold_).size();
  unit.instance_of.add(0, Cell{}, 0);
  unit.instances.emplace_back().rule = 0;
  unit.instances.back().judged = true;
  EXPECT_EQ(encode(unit, fold_).size(), without + 4);
}

TEST_F(StateBytes, AreFreshForAFreshUnit) {
  UnitState unit;
  unit.name = "new";
  const std::string bytes = encode(unit, fold_);
  const auto state = decoded(bytes);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(encode(*state, fold_), bytes);
}

TEST_F(StateBytes, CutAnywhereAreRefused) {
  for (std::size_t n = 0; n < bytes_.size(); ++n) {
    const auto state = decoded(std::string_view(bytes_).substr(0, n));
    ASSERT_FALSE(state.has_value()) << "cut after " << n << " of " << bytes_.size();
    EXPECT_EQ(state.error().code, ErrorCode::corrupt);
  }
  EXPECT_FALSE(decoded(bytes_ + '\0').has_value());
}

TEST_F(StateBytes, DamagedAreRefusedOrReadButNeverCrash) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::string bytes = bytes_;
    for (unsigned n = 1 + static_cast<unsigned>(random() % 3); n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto state = decoded(bytes);
    if (state) (void)encode(*state, fold_);
  }
}

}  // namespace
}  // namespace lianqing
