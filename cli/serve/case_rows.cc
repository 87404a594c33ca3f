#include "cli/serve/case_rows.h"

#include <algorithm>

#include "cli/case_text.h"
#include "cli/json_parts.h"
#include "engine/casebook/deadlines.h"

namespace lianqing {
namespace {

void put_instant_or_null(JsonWriter& out, Instant t) {
  if (t == kNever || t == kBeforeAll) {
    out.null();
  } else {
    out.string(format_rfc3339(t));
  }
}

}  // namespace

void put_overdue(JsonWriter& out, const std::string& unit, const Live& live) {
  std::vector<std::pair<const Case*, const DutyClock*>> late;
  for (const Case* c : live.casebook().open_cases(unit)) {
    for (const DutyClock& duty : c->duties) {
      if (duty.late && duty.done == kNever && duty.due != kNever) late.emplace_back(c, &duty);
    }
  }
  std::stable_sort(late.begin(), late.end(),
                   [](const auto& a, const auto& b) { return a.second->due < b.second->due; });
  out.key("overdue").begin_array();
  for (const auto& [c, duty] : late) {
    out.begin_object().key("case").string(c->id).key("rule").string(c->rule).key("key");
    if (c->key) {
      out.string(*c->key);
    } else {
      out.null();
    }
    out.key("duty").string(duty->name).key("title");
    put(out, duty_title(live.duties(), c->rule, duty->name));
    out.key("role").string(duty->role).key("due").string(format_rfc3339(duty->due));
    out.key("workdays");
    // A deadline at the end of a day belongs to that day.
    const auto days = workdays_between(live.program(), duty->due - Duration{1}, live.judged());
    if (days) {
      out.integer(std::max<std::int64_t>(*days, 0));
    } else {
      out.null();
    }
    out.end_object();
  }
  out.end_array();
}

void put_case_counts(JsonWriter& out, const Live& live, const Access& access) {
  CaseTally all;
  for (const auto& [id, unit] : live.board().units()) {
    if (!access.sees(id)) continue;
    const CaseTally of_unit = live.casebook().tally(id);
    all.open += of_unit.open;
    all.cleared += of_unit.cleared;
    all.revoked += of_unit.revoked;
    all.dismissed += of_unit.dismissed;
    all.merged += of_unit.merged;
  }
  out.key("cases").begin_object();
  out.key("opened").unsigned_integer(all.open + all.cleared + all.revoked + all.dismissed +
                                     all.merged);
  out.key("open").unsigned_integer(all.open).key("cleared").unsigned_integer(all.cleared);
  out.key("revoked").unsigned_integer(all.revoked);
  out.key("dismissed").unsigned_integer(all.dismissed);
  out.key("merged").unsigned_integer(all.merged).end_object();
}

void put_sources(JsonWriter& out, const Live& live) {
  out.key("sources").begin_array();
  for (const SourceFreshness& source : live.casebook().source_freshness()) {
    out.begin_object().key("source").string(source.source).key("last");
    put_instant_or_null(out, source.last);
    out.key("silent_at");
    put_instant_or_null(out, source.silent_at);
    out.key("stale").boolean(source.stale).end_object();
  }
  out.end_array();
}

}  // namespace lianqing
