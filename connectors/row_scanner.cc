#include "connectors/row_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lianqing {
namespace {

constexpr std::size_t kNameBytes = 32;
constexpr std::size_t kTypes = 256;  // whose names are kept apart
// As the decoder: others could not be written again.
constexpr Instant kFirstTime = Date{std::chrono::year{1} / 1 / 1};
constexpr Instant kEndOfTime = Date{std::chrono::year{10'000} / 1 / 1};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first quote, backslash or control character from `at` on. There is one behind the line.
const char* end_of_plain(const char* at) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                last_control = _mm_set1_epi8(0x1F);
  for (;; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i text_end =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    const auto ends =
        static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(control, text_end)));
    if (ends != 0) return at + std::countr_zero(ends);
  }
#else
  while (*at != '"' && *at != '\\' && static_cast<std::uint8_t>(*at) >= 0x20) ++at;
  return at;
#endif
}

}  // namespace

bool RowScanner::Name::stands_at(const char* at) const {
  const auto differs = [&](std::size_t i) {
    std::uint64_t word;
    std::memcpy(&word, at + 8 * i, sizeof word);
    return (word & masks[i]) ^ words[i];
  };
  if (size == 0 || (differs(0) | differs(1)) != 0) return false;
  return size <= 16 || (differs(2) | differs(3)) == 0;
}

bool RowScanner::scan(std::string_view line, Origin origin, Arena& arena, RowBatch& batch) {
  at_ = line.data();
  texts_.fill({});
  type_ = kNoText;
  const std::size_t values = batch.values.size();
  if (!members(batch) || at_ != line.data() + line.size()) {
    batch.values.resize(values);
    return false;
  }
  const auto text = [this](Role role) { return texts_[static_cast<std::size_t>(role)]; };
  EventRow row;
  const std::string_view id = text(Role::id);
  const std::string_view source = text(Role::source), unit = text(Role::unit);
  const bool versioned = text(Role::version).data() != nullptr;
  const bool usual =
      !id.empty() && !source.empty() && type_ != kNoText &&
      instant_of(text(Role::time), row.time) && (!versioned || text(Role::version) == "1.0") &&
      (text(Role::recorded).data() == nullptr || instant_of(text(Role::recorded), row.recorded));
  if (!usual) {
    batch.values.resize(values);
    return false;
  }
  const auto begin = batch.values.begin() + static_cast<std::ptrdiff_t>(values);
  const auto by_field = [](const RowValue& a, const RowValue& b) { return a.field < b.field; };
  if (batch.values.size() - values > 1) std::sort(begin, batch.values.end(), by_field);
  row.first_value = static_cast<std::uint32_t>(values);
  row.values = static_cast<std::uint16_t>(batch.values.size() - values);
  row.type = type_;
  row.source = maker_.number(source, batch);
  const std::string_view whose = unit.empty() ? text(Role::subject) : unit;
  row.set_id(arena.copy(id));
  row.line = origin.line;
  row.byte = origin.byte;
  batch.rows.push_back(row);
  if (!whose.empty()) number_unit(whose, batch);
  return true;
}

void RowScanner::number_unit(std::string_view text, RowBatch& batch) {
  if (text.size() > Arena::kPadding) {
    batch.rows.back().unit = maker_.number(text, batch);
    return;
  }
  if (waiting_count_ == kWaiting) settle_first(batch);
  Waiting& last = waiting_[(first_waiting_ + waiting_count_++) % kWaiting];
  last.row = batch.rows.size() - 1;
  last.size = text.size();
  std::memcpy(last.text.data(), text.data(), Arena::kPadding);
  __builtin_prefetch(maker_.place(text));
}

void RowScanner::settle_first(RowBatch& batch) {
  const Waiting& first = waiting_[first_waiting_];
  batch.rows[first.row].unit = maker_.number({first.text.data(), first.size}, batch);
  first_waiting_ = (first_waiting_ + 1) % kWaiting;
  --waiting_count_;
}

void RowScanner::settle(RowBatch& batch) {
  while (waiting_count_ != 0) settle_first(batch);
}

