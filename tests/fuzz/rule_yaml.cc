// The text of a rule pack -> a program or its findings, each with a place within the text.
#include "lianqing/assert.h"
#include "lianqing/ruleset.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing;
  const SourceText pack{"pack.yaml", std::string(fuzz_text(bytes, size))};
  Diagnostics notes;
  const auto program = compile_pack(std::span(&pack, 1), {}, &notes);
  if (!program) LQ_ASSERT(!program.error().empty());
  return 0;
}
