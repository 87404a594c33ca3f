// Which construct stands under which key: with keys.h and measures/family.h the shape of every file
// that people write. The schema, completion and hover are made of these tables.
#pragma once

#include <span>
#include <string_view>

#include "rules/keys.h"

namespace lianqing {

enum class Construct : std::uint8_t {
  none,
  // a rule pack
  file,
  head,
  sentence,
  param,
  event,
  field,
  item,
  selection,
  extension,
  step,
  units,
  measure,
  rule,
  level,
  exception,
  show,
  allowance,
  local_days,
  colours,
  label,
  shade,
  flapping,
  duty,
  duty_level,
  duty_step,
  rung,
  source,
  // a file of tests
  tests,
  test_defaults,
  test,
  test_event,
  expectation,
  change,
};

struct ConstructRow {
  Construct construct;
  std::string_view name;  // unique; also of its definition in the schema
  std::span<const KeyRow> keys;
};

inline constexpr ConstructRow kConstructs[] = {
    {Construct::file, "file", kSectionKeys},
    {Construct::head, "pack", kPackKeys},
    {Construct::sentence, "sentence", kTextKeys},
    {Construct::param, "param", kParamKeys},
    {Construct::event, "event", kEventKeys},
    {Construct::field, "field", kFieldKeys},
    {Construct::item, "item", kItemKeys},
    {Construct::selection, "selection", kSelectionKeys},
    {Construct::extension, "extend", kExtendKeys},
    {Construct::step, "step", kStepKeys},
    {Construct::units, "units", kUnitsKeys},
    {Construct::measure, "measure", kMeasureKeys},  // and those of its family
    {Construct::rule, "rule", kRuleKeys},
    {Construct::level, "level", kLevelKeys},
    {Construct::exception, "exception", kExceptionKeys},
    {Construct::show, "show", kShowKeys},
    {Construct::allowance, "allowance", kAllowKeys},
    {Construct::local_days, "calendar_days", kCalendarDayKeys},
    {Construct::colours, "colours", kColourKeys},
    {Construct::label, "label", kLabelKeys},
    {Construct::shade, "shade", kShadeKeys},
    {Construct::flapping, "flapping", kFlappingKeys},
    {Construct::duty, "duty", kDutyKeys},
    {Construct::duty_level, "duty_level", kDutyLevelKeys},
    {Construct::duty_step, "duty_step", kDutyStepKeys},
    {Construct::rung, "ladder_step", kLadderKeys},
    {Construct::source, "source", kSourceKeys},
    {Construct::tests, "test_file", kTestFileKeys},
    {Construct::test_defaults, "test_defaults", kTestDefaultKeys},
    {Construct::test, "test", kTestKeys},
    {Construct::test_event, "test_event", kTestEventKeys},
    {Construct::expectation, "expectation", kExpectKeys},
    {Construct::change, "change", kChangeKeys},
};

// What a key of shape map, list or selection holds.
enum class Holds : std::uint8_t {
  one,           // the construct
  one_or_short,  // or a scalar that stands for one of its keys
  named,         // names, each with the construct
  named_or_short,
  list,           // of the construct
  list_or_short,  // of the construct or of scalars
  scalars,        // names, each with a scalar
  words,          // names, each with a list of scalars
  days,           // days, or ranges of them
  anything,
};

struct PartRow {
  Construct in;
  std::string_view key;
  Holds holds;
  Construct construct = Construct::none;
};

inline constexpr PartRow kParts[] = {
    {Construct::file, "pack", Holds::one, Construct::head},
    {Construct::file, "lists", Holds::words},
    {Construct::file, "params", Holds::named_or_short, Construct::param},
    {Construct::file, "macros", Holds::scalars},
    {Construct::file, "events", Holds::named, Construct::event},
    {Construct::file, "items", Holds::named, Construct::item},
    {Construct::file, "units", Holds::one, Construct::units},
    {Construct::file, "measures", Holds::named, Construct::measure},
    {Construct::file, "rules", Holds::named, Construct::rule},
    {Construct::file, "calendar_days", Holds::one, Construct::local_days},
    {Construct::file, "colours", Holds::one, Construct::colours},
    {Construct::file, "duties", Holds::named, Construct::duty},
    {Construct::file, "sources", Holds::named, Construct::source},
    {Construct::head, "allow", Holds::list, Construct::allowance},
    {Construct::param, "allow", Holds::list, Construct::allowance},
    {Construct::event, "allow", Holds::list, Construct::allowance},
    {Construct::event, "fields", Holds::named_or_short, Construct::field},
    {Construct::item, "open", Holds::one_or_short, Construct::selection},
    {Construct::item, "close", Holds::one_or_short, Construct::selection},
    {Construct::item, "extend", Holds::one_or_short, Construct::extension},
    {Construct::item, "allow", Holds::list, Construct::allowance},
    {Construct::units, "attributes", Holds::scalars},
    {Construct::measure, "allow", Holds::list, Construct::allowance},
    {Construct::measure, "sequence", Holds::list_or_short, Construct::step},
    {Construct::measure, "without", Holds::one_or_short, Construct::step},
    {Construct::rule, "yellow", Holds::one_or_short, Construct::level},
    {Construct::rule, "red", Holds::one_or_short, Construct::level},
    {Construct::rule, "except", Holds::list, Construct::exception},
    {Construct::rule, "show", Holds::one, Construct::show},
    {Construct::rule, "allow", Holds::list, Construct::allowance},
    {Construct::local_days, "off", Holds::days},
    {Construct::local_days, "work", Holds::days},
    {Construct::colours, "green", Holds::one, Construct::label},
    {Construct::colours, "yellow", Holds::one, Construct::label},
    {Construct::colours, "red", Holds::one, Construct::label},
    {Construct::colours, "extra", Holds::named, Construct::shade},
    {Construct::colours, "flapping", Holds::one, Construct::flapping},
    {Construct::duty, "yellow", Holds::one, Construct::duty_level},
    {Construct::duty, "red", Holds::one, Construct::duty_level},
    {Construct::duty, "ladder", Holds::list, Construct::rung},
    {Construct::duty_level, "steps", Holds::list, Construct::duty_step},
    {Construct::tests, "defaults", Holds::one, Construct::test_defaults},
    {Construct::tests, "tests", Holds::list, Construct::test},
    {Construct::test_defaults, "units", Holds::anything},
    {Construct::test_defaults, "params", Holds::scalars},
    {Construct::test, "units", Holds::anything},
    {Construct::test, "params", Holds::scalars},
    {Construct::test, "events", Holds::list, Construct::test_event},
    {Construct::test, "expect", Holds::list, Construct::expectation},
    {Construct::test_event, "data", Holds::anything},
    {Construct::expectation, "timeline", Holds::list_or_short, Construct::change},
    {Construct::change, "values", Holds::anything},
};

constexpr const ConstructRow* construct_row(Construct construct) {
  for (const ConstructRow& row : kConstructs) {
    if (row.construct == construct) return &row;
  }
  return nullptr;
}

constexpr const PartRow* part_row(Construct in, std::string_view key) {
  for (const PartRow& row : kParts) {
    if (row.in == in && row.key == key) return &row;
  }
  return nullptr;
}

}  // namespace lianqing
