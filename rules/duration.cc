#include "rules/duration.h"

#include <charconv>
#include <system_error>

namespace lianqing {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr int kMaxPeriods = 100'000;
// Ten thousand years: the sum of an instant and a few lengths of time fits 64 bits.
constexpr std::int64_t kMaxDays = 3'652'500;
constexpr std::int64_t kLongest = kMaxDays * 86'400 * kSecond;

struct SpanUnit {
  std::string_view name;
  std::int64_t micros;  // 0: working days
};
constexpr SpanUnit kSpanUnits[] = {
    {"s", kSecond},
    {"秒", kSecond},
    {"m", 60 * kSecond},
    {"分钟", 60 * kSecond},
    {"h", 3600 * kSecond},
    {"小时", 3600 * kSecond},
    {"d", 86'400 * kSecond},
    {"天", 86'400 * kSecond},
    {"w", 604'800 * kSecond},
    {"周", 604'800 * kSecond},
    {"workday", 0},
    {"workdays", 0},
    {"工作日", 0},
};

struct PeriodUnit {
  std::string_view name;
  Period period;
};
constexpr PeriodUnit kPeriodUnits[] = {
    {"day", Period::day},         {"days", Period::day},         {"日", Period::day},
    {"week", Period::week},       {"weeks", Period::week},       {"周", Period::week},
    {"month", Period::month},     {"months", Period::month},     {"月", Period::month},
    {"quarter", Period::quarter}, {"quarters", Period::quarter}, {"季度", Period::quarter},
    {"year", Period::year},       {"years", Period::year},       {"年", Period::year},
};

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

std::string_view trimmed(std::string_view text) {
  skip_blanks(text);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the digits and blanks at the front away; nothing if there are none or too many.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  skip_blanks(text);
  return value;
}

// Chinese counts with a measure word: 5个工作日.
void skip_measure_word(std::string_view& text) {
  constexpr std::string_view kMeasureWord = "个";
  if (!text.starts_with(kMeasureWord)) return;
  text.remove_prefix(kMeasureWord.size());
  skip_blanks(text);
}

}  // namespace

std::optional<Span> parse_span(std::string_view text) {
  text = trimmed(text);
  const auto amount = take_number(text);
  if (!amount) return std::nullopt;
  skip_measure_word(text);
  for (const SpanUnit& unit : kSpanUnits) {
    if (text != unit.name) continue;
    if (*amount > (unit.micros == 0 ? kMaxDays : kLongest / unit.micros)) return std::nullopt;
    if (unit.micros == 0) return Span{true, *amount};
    return Span{false, *amount * unit.micros};
  }
  return std::nullopt;
}

std::optional<CalendarSpan> parse_calendar_span(std::string_view text) {
  text = trimmed(text);
  CalendarSpan out;
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    const auto count = take_number(text);
    if (!count || *count > kMaxPeriods) return std::nullopt;
    out.count = static_cast<int>(*count);
    out.counted = true;
    skip_measure_word(text);
  }
  for (const PeriodUnit& unit : kPeriodUnits) {
    if (text != unit.name) continue;
    // `months` without a number says nothing.
    if (!out.counted && unit.name.ends_with('s')) return std::nullopt;
    out.period = unit.period;
    return out;
  }
  return std::nullopt;
}

}  // namespace lianqing
