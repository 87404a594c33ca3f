#include "cli/import/cell_date.h"

#include <charconv>
#include <cstdlib>

#include "cli/import/cell_text.h"
#include "connectors/table/serial_date.h"

namespace lianqing {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

// What is left of a cell.
class Reading {
 public:
  explicit Reading(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool eat(std::string_view sign) {
    if (!rest_.starts_with(sign)) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }
  template <class... Signs>
  bool eat_one(const Signs&... signs) {
    return (eat(signs) || ...);
  }
  void blanks() {
    while (eat(" ")) {
    }
  }
  // A number of `least` to `most` digits.
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t n = 0;
    int value = 0;
    while (n < rest_.size() && n < most && rest_[n] >= '0' && rest_[n] <= '9')
      value = value * 10 + (rest_[n++] - '0');
    if (n < least) return std::nullopt;
    rest_.remove_prefix(n);
    return value;
  }
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<LocalDay> day_of(int year, int month, int day) {
  using namespace std::chrono;
  if (year < 1900 || year > 2999 || month < 1 || day < 1) return std::nullopt;
  const year_month_day ymd{std::chrono::year{year},
                           std::chrono::month{static_cast<unsigned>(month)},
                           std::chrono::day{static_cast<unsigned>(day)}};
  if (!ymd.ok()) return std::nullopt;
  return LocalDay{ymd};
}

enum class Half : std::uint8_t { unsaid, morning, afternoon };

Half read_half(Reading& in) {
  in.blanks();
  if (in.eat_one("上午", "凌晨", "早上", "AM", "am", "A.M.", "a.m.")) return Half::morning;
  if (in.eat_one("下午", "晚上", "PM", "pm", "P.M.", "p.m.")) return Half::afternoon;
  return Half::unsaid;
}

std::optional<Duration> clock_of(int hour, int minute, int second, Half half) {
  if (half != Half::unsaid && hour > 12 && !(half == Half::afternoon && hour < 24))
    return std::nullopt;
  if (half == Half::afternoon && hour < 12) hour += 12;
  if (half == Half::morning && hour == 12) hour = 0;
  // 24:00 is the end of the day.
  if (hour > 24 || minute > 59 || second > 59 || (hour == 24 && minute + second > 0))
    return std::nullopt;
  return Duration{((hour * 60LL + minute) * 60 + second) * kSecond};
}

// `8:30`, `08:30:15.250`, `8时30分`, `8点`, with 上午 or PM before or after.
std::optional<Duration> read_time_of_day(Reading& in) {
  Half half = read_half(in);
  in.blanks();
  const auto hour = in.digits(1, 2);
  if (!hour) return std::nullopt;
  int minute = 0, second = 0;
  std::int64_t fraction = 0;
  if (in.eat(":")) {
    const auto read = in.digits(1, 2);
    if (!read) return std::nullopt;
    minute = *read;
    if (in.eat(":")) {
      const auto seconds = in.digits(1, 2);
      if (!seconds) return std::nullopt;
      second = *seconds;
      if (in.eat(".")) {
        std::int64_t unit = kSecond / 10;
        if (!in.at_digit()) return std::nullopt;
        for (; in.at_digit(); unit /= 10) fraction += unit * *in.digits(1, 1);
      }
    }
  } else if (in.eat_one("时", "点")) {
    if (const auto read = in.digits(1, 2)) {
      minute = *read;
      if (!in.eat("分")) return std::nullopt;
      if (const auto seconds = in.digits(1, 2)) {
        second = *seconds;
        if (!in.eat("秒")) return std::nullopt;
      }
    } else {
      in.eat_one("整", "正");
    }
  } else {
    return std::nullopt;
  }
  if (half == Half::unsaid) half = read_half(in);
  const auto clock = clock_of(*hour, minute, second, half);
  if (!clock) return std::nullopt;
  return *clock + Duration{fraction};
}

// `Z`, `+08:00`, `+0800`.
bool read_offset(Reading& in, std::optional<Duration>& to) {
  in.blanks();
  if (in.eat_one("Z", "z")) {
    to = Duration{0};
    return true;
  }
  const bool minus = in.eat("-");
  if (!minus && !in.eat("+")) return true;
  const auto hours = in.digits(2, 2);
  in.eat(":");
  const auto minutes = in.digits(2, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return false;
  to = Duration{(*hours * 60 + *minutes) * 60 * kSecond * (minus ? -1 : 1)};
  return true;
}

// The year first, in four digits, with signs between.
std::optional<LocalDay> read_day(Reading& in) {
  const auto year = in.digits(4, 4);
  in.blanks();
  if (!year || !in.eat_one("-", "/", ".", "年")) return std::nullopt;
  in.blanks();
  const auto month = in.digits(1, 2);
  in.blanks();
  if (!month || !in.eat_one("-", "/", ".", "月")) return std::nullopt;
  in.blanks();
  const auto day = in.digits(1, 2);
  if (!day) return std::nullopt;
  in.blanks();
  in.eat_one("日", "号");
  return day_of(*year, *month, *day);
}

void skip_weekday(Reading& in) {
  in.blanks();
  const bool bracket = in.eat("(");
  if (in.eat_one("星期", "周")) in.eat_one("一", "二", "三", "四", "五", "六", "日", "天");
  if (bracket) in.eat(")");
  in.blanks();
}

std::optional<WrittenTime> read_serial(std::string_view text, DaySystem system) {
  double serial = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), serial);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  constexpr double k1950 = 18264, k2100 = 73051;
  if (system == DaySystem::unstated && !(serial >= k1950 && serial < k2100)) return std::nullopt;
  if (serial < 1) return std::nullopt;
  const auto wall = wall_of_serial(serial, system == DaySystem::from_1904);
  if (!wall) return std::nullopt;
  return WrittenTime{WallTime{*wall}, wall->count() % days(1).count() != 0, {}};
}

// `20240305`, `202403050830`, `20240305083015`.
std::optional<WrittenTime> read_compact(std::string_view text) {
  Reading in(text);
  const auto year = in.digits(4, 4), month = in.digits(2, 2), day = in.digits(2, 2);
  const auto local = day_of(year.value_or(0), month.value_or(0), day.value_or(0));
  if (!local) return std::nullopt;
  WrittenTime out{WallTime{*local}, !in.done(), {}};
  if (in.done()) return out;
  const auto hour = in.digits(2, 2), minute = in.digits(2, 2);
  const auto second = in.done() ? std::optional<int>(0) : in.digits(2, 2);
  if (!hour || !minute || !second || !in.done()) return std::nullopt;
  const auto clock = clock_of(*hour, *minute, *second, Half::unsaid);
  if (!clock) return std::nullopt;
  out.wall += *clock;
  return out;
}

}  // namespace

