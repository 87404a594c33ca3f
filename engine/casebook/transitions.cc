// What a rule's transition does to the case, and what follows when time passes.
#include <algorithm>

#include "engine/casebook/clerk.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

std::vector<std::string> open_cases(const UnitLife& life) {
  std::vector<std::string> out;
  for (const auto& [place, id] : life.open) out.push_back(id);
  return out;
}

}  // namespace

void Clerk::append(Case& c, const Warning& w) {
  c.warnings.push_back({w.id, w.time, w.to});
  life_.case_of[w.id] = c.id;
  if (c.warnings.size() <= kMostWarnings) return;
  life_.case_of.erase(c.warnings[1].id);
  c.warnings.erase(c.warnings.begin() + 1);
}

void Clerk::transition(const Warning& w) {
  seq_ = w.seq;
  const CasePlace place{w.rule, w.key};
  Case* c = open_case(place);
  std::string case_id;
  if (c != nullptr) {
    case_id = c->id;
    append(*c, w);
    if (w.to > w.from) {
      rise(*c, w);
    } else {
      fall(*c, w);
    }
  } else if (w.to > w.from) {
    case_id = open(w).id;
  }
  update_flapping(w, case_id);
}

Case* Clerk::open_case(const CasePlace& place) {
  const auto at = life_.open.find(place);
  return at == life_.open.end() ? nullptr : &life_.cases.find(at->second)->second;
}

Case& Clerk::open(const Warning& w) {
  LQ_ASSERT(!life_.cases.contains(w.id));
  Case& c = life_.cases[w.id];
  c.id = w.id;
  c.rule = w.rule;
  c.key = w.key;
  c.opened = c.since = now_;
  append(c, w);
  index_case(life_, c);
  CaseStep s = step(c, StepKind::opened, StepCause::rule_rose);
  s.warning = w.id;
  c.level = c.peak = c.rule_level = w.to;
  if (duties(c).triage) {
    c.state = CaseState::pending_triage;
    write(c, std::move(s));
  } else {
    issue(c, StepKind::opened, std::move(s));
  }
  return c;
}

void Clerk::issue(Case& c, StepKind kind, CaseStep s) {
  c.state = CaseState::issued;
  c.issued = now_;
  c.observe_until = kNever;
  c.unreckoned = {};
  c.observation_over = false;
  set_duties(c, false);
  s.kind = kind;
  s.duties = c.duties;
  write(c, std::move(s));
}

void Clerk::rise(Case& c, const Warning& w) {
  c.rule_level = w.to;
  c.ease_held = false;
  const Level level = std::max(c.level, w.to);
  CaseStep s = step(c, StepKind::repeated, StepCause::rule_rose);
  s.warning = w.id;
  if (standing(c) == CaseState::observing) {
    relapse(c, level, std::move(s));
  } else if (level > c.level) {
    s.kind = StepKind::escalated;
    set_level(c, level, std::move(s));
  } else {
    write(c, std::move(s));
  }
}

void Clerk::relapse(Case& c, Level level, CaseStep s) {
  ++c.relapses;
  c.level = level;
  c.peak = std::max(c.peak, level);
  if (c.state == CaseState::suspended) {
    c.resume_to = CaseState::issued;
    c.renew = true;
    c.observe_until = kNever;
    c.unreckoned = {};
    c.observation_over = false;
    s.kind = StepKind::relapsed;
    write(c, std::move(s));
  } else {
    issue(c, StepKind::relapsed, std::move(s));
  }
}

// The obligations of the new level begin anew; what was done stays done only on the way down.
void Clerk::set_level(Case& c, Level level, CaseStep s) {
  const bool up = level > c.level;
  c.level = level;
  if (up || s.kind == StepKind::downgraded) c.peak = level;
  if (c.state == CaseState::suspended) {
    c.renew = c.renew || is_on_the_way(c.resume_to);
  } else if (c.state == CaseState::pending_triage) {
    if (!duties(c).triage) return issue(c, s.kind, std::move(s));
  } else if (is_on_the_way(c.state)) {
    if (up && (s.cause != StepCause::rule_rose || !duties(c).triage)) {
      return issue(c, s.kind, std::move(s));
    }
    if (up) {
      c.state = CaseState::pending_triage;
      c.duties.clear();
    } else {
      set_duties(c, true);
      s.duties = c.duties;
    }
  }
  write(c, std::move(s));
}

void Clerk::fall(Case& c, const Warning& w) {
  c.rule_level = w.to;
  if (!w.revoked) return ease(c, w.id);
  CaseStep s = step(c, StepKind::downgraded, StepCause::evidence_withdrawn);
  s.warning = w.id;
  if (w.to == Level::green) return revoke(c, std::move(s));
  const Level level = std::max(w.to, c.floor);
  if (level < c.level) set_level(c, level, std::move(s));
}

