#include "connectors/segment/segment_lookup.h"

#include <algorithm>

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

std::optional<Event> SegmentLookup::event(const std::string& path, std::uint64_t line) {
  const auto [at, is_new] = contents_.try_emplace(path);
  Contents& contents = at->second;
  if (is_new && SegmentFile::is_segment(path)) {
    if (auto opened = SegmentFile::open(path)) contents.file.emplace(std::move(*opened));
  }
  if (!contents.file) return std::nullopt;
  const auto blocks = contents.file->blocks();
  contents.blocks.resize(blocks.size());
  const auto behind = std::upper_bound(
      blocks.begin(), blocks.end(), line,
      [](std::uint64_t wanted, const SegmentBlockPlace& block) { return wanted < block.line; });
  if (behind == blocks.begin()) return std::nullopt;
  const auto number = static_cast<std::size_t>(behind - blocks.begin()) - 1;
  std::vector<Told>& events = contents.blocks[number];
  if (events.empty()) events = told(path, blocks[number]);
  const auto found = std::lower_bound(events.begin(), events.end(), line,
                                      [](const Told& t, std::uint64_t l) { return t.line < l; });
  if (found == events.end() || found->line != line) return std::nullopt;
  Event out;
  out.identity = found->identity;
  out.content = found->content;
  return out;
}

std::vector<SegmentLookup::Told> SegmentLookup::told(const std::string& path,
                                                     const SegmentBlockPlace& block) {
  std::vector<Told> out;
  auto lines = SegmentLines::open(path);
  if (!lines) return out;
  lines->seek(block.line);
  EventDecoder decoder;
  Arena arena;
  std::vector<std::shared_ptr<const void>> held;
  for (std::uint64_t left = block.rows; left > 0; --left) {
    arena.reset();
    const auto record = lines->next_record(decoder, 0, arena, held);
    if (!record || !*record) return {};
    const auto* event = std::get_if<Event>(&**record);
    if (event == nullptr) continue;
    out.push_back({event->origin.line, event->identity, event->content});
  }
  return out;
}

}  // namespace lianqing