std::optional<WrittenTime> read_time(std::string_view cell, DaySystem system) {
  std::string text = ascii_text(cell);
  if (text.empty()) return std::nullopt;
  if (text.find_first_not_of("0123456789.") == std::string::npos &&
      text.find('.') == text.rfind('.')) {
    const bool compact = text.find('.') == std::string::npos &&
                         (text.size() == 8 || text.size() == 12 || text.size() == 14);
    return compact ? read_compact(text) : read_serial(text, system);
  }
  for (const std::string_view stop : {".", "。"}) {
    if (text.ends_with(stop)) text.resize(text.size() - stop.size());
  }
  Reading in(text);
  const auto day = read_day(in);
  if (!day) return std::nullopt;
  WrittenTime out{WallTime{*day}, false, {}};
  in.eat_one("T", "t");
  skip_weekday(in);
  if (in.done()) return out;
  const auto clock = read_time_of_day(in);
  if (!clock || !read_offset(in, out.offset) || !in.done()) return std::nullopt;
  out.wall += *clock;
  out.has_clock = true;
  return out;
}

std::string_view deadline_text(std::string_view cell) {
  while (cell.ends_with(' ')) cell.remove_suffix(1);
  for (const std::string_view before : {"之前", "以前", "前"}) {
    if (!cell.ends_with(before)) continue;
    cell.remove_suffix(before.size());
    break;
  }
  return cell;
}

bool is_time_pattern(std::string_view pattern) {
  return pattern.find("yy") != std::string_view::npos &&
         pattern.find('M') != std::string_view::npos && pattern.find('d') != std::string_view::npos;
}

std::optional<WrittenTime> read_time_by(std::string_view cell, std::string_view pattern) {
  const std::string text = ascii_text(cell), signs = ascii_text(pattern);
  Reading in(text);
  std::optional<int> year, month, day, hour;
  int minute = 0, second = 0;
  Half half = Half::unsaid;
  for (std::size_t at = 0; at < signs.size();) {
    const char c = signs[at];
    std::size_t run = at;
    while (run < signs.size() && signs[run] == c) ++run;
    const std::size_t length = run - at;
    const std::size_t least = length >= 2 ? 2 : 1;
    std::optional<int> read = 0;
    switch (c) {
      case 'y':
        read = year = in.digits(length > 2 ? 4 : 2, length > 2 ? 4 : 2);
        if (year && length <= 2) *year += *year < 70 ? 2000 : 1900;
        break;
      case 'M': read = month = in.digits(least, 2); break;
      case 'd': read = day = in.digits(least, 2); break;
      case 'H':
      case 'h': read = hour = in.digits(least, 2); break;
      case 'm':
        read = in.digits(least, 2);
        minute = read.value_or(0);
        break;
      case 's':
        read = in.digits(least, 2);
        second = read.value_or(0);
        break;
      case 'a':
        half = read_half(in);
        if (half == Half::unsaid) return std::nullopt;
        break;
      case ' ': in.blanks(); break;
      default:
        if (!in.eat(std::string_view(signs).substr(at, length))) return std::nullopt;
    }
    if (!read) return std::nullopt;
    at = run;
  }
  if (!in.done()) return std::nullopt;
  const auto local = day_of(year.value_or(0), month.value_or(0), day.value_or(0));
  const auto clock = clock_of(hour.value_or(0), minute, second, half);
  if (!local || !clock) return std::nullopt;
  return WrittenTime{WallTime{*local} + *clock, hour.has_value(), {}};
}

std::optional<Duration> read_clock(std::string_view cell) {
  const std::string text = ascii_text(cell);
  Reading in(text);
  const auto clock = read_time_of_day(in);
  if (!clock || !in.done()) return std::nullopt;
  return clock;
}

std::string local_rfc3339(Instant t, const Zone& zone) {
  const Duration offset = zone.offset_at(t);
  std::string out = format_rfc3339(t + offset);
  out.pop_back();  // Z
  const std::int64_t minutes = std::abs(offset.count()) / (60 * kSecond);
  out += offset.count() < 0 ? '-' : '+';
  const auto two = [](std::int64_t n) {
    return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
  };
  return out + two(minutes / 60) + ":" + two(minutes % 60);
}

}  // namespace lianqing
