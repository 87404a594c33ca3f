#include "engine/rationale.h"

#include <algorithm>

#include "engine/evidence.h"
#include "engine/level_changes.h"
#include "engine/why.h"

namespace lianqing {
std::string key_text(const Fold& fold, const Cell& key) {
  switch (key.tag) {
    case CellTag::text: return std::string(fold.symbols().text(static_cast<Symbol>(key.num)));
    case CellTag::number: return Number::ratio(key.num, key.den).to_string();
    case CellTag::boolean: return key.num != 0 ? "true" : "false";
    case CellTag::time: return format_rfc3339(instant(key.num));
    case CellTag::date: return format_date(Date{std::chrono::days{key.num}});
    case CellTag::null:
    case CellTag::list: break;
  }
  return {};
}

namespace {

constexpr std::array<std::string_view, kLevels> kEnter = {"", "yellow.enter", "red.enter"};
constexpr std::array<std::string_view, kLevels> kExit = {"", "yellow.exit", "red.exit"};

void render(const Fold& fold, const Template& sentence, const Reading& reading, bool chinese,
            std::string& out) {
  out.clear();
  for (const Template::Part& part : sentence.parts) {
    if (part.expr == kNone) {
      out += part.text;
      continue;
    }
    Evaluation evaluation{fold.program(), fold.symbols(), fold.patterns(), reading};
    const Operand value = evaluation.run(fold.program().exprs[part.expr]);
    if (value.tag == CellTag::number) {
      const Number shown = part.percent ? value.number * 100 : value.number;
      if (part.decimals >= 0 || part.percent) {
        out += shown.to_fixed(std::max(part.decimals, 0));
      } else {
        out += shown.is_integer() ? shown.to_string() : shown.round(6).to_string();
      }
      if (part.percent) out += '%';
    } else if (value.is_null()) {
      out += chinese ? "（无数据）" : "(no data)";
    } else if (value.tag == CellTag::boolean) {
      out += value.is_true() ? (chinese ? "是" : "yes") : (chinese ? "否" : "no");
    } else {
      out += std::get<std::string>(to_fact(value));
    }
  }
}

std::string words(const Span& span) {
  if (span.amount == 0) return {};
  if (span.workdays) return std::to_string(span.amount) + " workdays";
  struct Unit {
    std::int64_t size;
    const char* name;
  };
  for (const Unit unit :
       {Unit{86'400'000'000, "d"}, Unit{3'600'000'000, "h"}, Unit{60'000'000, "m"}}) {
    if (span.amount % unit.size == 0) return std::to_string(span.amount / unit.size) + unit.name;
  }
  return std::to_string(span.amount / 1'000'000) + "s";
}

class Rationale {
 public:
  Rationale(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t)
      : fold_(fold),
        program_(fold.program()),
        instance_(instance),
        rule_(program_.rules[instance.rule]),
        reading_(fold, unit, instance.key, t) {}

  void values(std::vector<NamedFact>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i].value = to_fact(reading_.measure(rule_.measures[i]));
    }
  }

  void why(std::vector<Clause>& out) const {
    std::size_t used = 0;
    if (rule_.needs != kNone) clause("needs", rule_.needs, out, used);
    for (std::size_t l = 1; l < kLevels; ++l) {
      const LevelRule& level = rule_.levels[l];
      if (!level.present) continue;
      Clause& enter = clause(kEnter[l], level.enter, out, used);
      if (instance_.enter_since[l] != kNever) enter.since = instance_.enter_since[l];
      enter.length = words(level.confirm);
      if (level.exit == kNone) continue;
      Clause& exit = clause(kExit[l], level.exit, out, used);
      exit.length = words(level.hold);
      if (static_cast<std::size_t>(instance_.level) == l && instance_.exit_since != kNever) {
        exit.since = instance_.exit_since;
      }
    }
    out.resize(used);
  }

