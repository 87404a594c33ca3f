#include "log/page.h"

#include <utility>

namespace lianqing {
namespace {

constexpr char kNote = 1, kSameSource = 2, kErased = 4;

ContentHash hash_from(std::string_view bytes) {
  return {number_of(bytes), number_of(bytes.substr(8))};
}

}  // namespace

LeafView leaf_of(const PagedRecord& record) {
  return leaf_of(record,
                 record.is_erased ? record.commitment : commitment(record.salt, record.bytes));
}

LeafView leaf_of(const PagedRecord& record, const Digest& commitment) {
  return {record.seq,           record.at,     record.is_note ? kEraseKind : kEventKind,
          record.source,        record.cursor, record.id,
          record.payload_bytes, commitment};
}

std::string id_value(const PagedRecord& record) {
  return record.is_erased ? be64(record.seq) : id_value(record.seq, record.content);
}

void PageWriter::add(const PagedRecord& record) {
  const bool same = !page_.empty() && record.source == source_;
  if (page_.empty()) page_.reserve(kPageBytes + kPageBytes / 4);
  ByteWriter out(std::move(page_));
  const char flags = static_cast<char>((record.is_note ? kNote : 0) | (same ? kSameSource : 0) |
                                       (record.is_erased ? kErased : 0));
  out.raw({&flags, 1});
  // Unsigned, so that far ends of time wrap and do not overflow.
  out.integer(static_cast<std::int64_t>(static_cast<std::uint64_t>(micros(record.at)) -
                                        static_cast<std::uint64_t>(micros(at_))));
  if (!same) {
    source_ = record.source;
    out.text(source_);
  }
  out.text(record.cursor);
  out.text(record.id);
  out.raw(HashKey(record.identity).view());
  if (record.is_erased) {
    out.unsigned_integer(record.payload_bytes);
    out.raw(bytes_of(record.commitment));
    out.raw(be64(record.note));
  } else {
    out.raw(HashKey(record.content).view());
    out.raw(record.salt);
    out.text(record.bytes);
  }
  page_ = out.take();
  at_ = record.at;
}

std::string PageWriter::take() {
  at_ = {};
  return std::exchange(page_, {});
}

std::optional<PagedRecord> PageReader::next() {
  if (in_.at_end()) return std::nullopt;
  PagedRecord out;
  const std::string_view flags = in_.raw(1);
  const char flag = flags.empty() ? '\0' : flags[0];
  if ((flag & ~(kNote | kSameSource | kErased)) != 0) in_.fail();
  out.seq = next_;
  out.is_note = (flag & kNote) != 0;
  out.is_erased = (flag & kErased) != 0;
  at_ = instant(static_cast<std::int64_t>(static_cast<std::uint64_t>(micros(at_)) +
                                          static_cast<std::uint64_t>(in_.integer())));
  out.at = at_;
  // One spelling: a source stands there exactly if it is another one.
  const bool same = (flag & kSameSource) != 0, first = first_;
  const std::string_view source = same ? source_ : in_.text();
  if (same ? first : !first && source == source_) in_.fail();
  source_ = source;
  first_ = false;
  out.source = source_;
  out.cursor = in_.text();
  out.id = in_.text();
  const std::string_view identity = in_.raw(16);
  if (out.is_erased) {
    out.payload_bytes = in_.unsigned_integer();
    in_.raw(32).copy(out.commitment.data(), out.commitment.size());
    const std::string_view note = in_.raw(8);
    if (in_.failed()) return std::nullopt;
    out.note = number_of(note);
  } else {
    const std::string_view content = in_.raw(16);
    out.salt = in_.raw(kSaltBytes);
    out.bytes = in_.text();
    if (in_.failed()) return std::nullopt;
    out.content = hash_from(content);
    out.payload_bytes = out.bytes.size();
  }
  out.identity = hash_from(identity);
  ++next_;
  return out;
}

}  // namespace lianqing