RowScanner::Names& RowScanner::fields_of(std::uint32_t type) {
  if (type == kNoText) return *fields_[0];
  if (fields_at_.size() <= type) fields_at_.resize(type + 1);
  std::uint16_t& at = fields_at_[type];
  if (at == 0 && fields_.size() < kTypes) {
    at = static_cast<std::uint16_t>(fields_.size());
    fields_.push_back(std::make_unique<Names>());
  }
  return *fields_[at];
}

// The whole object of the event.
bool RowScanner::members(RowBatch& batch) {
  if (*at_++ != '{') return false;
  std::uint64_t seen = 0;
  std::uint8_t* expected = &attributes_.first;
  for (bool more = true; more;) {
    Name* const member = name(attributes_, false, *expected, seen);
    if (member == nullptr) return false;
    expected = &member->next;
    const auto role = static_cast<std::size_t>(member->role);
    if (role < kTextAttributes) {
      if (!text(texts_[role]) || texts_[role].size() > kMaxAttributeBytes) return false;
      if (member->role == Role::type) {
        if (texts_[role].empty()) return false;
        type_ = maker_.number(texts_[role], batch);
        if (maker_.is_whole(type_)) return false;
      }
    } else if (member->role == Role::data) {
      if (!data(batch)) return false;
    } else if (member->role != Role::other || !skip_value()) {
      return false;
    }
    if (!separator(more)) return false;
  }
  return true;
}

bool RowScanner::data(RowBatch& batch) {
  if (*at_++ != '{') return false;
  if (*at_ == '}') {
    ++at_;
    return true;
  }
  std::uint64_t seen = 0;
  Names& names = fields_of(type_);
  std::uint8_t* expected = &names.first;
  for (bool more = true; more;) {
    Name* const member = name(names, true, *expected, seen);
    if (member == nullptr) return false;
    expected = &member->next;
    if (member->role == Role::unasked) {
      if (*at_ == '"' ? !skip_text() : !skip_value()) return false;
    } else {
      RowValue out;
      out.field = member->field;
      std::string_view text_value;
      bool null = false;
      if (!value(out, text_value, null)) return false;
      if (text_value.data() != nullptr) out.num = maker_.number(text_value, batch);
      if (!null) batch.values.push_back(out);
    }
    if (!separator(more)) return false;
  }
  return true;
}

