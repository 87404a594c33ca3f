// A segment whose bytes somebody chose: heading, parts and the texts made of them. The hashes,
// which would refuse nearly everything, are left out: what is read must hold without them. The rest
// of the input after the first byte is a heading (first byte 0), a part with its heading (1),
// shapes (2), a line to cut (3); or a whole file (4).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "connectors/segment/segment_rows.h"
#include "connectors/segment/segment_writer.h"
#include "lianqing/assert.h"
#include "tests/fuzz/target.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

void numbers(std::string_view text) {
  ByteReader in(text);
  std::uint64_t offset = 0;
  SegmentPart part;
  if (!read_part(in, offset, part)) return;
  const std::string_view stored = in.rest();
  part.stored = stored.size();
  part.hash = segment_hash(stored);
  std::vector<std::int64_t> values;
  std::string bytes;
  if (part_numbers(part, stored, values)) LQ_ASSERT(values.size() == part.count);
  if (part.count < 1U << 20U && part_bytes(part, stored, bytes)) {
    LQ_ASSERT(bytes.size() == part.count * part.width);
  }
}

void line(std::string_view text) {
  LineShape shape;
  if (!cut_line(text, shape)) return;
  std::string again;
  std::size_t hole = 0;
  for (std::size_t at = 0; at < shape.skeleton.size(); ++at) {
    if (shape.skeleton[at] != '\0') {
      again += shape.skeleton[at];
      continue;
    }
    append_hole(again, shape.holes.at(hole++));
    ++at;
  }
  LQ_ASSERT(again == text);
}

void file(std::string_view text) {
  static const TempDir folder;
  const std::string path = folder.path() + "/segment";
  std::FILE* const out = std::fopen(path.c_str(), "wb");
  LQ_ASSERT(out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size());
  std::fclose(out);
  if (auto records = SegmentLines::open(path)) {
    EventDecoder decoder;
    for (bool more = true; more;) {
      Arena arena;
      std::vector<std::shared_ptr<const void>> held;
      const auto next = records->next_record(decoder, 0, arena, held);
      more = next && *next;
    }
  }
  if (auto columns = SegmentLines::open(path)) {
    RowMaker maker({{"a", "b.c", "score"}, {"unit_changed"}});
    SegmentRows rows(*columns, maker, 0);
    RowBatch batch;
    Arena arena;
    std::vector<std::shared_ptr<const void>> held;
    for (bool more = true; more;) {
      const auto next = rows.next(1000, arena, held, batch);
      more = next && *next;
    }
  }
  auto lines = SegmentLines::open(path);
  while (lines) {
    const auto next = lines->next();
    if (!next || !*next) break;
  }
}

}  // namespace
}  // namespace lianqing

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing;
  if (size == 0) return 0;
  const std::string_view text = fuzz_text(bytes, size).substr(1);
  SegmentBlock block;
  std::vector<SegmentShape> shapes;
  switch (bytes[0] % 5) {
    case 0: (void)read_segment_heading(text, block); break;
    case 1: numbers(text); break;
    case 2: (void)read_segment_shapes(text, 8, shapes); break;
    case 3: line(text); break;
    default: file(text);
  }
  return 0;
}
