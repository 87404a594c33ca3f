#include "cli/serve/renames.h"

#include "lianqing/bytes.h"

namespace lianqing {
namespace {

void write(ByteWriter& out, const std::string& unit, const Bilingual& name) {
  out.text(unit);
  out.text(name.zh);
  out.text(name.en);
}

std::pair<std::string, Bilingual> read(ByteReader& in) {
  std::pair<std::string, Bilingual> out;
  out.first = in.text();
  out.second.zh = in.text();
  out.second.en = in.text();
  return out;
}

}  // namespace

// The columns of a register: docs/rules/semantics.md, "The register as records".
void Renames::admitted(const Event& event, const LogEntry& entry, std::string_view unit) {
  if (event.type != "unit_changed" || unit.empty()) return;
  Bilingual name;
  for (const Field& field : event.data) {
    const auto* text = std::get_if<std::string_view>(&field.value.value);
    if (text == nullptr) continue;
    if (field.path == "change" && (*text == "split" || *text == "dissolve")) return;
    if (field.path == "name" || field.path == "name_zh" || field.path == "name.zh") name.zh = *text;
    if (field.path == "name_en" || field.path == "name.en") name.en = *text;
  }
  if (name.zh.empty() && name.en.empty()) return;
  waiting_.emplace(std::max(entry.clock, entry.time), std::pair(std::string(unit), name));
}

void Renames::take_effect(Instant t, bool inclusive, Board& board) {
  const auto is_due = [&](Instant at) { return inclusive ? at <= t : at < t; };
  while (!waiting_.empty() && is_due(waiting_.begin()->first)) {
    const auto& [unit, name] = waiting_.begin()->second;
    Bilingual& now = given_[unit];
    if (!name.zh.empty()) now.zh = name.zh;
    if (!name.en.empty()) now.en = name.en;
    board.rename(unit, now);
    waiting_.erase(waiting_.begin());
  }
}

void Renames::show(Board& board) const {
  for (const auto& [unit, name] : given_) board.rename(unit, name);
}

std::string Renames::encode() const {
  ByteWriter out;
  out.unsigned_integer(given_.size());
  for (const auto& [unit, name] : given_) write(out, unit, name);
  out.unsigned_integer(waiting_.size());
  for (const auto& [at, one] : waiting_) {
    out.integer(micros(at));
    write(out, one.first, one.second);
  }
  return out.take();
}

Result<Renames> Renames::decode(std::string_view bytes) {
  Renames out;
  ByteReader in(bytes);
  for (std::uint64_t n = in.count(); n > 0 && !in.failed(); --n) out.given_.insert(read(in));
  for (std::uint64_t n = in.count(); n > 0 && !in.failed(); --n) {
    const Instant at = instant(in.integer());
    out.waiting_.emplace(at, read(in));
  }
  if (!in.at_end()) return failure(ErrorCode::corrupt, "the checkpoint's names are malformed");
  return out;
}

}  // namespace lianqing
