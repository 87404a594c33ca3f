#include "connectors/segment/segment_lines.h"

#include <algorithm>
#include <utility>

#include "connectors/segment/event_plan.h"
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

// A block with all of its columns. Events point into it.
struct WholeBlock {
  SegmentBlock heading;
  std::vector<std::int64_t> line_gaps, byte_gaps, shape_of;
  std::vector<SegmentShape> shapes;
  std::vector<Pieces> pieces;
  std::vector<SegmentValues> values;
  std::vector<std::unique_ptr<EventPlan>> plans;  // of the shapes; made when first needed
};

}  // namespace

class SegmentLines::Reading {
 public:
  explicit Reading(SegmentFile file) : file_(std::move(file)) {}

  Result<std::optional<RawLine>> next() {
    return kept([this] { return read_next(); });
  }

  Result<std::optional<Record>> next_record(EventDecoder& decoder, std::uint32_t file_index,
                                            Arena& arena,
                                            std::vector<std::shared_ptr<const void>>& held) {
    return kept([&, this] { return read_record(decoder, file_index, arena, held); });
  }

  void seek(std::uint64_t line) {
    const auto blocks = file_.blocks();
    std::size_t to = next_block_;
    while (to + 1 < blocks.size() && blocks[to + 1].line <= line) ++to;
    if (to == next_block_ || (next_block_ < blocks.size() && blocks[next_block_].line > line)) {
      return;
    }
    next_block_ = to;
    next_line_ = blocks[to].line;
    row_ = rows();
  }

  const SegmentFile& file() const { return file_; }
  std::uint64_t bytes_read() const {
    if (number_ == file_.blocks().size()) return file_.bytes();
    return file_.blocks()[number_].offset;
  }
  std::uint64_t blank_lines() const { return blank_lines_; }
  bool ends_block() const { return row_ == rows(); }
  const std::string& digest() const { return block_->heading.digest; }

 private:
  std::size_t rows() const { return block_ == nullptr ? 0 : block_->heading.rows; }

  // An error stays.
  template <class Read>
  auto kept(Read read) -> decltype(read()) {
    if (error_) return Unexpected<Error>(*error_);
    auto out = read();
    if (!out) error_ = out.error();
    return out;
  }

  // The shape of the next row; nothing at the end.
  Result<std::optional<std::size_t>> next_shape() {
    if (row_ == rows()) {
      if (next_block_ == file_.blocks().size()) {
        number_ = next_block_;
        return std::nullopt;
      }
      if (Status s = load(next_block_); !s) return Unexpected<Error>(s.error());
      ++next_block_;
    }
    const std::int64_t shape = block_->shape_of[row_];
    if (shape < 0 || static_cast<std::size_t>(shape) >= block_->shapes.size()) {
      return file_.damaged(number_);
    }
    for (const std::uint32_t column : block_->shapes[static_cast<std::size_t>(shape)].columns) {
      if (next_[column] == sizes_[column]) return file_.damaged(number_);
    }
    return static_cast<std::size_t>(shape);
  }

  // Puts the row at hand together; its values stay where they are.
  bool put_together(std::size_t shape) {
    line_.clear();
    const Pieces& pieces = block_->pieces[shape];
    for (const auto& [before, column] : pieces.before) {
      if (line_.size() > kMaxLineBytes + 1) return false;
      line_ += before;
      append_hole(line_, block_->values[column].hole(next_[column]));
    }
    line_ += pieces.rest;
    return line_.size() <= kMaxLineBytes + 1;
  }

  // Past the row at hand; false if its block ends and values are left over.
  bool pass(std::size_t shape) {
    for (const std::uint32_t column : block_->shapes[shape].columns) ++next_[column];
    place_.line += static_cast<std::uint64_t>(block_->line_gaps[row_]);
    place_.byte += static_cast<std::uint64_t>(block_->byte_gaps[row_]);
    blank_lines_ += place_.line - next_line_;
    next_line_ = place_.line + 1;
    return ++row_ != rows() || next_ == sizes_;
  }

