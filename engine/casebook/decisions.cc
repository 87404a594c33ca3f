// What a person decides about a case: warning_action, objections. Also what every record shares:
// finding its case, reading its members, writing steps and refusals down.
#include <algorithm>
#include <array>

#include "engine/casebook/clerk.h"

namespace lianqing {

const Fact* fact(const LifeRecord& record, std::string_view field) {
  for (const auto& [path, value] : record.fields) {
    if (path == field) return &value;
  }
  return nullptr;
}

std::string text(const LifeRecord& record, std::string_view field) {
  const Fact* value = fact(record, field);
  if (value == nullptr) return {};
  if (const auto* t = std::get_if<std::string>(value)) return *t;
  if (const auto* n = std::get_if<Number>(value)) return n->to_string();
  return {};
}

std::vector<std::string> texts(const LifeRecord& record, std::string_view field) {
  std::vector<std::string> out;
  for (const auto& [path, value] : record.fields) {
    const auto* t = std::get_if<std::string>(&value);
    if (path == field && t != nullptr && !t->empty()) out.push_back(*t);
  }
  return out;
}

std::optional<bool> truth(const LifeRecord& record, std::string_view field) {
  const Fact* value = fact(record, field);
  if (value == nullptr) return std::nullopt;
  if (const auto* b = std::get_if<bool>(value)) return *b;
  const auto* t = std::get_if<std::string>(value);
  if (t != nullptr && *t == "true") return true;
  if (t != nullptr && *t == "false") return false;
  return std::nullopt;
}

// ---- writing down

CaseStep Clerk::step(const Case& c, StepKind kind, StepCause cause) const {
  CaseStep out;
  out.time = now_;
  out.unit = unit_;
  out.case_id = c.id;
  out.rule = c.rule;
  out.key = c.key;
  out.kind = kind;
  out.from = out.to = c.state;
  out.level_from = out.level_to = effective(c);
  out.cause = cause;
  out.seq = seq_;
  return out;
}

namespace {

// The role a record states, whatever its type calls it; else where it came from.
std::string actor_of(const LifeRecord& record) {
  for (const char* field : {"actor_role", "by_role", "decided_by", "closed_by", "approved_by"}) {
    if (std::string role = text(record, field); !role.empty()) return role;
  }
  return record.source;
}

void sign(CaseStep& step, const LifeRecord& record) {
  step.actor = actor_of(record);
  step.second_actor = text(record, "second_actor");
  step.reason = text(record, "reason");
  step.record = record.id;
  step.source = record.source;
  step.type = record.type;
  step.seq = record.seq;
}

}  // namespace

CaseStep Clerk::step(const Case& c, StepKind kind, const LifeRecord& record) const {
  CaseStep out = step(c, kind, StepCause::record);
  sign(out, record);
  return out;
}

CaseStep Clerk::unit_step(StepKind kind, const LifeRecord& record) const {
  CaseStep out;
  out.time = now_;
  out.unit = unit_;
  out.kind = kind;
  sign(out, record);
  return out;
}

void Clerk::write(Case& c, CaseStep s) {
  if (s.from != c.state) c.since = now_;
  s.to = c.state;
  s.level_to = effective(c);
  write(std::move(s));
}

void Clerk::refuse(const Case* c, const LifeRecord& record, Refusal refusal) {
  CaseStep s =
      c == nullptr ? unit_step(StepKind::ignored, record) : step(*c, StepKind::ignored, record);
  s.refusal = refusal;
  if (c == nullptr) s.warning = text(record, "warning_id");
  write(std::move(s));
}

Case* Clerk::case_by_warning(const LifeRecord& record) {
  const auto at = life_.case_of.find(text(record, "warning_id"));
  if (at != life_.case_of.end()) return &life_.cases.find(at->second)->second;
  refuse(nullptr, record, Refusal::unknown_warning);
  return nullptr;
}

Case* Clerk::case_of(const LifeRecord& record) {
  Case* c = nullptr;
  if (!text(record, "warning_id").empty()) {
    c = case_by_warning(record);
  } else if (const auto item = life_.items.find(text(record, "item_id"));
             item != life_.items.end()) {
    c = &life_.cases.find(item->second.case_id)->second;
  } else if (const auto notice = life_.notices.find(text(record, "notice_id"));
             notice != life_.notices.end()) {
    c = &life_.cases.find(notice->second)->second;
  }
  if (c == nullptr || !is_over(c->state)) return c;
  refuse(c, record, Refusal::case_over);
  return nullptr;
}

// ---- warning_action

namespace {

enum class Action : std::uint8_t {
  confirm,
  dismiss,
  merge,
  escalate,
  downgrade,
  clear,
  revoke,
  suspend,
  resume,
  done
};

constexpr std::uint32_t in(std::initializer_list<CaseState> states) {
  std::uint32_t out = 0;
  for (const CaseState state : states) out |= 1U << static_cast<unsigned>(state);
  return out;
}
constexpr std::uint32_t kPending = in({CaseState::pending_triage});
constexpr std::uint32_t kOnTheWay =
    in({CaseState::issued, CaseState::delivered, CaseState::acknowledged, CaseState::rectifying,
        CaseState::submitted, CaseState::verifying});
constexpr std::uint32_t kObserving = in({CaseState::observing});
constexpr std::uint32_t kSuspended = in({CaseState::suspended});
constexpr std::uint32_t kSuperseded = in({CaseState::superseded});

// Which actions are allowed where, and which need a reason. All need an actor_role.
struct ActionRow {
  std::string_view name;
  Action action;
  std::uint32_t states;
  bool reason;
};
constexpr std::array kActions = {
    ActionRow{"confirm", Action::confirm, kPending, false},
    ActionRow{"dismiss", Action::dismiss, kPending, true},
    ActionRow{"merge", Action::merge, kPending | kOnTheWay | kObserving, true},
    ActionRow{"escalate", Action::escalate, kPending | kOnTheWay, true},
    ActionRow{"downgrade", Action::downgrade, kPending | kOnTheWay, true},
    ActionRow{"clear", Action::clear, kOnTheWay | kObserving, true},
    ActionRow{
        "revoke", Action::revoke,
        kPending | kOnTheWay | kObserving | kSuspended | kSuperseded | in({CaseState::cleared}),
        true},
    ActionRow{"suspend", Action::suspend, kPending | kOnTheWay | kObserving, true},
    ActionRow{"resume", Action::resume, kSuspended, false},
    ActionRow{"done", Action::done, kOnTheWay, false},
};

}  // namespace

void Clerk::act(const LifeRecord& record) {
  Case* c = case_by_warning(record);
  if (c == nullptr) return;
  const std::string action = text(record, "action");
  const auto row = std::find_if(kActions.begin(), kActions.end(),
                                [&action](const ActionRow& r) { return r.name == action; });
  if (row == kActions.end()) return refuse(c, record, Refusal::unknown_action);
  if ((row->states >> static_cast<unsigned>(c->state) & 1U) == 0) {
    return refuse(c, record, is_over(c->state) ? Refusal::case_over : Refusal::wrong_state);
  }
  if (text(record, "actor_role").empty()) return refuse(c, record, Refusal::no_actor);
  if (row->reason && text(record, "reason").empty()) return refuse(c, record, Refusal::no_reason);
  switch (row->action) {
    case Action::confirm: return issue(*c, StepKind::issued, step(*c, StepKind::issued, record));
    case Action::dismiss:
      return finish(*c, CaseState::dismissed, step(*c, StepKind::dismissed, record));
    case Action::merge: return merge(*c, record, step(*c, StepKind::merged, record));
    case Action::escalate: return raise(*c, record, step(*c, StepKind::escalated, record));
    case Action::downgrade: return lower(*c, record, step(*c, StepKind::downgraded, record));
    case Action::clear: {
      CaseStep s = step(*c, StepKind::cleared, record);
      const bool observes = c->state != CaseState::observing && observation(*c).amount > 0;
      return observes ? observe(*c, std::move(s)) : clear(*c, std::move(s));
    }
    case Action::revoke: return revoke(*c, step(*c, StepKind::revoked, record));
    case Action::suspend: {
      CaseStep s = step(*c, StepKind::suspended, record);
      const Program& program = table_.program();
      c->suspended_until = limit_after(program, now_, {true, kSuspensionWorkdays}).value_or(kNever);
      if (c->suspended_until == kNever) c->suspended_until = now_ + days(kSuspensionDays);
      s.due = c->suspended_until;
      pause(*c, CaseState::suspended);
      return write(*c, std::move(s));
    }
    case Action::resume: return resume(*c, step(*c, StepKind::resumed, record));
    case Action::done: {
      const std::string duty = text(record, "duty");
      const bool known = std::any_of(c->duties.begin(), c->duties.end(), [&](const DutyClock& d) {
        return d.name == duty && d.done == kNever;
      });
      return known ? mark_done(*c, duty, record) : refuse(c, record, Refusal::unknown_duty);
    }
  }
}

// The other case takes over its items and notices, and its level if that is higher.
void Clerk::merge(Case& c, const LifeRecord& record, CaseStep s) {
  const auto into = life_.case_of.find(text(record, "into"));
  Case* target = into == life_.case_of.end() ? nullptr : &life_.cases.find(into->second)->second;
  if (target == nullptr || target == &c || is_over(target->state) ||
      target->state == CaseState::superseded) {
    return refuse(&c, record, Refusal::unknown_target);
  }
  for (auto& [id, item] : life_.items) {
    if (item.case_id == c.id) item.case_id = target->id;
  }
  for (auto& [id, notice] : life_.notices) {
    if (notice == c.id) notice = target->id;
  }
  const Level level = effective(c);
  s.other = c.other = target->id;
  finish(c, CaseState::merged, std::move(s));
  CaseStep taken = step(*target, StepKind::absorbed, record);
  taken.other = c.id;
  if (level > effective(*target)) {
    target->floor = level;
    if (standing(*target) == CaseState::observing) {
      relapse(*target, level, std::move(taken));
    } else {
      set_level(*target, level, std::move(taken));
    }
  } else {
    write(*target, std::move(taken));
  }
}

void Clerk::raise(Case& c, const LifeRecord& record, CaseStep s) {
  if (c.level == Level::red) return refuse(&c, record, Refusal::at_the_end);
  c.floor = Level::red;
  set_level(c, Level::red, std::move(s));
}

void Clerk::lower(Case& c, const LifeRecord& record, CaseStep s) {
  if (c.level != Level::red) return refuse(&c, record, Refusal::at_the_end);
  c.floor = Level::green;
  set_level(c, Level::yellow, std::move(s));
}

// ---- objections

void Clerk::objection_filed(const LifeRecord& record) {
  Case* c = case_by_warning(record);
  if (c == nullptr) return;
  if (is_over(c->state) && c->state != CaseState::cleared) {
    return refuse(c, record, Refusal::case_over);
  }
  if (text(record, "reason").empty()) return refuse(c, record, Refusal::no_reason);
  c->objected = true;
  write(*c, step(*c, StepKind::objected, record));
}

// Without a warning_id: the unit's only objection still open.
void Clerk::objection_decided(const LifeRecord& record) {
  Case* c = nullptr;
  if (text(record, "warning_id").empty()) {
    std::size_t found = 0;
    for (auto& [id, candidate] : life_.cases) {
      if (!candidate.objected) continue;
      c = &candidate;
      ++found;
    }
    if (found != 1) return refuse(nullptr, record, Refusal::unknown_warning);
  } else {
    c = case_by_warning(record);
    if (c == nullptr) return;
  }
  if (is_over(c->state) && c->state != CaseState::cleared) {
    return refuse(c, record, Refusal::case_over);
  }
  if (text(record, "decided_by").empty()) return refuse(c, record, Refusal::no_actor);
  const auto upheld = truth(record, "upheld");
  if (!upheld) return refuse(c, record, Refusal::bad_result);
  if (*upheld) return revoke(*c, step(*c, StepKind::revoked, record));
  c->objected = false;
  write(*c, step(*c, StepKind::objection_rejected, record));
}

}  // namespace lianqing
