#include "connectors/segment/input_lines.h"

#include "lianqing/assert.h"

namespace lianqing {

Result<InputLines> InputLines::open(const std::string& path, std::uint32_t file_index,
                                    std::stop_token stop) {
  if (SegmentFile::is_segment(path)) {
    LQ_TRY(SegmentLines lines, SegmentLines::open(path));
    return InputLines(std::move(lines), file_index);
  }
  LQ_TRY(JsonLinesFile lines, JsonLinesFile::open(path, file_index, std::move(stop)));
  return InputLines(std::move(lines), file_index);
}

}  // namespace lianqing
