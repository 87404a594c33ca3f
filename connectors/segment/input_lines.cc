#include "connectors/segment/input_lines.h"

#include "lianqing/assert.h"

namespace lianqing {

Result<InputLines> InputLines::open(const std::string& path, std::uint32_t file_index,
                                    std::stop_token stop, bool lean) {
  if (SegmentFile::is_segment(path)) {
    LQ_TRY(SegmentLines lines, SegmentLines::open(path));
    return InputLines(std::move(lines), file_index, lean);
  }
  LQ_TRY(JsonLinesFile lines, JsonLinesFile::open(path, file_index, std::move(stop)));
  return InputLines(std::move(lines), file_index, lean);
}

Result<std::optional<Record>> InputLines::next_record(
    EventDecoder& decoder, Arena& arena, std::vector<std::shared_ptr<const void>>& held) {
  if (auto* const segment = lean_segment()) {
    return segment->next_record(decoder, file_index_, arena, held);
  }
  LQ_TRY(const std::optional<RawLine> line, next());
  if (!line) return std::nullopt;
  // A line cut by the reader is one byte over the decoder's limit, hence refused as `size`.
  static_assert(kMaxLineBytes == kMaxRecordBytes);
  return decoder.decode(line->bytes, {file_index_, line->line, line->byte}, arena);
}

}  // namespace lianqing
