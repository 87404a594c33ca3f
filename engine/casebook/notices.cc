// Notices and rectification: what moves a case on its way. A record may skip states; it never moves
// a case back, except a rejected review.
#include <algorithm>
#include <array>

#include "engine/casebook/clerk.h"

namespace lianqing {

// Notes the record and moves the case forward to `state`, if it is on the way and not yet there.
void Clerk::advance_to(Case& c, CaseState state, StepKind kind, const LifeRecord& record) {
  if (c.state == CaseState::pending_triage) return refuse(&c, record, Refusal::wrong_state);
  CaseStep s = step(c, kind, record);
  if (is_on_the_way(c.state) && state > c.state) c.state = state;
  write(c, std::move(s));
  mark_done(c, record);
}

void Clerk::notice(const LifeRecord& record) {
  struct Row {
    std::string_view type;
    CaseState state;
    StepKind kind;
  };
  static constexpr std::array kRows = {
      Row{"notice_issued", CaseState::issued, StepKind::notice_issued},
      Row{"notice_delivered", CaseState::delivered, StepKind::delivered},
      Row{"notice_acknowledged", CaseState::acknowledged, StepKind::acknowledged},
      Row{"notice_replied", CaseState::rectifying, StepKind::replied},
  };
  Case* c = case_of(record);
  if (c == nullptr) return;
  const Row& row = *std::find_if(kRows.begin(), kRows.end(),
                                 [&record](const Row& r) { return r.type == record.type; });
  const std::string reply_due = text(record, "reply_due");
  const auto due = parse_deadline(table_.program(), reply_due);
  if (!reply_due.empty() && !due) return refuse(c, record, Refusal::bad_date);
  if (c->state != CaseState::pending_triage && row.kind == StepKind::notice_issued) {
    life_.notices[text(record, "notice_id")] = c->id;
    const bool counts = is_on_the_way(standing(*c)) || c->state == CaseState::superseded;
    if (due && counts) {
      DutyClock& clock = c->duties.emplace_back();
      clock.name = "reply";
      clock.role = text(record, "by_role");
      clock.due = *due;
      clock.workdays = parse_date(reply_due).has_value() && !table_.program().calendar.name.empty();
      arm(*c, clock);
    }
  }
  advance_to(*c, row.state, row.kind, record);
}

void Clerk::item_registered(const LifeRecord& record) {
  std::string origin = text(record, "warning_id");
  if (origin.empty()) origin = text(record, "origin_event_id");
  const auto at = life_.case_of.find(origin);
  if (at == life_.case_of.end()) {  // else an item of something else
    if (origin.starts_with("w-")) refuse(nullptr, record, Refusal::unknown_warning);
    return;
  }
  Case& c = life_.cases.find(at->second)->second;
  if (is_over(c.state)) return refuse(&c, record, Refusal::case_over);
  life_.items[text(record, "item_id")] = {c.id, false};
  write(c, step(c, StepKind::item_registered, record));
  mark_done(c, record);
}

void Clerk::item_assigned(const LifeRecord& record) {
  Case* c = case_of(record);
  if (c == nullptr) return;
  const std::string date = text(record, "due_date");
  const auto due = parse_deadline(table_.program(), date);
  if (!date.empty() && !due) return refuse(c, record, Refusal::bad_date);
  CaseStep s = step(*c, StepKind::item_assigned, record);
  DutyClock* clock = finishing(*c);
  if (due && clock != nullptr && clock->name == "finish" && clock->done == kNever) {
    clock->due = *due;
    clock->workdays = parse_date(date).has_value() && !table_.program().calendar.name.empty();
    clock->late = false;
    clock->rung = 0;
    arm(*c, *clock);
    s.duty = clock->name;
    s.role = clock->role;
    s.due = due;
  }
  write(*c, std::move(s));
  mark_done(*c, record);
}

void Clerk::item_moved(const LifeRecord& record) {
  if (Case* c = case_of(record)) {
    advance_to(*c, CaseState::rectifying, StepKind::progressed, record);
  }
}

void Clerk::submitted(const LifeRecord& record) {
  if (Case* c = case_of(record)) {
    advance_to(*c, CaseState::submitted, StepKind::submitted, record);
  }
}

void Clerk::reject(Case& c, CaseStep s) {
  c.state = CaseState::rectifying;
  for (DutyClock& clock : c.duties) {
    if (clock.name != "finish") continue;
    clock.done = kNever;
    clock.late = false;
    clock.rung = 0;
    arm(c, clock);
  }
  write(c, std::move(s));
}

void Clerk::reviewed(const LifeRecord& record) {
  Case* c = case_of(record);
  if (c == nullptr) return;
  if (!is_on_the_way(c->state)) return refuse(c, record, Refusal::wrong_state);
  const std::string result = text(record, "result");
  CaseStep s = step(*c, StepKind::reviewed, record);
  if (s.reason.empty()) s.reason = result;
  if (result == "rejected" || result == "partial") return reject(*c, std::move(s));
  if (result != "accepted") return refuse(c, record, Refusal::bad_result);
  const bool last = text(record, "stage") != "joint_review";
  const auto item = life_.items.find(text(record, "item_id"));
  if (last && item != life_.items.end()) item->second.done = true;
  c->state = CaseState::verifying;
  write(*c, std::move(s));
  if (last) accepted(*c, record);
}

// Something was accepted or closed; if nothing is open any more, observation begins.
void Clerk::accepted(Case& c, const LifeRecord& record) {
  if (!is_on_the_way(c.state) || !items_done(life_, c)) return;
  mark_done(c, record);
  observe(c, step(c, StepKind::observation_started, record));
}

void Clerk::item_closed(const LifeRecord& record) {
  Case* c = case_of(record);
  if (c == nullptr) return;
  if (c->state == CaseState::pending_triage) return refuse(c, record, Refusal::wrong_state);
  const std::string item_id = text(record, "item_id");
  for (auto& [id, item] : life_.items) {
    if (item.case_id == c->id && (item_id.empty() || id == item_id)) item.done = true;
  }
  write(*c, step(*c, StepKind::item_closed, record));
  accepted(*c, record);
}

void Clerk::item_reopened(const LifeRecord& record) {
  Case* c = case_of(record);
  if (c == nullptr) return;
  const auto item = life_.items.find(text(record, "item_id"));
  if (item != life_.items.end()) item->second.done = false;
  CaseStep s = step(*c, StepKind::item_reopened, record);
  if (standing(*c) == CaseState::observing) return relapse(*c, c->level, std::move(s));
  if (is_on_the_way(c->state)) return reject(*c, std::move(s));
  write(*c, std::move(s));
}

void Clerk::checked(const LifeRecord& record) {
  Case* c = case_of(record);
  if (c == nullptr) return;
  const std::string result = text(record, "result");
  if (result != "held" && result != "relapsed") return refuse(c, record, Refusal::bad_result);
  if (c->state != CaseState::observing) return refuse(c, record, Refusal::wrong_state);
  CaseStep s = step(*c, StepKind::checked, record);
  if (s.reason.empty()) s.reason = result;
  if (result == "relapsed") return relapse(*c, c->level, std::move(s));
  write(*c, std::move(s));
}

void Clerk::extension(const LifeRecord& record) {
  Case* c = case_of(record);
  if (c == nullptr) return;
  if (!is_on_the_way(c->state)) return refuse(c, record, Refusal::wrong_state);
  if (record.type == "extension_requested") {
    c->extension_asked = std::min(c->extension_asked, record.time);
    return write(*c, step(*c, StepKind::extension_requested, record));
  }
  const auto approved = truth(record, "approved");
  if (!approved) return refuse(c, record, Refusal::bad_result);
  if (!*approved) return write(*c, step(*c, StepKind::extension_refused, record));
  const Span longest = duties(*c).extension;
  DutyClock* clock = finishing(*c);
  if (clock == nullptr || clock->done != kNever || longest.amount == 0 || clock->due == kNever) {
    return refuse(c, record, Refusal::no_extension);
  }
  if (c->extended) return refuse(c, record, Refusal::extension_used);
  if (std::min(c->extension_asked, record.time) > clock->due) {
    return refuse(c, record, Refusal::extension_late);
  }
  const Deadline limit = limit_after_due(table_.program(), clock->due, longest);
  if (!limit) return refuse(c, record, Refusal::no_calendar);
  const std::string date = text(record, "new_due_date");
  const auto due = date.empty() ? *limit : parse_deadline(table_.program(), date);
  if (!due || *due <= clock->due) return refuse(c, record, Refusal::bad_date);
  if (*due > *limit) return refuse(c, record, Refusal::extension_too_long);
  c->extended = true;
  clock->due = *due;
  clock->late = false;
  clock->rung = 0;
  arm(*c, *clock);
  CaseStep s = step(*c, StepKind::extended, record);
  s.duty = clock->name;
  s.role = clock->role;
  s.due = due;
  write(*c, std::move(s));
}

// A talk is an event like any other, unless it says which warning it is about.
void Clerk::talk(const LifeRecord& record) {
  if (text(record, "warning_id").empty()) return;
  if (Case* c = case_of(record)) mark_done(*c, record);
}

}  // namespace lianqing
