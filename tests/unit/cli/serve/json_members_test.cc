#include "cli/serve/json_members.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

TEST(JsonMembers, AreGivenAsTheyStand) {
  const auto members = json_members(R"({"a":1,"b":{"x":[1,"}\""],"y":{}},"c\"":"q,}","d":[]})");
  ASSERT_TRUE(members);
  EXPECT_EQ(
      *members,
      (std::vector<JsonMember>{
          {"a", "1"}, {"b", R"({"x":[1,"}\""],"y":{}})"}, {"c\\\"", R"("q,}")"}, {"d", "[]"}}));
  EXPECT_TRUE(json_members("{}")->empty());
}

TEST(JsonMembers, AreNotFoundInWhatIsNoObject) {
  for (const char* text : {"", "[]", "{", R"({"a":1)", R"({"a":1}x)", R"({"a"})", R"({"a":})",
                           R"({"a":1,})", R"({a:1})", R"({"a)", R"({"a":"b)"}) {
    EXPECT_FALSE(json_members(text)) << text;
  }
}

}  // namespace
}  // namespace lianqing
