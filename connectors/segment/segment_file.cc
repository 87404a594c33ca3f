#include "connectors/segment/segment_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "connectors/arena.h"
#include "connectors/segment/line_digest.h"
#include "connectors/segment/segment_writer.h"
#include "lianqing/assert.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::size_t kEndBytes = 16 + kSegmentMagic.size();
constexpr std::uint64_t kMaxIndexBytes = 256 * 1024 * 1024;
constexpr std::uint64_t kMaxHeadingBytes = 16 * 1024 * 1024;
// Readable behind each text; a string so long is on the heap: views into it outlive its being
// moved.
constexpr std::size_t kBehind = Arena::kPadding;
constexpr std::size_t kMaxColumnTextBytes = kMaxPartBytes;

std::uint64_t fixed(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 8; i-- > 0;) out = out << 8 | static_cast<std::uint8_t>(bytes[i]);
  return out;
}

bool read_texts_heading(ByteReader& in, std::uint64_t& offset, SegmentColumn& out,
                        bool may_be_dictionary, bool may_be_numbered) {
  const std::uint64_t form = in.unsigned_integer();
  if (form > static_cast<unsigned>(TextForm::numbered)) return false;
  out.forms.push_back(static_cast<TextForm>(form));
  const auto part = [&] { return read_part(in, offset, out.parts.emplace_back()); };
  switch (out.forms.back()) {
    case TextForm::plain: return part() && part();
    case TextForm::dictionary:
      return may_be_dictionary && part() && read_texts_heading(in, offset, out, false, true);
    case TextForm::numbered:
      return may_be_numbered && read_texts_heading(in, offset, out, false, false) && part() &&
             part() && part();
  }
  return false;
}

bool read_column(ByteReader& in, std::uint64_t& offset, SegmentColumn& out) {
  out.path = in.text();
  const std::uint64_t kind = in.unsigned_integer();
  if (in.failed() || kind > static_cast<unsigned>(HoleKind::time)) return false;
  out.kind = static_cast<HoleKind>(kind);
  const auto part = [&] { return read_part(in, offset, out.parts.emplace_back()); };
  switch (out.kind) {
    case HoleKind::raw:
    case HoleKind::text: return read_texts_heading(in, offset, out, true, true);
    case HoleKind::integer:
    case HoleKind::boolean: return part();
    case HoleKind::decimal: return part() && part();
    case HoleKind::time:
      return part() && part() && read_texts_heading(in, offset, out, false, false);
  }
  return false;
}

// Cuts `bytes` into texts of these lengths; false if they are not all of it.
bool cut_texts(std::string_view bytes, std::span<const std::int64_t> lengths,
               std::vector<std::string_view>& out) {
  out.clear();
  out.reserve(lengths.size());
  std::size_t at = 0;
  for (const std::int64_t length : lengths) {
    if (length < 0 || static_cast<std::uint64_t>(length) > bytes.size() - at) return false;
    out.push_back(bytes.substr(at, static_cast<std::size_t>(length)));
    at += static_cast<std::size_t>(length);
  }
  return at == bytes.size();
}

// False: they are too large together.
bool write_out(const NumberedTexts& from, SegmentTexts& out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    size += from.size_of(i);
    if (size > kMaxColumnTextBytes) return false;
  }
  std::string& memory = out.memory.emplace_back(size + kBehind, '\0');
  out.texts.clear();
  out.texts.reserve(from.size());
  char* at = memory.data();
  for (std::size_t i = 0; i < from.size(); ++i) {
    from.write(i, at);
    out.texts.emplace_back(at, from.size_of(i));
    at += from.size_of(i);
  }
  return true;
}

bool are_spellings(std::span<const std::string_view> texts) {
  return std::all_of(texts.begin(), texts.end(), [](std::string_view text) {
    return !text.empty() && text[0] >= '0' && text[0] <= '6';
  });
}

bool all_within(std::span<const std::int64_t> values, std::int64_t low, std::int64_t high) {
  return std::all_of(values.begin(), values.end(),
                     [=](std::int64_t v) { return v >= low && v <= high; });
}

// The part's bytes; holds_its_parts() said that they are there.
std::string_view stored_of(const SegmentBlock& block, const SegmentPart& part) {
  return std::string_view(block.stored).substr(part.offset, part.stored);
}

// Whether all parts are there, those that nobody will ask for too, with the bytes that were
// written.
bool holds_its_parts(const SegmentBlock& block) {
  const auto is_whole = [&](const SegmentPart& part) {
    return part.offset <= block.stored.size() && part.stored <= block.stored.size() - part.offset &&
           segment_hash(stored_of(block, part)) == part.hash;
  };
  for (const SegmentPart* part :
       {&block.line_gaps, &block.byte_gaps, &block.shape_of, &block.shapes}) {
    if (!is_whole(*part)) return false;
  }
  return std::all_of(block.columns.begin(), block.columns.end(), [&](const SegmentColumn& c) {
    return std::all_of(c.parts.begin(), c.parts.end(), is_whole);
  });
}

}  // namespace

