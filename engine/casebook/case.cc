#include "engine/casebook/case.h"

#include <array>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::array<std::string_view, 15> kStates = {
    "candidate",  "pending_triage", "issued",    "delivered", "acknowledged",
    "rectifying", "submitted",      "verifying", "observing", "suspended",
    "superseded", "cleared",        "dismissed", "revoked",   "merged"};

constexpr std::array<std::string_view, 48> kKinds = {"opened",
                                                     "repeated",
                                                     "escalated",
                                                     "eased",
                                                     "downgraded",
                                                     "issued",
                                                     "notice_issued",
                                                     "delivered",
                                                     "acknowledged",
                                                     "replied",
                                                     "item_registered",
                                                     "item_assigned",
                                                     "progressed",
                                                     "submitted",
                                                     "reviewed",
                                                     "item_closed",
                                                     "item_reopened",
                                                     "checked",
                                                     "extension_requested",
                                                     "extended",
                                                     "extension_refused",
                                                     "duty_done",
                                                     "overdue",
                                                     "chased",
                                                     "observation_started",
                                                     "observation_held",
                                                     "ease_held",
                                                     "relapsed",
                                                     "cleared",
                                                     "dismissed",
                                                     "revoked",
                                                     "merged",
                                                     "absorbed",
                                                     "superseded",
                                                     "restored",
                                                     "suspended",
                                                     "resumed",
                                                     "objected",
                                                     "objection_rejected",
                                                     "flapping_started",
                                                     "flapping_stopped",
                                                     "override_set",
                                                     "override_lifted",
                                                     "override_ended",
                                                     "veto_declared",
                                                     "veto_lifted",
                                                     "deadlines_set",
                                                     "ignored"};

constexpr std::array<std::string_view, 18> kCauses = {
    "record",           "rule_rose",        "rule_eased",           "evidence_withdrawn",
    "deadline_passed",  "ladder",           "observation_over",     "rule_stands",
    "items_open",       "data_missing",     "case_suspended",       "suspension_limit",
    "combination",      "combination_over", "levels_changed_often", "levels_calm",
    "override_expired", "calendar_updated"};

constexpr std::array<std::string_view, 27> kRefusals = {
    "none",           "no_unit",        "unknown_warning",    "unknown_action",
    "case_over",      "wrong_state",    "no_actor",           "no_reason",
    "unknown_target", "at_the_end",     "bad_level",          "no_expiry",
    "expiry_past",    "expiry_too_far", "two_approvers",      "no_approver",
    "no_ground",      "no_veto",        "no_override",        "no_extension",
    "extension_used", "extension_late", "extension_too_long", "bad_date",
    "bad_result",     "unknown_duty",   "no_calendar"};

static_assert(kStates.size() == static_cast<std::size_t>(CaseState::merged) + 1);
static_assert(kKinds.size() == static_cast<std::size_t>(StepKind::ignored) + 1);
static_assert(kCauses.size() == static_cast<std::size_t>(StepCause::calendar_updated) + 1);
static_assert(kRefusals.size() == static_cast<std::size_t>(Refusal::no_calendar) + 1);

}  // namespace

std::string_view name(CaseState state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view name(StepKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view name(StepCause cause) { return kCauses[static_cast<std::size_t>(cause)]; }
std::string_view name(Refusal refusal) { return kRefusals[static_cast<std::size_t>(refusal)]; }

std::string_view name(ColourOrigin origin) {
  switch (origin) {
    case ColourOrigin::none: return "none";
    case ColourOrigin::warning: return "warning";
    case ColourOrigin::roll_up: return "roll_up";
    case ColourOrigin::veto: return "veto";
    case ColourOrigin::override_: return "override";
  }
  LQ_UNREACHABLE("a colour's origin");
}

}  // namespace lianqing
