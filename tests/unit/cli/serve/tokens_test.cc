#include "cli/serve/tokens.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

const Instant kNow = *parse_rfc3339("2026-03-05T02:00:00Z");

Result<std::string> make(const std::string& path, const std::string& name, http::Role role,
                         std::optional<Instant> expires = {}) {
  return create_token(path, {name, role, expires, {}, {}, "os:me"}, kNow);
}

TEST(Tokens, AreKnownUntilRevokedOrExpired) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  TokenBook book(path);
  EXPECT_FALSE(book.caller_of("lq_x", kNow));
  const auto token = make(path, "desk 1", http::Role::ingester);
  ASSERT_TRUE(token);
  EXPECT_GE(token->size(), 46U);
  const auto caller = book.caller_of(*token, kNow);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "desk 1");
  EXPECT_EQ(caller->role, http::Role::ingester);
  EXPECT_FALSE(book.caller_of(*token + "x", kNow));
  EXPECT_FALSE(book.caller_of("", kNow));

  const auto brief = make(path, "brief", http::Role::viewer, kNow + days(1));
  ASSERT_TRUE(brief);
  EXPECT_TRUE(book.caller_of(*brief, kNow + days(1) - Duration{1}));
  EXPECT_FALSE(book.caller_of(*brief, kNow + days(1)));

  ASSERT_TRUE(revoke_token(path, "desk 1", kNow, "os:me"));
  EXPECT_FALSE(book.caller_of(*token, kNow));
  EXPECT_TRUE(book.caller_of(*brief, kNow));
  EXPECT_FALSE(revoke_token(path, "desk 1", kNow, "os:me"));
}

TEST(Tokens, TakeEachNameOnceAndOnlyPlainNames) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  ASSERT_TRUE(make(path, "a", http::Role::viewer));
  EXPECT_EQ(make(path, "a", http::Role::viewer).error().code, ErrorCode::refused);
  for (const std::string& name : {std::string(), std::string("a\tb"), std::string("a\nb"),
                                  std::string(kMaxTokenName + 1, 'a')}) {
    EXPECT_EQ(make(path, name, http::Role::viewer).error().code, ErrorCode::usage);
  }
  ASSERT_TRUE(revoke_token(path, "a", kNow, "os:me"));
  EXPECT_TRUE(make(path, "a", http::Role::auditor));
  EXPECT_EQ(read_tokens(path)->size(), 2U);
}

TEST(Tokens, AreLimitedToUnitsOrASource) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  TokenBook book(path);
  const auto viewer =
      create_token(path, {"v", http::Role::viewer, {}, {"u 1", "单位:2"}, {}, "os:me"}, kNow);
  const auto sender =
      create_token(path, {"s", http::Role::ingester, {}, {}, "/hotline", "os:me"}, kNow);
  ASSERT_TRUE(viewer && sender);
  EXPECT_EQ(book.caller_of(*viewer, kNow)->units, (std::vector<std::string>{"u 1", "单位:2"}));
  EXPECT_TRUE(book.caller_of(*viewer, kNow)->is_limited());
  EXPECT_EQ(book.caller_of(*sender, kNow)->source, "/hotline");
  EXPECT_EQ(read_tokens(path)->at(0).created_by, "os:me");
  for (const http::Role role : {http::Role::auditor, http::Role::sys_admin, http::Role::ingester}) {
    EXPECT_EQ(create_token(path, {"x", role, {}, {"u1"}, {}, ""}, kNow).error().code,
              ErrorCode::refused);
  }
  EXPECT_FALSE(create_token(path, {"x", http::Role::viewer, {}, {}, "/hotline", ""}, kNow));
  EXPECT_FALSE(create_token(path, {"x", http::Role::viewer, {}, {"a\tb"}, {}, ""}, kNow));
  std::ofstream(path, std::ios::app)
      << std::string(64, 'a') << "\tviewer\t2026-03-05T02:00:00Z\t-\t-\tn\tlimit:1\n";
  EXPECT_FALSE(read_tokens(path)) << "a limit that is not understood is not left out";
}

TEST(Tokens, AreRotatedWithTheirLimits) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  TokenBook book(path);
  const auto old =
      create_token(path, {"v", http::Role::viewer, kNow + days(9), {"u1"}, {}, ""}, kNow);
  const auto second = rotate_token(path, "v", kNow, kNow + days(1), std::nullopt, "os:me");
  ASSERT_TRUE(old && second);
  EXPECT_EQ(book.caller_of(*second, kNow + days(8))->units, std::vector<std::string>{"u1"});
  EXPECT_FALSE(book.caller_of(*second, kNow + days(9)));
  EXPECT_TRUE(book.caller_of(*old, kNow + days(1) - Duration{1}));
  EXPECT_FALSE(book.caller_of(*old, kNow + days(1)));
  const auto third = rotate_token(path, "v", kNow, std::nullopt, kNow + days(20), "os:me");
  ASSERT_TRUE(third);
  EXPECT_FALSE(book.caller_of(*old, kNow));
  EXPECT_FALSE(book.caller_of(*second, kNow));
  EXPECT_TRUE(book.caller_of(*third, kNow + days(19)));
  ASSERT_TRUE(revoke_token(path, "v", kNow, "os:me"));
  EXPECT_FALSE(book.caller_of(*third, kNow));
  EXPECT_FALSE(rotate_token(path, "v", kNow, std::nullopt, std::nullopt, ""));
}

TEST(Tokens, NobodyIsTwoOfTheThreeAdministrators) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  const std::array three = {http::Role::sys_admin, http::Role::sec_admin, http::Role::auditor};
  for (const http::Role first : three) {
    for (const http::Role second : three) {
      const std::string who = std::string(name(first)) + " " + std::string(name(second));
      ASSERT_TRUE(make(path, who, first));
      EXPECT_FALSE(make(path, who, second));
      ASSERT_TRUE(revoke_token(path, who, kNow, ""));
      EXPECT_EQ(make(path, who, second).has_value(), first == second) << who;
    }
  }
}

TEST(Tokens, ADamagedFileLetsNobodyIn) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  const auto token = make(path, "a", http::Role::viewer);
  TokenBook book(path);
  ASSERT_TRUE(book.caller_of(*token, kNow));
  std::ofstream(path, std::ios::app) << "not a line\n";
  EXPECT_FALSE(book.caller_of(*token, kNow));
  EXPECT_NE(book.trouble().find(":3:"), std::string::npos) << book.trouble();
}

}  // namespace
}  // namespace lianqing