std::uint64_t SegmentColumn::size() const {
  if (kind != HoleKind::raw && kind != HoleKind::text) return parts.front().count;
  // The stems of numbered texts come first.
  return forms.front() == TextForm::numbered ? parts[2].count : parts.front().count;
}

bool SegmentTexts::has_backslash() const {
  return std::any_of(texts.begin(), texts.end(), [](std::string_view text) {
    return text.find('\\') != std::string_view::npos;
  });
}

Hole SegmentValues::hole(std::size_t i) const {
  switch (kind) {
    case HoleKind::raw:
    case HoleKind::text: return {kind, texts.at(i), 0, 0};
    case HoleKind::integer:
    case HoleKind::boolean: return {kind, {}, values[i], 0};
    case HoleKind::decimal: return {kind, {}, values[i], static_cast<int>(scales[i])};
    case HoleKind::time: {
      const std::string_view spelling = texts.at(static_cast<std::size_t>(scales[i]));
      return {kind, spelling.substr(1), values[i], spelling[0] - '0'};
    }
  }
  return {};
}

Number SegmentValues::decimal(std::size_t i) const {
  constexpr std::int64_t kMicroScale = 6;
  if (scales[i] > kMicroScale) {
    std::string text;
    append_hole(text, hole(i));
    return Number::parse(text).value_or(Number{});
  }
  Wide micros = values[i];
  for (std::int64_t scale = scales[i]; scale < kMicroScale; ++scale) micros *= 10;
  return Number::from_micros(micros);
}

bool read_segment_heading(std::string_view heading, SegmentBlock& out) {
  ByteReader in(heading);
  out.rows = static_cast<std::size_t>(in.unsigned_integer());
  out.line = in.unsigned_integer();
  out.byte = in.unsigned_integer();
  out.digest = in.raw(LineDigest::kBytes);
  std::uint64_t offset = 0;
  for (SegmentPart* part : {&out.line_gaps, &out.byte_gaps, &out.shape_of, &out.shapes}) {
    if (!read_part(in, offset, *part)) return false;
  }
  if (out.rows == 0 || out.rows > kSegmentRows || out.line_gaps.count != out.rows ||
      out.byte_gaps.count != out.rows || out.shape_of.count != out.rows) {
    return false;
  }
  out.columns.clear();
  for (std::uint64_t left = in.count(); left > 0; --left) {
    if (!read_column(in, offset, out.columns.emplace_back())) return false;
  }
  return in.at_end();
}

bool read_segment_shapes(std::string_view bytes, std::size_t columns,
                         std::vector<SegmentShape>& out) {
  ByteReader in(bytes);
  out.clear();
  for (std::uint64_t left = in.count(); left > 0; --left) {
    SegmentShape& shape = out.emplace_back();
    const std::uint64_t lines = in.unsigned_integer();
    if (lines > static_cast<unsigned>(SegmentShape::Lines::escaped)) return false;
    shape.lines = static_cast<SegmentShape::Lines>(lines);
    shape.skeleton = in.text();
    // Each zero byte is a hole, with the digit of its kind behind it.
    const auto holes = std::count(shape.skeleton.begin(), shape.skeleton.end(), '\0');
    for (std::ptrdiff_t i = 0; i < holes && !in.failed(); ++i) {
      const std::uint64_t column = in.unsigned_integer();
      if (column >= columns) return false;
      shape.columns.push_back(static_cast<std::uint32_t>(column));
    }
    if (in.failed() || shape.skeleton.ends_with('\0')) return false;
    std::vector<std::uint32_t> distinct = shape.columns;
    std::sort(distinct.begin(), distinct.end());
    if (std::adjacent_find(distinct.begin(), distinct.end()) != distinct.end()) return false;
    for (std::size_t at = 0; at + 1 < shape.skeleton.size(); ++at) {
      if (shape.skeleton[at] != '\0') continue;
      if (shape.skeleton[at + 1] < '0' || shape.skeleton[at + 1] > '5') return false;
    }
  }
  return in.at_end();
}

bool SegmentFile::is_segment(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  char begin[kSegmentMagic.size()];
  struct stat facts = {};
  const bool is =
      ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
      ::pread(fd, begin, sizeof begin, 0) == static_cast<ssize_t>(sizeof begin) &&
      std::string_view(begin, sizeof begin - 2) == kSegmentMagic.substr(0, sizeof begin - 2);
  ::close(fd);
  return is;
}

