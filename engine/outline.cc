#include "engine/outline.h"

#include <algorithm>

#include "engine/rationale.h"
#include "lianqing/bytes.h"

namespace lianqing {

std::string encode_outline(const UnitState& unit, const Fold& fold) {
  std::vector<std::pair<std::pair<std::uint32_t, std::string>, const Instance*>> stands;
  for (const Instance& instance : unit.instances) {
    if (instance.level == Level::green && !instance.grey) continue;
    const bool keyed = fold.program().rules[instance.rule].keyed;
    stands.push_back(
        {{instance.rule, keyed ? key_text(fold, instance.key) : std::string()}, &instance});
  }
  if (stands.empty() && unit.parent.empty() && unit.pending.empty()) return {};
  std::sort(stands.begin(), stands.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  ByteWriter out;
  out.text(unit.parent);
  out.unsigned_integer(unit.pending.empty() ? 0 : 1);
  out.unsigned_integer(stands.size());
  for (const auto& [where, instance] : stands) {
    out.unsigned_integer(where.first);
    out.text(where.second);
    out.unsigned_integer(static_cast<std::uint64_t>(instance->level));
    out.unsigned_integer(instance->grey ? 1 : 0);
    out.integer(micros(instance->since));
  }
  return out.take();
}

std::optional<Outline> decode_outline(std::string_view bytes, const Program& program) {
  Outline out;
  if (bytes.empty()) return out;
  ByteReader in(bytes);
  out.parent = in.text();
  out.waits = in.unsigned_integer() != 0;
  for (std::uint64_t n = in.count(); n > 0 && !in.failed(); --n) {
    Outline::Stand& stand = out.stands.emplace_back();
    const std::uint64_t rule = in.unsigned_integer();
    stand.key = in.text();
    const std::uint64_t level = in.unsigned_integer();
    stand.grey = in.unsigned_integer() != 0;
    stand.since = instant(in.integer());
    if (rule >= program.rules.size() || level >= kLevels) return std::nullopt;
    stand.rule = static_cast<std::uint32_t>(rule);
    stand.level = static_cast<Level>(level);
  }
  if (!in.at_end()) return std::nullopt;
  return out;
}

}  // namespace lianqing
