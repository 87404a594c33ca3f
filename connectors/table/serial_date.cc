#include "connectors/table/serial_date.h"

#include <cmath>

namespace lianqing {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

// The code without what is shown as it is: "quoted", \escaped, [brackets]; durations like [h] keep
// their letter. Lower case.
std::string bare_format(std::string_view code) {
  std::string out;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '\\' || c == '_' || c == '*') {
      ++at;
    } else if (c == '"') {
      at = code.find('"', at + 1);
      if (at == std::string_view::npos) break;
    } else if (c == '[') {
      const std::size_t end = code.find(']', at);
      if (end == std::string_view::npos) break;
      const std::string_view inside = code.substr(at + 1, end - at - 1);
      if (!inside.empty() && inside.find_first_not_of("hHmMsS") == std::string_view::npos)
        out += 'h';
      at = end;
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  return out;
}

}  // namespace

std::optional<Duration> wall_of_serial(double serial, bool since_1904) {
  if (!(serial >= 0) || serial >= 2'958'466) return std::nullopt;
  const double day = std::floor(serial);
  const auto whole = static_cast<std::int64_t>(day);
  const auto seconds = static_cast<std::int64_t>(std::llround((serial - day) * kSecondsPerDay));
  if (!since_1904 && whole == 60) return std::nullopt;
  using std::chrono::sys_days;
  const Date first = since_1904   ? sys_days{std::chrono::year{1904} / 1 / 1}
                     : whole < 60 ? sys_days{std::chrono::year{1899} / 12 / 31}
                                  : sys_days{std::chrono::year{1899} / 12 / 30};
  return days(first.time_since_epoch().count() + whole) + Duration{seconds * 1'000'000};
}

std::optional<std::string> text_of_serial(double serial, bool since_1904) {
  const auto wall = wall_of_serial(serial, since_1904);
  if (!wall) return std::nullopt;
  const std::string text = format_rfc3339(Instant{*wall});
  const std::string clock = text.substr(11, 8);
  if (serial < 1) return clock;
  return clock == "00:00:00" ? text.substr(0, 10) : text.substr(0, 10) + " " + clock;
}

bool is_date_format(std::string_view code) {
  const std::string bare = bare_format(code.substr(0, code.find(';')));
  if (bare.find("general") != std::string::npos) return false;
  return bare.find_first_of("ymdhs") != std::string::npos;
}

bool is_percent_format(std::string_view code) {
  return bare_format(code).find('%') != std::string::npos;
}

}  // namespace lianqing
