// What the names of a pack stand for, and which of them something uses. Filled by lower before any
// expression is read; lists and params are in the program by then.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/syntax.h"
#include "rules/tables.h"

namespace lianqing {

// Lowering's surroundings, handed down: what was written, what is being made, where findings go.
struct Names {
  const PackSyntax& syntax;
  Program& program;
  Tables& tables;
  Diagnostics& out;

  std::map<std::string, std::vector<Cell>, std::less<>> lists;
  std::map<std::string, std::uint32_t, std::less<>> params;
  std::map<std::string, std::string, std::less<>> macros;
  std::map<std::string, const EventSyntax*, std::less<>> events;  // declared ones
  std::map<std::string, std::uint32_t, std::less<>> types;        // declared or named
  std::map<std::string, std::uint32_t, std::less<>> items;
  std::map<std::string, ValueType, std::less<>> attributes;

  std::set<std::string, std::less<>> used;  // lists, params, macros, measures
  std::set<std::string, std::less<>> used_items;
  std::set<std::string, std::less<>> unchecked;  // undeclared types that a note was given for

  const Param* param(std::string_view name) const;
};

// A span, or the name of a param that is one; nothing if absent or reported.
struct SpanRules {
  bool workdays = true;   // may be working days
  bool positive = false;  // must be longer than nothing
};
std::optional<Span> read_span(const Text& text, Names& names, SpanRules rules);
// A number as written or a param's.
std::optional<Number> read_constant_number(const Text& text, Names& names);
// A number, text, flag or date as written, or a param's value.
std::optional<Cell> read_cell(const Text& text, Names& names);
// The value as written: numbers, flags and dates unless in quotes, else text.
Cell cell_of(const Text& text, Tables& tables);

ValueType type_of(const Cell& cell);
ValueType type_of(FieldType type);

}  // namespace lianqing
