// What every kind of source keeps (lianqing/source.h), as one function: a test of a kind makes a
// subject and puts it to this. That cursors are committed with their records, and what a kill
// leaves, is put to the daemon in tests/server/sources_test.py.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lianqing/source.h"

namespace lianqing {

struct SourceSubject {
  // Puts what the source reads where it reads it: `count` records, at least one of them bad.
  std::function<void(std::size_t count)> write;
  std::function<std::unique_ptr<Source>(const std::string& cursor)> open;
  std::size_t bad = 0;  // which record of them is bad
};

// Pulls until `count` records have come, or nothing comes for a while.
inline std::vector<RawRecord> pull_all(Source& source, std::size_t count) {
  std::vector<RawRecord> out;
  const std::stop_token never;
  for (int empty = 0; out.size() < count && empty < 3;) {
    Pull pull;
    const auto pulled = source.next(pull, never);
    if (!pulled) {
      ADD_FAILURE() << pulled.error().what;
      return out;
    }
    EXPECT_LE(pull.records.size(), kPullRecords);
    EXPECT_EQ(*pulled == Pulled::nothing, pull.records.empty() && *pulled != Pulled::end);
    for (RawRecord& record : pull.records) out.push_back(std::move(record));
    if (*pulled == Pulled::end) break;
    empty += pull.records.empty() ? 1 : 0;
  }
  return out;
}

inline void expect_same(const RawRecord& a, const RawRecord& b) {
  EXPECT_EQ(a.bytes, b.bytes);
  EXPECT_EQ(a.cursor, b.cursor);
  EXPECT_EQ(a.fault.has_value(), b.fault.has_value());
}

inline void expect_source_contract(const SourceSubject& subject) {
  const std::size_t count = kPullRecords + 50;  // more than one pull
  subject.write(count);
  const auto source = subject.open("");
  const auto all = pull_all(*source, count);
  ASSERT_EQ(all.size(), count);
  // The same again, from the beginning.
  const auto again = pull_all(*subject.open(""), count);
  ASSERT_EQ(again.size(), count);
  for (std::size_t i = 0; i < count; ++i) expect_same(all[i], again[i]);
  // The bad one stands in its place, and can be found by a person.
  EXPECT_FALSE(all[subject.bad].bytes.empty());
  for (const RawRecord& record : all) {
    EXPECT_FALSE(record.cursor.empty());
    EXPECT_LE(record.cursor.size(), kMaxCursorBytes);
    EXPECT_FALSE(record.place.empty());
  }
  // Behind any record it goes on with the next one, however far it had read.
  for (const std::size_t i :
       {std::size_t{0}, subject.bad, std::size_t{17}, kPullRecords - 1, kPullRecords, count - 2}) {
    const auto resumed = subject.open(all[i].cursor);
    ASSERT_TRUE(resumed->committed(all[i].cursor));
    const auto rest = pull_all(*resumed, count - i - 1);
    ASSERT_EQ(rest.size(), count - i - 1) << "behind record " << i;
    for (std::size_t k = 0; k < rest.size(); ++k) expect_same(all[i + 1 + k], rest[k]);
  }
  // Behind the last there is nothing.
  const auto done = subject.open(all.back().cursor);
  std::stop_source stop;
  stop.request_stop();
  Pull pull;
  const auto nothing = done->next(pull, stop.get_token());
  ASSERT_TRUE(nothing);
  EXPECT_NE(*nothing, Pulled::records);
  EXPECT_TRUE(pull.records.empty());
}

}  // namespace lianqing
