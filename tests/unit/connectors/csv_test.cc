#include "connectors/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace lianqing {
namespace {

using testing::HasSubstr;
using Fields = std::vector<std::string>;

std::vector<Fields> fields(std::string_view bytes) {
  const auto rows = read_csv(bytes);
  std::vector<Fields> out;
  EXPECT_TRUE(rows.has_value()) << rows.error().what;
  if (rows) {
    for (const CsvRow& row : *rows) out.push_back(row.fields);
  }
  return out;
}

std::string refusal(std::string_view bytes) {
  const auto rows = read_csv(bytes);
  if (rows) return "taken";
  EXPECT_EQ(rows.error().code, ErrorCode::refused);
  return rows.error().what;
}

TEST(Csv, ReadsRowsWithEitherLineEndAndWithoutALastOne) {
  const std::vector<Fields> expected = {{"id", "name"}, {"u-1", "市局"}};
  EXPECT_EQ(fields("id,name\nu-1,市局\n"), expected);
  EXPECT_EQ(fields("id,name\r\nu-1,市局\r\n"), expected);
  EXPECT_EQ(fields("id,name\nu-1,市局"), expected);
  EXPECT_EQ(fields("\xEF\xBB\xBFid,name\r\nu-1,市局"), expected);
  EXPECT_TRUE(fields("").empty());
  EXPECT_TRUE(fields("\xEF\xBB\xBF").empty());
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineEnds) {
  EXPECT_EQ(fields("\"a,b\",\"say \"\"yes\"\"\",\"two\r\nlines\"\nx,\"\",y\n"),
            (std::vector<Fields>{{"a,b", "say \"yes\"", "two\r\nlines"}, {"x", "", "y"}}));
  EXPECT_EQ(fields("\"\"\"\""), (std::vector<Fields>{{"\""}}));
}

TEST(Csv, EmptyFieldsCount) {
  EXPECT_EQ(fields(",\na,\n,b\n"), (std::vector<Fields>{{"", ""}, {"a", ""}, {"", "b"}}));
  EXPECT_EQ(fields("a,"), (std::vector<Fields>{{"a", ""}}));
}

TEST(Csv, NumbersRowsAndLines) {
  const auto rows = read_csv("a\n\n\"x\ny\"\nlast\n").value();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].row, 3U);
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(rows[2].row, 4U);
  EXPECT_EQ(rows[2].line, 5U);
}

TEST(Csv, ErrorsNameRowAndColumn) {
  EXPECT_THAT(refusal("a,b\nc,d\"e\n"), HasSubstr("row 2 (line 2), column 2: a quote inside"));
  EXPECT_THAT(refusal("a\n\"b\"c\n"), HasSubstr("row 2 (line 2), column 2: text after a closing"));
  EXPECT_THAT(refusal("a\n\"b\n"), HasSubstr("not closed"));
  EXPECT_THAT(refusal("a\rb\n"), HasSubstr("carriage return"));
  EXPECT_THAT(refusal(std::string_view("a,b\0c\n", 6)),
              HasSubstr("row 1 (line 1), column 2: a NUL"));
  EXPECT_THAT(refusal("a\n\"x\ny\",\xD6\xD0\n"), HasSubstr("row 2 (line 3), column 2: not UTF-8"));
}

TEST(Csv, HoldsItsLimits) {
  const std::string field(kMaxCsvFieldBytes, 'x');
  EXPECT_EQ(fields(field)[0][0].size(), kMaxCsvFieldBytes);
  EXPECT_EQ(fields('"' + field + '"')[0][0].size(), kMaxCsvFieldBytes);
  EXPECT_THAT(refusal(field + "x"), HasSubstr("over 64 KiB"));
  EXPECT_THAT(refusal('"' + field + "x\""), HasSubstr("over 64 KiB"));
  EXPECT_EQ(fields(std::string(kMaxCsvColumns - 1, ','))[0].size(), kMaxCsvColumns);
  EXPECT_THAT(refusal(std::string(kMaxCsvColumns, ',')), HasSubstr("more than 512 columns"));
  std::string row;
  for (int i = 0; i < 15; ++i) row += field + ',';
  EXPECT_EQ(fields(row)[0].size(), 16U);
  row += field + ',' + field;
  EXPECT_THAT(refusal("h\n" + row), HasSubstr("row 2 (line 2), column 16: a row over 1 MiB"));
}

TEST(Csv, WhatIsQuotedComesBack) {
  std::mt19937 random(7);
  const std::string alphabet = "a,\"\r\n 中";
  for (int round = 0; round < 300; ++round) {
    std::vector<Fields> table(random() % 5 + 1, Fields(random() % 4 + 1));
    std::string text;
    for (Fields& row : table) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        for (auto n = random() % 6; n > 0; --n) {
          const auto pick = random() % 7;
          row[i] += pick == 6 ? "中" : std::string(1, alphabet[pick]);
        }
        text += i == 0 ? "\"" : ",\"";
        for (const char c : row[i]) text += c == '"' ? "\"\"" : std::string(1, c);
        text += '"';
      }
      text += round % 2 == 0 ? "\n" : "\r\n";
    }
    ASSERT_EQ(fields(text), table);
  }
}

TEST(Csv, AnyBytesAreSurvived) {
  std::mt19937 random(11);
  const std::string alphabet("a,\"\r\n\0\xE4\xB8\xAD", 9);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n) text += alphabet[random() % alphabet.size()];
    const auto rows = read_csv(text);
    if (rows) continue;
    ASSERT_THAT(rows.error().what, testing::StartsWith("row "));
  }
}

}  // namespace
}  // namespace lianqing
