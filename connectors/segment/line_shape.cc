#include "connectors/segment/line_shape.h"

#include <charconv>
#include <cstring>

namespace lianqing {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kMostDigits = 18;  // of a number that fits an int64 whatever they are

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Behind the string whose opening quote is at `at`; npos if it does not end.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

// A date-time that its instant, the number of its decimals and its zone give back.
bool as_time(std::string_view text, Hole& hole) {
  if (text.size() < 20 || text.size() > 32 || text[10] != 'T' || text[17] > '5') return false;
  std::size_t zone = 19;
  int decimals = 0;
  if (text[zone] == '.') {
    for (++zone; zone < text.size() && is_digit(text[zone]); ++zone) ++decimals;
    if (decimals > 6) return false;
  }
  const auto instant = parse_rfc3339(text);
  if (!instant || micros(*instant) < kFirstTimeHole || micros(*instant) > kLastTimeHole) {
    return false;
  }
  hole = {HoleKind::time, text.substr(zone), micros(*instant), decimals};
  return true;
}

// A number that its digits give back.
bool as_number(std::string_view text, Hole& hole) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  if (whole.empty() || digits.size() > kMostDigits || (whole.size() > 1 && whole[0] == '0')) {
    return false;
  }
  std::int64_t value = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == point) continue;
    if (!is_digit(digits[i])) return false;
    value = value * 10 + (digits[i] - '0');
  }
  if ((negative && value == 0) || digits.ends_with('.')) return false;
  hole = {point == std::string_view::npos ? HoleKind::integer : HoleKind::decimal,
          {},
          negative ? -value : value,
          point == std::string_view::npos ? 0 : static_cast<int>(digits.size() - point - 1)};
  return true;
}

class Cutter {
 public:
  Cutter(std::string_view line, LineShape& out) : line_(line), out_(out) {}

  bool run() {
    out_.skeleton.clear();
    out_.holes.clear();
    skip_space();
    if (here() != '{' || !object(1)) return false;
    skip_space();
    if (at_ != line_.size()) return false;
    keep_plain();
    return true;
  }

 private:
  char here() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  void skip_space() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
  }
  // What lies between the last hole and here is part of the skeleton.
  void keep_plain() {
    out_.skeleton.append(line_.substr(kept_, at_ - kept_));
    kept_ = at_;
  }
  void hole(const Hole& hole, std::size_t end) {
    keep_plain();
    out_.skeleton += '\0';
    out_.skeleton += static_cast<char>('0' + static_cast<int>(hole.kind));
    out_.holes.push_back(hole);
    at_ = kept_ = end;
  }

  bool object(int depth) {
    if (depth > kDeepest) return false;
    ++at_;
    skip_space();
    if (here() == '}') return ++at_, true;
    for (;;) {
      if (here() != '"') return false;
      const std::size_t end = string_end(line_, at_);
      if (end == std::string_view::npos) return false;
      const std::string_view name = line_.substr(at_ + 1, end - at_ - 2);
      if (name.find('\0') != std::string_view::npos) return false;
      at_ = end;
      skip_space();
      if (here() != ':') return false;
      ++at_;
      skip_space();
      if (!value(depth, name)) return false;
      skip_space();
      if (here() == '}') return ++at_, true;
      if (here() != ',') return false;
      ++at_;
      skip_space();
    }
  }

  bool value(int depth, std::string_view name) {
    switch (here()) {
      case '{': return object(depth + 1);
      case '[': return list();
      case '"': return text(depth, name);
      case 't': return word("true", true);
      case 'f': return word("false", true);
      case 'n': return word("null", false);
      default: return number();
    }
  }

  bool text(int depth, std::string_view name) {
    const std::size_t end = string_end(line_, at_);
    if (end == std::string_view::npos) return false;
    const std::string_view inside = line_.substr(at_ + 1, end - at_ - 2);
    if (inside.find('\0') != std::string_view::npos) return false;
    if (depth == 1 && (name == "type" || name == "specversion" || name == "datacontenttype")) {
      at_ = end;
      return true;
    }
    ++at_;
    Hole found;
    if (!as_time(inside, found)) found = {HoleKind::text, inside, 0, 0};
    hole(found, end - 1);
    ++at_;
    return true;
  }

  bool word(std::string_view word, bool is_hole) {
    if (line_.substr(at_, word.size()) != word) return false;
    if (is_hole) {
      hole({HoleKind::boolean, {}, word[0] == 't', 0}, at_ + word.size());
    } else {
      at_ += word.size();
    }
    return true;
  }

  bool number() {
    std::size_t end = at_;
    while (end < line_.size() && (is_digit(line_[end]) || std::strchr("+-.eE", line_[end]))) ++end;
    if (end == at_) return false;
    Hole found;
    const std::string_view text = line_.substr(at_, end - at_);
    if (text.find('\0') != std::string_view::npos)
      return false;  // strchr finds the end of its text
    if (!as_number(text, found)) found = {HoleKind::raw, text, 0, 0};
    hole(found, end);
    return true;
  }

  bool list() {
    int depth = 0;
    for (std::size_t at = at_; at < line_.size();) {
      const char c = line_[at];
      if (c == '"') {
        at = string_end(line_, at);
        if (at == std::string_view::npos) return false;
        continue;
      }
      ++at;
      if (c == '[' || c == '{') ++depth;
      if ((c == ']' || c == '}') && --depth == 0) {
        hole({HoleKind::raw, line_.substr(at_, at - at_), 0, 0}, at);
        return true;
      }
    }
    return false;
  }

  const std::string_view line_;
  LineShape& out_;
  std::size_t at_ = 0;
  std::size_t kept_ = 0;  // up to here the line is in the skeleton or a hole
};

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
  char text[20];
  for (std::size_t i = width; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out.append(text, width);
}

