#include "rules/lower.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rules/canonical.h"
#include "rules/fingerprint.h"
#include "tests/support/compiled.h"

namespace lianqing {
namespace {

// The sample pack of the contract.
constexpr const char* kSample = R"yaml(version: 1
pack: {id: ningbo-style, title: {zh: 机关作风预警, en: Work-style warnings}, timezone: Asia/Shanghai, calendar: cn}
lists:      {hot_channels: [hotline_12345, petition, letter], style_problem: [slow_action, rude]}
params:
  surge_yellow: {value: 3, min: 1, max: 20, title: {zh: 投诉黄线, en: Yellow line}}
  surge_red:    {value: 6, min: 2, max: 40}
events:
  complaint_received:
    title: {zh: 投诉举报, en: Complaint}
    fields:
      category: {type: code, codes: style_problem, required: true}
      severity: {type: int, min: 1, max: 5}
      reporter_token: {type: string, sensitive: true}
items:
  rectification:
    key: item_id
    open: item_assigned
    close: item_closed
    due: due_date
    extend: {event: extension_decided, where: approved, due: new_due_date}
measures:
  complaints_30d:  {count: complaint_received, where: "severity >= 2", over: 30d}
  complaints_prev: {count: complaint_received, where: "severity >= 2", over: 30d, offset: 30d}
  reporters_30d:   {distinct: reporter_token, of: complaint_received, over: 30d, per: category}
  fines_90d:       {sum: amount_cny, of: fine, over: 90d}
  overdue:         {overdue: rectification, by: 5 workdays}
  growth:          {value: "complaints_30d / max(complaints_prev, 1)"}
rules:
  complaint_surge:
    title: {zh: 投诉激增, en: Complaint surge}
    group: complaints
    basis: {zh: "《…办法》第三条"}
    owner: oversight-desk
    needs: "complaints_prev >= 1"
    yellow: "complaints_30d >= surge_yellow"
    red: {enter: "complaints_30d >= surge_red or growth >= 3", exit: "complaints_30d <= 2", for: 0d, hold: 14d}
    because: {zh: "近30天投诉{complaints_30d}件,环比{growth|2}倍", en: "{complaints_30d} complaints in 30 days"}
    duty: standard
)yaml";

TEST(Lower, TheSamplePack) {
  const auto program = compile(kSample);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->pack, "ningbo-style");
  EXPECT_EQ(program->zone.name, "Asia/Shanghai");
  EXPECT_EQ(program->calendar.years.size(), 9U);
  EXPECT_EQ(program->params.size(), 2U);
  EXPECT_EQ(program->types.size(), 5U);
  ASSERT_EQ(program->measures.size(), 6U);

  // One `where`, one stream, two windows.
  const Window &now = window_of(*program, "complaints_30d"),
               &before = window_of(*program, "complaints_prev");
  EXPECT_EQ(now.stream, before.stream);
  EXPECT_EQ(now.span.over, days(30));
  EXPECT_EQ(before.span.offset, days(30));
  EXPECT_EQ(now.upkeep, 0);

  const Measure& reporters = measure(*program, "reporters_30d");
  EXPECT_TRUE(reporters.keyed);
  EXPECT_EQ(program->slots[reporters.key].path, "category");
  EXPECT_EQ(window_of(*program, "reporters_30d").upkeep, kKeepGroups);
  EXPECT_TRUE(program->streams[window_of(*program, "fines_90d").stream].numeric);

  const Measure& overdue = measure(*program, "overdue");
  EXPECT_EQ(overdue.margin, (Span{true, 5}));
  EXPECT_EQ(program->items[overdue.item].name, "rectification");
  EXPECT_EQ(program->slots[program->items[0].extend_due].path, "new_due_date");
  EXPECT_NE(program->items[0].extend_where, kNone);

  ASSERT_EQ(program->rules.size(), 1U);
  const Rule& rule = program->rules[0];
  std::vector<std::string> read;
  for (const std::uint32_t m : rule.measures) read.push_back(program->measures[m].name);
  EXPECT_EQ(read, (std::vector<std::string>{"complaints_30d", "complaints_prev", "growth"}));
  EXPECT_EQ(rule.levels[2].hold, (Span{false, days(14).count()}));
  EXPECT_EQ(rule.levels[1].exit, kNone);
  EXPECT_FALSE(rule.keyed);
  EXPECT_FALSE(rule.because_zh.parts.empty());
  EXPECT_EQ(program->exprs[rule.levels[1].enter].source, "complaints_30d >= surge_yellow");

