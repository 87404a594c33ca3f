#include "cli/summary.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cli/columns.h"
#include "cli/words.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kShownUnits = 10;

std::string count(std::uint64_t n) { return std::to_string(n); }

}  // namespace

Result<Oddities> find_oddities(Replay& replay, bool registers) {
  Oddities out;
  if (registers) {
    LQ_TRY(out.unregistered, replay.unregistered());
  }
  if (replay.fold().program().items.empty()) return out;
  for (const std::string& name : replay.unit_names()) {
    LQ_TRY(const UnitState* state, replay.unit(name));
    if (state != nullptr) out.items_ignored += state->items_ignored;
  }
  return out;
}

Level Summary::PerUnit::colour() const {
  Level out = Level::green;
  for (const auto& [where, level] : levels) out = std::max(out, level);
  return out;
}

void Summary::add(const Leaving& leaving) {
  ++transitions_;
  ++rules_[leaving.rule].to[static_cast<std::size_t>(leaving.to)];
  const auto found = unit_at_.try_emplace(leaving.unit, units_.size());
  if (found.second) units_.emplace_back().name = leaving.unit;
  PerUnit& unit = units_[found.first->second];
  ++unit.transitions;
  if (leaving.shadow) return;  // judged and kept, but no part of a colour
  const auto at =
      unit.levels.find(std::pair<std::string_view, std::string_view>(leaving.rule, leaving.key));
  if (at == unit.levels.end()) {
    if (leaving.to != Level::green)
      unit.levels.emplace(std::pair(leaving.rule, leaving.key), leaving.to);
  } else if (leaving.to == Level::green) {
    unit.levels.erase(at);
  } else {
    at->second = leaving.to;
  }
}

std::string Summary::text(const Replay& replay, const Program& program, const Oddities& odd,
                          double seconds, Style style) const {
  const bool zh = style.chinese;
  const Counts& counts = replay.counts();
  std::string out;
  out += zh ? "记录: 读入 " + count(counts.read) + " = 采纳 " + count(counts.admitted) +
                  " + 重复 " + count(counts.duplicate) + " + 隔离 " + count(counts.quarantined)
            : "records: read " + count(counts.read) + " = admitted " + count(counts.admitted) +
                  " + duplicate " + count(counts.duplicate) + " + quarantined " +
                  count(counts.quarantined);
  if (counts.undeclared != 0) {
    out += zh ? "（其中类型未声明 " + count(counts.undeclared) + "）"
              : " (" + count(counts.undeclared) + " of undeclared types)";
  }
  out += "\n";
  for (const auto& [reason, n] : replay.reasons())
    out += (zh ? "  隔离 " : "  quarantined ") + reason + ": " + count(n) + "\n";
  if (odd.items_ignored != 0) {
    out += zh ? "  事项中不起作用: " + count(odd.items_ignored) +
                    "（在办时再次开始；没有在办而结束或延期）\n"
              : "  ignored in items: " + count(odd.items_ignored) +
                    " (openings of open items; closings and extensions of none)\n";
  }
  if (!odd.unregistered.empty()) {
    out += (zh ? "  未登记的单位: " : "  unregistered units: ") + count(odd.unregistered.size()) +
           (zh ? "：" : ":");
    for (std::size_t i = 0; i < std::min(odd.unregistered.size(), kShownUnits); ++i)
      out += " " + odd.unregistered[i];
    out += odd.unregistered.size() > kShownUnits ? " ...\n" : "\n";
  }
  out += (zh ? "变色: " : "transitions: ") + count(transitions_) + "\n\n";

  std::vector<std::vector<std::string>> rows = {
      zh ? std::vector<std::string>{"规则", "名称", "▲ 转红", "◆ 转黄", "● 转绿"}
         : std::vector<std::string>{"rule", "title", "▲ to red", "◆ to yellow", "● to green"}};
  for (const Rule& rule : program.rules) {
    const auto at = rules_.find(rule.id);
    const PerRule none;
    const PerRule& per = at == rules_.end() ? none : at->second;
    rows.push_back(
        {rule.id, rule.title.in(zh), count(per.to[2]), count(per.to[1]), count(per.to[0])});
  }
  out += columns(rows, {false, false, true, true, true}) + "\n";

  std::array<std::uint64_t, kLevels> colours{};
  std::vector<const PerUnit*> order;
  for (const PerUnit& unit : units_) {
    ++colours[static_cast<std::size_t>(unit.colour())];
    order.push_back(&unit);
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  colours[0] += replay.unit_count() - units_.size();
  out += (zh ? "期末单位: " : "units at the end: ");
  for (const Level level : {Level::red, Level::yellow, Level::green}) {
    out += painted(level, style) + " " + count(colours[static_cast<std::size_t>(level)]) +
           (level == Level::green ? "\n" : "   ");
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a->colour(), a->transitions) > std::pair(b->colour(), b->transitions);
  });
  for (std::size_t i = 0;
       i < std::min(order.size(), kShownUnits) && order[i]->colour() != Level::green; ++i) {
    out += "  " + painted(order[i]->colour(), style) + "  " + order[i]->name + ":";
    for (const auto& [where, level] : order[i]->levels) {
      out += " " + where.first + (where.second.empty() ? "" : "[" + where.second + "]");
    }
    out += "\n";
  }
  if (seconds > 0) {
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(counts.read) / seconds);
    out += zh ? "用时 " + Number::from_micros(static_cast<Wide>(seconds * 1e6)).to_fixed(2) +
                    " 秒，每秒 " + count(rate) + " 条\n"
              : "took " + Number::from_micros(static_cast<Wide>(seconds * 1e6)).to_fixed(2) +
                    " s, " + count(rate) + " records/s\n";
  }
  return out;
}

}  // namespace lianqing
