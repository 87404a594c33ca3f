#include "connectors/segment/segment_writer.h"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <optional>
#include <set>

#include "connectors/segment/line_digest.h"
#include "connectors/segment/line_shape.h"
#include "connectors/segment/part.h"
#include "connectors/segment/segment_file.h"
#include "connectors/segment/text_forms.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

// Lines of a block. Card: its columns stay in the second cache while they become events: 0.8 of the
// time of 65,536, for 1.5 % more bytes.
constexpr std::size_t kBlockRows = 16'384;
static_assert(kBlockRows <= kSegmentRows);
constexpr std::size_t kBlockBytes = 64 * 1024 * 1024;  // of lines
constexpr std::size_t kMaxShapes = 1000;               // more: lines are kept as they are
constexpr std::size_t kMaxColumns = 4000;
constexpr std::size_t kMostStems = 256;

// The last run of digits of a text, at most 18: what counts up in ids.
struct Numbered {
  std::string stem;
  std::int64_t value = 0, digits = 0;
};

std::optional<Numbered> numbered(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t end = text.size();
  while (end > 0 && !is_digit(text[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_digit(text[begin - 1]) && end - begin < 18) --begin;
  if (begin == end) return std::nullopt;
  Numbered out;
  out.stem.append(text.substr(0, begin)).append(1, '\0').append(text.substr(end));
  for (std::size_t i = begin; i < end; ++i) out.value = out.value * 10 + (text[i] - '0');
  out.digits = static_cast<std::int64_t>(end - begin);
  return out;
}

class TextsOut {
 public:
  TextsOut(ByteWriter& headings, PartWriter& parts) : headings_(headings), parts_(parts) {}

  void plain(std::span<const std::string_view> texts) {
    headings_.unsigned_integer(static_cast<unsigned>(TextForm::plain));
    std::vector<std::int64_t> lengths;
    std::string bytes;
    for (const std::string_view text : texts) {
      lengths.push_back(static_cast<std::int64_t>(text.size()));
      bytes += text;
    }
    parts_.numbers(lengths);
    parts_.bytes(bytes);
  }

  // False, and nothing is written, where the texts are not of that kind.
  bool numbers(std::span<const std::string_view> texts) {
    std::vector<std::int64_t> stem, digits, values;
    std::map<std::string, std::int64_t, std::less<>> stems;
    for (const std::string_view text : texts) {
      const auto found = numbered(text);
      if (!found || text.find('\0') != std::string_view::npos) return false;
      const auto place = static_cast<std::int64_t>(stems.size());
      stem.push_back(stems.try_emplace(found->stem, place).first->second);
      if (stems.size() > kMostStems) return false;
      digits.push_back(found->digits);
      values.push_back(found->value);
    }
    headings_.unsigned_integer(static_cast<unsigned>(TextForm::numbered));
    std::vector<std::string_view> ordered(stems.size());
    for (const auto& [text, place] : stems) ordered[static_cast<std::size_t>(place)] = text;
    plain(ordered);
    parts_.numbers(stem);
    parts_.numbers(digits);
    parts_.numbers(values);
    return true;
  }

  void either(std::span<const std::string_view> texts) {
    if (!numbers(texts)) plain(texts);
  }

  void best(std::span<const std::string_view> texts) {
    boost::unordered_flat_map<std::string_view, std::int64_t> distinct;
    const std::size_t most = std::max<std::size_t>(texts.size() / 3, 1);
    for (const std::string_view text : texts) {
      distinct.emplace(text, 0);
      if (distinct.size() > most) return either(texts);
    }
    std::vector<std::string_view> sorted;
    for (const auto& [text, place] : distinct) sorted.push_back(text);
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      distinct[sorted[i]] = static_cast<std::int64_t>(i);
    }
    std::vector<std::int64_t> index;
    for (const std::string_view text : texts) index.push_back(distinct.find(text)->second);
    headings_.unsigned_integer(static_cast<unsigned>(TextForm::dictionary));
    parts_.numbers(index);
    either(sorted);
  }

 private:
  ByteWriter& headings_;
  PartWriter& parts_;
};

// The values of one path and kind, as they come.
struct ColumnOut {
  std::string path;
  HoleKind kind = HoleKind::raw;
  std::vector<std::int64_t> values, scales;
  std::vector<std::size_t> ends;
  std::string bytes;
  std::map<std::string, std::int64_t, std::less<>> spellings;  // of times

  void add(const Hole& hole) {
    switch (kind) {
      case HoleKind::raw:
      case HoleKind::text:
        bytes += hole.text;
        ends.push_back(bytes.size());
        return;
      case HoleKind::integer:
      case HoleKind::boolean: values.push_back(hole.value); return;
      case HoleKind::decimal:
        values.push_back(hole.value);
        scales.push_back(hole.scale);
        return;
      case HoleKind::time: {
        values.push_back(hole.value);
        std::string spelling(1, static_cast<char>('0' + hole.scale));
        spelling += hole.text;
        const auto place = static_cast<std::int64_t>(spellings.size());
        scales.push_back(spellings.try_emplace(std::move(spelling), place).first->second);
        return;
      }
    }
  }

  void write(ByteWriter& headings, PartWriter& parts) const {
    headings.text(path);
    headings.unsigned_integer(static_cast<unsigned>(kind));
    TextsOut texts(headings, parts);
    if (kind == HoleKind::raw || kind == HoleKind::text) {
      std::vector<std::string_view> all;
      std::size_t begin = 0;
      for (const std::size_t end : ends) {
        all.push_back(std::string_view(bytes).substr(begin, end - begin));
        begin = end;
      }
      return kind == HoleKind::raw ? texts.plain(all) : texts.best(all);
    }
    parts.numbers(values);
    if (kind == HoleKind::decimal) parts.numbers(scales);
    if (kind != HoleKind::time) return;
    parts.numbers(scales);
    std::vector<std::string_view> ordered(spellings.size());
    for (const auto& [text, place] : spellings) ordered[static_cast<std::size_t>(place)] = text;
    texts.plain(ordered);
  }
};

}  // namespace

