// The second fold: rule levels and human records in, cases and unit colours out. Deterministic, no
// clock, no I/O: equal calls give equal steps, colours and bytes, however they are cut up.
//
// An instant t is opened by `advance(t)`, which does everything that ends by itself up to and
// including t; then come the records of t in log order, then the rules' transitions of t in (unit,
// rule, key) order. It is closed when a later one is opened, or by `settle()`: then deadlines are
// late, and colours are computed once. record, transition, heard and grey open their instant
// themselves. Instants never go back.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <memory>
#include <set>
#include <span>

#include "engine/calendar_update.h"
#include "engine/casebook/clerk.h"
#include "lianqing/result.h"

namespace lianqing {

// Whether records of this type are to be given to Casebook::record.
bool concerns_life(std::string_view type);

// How fresh a source is that the pack watches.
struct SourceFreshness {
  std::string source;
  Instant last = kBeforeAll;   // its newest record; kBeforeAll: none yet
  Instant silent_at = kNever;  // if nothing more comes
  bool stale = false;          // silent for too long, or said to be down
};

// A unit and the canonical bytes of what the casebook remembers of it.
using UnitBytes = std::pair<std::string, std::string>;

// What became of a unit's cases.
struct CaseTally {
  std::size_t open = 0, cleared = 0, revoked = 0, dismissed = 0, merged = 0;
};

class Casebook {
 public:
  // Keeps a copy of the program: its calendar may change.
  explicit Casebook(const Program& program);
  Casebook(Casebook&&) noexcept;
  ~Casebook();

  // Whether records of this source are to be given to `heard`: the pack watches it.
  bool listens_to(std::string_view source) const { return source_of_.contains(source); }
  // An admitted record of a watched source: how fresh it is, and which units it feeds. Others are
  // passed over.
  void heard(std::string_view source, std::string_view unit, Instant clock);
  void record(const LifeRecord& record);
  // Shadow ones are passed over.
  void transition(const Warning& warning);
  // Whether the rule has no data for the unit and key; to be told when that changes.
  void grey(std::string_view unit, std::string_view rule, const std::optional<std::string>& key,
            bool is_grey, Instant t);
  // At t: what is set from now on counts by the new listing of working days. What has been set
  // stays; what could not be told for want of the year is told.
  void replace_year(const CalendarUpdate& update, Instant t);
  void advance(Instant t);
  void settle();
  // At the open instant nothing more is told of units below this one: for them it is closed.
  void settle_below(std::string_view unit);
  // The next instant at which something may happen by itself, or kNever.
  Instant due() const;

  // What came out since the last call. Steps are there at once, colours when their instant closes.
  std::vector<CaseStep> take_steps();
  std::vector<ColourChange> take_colours();

  // The case that a warning opened or belongs to; null if there is none (any more). Valid until the
  // next call that changes anything.
  const Case* find(std::string_view unit, std::string_view warning) const;
  std::vector<const Case*> open_cases(std::string_view unit) const;
  // The years that deadlines need and the calendar does not have, and how many they are. As of the
  // last closed instant.
  std::map<int, std::uint64_t> missing_years() const;
  bool is_flapping(std::string_view unit, const CasePlace& place) const;
  // As of the last closed instant.
  UnitColour colour(std::string_view unit) const;
  std::vector<std::string> units() const;
  std::vector<SourceFreshness> source_freshness() const;  // in the order of the pack
  // Cases opened at from <= t < to that count: the revoked, dismissed and merged do not. Cases over
  // for more than two years are forgotten.
  std::size_t counted(std::string_view unit, Instant from, Instant to) const;
  // All that are not forgotten.
  CaseTally tally(std::string_view unit) const;