// The member at hand, past its colon: mostly the expected one. Null: an unusual name, or one that
// was there before.
RowScanner::Name* RowScanner::name(Names& names, bool data, std::uint8_t& expected,
                                   std::uint64_t& seen) {
  if (!names.all[expected].stands_at(at_)) {
    std::uint8_t which = 1;
    while (which < names.size && !names.all[which].stands_at(at_)) ++which;
    if (which == names.size) {
      if (which == names.all.size() || *at_ != '"') return nullptr;
      const char* const end = end_of_plain(at_ + 1);
      const auto size = static_cast<std::size_t>(end - at_) + 2;
      if (end[0] != '"' || end[1] != ':' || size > kNameBytes) return nullptr;
      names.all[names.size++] = learn({at_, size}, data);
    }
    expected = which;
  }
  const std::uint8_t which = expected;
  Name& found = names.all[which];
  const std::uint64_t bit = std::uint64_t{1} << which;
  if ((seen & bit) != 0 || found.role == Role::unusual) return nullptr;
  seen |= bit;
  at_ += found.size;
  if (*at_ == ' ') ++at_;
  return &found;
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

// A text without escapes.
bool RowScanner::text(std::string_view& out) {
  if (*at_ != '"') return false;
  const char* const start = at_ + 1;
  const char* const end = end_of_plain(start);
  if (*end != '"') return false;
  out = {start, static_cast<std::size_t>(end - start)};
  at_ = end + 1;
  return true;
}

// Up to 12 digits, and up to six decimals.
bool RowScanner::number(RowValue& out) {
  const bool negative = *at_ == '-';
  if (negative) ++at_;
  if (!is_digit(*at_) || (*at_ == '0' && is_digit(at_[1]))) return false;
  std::int64_t mantissa = 0, den = 1;
  const char* first = at_;
  for (; is_digit(*at_) && at_ - first <= 12; ++at_) mantissa = mantissa * 10 + (*at_ - '0');
  if (at_ - first > 12) return false;
  if (*at_ == '.') {
    first = ++at_;
    for (; is_digit(*at_) && at_ - first <= 6; ++at_) {
      mantissa = mantissa * 10 + (*at_ - '0');
      den *= 10;
    }
    if (at_ == first || at_ - first > 6) return false;
  }
  if (*at_ == 'e' || *at_ == 'E') return false;
  out.kind = RowValue::Kind::number;
  out.num = negative ? -mantissa : mantissa;
  if (den != 1) {
    const Number exact = Number::ratio(out.num, den);
    out.num = exact.num();
    out.den = static_cast<std::uint32_t>(exact.den());
  }
  return true;
}

bool RowScanner::value(RowValue& out, std::string_view& text_value, bool& null) {
  switch (*at_) {
    case '"': out.kind = RowValue::Kind::text; return text(text_value);
    case 't': out.num = 1; return word("true");
    case 'f': return word("false");
    case 'n': null = true; return word("null");
    default: return number(out);
  }
}

bool RowScanner::skip_value() {
  RowValue unused;
  std::string_view text_value;
  bool null = false;
  return value(unused, text_value, null);
}

// A text that may have escapes of one character.
bool RowScanner::skip_text() {
  for (const char* at = at_ + 1;; at += 2) {
    at = end_of_plain(at);
    if (*at == '"') {
      at_ = at + 1;
      return true;
    }
    if (*at != '\\' || at[1] == '\0' || std::strchr("\"\\/bfnrt", at[1]) == nullptr) return false;
  }
}

bool RowScanner::word(std::string_view expected) {
  if (std::memcmp(at_, expected.data(), expected.size()) != 0) return false;
  at_ += expected.size();
  return true;
}

// Past a comma, and a space, to the next member, or past the closing brace.
bool RowScanner::separator(bool& more) {
  more = *at_ == ',';
  if (!more && *at_ != '}') return false;
  ++at_;
  if (more && *at_ == ' ') ++at_;
  return true;
}

// The usual layouts, of the day that the time before had; all others as ever.
bool RowScanner::instant_of(std::string_view text, Instant& out) {
  const auto two = [&](std::size_t at) {
    const auto high = static_cast<unsigned>(text[at] - '0'),
               low = static_cast<unsigned>(text[at + 1] - '0');
    return high > 9 || low > 9 ? 100U : high * 10 + low;
  };
  const bool utc = text.size() == 20 && text[19] == 'Z';
  const bool offset = text.size() == 25 && (text[19] == '+' || text[19] == '-') && text[22] == ':';
  if ((utc || offset) && text[10] == 'T' && text[13] == ':' && text[16] == ':') {
    const unsigned hour = two(11), minute = two(14), second = two(17);
    const unsigned by_hours = utc ? 0 : two(20), by_minutes = utc ? 0 : two(23);
    if (hour > 23 || minute > 59 || second > 59 || by_hours > 23 || by_minutes > 59) return false;
    if (std::memcmp(text.data(), day_.data(), day_.size()) != 0) {
      const auto date = parse_date(text.substr(0, day_.size()));
      if (!date) return false;
      std::copy_n(text.begin(), day_.size(), day_.begin());
      midnight_ = Instant{*date};
    }
    std::int64_t seconds = hour * 3600 + minute * 60 + second;
    const std::int64_t ahead = by_hours * 3600 + by_minutes * 60;
    seconds += utc || text[19] == '+' ? -ahead : ahead;
    out = midnight_ + Duration{seconds * 1'000'000};
  } else {
    const auto instant = parse_rfc3339(text);
    if (!instant) return false;
    out = *instant;
  }
  return out >= kFirstTime && out < kEndOfTime;
}

}  // namespace lianqing
