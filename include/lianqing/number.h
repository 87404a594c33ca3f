// The exact number of the rule language: a rational of two int64, always in lowest terms with a
// positive denominator. A result that does not fit is rounded to six decimals, half away from zero;
// one that does not fit even then saturates. Integer arithmetic only: the same on every machine.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

namespace lianqing {

__extension__ typedef __int128 Wide;

class Number {
 public:
  constexpr Number() = default;
  constexpr Number(std::int64_t value) : num_(value) {}  // NOLINT: an integer is a number

  // num/den in lowest terms; den must not be zero.
  static constexpr Number ratio(Wide num, Wide den) {
    if (den < 0) {
      num = -num;
      den = -den;
    }
    if (den != 1) {
      const Wide common = gcd(num < 0 ? -num : num, den);
      if (common > 1) {
        num /= common;
        den /= common;
      }
    }
    if (!fits(num) || !fits(den)) return rounded(num, den);
    Number out;
    out.num_ = static_cast<std::int64_t>(num);
    out.den_ = static_cast<std::int64_t>(den);
    return out;
  }
  static constexpr Number from_micros(Wide micros) { return ratio(micros, kMicro); }

  // A decimal literal as JSON or YAML spells it (sign, fraction, exponent), rounded to six
  // decimals; nothing if it is not one or lies beyond +-9.2e12 (with a fraction) or int64
  // (without).
  static std::optional<Number> parse(std::string_view text);

  constexpr std::int64_t num() const { return num_; }
  constexpr std::int64_t den() const { return den_; }
  constexpr bool is_integer() const { return den_ == 1; }
  constexpr bool is_zero() const { return num_ == 0; }

  friend constexpr Number operator+(Number a, Number b) {
    if (a.den_ == 1 && b.den_ == 1) return ratio(Wide{a.num_} + b.num_, 1);
    return ratio(Wide{a.num_} * b.den_ + Wide{b.num_} * a.den_, Wide{a.den_} * b.den_);
  }
  friend constexpr Number operator-(Number a) { return ratio(-Wide{a.num_}, a.den_); }
  friend constexpr Number operator-(Number a, Number b) { return a + -b; }
  friend constexpr Number operator*(Number a, Number b) {
    return ratio(Wide{a.num_} * b.num_, Wide{a.den_} * b.den_);
  }
  // b must not be zero.
  friend constexpr Number operator/(Number a, Number b) {
    return ratio(Wide{a.num_} * b.den_, Wide{a.den_} * b.num_);
  }
  friend constexpr bool operator==(Number, Number) = default;
  friend constexpr std::strong_ordering operator<=>(Number a, Number b) {
    return Wide{a.num_} * b.den_ <=> Wide{b.num_} * a.den_;
  }

  // Remainder with the sign of a, as in C; b must not be zero.
  static constexpr Number remainder(Number a, Number b) {
    const Wide quotient = (Wide{a.num_} * b.den_) / (Wide{a.den_} * b.num_);
    return a - ratio(quotient, 1) * b;
  }
  // Half away from zero, to 0..6 decimals.
  constexpr Number round(int decimals) const {
    Wide scale = 1;
    for (int i = 0; i < decimals; ++i) scale *= 10;
    return ratio(divide_rounding(Wide{num_} * scale, den_), scale);
  }
  constexpr Number abs() const { return num_ < 0 ? -*this : *this; }

  // Millionths, rounded half away from zero.
  constexpr Wide micros() const { return divide_rounding(Wide{num_} * kMicro, den_); }

  // The nearest IEEE double. Exact inputs below 2^53 make the division correctly rounded.
  double to_double() const { return static_cast<double>(num_) / static_cast<double>(den_); }
  // As JSON: an integer without a point, else the shortest decimal that names the nearest double.
  std::string to_string() const {
    char text[40];
    const auto end = is_integer() ? std::to_chars(text, text + sizeof text, num_).ptr
                                  : std::to_chars(text, text + sizeof text, to_double()).ptr;
    return std::string(text, end);
  }
  // With a fixed number of decimals (0..6), for sentences.
  std::string to_fixed(int decimals) const;

