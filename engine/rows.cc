#include "engine/rows.h"

#include <algorithm>

#include "lianqing/bytes.h"

namespace lianqing {
namespace {

void pack(ByteWriter& out, const Cell& cell, const Cell* elements) {
  out.unsigned_integer(static_cast<std::uint64_t>(cell.tag));
  switch (cell.tag) {
    case CellTag::null: break;
    case CellTag::number:
      out.integer(cell.num);
      out.unsigned_integer(cell.den);
      break;
    case CellTag::list:
      out.unsigned_integer(cell.den);
      for (std::uint32_t i = 0; i < cell.den; ++i) pack(out, elements[cell.num + i], nullptr);
      break;
    case CellTag::text:
    case CellTag::boolean:
    case CellTag::time:
    case CellTag::date: out.integer(cell.num); break;
  }
}

Cell unpack(ByteReader& in, std::vector<Cell>& elements) {
  Cell out;
  out.tag = static_cast<CellTag>(in.unsigned_integer());
  switch (out.tag) {
    case CellTag::null: break;
    case CellTag::number:
      out.num = in.integer();
      out.den = static_cast<std::uint32_t>(in.unsigned_integer());
      break;
    case CellTag::list: {
      out.den = static_cast<std::uint32_t>(in.unsigned_integer());
      out.num = static_cast<std::int64_t>(elements.size());
      for (std::uint32_t i = 0; i < out.den; ++i) {
        const Cell element = unpack(in, elements);
        elements.push_back(element);
      }
      break;
    }
    case CellTag::text:
    case CellTag::boolean:
    case CellTag::time:
    case CellTag::date: out.num = in.integer(); break;
  }
  return out;
}

}  // namespace

void Rows::add(const LogEntry& entry, std::size_t slots) {
  Row row{entry.seq,       entry.time, entry.type, entry.source, entry.type_name,
          entry.complaint, entry.kind, 0,          pool_.size(), 0};
  row.id_size = static_cast<std::uint32_t>(entry.id.size());
  ByteWriter packed(std::move(pool_));
  packed.raw(entry.id);
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (entry.cells[slot].tag == CellTag::null) continue;
    packed.unsigned_integer(slot);
    pack(packed, entry.cells[slot], entry.elements);
  }
  pool_ = packed.take();
  row.size = static_cast<std::uint32_t>(pool_.size() - row.at);
  if (row.kind == RecordKind::event) ++events_;
  if (rows_.empty() || rows_.back().seq < row.seq) {
    rows_.push_back(row);
    return;
  }
  rows_.insert(std::lower_bound(rows_.begin(), rows_.end(), row.seq,
                                [](const Row& r, Seq s) { return r.seq < s; }),
               row);
}

bool Rows::remove(Seq seq) {
  const Row* row = find(seq);
  if (row == nullptr) return false;
  garbage_ += row->size;
  if (row->kind == RecordKind::event) --events_;
  rows_.erase(rows_.begin() + (row - rows_.data()));
  if (garbage_ > 4096 && garbage_ * 2 > pool_.size()) compact();
  return true;
}

void Rows::compact() {
  std::string pool;
  pool.reserve(pool_.size() - garbage_);
  for (Row& row : rows_) {
    const std::uint64_t at = pool.size();
    pool.append(pool_, row.at, row.size);
    row.at = at;
  }
  pool_ = std::move(pool);
  garbage_ = 0;
}

const Row* Rows::find(Seq seq) const {
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), seq,
                                   [](const Row& r, Seq s) { return r.seq < s; });
  return at != rows_.end() && at->seq == seq ? &*at : nullptr;
}

std::string_view Rows::id_of(Seq seq) const {
  const Row* row = find(seq);
  return row == nullptr ? std::string_view{} : id(*row);
}

LogEntry Rows::entry(const Row& row, std::size_t slots, EntryRoom& room) const {
  room.cells.assign(slots, Cell{});
  room.elements.clear();
  ByteReader in(std::string_view(pool_).substr(row.at + row.id_size, row.size - row.id_size));
  while (!in.at_end() && !in.failed()) {
    const auto slot = static_cast<std::size_t>(in.unsigned_integer());
    room.cells[slot] = unpack(in, room.elements);
  }
  LogEntry out;
  out.seq = row.seq;
  out.time = row.time;
  out.clock = row.time;
  out.type = row.type;
  out.source = row.source;
  out.type_name = row.type_name;
  out.complaint = row.complaint;
  out.kind = row.kind;
  out.id = id(row);
  out.cells = room.cells.data();
  out.elements = room.elements.data();
  return out;
}

}  // namespace lianqing
