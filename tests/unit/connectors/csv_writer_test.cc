#include "connectors/csv_writer.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

std::string line(const std::string& cell) { return csv_line({&cell, 1}); }

TEST(CsvWriter, QuotesWhatNeedsIt) {
  const std::vector<std::string> cells = {"a", "b,c", "say \"x\"", "two\nlines", "", "单位"};
  EXPECT_EQ(csv_line(cells), "a,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\",,单位\r\n");
}

// T15
TEST(CsvWriter, NoFirstByteMakesAFormula) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string cell = std::string(1, static_cast<char>(byte)) + "1+cmd|' /C calc'!A0";
    const std::string out = line(cell);
    const char first = out[out[0] == '"' ? 1 : 0];
    EXPECT_EQ(std::string("=+-@\t\r\n\0", 8).find(first), std::string::npos) << byte;
  }
  for (const char* wide : {"＝1", "＋1", "－1", "＠1"}) EXPECT_TRUE(line(wide).starts_with("\"'"));
  EXPECT_EQ(line("a=1"), "a=1\r\n");
}

TEST(CsvWriter, WritesWhatSpreadsheetsRead) {
  EXPECT_EQ(*encode_table("黄", TableEncoding::utf8_with_mark), "\xEF\xBB\xBF\xE9\xBB\x84");
  EXPECT_EQ(*encode_table("黄", TableEncoding::gb18030), "\xBB\xC6");
  EXPECT_EQ(*encode_table("a\xFFz", TableEncoding::gb18030), "a?z");
}

}  // namespace
}  // namespace lianqing
