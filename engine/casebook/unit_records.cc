// Records that set the colour of the unit as a whole, and the table of all record types.
#include <algorithm>
#include <array>

#include "engine/casebook/clerk.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

struct Pin {
  Level level = Level::green;
  std::string shade;
};

std::optional<Pin> pin_of(const Program& program, std::string_view text) {
  for (const Level level : {Level::green, Level::yellow, Level::red}) {
    if (text == name(level)) return Pin{level, {}};
  }
  for (const Shade& shade : program.shades) {
    if (text == shade.name) return Pin{shade.base, shade.name};
  }
  return std::nullopt;
}

}  // namespace

// `level: none` takes an override away again, by the same two.
void Clerk::pin(const LifeRecord& record) {
  const Program& program = table_.program();
  const std::string level = text(record, "level");
  const bool lift = level == "none";
  const auto pinned = pin_of(program, level);
  if (!pinned && !lift) return refuse(nullptr, record, Refusal::bad_level);
  if (text(record, "reason").empty()) return refuse(nullptr, record, Refusal::no_reason);
  std::vector<std::string> approvers = texts(record, "approved_by");
  std::sort(approvers.begin(), approvers.end());
  approvers.erase(std::unique(approvers.begin(), approvers.end()), approvers.end());
  if (approvers.size() < 2) return refuse(nullptr, record, Refusal::two_approvers);
  CaseStep s = unit_step(lift ? StepKind::override_lifted : StepKind::override_set, record);
  s.second_actor = approvers[s.actor == approvers[0] ? 1 : 0];
  if (lift) {
    if (!life_.pinned) return refuse(nullptr, record, Refusal::no_override);
    life_.pinned.reset();
    return write(std::move(s));
  }
  const std::string expiry = text(record, "expires_at");
  const auto until = parse_deadline(program, expiry);
  if (expiry.empty()) return refuse(nullptr, record, Refusal::no_expiry);
  if (!until) return refuse(nullptr, record, Refusal::bad_date);
  if (*until <= now_) return refuse(nullptr, record, Refusal::expiry_past);
  const LocalDay last = program.zone.day_of(now_) + std::chrono::days{kOverrideDays};
  if (*until > program.zone.end_of(last)) return refuse(nullptr, record, Refusal::expiry_too_far);
  life_.pinned = Override{pinned->level, pinned->shade, s.reason, approvers, *until};
  s.due = until;
  write(std::move(s));
}

void Clerk::declare_veto(const LifeRecord& record) {
  const std::string ground = text(record, "ground");
  if (ground.empty()) return refuse(nullptr, record, Refusal::no_ground);
  if (texts(record, "approved_by").empty()) return refuse(nullptr, record, Refusal::no_approver);
  life_.vetoes.try_emplace(ground, now_);
  CaseStep s = unit_step(StepKind::veto_declared, record);
  if (s.reason.empty()) s.reason = ground;
  write(std::move(s));
}

void Clerk::lift_veto(const LifeRecord& record) {
  const std::string ground = text(record, "ground");
  if (ground.empty()) return refuse(nullptr, record, Refusal::no_ground);
  if (texts(record, "approved_by").empty()) return refuse(nullptr, record, Refusal::no_approver);
  if (life_.vetoes.erase(ground) == 0) return refuse(nullptr, record, Refusal::no_veto);
  CaseStep s = unit_step(StepKind::veto_lifted, record);
  if (s.reason.empty()) s.reason = ground;
  write(std::move(s));
}

// ---- the table

struct RecordTable {
  struct Row {
    std::string_view type;
    void (Clerk::*act)(const LifeRecord&);
  };
  static constexpr std::array kRows = {
      Row{"extension_decided", &Clerk::extension},
      Row{"extension_requested", &Clerk::extension},
      Row{"follow_up_check", &Clerk::checked},
      Row{"item_accepted", &Clerk::item_moved},
      Row{"item_assigned", &Clerk::item_assigned},
      Row{"item_closed", &Clerk::item_closed},
      Row{"item_registered", &Clerk::item_registered},
      Row{"item_reopened", &Clerk::item_reopened},
      Row{"manual_override", &Clerk::pin},
      Row{"notice_acknowledged", &Clerk::notice},
      Row{"notice_delivered", &Clerk::notice},
      Row{"notice_issued", &Clerk::notice},
      Row{"notice_replied", &Clerk::notice},
      Row{"objection_decided", &Clerk::objection_decided},
      Row{"objection_filed", &Clerk::objection_filed},
      Row{"rectification_progress", &Clerk::item_moved},
      Row{"rectification_reviewed", &Clerk::reviewed},
      Row{"rectification_submitted", &Clerk::submitted},
      Row{"talk_held", &Clerk::talk},
      Row{"veto_declared", &Clerk::declare_veto},
      Row{"veto_lifted", &Clerk::lift_veto},
      Row{"warning_action", &Clerk::act},
  };
  static const Row* find(std::string_view type) {
    const auto at = std::lower_bound(kRows.begin(), kRows.end(), type,
                                     [](const Row& r, std::string_view t) { return r.type < t; });
    return at != kRows.end() && at->type == type ? &*at : nullptr;
  }
};

bool concerns_unit_life(std::string_view type) { return RecordTable::find(type) != nullptr; }

void Clerk::record(const LifeRecord& record) {
  const RecordTable::Row* row = RecordTable::find(record.type);
  LQ_ASSERT(row != nullptr);
  seq_ = record.seq;
  (this->*row->act)(record);
}

}  // namespace lianqing
