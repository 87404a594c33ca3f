#include "connectors/attributes.h"

#include <gtest/gtest.h>

#include "connectors/decode.h"

namespace lianqing {
namespace {

const Instant kTime = *parse_rfc3339("2026-03-05T02:02:11.5Z");

TEST(RecordedTime, IsPutFirstWhereThereIsNone) {
  EXPECT_EQ(with_recorded_time(R"( {"id":"a"})", kTime),
            R"( {"recordedtime":"2026-03-05T02:02:11.500000Z","id":"a"})");
}

TEST(RecordedTime, IsReplacedWhereItStands) {
  EXPECT_EQ(
      with_recorded_time(R"({"id":"a", "recordedtime" : "2020-01-01T00:00:00Z" ,"x":1})", kTime),
      R"({"id":"a", "recordedtime" : "2026-03-05T02:02:11.500000Z" ,"x":1})");
  EXPECT_EQ(with_recorded_time(R"({"recordedtime":null,"x":1})", kTime),
            R"({"recordedtime":"2026-03-05T02:02:11.500000Z","x":1})");
  EXPECT_EQ(with_recorded_time(R"({"recorded\u0074ime":"2020-01-01T00:00:00Z"})", kTime),
            R"({"recorded\u0074ime":"2026-03-05T02:02:11.500000Z"})");
}

TEST(RecordedTime, TheSameTimeInAnySpellingStays) {
  const std::string record = R"({"recordedtime":"2026-03-05T10:02:11.5+08:00","x":1})";
  EXPECT_EQ(with_recorded_time(record, kTime), record);
}

TEST(RecordedTime, OnlyTheMemberOfTheRecordItselfCounts) {
  EXPECT_EQ(
      with_recorded_time(
          R"({"id":"recordedtime","data":{"recordedtime":"x"},"y":["recordedtime"]})", kTime),
      R"({"recordedtime":"2026-03-05T02:02:11.500000Z","id":"recordedtime","data":{"recordedtime":"x"},"y":["recordedtime"]})");
  EXPECT_EQ(with_recorded_time(R"({"a":"\"recordedtime\":","recordedtime":"2020-01-01T00:00:00Z"})",
                               kTime),
            R"({"a":"\"recordedtime\":","recordedtime":"2026-03-05T02:02:11.500000Z"})");
}

TEST(RecordedTime, WhatIsWrittenIsReadBackAndNothingElseChanged) {
  const std::string record =
      R"({"id":"a","source":"s","type":"t","time":"2026-03-05T10:00:00+08:00","unit":"u","data":{"n":[1,{"recordedtime":2}]}})";
  EventDecoder decoder;
  Arena arena;
  const auto before = decoder.decode(record, {}, arena);
  const auto after = decoder.decode(with_recorded_time(record, kTime), {}, arena);
  ASSERT_TRUE(std::holds_alternative<Event>(before) && std::holds_alternative<Event>(after));
  EXPECT_EQ(std::get<Event>(after).recorded, kTime);
  EXPECT_EQ(std::get<Event>(after).content, std::get<Event>(before).content);
  EXPECT_EQ(std::get<Event>(after).identity, std::get<Event>(before).identity);
}

TEST(Source, IsPutInWhereNoneIs) {
  EXPECT_EQ(with_source(R"({"id":"a"})", "/x\"y"), R"({"source":"/x\"y","id":"a"})");
  EXPECT_EQ(with_source(R"({"id":"a","source": null})", "/x"), R"({"id":"a","source": "/x"})");
  const std::string own = R"({"data":{"source":"inner"},"source":"/own"})";
  EXPECT_EQ(with_source(own, "/x"), own);
}

}  // namespace
}  // namespace lianqing
