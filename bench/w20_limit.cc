// The least that W20 can cost: one thread, one pass over the bytes by a scanner that knows the
// order of the keys, events packed into eight bytes, then unit after unit with one array of events,
// one position per window length and a table of which rules an event matches. It explains nothing,
// checks no UTF-8, takes no correction. Nothing of it is used by the product, which is held against
// it for the result and for the time.
#include <emmintrin.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "bench/w20.h"

namespace lianqing {
namespace {

constexpr std::size_t kBuffer = 1U << 20, kPad = 64;

// The closing quote of a text that begins at p.
const char* quote_after(const char* p) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  for (;;) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto hits = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash))));
    if (hits == 0) {
      p += 16;
      continue;
    }
    p += std::countr_zero(hits);
    if (*p == '"') return p;
    p += 2;
  }
}

int two(const char* p) { return (p[0] - '0') * 10 + (p[1] - '0'); }

std::int64_t day_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

struct Found {
  std::uint32_t unit;
  W20Event event;
};

class Scanner {
 public:
  // Past one line; false if it is not as write_log writes it.
  bool line(const char*& p, Found& out) {
    std::string_view text;
    if (!attribute(p, R"({"id":")", text) || !attribute(p, R"(,"unit":")", text)) return false;
    out.unit = unit_of(text);
    if (!attribute(p, R"(,"type":")", text)) return false;
    const unsigned type = text.size() == 18   ? 0
                          : text.size() == 9  ? 1
                          : text.size() == 22 ? 2
                          : text.size() == 20 ? 3
                                              : 4;
    if (!attribute(p, R"(,"time":")", text)) return false;
    out.event.time = seconds(text);
    if (!attribute(p, R"(,"source":")", text) || !literal(p, R"(,"data":{)")) return false;
    out.event.value = 1;
    unsigned category = 0;
    for (;;) {
      if (!attribute(p, "\"", text) || *p++ != ':') return false;
      if (*p == '"') {
        std::string_view value;
        if (!attribute(p, "\"", value)) return false;
        if (text == "channel") {
          category = value == "hotline" ? 0
                     : value == "web"   ? 1
                     : value == "app"   ? 2
                     : value == "mail"  ? 3
                                        : 4;
        } else if (text == "priority") {
          category = value[0] == 'l' ? 0 : value[0] == 'n' ? 1 : 2;
        }
      } else {
        int number = 0;
        while (*p >= '0' && *p <= '9') number = number * 10 + (*p++ - '0');
        if (text == "severity" || text == "count" || text == "overdue_days" || text == "score") {
          out.event.value = static_cast<std::int16_t>(number);
        }
      }
      if (*p == ',') {
        ++p;
        continue;
      }
      out.event.key = static_cast<std::uint8_t>(type * 8 + category);
      return literal(p, "}}\n");
    }
  }

  std::vector<std::string> take_units() { return std::move(units_); }

 private:
  static bool literal(const char*& p, std::string_view expected) {
    if (std::memcmp(p, expected.data(), expected.size()) != 0) return false;
    p += expected.size();
    return true;
  }

  static bool attribute(const char*& p, std::string_view before, std::string_view& out) {
    if (!literal(p, before)) return false;
    const char* const end = quote_after(p);
    out = {p, static_cast<std::size_t>(end - p)};
    p = end + 1;
    return true;
  }

  std::uint32_t unit_of(std::string_view name) {
    std::uint64_t key;
    std::memcpy(&key, name.data(), sizeof key);  // eight characters
    const auto [at, added] = numbers_.try_emplace(key, static_cast<std::uint32_t>(units_.size()));
    if (added) units_.emplace_back(name);
    return at->second;
  }

  std::uint32_t seconds(std::string_view text) {
    const char* const p = text.data();
    std::uint64_t day;
    std::memcpy(&day, p + 2, sizeof day);
    if (day != last_day_) {
      midnight_ = day_of(two(p) * 100 + two(p + 2), two(p + 5), two(p + 8)) * 86'400;
      last_day_ = day;
    }
    std::int64_t out = midnight_ + two(p + 11) * 3600 + two(p + 14) * 60 + two(p + 17);
    if (p[19] == '+') out -= two(p + 20) * 3600 + two(p + 23) * 60;
    return static_cast<std::uint32_t>(out);
  }

  struct Mixed {
    std::size_t operator()(std::uint64_t key) const {
      const std::uint64_t mixed = key * 0x9E3779B97F4A7C15U;
      return static_cast<std::size_t>(mixed ^ (mixed >> 32));
    }
  };
  boost::unordered_flat_map<std::uint64_t, std::uint32_t, Mixed> numbers_;
  std::vector<std::string> units_;
  std::uint64_t last_day_ = 0;
  std::int64_t midnight_ = 0;
};

// Records of nearly increasing time.
void sort_by_time(W20Event* first, W20Event* last) {
  for (W20Event* i = first; i != last; ++i) {
    const W20Event moved = *i;
    W20Event* j = i;
    for (; j != first && j[-1].time > moved.time; --j) *j = j[-1];
    *j = moved;
  }
}

// The rules by number as bits, so that one event moves all it matches in one loop.
class Judge {
 public:
  explicit Judge(const std::vector<W20Rule>& rules)
      : rules_(rules), words_((rules.size() + 63) / 64) {
    for (const W20Rule& rule : rules) spans_.push_back(static_cast<std::uint32_t>(rule.days));
    std::sort(spans_.begin(), spans_.end());
    spans_.erase(std::unique(spans_.begin(), spans_.end()), spans_.end());
    matches_.assign(kKeys * kValues * words_, 0);
    within_.assign(spans_.size() * words_, 0);
    for (std::size_t r = 0; r < rules.size(); ++r) {
      const auto span =
          std::lower_bound(spans_.begin(), spans_.end(), static_cast<std::uint32_t>(rules[r].days));
      set(within_, static_cast<std::size_t>(span - spans_.begin()), r);
      for (std::size_t category = 0; category < 8; ++category) {
        if (((rules[r].categories >> category) & 1U) == 0) continue;
        const std::size_t key = static_cast<std::size_t>(rules[r].type) * 8 + category;
        for (int value = 0; value < static_cast<int>(kValues); ++value) {
          if (value < rules[r].low || value > rules[r].high) continue;
          set(matches_, key * kValues + static_cast<std::size_t>(value), r);
        }
      }
    }
    for (std::uint32_t& span : spans_) span *= 86'400;
  }

  void unit(std::uint32_t number, const W20Event* first, const W20Event* last,
            std::vector<W20Change>& out) {
    totals_.assign(rules_.size(), 0);
    colours_.assign(rules_.size(), 0);
    moved_.assign(words_, 0);
    leaving_.assign(spans_.size(), first);
    for (const W20Event* at = first; at != last;) {
      const std::uint32_t now = at->time;
      for (std::size_t s = 0; s < spans_.size(); ++s) {
        const W20Event*& old = leaving_[s];
        for (; old != at && old->time + spans_[s] <= now; ++old) {
          move(*old, &within_[s * words_], -1);
        }
      }
      for (; at != last && at->time == now; ++at) move(*at, nullptr, +1);
      tell(number, now, out);
    }
  }

 private:
  static constexpr std::size_t kKeys = 40, kValues = 256;

  void set(std::vector<std::uint64_t>& table, std::size_t row, std::size_t rule) const {
    table[row * words_ + rule / 64] |= std::uint64_t{1} << (rule % 64);
  }

  void move(const W20Event& event, const std::uint64_t* only, int sign) {
    const auto value = static_cast<std::size_t>(event.value);
    const std::uint64_t* const row = &matches_[(event.key * kValues + value) * words_];
    for (std::size_t w = 0; w < words_; ++w) {
      std::uint64_t bits = row[w] & (only == nullptr ? ~std::uint64_t{0} : only[w]);
      moved_[w] |= bits;
      for (; bits != 0; bits &= bits - 1) {
        const std::size_t r = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        totals_[r] += sign * (rules_[r].sums ? event.value : 1);
      }
    }
  }

  void tell(std::uint32_t unit, std::uint32_t now, std::vector<W20Change>& out) {
    for (std::size_t w = 0; w < words_; ++w) {
      for (std::uint64_t bits = std::exchange(moved_[w], 0); bits != 0; bits &= bits - 1) {
        const std::size_t r = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        const int total = totals_[r];
        const std::uint8_t colour = total >= rules_[r].red ? 2 : total >= rules_[r].yellow ? 1 : 0;
        if (colour == colours_[r]) continue;
        colours_[r] = colour;
        out.push_back({unit, static_cast<std::uint32_t>(r), now, colour, total});
      }
    }
  }

  const std::vector<W20Rule>& rules_;
  std::size_t words_;
  std::vector<std::uint32_t> spans_;    // seconds, each length once
  std::vector<std::uint64_t> matches_;  // [key][value] -> rules
  std::vector<std::uint64_t> within_;   // [span] -> rules
  std::vector<int> totals_;
  std::vector<std::uint8_t> colours_;
  std::vector<std::uint64_t> moved_;
  std::vector<const W20Event*> leaving_;
};

}  // namespace

Result<W20Log> read_w20_log(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(ErrorCode::io, "cannot read " + path);
  // Page-aligned: read(2) into an odd address is several times slower on some processors.
  const std::unique_ptr<char, void (*)(void*)> buffer(
      static_cast<char*>(std::aligned_alloc(4096, kBuffer * 2)), std::free);
  Scanner scanner;
  std::vector<Found> found;
  std::size_t held = 0;
  bool right = true;
  for (bool more = true; more && right;) {
    char* const begin = buffer.get() + kBuffer - held;  // what is left stands before the new bytes
    const ssize_t got = ::read(file, buffer.get() + kBuffer, kBuffer - kPad);
    more = got > 0;
    const char* const end = buffer.get() + kBuffer + std::max<ssize_t>(got, 0);
    const auto* last =
        static_cast<const char*>(::memrchr(begin, '\n', static_cast<std::size_t>(end - begin)));
    const char* p = begin;
    while (last != nullptr && p <= last && right) right = scanner.line(p, found.emplace_back());
    held = static_cast<std::size_t>(end - p);
    if (held > kBuffer / 2) right = false;
    std::memmove(buffer.get() + kBuffer - held, p, held);
  }
  ::close(file);
  if (!right || held != 0) {
    return failure(ErrorCode::corrupt, path + " is not a log of this bench");
  }
  W20Log out;
  out.units = scanner.take_units();
  out.first.assign(out.units.size() + 1, 0);
  for (const Found& one : found) ++out.first[one.unit + 1];
  for (std::size_t u = 0; u < out.units.size(); ++u) out.first[u + 1] += out.first[u];
  out.events.resize(found.size());
  std::vector<std::size_t> at(out.first.begin(), out.first.end() - 1);
  for (const Found& one : found) out.events[at[one.unit]++] = one.event;
  for (std::size_t u = 0; u < out.units.size(); ++u) {
    sort_by_time(out.events.data() + out.first[u], out.events.data() + out.first[u + 1]);
  }
  return out;
}

std::vector<W20Change> judge_w20(const W20Log& log, const std::vector<W20Rule>& rules) {
  Judge judge(rules);
  std::vector<W20Change> out;
  for (std::uint32_t u = 0; u < log.units.size(); ++u) {
    judge.unit(u, log.events.data() + log.first[u], log.events.data() + log.first[u + 1], out);
  }
  return out;
}

}  // namespace lianqing