SegmentFile::~SegmentFile() {
  if (fd_ >= 0) ::close(fd_);
}
SegmentFile::SegmentFile(SegmentFile&& other) noexcept { *this = std::move(other); }
SegmentFile& SegmentFile::operator=(SegmentFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(lines_, other.lines_);
  std::swap(digest_, other.digest_);
  std::swap(blocks_, other.blocks_);
  return *this;
}

Unexpected<Error> SegmentFile::damaged(std::size_t block) const {
  return failure(ErrorCode::corrupt, path_ + " is damaged in block " + std::to_string(block + 1) +
                                         " of " + std::to_string(blocks_.size()) +
                                         ": pack the log again");
}

Result<SegmentFile> SegmentFile::open(const std::string& path) {
  SegmentFile out;
  out.path_ = path;
  out.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts = {};
  if (out.fd_ < 0 || ::fstat(out.fd_, &facts) != 0) {
    return failure(ErrorCode::io,
                   "cannot open " + path + ": " + std::generic_category().message(errno));
  }
  out.size_ = static_cast<std::uint64_t>(facts.st_size);
  if (Status s = out.read_index(); !s) return Unexpected<Error>(s.error());
  return out;
}

Status SegmentFile::read_index() {
  const auto cut = [this] {
    return failure(ErrorCode::corrupt,
                   path_ +
                       " is a segment without its end, or damaged there: was it copied whole? "
                       "Else pack the log again");
  };
  if (size_ < kSegmentMagic.size() + kEndBytes) return cut();
  LQ_TRY(const std::string begin, bytes_at(0, kSegmentMagic.size()));
  if (begin != kSegmentMagic && begin != kSegmentMagicBefore) {
    return failure(ErrorCode::refused, path_ + " is no segment of a version that is known here");
  }
  LQ_TRY(const std::string end, bytes_at(size_ - kEndBytes, kEndBytes));
  if (!end.ends_with(begin)) return cut();
  const std::uint64_t index_bytes = fixed(end), hash = fixed(std::string_view(end).substr(8));
  if (index_bytes > kMaxIndexBytes || index_bytes > size_ - kEndBytes - kSegmentMagic.size()) {
    return cut();
  }
  const std::uint64_t index_at = size_ - kEndBytes - index_bytes;
  LQ_TRY(const std::string bytes, bytes_at(index_at, index_bytes));
  if (segment_hash(bytes) != hash) return cut();
  ByteReader in(bytes);
  std::uint64_t next = kSegmentMagic.size(), rows = 0;
  for (std::uint64_t left = in.count(); left > 0; --left) {
    SegmentBlockPlace& block = blocks_.emplace_back();
    block.offset = in.unsigned_integer();
    block.heading_bytes = in.unsigned_integer();
    block.heading_hash = in.unsigned_integer();
    block.part_bytes = in.unsigned_integer();
    block.rows = in.unsigned_integer();
    block.line = in.unsigned_integer();
    if (block.offset != next || block.heading_bytes > kMaxHeadingBytes ||
        block.heading_bytes > index_at - next ||
        block.part_bytes > index_at - next - block.heading_bytes || block.rows > kSegmentRows) {
      return cut();
    }
    next += block.heading_bytes + block.part_bytes;
    rows += block.rows;
  }
  lines_ = in.unsigned_integer();
  (void)in.unsigned_integer();
  digest_ = in.raw(LineDigest::kBytes);
  return in.at_end() && next == index_at && rows == lines_ ? Status{} : cut();
}

Result<std::string> SegmentFile::bytes_at(std::uint64_t offset, std::uint64_t size) const {
  std::string out(static_cast<std::size_t>(size), '\0');
  std::size_t got = 0;
  while (got < out.size()) {
    const ssize_t more =
        ::pread(fd_, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) {
      return failure(ErrorCode::io, "reading failed of " + path_ + ": " +
                                        std::generic_category().message(more < 0 ? errno : EIO));
    }
    got += static_cast<std::size_t>(more);
  }
  return out;
}

Result<SegmentBlock> SegmentFile::block(std::size_t number) const {
  const SegmentBlockPlace& place = blocks_[number];
  LQ_TRY(const std::string heading, bytes_at(place.offset, place.heading_bytes));
  SegmentBlock out;
  if (segment_hash(heading) != place.heading_hash || !read_segment_heading(heading, out) ||
      out.rows != place.rows || out.line != place.line) {
    return damaged(number);
  }
  out.number = number;
  LQ_TRY(out.stored, bytes_at(place.offset + place.heading_bytes, place.part_bytes));
  return holds_its_parts(out) ? Result<SegmentBlock>(std::move(out)) : damaged(number);
}

