#include "cli/lsp/log_values.h"

#include <algorithm>
#include <set>

#include "cli/units_file.h"
#include "connectors/content_hash.h"
#include "engine/replay.h"
#include "lianqing/assert.h"
#include "rules/program.h"

namespace lianqing::lsp {

Result<LogValues::Values> LogValues::fold(const std::shared_ptr<const Program>& program) const {
  std::vector<RegisteredUnit> units;
  if (!units_.empty()) {
    LQ_TRY(units, read_units(units_));
  }
  ReplayOptions options;
  options.identity_of = identity_hash;
  Replay replay(
      program, std::move(units), options, nullptr, [](const Warning&, std::string&) {},
      [](const Leaving&) { return Status{}; }, [](Rejection) {});
  EventFeed log;
  log.paths = events_;
  log.sort = true;
  const Status fed = feed(
      replay, log, [](std::uint64_t, const ReadingProgress&) {},
      [](std::uint64_t) { return Status{}; });
  if (!fed) return Unexpected<Error>(fed.error());
  const Instant end = replay.clock().value_or(kBeforeAll);
  Values out;
  std::set<std::array<std::string, 3>> taken;  // measure, unit, key: rules share measures
  for (const std::string& name : replay.unit_names()) {
    LQ_TRY(const UnitState* unit, replay.unit(name));
    if (unit == nullptr) continue;
    for (const auto& [where, index] : unit->instance_of) {
      const Warning warning = replay.fold().explain(*unit, unit->instances[index],
                                                    replay.last_seq(), std::max(unit->clock, end));
      for (const NamedFact& fact : warning.values) {
        const auto* number = std::get_if<Number>(&fact.value);
        const std::string key = warning.key.value_or("");
        if (number != nullptr && taken.insert({fact.name, name, key}).second)
          out[fact.name].push_back({*number, name, key});
      }
    }
  }
  for (auto& [measure, values] : out) {
    std::stable_sort(values.begin(), values.end(),
                     [](const Value& a, const Value& b) { return a.number < b.number; });
  }
  return out;
}

std::string LogValues::in_words(const std::shared_ptr<const Program>& program,
                                const std::string& measure, bool chinese) {
  if (events_.empty() || program == nullptr) return {};
  if (!any_ || folded_ != program->hash) {
    auto values = fold(program);
    trouble_ = values ? std::string() : values.error().what;
    values_ = values ? *std::move(values) : Values{};
    folded_ = program->hash;
    any_ = true;
  }
  if (!trouble_.empty()) return trouble_;
  const auto found = values_.find(measure);
  if (found == values_.end() || found->second.empty()) return {};
  const std::vector<Value>& all = found->second;
  const auto shown = [](const Value& value) {
    return value.number.to_string() + " (" + value.unit +
           (value.key.empty() ? "" : "[" + value.key + "]") + ")";
  };
  const std::string count = std::to_string(all.size()), least = shown(all.front()),
                    most = shown(all.back()), middle = all[all.size() / 2].number.to_string();
  return chinese ? "日志结束时共 " + count + " 个值：最小 " + least + "，居中 " + middle +
                       "，最大 " + most
                 : "at the end of the log " + count + " values: least " + least + ", middle " +
                       middle + ", greatest " + most;
}

}  // namespace lianqing::lsp
