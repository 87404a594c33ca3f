// The JSON form of a warning: the same in files, streams and the API. docs/rules/warnings.md
// describes each member; the order of members is fixed.
#pragma once

#include <string>

#include "lianqing/warning.h"
#include "rules/program.h"

namespace lianqing {

// One line without the newline, at the end of `out`. The program supplies file names and the time
// zone of sentences.
void append_json(std::string& out, const Warning& warning, const Program& program);
// The same as a text of its own.
std::string to_json(const Warning& warning, const Program& program);

// "1 more complaints_30d before 2026-04-02 10:00 = red"
// Empty if the pack gives the measure none.
Bilingual measure_title(const Program& program, std::string_view measure);
Bilingual sentence(const Outlook& outlook, const Program& program);

// Wall time in the pack's zone: "2026-04-02 10:00", seconds only if there are any.
std::string local_text(const Program& program, Instant t);

// "pack/complaints.yaml:12:9"; empty if the place is unknown.
std::string place(const Program& program, const SourceSpan& at);

}  // namespace lianqing
