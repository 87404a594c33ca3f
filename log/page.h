// A page: the records of a commit in one stored value, or a stretch of them if they are many. A
// leaf is not stored: it follows from what is, and so does the tree.
//
//   page    := record...                    of consecutive seqs; its key is the first of them
//   record  := flags int(recorded, less that of the record before in the page)
//              text(source), unless it is that of the record before   text(cursor) text(id)
//              hash(identity) content
//   flags   := one byte: 1 a note about an erasure, 2 source as before, 4 erased
//   content := hash(content) salt[32] text(bytes)       erased: uint(bytes) commitment[32]
//   be64(note)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lianqing/bytes.h"
#include "log/keys.h"
#include "log/leaf.h"

namespace lianqing {

// A page that has reached this size takes no further record.
inline constexpr std::size_t kPageBytes = 32U << 10;

// A record as it is stored; views into its page.
struct PagedRecord {
  Seq seq = 0;
  Instant at;
  bool is_note = false, is_erased = false;
  std::string_view source, cursor, id;
  ContentHash identity;
  ContentHash content;           // of what is not erased, as are salt and bytes
  std::string_view salt, bytes;  //
  std::uint64_t payload_bytes = 0;
  Digest commitment{};  // of an erased record; of others it follows from salt and bytes
  Seq note = 0;         // of an erased record: the record that says why
};

// The leaf of the record; hashes its content.
LeafView leaf_of(const PagedRecord& record);
// The same with the commitment to the content, hashed before.
LeafView leaf_of(const PagedRecord& record, const Digest& commitment);
// What `ids` says of the record.
std::string id_value(const PagedRecord& record);

class PageWriter {
 public:
  void add(const PagedRecord& record);
  bool is_empty() const { return page_.empty(); }
  bool is_full() const { return page_.size() >= kPageBytes; }
  // The page, and a new one is begun.
  std::string take();

 private:
  std::string page_, source_;
  Instant at_{};
};

class PageReader {
 public:
  PageReader(Seq first, std::string_view page) : next_(first), in_(page) {}
  // Nothing at the end of the page or of what can be read of it.
  std::optional<PagedRecord> next();
  // Of the record that next() would give.
  Seq at() const { return next_; }
  // No record follows, and nothing else does.
  bool ended() const { return in_.at_end(); }

 private:
  Seq next_;
  ByteReader in_;
  bool first_ = true;
  Instant at_{};
  std::string_view source_;
};

}  // namespace lianqing
