// The ids of warnings: a hash of what they mean (rules, unit, rule, key, time and `to`), and so the
// same on any machine, for any import and partitioning.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lianqing/warning.h"
#include "rules/fingerprint.h"

namespace lianqing {

// Those of one rule set.
class WarningIds {
 public:
  using Id = std::array<std::uint8_t, 16>;

  // `rules`: the hash of the rule set, as warnings tell it.
  explicit WarningIds(std::string_view rules);

  // What the ids of one unit, rule and key (null: none) have in common, with room for the rest.
  struct Stem {
    void set(std::string_view unit, std::string_view rule, const std::string* key);
    std::string text;
    std::size_t size = 0;
  };
  Id id(Stem& stem, Instant time, Level to) const;
  Id id(std::string_view unit, std::string_view rule, const std::string* key, Instant time,
        Level to) const;
  // As it is told.
  static void write(const Id& id, std::string& out);

 private:
  Sha256Start start_;
};

std::string warning_id(const Warning& warning);

}  // namespace lianqing