Result<std::string> SegmentFile::text_bytes(const SegmentBlock& block, const SegmentPart& part,
                                            std::size_t behind) const {
  std::string out;
  if (part.width != 1 || !part_bytes(part, stored_of(block, part), out, behind)) {
    return damaged(block.number);
  }
  return out;
}

Result<std::vector<std::int64_t>> SegmentFile::numbers(const SegmentBlock& block,
                                                       const SegmentPart& part) const {
  std::vector<std::int64_t> out;
  if (Status s = numbers(block, part, out); !s) return Unexpected<Error>(s.error());
  return out;
}

Status SegmentFile::numbers(const SegmentBlock& block, const SegmentPart& part,
                            std::vector<std::int64_t>& out) const {
  if (!part_numbers(part, stored_of(block, part), out)) return damaged(block.number);
  return {};
}

Result<std::vector<SegmentShape>> SegmentFile::shapes(const SegmentBlock& block) const {
  LQ_TRY(const std::string bytes, text_bytes(block, block.shapes));
  std::vector<SegmentShape> out;
  if (!read_segment_shapes(bytes, block.columns.size(), out)) return damaged(block.number);
  return out;
}

Status SegmentFile::texts(const SegmentBlock& block, std::span<const SegmentPart> parts,
                          std::span<const TextForm> forms, SegmentTexts& out) const {
  switch (forms.front()) {
    case TextForm::plain: {
      LQ_TRY(const auto lengths, numbers(block, parts[0]));
      LQ_TRY(std::string bytes, text_bytes(block, parts[1], kBehind));
      const std::size_t size = bytes.size() - kBehind;
      out.memory.push_back(std::move(bytes));
      if (!cut_texts(std::string_view(out.memory.back()).substr(0, size), lengths, out.texts)) {
        return damaged(block.number);
      }
      return {};
    }
    case TextForm::dictionary: {
      LQ_TRY(auto index, numbers(block, parts[0]));
      if (Status s = texts(block, parts.subspan(1), forms.subspan(1), out); !s) return s;
      if (!index.empty() &&
          !all_within(index, 0, static_cast<std::int64_t>(out.texts.size()) - 1)) {
        return damaged(block.number);
      }
      out.is_dictionary = true;
      out.index = std::move(index);
      return {};
    }
    case TextForm::numbered: {
      NumberedTexts from;
      if (Status s = numbered(block, parts, forms, from); !s) return s;
      if (!write_out(from, out)) return damaged(block.number);
      return {};
    }
  }
  return damaged(block.number);
}

Status SegmentFile::numbered(const SegmentBlock& block, std::span<const SegmentPart> parts,
                             std::span<const TextForm> forms, NumberedTexts& out) const {
  SegmentTexts stems;
  if (Status s = texts(block, parts, forms.subspan(1), stems); !s) return s;
  out.stems.clear();
  for (const std::string_view stem : stems.texts) {
    const std::size_t hole = stem.find('\0');
    if (hole == std::string_view::npos) return damaged(block.number);
    out.stems.push_back({std::string(stem.substr(0, hole)), std::string(stem.substr(hole + 1))});
  }
  if (Status s = numbers(block, parts[2], out.stem); !s) return s;
  if (Status s = numbers(block, parts[3], out.digits); !s) return s;
  if (Status s = numbers(block, parts[4], out.numbers); !s) return s;
  return out.is_right() ? Status{} : damaged(block.number);
}

Result<SegmentValues> SegmentFile::values(const SegmentBlock& block,
                                          const SegmentColumn& column) const {
  SegmentValues out;
  out.kind = column.kind;
  const std::span<const SegmentPart> parts = column.parts;
  if (column.kind == HoleKind::raw || column.kind == HoleKind::text) {
    if (Status s = texts(block, parts, column.forms, out.texts); !s) {
      return Unexpected<Error>(s.error());
    }
    return out;
  }
  LQ_TRY(out.values, numbers(block, parts[0]));
  if (column.kind == HoleKind::integer || column.kind == HoleKind::boolean) return out;
  LQ_TRY(out.scales, numbers(block, parts[1]));
  if (out.scales.size() != out.values.size()) return damaged(block.number);
  if (column.kind == HoleKind::decimal) {
    return all_within(out.scales, 1, 18) ? Result<SegmentValues>(std::move(out))
                                         : damaged(block.number);
  }
  if (Status s = texts(block, parts.subspan(2), column.forms, out.texts); !s) {
    return Unexpected<Error>(s.error());
  }
  const auto spellings = static_cast<std::int64_t>(out.texts.texts.size());
  if (!are_spellings(out.texts.texts) || !all_within(out.scales, 0, spellings - 1) ||
      !all_within(out.values, kFirstTimeHole, kLastTimeHole)) {
    return damaged(block.number);
  }
  return out;
}

}  // namespace lianqing
