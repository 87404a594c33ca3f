#include "connectors/row_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lianqing {
namespace {

constexpr std::size_t kNameBytes = 32;
constexpr std::size_t kTypes = 256;  // whose names are kept apart
// As the decoder: others could not be written again.
constexpr Instant kFirstTime = Date{std::chrono::year{1} / 1 / 1};
constexpr Instant kEndOfTime = Date{std::chrono::year{10'000} / 1 / 1};

static_assert(PlainText::kAhead <= Arena::kPadding && kNameBytes <= Arena::kPadding);

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint64_t word(const char* at) {
  std::uint64_t out;
  std::memcpy(&out, at, sizeof out);
  return out;
}

// What follows reads from `at` on and returns where it ends; null: not usual.

// A text without escapes.
[[gnu::always_inline]] inline const char* text(const char* at, PlainText& plain,
                                               std::string_view& out) {
  if (*at != '"') return nullptr;
  const char* const end = plain.end(++at);
  if (*end != '"') return nullptr;
  out = {at, static_cast<std::size_t>(end - at)};
  return end + 1;
}

// A text that may have escapes of one character.
[[gnu::always_inline]] inline const char* skip_text(const char* at, PlainText& plain) {
  for (++at;; at += 2) {
    at = plain.end(at);
    if (*at == '"') return at + 1;
    if (*at != '\\' || at[1] == '\0' || std::strchr("\"\\/bfnrt", at[1]) == nullptr) return nullptr;
  }
}

// Up to 12 digits, and up to six decimals.
const char* long_number(const char* at, RowValue& out) {
  const bool negative = *at == '-';
  if (negative) ++at;
  if (!is_digit(*at) || (*at == '0' && is_digit(at[1]))) return nullptr;
  std::int64_t mantissa = 0, den = 1;
  const char* first = at;
  for (; is_digit(*at) && at - first <= 12; ++at) mantissa = mantissa * 10 + (*at - '0');
  if (at - first > 12) return nullptr;
  if (*at == '.') {
    first = ++at;
    for (; is_digit(*at) && at - first <= 6; ++at) {
      mantissa = mantissa * 10 + (*at - '0');
      den *= 10;
    }
    if (at == first || at - first > 6) return nullptr;
  }
  if (*at == 'e' || *at == 'E') return nullptr;
  out.kind = RowValue::Kind::number;
  out.num = negative ? -mantissa : mantissa;
  if (den != 1) {
    const Number exact = Number::ratio(out.num, den);
    out.num = exact.num();
    out.den = static_cast<std::uint32_t>(exact.den());
  }
  return at;
}

// Whole numbers of a few digits without branches on how many: that cannot be foretold.
[[gnu::always_inline]] inline const char* number(const char* at, RowValue& out) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const std::uint64_t low = word(at) ^ 0x3030303030303030U;  // of a digit: its value
  const std::uint64_t others = (((low & ~kHigh) + 0x7676767676767676U) | low) & kHigh;
  const int bits = std::countr_zero(others) & ~7;  // of the digits at the front
  const char next = at[bits / 8];
  const bool leading_zero = *at == '0' && bits > 8;
  if (bits == 0 || bits == 64 || next == '.' || (next | 0x20) == 'e' || leading_zero) {
    return long_number(at, out);
  }
  std::uint64_t digits = low << (64 - bits);  // the last digit last
  digits = digits * 10 + (digits >> 8);       // two by two, then all
  constexpr std::uint64_t kPairs = 0x000000FF000000FFU;
  constexpr std::uint64_t kFirst = 100 + (std::uint64_t{1'000'000} << 32);
  constexpr std::uint64_t kSecond = 1 + (std::uint64_t{10'000} << 32);
  digits = ((digits & kPairs) * kFirst + ((digits >> 16) & kPairs) * kSecond) >> 32;
  out.kind = RowValue::Kind::number;
  out.num = static_cast<std::int64_t>(digits);
  return at + bits / 8;
}

[[gnu::always_inline]] inline const char* after(const char* at, std::string_view expected) {
  return std::memcmp(at, expected.data(), expected.size()) == 0 ? at + expected.size() : nullptr;
}

[[gnu::always_inline]] inline const char* value(const char* at, PlainText& plain, RowValue& out,
                                                std::string_view& text_value, bool& null) {
  switch (*at) {
    case '"': out.kind = RowValue::Kind::text; return text(at, plain, text_value);
    case 't': out.num = 1; return after(at, "true");
    case 'f': return after(at, "false");
    case 'n': null = true; return after(at, "null");
    default: return number(at, out);
  }
}

// Past a comma, and a space, to the next member, or past the closing brace.
[[gnu::always_inline]] inline const char* separator(const char* at, bool& more) {
  more = *at == ',';
  if (more) return at + (at[1] == ' ' ? 2 : 1);
  return *at == '}' ? at + 1 : nullptr;
}

}  // namespace

struct RowScanner::Line {
  bool is_ascii = false;
  std::uint64_t there = 0;  // a bit for each role
  std::array<std::string_view, kTextAttributes> texts;
  Instant time, recorded = kBeforeAll;
  std::uint32_t type = kNoText;

  bool has(Role role) const { return ((there >> static_cast<unsigned>(role)) & 1U) != 0; }
  std::string_view text(Role role) const {
    return has(role) ? texts[static_cast<std::size_t>(role)] : std::string_view{};
  }
};

bool RowScanner::Name::stands_at(const char* at) const {
  const auto differs = [&](std::size_t i) { return (word(at + 8 * i) & masks[i]) ^ words[i]; };
  return ((differs(0) | differs(1)) | (differs(2) | differs(3))) == 0 && size != 0;
}

void RowScanner::scan(RawLines& lines, const Room& room, Arena& arena, RowBatch& batch) {
  const char* at = lines.bytes.data();
  const char* const end = at + lines.bytes.size();
  while (at != end && batch.rows.size() < room.rows && arena.used() < room.bytes) {
    Line line;
    const std::size_t values = batch.values.size();
    const char* const behind = members(at, line, batch);
    const std::size_t size = behind == nullptr ? 0 : static_cast<std::size_t>(behind - at);
    const std::size_t end_bytes = size == 0                                ? 0
                                  : behind[0] == '\n'                      ? 1
                                  : behind[0] == '\r' && behind[1] == '\n' ? 2
                                                                           : 0;
    if (end_bytes == 0 || size > kMaxLineBytes || !usual(line) ||
        !(line.is_ascii || is_utf8({at, size}))) {
      batch.values.resize(values);
      break;
    }
    add_row(line, values, arena, batch);
    EventRow& row = batch.rows.back();
    row.line = lines.line++;
    row.byte = lines.byte;
    lines.byte += size + end_bytes;
    at = behind + end_bytes;
  }
  lines.bytes = {at, static_cast<std::size_t>(end - at)};
  settle(batch);
}

bool RowScanner::usual(const Line& line) const {
  return !line.text(Role::id).empty() && !line.text(Role::source).empty() && line.type != kNoText &&
         line.has(Role::time) && (!line.has(Role::version) || line.text(Role::version) == "1.0");
}

void RowScanner::add_row(const Line& line, std::size_t first_value, Arena& arena, RowBatch& batch) {
  const auto begin = batch.values.begin() + static_cast<std::ptrdiff_t>(first_value);
  const auto by_field = [](const RowValue& a, const RowValue& b) { return a.field < b.field; };
  const std::size_t values = batch.values.size() - first_value;
  if (values > 1 && !std::is_sorted(begin, batch.values.end(), by_field)) {
    std::sort(begin, batch.values.end(), by_field);
  }
  EventRow& row = batch.rows.emplace_back();
  row.time = line.time;
  row.recorded = line.recorded;
  row.first_value = static_cast<std::uint32_t>(first_value);
  row.values = static_cast<std::uint16_t>(values);
  row.type = line.type;
  row.source = maker_.number(line.text(Role::source), batch);
  row.set_id(arena.copy_short(line.text(Role::id)));
  const std::string_view unit = line.text(Role::unit);
  const std::string_view whose = unit.empty() ? line.text(Role::subject) : unit;
  if (!whose.empty()) number_unit(whose, batch);
}

void RowScanner::number_unit(std::string_view text, RowBatch& batch) {
  if (waiting_count_ == kWaiting) {
    Waiting& first = waiting_[first_waiting_];
    batch.rows[first.row].unit = maker_.number(first.unit, batch);
    first_waiting_ = (first_waiting_ + 1) % kWaiting;
    --waiting_count_;
  }
  Waiting& last = waiting_[(first_waiting_ + waiting_count_++) % kWaiting];
  last = {batch.rows.size() - 1, TextNumbers::ask(text)};
  __builtin_prefetch(maker_.place(last.unit));
}

void RowScanner::settle(RowBatch& batch) {
  for (; waiting_count_ != 0; --waiting_count_) {
    Waiting& first = waiting_[first_waiting_];
    batch.rows[first.row].unit = maker_.number(first.unit, batch);
    first_waiting_ = (first_waiting_ + 1) % kWaiting;
  }
}

const RowScanner::Type& RowScanner::type(std::uint32_t number) {
  if (types_.size() <= number) types_.resize(number + 1);
  Type& out = types_[number];
  if (!out.is_known) {
    out.is_known = true;
    out.is_whole = maker_.is_whole(number);
    if (fields_.size() < kTypes && !out.is_whole) {
      out.fields = static_cast<std::uint16_t>(fields_.size());
      fields_.push_back(std::make_unique<Names>());
    }
  }
  return out;
}

// The member at hand: mostly the expected one. Null: an unusual name, or one that was there before.
[[gnu::always_inline]] inline RowScanner::Name* RowScanner::name(Names& names, bool data,
                                                                 const char* at,
                                                                 std::uint8_t& expected,
                                                                 PlainText& plain,
                                                                 std::uint64_t& seen) {
  plain.look(at);
  if (!names.all[expected].stands_at(at)) {
    const std::uint8_t other = other_name(names, data, at);
    if (other == 0) return nullptr;
    expected = other;
  }
  const std::uint64_t bit = std::uint64_t{1} << expected;
  Name& found = names.all[expected];
  if ((seen & bit) != 0 || found.role == Role::unusual) return nullptr;
  seen |= bit;
  return &found;
}

// 0: none, and none that can be learned.
[[gnu::noinline]] std::uint8_t RowScanner::other_name(Names& names, bool data,
                                                      const char* at) const {
  for (std::uint8_t which = 1; which < names.size; ++which) {
    if (names.all[which].stands_at(at)) return which;
  }
  if (names.size == names.all.size() || *at != '"') return 0;
  const char* const end = PlainText().end(at + 1);
  const auto size = static_cast<std::size_t>(end - at) + 2;
  if (end[0] != '"' || end[1] != ':' || size > kNameBytes) return 0;
  names.all[names.size] = learn({at, size}, data);
  return names.size++;
}

RowScanner::Name RowScanner::learn(std::string_view quoted, bool data) const {
  Name out;
  std::memcpy(out.words.data(), quoted.data(), quoted.size());
  std::array<unsigned char, kNameBytes> all{};
  std::fill_n(all.begin(), quoted.size(), static_cast<unsigned char>(0xff));
  std::memcpy(out.masks.data(), all.data(), all.size());
  out.size = static_cast<std::uint8_t>(quoted.size());
  const std::string_view plain = quoted.substr(1, quoted.size() - 3);
  if (data) {
    const auto field = maker_.field(plain);
    out.role = field ? Role::field : Role::unasked;
    out.field = field.value_or(0);
    return out;
  }
  constexpr std::string_view kRoles[] = {"id",   "source",  "type",        "time", "recordedtime",
                                         "unit", "subject", "specversion", "data"};
  const auto at = std::find(std::begin(kRoles), std::end(kRoles), plain);
  if (at != std::end(kRoles)) {
    out.role = static_cast<Role>(at - std::begin(kRoles));
  } else if (plain != "datacontenttype" && plain != "data_base64") {
    out.role = Role::other;
  }
  return out;
}

[[gnu::always_inline]] inline const char* RowScanner::data(const char* at, std::uint16_t fields,
                                                           PlainText& plain, RowBatch& batch) {
  if (*at++ != '{') return nullptr;
  if (*at == '}') return at + 1;
  std::uint64_t seen = 0;
  Names& names = *fields_[fields];
  std::uint8_t* expected = &names.first;
  for (bool more = true; more;) {
    Name* const member = name(names, true, at, *expected, plain, seen);
    if (member == nullptr) return nullptr;
    expected = &member->next;
    at += member->size;
    if (*at == ' ') ++at;
    RowValue out;
    std::string_view text_value;
    bool null = false;
    if (member->role == Role::unasked && *at == '"') {
      at = skip_text(at, plain);
      null = true;
    } else {
      at = value(at, plain, out, text_value, null);
    }
    if (at == nullptr) return nullptr;
    if (member->role == Role::field && !null) {
      out.field = member->field;
      if (text_value.data() != nullptr) out.num = maker_.number(text_value, batch);
      batch.values.push_back(out);
    }
    at = separator(at, more);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// The whole object of the event.
const char* RowScanner::members(const char* at, Line& line, RowBatch& batch) {
  if (*at++ != '{') return nullptr;
  PlainText plain;
  std::uint16_t fields = 0;
  std::uint64_t seen = 0;
  std::uint8_t* expected = &attributes_.first;
  for (bool more = true; more;) {
    Name* const member = name(attributes_, false, at, *expected, plain, seen);
    if (member == nullptr) return nullptr;
    at += member->size;
    if (*at == ' ') ++at;
    expected = &member->next;
    const auto role = static_cast<std::size_t>(member->role);
    line.there |= std::uint64_t{1} << role;
    if (member->role == Role::time || member->role == Role::recorded) {
      at = time(at, plain, member->role == Role::time ? line.time : line.recorded);
    } else if (role < kTextAttributes) {
      std::string_view& out = line.texts[role];
      at = text(at, plain, out);
      if (at == nullptr || out.size() > kMaxAttributeBytes) return nullptr;
      if (member->role == Role::type) {
        if (out.empty()) return nullptr;
        line.type = maker_.number(out, batch);
        const Type& known = type(line.type);
        if (known.is_whole) return nullptr;
        fields = known.fields;
      }
    } else if (member->role == Role::data) {
      at = data(at, fields, plain, batch);
    } else {
      RowValue unused;
      std::string_view text_value;
      bool null = false;
      at = value(at, plain, unused, text_value, null);
    }
    if (at == nullptr) return nullptr;
    at = separator(at, more);
    if (at == nullptr) return nullptr;
  }
  line.is_ascii = plain.is_ascii();
  return at;
}

// The usual layouts, of which every byte is known then; all others as ever.
[[gnu::always_inline]] inline const char* RowScanner::time(const char* at, PlainText& plain,
                                                           Instant& out) {
  if (*at != '"') return nullptr;
  const char* const from = at + 1;
  const bool utc = from[19] == 'Z' && from[20] == '"';
  const bool offset = (from[19] == '+' || from[19] == '-') && from[22] == ':' && from[25] == '"';
  if ((utc || offset) && from[10] == 'T' && from[13] == ':' && from[16] == ':') {
    return instant_of(from, utc, out) ? from + (utc ? 21 : 26) : nullptr;
  }
  std::string_view whole;
  at = text(at, plain, whole);
  if (at == nullptr) return nullptr;
  const auto instant = parse_rfc3339(whole);
  if (!instant || *instant < kFirstTime || *instant >= kEndOfTime) return nullptr;
  out = *instant;
  return at;
}

// By the day that the time before had.
[[gnu::always_inline]] inline bool RowScanner::instant_of(const char* text, bool utc,
                                                          Instant& out) {
  const auto two = [&](std::size_t at) {
    const auto high = static_cast<unsigned>(text[at] - '0'),
               low = static_cast<unsigned>(text[at + 1] - '0');
    return high > 9 || low > 9 ? 100U : high * 10 + low;
  };
  const unsigned hour = two(11), minute = two(14), second = two(17);
  const unsigned by_hours = utc ? 0 : two(20), by_minutes = utc ? 0 : two(23);
  if (hour > 23 || minute > 59 || second > 59 || by_hours > 23 || by_minutes > 59) return false;
  if (std::memcmp(text, day_.data(), day_.size()) != 0) {
    const auto date = parse_date({text, day_.size()});
    if (!date) return false;
    std::copy_n(text, day_.size(), day_.begin());
    midnight_ = Instant{*date};
  }
  std::int64_t seconds = hour * 3600 + minute * 60 + second;
  const std::int64_t ahead = by_hours * 3600 + by_minutes * 60;
  seconds += utc || text[19] == '+' ? -ahead : ahead;
  out = midnight_ + Duration{seconds * 1'000'000};
  return out >= kFirstTime && out < kEndOfTime;
}

}  // namespace lianqing