// Lets the case follow its rule downwards, if nothing holds it.
void Clerk::ease(Case& c, const std::string& warning) {
  const bool green = c.rule_level == Level::green;
  const Level level = std::max(c.rule_level, c.floor);
  CaseStep s = step(c, StepKind::eased, StepCause::rule_eased);
  s.warning = warning;
  const bool suspended = c.state == CaseState::suspended;
  if (c.state == CaseState::observing) {
    if (green && c.observation_over) try_clear(c, std::move(s), false);
    return;
  }
  if (suspended || data_missing(life_, c)) {
    if (!c.ease_held) {
      c.ease_held = true;
      s.kind = StepKind::ease_held;
      s.cause = suspended ? StepCause::case_suspended : StepCause::data_missing;
      write(c, std::move(s));
    }
    return;
  }
  c.ease_held = false;
  if (green && is_on_the_way(c.state)) return observe(c, std::move(s));
  if (green) return clear(c, std::move(s));  // never issued, or absorbed
  if (level < c.level) set_level(c, level, std::move(s));
}

void Clerk::observe(Case& c, CaseStep s) {
  Span span = observation(c);
  const std::int64_t longest = std::int64_t{1} << std::min(c.relapses, kMostDoublings);
  span.amount *= longest;
  Instant until = kNever;
  c.unreckoned = {0, now_, static_cast<std::uint32_t>(span.workdays ? span.amount : 0)};
  const bool told = reckon(limit_after(table_.program(), now_, span), until, c.unreckoned);
  c.duties.clear();
  if (told && (until == now_ || until == kNever)) {  // there is no observation
    const auto why = hindrance(c);
    if (!why) return clear(c, std::move(s));
    c.observe_until = now_;
    c.observation_over = true;
    s.kind = StepKind::observation_held;
    s.cause = *why;
  } else {
    c.observe_until = until;
    c.observe_workdays = span.workdays;
    c.observation_over = false;
    s.kind = StepKind::observation_started;
    if (told) s.due = until;
  }
  c.state = CaseState::observing;
  write(c, std::move(s));
}

std::optional<StepCause> Clerk::hindrance(const Case& c) const {
  if (c.rule_level > Level::green) return StepCause::rule_stands;
  if (!items_done(life_, c)) return StepCause::items_open;
  if (data_missing(life_, c)) return StepCause::data_missing;
  return std::nullopt;
}

void Clerk::try_clear(Case& c, CaseStep s, bool say_why_not) {
  const auto why = hindrance(c);
  if (!why) return clear(c, std::move(s));
  c.observation_over = true;
  if (!say_why_not) return;
  s.kind = StepKind::observation_held;
  s.cause = *why;
  write(c, std::move(s));
}

// From red in two steps: no step leads down by more than one level.
void Clerk::clear(Case& c, CaseStep s) {
  if (effective(c) == Level::red) {
    CaseStep first = s;
    first.kind = s.cause == StepCause::record ? StepKind::downgraded : StepKind::eased;
    c.level = Level::yellow;
    write(c, std::move(first));
    s.level_from = Level::yellow;
  }
  s.kind = StepKind::cleared;
  finish(c, CaseState::cleared, std::move(s));
}

void Clerk::finish(Case& c, CaseState state, CaseStep s) {
  c.state = state;
  c.ended = now_;
  c.duties.clear();
  c.ease_held = c.observation_over = c.objected = false;
  c.observe_until = c.suspended_until = kNever;
  c.unreckoned = {};
  life_.open.erase({c.rule, c.key});
  life_.over.emplace(now_, c.id);
  write(c, std::move(s));
}

void Clerk::revoke(Case& c, CaseStep s) {
  s.kind = StepKind::revoked;
  if (!is_over(c.state)) return finish(c, CaseState::revoked, std::move(s));
  c.state = CaseState::revoked;  // it was cleared: it leaves the counts of the year
  c.objected = false;
  write(c, std::move(s));
}

// ---- combinations

bool Clerk::absorbs_now(const Case& c) const {
  return !table_.life(table_.rule(c.rule)).absorbs.empty() && effective(c) == Level::red &&
         is_on_the_way(standing(c));
}

void Clerk::release(Case& c) {
  CaseStep s = step(c, StepKind::restored, StepCause::combination_over);
  s.other = c.other;
  end_pause(c);
  c.other.clear();
  c.state = c.resume_to;
  write(c, std::move(s));
  if (c.rule_level == Level::green) ease(c);
}

