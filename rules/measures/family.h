// The measure families: one row per aggregate key with what stands beside it. Parsing and lowering
// are driven by this table; a new aggregate is a row here.
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/program.h"

namespace lianqing {

// What the aggregate key itself holds.
enum class FamilySubject : std::uint8_t {
  types,       // count: T
  field,       // sum: F, of: T
  condition,   // streak: expr, of: T
  weight,      // decayed: F or 1, of: T
  item,        // open: ITEM
  expression,  // value: expr
  steps,       // sequence: [A, B]
  measure,     // peers: M
  scope,       // units: children | descendants
  standing,    // warnings: count | active
};

enum FamilyOption : std::uint32_t {
  kTakesOf = 1,
  kTakesWhere = 2,
  kTakesWindow = 4,  // over, offset, to_date
  kTakesPer = 8,
  kTakesEmpty = 16,
  kTakesBy = 32,
  kTakesIn = 64,
  kTakesQ = 128,
  kTakesHalfLife = 256,
  kTakesEvery = 512,
  kTakesOn = 1024,
  kTakesWithin = 2048,
  kTakesWithout = 4096,
  kTakesStat = 8192,
  kTakesAmong = 16384,
  kTakesHow = 32768,         // units: what is made of the units below, one of kRollUpKeys
  kTakesCovers = 65536,      // rules, group: whose levels count
  kTakesDifferent = 131072,  // distinct, beside another aggregate
};

struct MeasureFamily {
  std::string_view key;
  Aggregate aggregate;
  FamilySubject subject;
  std::uint32_t options;
  std::uint32_t required = 0;
  std::uint8_t upkeep = 0;  // of its window
  StreamSource source = StreamSource::events;
  bool numeric = false;  // only numbers take part; of closings: only those with a due
  bool numbers = true;   // the result is a number (else: of the field's type)

  bool takes(std::uint32_t option) const { return (options & option) != 0; }
  bool requires_option(std::uint32_t option) const { return (required & option) != 0; }
};

inline constexpr std::uint32_t kEventOptions = kTakesWhere | kTakesWindow | kTakesPer;
inline constexpr std::uint32_t kFieldOptions = kTakesOf | kEventOptions;

inline constexpr MeasureFamily kFamilies[] = {
    {"count", Aggregate::count, FamilySubject::types, kEventOptions},
    {"sum", Aggregate::sum, FamilySubject::field, kFieldOptions, kTakesOf, kKeepSum,
     StreamSource::events, true},
    {"avg", Aggregate::average, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf,
     kKeepSum, StreamSource::events, true},
    {"min", Aggregate::minimum, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf,
     kKeepSorted, StreamSource::events, true},
    {"max", Aggregate::maximum, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf,
     kKeepSorted, StreamSource::events, true},
    {"stddev", Aggregate::deviation, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf,
     kKeepSum, StreamSource::events, true},
    {"median", Aggregate::median, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf,
     kKeepSorted, StreamSource::events, true},
    {"quantile", Aggregate::quantile, FamilySubject::field, kFieldOptions | kTakesEmpty | kTakesQ,
     kTakesOf | kTakesQ, kKeepSorted, StreamSource::events, true},
    {"distinct", Aggregate::distinct, FamilySubject::field, kFieldOptions, kTakesOf, kKeepGroups},
    {"top", Aggregate::top, FamilySubject::field, kFieldOptions, kTakesOf, kKeepGroups},
    {"first", Aggregate::first, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf, 0,
     StreamSource::events, false, false},
    {"last", Aggregate::last, FamilySubject::field, kFieldOptions | kTakesEmpty, kTakesOf, 0,
     StreamSource::events, false, false},
    {"streak", Aggregate::streak, FamilySubject::condition, kFieldOptions, kTakesOf},
    {"age", Aggregate::age, FamilySubject::types, kTakesWhere | kTakesPer | kTakesEmpty},
    {"decayed", Aggregate::decayed, FamilySubject::weight,
     kFieldOptions | kTakesHalfLife | kTakesEvery, kTakesOf | kTakesHalfLife, 0,
     StreamSource::events, true},
    {"open", Aggregate::open, FamilySubject::item, kTakesWhere | kTakesPer},
    {"overdue", Aggregate::overdue, FamilySubject::item, kTakesWhere | kTakesPer | kTakesBy},
    {"due_within", Aggregate::due_within, FamilySubject::item, kTakesWhere | kTakesPer | kTakesIn,
     kTakesIn},
    {"closed", Aggregate::count, FamilySubject::item, kEventOptions, 0, 0,
     StreamSource::item_closings},
    {"on_time_rate", Aggregate::average, FamilySubject::item, kEventOptions | kTakesEmpty, 0,
     kKeepSum, StreamSource::item_closings, true},
    {"extensions", Aggregate::count, FamilySubject::item, kEventOptions, 0, 0,
     StreamSource::item_extensions},
    {"value", Aggregate::value, FamilySubject::expression, kTakesEmpty, 0, 0, StreamSource::events,
     false, false},
    {"sequence", Aggregate::count, FamilySubject::steps,
     kEventOptions | kTakesOn | kTakesWithin | kTakesWithout, 0, 0, StreamSource::sequence_matches},
    {"peers", Aggregate::peers, FamilySubject::measure,
     kTakesStat | kTakesAmong | kTakesEvery | kTakesEmpty, kTakesStat | kTakesEvery},
    {"units", Aggregate::roll_up, FamilySubject::scope, kTakesHow | kTakesCovers | kTakesEmpty},
    {"warnings", Aggregate::warnings, FamilySubject::standing,
     kTakesWhere | kTakesWindow | kTakesCovers | kTakesDifferent},
};

// Options by key; `title` goes with all.
struct OptionKey {
  std::string_view key;
  std::uint32_t option;
  std::string_view example = {};  // of what it holds, if it is required
};
inline constexpr OptionKey kOptionKeys[] = {
    {"of", kTakesOf},
    {"where", kTakesWhere},
    {"over", kTakesWindow},
    {"offset", kTakesWindow},
    {"to_date", kTakesWindow},
    {"per", kTakesPer},
    {"empty", kTakesEmpty},
    {"by", kTakesBy},
    {"in", kTakesIn},
    {"q", kTakesQ},
    {"half_life", kTakesHalfLife},
    {"every", kTakesEvery, "month"},
    {"on", kTakesOn},
    {"within", kTakesWithin},
    {"without", kTakesWithout},
    {"stat", kTakesStat, "median"},
    {"among", kTakesAmong},
    {"count", kTakesHow},
    {"share", kTakesHow},
    {"max", kTakesHow},
    {"sum", kTakesHow},
    {"rules", kTakesCovers},
    {"group", kTakesCovers},
    {"distinct", kTakesDifferent},
};

// Of kTakesHow exactly one must be there.
struct RollUpKey {
  std::string_view key;
  RollUpHow how;
};
inline constexpr RollUpKey kRollUpKeys[] = {
    {"count", RollUpHow::count},
    {"share", RollUpHow::share},
    {"max", RollUpHow::maximum},
    {"sum", RollUpHow::sum},
};

}  // namespace lianqing
