#include "engine/rationale.h"

#include <algorithm>

#include "engine/why.h"
#include "rules/fingerprint.h"

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

// The same on any machine, import or partitioning.
std::string warning_id(const Warning& warning) {
  std::string text;
  text.reserve(256);
  text += "lianqing-warning/1\n";
  text += warning.rules + '\n' + warning.unit + '\n' + warning.rule + '\n';
  text += warning.key ? "k" + *warning.key : "-";
  text += '\n' + std::to_string(micros(warning.time)) + '\n';
  text += name(warning.to);
  const auto digest = sha256(text);
  return "w-" + hex(std::span(digest).first(16));
}

namespace {

std::string render(const Fold& fold, const Template& sentence, const Reading& reading,
                   bool chinese) {
  std::string out;
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
  return out;
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
        unit_(unit),
        instance_(instance),
        rule_(program_.rules[instance.rule]),
        t_(t),
        reading_(fold, unit, instance.key, t) {}

  std::vector<NamedFact> values() const {
    std::vector<NamedFact> out;
    for (const std::uint32_t m : rule_.measures) {
      out.push_back({program_.measures[m].name, to_fact(reading_.measure(m))});
    }
    return out;
  }

  std::vector<Clause> why() const {
    std::vector<Clause> out;
    if (rule_.needs != kNone) out.push_back(clause("needs", rule_.needs));
    for (std::size_t l = 1; l < kLevels; ++l) {
      const LevelRule& level = rule_.levels[l];
      if (!level.present) continue;
      const std::string prefix(name(static_cast<Level>(l)));
      Clause enter = clause(prefix + ".enter", level.enter);
      if (instance_.enter_since[l] != kNever) enter.since = instance_.enter_since[l];
      enter.length = words(level.confirm);
      out.push_back(std::move(enter));
      if (level.exit == kNone) continue;
      Clause exit = clause(prefix + ".exit", level.exit);
      exit.length = words(level.hold);
      if (static_cast<std::size_t>(instance_.level) == l && instance_.exit_since != kNever) {
        exit.since = instance_.exit_since;
      }
      out.push_back(std::move(exit));
    }
    return out;
  }

  Evidence evidence() const {
    Evidence out;
    std::vector<std::pair<Instant, Seq>> cited;
    for (const std::uint32_t m : rule_.measures) {
      const Measure& measure = program_.measures[m];
      if (measure.window != kNone) cite_window(measure, out, cited);
      if (measure.item != kNone) cite_item(m, measure, out, cited);
    }
    std::sort(cited.begin(), cited.end(), std::greater<>{});
    cited.erase(std::unique(cited.begin(), cited.end()), cited.end());
    out.total = cited.size();
    for (const auto& [time, seq] : cited) {
      if (out.events.size() >= fold_.options().evidence) break;
      const std::string_view id = unit_.rows.id_of(seq);
      if (!id.empty()) out.events.emplace_back(id);
    }
    return out;
  }

  Bilingual because() const {
    return {render(fold_, rule_.because_zh, reading_, true),
            render(fold_, rule_.because_en, reading_, false)};
  }

 private:
  Clause clause(std::string clause_name, std::uint32_t index) const {
    const Expr& expr = program_.exprs[index];
    Evaluation evaluation{program_, fold_.symbols(), fold_.patterns(), reading_};
    Clause out;
    out.name = std::move(clause_name);
    out.at = expr.at;
    out.verdict = evaluation.run(expr).is_true();
    out.null_operand = evaluation.null_seen;
    out.why = why_tree(expr, expr.root(), evaluation);
    return out;
  }

  void cite_window(const Measure& measure, Evidence& out,
                   std::vector<std::pair<Instant, Seq>>& cited) const {
    const Window& window = program_.windows[measure.window];
    const Bounds at = bounds(program_, window.span, t_);
    EvidenceWindow shown{measure.name, std::nullopt, at.high, 0};
    if (at.low != kBeforeAll) shown.from = at.low;
    const Series* series =
        unit_.find_series(window.stream, measure.key == kNone ? Cell{} : instance_.key);
    if (series != nullptr) {
      const auto w = std::find(series->windows.begin(), series->windows.end(), measure.window) -
                     series->windows.begin();
      const auto inside = series->inside(static_cast<std::size_t>(w));
      shown.events = inside.size();
      for (const Sample& sample : inside) cited.emplace_back(sample.time, sample.seq);
    }
    out.windows.push_back(std::move(shown));
  }

  // The openings of the items that count now.
  void cite_item(std::uint32_t index, const Measure& measure, Evidence& out,
                 std::vector<std::pair<Instant, Seq>>& cited) const {
    const auto& views = fold_.route().item_views[measure.item];
    const auto v = static_cast<std::size_t>(
        std::find_if(views.begin(), views.end(),
                     [&](const ItemView& x) { return x.measure == index; }) -
        views.begin());
    EvidenceWindow shown{measure.name, std::nullopt, t_, 0};
    auto at = unit_.items.lower_bound(KeyedIndex{measure.item, Cell{}});
    for (; at != unit_.items.end() && at->first.index == measure.item; ++at) {
      std::uint64_t ignored = 0;
      for (const Episode& episode : episodes(at->second, &ignored)) {
        const Cell& fact = episode.opening->facts[v];
        if (fact.tag == CellTag::null || (measure.key != kNone && fact != instance_.key)) continue;
        if (!counts_now(measure, episode)) continue;
        ++shown.events;
        cited.emplace_back(episode.opening->time, episode.opening->seq);
      }
    }
    out.windows.push_back(std::move(shown));
  }

  bool counts_now(const Measure& measure, const Episode& episode) const {
    if (episode.closed <= t_ || episode.opening->time > t_) return false;
    if (measure.aggregate == Aggregate::open) return true;
    if (measure.aggregate == Aggregate::overdue) {
      const auto edge = deadline_after(program_, episode.due, measure.margin);
      return edge.to <= t_;
    }
    const auto edge = warning_start(program_, episode.due, measure.margin);
    return edge.to <= t_ && t_ < episode.due;
  }

  const Fold& fold_;
  const Program& program_;
  const UnitState& unit_;
  const Instance& instance_;
  const Rule& rule_;
  Instant t_;
  Reading reading_;
};

}  // namespace

