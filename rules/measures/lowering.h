// The families that look beyond a unit's own events: sequences of two events, peers, units below,
// the unit's own warnings. Each fills its part of a measure; false: a mistake was reported.
#pragma once

#include <functional>

#include "rules/lower.h"

namespace lianqing {

// The index of the sequence.
std::optional<std::uint32_t> lower_sequence(const MeasureSyntax& syntax, Names& names);
bool lower_peers(const MeasureSyntax& syntax, Names& names, MeasureTable& measures,
                 Measure& measure);
bool lower_roll_up(const MeasureSyntax& syntax, Names& names, MeasureTable& measures,
                   Measure& measure);
bool lower_warnings(const MeasureSyntax& syntax, Names& names, Measure& measure);

// ---- used by several of them

// Whether other units can be asked for it: not keyed, and not itself made of other units or of
// warnings, so that one pass over the units is enough. Reports if not.
bool check_own_measure(const Names& names, std::uint32_t measure, std::string_view reader,
                       const SourceSpan& at);
// The rules that `rules` names, sorted; nothing if reported. Checks the name of `group` too.
std::optional<std::vector<std::uint32_t>> read_covers(const MeasureSyntax& syntax, Names& names);
// The fixed values that an expression compares something with: ==, != and in.
using OnCompared =
    std::function<void(const ExprNode& other, const Cell& value, const ExprNode& at)>;
void for_compared(const Expr& expr, const OnCompared& take);
// Reports comparisons of a level with what is no level, and orders of levels, which have none as
// texts. False if there was one.
bool check_levels(const Expr& expr, Names& names);

}  // namespace lianqing
