#include "connectors/segment/segment_lines.h"

#include <utility>

namespace lianqing {
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
  const std::string& digest() const { return block_->heading().digest; }

  Result<std::shared_ptr<OpenBlock>> next_block() {
    return kept([this]() -> Result<std::shared_ptr<OpenBlock>> {
      LQ_TRY(const bool more, advance(false));
      if (!more) return std::shared_ptr<OpenBlock>{};
      row_ = rows();
      for (const std::int64_t gap : block_->line_gaps()) pass_lines(gap);
      return block_;
    });
  }

 private:
  std::size_t rows() const { return block_ == nullptr ? 0 : block_->rows(); }

  // An error stays.
  template <class Read>
  auto kept(Read read) -> decltype(read()) {
    if (error_) return Unexpected<Error>(*error_);
    auto out = read();
    if (!out) error_ = out.error();
    return out;
  }

  // Makes sure that there is a next row; false at the end.
  Result<bool> advance(bool whole) {
    while (row_ == rows()) {
      number_ = next_block_;
      if (next_block_ == file_.blocks().size()) return false;
      row_ = 0;
      block_ = nullptr;
      LQ_TRY(std::shared_ptr<OpenBlock> block, OpenBlock::open(file_, number_));
      if (whole) {
        if (Status s = block->want_all(file_); !s) return Unexpected<Error>(s.error());
        LQ_TRY(byte_gaps_, file_.numbers(block->heading(), block->heading().byte_gaps));
      }
      place_ = {{}, block->heading().line, block->heading().byte, false};
      block_ = std::move(block);
      ++next_block_;
    }
    return true;
  }

  void pass_lines(std::int64_t gap) {
    place_.line += static_cast<std::uint64_t>(gap);
    blank_lines_ += place_.line - next_line_;
    next_line_ = ++place_.line;
  }

  // Past the row at hand; where it stands.
  RawLine pass(std::size_t shape) {
    block_->pass(shape);
    place_.byte += static_cast<std::uint64_t>(byte_gaps_[row_]);
    pass_lines(block_->line_gaps()[row_++]);
    return {{}, place_.line - 1, place_.byte, false};
  }

  Result<std::optional<RawLine>> read_next() {
    LQ_TRY(const bool more, advance(true));
    if (!more) return std::nullopt;
    const std::size_t shape = block_->shape_of(row_);
    if (!block_->put_together(shape, line_)) return file_.damaged(number_);
    RawLine out = pass(shape);
    out.bytes = line_;
    out.too_long = line_.size() > kMaxLineBytes;
    place_.byte += line_.size() + 1;
    return out;
  }

  Result<std::optional<Record>> read_record(EventDecoder& decoder, std::uint32_t file_index,
                                            Arena& arena,
                                            std::vector<std::shared_ptr<const void>>& held) {
    LQ_TRY(const bool more, advance(true));
    if (!more) return std::nullopt;
    const std::size_t shape = block_->shape_of(row_);
    if (held.empty() || held.back() != block_) held.push_back(block_);
    std::optional<Event> event = block_->event(shape, decoder, arena);
    if (!event && !block_->put_together(shape, line_)) return file_.damaged(number_);
    const Origin origin{file_index, pass(shape).line, 0};
    if (!event) return decoder.decode(line_, origin, arena);
    event->origin = origin;
    return Record(std::move(*event));
  }

  SegmentFile file_;
  std::shared_ptr<OpenBlock> block_;
  std::vector<std::int64_t> byte_gaps_;
  RawLine place_;  // where the next line would stand without a gap
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
Result<std::shared_ptr<OpenBlock>> SegmentLines::next_block() { return reading_->next_block(); }
void SegmentLines::seek(std::uint64_t line) { reading_->seek(line); }
const SegmentFile& SegmentLines::file() const { return reading_->file(); }
std::uint64_t SegmentLines::blank_lines() const { return reading_->blank_lines(); }
std::optional<std::uint64_t> SegmentLines::bytes_total() const { return file().bytes(); }
std::uint64_t SegmentLines::bytes_read() const { return reading_->bytes_read(); }
bool SegmentLines::ends_block() const { return reading_->ends_block(); }
const std::string& SegmentLines::block_digest() const { return reading_->digest(); }

}  // namespace lianqing
