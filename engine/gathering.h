// What a log that is folded unit after unit (whole_fold.h) needs from its first record on: which
// rules are flat, who folds the others, and the rows that its records become.
#pragma once

#include <memory>
#include <optional>

#include "engine/admit_rows.h"
#include "engine/flat_plan.h"
#include "engine/fold.h"
#include "engine/whole_rows.h"

namespace lianqing {

struct Gathering {
  // Null if all of the program must be folded in general. All must outlive it; what `general`
  // admits is gathered here from now on.
  static std::unique_ptr<Gathering> of(const Program& program, const Route& route,
                                       const Symbols& symbols, const FoldOptions& options,
                                       Admission& general);

  Gathering(FlatPlan flat, std::size_t slots, Admission& general)
      : plan(std::move(flat)), rows(slots), admission(general, rows) {}
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  FlatPlan plan;
  WholeRows rows;
  RowAdmission admission;
  bool ids = true;                   // what is flat, or what is told of it, looks at ids
  std::optional<Route> other_route;  // of the rules that are not flat
  std::optional<Fold> other_rules;
};

}  // namespace lianqing