class SegmentWriter::Block {
 public:
  std::size_t rows() const { return shape_of_.size(); }
  std::uint64_t first_line() const { return line_; }
  bool is_full() const { return rows() == kBlockRows || line_bytes_ >= kBlockBytes; }

  void add(const RawLine& line, bool is_event) {
    if (rows() == 0) {
      line_ = next_line_ = line.line;
      byte_ = next_byte_ = line.byte;
    }
    line_gaps_.push_back(static_cast<std::int64_t>(line.line - next_line_));
    byte_gaps_.push_back(static_cast<std::int64_t>(line.byte - next_byte_));
    next_line_ = line.line + 1;
    next_byte_ = line.byte + line.bytes.size() + 1;
    line_bytes_ += line.bytes.size();
    digest_.line(line.bytes);
    if (!cut_line(line.bytes, cut_) || !known_shape(lines_of(line.bytes, is_event))) {
      cut_.skeleton.assign({'\0', '0'});
      cut_.holes.assign(1, {HoleKind::raw, line.bytes, 0, 0});
      known_shape(SegmentShape::Lines::any, true);
    }
    const ShapeOut& shape = *shape_;
    shape_of_.push_back(shape.number);
    for (std::size_t i = 0; i < cut_.holes.size(); ++i) {
      columns_[shape.columns[i]].add(cut_.holes[i]);
    }
  }

  // Heading and stored parts.
  std::pair<std::string, std::string> take(std::string& digest) {
    ByteWriter headings;
    PartWriter parts(headings);
    digest = digest_.take();
    headings.unsigned_integer(rows());
    headings.unsigned_integer(line_);
    headings.unsigned_integer(byte_);
    headings.raw(digest);
    parts.numbers(line_gaps_);
    parts.numbers(byte_gaps_);
    parts.numbers(shape_of_);
    ByteWriter shapes;
    std::vector<std::pair<unsigned, const std::pair<const std::string, ShapeOut>*>> ordered(
        known_shapes());
    for (unsigned lines = 0; lines < shapes_.size(); ++lines) {
      for (const auto& entry : shapes_[lines]) {
        ordered[static_cast<std::size_t>(entry.second.number)] = {lines, &entry};
      }
    }
    shapes.unsigned_integer(ordered.size());
    for (const auto& [lines, entry] : ordered) {
      shapes.unsigned_integer(lines);
      shapes.text(entry->first);
      for (const std::uint32_t column : entry->second.columns) shapes.unsigned_integer(column);
    }
    parts.bytes(shapes.bytes());
    headings.unsigned_integer(columns_.size());
    for (const ColumnOut& column : columns_) column.write(headings, parts);
    return {headings.take(), parts.stored()};
  }

 private:
  struct ShapeOut {
    std::int64_t number = 0;
    std::vector<std::uint32_t> columns;  // of its holes
  };

  // What SegmentShape says of the line that was cut.
  SegmentShape::Lines lines_of(std::string_view line, bool is_event) const {
    using Lines = SegmentShape::Lines;
    if (!is_event || cut_.skeleton.find('\\') != std::string::npos) return Lines::any;
    return line.find('\\') == std::string_view::npos ? Lines::events : Lines::escaped;
  }

