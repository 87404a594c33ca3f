// Small wrongs put into a pack on purpose, one at a time: a number a step up or down, a comparison
// turned. Tests that pass all the same have not looked there.
#pragma once

#include "cli/test/suite.h"

namespace lianqing {

enum class MutantKind : std::uint8_t {
  more,      // a number one step up: 3 -> 4, 0.85 -> 0.86
  less,      // one step down
  longer,    // a length of time one unit up: 30d -> 31d
  shorter,   // one unit down
  boundary,  // >= -> >, and the like: differs only where both sides are equal
  opposite,  // >= -> <, == -> !=
};

struct Mutant {
  std::uint32_t file = 0;     // into TestedTexts::files
  std::size_t byte = 0;       // of that file
  std::string before, after;  // what is written there, and what instead
  std::string where;          // `rules.surge.yellow.enter`
  MutantKind kind = MutantKind::more;
  SourceSpan at;
};

// In params, macros, items, measures and rules of the pack itself, not of what it extends; in order
// of place.
std::vector<Mutant> mutants_of(const TestedTexts& pack);

enum class MutantFate : std::uint8_t {
  refused,   // the pack does not compile so: nobody could run it
  caught,    // some test fails
  survived,  // every test passes
};

// The fate of each, in order. The suite's tests pass as it is.
std::vector<MutantFate> try_mutants(const Suite& suite, std::span<const Mutant> mutants,
                                    unsigned threads);

// What a test would have to show to catch it.
Bilingual advice(const Mutant& mutant);

}  // namespace lianqing
