#include "engine/whole_rows.h"

#include <algorithm>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kLeast = 22, kMost = 510;  // words of a stretch

}  // namespace

Seq WholeRows::seq_before(std::uint32_t number) const {
  const auto run = std::prev(
      std::upper_bound(runs_.begin(), runs_.end(), number,
                       [](std::uint32_t row, const auto& one) { return row < one.first; }));
  return run->second + (number - run->first);
}

WholeRows::Facts WholeRows::facts(std::uint32_t number) const {
  const Record record(words(ref(number)));
  Facts out;
  out.seq = seq(number);
  out.unit = places_[number].unit;
  if (record.heading_.type != kNoType) out.type = record.heading_.type;
  out.kind = record.heading_.kind();
  return out;
}

Origin WholeRows::origin(std::uint32_t number) const {
  const std::uint64_t at = places_[number].at;
  Origin out;
  out.file = static_cast<std::uint32_t>(at >> kFileAt & 0xffffU);
  ((at & kByLine) != 0 ? out.line : out.byte) = at & kPosition;
  return out;
}

void WholeRows::tell_content(std::uint32_t number, const ContentHash& content) {
  std::uint64_t& at = places_[number].at;
  at = (at & ~kPosition) | kTold | contents_.size();
  contents_.push_back(content);
}

Identities::Place WholeRows::find(std::string_view source, std::string_view id,
                                  const Symbols& symbols) const {
  return identities_.find(source, id, [&](std::uint32_t number) {
    const Record record(words(ref(number)));
    std::string known;
    write_id(record, known);
    return known == id && symbols.text(kins_[record.heading_.kin].first) == source;
  });
}

std::uint32_t WholeRows::other_kin_of(Symbol source, std::uint32_t form) {
  const auto [at, added] = kin_of_.try_emplace(std::uint64_t{source} << 32 | form,
                                               static_cast<std::uint32_t>(kins_.size()));
  if (added) kins_.emplace_back(source, form);
  return at->second;
}

void WholeRows::add(const LogEntry& entry, std::string_view source, const Identities::Place& place,
                    const ContentHash& content, const Origin& origin) {
  const std::uint32_t number = size_++;
  if (runs_.empty() || entry.seq != runs_.back().second + (number - runs_.back().first)) {
    runs_.emplace_back(number, entry.seq);
  }
  clocks_.add(entry.clock, number);
  const Identities::Id id = identities_.put(place, source, entry.id, number);
  const bool is_entry = !cells_.empty() && cells_.front().slot == kEntry;
  if (entry.type_name != kNone && !is_entry) {
    cells_.push_back({kTypeName, {CellTag::text, 1, entry.type_name}});
  }
  if (entry.complaint != kNone && !is_entry) {
    cells_.push_back({kComplaint, {CellTag::text, 1, entry.complaint}});
  }
  std::size_t values = cells_.size();
  for (const SlotCell& one : cells_) values += is_wide(one.cell) ? 1 : 0;
  Heading heading;
  heading.clock = entry.clock;
  heading.number = number;
  heading.kin = kin_of(entry.source, id.form);
  heading.id_number = id.number;
  if (entry.type != kNone) heading.type = static_cast<std::uint16_t>(entry.type);
  heading.rest = static_cast<std::uint16_t>(values | static_cast<std::size_t>(entry.kind) << 13 |
                                            (is_entry ? 0x8000U : 0U));
  const std::size_t text = id.form == kNone ? words_of(entry.id.size()) : 0;
  const Ref ref = room(entry.unit, kHeading + values + text);
  std::uint64_t* to = words(ref);
  std::memcpy(to, &heading, sizeof heading);
  to += kHeading;
  for (const SlotCell& one : cells_) {
    to = put_value(to, static_cast<std::uint16_t>(one.slot), one.cell);
  }
  if (text != 0) {
    to[text - 1] = 0;
    std::memcpy(to, entry.id.data(), entry.id.size());
  }
  Place at;
  at.at = (origin.byte == 0 ? origin.line | kByLine : origin.byte) | (ref >> 32) << kRefAt |
          std::uint64_t{origin.file} << kFileAt;
  at.ref_low = static_cast<std::uint32_t>(ref);
  at.unit = entry.unit;
  places_.push_back(at);
  if (content != ContentHash{}) tell_content(number, content);
}

void WholeRows::add_entry(const LogEntry& entry, std::string_view source, std::uint32_t index,
                          const Identities::Place& place, const ContentHash& content) {
  cells_.assign(1, {kEntry, {CellTag::number, 1, index}});
  add(entry, source, place, content, {});
}

// For a record of so many words, behind its unit's.
WholeRows::Ref WholeRows::room(std::uint32_t unit, std::size_t size) {
  if (unit != kNone && unit >= units_.size()) units_.resize(std::size_t{unit} + 1);
  Stretches& own = unit == kNone ? unitless_ : units_[unit];
  const auto words = static_cast<std::uint32_t>(size);
  if (own.room < words) stretch(own, words);
  const Ref out = own.end;
  own.end += words;
  own.start += words;
  own.room -= words;
  own.all += words;
  return out;
}

void WholeRows::stretch(Stretches& unit, std::size_t wanted) {
  constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;
  const std::size_t size =
      std::max(std::clamp<std::size_t>(unit.all / 3, kLeast, kMost), wanted) + kStretchHead;
  LQ_ASSERT(size < kBlock);
  if (left_ < size) {
    blocks_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(kBlock));
    left_ = blocks_.size() == 1 ? kBlock - 1 : kBlock;  // no reference is 0
  }
  const Ref at = (Ref{blocks_.size()} << kBlockBits) - left_;
  left_ -= size;
  std::uint64_t* const head = words(at);
  head[0] = head[1] = 0;
  if (unit.first == 0) {
    unit.first = at;
  } else {
    std::uint64_t* const before = words(unit.end - unit.start);
    before[0] = unit.start;
    before[1] = at;
  }
  unit.end = at + kStretchHead;
  unit.start = kStretchHead;
  unit.room = static_cast<std::uint32_t>(size - kStretchHead);
}

void WholeRows::close() {
  identities_.close();
  places_ = {};
  contents_ = {};
}

std::uint32_t WholeRows::Record::entry() const {
  Value value;
  std::memcpy(&value, at_ + kHeading, sizeof value);
  return static_cast<std::uint32_t>(value.wide ? at_[kHeading + 1]
                                               : static_cast<std::uint64_t>(value.num));
}

void WholeRows::write_id(const Record& record, std::string& out) const {
  const Heading& heading = record.heading_;
  const std::uint32_t form = kins_[heading.kin].second;
  if (form != kNone) return identities_.write({form, heading.id_number}, out);
  const std::uint64_t* const at = record.at_ + kHeading + heading.value_words();
  out.append(reinterpret_cast<const char*>(at), heading.id_number);
}

}  // namespace lianqing
