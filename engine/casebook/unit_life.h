// What the casebook remembers of one unit: its cases, what refers to them, veto, override, grey and
// the colour given out last.
#pragma once

#include <map>
#include <set>
#include <tuple>

#include "engine/casebook/case.h"
#include "engine/casebook/flapping.h"

namespace lianqing {

// (rule, key); one case of each is open at a time.
using CasePlace = std::pair<std::string, std::optional<std::string>>;

struct TrackedItem {
  std::string case_id;
  bool done = false;
};

struct Override {
  Level level = Level::green;
  std::string shade, reason;
  std::vector<std::string> approvers;
  Instant until;
};

struct UnitLife {
  std::map<std::string, Case, std::less<>> cases;  // by id; those over are kept for a while
  std::map<std::string, TrackedItem, std::less<>> items;
  std::map<std::string, std::string, std::less<>> notices;  // id -> case
  std::map<std::string, Instant, std::less<>> vetoes;       // ground -> since
  std::optional<Override> pinned;
  std::set<CasePlace> grey_rules;
  std::map<CasePlace, FlapHistory> flaps;
  UnitColour colour;  // as given out last

  // Derived:
  std::map<CasePlace, std::string> open;                    // -> case
  std::map<std::string, std::string, std::less<>> case_of;  // warning -> case
  std::set<std::pair<Instant, std::string>> over;           // (ended, case)
  std::uint32_t dead_sources = 0;                           // of those that fed it
  std::vector<std::uint32_t> missing;  // years that its deadlines need, one per deadline
  Instant due = kNever;                // as the agenda has it
};

// Enters what refers to the case, or takes it out.
void index_case(UnitLife& life, const Case& c);
void forget_case(UnitLife& life, const std::string& id);

// Whether what the case rests on may be missing: a source that fed the unit is silent, or its rule
// has no data.
bool data_missing(const UnitLife& life, const Case& c);
// Whether every item registered for it is done.
bool items_done(const UnitLife& life, const Case& c);

// The colour, as it follows from the cases, vetoes and the override in force; `since` is not set.
class DutyTable;
UnitColour colour_of(const UnitLife& life, const DutyTable& table);

}  // namespace lianqing
