#include "engine/whole_rows.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr std::uint64_t kFiles = 0xffff;  // numbers of files are below

}  // namespace

Seq WholeRows::seq(std::size_t i) const {
  const auto run =
      std::prev(std::upper_bound(runs_.begin(), runs_.end(), i,
                                 [](std::size_t row, const auto& one) { return row < one.first; }));
  return run->second + (i - run->first);
}

std::string_view WholeRows::id(std::size_t i) const {
  const Row& row = this->row(i);
  return {chunks_[i / kChunk]->ids.data() + row.id_at, row.id_size};
}

Origin WholeRows::origin(std::size_t i) const {
  const ContentHash& at = chunks_[i / kChunk]->contents[i % kChunk];
  Origin out;
  out.file = static_cast<std::uint32_t>(at.high & kFiles);
  out.line = at.high / (kFiles + 1);
  out.byte = at.low;
  return out;
}

void WholeRows::tell_content(std::size_t i, const ContentHash& content) {
  Chunk& chunk = *chunks_[i / kChunk];
  chunk.contents[i % kChunk] = content;
  chunk.rows[i % kChunk].kind = Kind::row;
}

LogEntry WholeRows::entry(std::size_t i, Cell* cells) const {
  const Chunk& chunk = *chunks_[i / kChunk];
  const Row& row = chunk.rows[i % kChunk];
  LogEntry out;
  out.seq = seq(i);
  out.time = out.clock = row.clock;
  out.unit = row.unit;
  if (row.type != kNoType) out.type = row.type;
  out.source = row.source;
  out.id = {chunk.ids.data() + row.id_at, row.id_size};
  out.cells = cells;
  const Value* const values = chunk.values.data() + row.values_at;
  for (std::size_t v = 0; v < row.values; ++v) {
    const Value& value = values[v];
    const Cell cell = value.wide ? chunk.wide[static_cast<std::size_t>(value.num)]
                                 : Cell{value.tag, 1, value.num};
    if (value.slot < kTypeName) {
      cells[value.slot] = cell;
    } else {
      (value.slot == kTypeName ? out.type_name : out.complaint) = static_cast<Symbol>(cell.num);
    }
  }
  return out;
}

void WholeRows::add(const LogEntry& entry, const Identities::Place& place,
                    const ContentHash& identity, const ContentHash& content, const Origin& origin) {
  const std::size_t i = size_++;
  if (i % kChunk == 0) {
    auto chunk = std::make_unique<Chunk>();
    chunk->rows.reserve(kChunk);
    chunk->contents.reserve(kChunk);
    if (!chunks_.empty()) {  // about as many again
      chunk->ids.reserve(chunks_.back()->ids.size() * 17 / 16);
      chunk->values.reserve(chunks_.back()->values.size() * 17 / 16);
    }
    chunks_.push_back(std::move(chunk));
  }
  if (runs_.empty() || entry.seq != runs_.back().second + (i - runs_.back().first)) {
    runs_.emplace_back(static_cast<std::uint32_t>(i), entry.seq);
  }
  newest_ = std::max(newest_, entry.clock);
  Chunk& chunk = *chunks_.back();
  Row row;
  row.clock = entry.clock;
  row.unit = entry.unit;
  row.source = entry.source;
  row.id_at = static_cast<std::uint32_t>(chunk.ids.size());
  row.id_size = static_cast<std::uint16_t>(entry.id.size());
  row.values_at = static_cast<std::uint32_t>(chunk.values.size());
  if (entry.type != kNone) row.type = static_cast<std::uint16_t>(entry.type);
  const bool placed = content == ContentHash{};
  row.kind = entry.unit == kNone ? Kind::unitless : placed ? Kind::placed : Kind::row;
  row.record = entry.kind;
  chunk.rows.push_back(row);
  chunk.contents.push_back(
      placed ? ContentHash{origin.line * (kFiles + 1) | origin.file, origin.byte} : content);
  chunk.ids.insert(chunk.ids.end(), entry.id.begin(), entry.id.end());
  identities_.put(place, identity, static_cast<std::uint32_t>(i));
  if (entry.type_name != kNone) add_value(kTypeName, {CellTag::text, 1, entry.type_name});
  if (entry.complaint != kNone) add_value(kComplaint, {CellTag::text, 1, entry.complaint});
}

void WholeRows::close() {
  identities_ = Identities();
  for (const auto& chunk : chunks_) chunk->contents = {};
}

void WholeRows::add_value(std::uint32_t slot, const Cell& cell) {
  Chunk& chunk = *chunks_.back();
  Value value{static_cast<std::uint16_t>(slot), cell.tag, false,
              static_cast<std::int32_t>(cell.num)};
  if (cell.den != 1 || value.num != cell.num) {
    value.wide = true;
    value.num = static_cast<std::int32_t>(chunk.wide.size());
    chunk.wide.push_back(cell);
  }
  chunk.values.push_back(value);
  ++last().values;
}

void WholeRows::add_cells(const Cell* cells) {
  for (std::uint32_t slot = 0; slot < slots_; ++slot) {
    if (cells[slot].tag != CellTag::null) add_value(slot, cells[slot]);
  }
}

}  // namespace lianqing
