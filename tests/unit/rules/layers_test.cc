#include "rules/layers.h"

#include <gtest/gtest.h>

#include "tests/support/compiled.h"

namespace lianqing {
namespace {

SourceText text(std::string name, std::string bytes, std::uint32_t layer) {
  return {std::move(name), std::move(bytes), layer};
}

constexpr const char* kShipped = R"yaml(version: 1
pack: {id: shipped, title: {zh: 标准, en: Standard}, calendar: cn}
lists: {hot: [a, b]}
params:
  limit: {value: 3, min: 1, max: 20, title: {zh: 黄线, en: Yellow line}}
  calm: 14d
events:
  complaint: {fields: {c: string, n: int}}
items:
  task: {key: id, open: assigned, close: {event: done, where: accepted}, due: due}
measures:
  n: {count: complaint, where: "c in hot", over: 30d}
  m: {count: complaint}
  late: {overdue: task}
colours: {yellow: {label: {zh: 黄, en: Yellow}, symbol: "◆"}}
duties:
  standard: {yellow: {steps: [{name: sign, role: head, within: 2d}], observe: 30d}}
rules:
  surge:
    title: 激增
    owner: desk
    basis: 办法
    duty: standard
    yellow: "n >= limit"
    red: {enter: "n >= 6", exit: "n <= 2", hold: calm}
  late: {title: Late, owner: desk, basis: x, yellow: "late > 1 and m > 1"}
)yaml";

constexpr const char* kHead = "version: 1\npack: {id: local, extends: ../shipped}\n";

std::shared_ptr<const Program> layered(const std::string& local) {
  return compile(std::vector<SourceText>{text("local.yaml", kHead + local, 0),
                                         text("shipped.yaml", kShipped, 1)});
}

const Param& param(const Program& program, std::string_view name) {
  return *std::find_if(program.params.begin(), program.params.end(),
                       [&](const Param& p) { return p.name == name; });
}

std::vector<SourceText> side_by_side(const std::string& one, const std::string& two) {
  return {{"all.yaml", "version: 1\npack: {id: all, extends: [../one, ../two]}\n", 0},
          {"one.yaml", "version: 1\npack: {id: one, calendar: cn}\n" + one, 1},
          {"two.yaml", "version: 1\npack: {id: two, timezone: UTC}\n" + two, 1}};
}

TEST(Layers, PacksSideBySideAreJoined) {
  const auto program = compile(side_by_side(
      "measures: {n: {count: a}}\nrules: {r: {title: R, owner: o, basis: x, yellow: n > 1}}\n",
      "measures: {m: {count: b}}\nrules: {q: {title: Q, owner: o, basis: x, yellow: m > 1}}\n"));
  ASSERT_TRUE(program);
  EXPECT_EQ(program->pack, "all");
  EXPECT_EQ(program->rules.size(), 2U);
}

TEST(Layers, WhatOnlyTheExtendedPackDoesNotUseIsNotTold) {
  const auto told = [](const std::string& local) {
    Diagnostics warnings;
    const auto program = compile_pack(
        std::vector<SourceText>{
            text("local.yaml", kHead + local, 0),
            text("shipped.yaml", kShipped + std::string("macros: {spare: n > 1}\n"), 1)},
        shipped_calendars(), &warnings);
    EXPECT_TRUE(program);
    return std::count_if(warnings.begin(), warnings.end(),
                         [](const Diagnostic& d) { return d.code == "R163"; });
  };
  EXPECT_EQ(told(""), 0);
  EXPECT_EQ(told("lists: {own: [a]}\n"), 1);
}

TEST(Layers, PacksSideBySideShareNoName) {
  const auto program = compile_pack(side_by_side("params: {limit: 1}\n", "params: {limit: 2}\n"),
                                    shipped_calendars());
  ASSERT_FALSE(program);
  const Diagnostics& found = program.error();
  const auto again = std::find_if(found.begin(), found.end(),
                                  [](const Diagnostic& d) { return d.code == "R019"; });
  ASSERT_NE(again, found.end());
  EXPECT_EQ(again->at.file, 2U);
  EXPECT_EQ(again->message.en, "'limit' is already defined at one.yaml:3");
}

TEST(Layers, ALocalPackAloneSaysOnlyItsName) {
  const auto program = layered("");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->pack, "local");
  EXPECT_EQ(program->title.en, "Standard");
  EXPECT_EQ(program->rules.size(), 2U);
}

