// Obligations and their clocks: set at the issue, stopped while the case rests, run down the ladder
// when late.
#include <algorithm>
#include <array>

#include "engine/casebook/clerk.h"

namespace lianqing {
namespace {

// Record type -> the obligations it fulfils.
struct Fulfils {
  std::string_view type;
  std::array<std::string_view, 2> duties;
};
constexpr std::array kFulfils = {
    Fulfils{"notice_acknowledged", {"sign", "acknowledge"}},
    Fulfils{"notice_replied", {"reply", "plan"}},
    Fulfils{"item_registered", {"plan", ""}},
    Fulfils{"item_assigned", {"plan", ""}},
    Fulfils{"talk_held", {"interview", "talk"}},
    Fulfils{"rectification_submitted", {"finish", ""}},
    Fulfils{"rectification_reviewed", {"finish", ""}},  // accepted for good
    Fulfils{"item_closed", {"finish", ""}},             // all items
};

std::optional<Level> level_named(std::string_view text) {
  for (const Level level : {Level::yellow, Level::red}) {
    if (text == name(level)) return level;
  }
  return std::nullopt;
}

}  // namespace

// Sets `due` and whether it is told; `unreckoned` says since when and how many working days.
bool Clerk::reckon(const Deadline& deadline, Instant& due, Unreckoned& unreckoned) {
  due = deadline.value_or(kNever);
  if (deadline) {
    unreckoned = {};
  } else {
    unreckoned.year = static_cast<std::uint32_t>(deadline.error().year);
  }
  return deadline.has_value();
}

void Clerk::arm(const Case& c, DutyClock& clock) {
  const auto& ladder = table_.ladder(table_.rule(c.rule));
  clock.next = kNever;
  if (clock.done != kNever || clock.due == kNever) return;
  if (!clock.late) {
    clock.next = clock.due;
  } else if (clock.rung < ladder.size()) {
    clock.unreckoned = {};
    (void)reckon(limit_after_due(table_.program(), clock.due, ladder[clock.rung].after), clock.next,
                 clock.unreckoned);
  }
}

void Clerk::set_duties(Case& c, bool keep_done) {
  const std::vector<DutyClock> before = std::move(c.duties);
  c.duties.clear();
  for (const DutyStep& duty : duties(c).steps) {
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&duty](const DutyClock& d) { return d.name == duty.name; });
    if (keep_done && old != before.end() && old->done != kNever) {
      c.duties.push_back(*old);
      continue;
    }
    DutyClock& clock = c.duties.emplace_back();
    clock.name = duty.name;
    clock.role = duty.role;
    clock.workdays = duty.limit.workdays;
    clock.unreckoned = {0, now_, static_cast<std::uint32_t>(duty.limit.amount)};
    (void)reckon(limit_after(table_.program(), now_, duty.limit), clock.due, clock.unreckoned);
    arm(c, clock);
  }
}

void Clerk::mark_done(Case& c, const LifeRecord& record) {
  const auto row = std::find_if(kFulfils.begin(), kFulfils.end(),
                                [&record](const Fulfils& f) { return f.type == record.type; });
  if (row == kFulfils.end()) return;
  for (const std::string_view duty : row->duties) {
    if (!duty.empty()) mark_done(c, duty, record);
  }
}

void Clerk::mark_done(Case& c, std::string_view duty, const LifeRecord& record) {
  for (DutyClock& clock : c.duties) {
    if (clock.name != duty || clock.done != kNever) continue;
    clock.done = std::min(record.time, now_);
    clock.late = clock.done > clock.due;
    clock.next = kNever;
    clock.unreckoned = {};
    CaseStep s = step(c, StepKind::duty_done, record);
    s.duty = clock.name;
    s.role = clock.role;
    if (clock.due != kNever) s.due = clock.due;
    s.late = clock.late;
    write(c, std::move(s));
  }
}

