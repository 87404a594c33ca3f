// One expression in a pack that is otherwise in order.
#include "lianqing/assert.h"
#include "lianqing/ruleset.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing;
  std::string quoted;
  for (const char c : fuzz_text(bytes, size)) quoted += c == '\'' ? "''" : std::string(1, c);
  const SourceText pack{
      "pack.yaml",
      "version: 1\npack: {id: p}\nevents:\n  e: {fields: {f: {type: int}, s: {type: string}}}\n"
      "measures:\n  n: {count: e, where: 's != \"x\"', over: 30d}\n  m: {sum: f, of: e, over: "
      "30d}\n"
      "rules:\n  r: {title: {zh: 题, en: T}, because: '{n} {m}', yellow: '" +
          quoted + "'}\n"};
  Diagnostics notes;
  const auto program = compile_pack(std::span(&pack, 1), {}, &notes);
  if (!program) LQ_ASSERT(!program.error().empty());
  return 0;
}
