#include "cli/test/moment.h"

#include "rules/duration.h"

namespace lianqing {
namespace {

// What RFC 3339 can write: years 0001 to 9999.
constexpr Instant kFirst = instant(-62'135'596'800'000'000);
constexpr Instant kLast = instant(253'402'300'799'999'999);

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// `2026-03-05T10:00`, `2026-03-05 10:00:30`; no zone.
std::optional<WallTime> parse_local(std::string_view text) {
  if (text.size() == 16) return parse_local(std::string(text) + ":00");
  if (text.size() != 19) return std::nullopt;
  const auto utc = parse_rfc3339(std::string(text) + "Z");
  if (!utc) return std::nullopt;
  return WallTime{utc->time_since_epoch()};
}

}  // namespace

std::optional<std::vector<Span>> parse_lengths(std::string_view text) {
  std::vector<Span> out;
  text = trimmed(text);
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end])) ++end;
    while (end < text.size() && !is_digit(text[end])) ++end;
    const auto span = parse_span(text.substr(0, end));
    if (!span) return std::nullopt;
    out.push_back(*span);
    text = trimmed(text.substr(end));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

Outcome<Instant, Bilingual> moved(Instant from, const std::vector<Span>& by, bool back,
                                  const Program& program) {
  for (const Span& span : by) {
    if (!span.workdays) {
      const bool far =
          back ? span.amount > (from - kFirst).count() : span.amount > (kLast - from).count();
      if (far) {
        return Unexpected<Bilingual>(
            {"时刻超出 0001 年至 9999 年", "beyond the years 0001 to 9999"});
      }
      from += Duration{back ? -span.amount : span.amount};
      continue;
    }
    if (program.calendar.name.empty()) {
      return Unexpected<Bilingual>(
          {"规则包没有日历，数不出工作日", "the pack has no calendar to count working days with"});
    }
    const LocalDay day = program.zone.day_of(from);
    const auto there = add_workdays(program.calendar, day, back ? -span.amount : span.amount);
    if (!there) {
      const std::string year = std::to_string(there.error().year);
      return Unexpected<Bilingual>(
          {"日历中没有 " + year + " 年的数据", "the calendar has no data for " + year});
    }
    from = program.zone.to_instant(program.zone.local(from) + (*there - day));
  }
  return from;
}

Outcome<Instant, Bilingual> parse_moment(std::string_view text, const Timebase& base) {
  text = trimmed(text);
  if (text.starts_with('+') || text.starts_with('-')) {
    if (const auto by = parse_lengths(text.substr(1)))
      return moved(base.start, *by, text.starts_with('-'), base.program);
  } else if (const auto t = parse_rfc3339(text)) {
    return *t;
  } else if (const auto local = parse_local(text)) {
    return base.program.zone.to_instant(*local);
  } else if (const auto date = parse_date(text)) {
    return base.program.zone.start_of(LocalDay{date->time_since_epoch()});
  }
  const std::string shown(text);
  return Unexpected<Bilingual>({"“" + shown + "”不是时刻", "'" + shown + "' is no point in time"});
}

std::string from_start(Instant t, Instant start) {
  Duration rest = t - start;
  std::string out = rest < Duration{0} ? "-" : "+";
  if (rest < Duration{0}) rest = -rest;
  constexpr std::pair<std::int64_t, char> kUnits[] = {
      {86'400'000'000, 'd'}, {3'600'000'000, 'h'}, {60'000'000, 'm'}, {1'000'000, 's'}};
  const std::size_t sign = out.size();
  for (const auto& [size, unit] : kUnits) {
    const std::int64_t n = rest.count() / size;
    rest -= Duration{n * size};
    if (n != 0) out += std::to_string(n) + unit;
  }
  if (out.size() == sign) out += "0h";
  return out;
}

}  // namespace lianqing