  // Canonical bytes, format version 3 (docs/formats.md). Steps and colours not yet taken are not
  // part of them.
  std::string encode() const;
  // The same in parts: what concerns no unit alone, and each unit by itself.
  std::string encode_head() const;
  std::vector<UnitBytes> encode_units() const;
  // A snapshot, as of now, of the units that may have changed since the one before, written down
  // bit by bit while the book goes on.
  void begin_snapshot();
  // Writes down about so many bytes more of it. True: all of it is.
  bool write_down(std::size_t bytes);
  std::vector<UnitBytes> take_snapshot();  // all must be written down
  void snapshot_not_kept();  // what was taken last was not kept: it is part of the next one
  // The next units behind `after`, in order, for another place where it is to be kept. What changes
  // from the call without `after` on is kept in mind, until follow() or forget_handed_over().
  std::vector<UnitBytes> hand_over(std::string_view after, std::size_t most);
  void forget_handed_over();
  // Goes on under another program, as decode() of its bytes would. It is settled. Nothing of it is
  // kept in the new place; if `handed_over`, only what changed since. A snapshot is dropped.
  void follow(const Program& program, bool handed_over);
  std::size_t unkept() const { return changed_.size(); }
  // The rules of the unit that have no data, as grey() told.
  std::set<CasePlace> grey_places(std::string_view unit) const;
  // The next unit in order that something is known of; null: it was the last one.
  const std::string* unit_behind(std::string_view unit) const;

  // Fails (corrupt) on bytes that encode does not make. The program may be another one: cases whose
  // rule it does not have keep their state and have no obligations from then on.
  static Result<Casebook> decode(std::string_view bytes, const Program& program);
  static Result<Casebook> decode(std::string_view head, std::span<const UnitBytes> units,
                                 const Program& program);

 private:
  struct Source {
    const SourceWatch* watch = nullptr;
    Instant last = kBeforeAll;            // newest record
    Instant silent_at = kNever;           // if nothing more comes
    Instant day_end = kBeforeAll;         // derived: until then `silent_at` in working days stays
    Instant alarm = kNever;               // derived: in alarms_; not later than silent_at
    bool silent = false;                  // for too long
    bool down = false;                    // connector_status says so
    int missing_year = 0;                 // derived: needed to tell `silent_at`
    std::vector<std::string_view> units;  // derived: fed by it
  };
  // A unit; its life begins with the first thing that happens to it.
  struct Place {
    std::vector<std::uint32_t> sources;  // that fed it, in order of their first record
    std::unique_ptr<UnitLife> life;
  };
  using Units = std::map<std::string, Place, std::less<>>;
  struct Bytes;

  void start(Instant t);
  Units::value_type& place(std::string_view unit);
  UnitLife& touch(Units::value_type& place);
  void settle_unit(std::string_view name);
  const UnitLife* life(std::string_view unit) const;
  void set_source(std::uint32_t index, bool silent, bool down);
  void feed(std::uint32_t source, Units::value_type& unit);
  void set_alarm(std::uint32_t source);
  void set_silent_at(Source& source) const;
  void count_missing(UnitLife& life);
  void connector_status(const LifeRecord& record);
  void reschedule(std::string_view unit, UnitLife& life, Instant due);
  void note_change(std::string_view unit);
  void write_down(std::string_view unit);
  void take_sources(Casebook& next);
  void show_colour(const std::string& unit, UnitLife& life);
  void derive();
  void derive_source(std::uint32_t index);

  std::unique_ptr<Program> program_;
  std::unique_ptr<const DutyTable> table_;  // of program_
  Instant now_ = kBeforeAll;
  bool open_ = false;
  Units units_;
  std::vector<Source> sources_;          // one per Program::watched
  std::set<std::string_view> touched_;   // keys of units_
  std::set<std::string_view> changed_;   // the same: since the newest snapshot
  std::set<std::string_view> snapshot_;  // the same: still to be written down
  std::vector<UnitBytes> written_;
  std::vector<std::string_view> taken_;  // keys of units_
  bool handing_ = false;
  std::set<std::string_view> changed_since_handed_;  // the same
  std::vector<ColourChange> colours_;
  LifeEffects effects_;

  // Derived:
  std::set<std::pair<Instant, std::string_view>> agenda_;
  std::set<std::pair<Instant, std::uint32_t>> alarms_;
  std::map<std::uint32_t, std::uint64_t> missing_;  // year -> deadlines of units
  std::map<std::string, std::uint32_t, std::less<>> source_of_;
  boost::unordered_flat_map<std::string_view, Units::value_type*> index_;  // looked up, not walked
};

}  // namespace lianqing
