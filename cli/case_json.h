// The JSON forms of a case's steps, of a unit's colour and its changes, and of a case as it stands.
// docs/rules/colour-and-life.md describes each member; the order of members is fixed.
#pragma once

#include <string>

#include "engine/casebook/case.h"
#include "engine/casebook/duty_table.h"

namespace lianqing {

class JsonWriter;

// The members that describe a colour, into an object that is open.
void put_colour(JsonWriter& out, const UnitColour& colour, const Program& program);

// One line without the newline.
std::string to_json(const CaseStep& step, const DutyTable& table);
std::string to_json(const ColourChange& change, const Program& program);
std::string to_json(const std::string& unit, const UnitColour& colour, const Program& program);
std::string to_json(const std::string& unit, const Case& c, bool flapping, const DutyTable& table);

}  // namespace lianqing