  Result<std::optional<RawLine>> read_next() {
    LQ_TRY(const auto shape, next_shape());
    if (!shape) return std::nullopt;
    if (!put_together(*shape) || !pass(*shape)) return file_.damaged(number_);
    RawLine out{line_, place_.line, place_.byte, line_.size() > kMaxLineBytes};
    place_.line += 1;
    place_.byte += line_.size() + 1;
    return out;
  }

  Result<std::optional<Record>> read_record(EventDecoder& decoder, std::uint32_t file_index,
                                            Arena& arena,
                                            std::vector<std::shared_ptr<const void>>& held) {
    LQ_TRY(const auto shape, next_shape());
    if (!shape) return std::nullopt;
    std::unique_ptr<EventPlan>& plan = block_->plans[*shape];
    if (plan == nullptr) {
      if (!put_together(*shape)) return file_.damaged(number_);
      plan = std::make_unique<EventPlan>(block_->shapes[*shape], block_->heading.columns, line_,
                                         decoder);
    }
    if (held.empty() || held.back() != block_) held.push_back(block_);
    std::optional<Event> event = plan->event(block_->values, next_, arena);
    if (!event && !put_together(*shape)) return file_.damaged(number_);
    if (!pass(*shape)) return file_.damaged(number_);
    const Origin origin{file_index, place_.line, 0};
    place_.line += 1;
    if (!event) return decoder.decode(line_, origin, arena);
    event->origin = origin;
    return Record(std::move(*event));
  }

  Status load(std::size_t number) {
    number_ = number;
    row_ = 0;
    block_ = nullptr;
    auto block = std::make_shared<WholeBlock>();
    LQ_TRY(block->heading, file_.block(number));
    const SegmentBlock& heading = block->heading;
    LQ_TRY(block->line_gaps, file_.numbers(number, heading.line_gaps));
    LQ_TRY(block->byte_gaps, file_.numbers(number, heading.byte_gaps));
    LQ_TRY(block->shape_of, file_.numbers(number, heading.shape_of));
    LQ_TRY(block->shapes, file_.shapes(number, heading));
    for (const SegmentShape& shape : block->shapes) block->pieces.push_back(pieces_of(shape));
    block->plans.resize(block->shapes.size());
    sizes_.clear();
    for (const SegmentColumn& column : heading.columns) {
      LQ_TRY(SegmentValues values, file_.values(number, column));
      sizes_.push_back(values.size());
      block->values.push_back(std::move(values));
    }
    next_.assign(sizes_.size(), 0);
    place_ = {{}, heading.line, heading.byte, false};
    block_ = std::move(block);
    return {};
  }

  SegmentFile file_;
  std::shared_ptr<WholeBlock> block_;
  std::vector<std::size_t> next_, sizes_;  // of the columns: value of the row at hand, how many
  RawLine place_;                          // where the next line would stand without a gap
  std::uint64_t next_line_ = 1, blank_lines_ = 0;
  std::string line_;
  std::size_t number_ = 0, next_block_ = 0, row_ = 0;
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
Result<std::optional<Record>> SegmentLines::next_record(
    EventDecoder& decoder, std::uint32_t file_index, Arena& arena,
    std::vector<std::shared_ptr<const void>>& held) {
  return reading_->next_record(decoder, file_index, arena, held);
}
void SegmentLines::seek(std::uint64_t line) { reading_->seek(line); }
const SegmentFile& SegmentLines::file() const { return reading_->file(); }
std::uint64_t SegmentLines::blank_lines() const { return reading_->blank_lines(); }
std::optional<std::uint64_t> SegmentLines::bytes_total() const { return file().bytes(); }
std::uint64_t SegmentLines::bytes_read() const { return reading_->bytes_read(); }
bool SegmentLines::ends_block() const { return reading_->ends_block(); }
const std::string& SegmentLines::block_digest() const { return reading_->digest(); }

}  // namespace lianqing
