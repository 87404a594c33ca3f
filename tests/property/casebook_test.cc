// The laws of the casebook, on random lives: invariants of the state machine; how calls are cut up
// cannot be seen in what comes out; encoding and going on is the same as going on.
#include "engine/casebook/casebook.h"

#include <gtest/gtest.h>

#include <random>
#include <variant>

#include "tests/support/case_play.h"

namespace lianqing {
namespace {

using Lines = Play::Lines;

const Program& program() {
  static const Program kProgram = stage();
  return kProgram;
}

// One thing told to the casebook.
struct Heard {
  std::string source, unit;
  Instant at;
};
struct Grey {
  std::string unit, rule;
  std::optional<std::string> key;
  bool on;
  Instant at;
};
using Told = std::variant<Heard, Grey, LifeRecord, Warning>;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }

 private:
  std::mt19937 engine_;
};

// A life of `n` instants or so: rules that go up and down, people who do sensible and foolish
// things, sources that fall silent.
class Author {
 public:
  explicit Author(unsigned seed) : random_(seed) {}

  std::vector<Told> write(int n) {
    Instant t = local("01-05 08:00");
    for (int i = 0; i < n; ++i) {
      // Some at one instant, some at whole days (where deadlines are), some after long pauses.
      const int gap = random_.below(10);
      if (gap > 1) t += Duration{3'600'000'000LL * random_.below(gap > 8 ? 400 : 30)};
      if (gap == 5) t = program().zone.end_of(program().zone.day_of(t));
      for (int k = random_.below(3); k >= 0; --k) record(t);
      for (int k = random_.below(2); k > 0; --k) transition(t);
    }
    return std::move(told_);
  }

 private:
  void transition(Instant t) {
    const std::string unit = random_.of(units_), rule = random_.of(rules_);
    std::optional<std::string> key;
    if (rule == "b" && random_.below(2) == 0) key = "k";
    Level& level = levels_[unit + rule + key.value_or("-")];
    Warning w;
    w.id = "w" + std::to_string(++warnings_);
    w.unit = unit;
    w.rule = rule;
    w.key = key;
    w.time = t;
    w.from = level;
    w.to = static_cast<Level>((static_cast<int>(level) + 1 + random_.below(2)) % kLevels);
    w.revoked = w.to < w.from && random_.below(5) == 0;
    w.shadow = random_.below(20) == 0;
    if (!w.shadow) level = w.to;
    told_.push_back(w);
  }

  std::string some_warning() { return "w" + std::to_string(1 + random_.below(warnings_ + 1)); }

  void record(Instant t) {
    const int what = random_.below(12);
    if (what == 0) {
      told_.push_back(Heard{"/hotline", random_.of(units_), t});
      return;
    }
    if (what == 1) {
      told_.push_back(
          Grey{random_.of(units_), random_.of(rules_), std::nullopt, random_.below(3) == 0, t});
      return;
    }
    LifeRecord r;
    r.seq = static_cast<Seq>(++records_);
    r.time = random_.below(4) == 0 ? t - days(random_.below(5)) : t;
    r.clock = t;
    r.unit = random_.below(30) == 0 ? "" : random_.of(units_);
    r.id = "r" + std::to_string(records_);
    r.source = "/desk";
    r.type = random_.below(2) == 0 ? "warning_action" : random_.of(types_);
    auto& f = r.fields;
    if (random_.below(5) != 0) f.emplace_back("warning_id", some_warning());
    f.emplace_back("item_id", "i" + std::to_string(random_.below(8)));
    f.emplace_back("notice_id", "n" + std::to_string(random_.below(8)));
    f.emplace_back("action", random_.of(actions_));
    if (random_.below(8) != 0) f.emplace_back("actor_role", std::string("desk"));
    if (random_.below(8) != 0) f.emplace_back("reason", std::string("r"));
    f.emplace_back("decided_by", std::string("panel"));
    f.emplace_back("into", some_warning());
    f.emplace_back("duty", std::string("sign"));
    f.emplace_back("result", random_.of(results_));
    f.emplace_back("approved", random_.below(3) != 0);
    f.emplace_back("upheld", random_.below(3) == 0);
    f.emplace_back("level", random_.of(pins_));
    f.emplace_back("ground", random_.of(grounds_));
    f.emplace_back("approved_by", std::string("x"));
    f.emplace_back("approved_by", std::string(random_.below(5) == 0 ? "x" : "y"));
    f.emplace_back("expires_at", format_rfc3339(t + days(random_.below(33))));
    f.emplace_back("source", std::string("/hotline"));
    f.emplace_back("status", std::string(random_.below(3) == 0 ? "down" : "ok"));
    if (random_.below(3) == 0) {
      f.emplace_back(
          "reply_due",
          format_date(std::chrono::floor<std::chrono::days>(t + days(random_.below(9)))));
    }
    told_.push_back(r);
  }

  Random random_;
  std::vector<Told> told_;
  std::map<std::string, Level> levels_;
  int warnings_ = 0, records_ = 0;
  const std::vector<std::string> units_ = {"u", "v", "w"};
  const std::vector<std::string> rules_ = {"a", "b", "both", "c", "total", "gone"};
  const std::vector<std::string> actions_ = {"confirm",  "confirm",   "dismiss", "merge",
                                             "escalate", "downgrade", "clear",   "revoke",
                                             "suspend",  "resume",    "done",    "sing"};
  const std::vector<std::string> results_ = {"accepted", "rejected", "held", "relapsed"};
  const std::vector<std::string> pins_ = {"green", "red", "blue", "none", "pink"};
  const std::vector<std::string> grounds_ = {"media", "fire"};
  const std::vector<std::string> types_ = {"notice_issued",
                                           "notice_delivered",
                                           "notice_acknowledged",
                                           "notice_replied",
                                           "item_registered",
                                           "item_assigned",
                                           "item_accepted",
                                           "item_closed",
                                           "item_reopened",
                                           "extension_requested",
                                           "extension_decided",
                                           "rectification_submitted",
                                           "rectification_reviewed",
                                           "rectification_progress",
                                           "follow_up_check",
                                           "talk_held",
                                           "objection_filed",
                                           "objection_decided",
                                           "manual_override",
                                           "veto_declared",
                                           "veto_lifted",
                                           "connector_status"};
};

Instant instant_of(const Told& told) {
  struct {
    Instant operator()(const Heard& h) { return h.at; }
    Instant operator()(const Grey& g) { return g.at; }
    Instant operator()(const LifeRecord& r) { return r.clock; }
    Instant operator()(const Warning& w) { return w.time; }
  } visit;
  return std::visit(visit, told);
}

void tell(Casebook& book, const Told& told) {
  struct {
    Casebook& book;
    void operator()(const Heard& h) { book.heard(h.source, h.unit, h.at); }
    void operator()(const Grey& g) { book.grey(g.unit, g.rule, g.key, g.on, g.at); }
    void operator()(const LifeRecord& r) { book.record(r); }
    void operator()(const Warning& w) { book.transition(w); }
  } visit{book};
  std::visit(visit, told);
}

std::vector<UnitBytes> snapshot(Casebook& book) {
  book.begin_snapshot();
  while (!book.write_down(1)) {
  }
  return book.take_snapshot();
}

struct Lived {
  std::vector<CaseStep> steps;
  std::vector<ColourChange> colours;
  std::string bytes;

