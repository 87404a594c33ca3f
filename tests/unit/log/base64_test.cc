#include "log/base64.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

std::string text(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(Base64, VectorsOfRfc4648) {
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("f"), "Zg==");
  EXPECT_EQ(text("fo"), "Zm8=");
  EXPECT_EQ(text("foo"), "Zm9v");
  EXPECT_EQ(text("foob"), "Zm9vYg==");
  EXPECT_EQ(text("fooba"), "Zm9vYmE=");
  EXPECT_EQ(text("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsBackEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(parse_base64(text(bytes)), bytes);
  }
}

TEST(Base64, TakesOneSpellingOnly) {
  for (const char* bad :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm9v\n", "Zm-_", " m9v"}) {
    EXPECT_EQ(parse_base64(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace lianqing
