// Measures: windows over streams, counts of items, expressions over other measures.
#include <algorithm>

#include "rules/duration.h"
#include "rules/lower.h"
#include "rules/measures/lowering.h"
#include "rules/report.h"
#include "rules/scope.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

std::optional<CalendarSpan> calendar_of(const Text& text, const Names& names) {
  if (const Param* param = names.param(text.text)) {
    if (param->is_span || param->value.tag != CellTag::text) return std::nullopt;
    return parse_calendar_span(names.program.symbols[static_cast<std::size_t>(param->value.num)]);
  }
  return parse_calendar_span(text.text);
}

// What a measure that reads more than its unit's events stands on, of its own or of other units.
bool lower_far(const MeasureSyntax& syntax, Names& names, MeasureTable& measures,
               Measure& measure) {
  switch (syntax.family->subject) {
    case FamilySubject::measure: return lower_peers(syntax, names, measures, measure);
    case FamilySubject::scope: return lower_roll_up(syntax, names, measures, measure);
    default: return lower_warnings(syntax, names, measure);
  }
}

bool is_far(FamilySubject subject) {
  return subject == FamilySubject::measure || subject == FamilySubject::scope ||
         subject == FamilySubject::standing;
}

std::string_view period_name(Period period) {
  switch (period) {
    case Period::day: return "day";
    case Period::week: return "week";
    case Period::month: return "month";
    case Period::quarter: return "quarter";
    case Period::year: return "year";
  }
  return "day";
}

// `offset` of a calendar window: a bare number of periods, or `2 months` of the same period.
bool read_periods_back(const Text& offset, WindowSpan& span, Names& names) {
  if (!offset.present) return true;
  std::optional<std::int64_t> back;
  const Param* param = names.param(offset.text);
  if (param != nullptr) names.used.insert(param->name);
  if (param != nullptr && param->value.tag == CellTag::number && param->value.den == 1) {
    back = param->value.num;
  } else if (const auto number = param == nullptr ? Number::parse(offset.text) : std::nullopt) {
    if (number->is_integer()) back = number->num();
  } else if (const auto periods = calendar_of(offset, names);
             periods && periods->period == span.period) {
    back = periods->count;
  }
  if (back && *back >= 0 && *back <= 100'000) {
    span.periods_back = static_cast<int>(*back);
    return true;
  }
  const std::string period(period_name(span.period));
  report(names.out, "R171", offset.at,
         {"over: " + period + " 的 offset 应是整数个 " + period,
          "the offset of 'over: " + period + "' is a whole number of periods"},
         {"写 offset: 1 " + period, "write offset: 1 " + period});
  return false;
}

bool read_offset(const Text& offset, WindowSpan& span, Names& names) {
  if (!offset.present) return true;
  const auto length = read_span(offset, names, {.workdays = false, .positive = false});
  if (length) span.offset = Duration{length->amount};
  return length.has_value();
}

std::vector<std::string> names_of(const auto& map) {
  std::vector<std::string> out;
  for (const auto& [name, value] : map) out.push_back(name);
  return out;
}

// The common key of measures, or a report that they differ.
struct CommonKey {
  bool keyed = false;
  std::uint32_t slot = kNone;

  bool join(const Measure& measure) {
    if (!measure.keyed) return true;
    if (keyed && slot != measure.key) return false;
    keyed = true;
    slot = measure.key;
    return true;
  }
};

}  // namespace

std::optional<Period> read_period(const Text& every, Names& names) {
  if (!every.present) return std::nullopt;
  const auto period = calendar_of(every, names);
  if (const Param* param = names.param(every.text)) names.used.insert(param->name);
  if (period && period->count == 1) return period->period;
  report(names.out, "R022", every.at,
         {"every 应是 day、week、month、quarter 或 year",
          "'every' is day, week, month, quarter or year"},
         {"写 every: day", "write every: day"});
  return std::nullopt;
}