  void take(Casebook& book) {
    for (CaseStep& step : book.take_steps()) steps.push_back(std::move(step));
    for (ColourChange& change : book.take_colours()) colours.push_back(std::move(change));
  }
  Lines lines() const {
    Lines out;
    for (const CaseStep& step : steps) out.push_back(step.unit + ' ' + line(step));
    for (const ColourChange& change : colours) out.push_back(line(change));
    return out;
  }
};

Instant end_of(const std::vector<Told>& told) { return instant_of(told.back()) + days(200); }

Program short_years() {
  Program out = stage();
  for (int year = 2027; year < 2035; ++year) out.calendar.years.insert(year);
  return out;
}

const Program& long_program() {
  static const Program kProgram = short_years();
  return kProgram;
}

Lived live(const std::vector<Told>& told) {
  Casebook book(long_program());
  for (const Told& one : told) tell(book, one);
  book.advance(end_of(told));
  book.settle();
  Lived out;
  out.take(book);
  out.bytes = book.encode();
  return out;
}

bool is_exit(CaseState s) {
  return s == CaseState::dismissed || s == CaseState::revoked || s == CaseState::merged ||
         s == CaseState::superseded;
}

TEST(CasebookLaws, TheInvariantsOfTheStateMachineHold) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Lived lived = live(Author(seed).write(60));
    std::map<std::string, CaseState> state;
    std::map<std::string, Level> level;
    std::map<std::pair<std::string, CasePlace>, std::string> open;
    Instant last = kBeforeAll;
    for (const CaseStep& s : lived.steps) {
      const std::string what = s.unit + ' ' + line(s);
      ASSERT_GE(s.time, last) << what;
      last = s.time;
      ASSERT_FALSE(s.actor.empty()) << what;
      ASSERT_EQ(s.refusal != Refusal::none, s.kind == StepKind::ignored) << what;
      if (s.case_id.empty()) continue;
      if (s.kind == StepKind::opened) {
        ASSERT_FALSE(state.contains(s.case_id)) << what;
        auto& there = open[{s.unit, {s.rule, s.key}}];
        ASSERT_TRUE(there.empty() || is_over(state[there])) << what;
        there = s.case_id;
      } else {
        ASSERT_EQ(s.from, state.at(s.case_id)) << what;
        ASSERT_EQ(s.level_from, level.at(s.case_id)) << what;
      }
      state[s.case_id] = s.to;
      level[s.case_id] = s.level_to;
      if (s.kind == StepKind::ignored) {
        ASSERT_TRUE(s.from == s.to && s.level_from == s.level_to) << what;
      }
      if (is_over(s.from) && s.from != s.to) {
        ASSERT_TRUE(s.from == CaseState::cleared && s.to == CaseState::revoked) << what;
      }
      if (s.level_to < s.level_from && !is_exit(s.to)) {
        ASSERT_EQ(static_cast<int>(s.level_from) - static_cast<int>(s.level_to), 1) << what;
      }
    }
  }
}

