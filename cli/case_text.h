// The life of warnings in sentences, for people.
#pragma once

#include <string>

#include "engine/casebook/case.h"
#include "engine/casebook/duty_table.h"

namespace lianqing {

// "2026-03-04 24:00" for the end of a day, else as local_text.
std::string deadline_text(const Program& program, Instant due);

// What an obligation or a step of the ladder is called; its name if nobody gave it a title.
Bilingual duty_title(const DutyTable& table, const std::string& rule, const std::string& duty);
Bilingual rung_title(const DutyTable& table, const std::string& rule, const std::string& rung);

// "overdue: Sign, due 2026-03-04 24:00 (the deadline passed)"
Bilingual sentence(const CaseStep& step, const DutyTable& table);

// What a unit shows: its shade or level, as the place calls it.
Bilingual shown_label(const UnitColour& colour, const Program& program);
// Symbol of the shade or level, as the place has it.
std::string shown_symbol(const UnitColour& colour, const Program& program);
// "yellow since 2026-03-02 09:00; from: the unit's warnings; data insufficient"
Bilingual sentence(const UnitColour& colour, const Program& program);

// The case as it stands, several lines: state, level, open obligations.
std::string case_text(const Case& c, bool flapping, const DutyTable& table, bool chinese);

}  // namespace lianqing
