// Identities are found as in a map, whatever ids look like.
#include "engine/identities.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "tests/support/random.h"

namespace lianqing {
namespace {

using Identity = std::pair<std::string, std::string>;  // source, id

class Gathered {
 public:
  std::uint32_t find(const Identity& identity) const { return place(identity).row; }
  void put(const Identity& identity) {
    const auto row = static_cast<std::uint32_t>(rows_.size());
    const Identities::Id id =
        identities_.put(place(identity), identity.first, identity.second, row);
    rows_.push_back(identity);
    std::string text;
    if (id.form != kNone) {
      identities_.write(id, text);
      EXPECT_EQ(text, identity.second);
      ++in_forms_;
    } else {
      EXPECT_EQ(id.number, identity.second.size());
    }
  }
  std::size_t in_forms() const { return in_forms_; }

 private:
  Identities::Place place(const Identity& identity) const {
    return identities_.find(identity.first, identity.second,
                            [&](std::uint32_t row) { return rows_[row] == identity; });
  }

  Identities identities_;
  std::vector<Identity> rows_;
  std::size_t in_forms_ = 0;
};

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string out = std::to_string(number);
  return out.size() < digits ? std::string(digits - out.size(), '0') + out : out;
}

std::string random_id(Random& random, std::int64_t n) {
  switch (random.below(9)) {
    case 0: return std::to_string(n);
    case 1: return "ev-" + padded(static_cast<std::uint64_t>(n), 10);
    case 2: return "ev-" + padded(static_cast<std::uint64_t>(n), 4);
    case 3: return "2024" + padded(static_cast<std::uint64_t>(random.below(1'000'000'000)), 9);
    case 4: return std::to_string(n) + "-x";
    case 5: return std::to_string(random.below(1'000'000'000)) + "9999999999";
    case 6: return "u" + std::to_string(random.below(100'000)) + "/" + std::to_string(n % 10);
    case 7: return "局-" + std::to_string(n / 3);
    default: return "far" + padded(static_cast<std::uint64_t>(random.below(30)) * 33'333'333, 9);
  }
}

TEST(Identities, AreFoundAsInAMap) {
  Random random(3);
  Gathered gathered;
  std::map<Identity, std::uint32_t> known;
  for (std::int64_t n = 0; n < 150'000; ++n) {
    const Identity one{random.choice({"a", "b", "b", "a source with a long name"}),
                       random_id(random, n + random.below(50))};
    const auto at = known.find(one);
    ASSERT_EQ(gathered.find(one), at == known.end() ? kNone : at->second) << one.second;
    if (at != known.end()) continue;
    gathered.put(one);
    known.emplace(one, static_cast<std::uint32_t>(known.size()));
  }
  for (const auto& [one, row] : known) ASSERT_EQ(gathered.find(one), row) << one.second;
}

TEST(Identities, ThatCountOnAreTold) {
  Gathered gathered;
  for (std::uint64_t n = 700'000'000; n < 700'020'000; ++n) {
    for (const char* source : {"a", "b"}) {
      const Identity one{source, "no. " + padded(n, 12)};
      ASSERT_EQ(gathered.find(one), kNone);
      gathered.put(one);
    }
  }
  EXPECT_EQ(gathered.in_forms(), 40'000U);
  EXPECT_EQ(gathered.find({"b", "no. 000700000000"}), 1U);
  EXPECT_EQ(gathered.find({"b", "no. 0700000000"}), kNone);
  EXPECT_EQ(gathered.find({"c", "no. 000700000000"}), kNone);
}

}  // namespace
}  // namespace lianqing
