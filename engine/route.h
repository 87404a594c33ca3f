// From an entry to what it concerns, by index, never by a scan of the rules: event type, then the
// constant a `where` demands of one field, then the streams and items. And back: from a window,
// counter or attribute to the rules that read it.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <compare>
#include <vector>

#include "engine/quiet.h"
#include "engine/symbols.h"
#include "rules/program.h"

namespace lianqing {

// Something that looks at an item: a counting measure, or a stream of closings or extensions.
// An opening's `facts` hold one cell per view: null if the view's `where` refuses the opening or
// its key is missing, the key for a keyed view, true otherwise.
struct ItemView {
  std::uint32_t measure = kNone;  // open, overdue, due_within
  std::uint32_t stream = kNone;   // item_closings, item_extensions
  std::uint32_t where = kNone;
  std::uint32_t key = kNone;
};

struct ItemFeed {
  std::uint32_t item = kNone;
  bool opens = false, closes = false, extends = false;
};

// Streams of one type that demand a certain text of one field.
struct Discriminator {
  std::uint32_t slot = kNone;
  boost::unordered_flat_map<Symbol, std::vector<std::uint32_t>> streams;
};

struct TypeRoute {
  std::vector<std::uint32_t> streams;  // to be tried always
  std::vector<Discriminator> discriminators;
  std::vector<ItemFeed> items;
  std::vector<std::uint32_t> sequences;
};

// Calls `visit` with every stream of the type that an event with these cells may belong to.
template <class Visit>
void each_stream(const TypeRoute& route, const Cell* cells, Visit visit) {
  for (const std::uint32_t stream : route.streams) visit(stream);
  for (const Discriminator& discriminator : route.discriminators) {
    const Cell& cell = cells[discriminator.slot];
    if (cell.tag != CellTag::text) continue;
    const auto at = discriminator.streams.find(static_cast<Symbol>(cell.num));
    if (at == discriminator.streams.end()) continue;
    for (const std::uint32_t stream : at->second) visit(stream);
  }
}

// A condition that is one comparison of a measure with a constant number, as most are: judged
// without walking its tree. `measure` kNone: the condition is something else.
struct Threshold {
  std::uint32_t measure = kNone;
  Op op = Op::greater_equal;  // measure op limit
  Number limit;
  bool handled = false;  // a null measure surprises nobody
};

// The same of a condition over an event: one comparison of a field with a constant number, or
// whether a field is (not) a constant text. `slot` kNone: something else.
struct FieldTest {
  std::uint32_t slot = kNone;
  Op op = Op::equal;
  Cell limit;

  bool holds(const Cell& cell) const;
};

// What `order` (a <=> b) says of `a op b`.
inline bool compares(Op op, std::strong_ordering order) {
  switch (op) {
    case Op::equal: return order == 0;
    case Op::unequal: return order != 0;
    case Op::less: return order < 0;
    case Op::less_equal: return order <= 0;
    case Op::greater: return order > 0;
    default: return order >= 0;
  }
}

struct Route {
  explicit Route(const Program& program);

  const TypeRoute& of_type(std::uint32_t type) const {
    return type == kNone ? unnamed : types[type];
  }

  std::vector<TypeRoute> types;
  TypeRoute unnamed;  // types that the program does not name: the streams over "*"
  std::vector<std::vector<std::uint32_t>> stream_windows;   // stream -> windows
  std::vector<std::vector<std::uint32_t>> window_measures;  // window -> measures
  std::vector<std::vector<std::uint32_t>> window_rules;     // window -> rules reading it
  std::vector<std::vector<std::uint32_t>> measure_rules;    // measure -> rules, through `value` too
  std::vector<std::vector<ItemView>> item_views;            // item -> views
  std::vector<std::vector<std::uint32_t>> sequence_streams;  // sequence -> its streams
  std::vector<std::vector<std::uint32_t>> view_rules;        // WarningView -> rules reading it
  std::vector<std::vector<std::uint32_t>> rule_views;        // rule -> WarningViews that cover it
  std::vector<bool> clocked;                                 // window: `age` or `every` reads it
  std::vector<bool> clocked_streams;                         // stream: over such a window
  std::vector<Threshold> thresholds;                         // one per Expr
  std::vector<FieldTest> field_tests;                        // one per Expr
  std::vector<std::uint32_t> judged_rules;                   // active and shadow
  std::vector<std::uint32_t> unkeyed_rules;                  // of these, without key
  Quiet quiet;                                               // when these need not be judged
};

}  // namespace lianqing
