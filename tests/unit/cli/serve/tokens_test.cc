#include "cli/serve/tokens.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

const Instant kNow = *parse_rfc3339("2026-03-05T02:00:00Z");

TEST(Tokens, AreKnownUntilRevokedOrExpired) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  TokenBook book(path);
  EXPECT_FALSE(book.caller_of("lq_x", kNow));
  const auto token = create_token(path, "desk 1", http::Role::ingester, kNow, std::nullopt);
  ASSERT_TRUE(token);
  EXPECT_GE(token->size(), 46U);
  const auto caller = book.caller_of(*token, kNow);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "desk 1");
  EXPECT_EQ(caller->role, http::Role::ingester);
  EXPECT_FALSE(book.caller_of(*token + "x", kNow));
  EXPECT_FALSE(book.caller_of("", kNow));

  const auto brief = create_token(path, "brief", http::Role::viewer, kNow, kNow + days(1));
  ASSERT_TRUE(brief);
  EXPECT_TRUE(book.caller_of(*brief, kNow + days(1) - Duration{1}));
  EXPECT_FALSE(book.caller_of(*brief, kNow + days(1)));

  ASSERT_TRUE(revoke_token(path, "desk 1", kNow));
  EXPECT_FALSE(book.caller_of(*token, kNow));
  EXPECT_TRUE(book.caller_of(*brief, kNow));
  EXPECT_FALSE(revoke_token(path, "desk 1", kNow));
}

TEST(Tokens, TakeEachNameOnceAndOnlyPlainNames) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  ASSERT_TRUE(create_token(path, "a", http::Role::viewer, kNow, std::nullopt));
  EXPECT_EQ(create_token(path, "a", http::Role::viewer, kNow, std::nullopt).error().code,
            ErrorCode::refused);
  for (const std::string& name : {std::string(), std::string("a\tb"), std::string("a\nb"),
                                  std::string(kMaxTokenName + 1, 'a')}) {
    EXPECT_EQ(create_token(path, name, http::Role::viewer, kNow, std::nullopt).error().code,
              ErrorCode::usage);
  }
  ASSERT_TRUE(revoke_token(path, "a", kNow));
  EXPECT_TRUE(create_token(path, "a", http::Role::auditor, kNow, std::nullopt));
  EXPECT_EQ(read_tokens(path)->size(), 2U);
}

TEST(Tokens, ADamagedFileLetsNobodyIn) {
  const TempDir folder;
  const std::string path = tokens_path(folder.path());
  const auto token = create_token(path, "a", http::Role::viewer, kNow, std::nullopt);
  TokenBook book(path);
  ASSERT_TRUE(book.caller_of(*token, kNow));
  std::ofstream(path, std::ios::app) << "not a line\n";
  EXPECT_FALSE(book.caller_of(*token, kNow));
  EXPECT_NE(book.trouble().find(":3:"), std::string::npos) << book.trouble();
}

}  // namespace
}  // namespace lianqing