  std::size_t known_shapes() const {
    return shapes_[0].size() + shapes_[1].size() + shapes_[2].size();
  }

  // Finds the shape of what was cut, or makes it; false if there are too many.
  bool known_shape(SegmentShape::Lines lines, bool always = false) {
    auto& shapes = shapes_[static_cast<std::size_t>(lines)];
    if (const auto at = shapes.find(cut_.skeleton); at != shapes.end()) {
      shape_ = &at->second;
      return true;
    }
    const std::size_t known = known_shapes();
    if (!always && (known >= kMaxShapes || columns_.size() + cut_.holes.size() >= kMaxColumns)) {
      return false;
    }
    const std::vector<std::string> paths = hole_paths(cut_.skeleton);
    if (paths.size() != cut_.holes.size()) return false;
    std::set<std::pair<std::string_view, HoleKind>> distinct;  // a column has one value a row
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (!distinct.emplace(paths[i], cut_.holes[i].kind).second) return false;
    }
    ShapeOut shape;
    shape.number = static_cast<std::int64_t>(known);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const auto place = static_cast<std::uint32_t>(columns_.size());
      const auto [at, is_new] = column_of_.try_emplace({paths[i], cut_.holes[i].kind}, place);
      if (is_new) {
        columns_.emplace_back();
        columns_.back().path = paths[i];
        columns_.back().kind = cut_.holes[i].kind;
      }
      shape.columns.push_back(at->second);
    }
    shape_ = &shapes.emplace(cut_.skeleton, std::move(shape)).first->second;
    return true;
  }

  LineShape cut_;
  const ShapeOut* shape_ = nullptr;
  std::array<std::map<std::string, ShapeOut>, 3> shapes_;  // by SegmentShape::Lines
  std::map<std::pair<std::string, HoleKind>, std::uint32_t> column_of_;
  std::vector<ColumnOut> columns_;
  std::vector<std::int64_t> shape_of_, line_gaps_, byte_gaps_;
  std::uint64_t line_ = 0, byte_ = 0, next_line_ = 0, next_byte_ = 0;
  std::size_t line_bytes_ = 0;
  LineDigest digest_;
};

struct SegmentWriter::Index {
  ByteWriter blocks;
  std::uint64_t count = 0;
  LineDigest digest;  // of the blocks' digests
};

SegmentWriter::SegmentWriter(Put put)
    : put_(std::move(put)), block_(std::make_unique<Block>()), index_(std::make_unique<Index>()) {}
SegmentWriter::~SegmentWriter() = default;

Status SegmentWriter::put(std::string_view bytes) {
  totals_.bytes += bytes.size();
  return put_(bytes);
}

Status SegmentWriter::add(const RawLine& line) {
  arena_.reset();
  const bool is_event = std::holds_alternative<Event>(decoder_.decode(line.bytes, {}, arena_));
  block_->add(line, is_event);
  ++totals_.lines;
  totals_.line_bytes += line.bytes.size();
  return block_->is_full() ? flush() : Status{};
}

Status SegmentWriter::flush() {
  if (totals_.bytes == 0) {
    if (Status s = put(kSegmentMagic); !s) return s;
  }
  if (block_->rows() == 0) return {};
  const std::size_t rows = block_->rows();
  const std::uint64_t line = block_->first_line();
  std::string digest;
  const auto [heading, parts] = block_->take(digest);
  index_->digest.bytes(digest);
  ++index_->count;
  index_->blocks.unsigned_integer(totals_.bytes);
  index_->blocks.unsigned_integer(heading.size());
  index_->blocks.unsigned_integer(segment_hash(heading));
  index_->blocks.unsigned_integer(parts.size());
  index_->blocks.unsigned_integer(rows);
  index_->blocks.unsigned_integer(line);
  block_ = std::make_unique<Block>();
  if (Status s = put(heading); !s) return s;
  return put(parts);
}

Result<SegmentTotals> SegmentWriter::finish() {
  if (Status s = flush(); !s) return Unexpected<Error>(s.error());
  ByteWriter index;
  index.unsigned_integer(index_->count);
  index.raw(index_->blocks.bytes());
  index.unsigned_integer(totals_.lines);
  index.unsigned_integer(totals_.line_bytes);
  index.raw(index_->digest.take());
  std::string end = index.take();
  const std::uint64_t size = end.size(), hash = segment_hash(end);
  for (const std::uint64_t number : {size, hash}) {
    for (int byte = 0; byte < 8; ++byte) end += static_cast<char>(number >> (8 * byte));
  }
  end += kSegmentMagic;
  if (Status s = put(end); !s) return Unexpected<Error>(s.error());
  return totals_;
}

}  // namespace lianqing
