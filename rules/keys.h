// The keys of every construct of a rule pack, one table each: what may be written, what must be.
// Unknown keys are found and suggested from these, and a JSON schema can be made of them. The
// aggregates of measures are in measures/family.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace lianqing {

enum class KeyShape : std::uint8_t {
  word,  // an id or another single text
  text,  // a sentence in one or both languages: text or {zh, en}
  expression,
  number,
  flag,      // true or false
  duration,  // a span, or the name of a param that is one
  window,    // a duration or a calendar period
  date,
  scalar,     // number, text, flag or duration
  words,      // one word or a list of them
  selection,  // words, or {event, where}
  map,        // a construct of its own, or names to constructs
  list,
};

struct KeyRow {
  std::string_view name;
  KeyShape shape = KeyShape::word;
  bool required = false;
};

inline constexpr KeyRow kSectionKeys[] = {
    {"version", KeyShape::number}, {"pack", KeyShape::map},          {"lists", KeyShape::map},
    {"params", KeyShape::map},     {"macros", KeyShape::map},        {"events", KeyShape::map},
    {"items", KeyShape::map},      {"units", KeyShape::map},         {"measures", KeyShape::map},
    {"rules", KeyShape::map},      {"calendar_days", KeyShape::map}, {"colours", KeyShape::map},
    {"duties", KeyShape::map},     {"sources", KeyShape::map},
};
inline constexpr KeyRow kPackKeys[] = {
    {"id", KeyShape::word, true}, {"title", KeyShape::text},          {"timezone", KeyShape::word},
    {"calendar", KeyShape::word}, {"max_future", KeyShape::duration}, {"extends", KeyShape::words},
    {"allow", KeyShape::list},
};
inline constexpr KeyRow kTextKeys[] = {{"zh", KeyShape::word}, {"en", KeyShape::word}};
inline constexpr KeyRow kParamKeys[] = {
    {"value", KeyShape::scalar, true}, {"min", KeyShape::scalar}, {"max", KeyShape::scalar},
    {"title", KeyShape::text},         {"allow", KeyShape::list},
};
inline constexpr KeyRow kEventKeys[] = {
    {"title", KeyShape::text}, {"fields", KeyShape::map}, {"allow", KeyShape::list}};
inline constexpr KeyRow kFieldKeys[] = {
    {"type", KeyShape::word, true}, {"codes", KeyShape::words}, {"required", KeyShape::flag},
    {"sensitive", KeyShape::flag},  {"min", KeyShape::number},  {"max", KeyShape::number},
    {"title", KeyShape::text},
};
inline constexpr KeyRow kItemKeys[] = {
    {"title", KeyShape::text},
    {"key", KeyShape::word, true},
    {"open", KeyShape::selection, true},
    {"close", KeyShape::selection, true},
    {"due", KeyShape::word},
    {"extend", KeyShape::map},
    {"allow", KeyShape::list},
};
inline constexpr KeyRow kSelectionKeys[] = {
    {"event", KeyShape::words, true},
    {"where", KeyShape::expression},
};
inline constexpr KeyRow kStepKeys[] = {
    {"type", KeyShape::words, true},
    {"where", KeyShape::expression},
};
inline constexpr KeyRow kExtendKeys[] = {
    {"event", KeyShape::words, true},
    {"where", KeyShape::expression},
    {"due", KeyShape::word},
};
// Those that go with any aggregate.
inline constexpr KeyRow kMeasureKeys[] = {{"title", KeyShape::text}, {"allow", KeyShape::list}};
inline constexpr KeyRow kUnitsKeys[] = {{"attributes", KeyShape::map, true}};
inline constexpr KeyRow kRuleKeys[] = {
    {"title", KeyShape::text},       {"group", KeyShape::word},
    {"basis", KeyShape::text},       {"owner", KeyShape::word},
    {"duty", KeyShape::word},        {"status", KeyShape::word},
    {"needs", KeyShape::expression}, {"yellow", KeyShape::expression},
    {"red", KeyShape::expression},   {"because", KeyShape::text},
    {"step_down", KeyShape::flag},   {"from", KeyShape::date},
    {"to", KeyShape::date},          {"except", KeyShape::list},
    {"show", KeyShape::map},         {"allow", KeyShape::list},
};
inline constexpr KeyRow kLevelKeys[] = {
    {"enter", KeyShape::expression, true}, {"exit", KeyShape::expression},
    {"for", KeyShape::duration},           {"hold", KeyShape::duration},
    {"step_down", KeyShape::flag},
};
inline constexpr KeyRow kExceptionKeys[] = {
    {"unit", KeyShape::word, true},
    {"reason", KeyShape::word, true},
    {"by", KeyShape::word, true},
    {"until", KeyShape::date},
};
// A finding that the author lets stand.
inline constexpr KeyRow kAllowKeys[] = {{"code", KeyShape::word, true}, {"reason", KeyShape::word}};
inline constexpr KeyRow kShowKeys[] = {{"yellow", KeyShape::word}, {"red", KeyShape::word}};
inline constexpr KeyRow kColourKeys[] = {
    {"green", KeyShape::map}, {"yellow", KeyShape::map},   {"red", KeyShape::map},
    {"extra", KeyShape::map}, {"flapping", KeyShape::map},
};
inline constexpr KeyRow kLabelKeys[] = {
    {"label", KeyShape::text}, {"meaning", KeyShape::text}, {"symbol", KeyShape::word}};