TEST(CasebookLaws, ClearedOnlyByAPersonOrByARuleThatFellOnData) {
  for (unsigned seed = 300; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Told> told = Author(seed).write(60);
    Casebook book(long_program());
    for (const Told& one : told) {
      tell(book, one);
      for (const CaseStep& s : book.take_steps()) {
        if (s.to != CaseState::cleared || s.from == s.to || s.cause == StepCause::record) continue;
        const Case* c = book.find(s.unit, s.case_id);
        ASSERT_NE(c, nullptr);
        ASSERT_EQ(c->rule_level, Level::green) << line(s);
      }
    }
  }
}

TEST(CasebookLaws, TheColourIsTheHighestOfItsCasesOnceAnInstant) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Told> told = Author(seed).write(60);
    Casebook book(long_program());
    std::map<std::string, UnitColour> shown;
    std::set<std::pair<Instant, std::string>> seen;
    for (const Told& one : told) {
      book.advance(instant_of(one));  // closes the instants before
      for (const ColourChange& change : book.take_colours()) {
        ASSERT_TRUE(seen.emplace(change.time, change.unit).second) << line(change);
        UnitColour before = shown[change.unit];
        before.cases = change.from.cases;
        ASSERT_EQ(change.from, before) << line(change);
        ASSERT_NE(change.to, change.from);
        shown[change.unit] = change.to;
      }
      tell(book, one);
    }
    book.settle();
    for (const char* unit : {"u", "v", "w"}) {
      Level highest = Level::green;
      for (const Case* c : book.open_cases(unit)) highest = std::max(highest, effective(*c));
      const UnitColour colour = book.colour(unit);
      EXPECT_GE(colour.computed, highest);
      if (colour.origin != ColourOrigin::veto && !colour.override_until) {
        EXPECT_EQ(colour.computed, highest);
        EXPECT_EQ(colour.shown, highest);
      }
    }
  }
}

TEST(CasebookLaws, AnyCutIsTheSameLife) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Told> told = Author(seed).write(40);
    const Lived whole = live(told);
    Random random(seed);
    Lived parts;
    std::map<std::string, std::string> kept;  // as a store has the units: only what changed comes
    auto book = std::make_unique<Casebook>(long_program());
    for (const Told& one : told) {
      if (random.below(4) == 0) {
        parts.take(*book);
        const std::string bytes = book->encode();
        for (auto& [unit, changed] : snapshot(*book)) kept[unit] = std::move(changed);
        const std::vector<UnitBytes> units(kept.begin(), kept.end());
        auto again = random.below(2) == 0
                         ? Casebook::decode(book->encode_head(), units, long_program())
                         : Casebook::decode(bytes, long_program());
        ASSERT_TRUE(again) << again.error().what;
        ASSERT_EQ(again->encode(), bytes);
        ASSERT_EQ(again->encode_units(), units);
        ASSERT_TRUE(snapshot(*again).empty());
        book = std::make_unique<Casebook>(*std::move(again));
      }
      if (random.below(4) == 0) {
        book->advance(instant_of(one));
      }
      tell(*book, one);
    }
    const Instant end = end_of(told);
    for (Instant t = instant_of(told.back()) + days(1); t < end; t += days(7)) {
      book->advance(t);
    }
    book->advance(end);
    book->settle();
    parts.take(*book);
    ASSERT_EQ(parts.lines(), whole.lines());
    ASSERT_EQ(book->encode(), whole.bytes);
  }
}