  void because(Bilingual& out) const {
    render(fold_, rule_.because_zh, reading_, true, out.zh);
    render(fold_, rule_.because_en, reading_, false, out.en);
  }

 private:
  Clause& clause(std::string_view clause_name, std::uint32_t index, std::vector<Clause>& out,
                 std::size_t& used) const {
    const Expr& expr = program_.exprs[index];
    Evaluation evaluation{program_, fold_.symbols(), fold_.patterns(), reading_};
    if (used == out.size()) out.emplace_back();
    Clause& made = out[used++];
    made.name = clause_name;
    made.at = expr.at;
    made.verdict = evaluation.run(expr).is_true();
    made.null_operand = evaluation.null_seen;
    made.since.reset();
    made.length.clear();
    why_tree(expr, expr.root(), evaluation, made.why);
    return made;
  }

  const Fold& fold_;
  const Program& program_;
  const Instance& instance_;
  const Rule& rule_;
  Reading reading_;
};

// Warning::late_by.
std::optional<Duration> late_by(const Instance& instance, Level from, Instant t) {
  if (instance.level <= from || instance.cause < Cause::event || instance.earliest >= t) {
    return std::nullopt;
  }
  return t - instance.earliest;
}

}  // namespace

const Clause* enter_clause(const std::vector<Clause>& why, Level level) {
  const auto at = std::find_if(why.begin(), why.end(), [level](const Clause& one) {
    return one.name == kEnter[static_cast<std::size_t>(level)];
  });
  return at == why.end() ? nullptr : &*at;
}

void write_always(const Fold& fold, const Rule& rule, Warning& out) {
  out.rule = rule.id;
  out.title = rule.title;
  out.key.reset();
  if (rule.keyed) out.key.emplace();
  out.shadow = rule.status == RuleStatus::shadow;
  out.rules = fold.rules();
  out.values.resize(rule.measures.size());
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    out.values[i].name = fold.program().measures[rule.measures[i]].name;
  }
  out.duty = rule.duty;
}

void note(const Fold& fold, const UnitState& unit, std::uint32_t index, Level from, Instant t,
          HeldChanges& out) {
  const Instance& instance = unit.instances[index];
  out.add(fold, unit, instance, from, t);
  const Reading reading(fold, unit, instance.key, t);
  for (const std::uint32_t measure : fold.program().rules[instance.rule].measures) {
    out.add_value(to_fact(reading.measure(measure)));
  }
}

void rationale(const Fold& fold, const UnitState& unit, std::uint32_t index, Level from, Instant t,
               Seq seq, Warning& out) {
  const Instance& instance = unit.instances[index];
  const Rule& rule = fold.program().rules[instance.rule];
  const Rationale reasons(fold, unit, instance, t);
  write_always(fold, rule, out);
  out.unit = unit.name;
  if (rule.keyed) out.key = key_text(fold, instance.key);
  out.from = from;
  out.to = instance.level;
  out.cause = instance.cause;
  out.revoked = out.to < from && instance.revoked;
  out.grey = instance.grey;
  out.missing_year = instance.missing_year;
  out.time = t;
  out.seq = seq;
  out.late_by = late_by(instance, from, t);
  WarningIds::write(fold.ids().id(out.unit, out.rule, out.key ? &*out.key : nullptr, t, out.to),
                    out.id);
  reasons.values(out.values);
  if (!fold.options().reasons) return;
  reasons.why(out.why);
  cite(fold, unit, instance, t, out.evidence);
  reasons.because(out.because);
  if (fold.options().outlook) outlook(fold, unit, instance, t, out.why, out.next);
}

Warning Fold::explain(const UnitState& unit, const Instance& instance, Seq seq,
                      std::optional<Instant> t) const {
  const auto index = static_cast<std::uint32_t>(&instance - unit.instances.data());
  Warning out;
  rationale(*this, unit, index, instance.level, t.value_or(unit.clock), seq, out);
  return out;
}

}  // namespace lianqing
