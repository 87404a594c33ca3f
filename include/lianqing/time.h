// Instants, durations and days. Everything inside is microseconds since 1970-01-01T00:00:00Z and
// days since 1970-01-01; time zones and calendars live in rules/. No clock is read here.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace lianqing {

using Duration = std::chrono::duration<std::int64_t, std::micro>;
using Instant = std::chrono::sys_time<Duration>;
using Date = std::chrono::sys_days;

// Accepted event times; outside, parsing fails (years 0001 to 9999 of RFC 3339).
inline constexpr Instant kNever{Duration{std::numeric_limits<std::int64_t>::max()}};
inline constexpr Instant kBeforeAll{Duration{std::numeric_limits<std::int64_t>::min()}};

constexpr Duration days(std::int64_t n) { return Duration{n * 86'400'000'000}; }
constexpr std::int64_t micros(Instant t) { return t.time_since_epoch().count(); }
constexpr Instant instant(std::int64_t us) { return Instant{Duration{us}}; }

namespace detail {

// Reads exactly `n` digits at `at`; -1 if one is not a digit or the text is too short.
constexpr int digits(std::string_view s, std::size_t at, std::size_t n) {
  if (at + n > s.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    value = value * 10 + (s[i] - '0');
  }
  return value;
}

}  // namespace detail

// `YYYY-MM-DD`, proleptic Gregorian; nothing may follow.
inline std::optional<Date> parse_date(std::string_view s) {
  const int y = detail::digits(s, 0, 4), m = detail::digits(s, 5, 2), d = detail::digits(s, 8, 2);
  if (s.size() != 10 || s[4] != '-' || s[7] != '-' || y < 1 || m < 1 || d < 1) return std::nullopt;
  const std::chrono::year_month_day ymd{std::chrono::year{y},
                                        std::chrono::month{static_cast<unsigned>(m)},
                                        std::chrono::day{static_cast<unsigned>(d)}};
  if (!ymd.ok()) return std::nullopt;
  return Date{ymd};
}

// RFC 3339 date-time with `Z` or a numeric offset. Fractions beyond microseconds are cut off. A
// leap second (`:60`) is taken as the first instant of the next minute.
inline std::optional<Instant> parse_rfc3339(std::string_view s) {
  if (s.size() < 20 || (s[10] != 'T' && s[10] != 't' && s[10] != ' ')) return std::nullopt;
  const auto date = parse_date(s.substr(0, 10));
  const int hour = detail::digits(s, 11, 2), minute = detail::digits(s, 14, 2),
            second = detail::digits(s, 17, 2);
  if (!date || s[13] != ':' || s[16] != ':') return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (s[at] == '.') {
    std::int64_t unit = 100'000;
    const std::size_t first = ++at;
    for (; at < s.size() && s[at] >= '0' && s[at] <= '9'; ++at, unit /= 10) {
      fraction += unit * (s[at] - '0');
    }
    if (at == first) return std::nullopt;
  }
  if (at >= s.size()) return std::nullopt;
  std::int64_t offset_s = 0;
  if (s[at] == 'Z' || s[at] == 'z') {
    if (at + 1 != s.size()) return std::nullopt;
  } else {
    const int oh = detail::digits(s, at + 1, 2), om = detail::digits(s, at + 4, 2);
    if ((s[at] != '+' && s[at] != '-') || at + 6 != s.size() || s[at + 3] != ':' || oh < 0 ||
        oh > 23 || om < 0 || om > 59) {
      return std::nullopt;
    }
    offset_s = (s[at] == '+' ? 1 : -1) * (oh * 3600 + om * 60);
  }
  const std::int64_t seconds = hour * 3600 + minute * 60 + second - offset_s;
  return Instant{*date} + Duration{seconds * 1'000'000 + fraction};
}

namespace detail {

// The last `n` decimal digits of `v`, zeros before them.
inline char* put_digits(char* out, int n, unsigned v) {
  for (int i = n; i-- > 0; v /= 10) out[i] = static_cast<char>('0' + v % 10);
  return out + n;
}

inline char* put_date(char* out, Date date) {
  const std::chrono::year_month_day ymd{date};
  out = put_digits(out, 4, static_cast<unsigned>(static_cast<int>(ymd.year())));
  *out++ = '-';
  out = put_digits(out, 2, static_cast<unsigned>(ymd.month()));
  *out++ = '-';
  return put_digits(out, 2, static_cast<unsigned>(ymd.day()));
}

}  // namespace detail

inline std::string format_date(Date date) {
  char text[10];
  return std::string(text, detail::put_date(text, date));
}

// An instant as text, without allocating: UTC with `Z`; six digits of fraction if it is not zero,
// else none.
class TimeText {
 public:
  explicit TimeText(Instant t) {
    const Date day = std::chrono::floor<std::chrono::days>(t);
    const std::int64_t rest = (t - Instant{day}).count();
    const auto seconds = static_cast<unsigned>(rest / 1'000'000);
    char* out = detail::put_date(text_, day);
    *out++ = 'T';
    out = detail::put_digits(out, 2, seconds / 3600);
    *out++ = ':';
    out = detail::put_digits(out, 2, seconds / 60 % 60);
    *out++ = ':';
    out = detail::put_digits(out, 2, seconds % 60);
    if (const auto fraction = static_cast<unsigned>(rest % 1'000'000); fraction != 0) {
      *out++ = '.';
      out = detail::put_digits(out, 6, fraction);
    }
    *out++ = 'Z';
    size_ = static_cast<std::size_t>(out - text_);
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[27];
  std::size_t size_;
};

inline std::string format_rfc3339(Instant t) { return std::string(TimeText(t).view()); }

}  // namespace lianqing
