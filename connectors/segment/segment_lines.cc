#include "connectors/segment/segment_lines.h"

#include <algorithm>
#include <utility>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

// A shape as it is written out: plain text before each hole, and the rest.
struct Pieces {
  std::vector<std::pair<std::string, std::uint32_t>> before;  // and the column of the hole
  std::string rest;
};

Pieces pieces_of(const SegmentShape& shape) {
  Pieces out;
  for (std::size_t at = 0; at < shape.skeleton.size(); ++at) {
    if (shape.skeleton[at] != '\0') {
      out.rest += shape.skeleton[at];
      continue;
    }
    out.before.emplace_back(std::exchange(out.rest, {}), shape.columns[out.before.size()]);
    ++at;  // the digit of its kind
  }
  return out;
}

}  // namespace

class SegmentLines::Reading {
 public:
  explicit Reading(SegmentFile file) : file_(std::move(file)) {}

  Result<std::optional<RawLine>> next() {
    if (error_) return Unexpected<Error>(*error_);
    auto line = read_next();
    if (!line) error_ = line.error();
    return line;
  }

  const SegmentFile& file() const { return file_; }
  std::uint64_t bytes_read() const {
    if (block_ == file_.blocks().size()) return file_.bytes();
    return file_.blocks()[block_].offset;
  }
  std::uint64_t blank_lines() const { return blank_lines_; }
  bool ends_block() const { return row_ == heading_.rows; }
  const std::string& digest() const { return heading_.digest; }

 private:
  Result<std::optional<RawLine>> read_next() {
    if (row_ == heading_.rows) {
      if (next_block_ == file_.blocks().size()) {
        block_ = next_block_;
        return std::nullopt;
      }
      if (Status s = load(next_block_); !s) return Unexpected<Error>(s.error());
      ++next_block_;
    }
    const std::int64_t shape = shape_of_[row_];
    if (shape < 0 || static_cast<std::size_t>(shape) >= pieces_.size()) {
      return file_.damaged(block_);
    }
    line_.clear();
    const Pieces& pieces = pieces_[static_cast<std::size_t>(shape)];
    for (const auto& [before, column] : pieces.before) {
      Cursor& cursor = cursors_[column];
      if (cursor.next == cursor.size || line_.size() > kMaxLineBytes + 1) {
        return file_.damaged(block_);
      }
      line_ += before;
      append_hole(line_, cursor.values.hole(cursor.next++));
    }
    line_ += pieces.rest;
    if (line_.size() > kMaxLineBytes + 1) return file_.damaged(block_);
    place_.line += static_cast<std::uint64_t>(line_gaps_[row_]);
    place_.byte += static_cast<std::uint64_t>(byte_gaps_[row_]);
    blank_lines_ += place_.line - next_line_;
    next_line_ = place_.line + 1;
    RawLine out{line_, place_.line, place_.byte, line_.size() > kMaxLineBytes};
    place_.line += 1;
    place_.byte += line_.size() + 1;
    const bool last = ++row_ == heading_.rows;
    const bool used_up = std::all_of(cursors_.begin(), cursors_.end(),
                                     [](const Cursor& c) { return c.next == c.size; });
    if (last && !used_up) return file_.damaged(block_);
    return out;
  }

  Status load(std::size_t number) {
    block_ = number;
    row_ = heading_.rows = 0;
    LQ_TRY(heading_, file_.block(number));
    row_ = heading_.rows;  // until all of it is there
    LQ_TRY(line_gaps_, file_.numbers(number, heading_.line_gaps));
    LQ_TRY(byte_gaps_, file_.numbers(number, heading_.byte_gaps));
    LQ_TRY(shape_of_, file_.numbers(number, heading_.shape_of));
    LQ_TRY(const auto shapes, file_.shapes(number, heading_));
    pieces_.clear();
    for (const SegmentShape& shape : shapes) pieces_.push_back(pieces_of(shape));
    cursors_.clear();
    for (const SegmentColumn& column : heading_.columns) {
      Cursor& cursor = cursors_.emplace_back();
      LQ_TRY(cursor.values, file_.values(number, column));
      cursor.size = cursor.values.size();
    }
    place_ = {{}, heading_.line, heading_.byte, false};
    row_ = 0;
    return {};
  }

  struct Cursor {
    SegmentValues values;
    std::size_t next = 0, size = 0;
  };

  SegmentFile file_;
  SegmentBlock heading_;
  std::vector<std::int64_t> line_gaps_, byte_gaps_, shape_of_;
  std::vector<Pieces> pieces_;
  std::vector<Cursor> cursors_;
  RawLine place_;  // where the next line would stand without a gap
  std::uint64_t next_line_ = 1, blank_lines_ = 0;
  std::string line_;
  std::size_t block_ = 0, next_block_ = 0, row_ = 0;
  std::optional<Error> error_;
};

SegmentLines::SegmentLines(std::unique_ptr<Reading> reading) : reading_(std::move(reading)) {}
SegmentLines::~SegmentLines() = default;
SegmentLines::SegmentLines(SegmentLines&&) noexcept = default;
SegmentLines& SegmentLines::operator=(SegmentLines&&) noexcept = default;

Result<SegmentLines> SegmentLines::open(const std::string& path) {
  LQ_TRY(SegmentFile file, SegmentFile::open(path));
  return SegmentLines(std::make_unique<Reading>(std::move(file)));
}

Result<std::optional<RawLine>> SegmentLines::next() { return reading_->next(); }
const SegmentFile& SegmentLines::file() const { return reading_->file(); }
std::uint64_t SegmentLines::blank_lines() const { return reading_->blank_lines(); }
std::optional<std::uint64_t> SegmentLines::bytes_total() const { return file().bytes(); }
std::uint64_t SegmentLines::bytes_read() const { return reading_->bytes_read(); }
bool SegmentLines::ends_block() const { return reading_->ends_block(); }
const std::string& SegmentLines::block_digest() const { return reading_->digest(); }

}  // namespace lianqing