std::optional<WindowSpan> lower_window(const MeasureSyntax& measure, Names& names) {
  WindowSpan span;
  const auto calendar = measure.over.present ? calendar_of(measure.over, names) : std::nullopt;
  const bool is_calendar = calendar && !calendar->counted;
  if (measure.to_date && !is_calendar) {
    report(names.out, "R171", measure.to_date_at,
           {"to_date 只用于日历窗口", "to_date goes with calendar windows only"},
           {"写 over: month 之类，或去掉 to_date",
            "write over: month or the like, or remove to_date"});
    return std::nullopt;
  }
  if (is_calendar) {
    if (const Param* param = names.param(measure.over.text)) names.used.insert(param->name);
    span.kind = WindowSpan::Kind::calendar;
    span.period = calendar->period;
    span.to_date = measure.to_date;
    return read_periods_back(measure.offset, span, names) ? std::optional(span) : std::nullopt;
  }
  if (measure.over.present) {
    if (calendar && names.param(measure.over.text) == nullptr && !parse_span(measure.over.text)) {
      const std::string period(period_name(calendar->period));
      report(names.out, "R023", measure.over.at,
             {"over 不能写“" + measure.over.text + "”",
              "'" + measure.over.text + "' cannot be a window"},
             {"自然周期写 " + period + "，滑动窗口写天数，如 30d",
              "write " + period +
                  " for the current calendar period, or days such as 30d for a sliding window"});
      return std::nullopt;
    }
    const auto over = read_span(measure.over, names, {.workdays = false, .positive = true});
    if (!over) return std::nullopt;
    span.kind = WindowSpan::Kind::sliding;
    span.over = Duration{over->amount};
  }
  return read_offset(measure.offset, span, names) ? std::optional(span) : std::nullopt;
}

MeasureTable::MeasureTable(Names& names) : names_(names) {
  for (const MeasureSyntax& measure : names.syntax.measures)
    slots_.emplace(measure.name, Slot{&measure});
}

void MeasureTable::lower_all() {
  for (auto& [name, slot] : slots_) {
    if (slot.state == State::untouched) lower(slot);
  }
}

std::optional<NamedValue> MeasureTable::find(std::string_view name, const SourceSpan& at) {
  const auto found = slots_.find(name);
  if (found == slots_.end()) return std::nullopt;
  Slot& slot = found->second;
  if (slot.state == State::untouched) lower(slot);
  if (slot.state == State::under_way) {
    report_cycle(slot, at);
    return std::nullopt;
  }
  // A measure that failed was reported: what reads it is not to blame, but for its type.
  if (slot.state == State::failed) {
    const MeasureFamily* family = slot.syntax->family;
    const bool typed = family != nullptr && family->numbers &&
                       family->subject != FamilySubject::expression && !slot.syntax->empty.present;
    return NamedValue{Op::measure, kNone, typed ? ValueType::number : ValueType::dynamic};
  }
  return NamedValue{Op::measure, slot.index, slot.type};
}

void MeasureTable::report_cycle(const Slot& slot, const SourceSpan& at) {
  std::string cycle;
  const auto first = std::find(path_.begin(), path_.end(), &slot);
  for (auto step = first; step != path_.end(); ++step) cycle += (*step)->syntax->name + " -> ";
  cycle += slot.syntax->name;
  report(names_.out, "R153", at,
         {"指标互相引用成环：" + cycle, "measures read each other in a circle: " + cycle},
         {"去掉其中一处引用", "take one of the references away"});
}

void MeasureTable::lower(Slot& slot) {
  const MeasureSyntax& syntax = *slot.syntax;
  slot.state = State::under_way;
  path_.push_back(&slot);
  Measure measure;
  measure.name = syntax.name;
  measure.title = syntax.title;
  measure.at = syntax.at;
  bool made = syntax.family != nullptr;
  if (made) {
    measure.aggregate = syntax.family->aggregate;
    if (syntax.family->subject == FamilySubject::expression) {
      made = lower_value(syntax, measure, slot.type);
    } else if (is_far(syntax.family->subject)) {
      made = lower_far(syntax, names_, *this, measure);
    } else if (syntax.family->subject == FamilySubject::item &&
               !syntax.family->takes(kTakesWindow)) {
      made = lower_counting(syntax, measure);
    } else {
      made = lower_windowed(syntax, measure, slot.type);
    }
    if (const auto empty = read_cell(syntax.empty, names_)) {
      measure.empty = *empty;
      if (type_of(*empty) != slot.type) slot.type = ValueType::dynamic;
    }
  }
  path_.pop_back();
  slot.state = made ? State::done : State::failed;
  if (!made) return;
  slot.index = static_cast<std::uint32_t>(names_.program.measures.size());
  names_.program.measures.push_back(std::move(measure));
}