TEST(Layers, AShortParamChangesItsValueOnly) {
  const auto program = layered("params: {limit: 5, calm: {title: {zh: 平静, en: Calm}}}\n");
  ASSERT_TRUE(program);
  const Param& limit = param(*program, "limit");
  EXPECT_EQ(limit.value, (Cell{CellTag::number, 1, 5}));
  EXPECT_EQ(limit.max, Number(20));
  EXPECT_EQ(limit.title.zh, "黄线");
  EXPECT_EQ(param(*program, "calm").span, (Span{false, days(14).count()}));
  EXPECT_EQ(param(*program, "calm").title.en, "Calm");
}

TEST(Layers, TheLimitsOfTheBaseHold) {
  const std::vector<SourceText> files = {
      text("local.yaml", std::string(kHead) + "params: {limit: 25}\n", 0),
      text("shipped.yaml", kShipped, 1)};
  const auto program = compile_pack(files, shipped_calendars());
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error()[0].code, "R157");
  EXPECT_EQ(program.error()[0].at.file, 0U) << "the value was written in the local pack";
  EXPECT_EQ(program.error()[0].at.line, 3U);
}

TEST(Layers, RulesChangeFieldByField) {
  const auto program = layered(
      "rules:\n  surge:\n    yellow: {hold: 3d}\n    red: \"n >= 9\"\n    duty:\n"
      "    title: {en: Surge}\n  late: {status: retired}\n"
      "  more: {title: More, owner: me, basis: me, yellow: \"n > 100\"}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->rules.size(), 3U);
  const Rule& surge = rule(*program, "surge");
  EXPECT_EQ(program->exprs[surge.levels[1].enter].source, "n >= limit");
  EXPECT_EQ(surge.levels[1].hold, (Span{false, days(3).count()}));
  EXPECT_EQ(program->exprs[surge.levels[2].enter].source, "n >= 9");
  EXPECT_EQ(program->exprs[surge.levels[2].enter].at.file, 0U);
  EXPECT_EQ(program->exprs[surge.levels[2].exit].source, "n <= 2");
  EXPECT_EQ(program->exprs[surge.levels[2].exit].at.file, 1U);
  EXPECT_EQ(surge.levels[2].hold, (Span{false, days(14).count()}));
  EXPECT_EQ(surge.title.zh, "激增");
  EXPECT_EQ(surge.title.en, "Surge");
  EXPECT_EQ(surge.duty, "");
  EXPECT_EQ(rule(*program, "late").status, RuleStatus::retired);
}

TEST(Layers, MeasuresAreChangedOrReplaced) {
  const auto program =
      layered("measures:\n  n: {over: 60d, where: }\n  m: {max: n, of: complaint, empty: 0}\n");
  ASSERT_TRUE(program);
  const Measure& n = measure(*program, "n");
  EXPECT_EQ(n.aggregate, Aggregate::count);
  EXPECT_EQ(window_of(*program, "n").span.over, days(60));
  EXPECT_EQ(program->streams[window_of(*program, "n").stream].where, kNone);
  EXPECT_EQ(measure(*program, "m").aggregate, Aggregate::maximum);
}

TEST(Layers, ListsItemsEventsColoursAndDuties) {
  const auto program = layered(
      "lists: {hot: [z]}\nevents: {complaint: {fields: {n: {max: 5}, extra: string}}}\n"
      "items: {task: {open: {where: big}, close: finished}}\n"
      "colours: {yellow: {symbol: \"!\"}, red: {symbol: \"!!\"}}\n"
      "duties: {standard: {yellow: {observe: 60d}}, strict: {red: {triage: true}}}\n");
  ASSERT_TRUE(program);
  const EventType& complaint = *std::find_if(program->types.begin(), program->types.end(),
                                             [](const EventType& t) { return t.declared; });
  ASSERT_EQ(complaint.fields.size(), 3U);
  EXPECT_EQ(complaint.fields[2].max, Number(5));
  EXPECT_EQ(complaint.fields[2].type, FieldType::integer);
  const Item& task = program->items[0];
  EXPECT_NE(task.open_where, kNone);
  EXPECT_EQ(program->types[task.open[0]].name, "assigned");
  EXPECT_NE(task.close_where, kNone);
  EXPECT_EQ(program->types[task.close[0]].name, "finished");
  EXPECT_EQ(program->labels[1].symbol, "!");
  EXPECT_EQ(program->labels[1].label.en, "Yellow");
  ASSERT_EQ(program->duties.size(), 2U);
  EXPECT_EQ(program->duties[0].levels[1].observe, (Span{false, days(60).count()}));
  EXPECT_EQ(program->duties[0].levels[1].steps.size(), 1U);
}

TEST(Layers, ThreeOfThem) {
  const auto program = compile(std::vector<SourceText>{
      text("a.yaml", "version: 1\npack: {id: district, extends: ../city}\nparams: {limit: 7}\n", 0),
      text("b.yaml",
           "version: 1\npack: {id: city, extends: ../shipped}\nparams: {limit: 5, calm: 7d}\n", 1),
      text("c.yaml", kShipped, 2)});
  ASSERT_TRUE(program);
  EXPECT_EQ(program->pack, "district");
  EXPECT_EQ(param(*program, "limit").value.num, 7);
  EXPECT_EQ(param(*program, "calm").span, (Span{false, days(7).count()}));
}

TEST(Layers, TheHashIsThatOfThePackWrittenOut) {
  const std::string head = "version: 1\npack: {id: p}\n", m = "measures: {n: {count: a}}\n";
  const auto one = compile(std::vector<SourceText>{
      text("a.yaml", "version: 1\npack: {id: p, extends: ../b}\nparams: {x: 4}\n", 0),
      text("b.yaml",
           "version: 1\npack: {id: b}\nparams: {x: {value: 3, max: 9}}\n" + m +
               "rules: {r: {yellow: \"n > x\"}}\n",
           1)});
  const auto two = compile(head + "params: {x: {value: 4, max: 9}}\n" + m +
                           "rules: {r: {yellow: {enter: \"n > x\"}}}\n");
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->hash, two->hash);
}

