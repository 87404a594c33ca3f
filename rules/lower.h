// Syntax of a pack -> Program: names become indices, expressions are compiled, streams and windows
// shared. Everything is made in order of names, so that the result does not depend on the layout of
// the files. What can be said only of the whole is check's.
#pragma once

#include <map>
#include <set>

#include "rules/names.h"

namespace lianqing {

// What lowering learnt beside the program, for check.
struct Lowered {
  std::set<std::string, std::less<>> used;  // lists, params, macros, measures
  std::set<std::string, std::less<>> used_items;
};

// `program` comes with its zone and calendar. With errors in `out` it is not fit for use.
Lowered lower(const PackSyntax& syntax, Program& program, Diagnostics& out);

// ---- its parts, in the order in which they run
// ---------------------------------------------------

void lower_constants(Names& names);  // params, lists, macros, attributes
void lower_events(Names& names);     // event types (without slots) and items

void lower_duties(Names& names);  // colours, duties, watched sources

// Measures by name: made when they are first asked for, so that a `value` comes after all it reads.
class MeasureTable {
 public:
  explicit MeasureTable(Names& names);

  // All of them, in order of names.
  void lower_all();
  std::optional<NamedValue> find(std::string_view name, const SourceSpan& at);

 private:
  enum class State : std::uint8_t { untouched, under_way, done, failed };
  struct Slot {
    const MeasureSyntax* syntax;
    State state = State::untouched;
    std::uint32_t index = kNone;
    ValueType type = ValueType::number;
  };

  void lower(Slot& slot);
  bool lower_value(const MeasureSyntax& syntax, Measure& measure, ValueType& type);
  bool lower_counting(const MeasureSyntax& syntax, Measure& measure);
  bool lower_windowed(const MeasureSyntax& syntax, Measure& measure, ValueType& type);
  void report_cycle(const Slot& slot, const SourceSpan& at);

  Names& names_;
  std::map<std::string, Slot, std::less<>> slots_;
  std::vector<const Slot*> path_;  // under way
};

void lower_rules(Names& names, MeasureTable& measures);
// Whose levels measures look at, and in which order rules are judged for it.
void lower_strata(Names& names);
// Day counts at which comparisons of `age` measures can change.
void find_thresholds(Program& program);

// ---- used by several parts ---------------------------------------------------------------------

// Indices of the selection's types, sorted.
std::vector<std::uint32_t> type_indices(const Selection& selection, const Names& names);
// The window of over, offset and to_date; nothing if reported.
std::optional<WindowSpan> lower_window(const MeasureSyntax& measure, Names& names);
// A rule's duty and what its levels are shown as.
void lower_duty_of(const RuleSyntax& syntax, Rule& rule, Names& names);
// The slot of `per`; nothing if reported, kNone if absent.
std::optional<std::uint32_t> lower_per(const MeasureSyntax& syntax, const Selection& selection,
                                       Names& names);
// The period of `every`; nothing if absent or reported.
std::optional<Period> read_period(const Text& every, Names& names);
// A condition over events, shared; kNone if absent or reported.
std::uint32_t lower_where(const Text& text, const Selection& selection, Names& names);
// Compiles a text; a condition must be true or false. Nothing if absent or reported.
std::optional<CompiledExpr> compile_text(const Text& text, ExprScope& scope, bool condition,
                                         Names& names);
// Measures that an expression reads, directly; added to `out`.
void add_measures(const Expr& expr, std::set<std::uint32_t>& out);
// Where in its file a part of an expression stands.
SourceSpan node_span(const Expr& expr, const ExprNode& node);
// Where the expression uses `key`; nothing if it does not.
std::optional<SourceSpan> key_place(const Expr& expr);

}  // namespace lianqing