void Clerk::absorb_and_release() {
  for (const std::string& id : open_cases(life_)) {
    Case& c = life_.cases.find(id)->second;
    if (c.state != CaseState::superseded) continue;
    const auto by = life_.cases.find(c.other);
    const bool held = by != life_.cases.end() && absorbs_now(by->second) && c.level < Level::red;
    if (!held) release(c);
  }
  for (const std::string& by : open_cases(life_)) {
    const Case& combination = life_.cases.find(by)->second;
    if (!absorbs_now(combination)) continue;
    const auto& absorbs = table_.life(table_.rule(combination.rule)).absorbs;
    for (const std::string& id : open_cases(life_)) {
      Case& c = life_.cases.find(id)->second;
      const bool below = is_on_the_way(c.state) || c.state == CaseState::pending_triage;
      if (id == by || !below || c.level == Level::red ||
          !std::binary_search(absorbs.begin(), absorbs.end(), table_.rule(c.rule))) {
        continue;
      }
      CaseStep s = step(c, StepKind::superseded, StepCause::combination);
      s.other = c.other = by;
      pause(c, CaseState::superseded);
      write(c, std::move(s));
    }
  }
}

// ---- flapping

void Clerk::update_flapping(const Warning& w, const std::string& case_id) {
  const Flapping& settings = table_.program().flapping;
  FlapHistory& history = life_.flaps[{w.rule, w.key}];
  add_change(settings, now_, history);
  if (!case_id.empty()) history.case_id = case_id;
  if (history.flapping || flap_share(settings, history, now_) < settings.high) return;
  history.flapping = true;
  const auto at = life_.cases.find(history.case_id);
  if (at == life_.cases.end()) return;
  write(at->second, step(at->second, StepKind::flapping_started, StepCause::levels_changed_often));
}

void Clerk::calm_down() {
  for (auto& [place, history] : life_.flaps) {
    if (!history.flapping || calm_at(table_.program().flapping, history, now_) > now_) continue;
    history.flapping = false;
    const auto at = life_.cases.find(history.case_id);
    if (at == life_.cases.end()) continue;
    write(at->second, step(at->second, StepKind::flapping_stopped, StepCause::levels_calm));
  }
}

// ---- time

void Clerk::begin() {
  while (!life_.over.empty() && life_.over.begin()->first + days(kForgetDays) <= now_) {
    forget_case(life_, std::string(life_.over.begin()->second));
  }
  if (life_.pinned && life_.pinned->until <= now_) {
    life_.pinned.reset();
    CaseStep s;
    s.time = now_;
    s.unit = unit_;
    s.kind = StepKind::override_ended;
    s.cause = StepCause::override_expired;
    write(std::move(s));
  }
  for (const std::string& id : open_cases(life_)) {
    Case& c = life_.cases.find(id)->second;
    if (c.state == CaseState::suspended && c.suspended_until <= now_) {
      resume(c, step(c, StepKind::resumed, StepCause::suspension_limit));
    } else if (c.state == CaseState::observing && !c.observation_over && c.observe_until <= now_) {
      try_clear(c, step(c, StepKind::cleared, StepCause::observation_over), true);
    }
  }
}

void Clerk::end() {
  for (const std::string& id : open_cases(life_)) {
    Case& c = life_.cases.find(id)->second;
    if (c.ease_held && c.state != CaseState::suspended && !data_missing(life_, c)) {
      ease(c);
    } else if (c.state == CaseState::observing && c.observation_over) {
      try_clear(c, step(c, StepKind::cleared, StepCause::observation_over), false);
    }
  }
  absorb_and_release();
  for (const std::string& id : open_cases(life_)) run_duties(life_.cases.find(id)->second);
  absorb_and_release();  // the ladder may have raised a combination
  calm_down();
}

Instant Clerk::due() const {
  Instant out = kNever;
  for (const auto& [place, id] : life_.open) {
    const Case& c = life_.cases.find(id)->second;
    if (c.state == CaseState::suspended) {
      out = std::min(out, c.suspended_until);
    } else if (c.state == CaseState::observing && !c.observation_over) {
      out = std::min(out, c.observe_until);
    } else if (is_on_the_way(c.state)) {
      for (const DutyClock& clock : c.duties) out = std::min(out, clock.next);
    }
  }
  if (life_.pinned) out = std::min(out, life_.pinned->until);
  if (!life_.over.empty()) out = std::min(out, life_.over.begin()->first + days(kForgetDays));
  for (const auto& [place, history] : life_.flaps) {
    if (history.flapping) out = std::min(out, calm_at(table_.program().flapping, history, now_));
  }
  return out;
}

}  // namespace lianqing
