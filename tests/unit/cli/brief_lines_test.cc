#include "cli/brief_lines.h"

#include <gtest/gtest.h>

#include "cli/json_parts.h"
#include "cli/words.h"
#include "connectors/json_writer.h"

namespace lianqing {
namespace {

// Rules of no measure, one and five.
Program program() {
  Program out;
  for (const std::string_view name : {"alone", "flag", "n\"ame", "share", "term", "投诉"}) {
    out.measures.emplace_back().name = name;
  }
  out.rules.resize(3);
  out.rules[0].id = "none";
  out.rules[1].id = "o\\ne";
  out.rules[1].measures = {0};
  out.rules[2].id = "五";
  out.rules[2].measures = {1, 2, 3, 4, 5};
  return out;
}

Leaving leaving(const Program& program, std::uint32_t rule) {
  Leaving out;
  out.time = instant(1'772'416'800'000'000);
  out.unit = "u1";
  out.rule = program.rules[rule].id;
  out.from = Level::green;
  out.to = Level::red;
  out.id = "w-0123456789abcdef0123456789abcdef";
  out.cause = Cause::event;
  out.seq = 18'446'744'073'709'551'615U;
  return out;
}

std::string line(const Leaving& leaving, std::uint32_t rule, const std::vector<Fact>& values) {
  std::string out = "what was there";
  BriefLines(program()).write(leaving, rule, values, out);
  return out;
}

// The same line member by member.
std::string expected(const Leaving& leaving, std::uint32_t rule, const std::vector<Fact>& values) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("id").string(leaving.id).key("unit").string(leaving.unit);
  out.key("rule").string(leaving.rule);
  if (leaving.keyed) out.key("key").string(leaving.key);
  out.key("from").string(name(leaving.from)).key("to").string(name(leaving.to));
  out.key("cause").string(cause_name(leaving.cause));
  if (leaving.to < leaving.from) {
    out.key("ended").string(leaving.revoked ? "revoked" : "cleared");
  }
  if (leaving.shadow) out.key("shadow").boolean(true);
  out.key("time").string(TimeText(leaving.time).view()).key("seq").unsigned_integer(leaving.seq);
  out.key("values").begin_object();
  const Program all = program();
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.key(all.measures[all.rules[rule].measures[i]].name);
    put(out, values[i]);
  }
  out.end_object().end_object();
  return text;
}

TEST(BriefLines, HaveTheirMembersInOrder) {
  Leaving rise = leaving(program(), 1);
  EXPECT_EQ(line(rise, 1, {Fact(Number(-3))}),
            R"({"id":"w-0123456789abcdef0123456789abcdef","unit":"u1","rule":"o\\ne",)"
            R"("from":"green","to":"red","cause":"event","time":"2026-03-02T02:00:00Z",)"
            R"("seq":18446744073709551615,"values":{"alone":-3}})");
  Leaving fall = leaving(program(), 0);
  fall.keyed = fall.shadow = fall.revoked = true;
  fall.key = "北\n";
  fall.from = Level::yellow;
  fall.to = Level::green;
  fall.cause = Cause::retraction;
  fall.time += Duration{250'000};
  fall.seq = 0;
  EXPECT_EQ(line(fall, 0, {}),
            R"({"id":"w-0123456789abcdef0123456789abcdef","unit":"u1","rule":"none","key":"北\n",)"
            R"("from":"yellow","to":"green","cause":"retraction","ended":"revoked","shadow":true,)"
            R"("time":"2026-03-02T02:00:00.250000Z","seq":0,"values":{}})");
}

TEST(BriefLines, TellOfEveryChange) {
  const std::vector<Fact> values = {Fact(Number(7))};
  Leaving one = leaving(program(), 1);
  for (int place = 0; place < kLevels * kLevels * 6 * 8; ++place) {
    one.from = static_cast<Level>(place / 48 / kLevels);
    one.to = static_cast<Level>(place / 48 % kLevels);
    one.cause = static_cast<Cause>(place / 8 % 6);
    one.revoked = (place & 1) != 0;
    one.shadow = (place & 2) != 0;
    one.keyed = (place & 4) != 0;
    EXPECT_EQ(line(one, 1, values), expected(one, 1, values));
  }
}

TEST(BriefLines, WriteValuesOfAllKindsAndTextsOfAllCharacters) {
  const std::vector<std::vector<Fact>> all = {
      {Fact(), Fact(true), Fact(false), Fact(Number::ratio(1, 3)), Fact(std::string("a\"\\\t文"))},
      {Fact(Number(INT64_MIN)), Fact(Number(INT64_MAX)), Fact(Number(0)),
       Fact(Number::ratio(-12'345, 1'000)), Fact(std::string())}};
  for (const std::vector<Fact>& values : all) {
    for (const std::string& unit :
         {std::string("u"), std::string("引\"\\\n\x01"), std::string("bad \xff\xc3"),
          std::string(3000, 'x'), std::string("\0z", 2), std::string()}) {
      Leaving one = leaving(program(), 2);
      one.unit = unit;
      one.keyed = true;
      one.key = unit;
      EXPECT_EQ(line(one, 2, values), expected(one, 2, values));
      one.keyed = false;  // what the key of another said is not told
      EXPECT_EQ(line(one, 2, values), expected(one, 2, values));
    }
  }
}

TEST(BriefLines, WriteNewestAndOldestInstants) {
  for (const char* text : {"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z",
                           "2026-03-02T02:00:00.000001Z", "9999-12-31T23:59:59Z"}) {
    Leaving one = leaving(program(), 0);
    one.time = *parse_rfc3339(text);
    EXPECT_NE(line(one, 0, {}).find(std::string("\"time\":\"") + text + "\""), std::string::npos)
        << text;
    EXPECT_EQ(line(one, 0, {}), expected(one, 0, {}));
  }
}

}  // namespace
}  // namespace lianqing