bool MeasureTable::lower_value(const MeasureSyntax& syntax, Measure& measure, ValueType& type) {
  RuleScope scope(
      names_, [this](std::string_view name, const SourceSpan& at) { return find(name, at); },
      false);
  auto compiled = compile_text(syntax.subject, scope, false, names_);
  if (!compiled) return false;
  type = compiled->type;
  std::set<std::uint32_t> reads;
  add_measures(compiled->expr, reads);
  measure.reads.assign(reads.begin(), reads.end());
  CommonKey key;
  for (const std::uint32_t read : reads) {
    if (read >= names_.program.measures.size()) return false;  // one that failed
    names_.used.insert(names_.program.measures[read].name);
    if (key.join(names_.program.measures[read])) continue;
    const std::string first = names_.program.slots[key.slot].path;
    const std::string second = names_.program.slots[names_.program.measures[read].key].path;
    report(names_.out, "R154", syntax.subject.inside,
           {"指标的 per 不一致：" + first + " 与 " + second,
            "measures of different 'per' are mixed: " + first + " and " + second},
           {"让它们按同一字段分组", "let them have the same per"});
    return false;
  }
  measure.keyed = key.keyed;
  measure.key = key.slot;
  measure.value = names_.tables.add(std::move(compiled->expr));
  return true;
}

namespace {

const ItemSyntax* find_item(const MeasureSyntax& syntax, Names& names) {
  if (!syntax.subject.present) return nullptr;
  const auto at = names.items.find(syntax.subject.text);
  if (at != names.items.end()) {
    names.used_items.insert(syntax.subject.text);
    for (const ItemSyntax& item : names.syntax.items) {
      if (item.name == syntax.subject.text) return &item;
    }
  }
  const auto nearest = nearest_name(syntax.subject.text, names_of(names.items));
  report(
      names.out, "R150", syntax.subject.at,
      {"没有事项“" + syntax.subject.text + "”", "unknown item '" + syntax.subject.text + "'"},
      nearest ? did_you_mean(*nearest) : Bilingual{"在 items 中定义它", "define it under items"});
  return nullptr;
}

}  // namespace

std::optional<std::uint32_t> lower_per(const MeasureSyntax& syntax, const Selection& selection,
                                       Names& names) {
  if (!syntax.per.present) return kNone;
  EventScope scope(names, selection);
  const auto field = scope.field(syntax.per);
  if (!field) return std::nullopt;
  if (field->type == ValueType::list) {
    report(names.out, "R155", syntax.per.at,
           {"不能按列表字段“" + syntax.per.text + "”分组",
            "'" + syntax.per.text + "' is a list and cannot divide events"},
           {"选一个单值字段", "take a field with a single value"});
    return std::nullopt;
  }
  return field->index;
}

namespace {

// The field that is aggregated.
bool lower_field_value(const MeasureSyntax& syntax, Names& names, Stream& stream, ValueType& type) {
  const MeasureFamily& family = *syntax.family;
  if (family.subject == FamilySubject::weight && !syntax.subject.quoted) {
    const auto number = Number::parse(syntax.subject.text);
    if (number == Number(1)) return true;
    if (number) {
      report(names.out, "R022", syntax.subject.at,
             {"decayed 应是字段名或 1", "'decayed' holds a field or 1"},
             {"写 decayed: 1", "write decayed: 1"});
      return false;
    }
  }
  EventScope scope(names, syntax.of);
  const auto field = scope.field(syntax.subject);
  if (!field) return false;
  const bool fits = family.numeric
                        ? field->type == ValueType::number || field->type == ValueType::dynamic
                        : field->type != ValueType::list;
  if (!fits) {
    const std::string key(family.key);
    const Bilingual is = type_name(field->type);
    report(names.out, "R155", syntax.subject.at,
           {key + " 需要" + (family.numeric ? "数字" : "单值") + "字段，“" + syntax.subject.text +
                "”是" + is.zh,
            "'" + key + "' wants a field with " + (family.numeric ? "numbers" : "single values") +
                "; '" + syntax.subject.text + "' is " + is.en},
           family.numeric ? Bilingual{"数不同的值用 distinct，数事件用 count",
                                      "distinct counts different values, count counts events"}
                          : Bilingual{});
    return false;
  }
  stream.value = field->index;
  stream.numeric = family.numeric;
  if (!family.numbers) type = field->type;
  return true;
}

bool lower_options(const MeasureSyntax& syntax, Names& names, Measure& measure) {
  if (syntax.q.present) {
    const auto q = read_constant_number(syntax.q, names);
    if (!q) return false;
    if (*q < Number(0) || Number(1) < *q) {
      report(names.out, "R175", syntax.q.at, {"q 应在 0 与 1 之间", "q lies between 0 and 1"},
             {"例如 0.9", "such as 0.9"});
      return false;
    }
    measure.q = *q;
  }
  if (syntax.half_life.present) {
    const auto span = read_span(syntax.half_life, names, {.workdays = false, .positive = true});
    if (!span) return false;
    measure.half_life = Duration{span->amount};
  }
  measure.every = read_period(syntax.every, names);
  return measure.every.has_value() || !syntax.every.present;
}

}  // namespace

