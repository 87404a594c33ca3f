// What is read back from a disk: the first byte says which form the rest is taken for.
#include "cli/serve/json_members.h"
#include "cli/serve/live_position.h"
#include "cli/serve/source_times.h"
#include "cli/serve/warning_text.h"
#include "lianqing/assert.h"
#include "log/head_file.h"
#include "log/keys.h"
#include "log/leaf.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing;
  if (size == 0) return 0;
  const std::string_view text = fuzz_text(bytes, size).substr(1);
  switch (bytes[0] % 9) {
    case 0:
      if (const auto leaf = parse_leaf(text)) LQ_ASSERT(encode(view(*leaf)) == text);
      break;
    case 1:
      if (const auto head = parse_head(text)) LQ_ASSERT(encode(*head) == text);
      break;
    case 2: (void)edge_from(text); break;
    case 3: (void)refused_from(text); break;
    case 4: (void)LivePosition::decode(text); break;
    case 5: (void)Generation::decode(text); break;
    case 6: (void)SourceTimes::decode(text); break;
    case 7: (void)read_warning_text(text); break;
    case 8: (void)json_members(text); break;
  }
  return 0;
}