  // Declared fields that some rule reads have slots, others have none.
  const auto type = std::find_if(program->types.begin(), program->types.end(),
                                 [](const EventType& t) { return t.declared; });
  ASSERT_EQ(type->fields.size(), 3U);
  EXPECT_EQ(type->fields[0].codes, (std::vector<std::string>{"rude", "slow_action"}));
  for (const FieldCheck& field : type->fields) EXPECT_NE(field.slot, kNone) << field.name;
}

TEST(Lower, AValueComesAfterWhatItReads) {
  const auto program =
      measures("  a: {value: \"b + c\"}\n  b: {value: \"c * 2\"}\n  c: {count: x}\n", "a > 1");
  ASSERT_TRUE(program);
  for (std::uint32_t m = 0; m < program->measures.size(); ++m) {
    for (const std::uint32_t read : program->measures[m].reads) EXPECT_LT(read, m);
  }
  EXPECT_EQ(measure(*program, "a").reads.size(), 2U);
}

TEST(Lower, EqualStreamsAndWindowsAreShared) {
  const auto program = measures(
      "  a: {sum: f, of: x, over: 7d, where: \"g == 1\"}\n  b: {avg: f, of: [x], over: 1w, where: "
      "\"(g==1)\"}\n"
      "  c: {median: f, of: x, over: 7d, where: \"g == 1\"}\n  d: {last: f, of: x, over: 7d, "
      "where: \"g == 1\"}\n",
      "a + b + c > 1 and d == 1");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->streams.size(), 2U);  // with numbers only, and with anything
  EXPECT_EQ(program->windows.size(), 2U);
  EXPECT_EQ(window_of(*program, "a").upkeep, kKeepSum | kKeepSorted);
}

