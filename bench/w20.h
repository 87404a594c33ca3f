// W20: twenty threshold rules over sliding windows of one unit's events, the yardstick of every
// figure on replay. The log is synthetic and the same on every machine; the rules stand here once
// as a table and in bench/w20_pack.yaml in the language of packs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lianqing/result.h"

namespace lianqing {

struct LogShape {
  std::uint64_t events = 2'000'000;
  std::uint32_t units = 10'000;
  std::uint64_t seed = 42;
  double zipf = 0.5;  // how unevenly events fall on units; 0: evenly
  double late = 0.1;  // share of the events that arrive late; of these one in five up to two days
  bool recorded = false;  // tells when each arrived (recordedtime)
};

// Writes JSON lines in order of arrival: five types over three years.
[[nodiscard]] Status write_log(const LogShape& shape, const std::string& path);

enum class W20Type : std::uint8_t { inspection, complaint, assigned, closed, survey };

struct W20Rule {
  W20Type type;
  bool sums;                // adds the values up; else it counts
  int low, high;            // events whose value lies outside take no part
  std::uint8_t categories;  // bit per channel or priority; 0xFF: all
  int days;
  int yellow, red;
};

// The twenty rules; more are the same with other windows. `days`: all windows that long, and the
// thresholds in proportion; 0: as they are.
std::vector<W20Rule> w20_rules(int count = 20, int days = 0);
// The same as a pack. For 20 rules as they are this is bench/w20_pack.yaml.
std::string w20_pack(const std::vector<W20Rule>& rules);

// One event as the rules see it; ordered by time.
struct W20Event {
  std::uint32_t time = 0;  // seconds since 1970
  std::int16_t value = 0;
  std::uint8_t key = 0;  // type * 8 + category
};

// A whole log, unit after unit.
struct W20Log {
  std::vector<std::string> units;  // in order of their first event
  std::vector<std::size_t> first;  // [unit], [unit + 1]: its events, by time
  std::vector<W20Event> events;
};

struct W20Change {
  std::uint32_t unit = 0, rule = 0, time = 0;
  std::uint8_t colour = 0;  // 0 green, 1 yellow, 2 red
  int value = 0;
  bool operator==(const W20Change&) const = default;
};

// Reads a log that write_log wrote: the scanner knows the order of the keys.
[[nodiscard]] Result<W20Log> read_w20_log(const std::string& path);
// Every change of colour that shows at an instant at which the unit has an event, by unit, time and
// rule. Exact: windows are (t - days, t], records of one instant are taken together.
std::vector<W20Change> judge_w20(const W20Log& log, const std::vector<W20Rule>& rules);

}  // namespace lianqing