void append_decimal(std::string& out, std::int64_t value, int scale) {
  char text[24];
  const bool negative = value < 0;
  const auto magnitude =
      negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  const auto end = std::to_chars(text, text + sizeof text, magnitude).ptr;
  const auto digits = static_cast<std::size_t>(end - text),
             places = static_cast<std::size_t>(scale);
  if (negative) out += '-';
  if (digits <= places) {
    out += "0.";
    out.append(places - digits, '0');
    out.append(text, digits);
  } else {
    out.append(text, digits - places);
    if (places > 0) out += '.';
    out.append(text + digits - places, places);
  }
}

std::int64_t zone_offset(std::string_view zone) {
  if (zone.size() != 6) return 0;
  const std::int64_t minutes = detail::digits(zone, 1, 2) * 60 + detail::digits(zone, 4, 2);
  return (zone[0] == '-' ? -1 : 1) * minutes * 60'000'000;
}

void append_time(std::string& out, const Hole& hole) {
  const Instant local = instant(hole.value + zone_offset(hole.text));
  const Date day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  std::int64_t rest = (local - Instant{day}).count();
  append_digits(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_digits(out, rest / 3'600'000'000, 2);
  out += ':';
  append_digits(out, rest / 60'000'000 % 60, 2);
  out += ':';
  append_digits(out, rest / 1'000'000 % 60, 2);
  if (hole.scale > 0) {
    out += '.';
    std::int64_t fraction = rest % 1'000'000;
    for (int i = hole.scale; i < 6; ++i) fraction /= 10;
    append_digits(out, fraction, static_cast<std::size_t>(hole.scale));
  }
  out += hole.text;
}

}  // namespace

bool cut_line(std::string_view line, LineShape& out) { return Cutter(line, out).run(); }

std::vector<std::string> hole_paths(std::string_view skeleton) {
  std::vector<std::string> out;
  std::vector<std::string_view> names;
  std::string_view name;
  for (std::size_t at = 0; at < skeleton.size(); ++at) {
    const char c = skeleton[at];
    if (c == '{') names.push_back(name);
    if (c == '}' && !names.empty()) names.pop_back();
    if (c == '"' && at + 1 < skeleton.size() && skeleton[at + 1] != '\0') {
      const std::size_t end = string_end(skeleton, at);
      if (end == std::string_view::npos) break;
      name = skeleton.substr(at + 1, end - at - 2);
      at = end - 1;
    }
    if (c != '\0') continue;
    std::string& path = out.emplace_back();
    for (std::size_t i = 1; i < names.size(); ++i) (path += names[i]) += kPathStep;
    path += name;
    at += 2;  // its kind, and for a text the closing quote
    if (at < skeleton.size() && skeleton[at] != '"') --at;
  }
  return out;
}

void append_hole(std::string& out, const Hole& hole) {
  switch (hole.kind) {
    case HoleKind::raw:
    case HoleKind::text: out += hole.text; break;
    case HoleKind::integer: append_decimal(out, hole.value, 0); break;
    case HoleKind::decimal: append_decimal(out, hole.value, hole.scale); break;
    case HoleKind::boolean: out += hole.value != 0 ? "true" : "false"; break;
    case HoleKind::time: append_time(out, hole); break;
  }
}

}  // namespace lianqing
