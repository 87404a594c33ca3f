// The lines of an event file, whatever it is: JSON lines, plain or gzip, or a segment (told by its
// first bytes, whatever the name).
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "connectors/segment/segment_lines.h"
#include "connectors/sources/jsonl_file.h"

namespace lianqing {

class InputLines {
 public:
  // As JsonLinesFile::open and SegmentLines::open.
  // `lean`: of segments, records come without raw and Origin::byte, and sooner.
  [[nodiscard]] static Result<InputLines> open(const std::string& path, std::uint32_t file_index,
                                               std::stop_token stop = {}, bool lean = false);

  [[nodiscard]] Result<std::optional<RawLine>> next() {
    return std::visit([](auto& lines) { return lines.next(); }, lines_);
  }
  // Whether a line can be read once more by itself (JsonLinesFile); those of a segment cannot.
  bool can_be_reread() const {
    const auto* file = std::get_if<JsonLinesFile>(&lines_);
    return file != nullptr && file->can_be_reread();
  }
  // Such a file; else null.
  JsonLinesFile* rereadable() {
    return can_be_reread() ? std::get_if<JsonLinesFile>(&lines_) : nullptr;
  }
  // Of a lean segment; else null.
  SegmentLines* lean_segment() { return lean_ ? std::get_if<SegmentLines>(&lines_) : nullptr; }
  std::uint32_t file_index() const { return file_index_; }
  // The next line decoded. The record points into `arena` and into what is added to `held`.
  [[nodiscard]] Result<std::optional<Record>> next_record(
      EventDecoder& decoder, Arena& arena, std::vector<std::shared_ptr<const void>>& held);
  std::uint64_t blank_lines() const {
    return std::visit([](const auto& lines) { return lines.blank_lines(); }, lines_);
  }
  std::uint64_t bytes_read() const {
    return std::visit([](const auto& lines) { return lines.bytes_read(); }, lines_);
  }
  std::optional<std::uint64_t> bytes_total() const {
    return std::visit([](const auto& lines) { return lines.bytes_total(); }, lines_);
  }

 private:
  using Lines = std::variant<JsonLinesFile, SegmentLines>;
  InputLines(Lines lines, std::uint32_t file_index, bool lean)
      : lines_(std::move(lines)), file_index_(file_index), lean_(lean) {}

  Lines lines_;
  std::uint32_t file_index_;
  bool lean_;
};

}  // namespace lianqing
