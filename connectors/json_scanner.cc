#include "connectors/json_scanner.h"

#include <algorithm>

namespace lianqing {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The four digits of a \u escape; -1 if they are not.
int hex4(const char* at) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(at[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

char* put_utf8(char* out, std::uint32_t point) {
  const auto add = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | point >> 6);
    add(0x80 | (point & 63));
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 63));
    add(0x80 | (point & 63));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 63));
    add(0x80 | (point >> 6 & 63));
    add(0x80 | (point & 63));
  }
  return out;
}

// The exact value of a number token with a fraction, an exponent or many digits; none if it is out
// of range. An exponent of more than seven digits outweighs any mantissa a record has room for.
std::optional<Number> exact(std::string_view token, std::string_view exponent) {
  const bool shrinks = exponent.starts_with('-');
  if (shrinks || exponent.starts_with('+')) exponent.remove_prefix(1);
  exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
  if (exponent.size() <= 7) return Number::parse(token);
  const std::string_view mantissa = token.substr(0, token.find_first_of("eE"));
  const bool zero = mantissa.find_first_of("123456789") == std::string_view::npos;
  if (zero || shrinks) return Number{0};
  return std::nullopt;
}

// Below 10^12 and with at most six decimals: in range, and exact in 64 bits on the way.
Number short_decimal(std::int64_t mantissa, int decimals) {
  constexpr std::int64_t kTens[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
  while (decimals > 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    --decimals;
  }
  return Number::ratio(mantissa, kTens[decimals]);
}

}  // namespace

bool JsonScanner::fail(const char* code, std::string detail) {
  if (at_end()) detail += "; the record ends here";
  fault_ = JsonFault{code, std::move(detail), offset() + 1};
  return false;
}

bool JsonScanner::no_next_item(char closing) {
  return fail_syntax(closing == '}' ? "expected a comma or }" : "expected a comma or ]");
}

bool JsonScanner::word(std::string_view expected, Scalar value, Scalar& out) {
  if (std::string_view(at_, std::min(expected.size(), left())) != expected) {
    return fail_syntax("expected a value");
  }
  at_ += expected.size();
  out = value;
  return true;
}

std::string_view JsonScanner::text_with_escapes(char* const start) {
  char* write = at_;
  for (;;) {
    if (*at_ == '\\') {
      if (!escape(write)) return {};
    } else if (*at_ == '"') {
      ++at_;
      return {start, static_cast<std::size_t>(write - start)};
    } else {
      fail_syntax(at_end() ? "expected a closing quote"
                           : "a control character in a string must be escaped");
      return {};
    }
    char* const plain = at_;
    skip_plain();
    const auto length = static_cast<std::size_t>(at_ - plain);
    std::memmove(write, plain, length);
    write += length;
  }
}

bool JsonScanner::escape(char*& write) {
  constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at_[1] == 'u') return unicode_escape(write);
  const auto which = kLetters.find(at_[1]);
  if (which == std::string_view::npos) return fail_syntax("expected an escape like \\n or \\u4e2d");
  *write++ = kMeanings[which];
  at_ += 2;
  return true;
}

bool JsonScanner::unicode_escape(char*& write) {
  const int first = hex4(at_ + 2);
  if (first < 0) return fail_syntax("expected four hexadecimal digits after \\u");
  auto point = static_cast<std::uint32_t>(first);
  std::size_t length = 6;
  if (point >= 0xD800 && point <= 0xDFFF) {
    const int second = point < 0xDC00 && at_[6] == '\\' && at_[7] == 'u' ? hex4(at_ + 8) : -1;
    if (second >= 0xDC00 && second <= 0xDFFF) {
      point = 0x10000 + ((point - 0xD800) << 10) + (static_cast<std::uint32_t>(second) - 0xDC00);
      length = 12;
    } else {
      note("utf8", "this \\u escape is half of a surrogate pair", offset());
      point = 0xFFFD;
    }
  }
  write = put_utf8(write, point);
  at_ += length;
  return true;
}

bool JsonScanner::number(Scalar& out) {
  char* const start = at_;
  const bool negative = *at_ == '-';
  if (negative) ++at_;
  std::int64_t mantissa = 0;
  int digits = 0;  // of which mantissa holds the first 18; more may not fit
  const auto take_digits = [&] {
    const char* const first = at_;
    for (; is_digit(*at_); ++at_) {
      if (++digits <= 18) mantissa = mantissa * 10 + (*at_ - '0');
    }
    return at_ != first;
  };
  if (*at_ == '0' && is_digit(at_[1])) return fail_syntax("a number does not begin with 0");
  if (!take_digits()) return not_a_number();
  int decimals = 0;
  std::string_view exponent;
  if (*at_ == '.') {
    const char* const point = at_++;
    if (!take_digits()) return fail_syntax("expected a digit after the decimal point");
    decimals = static_cast<int>(at_ - point) - 1;
  }
  if (*at_ == 'e' || *at_ == 'E') {
    const char* const first = ++at_;
    if (*at_ == '+' || *at_ == '-') ++at_;
    const char* const power = at_;
    while (is_digit(*at_)) ++at_;
    if (at_ == power) return fail_syntax("expected a digit in the exponent");
    exponent = {first, static_cast<std::size_t>(at_ - first)};
  }
  if (exponent.empty() && digits <= 18 && decimals <= 6 &&
      (decimals == 0 || digits - decimals <= 12)) {
    out.value = short_decimal(negative ? -mantissa : mantissa, decimals);
    return true;
  }
  const auto value = exact({start, static_cast<std::size_t>(at_ - start)}, exponent);
  if (!value) {
    note("number", "out of range: an integer fits 64 bits, a decimal lies within +-9.2e12",
         static_cast<std::size_t>(start - begin_));
  }
  out.value = value.value_or(Number{});
  return true;
}

// Python and others write NaN and Infinity, which JSON does not have: a code of its own.
bool JsonScanner::not_a_number() {
  const std::string_view rest(at_, left());
  if (rest.starts_with("NaN") || rest.starts_with("Infinity")) {
    return fail("number", "a number must be finite");
  }
  return fail_syntax(at_ > begin_ && at_[-1] == '-' ? "expected a digit after the minus sign"
                                                    : "expected a value");
}

}  // namespace lianqing
