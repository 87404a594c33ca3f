// What a list of units says of cases if asked to: obligations that are overdue, how many cases
// there are and what became of them, how fresh the watched sources are.
#pragma once

#include "cli/serve/access.h"
#include "cli/serve/live.h"
#include "connectors/json_writer.h"

namespace lianqing {

// The obligations of the unit's open cases that are late and not done, the longest overdue first;
// `workdays` as of the newest judged instant, null if the calendar lacks a year.
void put_overdue(JsonWriter& out, const std::string& unit, const Live& live);

// Of the units that the caller sees: opened = open + cleared + revoked + dismissed + merged. Cases
// over for more than two years are forgotten.
void put_case_counts(JsonWriter& out, const Live& live, const Access& access);

// The sources that the pack watches. They are not any one unit's: not for a limited caller.
void put_sources(JsonWriter& out, const Live& live);

}  // namespace lianqing
