// One line -> an event or a rejection; the same bytes give the same, and what was read can be read
// again with its recorded time written into it.
#include "connectors/attributes.h"
#include "connectors/decode.h"
#include "lianqing/assert.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing;
  const std::string_view line = fuzz_text(bytes, size);
  Arena arena;
  EventDecoder decoder;
  const Record first = decoder.decode(line, {}, arena);
  const Record again = decoder.decode(line, {}, arena);
  LQ_ASSERT(first.index() == again.index());
  if (const auto* rejection = std::get_if<Rejection>(&first)) {
    LQ_ASSERT(!rejection->code.empty() && rejection->raw.size() <= kMaxRejectedBytes);
    return 0;
  }
  const auto& event = std::get<Event>(first);
  LQ_ASSERT(event.identity == std::get<Event>(again).identity);
  LQ_ASSERT(event.content == std::get<Event>(again).content);
  const std::string stamped = with_recorded_time(line, event.time);
  const Record read = decoder.decode(stamped, {}, arena);
  if (const auto* same = std::get_if<Event>(&read)) LQ_ASSERT(same->identity == event.identity);
  return 0;
}
