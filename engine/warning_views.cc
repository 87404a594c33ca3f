#include "engine/warning_views.h"

#include <algorithm>
#include <set>
#include <string>

#include "engine/rationale.h"
#include "engine/touch.h"

namespace lianqing {
namespace {

struct Seen {
  std::uint32_t rule;
  const Cell& key;
  Level level;
};

class WarningLeaves final : public Leaves {
 public:
  WarningLeaves(const Fold& fold, const Seen& seen) : fold_(fold), seen_(seen) {
    if (seen.key.tag != CellTag::null) key_ = key_text(fold, seen.key);
  }

  Operand leaf(const ExprNode& node) const override {
    if (node.op != Op::warning_attr) return {};
    return attribute(static_cast<WarningAttribute>(node.a));
  }

  Operand attribute(WarningAttribute which) const {
    const Rule& rule = fold_.program().rules[seen_.rule];
    switch (which) {
      case WarningAttribute::level: return Operand::of_text(name(seen_.level));
      case WarningAttribute::rule: return Operand::of_text(rule.id);
      case WarningAttribute::group:
        return rule.group.empty() ? Operand{} : Operand::of_text(rule.group);
      case WarningAttribute::key:
        return seen_.key.tag == CellTag::null ? Operand{} : Operand::of_text(key_);
    }
    return {};
  }

 private:
  const Fold& fold_;
  const Seen& seen_;
  std::string key_;
};

bool covers(const WarningView& view, std::uint32_t rule) {
  return std::binary_search(view.covers.begin(), view.covers.end(), rule);
}

// When the window over the rises next gains or loses one by itself.
Instant next_change(const Program& program, const WindowSpan& span,
                    const std::vector<Raised>& raised, Instant t) {
  Instant next = kNever;
  const auto consider = [&](Instant at) {
    if (at > t) next = std::min(next, at);
  };
  const Bounds now = bounds(program, span, t);
  for (const Raised& rise : raised) {
    switch (span.kind) {
      case WindowSpan::Kind::sliding:
        consider(rise.time + span.offset);
        consider(rise.time + span.offset + span.over);
        break;
      case WindowSpan::Kind::all: consider(rise.time + span.offset); break;
      case WindowSpan::Kind::calendar:
        consider(program.zone.start_of(Zone::period_start(program.zone.day_of(t), span.period, 1)));
        if (span.to_date && rise.time > now.high) consider(t + (rise.time - now.high));
        break;
    }
  }
  return next;
}

}  // namespace

std::int64_t count_warnings(const Fold& fold, const UnitState& unit, const WarningView& view,
                            Instant t) {
  std::int64_t count = 0;
  std::set<std::string> different;
  const auto consider = [&](const Seen& seen) {
    const WarningLeaves leaves(fold, seen);
    if (view.where != kNone) {
      Evaluation evaluation{fold.program(), fold.symbols(), fold.patterns(), leaves};
      if (!evaluation.run(fold.program().exprs[view.where]).is_true()) return;
    }
    ++count;
    if (!view.distinct) return;
    const Operand value = leaves.attribute(*view.distinct);
    if (!value.is_null()) different.emplace(value.text);
  };
  if (view.active) {
    for (const Instance& instance : unit.instances) {
      if (instance.level > Level::green && covers(view, instance.rule)) {
        consider({instance.rule, instance.key, instance.level});
      }
    }
  } else {
    const Bounds at = bounds(fold.program(), view.span, t);
    for (const Raised& rise : unit.raised) {
      if (rise.time <= at.low || rise.time > at.high || !covers(view, rise.rule)) continue;
      consider({rise.rule, rise.key, rise.level});
    }
  }
  return view.distinct ? static_cast<std::int64_t>(different.size()) : count;
}

void note_change(const Fold& fold, UnitState& unit, std::uint32_t index, Level from) {
  const Instance& changed = unit.instances[index];
  const auto& views = fold.route().rule_views[changed.rule];
  if (views.empty()) return;
  if (changed.level > from) {
    unit.raised.push_back({unit.clock, changed.rule, changed.key, changed.level});
  } else if (changed.revoked) {
    std::erase_if(unit.raised, [&](const Raised& rise) {
      return rise.rule == changed.rule && rise.key == changed.key &&
             rise.time >= changed.left_green && rise.level > changed.level;
    });
  }
  const Cause cause = changed.cause;
  const Instant earliest = changed.earliest;
  for (const std::uint32_t view : views) {
    for (const std::uint32_t rule : fold.route().view_rules[view]) {
      touch_rule(fold.program(), unit, rule, Cell{}, cause, earliest);
    }
  }
  set_view_alarms(fold, unit);
}

void set_view_alarms(const Fold& fold, UnitState& unit) {
  const auto& views = fold.program().warnings;
  unit.view_due.resize(views.size(), kNever);
  for (std::uint32_t v = 0; v < views.size(); ++v) {
    if (views[v].active || unit.view_due[v] <= unit.clock) continue;  // about to wake
    const Instant due = next_change(fold.program(), views[v].span, unit.raised, unit.clock);
    if (due == unit.view_due[v]) continue;
    unit.view_due[v] = due;
    set_alarm(unit, due, Waking::warnings, v);
  }
}

void wake_view(const Fold& fold, UnitState& unit, const Alarm& alarm) {
  if (unit.view_due[alarm.index] != alarm.at) return;
  for (const std::uint32_t rule : fold.route().view_rules[alarm.index]) {
    touch_rule(fold.program(), unit, rule, Cell{}, Cause::timer, kNever);
  }
  unit.view_due[alarm.index] = kNever;
  set_view_alarms(fold, unit);
}

}  // namespace lianqing
