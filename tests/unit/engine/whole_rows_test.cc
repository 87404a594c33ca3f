// The rows of a unit are those that were added to it, wherever their stretches end.
#include "engine/whole_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lianqing {
namespace {

// Letters alone: an id without a form, which lies in the row. Different for every number.
std::string id_of(std::size_t number, std::size_t size) {
  std::string out(size, 'a');
  for (std::size_t i = 0; number > 0; ++i, number /= 26) {
    out[i] = static_cast<char>('a' + number % 26);
  }
  return out;
}

// Stretches end where their block does for one of the lengths: rows of the other units are all as
// long as the smallest stretch, and the first one shifts where they lie by one word after another.
TEST(WholeRows, AStretchMayEndWhereItsBlockDoes) {
  constexpr std::size_t kUnits = 12'000, kWords = 19;
  for (std::size_t first = kWords; first < kWords + 40; ++first) {
    Symbols symbols({});
    const Symbol source = symbols.intern("/s");
    WholeRows rows(1);
    for (std::size_t i = 0; i < kUnits; ++i) {
      const std::string id = id_of(i, (i == 0 ? first : kWords) * 8);
      LogEntry entry;
      entry.seq = i;
      entry.clock = entry.time = instant(static_cast<std::int64_t>(i));
      entry.unit = static_cast<std::uint32_t>(i);
      entry.source = source;
      entry.id = id;
      rows.cells().clear();
      rows.add(entry, "/s", rows.find("/s", id, symbols), {}, {.byte = i + 1});
      ASSERT_EQ(rows.facts(static_cast<std::uint32_t>(i)).unit, i);
      (void)rows.end(static_cast<std::uint32_t>(i));
    }
    for (std::uint32_t unit = 0; unit < kUnits; ++unit) {
      std::vector<std::uint32_t> seen;
      rows.each(unit, [&](const WholeRows::Record& record) {
        ASSERT_LT(seen.size(), 2U) << "unit " << unit << ", first row of " << first;
        seen.push_back(record.number());
        std::string id;
        rows.write_id(record, id);
        EXPECT_EQ(id, id_of(unit, (unit == 0 ? first : kWords) * 8));
      });
      ASSERT_EQ(seen, std::vector<std::uint32_t>{unit});
    }
  }
}

}  // namespace
}  // namespace lianqing
