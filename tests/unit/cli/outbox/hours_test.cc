#include "cli/outbox/hours.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

class Hours : public ::testing::Test {
 protected:
  void SetUp() override {
    zone_ = *load_zone("Asia/Shanghai");
    calendar_.name = "cn";
    calendar_.years = {2026};
    const auto day = [](int d) {
      return LocalDay{std::chrono::year(2026) / std::chrono::October / d};
    };
    for (int d = 1; d <= 7; ++d) calendar_.listed[day(d)] = false;
    calendar_.listed[day(10)] = true;  // a Saturday, made up for
  }
  // From one local wall time to another.
  std::string held(const std::string& at, Level level = Level::yellow) const {
    const Hold hold = hold_until(hours_, zone_, calendar_, *parse_rfc3339(at + ":00+08:00"), level);
    return format_rfc3339(hold.until + std::chrono::hours(8)).substr(0, 16) + " " +
           std::string(hold.why);
  }

  OutboxHours hours_;
  Zone zone_;
  Calendar calendar_;
};

TEST_F(Hours, QuietOverMidnight) {
  hours_.quiet_from = std::chrono::hours(20);
  hours_.quiet_until = std::chrono::hours(8);
  EXPECT_EQ(held("2026-03-02T10:00"), "2026-03-02T10:00 ");
  EXPECT_EQ(held("2026-03-02T20:00"), "2026-03-03T08:00 quiet");
  EXPECT_EQ(held("2026-03-02T07:59"), "2026-03-02T08:00 quiet");
  hours_.always = Level::red;
  EXPECT_EQ(held("2026-03-02T23:00", Level::red), "2026-03-02T23:00 ");
  EXPECT_EQ(held("2026-03-02T23:00"), "2026-03-03T08:00 quiet");
}

TEST_F(Hours, HolidaysWaitForTheNextWorkingDay) {
  hours_.quiet_from = std::chrono::hours(18);
  hours_.quiet_until = std::chrono::hours(9);
  hours_.workdays = true;
  EXPECT_EQ(held("2026-09-30T19:00"), "2026-10-08T09:00 quiet");
  EXPECT_EQ(held("2026-10-03T12:00"), "2026-10-08T09:00 quiet");
  EXPECT_EQ(held("2026-10-10T12:00"), "2026-10-10T12:00 ");
  EXPECT_EQ(held("2026-10-10T19:00"), "2026-10-12T09:00 quiet");
  // No data for the year: rather disturb.
  EXPECT_EQ(held("2027-01-03T12:00"), "2027-01-03T12:00 ");
}

TEST_F(Hours, ADigestComesAtItsHourOnADayThatIsNotQuiet) {
  hours_.digest = std::chrono::minutes(8 * 60 + 30);
  EXPECT_EQ(held("2026-03-02T08:00"), "2026-03-02T08:30 digest");
  EXPECT_EQ(held("2026-03-02T09:00"), "2026-03-03T08:30 digest");
  hours_.workdays = true;
  EXPECT_EQ(held("2026-09-30T09:00"), "2026-10-08T08:30 digest");
}

}  // namespace
}  // namespace lianqing