inline constexpr KeyRow kShadeKeys[] = {
    {"base", KeyShape::word, true},
    {"label", KeyShape::text},
    {"meaning", KeyShape::text},
    {"symbol", KeyShape::word},
};
inline constexpr KeyRow kFlappingKeys[] = {
    {"window", KeyShape::number}, {"high", KeyShape::number}, {"low", KeyShape::number}};
inline constexpr KeyRow kDutyKeys[] = {
    {"title", KeyShape::text},
    {"yellow", KeyShape::map},
    {"red", KeyShape::map},
    {"ladder", KeyShape::list},
};
inline constexpr KeyRow kDutyLevelKeys[] = {
    {"triage", KeyShape::flag},
    {"steps", KeyShape::list},
    {"observe", KeyShape::duration},
    {"extension", KeyShape::duration},
};
inline constexpr KeyRow kDutyStepKeys[] = {
    {"name", KeyShape::word, true},
    {"title", KeyShape::text},
    {"role", KeyShape::word, true},
    {"within", KeyShape::duration, true},
};
inline constexpr KeyRow kLadderKeys[] = {
    {"name", KeyShape::word, true},
    {"title", KeyShape::text},
    {"role", KeyShape::word, true},
    {"after", KeyShape::duration, true},
};
inline constexpr KeyRow kSourceKeys[] = {
    {"title", KeyShape::text},
    {"silent_after", KeyShape::duration, true},
};
inline constexpr KeyRow kCalendarDayKeys[] = {{"off", KeyShape::list}, {"work", KeyShape::list}};
inline constexpr KeyRow kCalendarFileKeys[] = {
    {"calendar", KeyShape::word, true}, {"title", KeyShape::text},      {"source", KeyShape::text},
    {"names", KeyShape::map},           {"years", KeyShape::map, true},
};
// ---- *.test.yaml
inline constexpr KeyRow kTestFileKeys[] = {
    {"version", KeyShape::number, true},
    {"defaults", KeyShape::map},
    {"tests", KeyShape::list, true},
};
inline constexpr KeyRow kTestDefaultKeys[] = {
    {"start", KeyShape::word}, {"until", KeyShape::word}, {"mode", KeyShape::word},
    {"unit", KeyShape::word},  {"units", KeyShape::list}, {"params", KeyShape::map},
};
inline constexpr KeyRow kTestKeys[] = {
    {"name", KeyShape::text, true}, {"start", KeyShape::word},  {"until", KeyShape::word},
    {"mode", KeyShape::word},       {"unit", KeyShape::word},   {"units", KeyShape::list},
    {"params", KeyShape::map},      {"events", KeyShape::list}, {"expect", KeyShape::list, true},
};
inline constexpr KeyRow kTestEventKeys[] = {
    {"at", KeyShape::word, true}, {"type", KeyShape::word, true},  {"unit", KeyShape::word},
    {"id", KeyShape::word},       {"source", KeyShape::word},      {"recorded", KeyShape::word},
    {"data", KeyShape::map},      {"quarantined", KeyShape::word},
};
inline constexpr KeyRow kExpectKeys[] = {
    {"rule", KeyShape::word}, {"unit", KeyShape::word},     {"key", KeyShape::word},
    {"at", KeyShape::word},   {"timeline", KeyShape::list}, {"level", KeyShape::word},
    {"grey", KeyShape::flag}, {"below", KeyShape::word},    {"colour", KeyShape::word},
};
inline constexpr KeyRow kChangeKeys[] = {
    {"at", KeyShape::word, true}, {"level", KeyShape::word, true}, {"ended", KeyShape::word},
    {"cause", KeyShape::word},    {"late_by", KeyShape::duration}, {"values", KeyShape::map},
    {"because", KeyShape::text},  {"duty", KeyShape::word},
};

}  // namespace lianqing
