// Folds a stretch of a log: admission in order, then units over threads, then the effects of all
// units in one order that depends on nothing but the log: (instant, unit, rule, key).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/admit.h"
#include "engine/fold.h"
#include "engine/leaving.h"
#include "engine/roster.h"
#include "engine/store/store.h"
#include "lianqing/row_batch.h"
#include "lianqing/warning.h"

namespace lianqing {

struct ReplayOptions {
  ClockMode mode = ClockMode::as_recorded;
  unsigned threads = 1;
  std::size_t fold_entries = 1U << 17;  // entries folded at a time; no effect on the output
  std::size_t cached_units = 200'000;   // resident units, if there is a store
  std::optional<Instant> until;
  bool count_rules = false;  // take_rule_judgements()
  // Nobody will ask for units or timers, and the log is folded as it occurred: units may then be
  // folded one after the other when the log has ended, and are not kept. The same output, sooner.
  bool whole = false;
  FoldOptions fold;
  RenderBrief brief;  // instead of Render if the fold gives no reasons; empty: there is no text
  IdentityOf identity_of;
  // Told of every admitted record, with its entry and unit (empty: none), and of every change of
  // grey, in order.
  std::function<void(const Event&, const LogEntry&, std::string_view)> admitted;
  std::function<void(const GreyChange&)> grey;
};

// A year for which the calendar has no data, though deadlines in working days need it.
struct CalendarGap {
  std::uint64_t units = 0;   // that it matters to now, or will if nothing changes
  std::uint64_t greyed = 0;  // how often a rule became grey for want of it
};
using CalendarGaps = std::map<int, CalendarGap>;

class Replay {
 public:
  using Render = lianqing::Render;
  using Out = std::function<Status(const Leaving&)>;
  using Quarantine = Admission::Quarantine;

  // `store` may be null: everything stays in memory. `sink` gets the warnings in order.
  Replay(std::shared_ptr<const Program> program, std::vector<RegisteredUnit> units,
         ReplayOptions options, Store* store, Render render, Out out, Quarantine quarantine);
  ~Replay();

  // Takes up what the store holds; the caller's own position comes back (empty: a new start).
  // Fails (refused) if the store was made by another rule set or mode.
  [[nodiscard]] Result<std::string> resume();

  // Events in log order. Entries point into the caller's batch: flush before letting go of it (not
  // as_occurred: there the log is gathered, and folded when it is flushed).
  [[nodiscard]] Status admit(const Event& event);
  // The same of records reduced to rows, if rows are taken: what they must tell, or nothing.
  std::optional<RowQuery> row_query() const;
  [[nodiscard]] Status admit(const RowRun& run, const WholeRecord& whole);
  void reject(Rejection rejection);
  // What would keep the event out, its identity apart.
  std::optional<Rejection> fault(const Event& event) const;
  std::size_t waiting() const;

  // Folds what was admitted; every instant before the newest clock is judged and given out.
  [[nodiscard]] Status flush();
  // Folds what was admitted and judges everything up to and including t; the clocks of all later
  // records must lie behind t. Does nothing before the first record.
  [[nodiscard]] Status judge_through(Instant t);
  // Makes everything so far durable, with the caller's position and what it notes beside it.
  [[nodiscard]] Status checkpoint(const std::string& position, std::vector<StoredNote> notes = {});
  // The same bit by bit, while the log goes on: a checkpoint of now is begun (what was admitted is
  // folded; none is under way; there is a store), written down about so many bytes at a time until
  // it says true, and then made durable as the store does it. If that fails, all of it comes with
  // the next one. Nothing leaves memory meanwhile.
  void begin_checkpoint(const std::string& position);
  bool write_down(std::size_t bytes);
  [[nodiscard]] Status end_checkpoint(std::vector<StoredNote> notes);
  void drop_checkpoint();  // when all is written down; as if it had failed
  // There are many more units in memory than were asked for: a checkpoint under way should end.
  bool crowded() const;
  // The end of the log: judges the last instant, and carries the clock on to `until`.
  [[nodiscard]] Status finish();

  const Counts& counts() const;
  const std::map<std::string, std::uint64_t>& reasons() const;
  // Instant of the newest admitted record; nothing before the first.
  std::optional<Instant> clock() const;
  // Every instant before this one is judged and given out.
  Instant judged_before() const;
  std::uint64_t judgements() const;
  // Judgements by index of the rule since the last call; empty if they are not counted.
  std::vector<std::uint64_t> take_rule_judgements();
  // Units at which something changes by itself later on.
  std::size_t timers() const;
  const CalendarGaps& calendar_gaps() const;  // by year
  std::size_t unit_count() const;

  // For explanations: the unit as it stands, or null. Valid until the next call.
  [[nodiscard]] Result<const UnitState*> unit(const std::string& name);
  // The unit as the newest checkpoint has it, however it has changed since, or null; perhaps made
  // in `room`. Valid until the next call. For this all units are held from that checkpoint on: none
  // leaves memory. There must be a store.
  [[nodiscard]] Result<const UnitState*> kept_unit(std::string_view name,
                                                   std::optional<UnitState>& room);
  void hold_units(bool all);
  std::vector<std::string> unit_names() const;
  // Units with events that the register does not have, in order of their names. Looks at every
  // unit.
  [[nodiscard]] Result<std::vector<std::string>> unregistered();
  // Outlines (engine/outline.h) of the units whose states may have changed since the last
  // checkpoint, as they stand; there must be a store. Units told twice are told the same.
  [[nodiscard]] Status each_changed(
      const std::function<void(const std::string& unit, std::string_view outline)>& visit);
  const Fold& fold() const;
  Seq last_seq() const;

 private:
  class Shards;
  std::unique_ptr<Shards> shards_;
};

}  // namespace lianqing
