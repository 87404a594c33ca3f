// Lines of segments looked up again by their numbers: what a reader that needs few columns left
// out. Quick for lines asked for in order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "connectors/segment/segment_lines.h"

namespace lianqing {

class SegmentLookup {
 public:
  // The line with this number, from 1, of the file at `path`; nothing if that is no segment, has no
  // such line or cannot be read. Valid until the next call.
  std::optional<RawLine> line(const std::string& path, std::uint64_t line);

 private:
  std::string path_;
  std::optional<SegmentLines> lines_;  // of path_
  std::optional<RawLine> last_;
};

}  // namespace lianqing
