#include "cli/serve/sensitive.h"

#include <gtest/gtest.h>

#include "tests/support/compiled.h"

namespace lianqing {
namespace {

constexpr const char* kPack = R"(version: 1
pack: {id: p, title: {zh: 包, en: P}, timezone: Asia/Shanghai}
events:
  complaint: {fields: {severity: {type: int}, reporter_token: {type: string, sensitive: true}, 举报人: {type: string, sensitive: true}}}
measures:
  complaints: {count: complaint, over: 30d}
rules:
  many: {title: {zh: 甲, en: A}, because: "{complaints}", yellow: "complaints >= 1"}
)";

TEST(Sensitive, ValuesAreTakenOut) {
  const Sensitive sensitive(*compile(kPack));
  const std::pair<const char*, const char*> pairs[] = {
      {R"({"a":1,"data":{"reporter_token":"x","severity":9}})",
       R"({"a":1,"data":{"reporter_token":"***","severity":9}})"},
      {R"({"reporter_token" : {"a":["x\"}",1]}, "b":2})", R"({"reporter_token" : "***", "b":2})"},
      {R"({"l":[{"reporter_token":12}],"举报人":"王"})",
       R"({"l":[{"reporter_token":"***"}],"举报人":"***"})"},
      {R"({"\u0072eporter_token":"x","b":"\"q\""})",
       R"({"\u0072eporter_token":"***","b":"\"q\""})"},
      {R"({"reporter_token":"cut sho)", R"({"reporter_token":"***")"},
      {R"({"reporter_token":)", R"({"reporter_token":"***")"},
      {R"({"data":{"severity":77}})", R"({"data":{"severity":77}})"},
      {"not, json", "not, json"},
      {"", ""}};
  for (const auto& [raw, told] : pairs) EXPECT_EQ(sensitive.redacted(raw), told) << raw;
}

TEST(Sensitive, WhatCannotBeToldApartIsNotShown) {
  const Sensitive sensitive(*compile(kPack));
  for (const char* raw :
       {"id,reporter_token\n1,x", R"({reporter_token: "x"})",
        R"({"t":"{\"reporter_token\":\"x\"}"})", R"({"reporter_token":1,"t":"reporter_token x"})",
        R"({"reporter_tok\u0065n)"}) {
    EXPECT_EQ(sensitive.redacted(raw), std::nullopt) << raw;
  }
}

}  // namespace
}  // namespace lianqing
