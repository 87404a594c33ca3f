#include "connectors/sinks/ledger.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

class LedgerSinkTest : public ::testing::Test {
 protected:
  LedgerSinkTest() { settings_.path = dir_.path() + "/ledger.csv"; }

  Notice notice(const std::string& unit, const std::string& because) const {
    Notice out;
    out.id = "w1";
    out.unit = unit;
    out.edges.push_back(
        {1, "w1", unit, "many", "k", Level::yellow, Level::red,
         *parse_rfc3339("2026-03-02T01:00:07Z"),
         "{\"title\":{\"zh\":\"投诉激增\",\"en\":\"Surge\"},\"because\":{\"zh\":\"" + because +
             "\"}}"});
    return out;
  }
  void tell(const Notice& one) {
    const auto sink = make_ledger(settings_);
    ASSERT_TRUE(sink) << sink.error().what;
    const Delivery done = (*sink)->deliver({&one, 1}, one.edges[0].time, {});
    ASSERT_TRUE(done) << done.error().what;
  }
  std::string text() const {
    std::ifstream in(settings_.path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  TempDir dir_;
  SinkSettings settings_;
};

TEST_F(LedgerSinkTest, OneRowPerWarningUnderOneHeader) {
  settings_.local = [](Instant) { return std::string("2026-03-02 09:00:07.5"); };
  tell(notice("市城管局", "近30天投诉6件"));
  tell(notice("=cmd|' /C calc'!A0", "两\\r\\n行,逗号"));
  EXPECT_EQ(text(),
            "\xEF\xBB\xBF时间,单位,触发规则,分项,原等级,现等级,变化,原因,预警编号\r\n"
            "2026-03-02 09:00:07,市城管局,投诉激增,k,黄,红,升级,近30天投诉6件,w1\r\n"
            "2026-03-02 09:00:07,\"'=cmd|' /C calc'!A0\",投诉激增,k,黄,红,升级,\"两  行,逗号\",w1"
            "\r\n");
}

TEST_F(LedgerSinkTest, InEnglishAndForOldSpreadsheets) {
  settings_.language = "en";
  tell(notice("u", "甲"));  // a sentence that there is in Chinese only
  EXPECT_NE(text().find("2026-03-02T01:00:07Z,u,Surge,k,yellow,red,rises,甲,w1\r\n"),
            std::string::npos);
  settings_.language = "zh";
  const std::string before = text();
  const auto other = make_ledger(settings_);  // the daemon starts all the same
  ASSERT_TRUE(other);
  const Notice one = notice("u", "x");
  const Delivery refused = (*other)->deliver({&one, 1}, one.edges[0].time, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, DeliveryFailure::Kind::unavailable);
  EXPECT_NE(refused.error().what.find("rename it"), std::string::npos);
  EXPECT_EQ(text(), before);
  settings_.path += ".2";
  settings_.encoding = TableEncoding::gb18030;
  tell(notice("黄", "㐀"));
  EXPECT_TRUE(text().starts_with("\xCA\xB1\xBC\xE4,"));
  EXPECT_NE(text().find(",\xBB\xC6,"), std::string::npos);
}

}  // namespace
}  // namespace lianqing
