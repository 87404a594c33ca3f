// A message as it comes: pre-check, chunks, parser. Cut into two at any place it means the same.
#include "connectors/http/event_body.h"
#include "connectors/http/parse.h"
#include "connectors/http/precheck.h"
#include "lianqing/assert.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing::http;
  const std::string_view text = fuzz_text(bytes, size);
  const auto end = find_head_end(text, 0);
  if (!end || !*end) return 0;
  LQ_ASSERT(**end <= text.size());
  const auto framing = check_head(text.substr(0, **end));
  if (!framing) return 0;
  std::size_t message = **end;
  if (framing->chunked) {
    ChunkScan whole, parts;
    const std::string_view body = text.substr(message);
    const auto taken = whole.take(body);
    const auto first = parts.take(body.substr(0, body.size() / 2));
    if (first && !parts.done()) {
      const auto second = parts.take(body.substr(body.size() / 2));
      LQ_ASSERT(second.has_value() == taken.has_value());
    }
    if (!taken || !whole.done()) return 0;
    LQ_ASSERT(*taken <= body.size());
    message += *taken;
  } else {
    if (framing->length > text.size() - message) return 0;
    message += static_cast<std::size_t>(framing->length);
  }
  const auto request = parse_message(text.substr(0, message));
  if (request) (void)event_texts(*request);
  return 0;
}
