// Admission: the last place that knows where a record came from. Duplicates, conflicts, order,
// future times and declared field types are decided here, in log order; what passes becomes a
// LogEntry of cells. Nothing is dropped: what does not pass is counted and given to quarantine.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/calendar_update.h"
#include "engine/entry.h"
#include "engine/read_decision.h"
#include "engine/symbols.h"
#include "lianqing/event.h"
#include "lianqing/result.h"
#include "rules/program.h"

namespace lianqing {

class WholeRows;

struct Counts {
  std::uint64_t read = 0, admitted = 0, duplicate = 0, quarantined = 0;
  std::uint64_t undeclared = 0;  // of the admitted: of a type the pack does not declare
};

// Entries of consecutive records, with the storage they point into (and into the decoder's arena;
// not when the log is folded as it occurred: then it is gathered whole before it is folded).
struct AdmittedBatch {
  std::vector<LogEntry> entries;        // of a log gathered whole: those that are no rows
  std::deque<std::vector<Cell>> cells;  // chunks; never moved once entries point into them
  std::deque<std::vector<Cell>> elements;
  std::deque<std::vector<char>> ids;  // of entries that outlive their records
  std::deque<std::vector<Decision>> decisions;
  std::vector<CalendarUpdate> calendars;
  std::vector<std::pair<Instant, Seq>> unitless;  // clock and place of records about no unit
  LogEntry newest;          // of the record admitted last, also if it concerns no unit
  bool units_meet = false;  // a record moves the records of one unit to another

  void clear() {
    entries.clear();
    decisions.clear();
    calendars.clear();
    unitless.clear();
    units_meet = false;
    cells.clear();
    elements.clear();
    ids.clear();
  }
};

enum class ClockMode : std::uint8_t { as_recorded, as_occurred };

struct IdentityHash {
  std::size_t operator()(const ContentHash& h) const { return h.low; }
};
struct Known {
  ContentHash content;
  Seq seq = 0;
  std::uint32_t unit = kNone;  // dense number
  std::uint32_t type = kNone;  // index into Program::types
  RecordKind kind = RecordKind::event;
};

// What every record's identity is hashed with (connectors/content_hash.h).
using IdentityOf = std::function<ContentHash(std::string_view source, std::string_view id)>;

class Admission {
 public:
  // `unit_of` gives the dense number of a unit name.
  using UnitOf = std::function<std::uint32_t(std::string_view)>;
  using Quarantine = std::function<void(Rejection)>;

  Admission(const Program& program, Symbols& symbols, ClockMode mode, UnitOf unit_of,
            IdentityOf identity_of, Quarantine quarantine);

  // Admits one event, or quarantines it. Fails (refused) only if the input as a whole is out of
  // order; the message names the record and what to do.
  Status admit(const Event& event, AdmittedBatch& batch);
  void reject(Rejection rejection);

  // From now on, before the first record: what can be a row goes there and not into the batch, and
  // identities are kept there. As occurred only; admit_rows.h takes rows themselves.
  void gather(WholeRows& rows) { rows_ = &rows; }

  // What would keep the event out; nothing if its identity is known, whatever admit() makes of it.
  std::optional<Rejection> fault(const Event& event) const;

  const Counts& counts() const { return counts_; }
  Instant clock() const { return clock_; }
  Seq next_seq() const { return next_seq_; }
  const std::map<std::string, std::uint64_t>& reasons() const { return reasons_; }

  // Identities admitted since the last call, for the store; put back if it does not have them.
  std::vector<std::pair<ContentHash, Known>> take_new_identities() {
    return std::exchange(new_identities_, {});
  }
  void put_back_identities(std::vector<std::pair<ContentHash, Known>> identities) {
    identities.insert(identities.end(), new_identities_.begin(), new_identities_.end());
    new_identities_ = std::move(identities);
  }
  // Continues where a store left off.
  void resume(Counts counts, Instant clock, Seq next_seq,
              std::map<std::string, std::uint64_t> reasons);
  void know(const ContentHash& identity, const Known& known) { known_.emplace(identity, known); }
  void track_new_identities() { tracking_ = true; }

 private:
  friend class RowAdmission;

  // Where the fields of one type's records go. Records of one type mostly have the same fields in
  // the same order: a field is looked up only where it differs from the record before.
  struct Placed {
    std::string path;
    std::uint32_t slot = kNone;
    FieldType as = FieldType::dynamic;
  };
  Placed place(std::string_view path, const EventType* declared) const;

  std::uint32_t type_of(std::string_view name) const;
  const EventType* declared_type(std::uint32_t type) const;
  // The same, and the unit that a record about other records was found to concern.
  std::optional<Rejection> check(const Event& event, std::uint32_t type, std::uint32_t& unit) const;
  std::optional<Rejection> check_fields(const Event& event, const EventType& type) const;
  void admit_unitless(const Event& event, LogEntry entry, AdmittedBatch& batch);
  void know(const Event& event, const LogEntry& entry, AdmittedBatch& batch);
  void add_row(const LogEntry& entry, const Event& event);
  static bool complies(const FieldCheck& check, const Scalar& value);
  void refuse(const Event& event, std::string code, std::string detail);
  std::optional<Known> known(const ContentHash& identity, std::string_view source,
                             std::string_view id) const;
  std::optional<Known> find(std::string_view source, std::string_view id) const {
    return known(identity_of_(source, id), source, id);
  }
  // What is wrong with a record about other records; its unit is found.
  std::optional<Rejection> check_targets(const Event& event, std::uint32_t& unit) const;
  std::optional<Rejection> check_changes(const Event& event, const EventType& target) const;

  const Program& program_;
  Symbols& symbols_;
  ClockMode mode_;
  UnitOf unit_of_;
  IdentityOf identity_of_;
  Quarantine quarantine_;
  Counts counts_;
  std::map<std::string, std::uint64_t> reasons_;
  Instant clock_ = kBeforeAll;
  Seq next_seq_ = 0;
  bool tracking_ = false;
  boost::unordered_flat_map<ContentHash, Known, IdentityHash> known_;  // looked up, never walked
  std::vector<std::pair<ContentHash, Known>> new_identities_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> types_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> slots_;
  std::vector<std::vector<Placed>> layouts_;  // by type; the last one: types not named
  DecisionReader decisions_;
  WholeRows* rows_ = nullptr;  // where a log is gathered whole; null: it is not
  std::vector<Cell> cells_;    // of the record at hand
};

}  // namespace lianqing