TEST(Layers, NamesAreUniqueInALayer) {
  const std::vector<SourceText> files = {
      text("a.yaml", std::string(kHead) + "params: {limit: 4}\n", 0),
      text("b.yaml", "params: {limit: 5}\n", 0), text("shipped.yaml", kShipped, 1)};
  const auto program = compile_pack(files, shipped_calendars());
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error()[0].code, "R019");
  EXPECT_EQ(program.error()[0].at.file, 1U);
}

TEST(Layers, WhatIsExtended) {
  const std::vector<SourceText> files = {text("a.yaml", "rules: {}\n", 0),
                                         text("b.yaml", kHead, 0)};
  const std::vector<Text> extended = extended_packs(files);
  ASSERT_EQ(extended.size(), 1U);
  EXPECT_EQ(extended[0].text, "../shipped");
  EXPECT_EQ(extended[0].at.file, 1U);
  EXPECT_EQ(extended[0].at.line, 2U);
  EXPECT_TRUE(extended_packs({&files[0], 1}).empty());

  const SourceText many = text("a.yaml", "pack: {id: a, extends: [../b, c.yaml]}\n", 0);
  ASSERT_EQ(extended_packs({&many, 1}).size(), 2U);
  EXPECT_EQ(extended_packs({&many, 1})[1].text, "c.yaml");
}

}  // namespace
}  // namespace lianqing