// A snapshot is of its instant, however late it is written down, and whether it was kept or not.
TEST(CasebookLaws, ASnapshotIsOfWhenItWasBegun) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Told> told = Author(seed).write(40);
    Random random(seed);
    Casebook book(long_program());
    std::map<std::string, std::string> kept;
    std::vector<UnitBytes> expected;
    bool under_way = false;
    for (const Told& one : told) {
      if (!under_way && random.below(4) == 0) {
        expected = book.encode_units();
        book.begin_snapshot();
        under_way = true;
      }
      tell(book, one);
      if (random.below(6) == 0) book.settle();
      if (!under_way || random.below(3) != 0 || !book.write_down(1)) continue;
      under_way = false;
      std::vector<UnitBytes> units = book.take_snapshot();
      if (random.below(4) == 0) {
        book.snapshot_not_kept();
        continue;
      }
      for (auto& [unit, bytes] : units) kept[unit] = std::move(bytes);
      ASSERT_EQ(std::vector<UnitBytes>(kept.begin(), kept.end()), expected);
    }
  }
}

// Other sources watched, in another order and for another time; another duty; a rule that is gone.
Program other_pack() {
  Program out = short_years();
  out.watched = {{"/desk", {}, {false, days(9).count()}, {}},
                 {"/hotline", {}, {false, days(5).count()}, {}}};
  out.rules.pop_back();
  out.duties[0].levels[1].steps[0].limit = {false, days(3).count()};
  return out;
}

// Under another program it goes on as if its bytes had been read under that one; what is written
// again, with what was handed over before, is all of it.
TEST(CasebookLaws, FollowingAnotherPackIsReadingTheBytesUnderIt) {
  const Program other = other_pack(), same = short_years();
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Told> told = Author(seed).write(40);
    Random random(seed);
    const std::size_t hand = told.size() / 3, cut = told.size() * 2 / 3;
    const Program& next = random.below(2) == 0 ? other : same;
    Casebook book(long_program());
    std::map<std::string, std::string> kept;
    for (std::size_t i = 0; i < cut; ++i) {
      if (i == hand) {
        std::string after;
        for (std::vector<UnitBytes> some; !(some = book.hand_over(after, 2)).empty();) {
          after = some.back().first;
          for (auto& [unit, bytes] : some) kept[unit] = std::move(bytes);
        }
      }
      tell(book, told[i]);
    }
    book.settle();
    (void)book.take_steps(), (void)book.take_colours();
    auto read = Casebook::decode(book.encode(), next);
    ASSERT_TRUE(read);
    const bool handed = random.below(3) != 0;
    if (!handed) kept.clear();
    book.follow(next, handed);
    for (auto& [unit, bytes] : snapshot(book)) kept[unit] = std::move(bytes);
    ASSERT_EQ(std::vector<UnitBytes>(kept.begin(), kept.end()), read->encode_units());
    ASSERT_EQ(book.encode(), read->encode());
    Lived mine, theirs;
    const auto go_on = [&](Casebook& one, Lived& lived) {
      for (std::size_t i = cut; i < told.size(); ++i) tell(one, told[i]);
      for (Instant t = instant_of(told.back()); t <= end_of(told); t += days(7)) one.advance(t);
      one.settle();
      lived.take(one);
      lived.bytes = one.encode();
    };
    ASSERT_EQ(book.due(), read->due());
    ASSERT_EQ(book.missing_years(), read->missing_years());
    go_on(book, mine);
    go_on(*read, theirs);
    ASSERT_EQ(mine.lines(), theirs.lines());
    ASSERT_EQ(mine.bytes, theirs.bytes);
  }
}

TEST(CasebookLaws, BrokenBytesAreRefusedAndNeverBelieved) {
  const std::vector<Told> told = Author(7).write(40);
  Casebook book(long_program());
  for (const Told& one : told) tell(book, one);
  const std::string bytes = book.encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(Casebook::decode(std::string_view(bytes).substr(0, size), long_program()));
  }
  ASSERT_FALSE(Casebook::decode(bytes + '\0', long_program()));
  Random random(7);
  for (int i = 0; i < 4000; ++i) {
    std::string broken = bytes;
    const auto at = static_cast<std::size_t>(random.below(static_cast<int>(bytes.size())));
    broken[at] = static_cast<char>(random.below(256));
    const auto decoded = Casebook::decode(broken, long_program());
    if (!decoded) continue;
    const std::string again = decoded->encode();
    const auto twice = Casebook::decode(again, long_program());
    ASSERT_TRUE(twice);
    ASSERT_EQ(twice->encode(), again);
  }
}

}  // namespace
}  // namespace lianqing
