#include "connectors/segment/segment_lookup.h"

namespace lianqing {

std::optional<RawLine> SegmentLookup::line(const std::string& path, std::uint64_t line) {
  if (path != path_ || !lines_ || (last_ && last_->line > line)) {
    lines_.reset();
    last_.reset();
    path_ = path;
    if (!SegmentFile::is_segment(path)) return std::nullopt;
    auto opened = SegmentLines::open(path);
    if (!opened) return std::nullopt;
    lines_.emplace(std::move(*opened));
  }
  if (last_ && last_->line == line) return last_;
  lines_->seek(line);
  do {
    const auto next = lines_->next();
    last_ = next ? *next : std::nullopt;
  } while (last_ && last_->line < line);
  return last_ && last_->line == line ? last_ : std::nullopt;
}

}  // namespace lianqing
