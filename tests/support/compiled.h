// Packs compiled for a test of the rule language, with the shipped calendar.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/ruleset.h"
#include "rules/program.h"

namespace lianqing {

inline std::vector<SourceText> shipped_calendars() {
  std::ifstream in(LIANQING_SOURCE_DIR "/calendars/cn.yaml", std::ios::binary);
  return {{"calendars/cn.yaml", {std::istreambuf_iterator<char>(in), {}}}};
}

// Null, and a failure of the test, if there is an error.
inline std::shared_ptr<const Program> compile(std::vector<SourceText> files) {
  const auto program = compile_pack(files, shipped_calendars());
  if (!program) {
    for (const Diagnostic& d : program.error())
      ADD_FAILURE() << d.code << " " << d.at.line << ": " << d.message.en;
    return nullptr;
  }
  return *program;
}

inline std::shared_ptr<const Program> compile(const std::string& text) {
  return compile(std::vector<SourceText>{{"pack.yaml", text}});
}

// A pack of these measures with a rule that reads them all.
inline std::shared_ptr<const Program> measures(const std::string& text,
                                               const std::string& conditions,
                                               const std::string& more = {}) {
  return compile("version: 1\npack: {id: p, calendar: cn}\n" + more + "measures:\n" + text +
                 "rules:\n  r: {yellow: \"" + conditions + "\"}\n");
}

inline const Measure& measure(const Program& program, std::string_view name) {
  return *std::find_if(program.measures.begin(), program.measures.end(),
                       [&](const Measure& m) { return m.name == name; });
}

inline const Rule& rule(const Program& program, std::string_view id) {
  return *std::find_if(program.rules.begin(), program.rules.end(),
                       [&](const Rule& r) { return r.id == id; });
}

inline const Window& window_of(const Program& program, std::string_view name) {
  return program.windows[measure(program, name).window];
}

}  // namespace lianqing
