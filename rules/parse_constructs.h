// One construct of a pack each: node -> syntax. Used by parse.cc, which owns sections and names.
#pragma once

#include "rules/document.h"
#include "rules/syntax.h"

namespace lianqing {

PackHead parse_head(const Entry& entry, Diagnostics& out);
ListSyntax parse_list(const Entry& entry, Diagnostics& out);
ParamSyntax parse_param(const Entry& entry, Diagnostics& out);
MacroSyntax parse_macro(const Entry& entry, Diagnostics& out);
EventSyntax parse_event(const Entry& entry, Diagnostics& out);
ItemSyntax parse_item(const Entry& entry, Diagnostics& out);
AttributeSyntax parse_attribute(const Entry& entry, Diagnostics& out);
// Without a family: an error was reported.
MeasureSyntax parse_measure(const Entry& entry, Diagnostics& out);
// The aggregate that a measure's keys name; null if none or several. Reports nothing.
const MeasureFamily* family_of(const Node& measure);
// Whether the key can stand beside the aggregate, or is it.
bool goes_with(const MeasureFamily& family, std::string_view key);
RuleSyntax parse_rule(const Entry& entry, Diagnostics& out);
ColoursSyntax parse_colours(const Entry& entry, Diagnostics& out);
DutySyntax parse_duty(const Entry& entry, Diagnostics& out);
SourceSyntax parse_source(const Entry& entry, Diagnostics& out);

// T, [T, U] or "*".
Selection parse_types(const Node& node, Diagnostics& out);

}  // namespace lianqing
