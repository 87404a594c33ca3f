// The words of a warning's life: a case is what people do about a warning; its steps and the
// changes of a unit's colour are what the casebook gives out. Plain data; the rules of the life are
// in clerk.h, its meaning in docs/rules/colour-and-life.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/entry.h"
#include "lianqing/diagnostic.h"
#include "lianqing/level.h"
#include "lianqing/time.h"
#include "lianqing/warning.h"

namespace lianqing {

// A record about a case, a unit's colour or a source, as it came.
struct LifeRecord {
  Seq seq = 0;
  Instant time;   // when it happened
  Instant clock;  // when it takes effect
  std::string unit, type, id, source;
  // Members of `data` by path; a list gives one entry per element, all of the same name.
  std::vector<std::pair<std::string, Fact>> fields;
};

// Stored: append only. Those from `issued` to `verifying` are on the way; those from `cleared` on
// are over.
enum class CaseState : std::uint8_t {
  candidate,
  pending_triage,
  issued,
  delivered,
  acknowledged,
  rectifying,
  submitted,
  verifying,
  observing,
  suspended,
  superseded,
  cleared,
  dismissed,
  revoked,
  merged,
};
constexpr bool is_over(CaseState s) { return s >= CaseState::cleared; }
constexpr bool is_on_the_way(CaseState s) {
  return s >= CaseState::issued && s <= CaseState::verifying;
}

// What happened. `ignored`: a record that had no effect, with a Refusal.
enum class StepKind : std::uint8_t {
  opened,
  repeated,
  escalated,
  eased,
  downgraded,
  issued,
  notice_issued,
  delivered,
  acknowledged,
  replied,
  item_registered,
  item_assigned,
  progressed,
  submitted,
  reviewed,
  item_closed,
  item_reopened,
  checked,
  extension_requested,
  extended,
  extension_refused,
  duty_done,
  overdue,
  chased,
  observation_started,
  observation_held,
  ease_held,
  relapsed,
  cleared,
  dismissed,
  revoked,
  merged,
  absorbed,
  superseded,
  restored,
  suspended,
  resumed,
  objected,
  objection_rejected,
  flapping_started,
  flapping_stopped,
  override_set,
  override_lifted,
  override_ended,
  veto_declared,
  veto_lifted,
  deadlines_set,
  ignored,
};

// Why, when no person said so.
enum class StepCause : std::uint8_t {
  record,  // a person's record; the reason is theirs
  rule_rose,
  rule_eased,
  evidence_withdrawn,
  deadline_passed,
  ladder,
  observation_over,
  rule_stands,
  items_open,
  data_missing,
  case_suspended,
  suspension_limit,
  combination,
  combination_over,
  levels_changed_often,
  levels_calm,
  override_expired,
  calendar_updated,
};

// Why a record had no effect.
enum class Refusal : std::uint8_t {
  none,
  no_unit,
  unknown_warning,
  unknown_action,
  case_over,
  wrong_state,
  no_actor,
  no_reason,
  unknown_target,
  at_the_end,
  bad_level,
  no_expiry,
  expiry_past,
  expiry_too_far,
  two_approvers,
  no_approver,
  no_ground,
  no_veto,
  no_override,
  no_extension,
  extension_used,
  extension_late,
  extension_too_long,
  bad_date,
  bad_result,
  unknown_duty,
  no_calendar,
};

// The names used in files, and of actions. Never translated.
std::string_view name(CaseState state);
std::string_view name(StepKind kind);
std::string_view name(StepCause cause);
std::string_view name(Refusal refusal);

// A deadline that cannot be told before the calendar has a year: that many working days after.
struct Unreckoned {
  std::uint32_t year = 0;  // 0: all is told
  Instant since = kNever;  // kNever: the deadline is told, the next step of the ladder is not
  std::uint32_t workdays = 0;
};

// One obligation of a case and its deadline.
struct DutyClock {
  std::string name, role;
  Instant due = kNever;    // kNever: none could be set (no calendar, or not the year)
  bool workdays = false;   // the limit was in working days: it stops and moves by working days
  Instant done = kNever;   // when it was done
  bool late = false;       // the deadline passed before it was done
  std::uint32_t rung = 0;  // next step of the ladder
  Instant next = kNever;   // when time alone does the next thing to it
  Unreckoned unreckoned;
};

// One warning of a case.
struct CaseWarning {
  std::string id;
  Instant time;
  Level to = Level::green;
};

struct Case {
  std::string id;  // of the warning that opened it
  std::string rule;
  std::optional<std::string> key;
  CaseState state = CaseState::candidate;
  CaseState resume_to = CaseState::candidate;  // suspended, superseded: where it goes back to
  Level level = Level::green;                  // what its duties follow
  Level peak = Level::green;        // the highest it rightly had: decides how long it is observed
  Level rule_level = Level::green;  // where the rule stands
  Level floor = Level::green;  // raised so by a person or the ladder: easing stops here, short of
                               // green
  Instant opened, since;       // since: of the state
  Instant issued = kNever, ended = kNever;
  Instant observe_until = kNever;
  Instant suspended_until = kNever;  // resumed then at the latest
  bool observe_workdays = false;
  bool observation_over = false;  // but it cannot be cleared yet
  bool ease_held = false;         // the rule fell, which has no effect yet
  bool renew = false;             // duties start anew when it is resumed
  bool extended = false;
  bool objected = false;
  Instant extension_asked = kNever;
  std::uint32_t relapses = 0;
  std::string other;  // merged: into; superseded: by
  std::vector<CaseWarning> warnings;
  std::vector<DutyClock> duties;
  Unreckoned unreckoned;  // of the observation
};

// The state as if it were not suspended.
constexpr CaseState standing(const Case& c) {
  return c.state == CaseState::suspended ? c.resume_to : c.state;
}
// What the case counts for in the unit's colour: its level; while observed at most yellow; nothing
// once it is over or absorbed.
constexpr Level effective(const Case& c) {
  if (is_over(c.state) || c.state == CaseState::superseded) return Level::green;
  const bool observed = standing(c) == CaseState::observing;
  return observed && c.level > Level::yellow ? Level::yellow : c.level;
}

// One line of a case's history. Unit-wide steps (override, veto) have no case.
struct CaseStep {
  Instant time;
  std::optional<Seq> seq;  // of the record or transition that set it off; none: time did
  std::string unit, case_id, rule;
  std::optional<std::string> key;
  StepKind kind = StepKind::opened;
  CaseState from = CaseState::candidate, to = CaseState::candidate;
  Level level_from = Level::green, level_to = Level::green;  // effective
  StepCause cause = StepCause::record;
  Refusal refusal = Refusal::none;
  std::string actor = "engine";  // role
  std::string second_actor;
  std::string reason;             // as the person wrote it
  std::string record, source;     // id and source of the record; empty: none
  std::string type;               // of the record
  std::string warning;            // the transition, if one set it off
  std::string other;              // another case: merged, superseded
  std::string duty, role;         // duty_done, overdue, chased: the obligation, and to whom it goes
  std::string rung;               // chased: which step of the ladder
  std::optional<Instant> due;     // of that obligation; or when the new state ends by itself
  bool late = false;              // duty_done: after its deadline
  std::vector<DutyClock> duties;  // all obligations, when they were set anew
};

enum class ColourOrigin : std::uint8_t { none, warning, roll_up, veto, override_ };
std::string_view name(ColourOrigin origin);

struct UnitColour {
  Level computed = Level::green, shown = Level::green;
  std::string computed_shade, shown_shade;  // Shade::name; empty: the plain level
  bool grey = false;                        // data insufficient
  bool pending = false;                     // nothing that decides has been confirmed yet
  ColourOrigin origin = ColourOrigin::none;
  std::vector<std::string> cases;  // that decide the computed colour, sorted
  Instant since = kBeforeAll;      // of what is shown
  std::optional<Instant> override_until;

  friend bool operator==(const UnitColour&, const UnitColour&) = default;
};

struct ColourChange {
  Instant time;
  std::string unit;
  UnitColour from, to;
};

}  // namespace lianqing
