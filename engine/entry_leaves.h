// The fields of an entry, for `where` expressions.
#pragma once

#include "engine/fold.h"

namespace lianqing {

class EntryLeaves final : public Leaves {
 public:
  EntryLeaves(const Fold& fold, const LogEntry& entry) : fold_(fold), entry_(entry) {}

  Operand leaf(const ExprNode& node) const override {
    if (node.op == Op::event_attr) {
      if (node.a == 0) return Operand::of_text(entry_.id);
      if (node.a == 1) return Operand::of_text(fold_.symbols().text(entry_.source));
      return Operand::of_text(entry_.type == kNone ? fold_.symbols().text(entry_.type_name)
                                                   : fold_.program().types[entry_.type].name);
    }
    if (node.op != Op::field) return {};
    const Cell& cell = entry_.cells[node.a];
    Operand out;
    out.tag = cell.tag;
    if (cell.tag == CellTag::number) {
      out.number = Number::ratio(cell.num, cell.den);
    } else if (cell.tag == CellTag::text) {
      out.text = fold_.symbols().text(static_cast<Symbol>(cell.num));
    } else if (cell.tag == CellTag::list) {
      out.list = {entry_.elements + cell.num, cell.den};
    } else {
      out.raw = cell.num;
    }
    return out;
  }

 private:
  const Fold& fold_;
  const LogEntry& entry_;
};

inline bool holds(const Fold& fold, std::uint32_t expr, const LogEntry& entry) {
  if (expr == kNone) return true;
  const FieldTest& test = fold.route().field_tests[expr];
  if (test.slot != kNone) return test.holds(entry.cells[test.slot]);
  const EntryLeaves leaves(fold, entry);
  Evaluation evaluation{fold.program(), fold.symbols(), fold.patterns(), leaves};
  return evaluation.run(fold.program().exprs[expr]).is_true();
}

// A key must be a single value.
inline bool can_be_key(const Cell& cell) {
  return cell.tag != CellTag::null && cell.tag != CellTag::list;
}

// Whether the stream's value, if it has one, is of the kind that it takes.
inline bool takes_part(const Stream& stream, const LogEntry& entry) {
  if (stream.value == kNone) return true;
  const CellTag tag = entry.cells[stream.value].tag;
  return tag != CellTag::null && tag != CellTag::list &&
         (!stream.numeric || tag == CellTag::number);
}

// The value of the event's sample in a stream of events, or nothing if it takes no part.
inline std::optional<Cell> value_in(const Fold& fold, const Stream& stream, const LogEntry& entry) {
  if (!holds(fold, stream.where, entry) || !takes_part(stream, entry)) return std::nullopt;
  if (stream.flag != kNone) return Cell{CellTag::boolean, 1, holds(fold, stream.flag, entry)};
  return stream.value == kNone ? Cell{CellTag::boolean, 1, 1} : entry.cells[stream.value];
}

}  // namespace lianqing