void Clerk::run_duties(Case& c) {
  if (!is_on_the_way(c.state)) return;
  const auto& ladder = table_.ladder(table_.rule(c.rule));
  for (DutyClock& clock : c.duties) {
    while (clock.next <= now_) {
      CaseStep s = step(c, StepKind::overdue, StepCause::deadline_passed);
      s.duty = clock.name;
      s.role = clock.role;
      s.due = clock.due;
      std::optional<Level> level;
      if (clock.late) {
        const LadderStep& rung = ladder[clock.rung++];
        s.kind = StepKind::chased;
        s.cause = StepCause::ladder;
        s.rung = rung.name;
        s.role = rung.role;
        level = level_named(rung.name);
      }
      clock.late = true;
      write(c, s);
      arm(c, clock);
      if (!level || *level <= c.level) continue;
      CaseStep up = step(c, StepKind::escalated, StepCause::ladder);
      up.duty = s.duty;
      up.rung = s.rung;
      c.floor = *level;
      set_level(c, *level, std::move(up));
      return run_duties(c);  // the obligations are new ones
    }
  }
}

void Clerk::pause(Case& c, CaseState state) {
  c.resume_to = c.state;
  c.state = state;
}

// A deadline that cannot be told, before the pause or behind it, has as many working days left
// behind the pause as it had before.
void Clerk::move_by_pause(const Case& c, Instant& due, bool workdays, Unreckoned& unreckoned) {
  const Program& program = table_.program();
  std::int64_t left = unreckoned.workdays;
  if (due != kNever) {
    const auto moved = moved_by_pause(program, due, workdays, c.since, now_);
    if (moved) {
      due = *moved;
      return;
    }
    if (due <= c.since) return;
    left = workdays_between(program, c.since, due - Duration{1}).value_or(0);
  } else if (unreckoned.since == kNever) {
    return;
  } else if (unreckoned.since < c.since) {
    left -= workdays_between(program, unreckoned.since, c.since).value_or(0);
  }
  left = std::max<std::int64_t>(left, 0);
  unreckoned.since = now_;
  unreckoned.workdays = static_cast<std::uint32_t>(left);
  (void)reckon(limit_after(program, now_, {true, left}), due, unreckoned);
}

// Called in the paused state; `since` is when it began.
void Clerk::end_pause(Case& c) {
  for (DutyClock& clock : c.duties) {
    if (clock.done != kNever) continue;
    move_by_pause(c, clock.due, clock.workdays, clock.unreckoned);
    arm(c, clock);
  }
  move_by_pause(c, c.observe_until, c.observe_workdays, c.unreckoned);
}

void Clerk::reckon_again() {
  const Program& program = table_.program();
  const auto again = [&](Instant& due, Unreckoned& open) {
    return open.year != 0 && open.since != kNever &&
           reckon(limit_after(program, open.since, {true, open.workdays}), due, open);
  };
  for (const auto& [place, id] : life_.open) {
    Case& c = life_.cases.find(id)->second;
    bool set = again(c.observe_until, c.unreckoned);
    for (DutyClock& clock : c.duties) {
      if (clock.unreckoned.year == 0) continue;
      set = again(clock.due, clock.unreckoned) || set;
      arm(c, clock);
    }
    if (!set) continue;
    CaseStep s = step(c, StepKind::deadlines_set, StepCause::calendar_updated);
    s.duties = c.duties;
    if (c.state == CaseState::observing && c.observe_until != kNever) s.due = c.observe_until;
    write(c, std::move(s));
  }
}

void Clerk::resume(Case& c, CaseStep s) {
  end_pause(c);
  c.suspended_until = kNever;
  c.state = c.resume_to;
  s.kind = StepKind::resumed;
  if (c.renew && is_on_the_way(c.state)) {
    c.renew = false;
    if (duties(c).triage) {
      c.state = CaseState::pending_triage;
      c.duties.clear();
      write(c, std::move(s));
    } else {
      issue(c, StepKind::resumed, std::move(s));
    }
  } else {
    s.duties = c.duties;
    if (c.state == CaseState::observing && c.observe_until != kNever) s.due = c.observe_until;
    write(c, std::move(s));
  }
  if (c.ease_held) {
    c.ease_held = false;
    ease(c);
  }
}

DutyClock* Clerk::finishing(Case& c) {
  DutyClock* last = nullptr;
  for (DutyClock& clock : c.duties) {
    if (clock.name == "finish") return &clock;
    if (clock.done == kNever && (last == nullptr || clock.due >= last->due)) last = &clock;
  }
  return last;
}

}  // namespace lianqing
