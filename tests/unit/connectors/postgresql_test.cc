// With a server in LIANQING_POSTGRES (a connection string); tests/server/postgresql_test.py starts
// one and runs these. Without it those that need one are left out.
#include "connectors/sources/postgresql.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cstdlib>

#include "tests/unit/connectors/source_contract.h"

namespace lianqing {
namespace {

Settings settings_of(const std::string& query, const Settings::Pairs& event) {
  Settings out;
  const char* server = std::getenv("LIANQING_POSTGRES");
  out.set("connection", std::vector<std::string>{server == nullptr ? "" : server});
  out.set("query", std::vector<std::string>{query});
  out.set("cursor", std::vector<std::string>{"n"});
  out.set("type", std::vector<std::string>{"complaint"});
  out.set("event", event);
  out.set("hold", std::int64_t{0});
  return out;
}

const Settings::Pairs kEvent = {{"id", "id"}, {"time", "at"}, {"unit", "unit"}};

class PostgreSqlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* server = std::getenv("LIANQING_POSTGRES");
    if (server == nullptr) GTEST_SKIP() << "no PostgreSQL in LIANQING_POSTGRES";
    connection_ = PQconnectdb(server);
    ask("SET client_min_messages = error");
  }
  void TearDown() override { PQfinish(connection_); }

  void ask(const std::string& text) const {
    PGresult* const done = PQexec(connection_, text.c_str());
    const ExecStatusType status = PQresultStatus(done);
    EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        << text << ": " << PQerrorMessage(connection_);
    PQclear(done);
  }
  static std::unique_ptr<Source> open(const Settings& settings, const std::string& cursor = {}) {
    return *open_postgresql("db", settings, cursor);
  }

  PGconn* connection_ = nullptr;
};

TEST_F(PostgreSqlTest, KeepsTheContract) {
  const Settings settings = settings_of("SELECT * FROM contract WHERE n > :cursor;", kEvent);
  expect_source_contract({[this](std::size_t count) {
                            ask("DROP TABLE IF EXISTS contract");
                            ask("CREATE TABLE contract (n bigint PRIMARY KEY, id text, at "
                                "timestamptz, unit text, amount numeric)");
                            ask("INSERT INTO contract SELECT n, 'e' || n, now(), 'u', CASE WHEN n "
                                "= 4 THEN 'NaN' ELSE n / 100.0 END FROM generate_series(1, " +
                                std::to_string(count) + ") n");
                          },
                          [&](const std::string& cursor) { return open(settings, cursor); }, 3});
}

// A page is in memory as a whole: of large rows it has few.
TEST_F(PostgreSqlTest, APullOfLargeRowsIsNotLarge) {
  ask("DROP TABLE IF EXISTS large");
  ask("CREATE TABLE large (n bigserial PRIMARY KEY, id text, at timestamptz, unit text, note "
      "text)");
  ask("INSERT INTO large (id, at, unit, note) SELECT n, now(), 'u', repeat('x', 100000) FROM "
      "generate_series(1, 150) n");
  const auto source = open(settings_of("SELECT * FROM large WHERE n > :cursor", kEvent));
  std::size_t count = 0, pulls = 0;
  for (; count < 150 && pulls < 100; ++pulls) {
    Pull pull;
    const auto pulled = source->next(pull, {});
    ASSERT_TRUE(pulled) << pulled.error().what;
    std::size_t bytes = 0;
    for (const RawRecord& record : pull.records) bytes += record.bytes.size();
    EXPECT_LE(bytes, count == 0 ? 50 * 110'000U : kPullBytes + 110'000U);
    count += pull.records.size();
  }
  EXPECT_EQ(count, 150U);
}