bool MeasureTable::lower_counting(const MeasureSyntax& syntax, Measure& measure) {
  const ItemSyntax* item = find_item(syntax, names_);
  if (item == nullptr) return false;
  measure.item = names_.items.at(item->name);
  const auto key = lower_per(syntax, item->open, names_);
  if (!key) return false;
  measure.key = *key;
  measure.keyed = *key != kNone;
  measure.item_where = lower_where(syntax.where, item->open, names_);
  if (measure.aggregate != Aggregate::open && !item->due.present) {
    report(names_.out, "R187", syntax.subject.at,
           {"事项“" + item->name + "”没有期限（due）",
            "item '" + item->name + "' has no deadline (due)"},
           {"在 items 中为它加上 due: 字段名", "add due: FIELD to it under items"});
  }
  if (!syntax.margin.present) return true;
  const auto margin = read_span(syntax.margin, names_, {});
  if (margin) measure.margin = *margin;
  return margin.has_value();
}

bool MeasureTable::lower_windowed(const MeasureSyntax& syntax, Measure& measure, ValueType& type) {
  const MeasureFamily& family = *syntax.family;
  Stream stream;
  stream.source = family.source;
  Selection selection = syntax.of;
  if (family.subject == FamilySubject::item) {
    const ItemSyntax* item = find_item(syntax, names_);
    if (item == nullptr) return false;
    stream.item = names_.items.at(item->name);
    stream.numeric = family.numeric;
    selection = item->open;
    if ((family.source == StreamSource::item_extensions && !item->extend.present) ||
        (family.numeric && !item->due.present)) {
      const bool due = family.numeric;
      report(names_.out, "R187", syntax.subject.at,
             {"事项“" + item->name + "”没有" + (due ? "期限（due）" : "延期（extend）"),
              "item '" + item->name + "' has no " + (due ? "deadline (due)" : "'extend'")},
             {"在 items 中为它加上", "add it under items"});
    }
  } else if (family.subject == FamilySubject::steps) {
    const auto sequence = lower_sequence(syntax, names_);
    if (!sequence) return false;
    stream.sequence = *sequence;
    selection = syntax.steps.back();
  } else if (!selection.present) {
    return false;  // the key was missing or empty, and reported
  } else {
    stream.types = type_indices(selection, names_);
    stream.any_type = selection.any;
  }
  bool made = true;
  if (family.subject == FamilySubject::field || family.subject == FamilySubject::weight) {
    made = syntax.subject.present && lower_field_value(syntax, names_, stream, type);
  } else if (family.subject == FamilySubject::condition) {
    stream.flag = lower_where(syntax.subject, selection, names_);
    made = stream.flag != kNone;
  }
  if (family.subject != FamilySubject::steps)  // there it is the steps' own
    stream.where = lower_where(syntax.where, selection, names_);
  const auto key = lower_per(syntax, selection, names_);
  const auto span = lower_window(syntax, names_);
  made = lower_options(syntax, names_, measure) && made;
  if (!made || !key || !span) return false;
  stream.key = measure.key = *key;
  measure.keyed = *key != kNone;
  measure.window = names_.tables.window(names_.tables.stream(stream), *span, family.upkeep);
  return true;
}

}  // namespace lianqing