Warning rationale(const Fold& fold, const UnitState& unit, std::uint32_t index, Level from,
                  Instant t, Seq seq) {
  const Instance& instance = unit.instances[index];
  const Program& program = fold.program();
  const Rule& rule = program.rules[instance.rule];
  const Rationale reasons(fold, unit, instance, t);
  Warning out;
  out.unit = unit.name;
  out.rule = rule.id;
  out.title = rule.title;
  if (rule.keyed) out.key = key_text(fold, instance.key);
  out.from = from;
  out.to = instance.level;
  out.cause = instance.cause;
  out.revoked = out.to < from && instance.revoked;
  out.shadow = rule.status == RuleStatus::shadow;
  out.grey = instance.grey;
  out.missing_year = instance.missing_year;
  out.time = t;
  out.seq = seq;
  if (out.to > from && instance.cause >= Cause::event && instance.earliest < t) {
    out.late_by = t - instance.earliest;
  }
  out.rules = hex(program.hash);
  out.id = warning_id(out);
  out.values = reasons.values();
  out.duty = rule.duty;
  if (!fold.options().reasons) return out;
  out.why = reasons.why();
  out.evidence = reasons.evidence();
  out.because = reasons.because();
  if (fold.options().outlook) out.next = outlook(fold, unit, instance, t);
  return out;
}

Warning Fold::explain(const UnitState& unit, const Instance& instance, Seq seq,
                      std::optional<Instant> t) const {
  const auto index = static_cast<std::uint32_t>(&instance - unit.instances.data());
  return rationale(*this, unit, index, instance.level, t.value_or(unit.clock), seq);
}

}  // namespace lianqing