TEST(Lower, Windows) {
  const auto program = measures(
      "  all: {count: x}\n  cal: {count: x, over: month, offset: 2 months, to_date: true}\n  bare: "
      "{count: x, over: week, offset: 1}\n"
      "  par: {count: x, over: w, offset: 12h}\n",
      "all + cal + bare + par > 1", "params: {w: 90d}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(window_of(*program, "all").span.kind, WindowSpan::Kind::all);
  const WindowSpan& cal = window_of(*program, "cal").span;
  EXPECT_EQ(cal.kind, WindowSpan::Kind::calendar);
  EXPECT_EQ(cal.period, Period::month);
  EXPECT_EQ(cal.periods_back, 2);
  EXPECT_TRUE(cal.to_date);
  EXPECT_EQ(window_of(*program, "bare").span.periods_back, 1);
  EXPECT_EQ(window_of(*program, "par").span.over, days(90));
}

TEST(Lower, ItemMeasuresOverTime) {
  const auto program = measures(
      "  done: {closed: t, over: 30d, per: kind}\n  rate: {on_time_rate: t, over: 30d, per: kind, "
      "empty: 1}\n"
      "  more: {extensions: t}\n  soon: {due_within: t, in: 3 workdays, where: \"big\"}\n",
      "done > 1 and rate < 1 and more > 1 and soon > 1",
      "items: {t: {key: i, open: o, close: c, due: d, extend: {event: e, due: n}}}\n");
  ASSERT_TRUE(program);
  const Stream &done = program->streams[window_of(*program, "done").stream],
               &rate = program->streams[window_of(*program, "rate").stream];
  EXPECT_EQ(done.source, StreamSource::item_closings);
  EXPECT_FALSE(done.numeric);
  EXPECT_TRUE(rate.numeric);
  EXPECT_EQ(measure(*program, "rate").aggregate, Aggregate::average);
  EXPECT_EQ(measure(*program, "rate").empty, (Cell{CellTag::number, 1, 1}));
  EXPECT_EQ(program->streams[window_of(*program, "more").stream].source,
            StreamSource::item_extensions);
  EXPECT_EQ(measure(*program, "soon").margin, (Span{true, 3}));
  EXPECT_NE(measure(*program, "soon").item_where, kNone);
  EXPECT_TRUE(program->rules[0].keyed);
}

TEST(Lower, AgeThresholds) {
  auto thresholds = [](const std::string& condition, const std::string& more = {}) {
    const auto program =
        measures("  a: {age: x}\n  n: {count: x}\n" + more, condition, "params: {p: 30}\n");
    return program ? measure(*program, "a").thresholds : std::vector<std::int64_t>{-1};
  };
  using List = std::vector<std::int64_t>;
  EXPECT_EQ(thresholds("a >= 7 and n > 1"), (List{7}));
  EXPECT_EQ(thresholds("a > p and n > 1"), (List{31}));
  EXPECT_EQ(thresholds("7 < a and a <= 9 and n > 1"), (List{8, 10}));
  EXPECT_EQ(thresholds("a == 7 and n > 1"), (List{7, 8}));
  EXPECT_EQ(thresholds("a >= 2.5 or a > 6.5 and n > 1"), (List{3, 7}));
  EXPECT_EQ(thresholds("a + n >= 7"), List{});
  EXPECT_EQ(thresholds("a >= n"), List{});
  EXPECT_EQ(thresholds("v > 3 and n > 1", "  v: {value: \"a * 2\"}\n"), List{});
  EXPECT_EQ(thresholds("v == 1 and n > 1", "  v: {value: \"a >= 9 ? 1 : 0\"}\n"), (List{9}));
  EXPECT_EQ(thresholds("a == null and n > 1"), (List{0}));  // never by time alone
}

TEST(Lower, ItemsWithConditions) {
  const auto program = measures("  n: {open: t}\n", "n > 1",
                                "items: {t: {key: i, open: {event: o, where: \"big\"}, close: "
                                "{event: [c, d], where: \"done\"}}}\n");
  ASSERT_TRUE(program);
  EXPECT_NE(program->items[0].open_where, kNone);
  EXPECT_NE(program->items[0].close_where, kNone);
  EXPECT_EQ(program->items[0].close.size(), 2U);
}

TEST(Lower, ADeclaredFieldComesBeforeAParamOfItsName) {
  const auto program = measures("  n: {count: x, where: \"f > 1 and g > 2\"}\n", "n > 1",
                                "params: {f: 3, g: 4}\nevents: {x: {fields: {f: int}}}\n");
  ASSERT_TRUE(program);
  const Expr& where = program->exprs[program->streams[0].where];
  auto has = [&](Op op) {
    return std::any_of(where.nodes.begin(), where.nodes.end(),
                       [&](const ExprNode& n) { return n.op == op; });
  };
  EXPECT_TRUE(has(Op::field));
  EXPECT_TRUE(has(Op::param));
}

TEST(Lower, DecayedCountsOrWeighs) {
  const auto program = measures(
      "  a: {decayed: 1, of: x, half_life: 60d, every: day}\n  b: {decayed: f, of: x, half_life: "
      "h}\n",
      "a > 1 and b > 1", "params: {h: 30d}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->streams[window_of(*program, "a").stream].value, kNone);
  EXPECT_EQ(measure(*program, "a").every, Period::day);
  EXPECT_TRUE(program->streams[window_of(*program, "b").stream].numeric);
  EXPECT_EQ(measure(*program, "b").half_life, days(30));
}

// Every place where a length of time, a number or a period stands takes a param.
TEST(Lower, ParamsStandEverywhere) {
  const std::string head =
      "version: 1\npack: {id: p, calendar: cn, max_future: ahead}\n"
      "params: {ahead: 2d, win: 30d, back: 7d, month: month, two: 2, soon: 3 workdays, margin: 5d, "
      "half: 60d, share: 0.9, confirm: 1d, keep: 14d, limit: 3, none: 0, kind: slow, gap: 10 "
      "workdays}\n"
      "items: {t: {key: i, open: o, close: c, due: d}}\n";
  const auto program =
      compile(head +
              "measures:\n"
              "  sliding: {count: x, over: win, offset: back, where: \"f == kind and g > limit\"}\n"
              "  calendar: {count: x, over: month, offset: two}\n"
              "  late: {overdue: t, by: margin}\n"
              "  near: {due_within: t, in: soon}\n"
              "  fading: {decayed: 1, of: x, half_life: half, every: month}\n"
              "  high: {quantile: f, of: x, q: share, over: win, empty: none}\n"
              "  pair: {sequence: [a, b], within: gap, over: win}\n"
              "  run: {streak: \"f > limit\", of: x}\n"
              "  sum: {value: \"sliding + limit\"}\n"
              "rules:\n  r: {yellow: {enter: \"sliding + calendar + late + near + fading + high + "
              "pair + run "
              "+ sum > limit\", exit: \"sliding < two\", for: confirm, hold: keep}}\n");
  ASSERT_TRUE(program);
  const WindowSpan& sliding = window_of(*program, "sliding").span;
  EXPECT_EQ(program->max_future, days(2));
  EXPECT_EQ(sliding.over, days(30));
  EXPECT_EQ(sliding.offset, days(7));
  EXPECT_EQ(window_of(*program, "calendar").span.period, Period::month);
  EXPECT_EQ(window_of(*program, "calendar").span.periods_back, 2);
  EXPECT_EQ(measure(*program, "late").margin, (Span{false, days(5).count()}));
  EXPECT_EQ(measure(*program, "near").margin, (Span{true, 3}));
  EXPECT_EQ(measure(*program, "fading").half_life, days(60));
  EXPECT_EQ(measure(*program, "fading").every, Period::month);
  EXPECT_EQ(measure(*program, "high").q, Number::ratio(9, 10));
  EXPECT_EQ(measure(*program, "high").empty, (Cell{CellTag::number, 1, 0}));
  EXPECT_EQ(program->sequences[0].within, (Span{true, 10}));
  const LevelRule& yellow = program->rules[0].levels[1];
  EXPECT_EQ(yellow.confirm, (Span{false, days(1).count()}));
  EXPECT_EQ(yellow.hold, (Span{false, days(14).count()}));
}

TEST(Lower, NamesOfAnyScript) {
  // The last letter of the field is written in two ways: composed, and with a combining accent.
  const auto program = compile(
      "version: 1\npack: {id: p}\nparams: {黄线: 3}\nlists: {渠道: [热线, 信访]}\n"
      "macros: {严重: \"severity >= 黄线\"}\n"
      "events: {投诉: {fields: {渠道码: string, caf\xC3\xA9: int, severity: int}}}\n"
      "measures:\n"
      "  近30日投诉: {count: 投诉, where: \"渠道码 in 渠道 且 严重 且 cafe\xCC\x81 > 1\", over: "
      "30天}\n"
      "rules:\n  投诉激增: {yellow: \"近30日投诉 >= 黄线\"}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->rules[0].id, "投诉激增");
  EXPECT_EQ(program->measures[0].name, "近30日投诉");
  EXPECT_EQ(program->types[0].fields.size(), 3U);
  for (const FieldCheck& field : program->types[0].fields) EXPECT_NE(field.slot, kNone);
}

TEST(Lower, MacrosReadParamsListsAndMeasures) {
  const auto program = compile(
      "version: 1\npack: {id: p}\nparams: {limit: 3, factor: 2}\nlists: {hot: [a, b]}\n"
      "macros:\n  serious: \"severity >= limit and c in hot\"\n  twice: \"limit * factor\"\n"
      "  many: \"n >= twice\"\n"
      "measures: {n: {count: x, where: \"serious\"}}\n"
      "rules: {r: {yellow: \"many\", red: \"not many or n > twice * 2\"}}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(canonical_text(*program, program->exprs[program->streams[0].where]),
            " (and (>= (field 8:severity) (param 5:limit)) (in (field 1:c) (list 3 1:a 3 1:b)))");
  EXPECT_EQ(canonical_text(*program, program->exprs[program->rules[0].levels[1].enter]),
            " (>= (measure 1:n) (* (param 5:limit) (param 6:factor)))");
}

TEST(Hash, DependsOnMeaningOnly) {
  const std::string head = "version: 1\npack: {id: p}\n",
                    m = "measures:\n  a: {count: x, over: 7d}\n  b: {count: y}\n";
  const std::string rule =
      "rules:\n  r: {title: {zh: 甲 乙}, yellow: \"a >= 1\", red: \"b > 2\"}\n";
  const auto one = compile(head + m + rule);
  const auto two =
      compile({{"z.yaml", "# moved\n" + head},
               {"a.yaml",
                "rules:\n  r:\n    red: \"b>2\"\n    yellow: a>=1\n    title: {zh: \"甲   乙\"}\n"},
               {"b.yaml", "measures:\n  b: {count: y}\n  a: {over: 1w, count: [x]}\n"}});
  const auto other =
      compile(head + m + "rules:\n  r: {title: {zh: 甲 乙}, yellow: \"a > 1\", red: \"b > 2\"}\n");
  ASSERT_TRUE(one && two && other);
  EXPECT_EQ(canonical_text(*one), canonical_text(*two));
  EXPECT_EQ(one->hash, two->hash);
  EXPECT_NE(one->hash, other->hash);
}

TEST(Hash, IsSha256) {
  const auto digest = sha256("abc");
  EXPECT_EQ(digest[0], 0xBA);
  EXPECT_EQ(digest[31], 0xAD);
}

TEST(Compile, WarnsButCompiles) {
  const SourceText text{"p.yaml",
                        "version: 1\npack: {id: p}\nmeasures: {a: {count: x, over: 9d}}\nrules: "
                        "{r: {yellow: \"a > 1\"}}\n"};
  Diagnostics warnings;
  const auto program = compile_pack({&text, 1}, {}, &warnings);
  ASSERT_TRUE(program);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "R165");
  EXPECT_TRUE((*program)->sources[0].bytes.empty());
}

}  // namespace
}  // namespace lianqing
