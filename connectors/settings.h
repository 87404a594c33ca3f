// What a connector is told in the configuration: the keys that a kind takes, as a table, and their
// values once cli/ has read and checked them. Connectors know nothing of YAML.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/time.h"

namespace lianqing {

enum class SettingShape : std::uint8_t {
  text,
  texts,     // one text or a list of them
  number,    // a whole number in the row's range
  duration,  // 90s, 6h: a span, not working days; the row's range is in seconds
  flag,
  pairs,  // a map of names to texts, in order
};

struct SettingRow {
  std::string_view name;
  SettingShape shape = SettingShape::text;
  bool required = false;
  std::int64_t least = 0, most = 0;  // of a number or a duration
};

class Settings {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  // Absent keys have the value given here; a row's shape says which of these to ask.
  std::string text(std::string_view key, std::string otherwise = {}) const {
    const auto found = texts_.find(key);
    return found == texts_.end() || found->second.empty() ? otherwise : found->second.front();
  }
  std::vector<std::string> texts(std::string_view key) const {
    const auto found = texts_.find(key);
    return found == texts_.end() ? std::vector<std::string>{} : found->second;
  }
  std::int64_t number(std::string_view key, std::int64_t otherwise) const {
    const auto found = numbers_.find(key);
    return found == numbers_.end() ? otherwise : found->second;
  }
  Duration duration(std::string_view key, Duration otherwise) const {
    return Duration{number(key, otherwise.count())};
  }
  bool flag(std::string_view key, bool otherwise) const {
    return number(key, otherwise ? 1 : 0) != 0;
  }
  Pairs pairs(std::string_view key) const {
    const auto found = pairs_.find(key);
    return found == pairs_.end() ? Pairs{} : found->second;
  }
  bool has(std::string_view key) const {
    return texts_.contains(key) || numbers_.contains(key) || pairs_.contains(key);
  }

  void set(std::string_view key, std::vector<std::string> values) {
    texts_.insert_or_assign(std::string(key), std::move(values));
  }
  void set(std::string_view key, std::int64_t value) {
    numbers_.insert_or_assign(std::string(key), value);
  }
  void set(std::string_view key, Pairs values) {
    pairs_.insert_or_assign(std::string(key), std::move(values));
  }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> texts_;
  std::map<std::string, std::int64_t, std::less<>> numbers_;  // durations in us, flags 0 or 1
  std::map<std::string, Pairs, std::less<>> pairs_;
};

// What is wrong with the settings of one connector though each of them is of its shape.
struct SettingFault {
  std::string key;  // the place to point at; empty: the connector as a whole
  Bilingual message;
};

}  // namespace lianqing
