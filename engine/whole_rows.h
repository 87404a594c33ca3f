// The records of a log gathered whole, as small as they can be: what the fold reads of each, in
// pieces that never move. What changes other records is no row but an entry (AdmittedBatch), and
// has its place here all the same.
// Card: 32 bytes a record, its id, 8 bytes for each field that the program reads; while records
// come 16 for its content and 11 to 21 for its identity.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/entry.h"
#include "engine/identities.h"
#include "engine/symbols.h"

namespace lianqing {

class WholeRows {
 public:
  // `placed`: a row whose content is not known, only where its record stands.
  enum class Kind : std::uint8_t { row, placed, entry, unitless };

  struct Row {
    Instant clock;
    std::uint32_t unit = kNone;
    Symbol source = kNone;
    std::uint32_t id_at = 0;
    std::uint32_t values_at = 0;  // of an entry: its index in AdmittedBatch::entries
    std::uint16_t type = kNoType;
    std::uint16_t id_size = 0;
    std::uint16_t values = 0;
    Kind kind = Kind::row;
    RecordKind record = RecordKind::event;
  };

  // `slots`: of the program.
  explicit WholeRows(std::size_t slots) : slots_(slots) {}
  // Whether a program's types and slots fit.
  static bool fits(std::size_t types, std::size_t slots) {
    return types < kNoType && slots < kTypeName;
  }

  std::size_t size() const { return size_; }
  std::size_t slots() const { return slots_; }
  const Row& row(std::size_t i) const { return chunks_[i / kChunk]->rows[i % kChunk]; }
  Seq seq(std::size_t i) const;
  std::string_view id(std::size_t i) const;
  std::uint32_t type(std::size_t i) const { return row(i).type == kNoType ? kNone : row(i).type; }
  // Not of one that is placed.
  const ContentHash& content(std::size_t i) const {
    return chunks_[i / kChunk]->contents[i % kChunk];
  }
  bool is_placed(std::size_t i) const { return row(i).kind == Kind::placed; }
  Origin origin(std::size_t i) const;  // of one that is
  void tell_content(std::size_t i, const ContentHash& content);
  Instant newest() const { return newest_; }  // clock

  // Row `i` as an entry, not one of another kind; `cells`: one per slot, all null.
  LogEntry entry(std::size_t i, Cell* cells) const;

  Identities::Place find(const ContentHash& identity, std::string_view source, std::string_view id,
                         const Symbols& symbols) const {
    return identities_.find(identity, [&](std::uint32_t i) {
      return this->id(i) == id && symbols.text(row(i).source) == source;
    });
  }
  void prefetch(const ContentHash& identity) const { identities_.prefetch(identity); }
  // Of a row that is in the cache: its values will be looked at.
  void prefetch(std::size_t i) const {
    const Row& row = this->row(i);
    const Chunk& chunk = *chunks_[i / kChunk];
    __builtin_prefetch(chunk.values.data() + row.values_at);
  }

  // One more record, without its cells, as a row. Its identity is not there yet: find() said so.
  // `content` zero: not known, but `origin` tells where it is.
  void add(const LogEntry& entry, const Identities::Place& place, const ContentHash& identity,
           const ContentHash& content, const Origin& origin);
  // The values of the record added last, each field once.
  void add_value(std::uint32_t slot, const Cell& cell);
  void add_cells(const Cell* cells);
  // No more records come: contents and identities are known no longer.
  void close();
  // It is no row, but an entry of the batch.
  void point_at(std::uint32_t entry) {
    last().kind = Kind::entry;
    last().values_at = entry;
    last().values = 0;
  }

 private:
  static constexpr std::size_t kChunk = 1U << 16;
  static constexpr std::uint16_t kNoType = 0xffff;
  static constexpr std::uint16_t kTypeName = 0xfffe, kComplaint = 0xffff;  // instead of slots

  // A cell as small as it mostly is; wider ones elsewhere, `num` says where.
  struct Value {
    std::uint16_t slot;
    CellTag tag;
    bool wide;
    std::int32_t num;
  };
  struct Chunk {
    std::vector<Row> rows;
    std::vector<ContentHash> contents;  // of what is placed: line and file, byte
    std::vector<Value> values;
    std::vector<Cell> wide;
    std::vector<char> ids;
  };

  Row& last() { return chunks_.back()->rows.back(); }

  const std::size_t slots_;
  std::size_t size_ = 0;
  Instant newest_ = kBeforeAll;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::pair<std::uint32_t, Seq>> runs_;  // rows from which on seqs count on from there
  Identities identities_;
};

}  // namespace lianqing
