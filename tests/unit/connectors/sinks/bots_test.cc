#include "connectors/sinks/bots.h"

#include <gtest/gtest.h>

#include "connectors/sinks/link.h"
#include "connectors/utf8.h"

namespace lianqing {
namespace {

Notice notice(const std::string& id, const std::string& unit) {
  Notice out;
  out.id = id;
  out.unit = unit;
  out.before = Level::yellow;
  out.level = Level::red;
  return out;
}

TEST(Bots, SayTheUnitTheLevelsTheIdAndALink) {
  const Notice one = notice("w1", "u 17");
  EXPECT_EQ(bot_text({&one, 1}, "https://x/#unit/{unit}", true, 2048),
            "廉情预警：u 17 ◆黄→▲红 编号 w1\nhttps://x/#unit/u%2017");
  EXPECT_EQ(bot_text({&one, 1}, "", false, 2048), "lianqing: u 17 ◆ yellow→▲ red id w1");
}

TEST(Bots, ManyShareOneMessageCutAtWholeCharacters) {
  std::vector<Notice> many;
  for (int i = 0; i < 200; ++i) many.push_back(notice("w" + std::to_string(i), "某某局窗口办事处"));
  for (std::size_t most = 300; most < 900; ++most) {
    const std::string text = bot_text(many, "", true, most);
    EXPECT_LE(text.size(), most);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = utf8_character(std::string_view(text).substr(at));
      ASSERT_GT(length, 0U) << most;
      at += length;
    }
    EXPECT_NE(text.find("见平台"), std::string::npos) << most;
  }
  EXPECT_TRUE(bot_text(many, "", true, 2048).starts_with("廉情预警摘要：200 条\n"));
}

TEST(Bots, ANameCannotMentionEverybody) {
  std::string name = "<at user_id=\"all\">\n";
  const Notice one = notice("w1", name);
  const std::string text = bot_text({&one, 1}, "", true, 2048);
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  for (int i = 0; i < 3000; ++i) name += "长";
  const Notice longer = notice("w1", name);
  EXPECT_LE(bot_text({&longer, 1}, "", true, 2048).size(), 2048U);
}

}  // namespace
}  // namespace lianqing