 private:
  static constexpr Wide kMicro = 1'000'000;

  static constexpr bool fits(Wide v) {
    return v >= std::numeric_limits<std::int64_t>::min() &&
           v <= std::numeric_limits<std::int64_t>::max();
  }
  static constexpr Wide gcd(Wide a, Wide b) {
    while (b != 0) {
      const Wide rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  }
  static constexpr Wide divide_rounding(Wide num, Wide den) {
    const Wide quotient = num / den, rest = num % den;
    const Wide twice = (rest < 0 ? -rest : rest) * 2;
    return twice >= den ? quotient + (num < 0 ? -1 : 1) : quotient;
  }
  static constexpr Number rounded(Wide num, Wide den) {
    // Shift both down until the scaled numerator cannot overflow 128 bits.
    constexpr Wide kLimit = Wide{1} << 100;
    while ((num < 0 ? -num : num) > kLimit && den > 1) {
      num /= 2;
      den /= 2;
    }
    Wide micros = (num < 0 ? -num : num) > kLimit ? num / den : divide_rounding(num * kMicro, den);
    const bool whole = (num < 0 ? -num : num) > kLimit;
    Wide scale = whole ? 1 : kMicro;
    const Wide common = gcd(micros < 0 ? -micros : micros, scale);
    if (common > 1) {
      micros /= common;
      scale /= common;
    }
    if (!fits(micros)) {
      micros = divide_rounding(micros, scale);
      scale = 1;
    }
    Number out;
    constexpr Wide kMax = std::numeric_limits<std::int64_t>::max();
    out.num_ = static_cast<std::int64_t>(micros > kMax ? kMax : micros < -kMax ? -kMax : micros);
    out.den_ = static_cast<std::int64_t>(scale);
    return out;
  }

  std::int64_t num_ = 0;
  std::int64_t den_ = 1;
};

inline std::optional<Number> Number::parse(std::string_view text) {
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) ++at;
  Wide digits = 0;
  int decimals = 0, seen = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      ++seen;
      if (digits < Wide{1} << 110) {
        digits = digits * 10 + (c - '0');
        decimals += point ? 1 : 0;
      } else if (!point) {
        --decimals;
      }
    } else {
      break;
    }
  }
  if (seen == 0) return std::nullopt;
  int exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    const auto end = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    if (end.ec != std::errc{}) return std::nullopt;
    at = static_cast<std::size_t>(end.ptr - text.data());
  }
  if (at != text.size()) return std::nullopt;
  if (digits == 0) return Number{0};
  int shift = exponent - decimals;  // value = digits * 10^shift
  if (shift > 40) return std::nullopt;
  Wide micros = digits;
  for (shift += 6; shift > 0; --shift) {
    if (micros > Wide{1} << 120) return std::nullopt;
    micros *= 10;
  }
  if (shift < 0) {
    if (shift < -38) return Number{0};
    Wide scale = 1;
    for (; shift < 0; ++shift) scale *= 10;
    micros = divide_rounding(micros, scale);
  }
  if (negative) micros = -micros;
  if (micros % kMicro == 0 ? !fits(micros / kMicro) : !fits(micros)) return std::nullopt;
  return from_micros(micros);
}

inline std::string Number::to_fixed(int decimals) const {
  Wide scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  Wide units = divide_rounding(Wide{num_} * scale, den_);
  const bool negative = units < 0;
  if (negative) units = -units;
  std::string out;
  for (int i = 0; units != 0 || i <= decimals; ++i, units /= 10) {
    if (i == decimals && decimals > 0) out.insert(0, 1, '.');
    out.insert(0, 1, static_cast<char>('0' + static_cast<int>(units % 10)));
  }
  return negative ? "-" + out : out;
}

}  // namespace lianqing
