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
};

enum FamilyOption : std::uint16_t {
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
};

struct Family {
  std::string_view key;
  Aggregate aggregate;
  FamilySubject subject;
  std::uint16_t options;
  std::uint16_t required = 0;
  std::uint8_t upkeep = 0;  // of its window
  StreamSource source = StreamSource::events;
  bool numeric = false;  // only numbers take part; of closings: only those with a due
  bool numbers = true;   // the result is a number (else: of the field's type)

  bool takes(std::uint16_t option) const { return (options & option) != 0; }
  bool requires_option(std::uint16_t option) const { return (required & option) != 0; }
};

inline constexpr std::uint16_t kEventOptions = kTakesWhere | kTakesWindow | kTakesPer;
inline constexpr std::uint16_t kFieldOptions = kTakesOf | kEventOptions;

inline constexpr Family kFamilies[] = {
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
};

// Options by key; `title` goes with all.
struct OptionKey {
  std::string_view key;
  std::uint16_t option;
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
    {"every", kTakesEvery},
};

// Families of the language that this version cannot judge yet.
inline constexpr std::string_view kLaterFamilies[] = {"sequence", "peers", "units", "warnings"};

}  // namespace lianqing
