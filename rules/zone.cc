#include "rules/zone.h"

#include <date/tz.h>

#include <exception>
#include <fstream>
#include <iterator>
#include <optional>

namespace lianqing {
namespace {

constexpr int kFirstYear = 1970, kLastYear = 2100;
constexpr std::int64_t kSecondMicros = 1'000'000;

Instant start_of_year(int year) {
  return Instant{std::chrono::sys_days{std::chrono::year{year} / std::chrono::January / 1}};
}

// What a compiled zone file states about the years after its last listed change, as a POSIX TZ
// text in its last line: `EST5EDT,M3.2.0,M11.1.0`. date::time_zone does not read it, and the files
// of most systems stop listing changes in 2037.
//   tz = name offset [ name [ offset ] "," rule "," rule ] ; rule = "M" m "." w "." d [ "/" time ]
//   ;
struct YearlyRule {
  unsigned month = 1, week = 1, weekday = 0;  // week 5: the last one
  std::int64_t seconds = 7200;                // on the wall until then
};
struct Footer {
  std::int64_t standard = 0, summer = 0;  // seconds, east positive
  bool has_summer = false;
  YearlyRule summer_start, summer_end;
};

class FooterText {
 public:
  explicit FooterText(std::string_view text) : rest_(text) {}

  std::optional<Footer> read() {
    Footer out;
    if (!skip_name() || !read_time(out.standard)) return std::nullopt;
    out.standard = -out.standard;  // POSIX counts west positive
    if (rest_.empty()) return out;
    out.has_summer = true;
    if (!skip_name()) return std::nullopt;
    out.summer = out.standard + 3600;
    if (!rest_.starts_with(',')) {
      if (!read_time(out.summer)) return std::nullopt;
      out.summer = -out.summer;
    }
    if (!read_rule(out.summer_start) || !read_rule(out.summer_end) || !rest_.empty()) {
      return std::nullopt;
    }
    return out;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip_name() {
    const bool quoted = take('<');
    const auto is_part = [quoted](char c) {
      return quoted ? c != '>' : (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_part(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() < before && (!quoted || take('>'));
  }
  bool read_number(std::int64_t& out) {
    const std::size_t before = rest_.size();
    out = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && out < 100'000) {
      out = out * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return rest_.size() < before;
  }
  // [+-]hh[:mm[:ss]] in seconds.
  bool read_time(std::int64_t& out) {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t part = 0;
    if (!read_number(part)) return false;
    out = part * 3600;
    for (std::int64_t unit = 60; unit >= 1 && take(':'); unit /= 60) {
      if (!read_number(part)) return false;
      out += part * unit;
    }
    if (negative) out = -out;
    return true;
  }
  bool read_rule(YearlyRule& out) {
    std::int64_t month = 0, week = 0, weekday = 0;
    if (!take(',') || !take('M') || !read_number(month) || !take('.') || !read_number(week) ||
        !take('.') || !read_number(weekday)) {
      return false;
    }
    if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return false;
    out.month = static_cast<unsigned>(month);
    out.week = static_cast<unsigned>(week);
    out.weekday = static_cast<unsigned>(weekday);
    return !take('/') || read_time(out.seconds);
  }

  std::string_view rest_;
};

Instant change_in(int year, const YearlyRule& rule, std::int64_t offset_before) {
  using namespace std::chrono;
  const year_month month = std::chrono::year{year} / std::chrono::month{rule.month};
  const weekday day{rule.weekday};
  const sys_days date =
      rule.week == 5 ? sys_days{month / day[last]} : sys_days{month / day[rule.week]};
  return Instant{date} + Duration{(rule.seconds - offset_before) * kSecondMicros};
}

void add_change(Zone& zone, Instant at, std::int64_t offset) {
  const Duration shift{offset * kSecondMicros};
  if (zone.changes.empty()) {
    zone.changes.push_back({kBeforeAll, shift});
  } else if (at > zone.changes.back().at && shift != zone.changes.back().offset) {
    // A change of name or of the summer time flag alone moves no clock.
    zone.changes.push_back({at, shift});
  }
}

void add_listed_changes(Zone& zone, const date::time_zone& source) {
  const Instant end = start_of_year(kLastYear + 1);
  for (Instant t = start_of_year(kFirstYear); t < end;) {
    const date::sys_info about = source.get_info(std::chrono::floor<std::chrono::seconds>(t));
    add_change(zone, t, about.offset.count());
    if (about.end >= std::chrono::floor<std::chrono::seconds>(end)) break;
    t = Instant{about.end};
  }
}

void add_yearly_changes(Zone& zone, const Footer& footer) {
  if (!footer.has_summer) return;
  // From the year of the last listed change on; add_change passes over what is listed already.
  int year = kFirstYear;
  if (zone.changes.size() > 1) {
    const auto last_day = std::chrono::floor<std::chrono::days>(zone.changes.back().at);
    year = static_cast<int>(std::chrono::year_month_day{last_day}.year());
  }
  for (; year <= kLastYear; ++year) {
    const Instant start = change_in(year, footer.summer_start, footer.standard);
    const Instant end = change_in(year, footer.summer_end, footer.summer);
    if (start < end) {
      add_change(zone, start, footer.summer);
      add_change(zone, end, footer.standard);
    } else {
      add_change(zone, end, footer.standard);
      add_change(zone, start, footer.summer);
    }
  }
}

// Nothing if the file is not where systems keep it, or its last line is not understood.
std::optional<Footer> read_footer(const std::string& name) {
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.size() < 2 || bytes.back() != '\n') return std::nullopt;
  const std::size_t before = bytes.rfind('\n', bytes.size() - 2);
  if (before == std::string::npos) return std::nullopt;
  return FooterText(std::string_view(bytes).substr(before + 1, bytes.size() - before - 2)).read();
}

}  // namespace

Result<Zone> load_zone(const std::string& name) {
  Zone zone;
  zone.name = name;
  try {
    add_listed_changes(zone, *date::locate_zone(name));
  } catch (const std::exception&) {
    return failure(ErrorCode::usage, "time zone '" + name +
                                         "' is not known to this system; expected a name such as "
                                         "Asia/Shanghai (package tzdata must be installed)");
  }
  const auto footer = read_footer(name);
  if (!footer) {
    return failure(ErrorCode::corrupt, "time zone '" + name + "': the file /usr/share/zoneinfo/" +
                                           name +
                                           " does not end with a rule for the years to come; "
                                           "install the package tzdata");
  }
  add_yearly_changes(zone, *footer);
  return zone;
}

}  // namespace lianqing