TEST_F(PostgreSqlTest, ValuesAreExact) {
  ask("DROP TABLE IF EXISTS exact");
  ask("CREATE TABLE exact (n bigserial PRIMARY KEY, id uuid, at timestamptz, unit text, amount "
      "numeric(30,6), big bigint, ratio float8, yes boolean, day date, \"备 注\" text, extra "
      "jsonb, "
      "nothing text)");
  ask("INSERT INTO exact (id, at, unit, amount, big, ratio, yes, day, \"备 注\", extra) VALUES "
      "('6f9619ff-8b86-d011-b42d-00cf4fc964ff', '2026-03-05 10:00:00.123456+08', 'u-1', "
      "123456789012345.678901, 9007199254740993, 0.1, true, '2026-02-28', E'line\\n\"quoted\"', "
      "'{\"a\": [1, 2]}')");
  ask("INSERT INTO exact (id, at) VALUES (NULL, 'infinity')");
  const auto records =
      pull_all(*open(settings_of("SELECT * FROM exact WHERE n > :cursor", kEvent)), 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(
      records[0].bytes,
      R"({"type":"complaint","id":"6f9619ff-8b86-d011-b42d-00cf4fc964ff",)"
      R"("time":"2026-03-05T02:00:00.123456Z","unit":"u-1","data":{)"
      R"("amount":123456789012345.678901,"big":9007199254740993,"ratio":0.1,"yes":true,)"
      R"("day":"2026-02-28","备 注":"line\n\"quoted\"","extra":{"a": [1, 2]},"nothing":null}})");
  EXPECT_FALSE(records[0].fault);
  EXPECT_EQ(records[0].place, "row 1");
  ASSERT_TRUE(records[1].fault);
  EXPECT_EQ(records[1].fault->code, "number");
}

TEST_F(PostgreSqlTest, AColumnMayHoldTheEvent) {
  ask("DROP TABLE IF EXISTS outbox");
  ask("CREATE TABLE outbox (n bigserial PRIMARY KEY, body jsonb)");
  ask("INSERT INTO outbox (body) VALUES ('{\"id\": \"e1\"}')");
  Settings settings = settings_of("SELECT n, body FROM outbox WHERE n > :cursor", {});
  settings.set("json", std::vector<std::string>{"body"});
  const auto records = pull_all(*open(settings), 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].bytes, R"({"id": "e1"})");
}

TEST_F(PostgreSqlTest, WhatDoesNotFitIsToldAsSuch) {
  const auto fails_with = [](const std::string& query) {
    Pull pull;
    const auto pulled = open(settings_of(query, kEvent))->next(pull, {});
    EXPECT_FALSE(pulled);
    return pulled ? std::string() : pulled.error().what;
  };
  EXPECT_NE(fails_with("SELECT * FROM missing_table WHERE n > :cursor").find("missing_table"),
            std::string::npos);
  ask("DROP TABLE IF EXISTS ties");
  ask("CREATE TABLE ties (n bigint, id text, at timestamptz, unit text)");
  ask("INSERT INTO ties VALUES (1, 'a', now(), 'u'), (1, 'b', now(), 'u')");
  EXPECT_NE(fails_with("SELECT * FROM ties WHERE n > :cursor").find("must be unique"),
            std::string::npos);
  // Also where a page ends between them.
  Settings one_by_one = settings_of("SELECT * FROM ties WHERE n > :cursor", kEvent);
  one_by_one.set("page", std::int64_t{1});
  Pull pull;
  EXPECT_FALSE(open(one_by_one)->next(pull, {}));
  EXPECT_NE(fails_with("SELECT n, id FROM ties WHERE n > :cursor").find("no column 'at'"),
            std::string::npos);
}

TEST(PostgreSqlSettings, MistakesAreTold) {
  const auto faults = [](const std::string& query, const Settings::Pairs& event) {
    return check_postgresql(settings_of(query, event)).size();
  };
  EXPECT_EQ(faults("SELECT * FROM t WHERE n > :cursor", kEvent), 0U);
  EXPECT_EQ(faults("SELECT * FROM t WHERE n::cursor > 1 AND x = ':cursors'", kEvent), 1U);
  EXPECT_EQ(faults("SELECT * FROM t WHERE n > :cursor", {{"id", "id"}}), 1U);
  EXPECT_EQ(faults("SELECT * FROM t WHERE n > :cursor", {{"id", "i"}, {"time", "t"}, {"tme", "t"}}),
            1U);
}

}  // namespace
}  // namespace lianqing
