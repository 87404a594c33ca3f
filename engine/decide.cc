#include "engine/decide.h"

#include <algorithm>
#include <deque>
#include <functional>

#include "engine/touch.h"

namespace lianqing {
namespace {

bool names(const Decision& decision, std::string_view id, Symbol source, Symbol complaint,
           const Symbols& symbols) {
  const bool by_complaint = complaint != kNone && symbols.text(complaint) == decision.target;
  switch (decision.names) {
    case TargetKind::event: return source == decision.source && id == decision.target;
    case TargetKind::event_or_complaint: return id == decision.target || by_complaint;
    case TargetKind::complaint: return by_complaint;
  }
  return false;
}

// A retraction or clarification stands; everything else can be decided about.
bool concerns(const Decision& decision, const Row& row, const UnitState& unit,
              const Symbols& symbols) {
  return row.kind != RecordKind::final_decision && row.seq != decision.seq &&
         names(decision, unit.rows.id(row), row.source, row.complaint, symbols);
}

// A corrected field of a declared date or time is one too.
Cell typed(const Program& program, const Symbols& symbols, std::uint32_t type, std::uint32_t slot,
           const Cell& cell) {
  if (cell.tag != CellTag::text || type == kNone) return cell;
  for (const FieldCheck& field : program.types[type].fields) {
    if (field.slot != slot) continue;
    const std::string_view text = symbols.text(static_cast<Symbol>(cell.num));
    if (field.type == FieldType::date) {
      const auto date = parse_date(text);
      return date ? Cell{CellTag::date, 1, date->time_since_epoch().count()} : Cell{};
    }
    if (field.type == FieldType::time) {
      const auto time = parse_rfc3339(text);
      return time ? Cell{CellTag::time, 1, micros(*time)} : Cell{};
    }
  }
  return cell;
}

// Rows with what they say, kept while decisions change.
struct Standing {
  Seq seq;
  EntryRoom room;
  Statement said;
};

std::deque<Standing> standing(const Fold& fold, const UnitState& unit,
                              const std::vector<Seq>& rows) {
  std::deque<Standing> out;
  for (const Seq seq : rows) {
    Standing& one = out.emplace_back();
    one.seq = seq;
    one.said = statement(fold, unit, *unit.rows.find(seq), one.room);
  }
  return out;
}

std::vector<Seq> rows_of(const Decision& decision, const UnitState& unit, const Symbols& symbols) {
  std::vector<Seq> out;
  for (const Row& row : unit.rows.all()) {
    if (concerns(decision, row, unit, symbols)) out.push_back(row.seq);
  }
  return out;
}

// A verdict on a complaint says what its own record says at present.
bool follow(Decision& decision, const LogEntry& said) {
  if (decision.names != TargetKind::complaint) return false;
  bool changed = false;
  for (auto& [slot, cell] : decision.patch) {
    changed = changed || cell != said.cells[slot];
    cell = said.cells[slot];
  }
  return changed;
}

// What was decided changes by `edit`: the rows concerned count as they do now.
void reconsider(const Fold& fold, UnitState& unit, const std::vector<Seq>& rows, Change& change,
                const std::function<void()>& edit) {
  const std::deque<Standing> before = standing(fold, unit, rows);
  edit();
  for (const Standing& old : before) {
    EntryRoom room;
    const Statement now = statement(fold, unit, *unit.rows.find(old.seq), room);
    change.replace(&old.said, &now);
    for (std::size_t i = 0; i < unit.decisions.size(); ++i) {
      Decision followed = unit.decisions[i];
      if (followed.seq != old.seq || !follow(followed, now.entry)) continue;
      const auto concerned = rows_of(followed, unit, fold.symbols());
      reconsider(fold, unit, concerned, change, [&] { unit.decisions[i] = followed; });
    }
  }
}

// A decision is taken back: what it did to other records ends.
void undo(const Fold& fold, UnitState& unit, Seq decided_by, Change& change) {
  std::vector<Seq> rows;
  for (const Decision& decision : unit.decisions) {
    if (decision.seq != decided_by) continue;
    const auto more = rows_of(decision, unit, fold.symbols());
    rows.insert(rows.end(), more.begin(), more.end());
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  reconsider(fold, unit, rows, change, [&] {
    std::erase_if(unit.decisions, [&](const Decision& d) { return d.seq == decided_by; });
  });
}

// Decisions about one record and no other are forgotten with it.
void forget_about(UnitState& unit, std::string_view id, Symbol source) {
  std::erase_if(unit.decisions, [&](const Decision& d) {
    return d.names == TargetKind::event && d.source == source && d.target == id;
  });
}

// Whether there is anything left that the unit is judged by.
bool has_events(const UnitState& unit) {
  return unit.rows.events() > 0 ||
         std::any_of(unit.pending.begin(), unit.pending.end(), [](const OwnedEntry& waiting) {
           return waiting.entry.kind == RecordKind::event;
         });
}

void withdraw(const Fold& fold, UnitState& unit, Seq seq, Change& change) {
  const Row row = *unit.rows.find(seq);
  undo(fold, unit, seq, change);
  EntryRoom room;
  const Statement said = statement(fold, unit, row, room);
  change.replace(&said, nullptr);
  const std::string id(unit.rows.id(row));
  unit.rows.remove(seq);
  forget_about(unit, id, row.source);
  if (row.kind == RecordKind::event && !has_events(unit)) unit.emptied = true;
}

// About the unit itself.
void settle_unit(const Fold& fold, UnitState& unit, const Decision& decision) {
  switch (decision.kind) {
    case DecisionKind::describe:
      for (const auto& [attribute, cell] : decision.patch) unit.attributes[attribute] = cell;
      unit.registered = true;
      if (unit.activated == kNever) unit.activated = unit.clock;
      see(fold.route(), unit, decision.cause, decision.time);
      break;
    case DecisionKind::move: unit.parent = decision.target; break;
    case DecisionKind::dissolve: unit.dissolved = true; break;
    default: unit.moves.push_back(decision);
  }
  touch_all(unit, decision.cause, decision.time);
}

void decide(const Fold& fold, UnitState& unit, Decision decision, Effects& effects) {
  if (concerns_unit(decision.kind)) return settle_unit(fold, unit, decision);
  Change change(fold, unit, decision.cause, decision.time, effects);
  const std::vector<Seq> rows = rows_of(decision, unit, fold.symbols());
  decision.met = decision.met || !rows.empty();
  const auto keep = [&] {
    const auto at = std::upper_bound(unit.decisions.begin(), unit.decisions.end(), decision,
                                     [](const Decision& a, const Decision& b) {
                                       return std::pair(a.time, a.seq) < std::pair(b.time, b.seq);
                                     });
    unit.decisions.insert(at, decision);
  };
  if (decision.kind != DecisionKind::withdraw) {
    reconsider(fold, unit, rows, change, keep);
    return;
  }
  const auto waiting = std::erase_if(unit.pending, [&](const OwnedEntry& one) {
    return one.entry.kind != RecordKind::final_decision &&
           names(decision, one.id, one.entry.source, one.entry.complaint, fold.symbols());
  });
  if (waiting > 0) {
    decision.met = true;
    if (!has_events(unit)) unit.emptied = true;
  }
  // One event has one record: once that is withdrawn there is nothing left to decide.
  if ((rows.empty() && waiting == 0) || decision.names != TargetKind::event) keep();
  for (const Seq seq : rows) withdraw(fold, unit, seq, change);
}

}  // namespace

Statement statement(const Fold& fold, const UnitState& unit, const Row& row, EntryRoom& room) {
  const Program& program = fold.program();
  Statement out{unit.rows.entry(row, program.slots.size(), room), kFullWeight};
  for (const Decision& decision : unit.decisions) {
    if (!concerns(decision, row, unit, fold.symbols())) continue;
    if (decision.kind == DecisionKind::weigh) out.weight = decision.weight;
    for (const auto& [slot, cell] : decision.patch) {
      Cell value = typed(program, fold.symbols(), row.type, slot, cell);
      if (value.tag == CellTag::list) {
        const auto first = decision.elements.begin() + value.num;
        value.num = static_cast<std::int64_t>(room.elements.size());
        room.elements.insert(room.elements.end(), first, first + value.den);
      }
      room.cells[slot] = value;
    }
  }
  out.entry.cells = room.cells.data();
  out.entry.elements = room.elements.data();
  return out;
}

bool is_withdrawn(const Fold& fold, const UnitState& unit, const LogEntry& entry) {
  return entry.kind != RecordKind::final_decision &&
         std::any_of(unit.decisions.begin(), unit.decisions.end(), [&](const Decision& decision) {
           return decision.kind == DecisionKind::withdraw &&
                  names(decision, entry.id, entry.source, entry.complaint, fold.symbols());
         });
}

bool arrive(const Fold& fold, UnitState& unit, const LogEntry& entry, Cause cause, Instant earliest,
            Effects& effects) {
  bool withdrawn = false;
  for (Decision& decision : unit.decisions) {
    if (entry.kind == RecordKind::final_decision ||
        !names(decision, entry.id, entry.source, entry.complaint, fold.symbols())) {
      continue;
    }
    decision.met = true;
    withdrawn = withdrawn || decision.kind == DecisionKind::withdraw;
  }
  if (withdrawn) {
    forget_about(unit, entry.id, entry.source);
    if (unit.seen && entry.time <= unit.clock) {
      Change(fold, unit, cause, earliest, effects).meet({entry, kFullWeight});
    }
    if (entry.kind == RecordKind::event && !has_events(unit)) unit.emptied = true;
    return false;
  }
  unit.rows.add(entry, fold.program().slots.size());
  if (entry.kind == RecordKind::event) unit.emptied = false;
  EntryRoom room;
  const Statement said = unit.decisions.empty()
                             ? Statement{entry, kFullWeight}
                             : statement(fold, unit, *unit.rows.find(entry.seq), room);
  Change change(fold, unit, cause, earliest, effects);
  change.replace(nullptr, &said);
  if (!unit.decisions.empty()) change.meet({entry, kFullWeight});
  for (Decision decision : entry.decisions) {
    follow(decision, said.entry);
    decide(fold, unit, std::move(decision), effects);
  }
  return true;
}

void take_over(const Fold& fold, UnitState& unit, const UnitState& other, const Decision& decision,
               Effects& effects) {
  for (const Decision& kept : other.decisions) {
    const auto at = std::upper_bound(unit.decisions.begin(), unit.decisions.end(), kept,
                                     [](const Decision& a, const Decision& b) {
                                       return std::pair(a.time, a.seq) < std::pair(b.time, b.seq);
                                     });
    unit.decisions.insert(at, kept);
  }
  for (const Row& row : other.rows.all()) {
    EntryRoom room;
    const LogEntry entry = other.rows.entry(row, fold.program().slots.size(), room);
    arrive(fold, unit, entry, decision.cause, decision.time, effects);
  }
  for (const OwnedEntry& waiting : other.pending) {
    const auto at = std::upper_bound(unit.pending.begin(), unit.pending.end(), waiting,
                                     [](const OwnedEntry& a, const OwnedEntry& b) {
                                       return std::pair(a.entry.time, a.entry.seq) <
                                              std::pair(b.entry.time, b.entry.seq);
                                     });
    unit.pending.insert(at, waiting);
    set_alarm(unit, waiting.entry.time, Waking::pending, 0);
  }
  if (has_events(unit)) see(fold.route(), unit, decision.cause, decision.time);
}

}  // namespace lianqing
