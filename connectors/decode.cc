// A strict one-pass reader rather than simdjson's On-Demand: the record has to be walked whole
// anyhow (duplicate names, depth, number tokens), simdjson gives no position for most of its errors,
// and for texts of ~250 bytes its second pass costs more than it saves (PERFORMANCE notes: 475 ns
// against 200 ns with a direct scanner). simdjson checks the UTF-8, and decode_test holds this
// reader against simdjson's verdicts on mutated input.
//
// The line is copied into the arena once, followed by kPadding zero bytes. Texts are views of that
// copy; escapes are undone in place, which never makes a text longer. A zero byte is not valid
// anywhere in JSON, so the reader needs no bounds checks: it stops at the padding.
#include "connectors/decode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include <optional>
#include <simdjson.h>
#include <string>
#include <vector>

#define XXH_INLINE_ALL  // Inlined it is twice as fast on the ~100 bytes hashed here.
#include <xxhash.h>

#include "connectors/utf8.h"

namespace lianqing {
namespace {

static_assert(std::endian::native == std::endian::little, "content hashes are of little-endian bytes");

constexpr std::size_t kPadding = 32;     // as much may be read past the end of a text
constexpr std::size_t kFewKeys = 16;     // up to here names are compared pairwise, above sorted
constexpr std::size_t kMaxPathsBytes = 4 * 1024 * 1024;  // of joined paths in one record

// The first eight bytes of a text, big-endian: orders like the text, and mostly decides.
std::uint64_t head_of(std::string_view text) {
  std::uint64_t word;
  std::memcpy(&word, text.data(), sizeof word);
  if (text.size() < sizeof word) {
    word &= text.empty() ? 0 : ~std::uint64_t{0} >> (8 * (sizeof word - text.size()));
  }
  return __builtin_bswap64(word);
}

// Bytes to be hashed. Grows as needed and keeps its room.
class Bytes {
 public:
  void clear() { size_ = 0; }
  std::string_view view() const { return {bytes_.data(), size_}; }

  void tag(char c) { *room(1) = c; }
  template <class T>
  void number(T value) {
    std::memcpy(room(sizeof value), &value, sizeof value);
  }
  // A text with kPadding readable bytes behind it, as all in the arena are; most are short.
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    if (text.empty()) return;
    char* const out = room(text.size());
    if (text.size() <= kPadding) {
      std::memcpy(out, text.data(), kPadding);  // Of fixed size: two instructions instead of a call.
    } else {
      std::memcpy(out, text.data(), text.size());
    }
  }

 private:
  char* room(std::size_t size) {
    if (size_ + size + kPadding > bytes_.size()) bytes_.resize(2 * (size_ + size) + 1024);
    char* const out = bytes_.data() + size_;
    size_ += size;
    return out;
  }

  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

// The same of a literal of at most eight bytes.
consteval std::uint64_t head(std::string_view text) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word = word << 8 | (i < text.size() ? std::uint8_t(text[i]) : 0u);
  return word;
}

constexpr std::uint64_t kId = head("id"), kSource = head("source"), kType = head("type"),
                        kTime = head("time"), kUnit = head("unit"), kSubject = head("subject"),
                        kData = head("data");

struct Name {
  std::uint64_t head;
  std::string_view text;
  std::size_t offset;  // of its opening quote, in the line

  bool same(const Name& other) const {
    return head == other.head && text.size() == other.text.size() && text == other.text;
  }
  friend bool operator<(const Name& a, const Name& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = a.text.compare(b.text);
    return order != 0 ? order < 0 : a.offset < b.offset;
  }
};

struct Member {
  Name path;
  Scalar value;
  // Digests of the objects and lists inside a list: null to rules, yet part of the content.
  std::string_view nested;
};

struct Fault {
  const char* code;
  std::string detail;
  std::size_t column;
};

// A text attribute as read: absent, or where it stands.
struct Attribute {
  std::string_view text;
  std::size_t offset = 0;
  bool present = false;
};

}  // namespace

// Stacks: each level of nesting pushes on top and leaves as it found them.
struct EventDecoder::Scratch {
  std::vector<Name> names;
  std::vector<Member> members;
  std::vector<Scalar> elements;
  std::string digests;
  Bytes canonical;
};

namespace {

// ---- canonical bytes ------------------------------------------------------------------------------
// content  = text(type) text(unit) i64(micros of time) fields
// fields   = u32(number) { text(path) value }            sorted by path
// value    = 00 null | 01 false | 02 true | 03 i64(num) i64(den) | 04 text
//          | 05 u32(number) { value } u32(bytes) digests of the objects and lists among the elements
// text     = u32(bytes) bytes;  identity = text(source) text(id)
// A digest is the hash of: 06 fields (an object), value (a list).

void put_value(Bytes& out, const Scalar& scalar, std::string_view nested) {
  struct Put {
    Bytes& out;
    std::string_view nested;
    void operator()(std::monostate) { out.tag('\0'); }
    void operator()(bool b) { out.tag(b ? '\2' : '\1'); }
    void operator()(const Number& n) {
      out.tag('\3');
      out.number(n.num());
      out.number(n.den());
    }
    void operator()(std::string_view text) {
      out.tag('\4');
      out.text(text);
    }
    void operator()(const ScalarList& list) {
      out.tag('\5');
      out.number(static_cast<std::uint32_t>(list.size()));
      for (const Scalar& element : list) put_value(out, element, {});
      out.text(nested);
    }
  };
  std::visit(Put{out, nested}, scalar.value);
}

void put_fields(Bytes& out, std::span<const Member> members) {
  out.number(static_cast<std::uint32_t>(members.size()));
  for (const Member& member : members) {
    out.text(member.path.text);
    put_value(out, member.value, member.nested);
  }
}

ContentHash hash_of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

// ---- character classes -------------------------------------------------------------------------------

// How many of the 32 bytes from `at` on come before a quote, a backslash or a byte below 0x20.
std::size_t plain_bytes(const char* at) {
#if defined(__SSE2__)
  const auto ends = [at](std::ptrdiff_t offset) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + offset));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return static_cast<std::uint64_t>(
        _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash))));
  };
  return static_cast<std::size_t>(std::countr_zero(ends(0) | ends(16) << 16 | std::uint64_t{1} << 32));
#else
  std::size_t count = 0;
  while (count < 32 && at[count] != '"' && at[count] != '\\' &&
         static_cast<std::uint8_t>(at[count]) >= 0x20) {
    ++count;
  }
  return count;
#endif
}

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

// Whether a datacontenttype names JSON: `application/json`, `text/json`, anything `+json`.
bool names_json(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  while (!media_type.empty() && media_type.back() == ' ') media_type.remove_suffix(1);
  std::string lower(media_type);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower == "application/json" || lower == "text/json" || lower.ends_with("+json");
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

// ---- the reader ------------------------------------------------------------------------------------------

// Reads one record. Functions that return bool say false when the text is not JSON and reading
// cannot go on: the fault is then set. Other faults are noted and reading continues.
template <class Stacks>
class Reader {
 public:
  Reader(std::string_view line, Origin origin, Arena& arena, Stacks& stacks)
      : line_(line), origin_(origin), arena_(arena), stacks_(stacks) {}

  Record record() {
    if (line_.size() > kMaxRecordBytes) {
      fault("size", "the record is longer than 1 MiB", 0);
      return rejection();
    }
    if (!simdjson::validate_utf8(line_.data(), line_.size())) {
      fault("utf8", "the bytes from here on are not UTF-8", first_bad_utf8(line_) + 1);
      return rejection();
    }
    copy_line();
    skip_space();
    if (at_ == end_) {
      fault("empty", "the record is empty; expected a JSON object", 0);
      return rejection();
    }
    if (!event_object()) return rejection();
    skip_space();
    if (at_ != end_) fail_syntax("expected nothing after the event's closing brace");
    if (!fault_) require_attributes();
    if (fault_) return rejection();
    return event();
  }

 private:
  // ---- faults --------------------------------------------------------------------------------------

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  // Column 0: the record as a whole. The first fault stays.
  void fault(const char* code, std::string detail, std::size_t column) {
    if (!fault_) fault_ = Fault{code, std::move(detail), column};
  }
  void fault_at(const char* code, std::string detail, std::size_t offset) {
    fault(code, std::move(detail), offset + 1);
  }
  // Not JSON: outranks what was noted before, since nothing read from a broken text is sure.
  [[gnu::cold]] bool fail(const char* code, std::string detail) {
    fault_ = Fault{code, std::move(detail), offset() + 1};
    return false;
  }
  [[gnu::cold]] bool fail_syntax(std::string detail) {
    if (at_ == end_) detail += "; the record ends here";
    return fail("json", std::move(detail));
  }

  [[gnu::cold]] Rejection rejection() const {
    return {fault_->code, fault_->detail, origin_, fault_->column,
            std::string(line_.substr(0, kMaxRejectedBytes))};
  }

  // ---- tokens --------------------------------------------------------------------------------------

  void copy_line() {
    begin_ = arena_.bytes(line_.size() + kPadding);
    std::memcpy(begin_, line_.data(), line_.size());
    std::memset(begin_ + line_.size(), 0, kPadding);
    at_ = begin_;
    end_ = begin_ + line_.size();
  }

  void skip_space() {
    while (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r') ++at_;
  }

  // Past the rest of a text that has only plain characters; to its quote, backslash or intruder.
  void skip_plain() {
    std::size_t plain = plain_bytes(at_);
    at_ += plain;
    while (plain == 32) {
      plain = plain_bytes(at_);
      at_ += plain;
    }
  }

  // A text; at_ is at its opening quote.
  bool text(std::string_view& out) {
    char* const start = ++at_;
    skip_plain();
    if (*at_ == '"') {
      out = {start, static_cast<std::size_t>(at_ - start)};
      ++at_;
      return true;
    }
    return text_with_escapes(start, out);
  }

  bool text_with_escapes(char* const start, std::string_view& out) {
    char* write = at_;
    for (;;) {
      if (*at_ == '\\') {
        if (!escape(write)) return false;
      } else if (*at_ == '"') {
        out = {start, static_cast<std::size_t>(write - start)};
        ++at_;
        return true;
      } else {
        return fail_syntax(at_ == end_ ? "expected a closing quote"
                                       : "a control character in a text must be escaped");
      }
      char* const plain = at_;
      skip_plain();
      const auto length = static_cast<std::size_t>(at_ - plain);
      std::memmove(write, plain, length);
      write += length;
    }
  }

  bool escape(char*& write) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (at_[1] == 'u') return unicode_escape(write);
    const auto which = at_[1] == '\0' ? std::string_view::npos : kLetters.find(at_[1]);
    if (which == std::string_view::npos) return fail_syntax("expected an escape like \\n or \\u4e2d");
    *write++ = kMeanings[which];
    at_ += 2;
    return true;
  }

  bool unicode_escape(char*& write) {
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
        fault_at("utf8", "this \\u escape is half of a surrogate pair", offset());
        point = 0xFFFD;
      }
    }
    write = put_utf8(write, point);
    at_ += length;
    return true;
  }

  bool word(std::string_view expected, Scalar& out, Scalar value) {
    if (std::string_view(at_, std::min(expected.size(), left())) != expected) {
      return fail_syntax("expected a value");
    }
    at_ += expected.size();
    out = value;
    return true;
  }

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  // A number; at_ is at its first character.
  bool number(Scalar& out) {
    char* const start = at_;
    const bool negative = *at_ == '-';
    if (negative) ++at_;
    std::int64_t mantissa = 0;
    int digits = 0;  // that mantissa holds; more than 18 do not fit for sure
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
      char* const first = ++at_;
      if (*at_ == '+' || *at_ == '-') ++at_;
      const char* const power = at_;
      while (is_digit(*at_)) ++at_;
      if (at_ == power) return fail_syntax("expected a digit in the exponent");
      exponent = {first, static_cast<std::size_t>(at_ - first)};
    }
    if (exponent.empty() && digits <= 18) {
      if (decimals == 0) {
        out.value = Number{negative ? -mantissa : mantissa};
        return true;
      }
      // Below 10^12 the number is in range whatever its decimals: 12 + 6 digits fit.
      if (decimals <= 6 && digits - decimals <= 12) {
        out.value = decimal(negative ? -mantissa : mantissa, decimals);
        return true;
      }
    }
    const auto value = exact({start, static_cast<std::size_t>(at_ - start)}, exponent);
    if (!value) {
      fault_at("number", "out of range: an integer fits 64 bits, a decimal lies within +-9.2e12",
               static_cast<std::size_t>(start - begin_));
    }
    out.value = value.value_or(Number{});
    return true;
  }

  static Number decimal(std::int64_t mantissa, int decimals) {
    constexpr std::int64_t kTens[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
    while (decimals > 0 && mantissa % 10 == 0) {
      mantissa /= 10;
      --decimals;
    }
    return Number::ratio(mantissa, kTens[decimals]);
  }

  // Python and others write NaN and Infinity, which JSON does not have: a name of its own.
  bool not_a_number() {
    const std::string_view rest(at_, left());
    if (rest.starts_with("NaN") || rest.starts_with("Infinity")) {
      return fail("number", "a number must be finite");
    }
    return fail_syntax(at_ > begin_ && at_[-1] == '-' ? "expected a digit after the minus sign"
                                                      : "expected a value");
  }

  // ---- values --------------------------------------------------------------------------------------

  // Any value but an object, which each caller treats in its own way.
  bool value(int depth, Scalar& out, std::string_view& nested) {
    switch (*at_) {
      case '"': {
        std::string_view read;
        if (!text(read)) return false;
        out.value = read;
        return true;
      }
      case '[':
        return list(depth + 1, out, nested);
      case 't':
        return word("true", out, {true});
      case 'f':
        return word("false", out, {false});
      case 'n':
        return word("null", out, {});
      default:
        return number(out);
    }
  }

  bool enter(int depth) {
    if (depth > kMaxDepth) return fail("depth", "nested deeper than 32 objects and lists");
    ++at_;
    skip_space();
    return true;
  }

  // After a value: past a comma, to the next item (more = true), or past the closing bracket.
  bool next_item(char closing, bool& more) {
    skip_space();
    more = *at_ == ',';
    if (!more && *at_ != closing) {
      return fail_syntax(closing == '}' ? "expected a comma or }" : "expected a comma or ]");
    }
    ++at_;
    if (more) skip_space();
    return true;
  }

  bool list(int depth, Scalar& out, std::string_view& nested) {
    if (!enter(depth)) return false;
    const std::size_t first = stacks_.elements.size(), first_digest = stacks_.digests.size();
    if (*at_ == ']') {
      ++at_;
    } else {
      for (bool more = true; more;) {
        Scalar element;
        if (!list_element(depth, element) || !next_item(']', more)) return false;
        stacks_.elements.push_back(element);
      }
    }
    out.value = arena_.copy(std::span<const Scalar>(stacks_.elements).subspan(first));
    nested = copy_digests(first_digest);
    stacks_.elements.resize(first);
    stacks_.digests.resize(first_digest);
    return true;
  }

  std::string_view copy_digests(std::size_t first) {
    const std::size_t size = stacks_.digests.size() - first;
    if (size == 0) return {};
    char* const out = arena_.bytes(size + kPadding);
    std::memcpy(out, stacks_.digests.data() + first, size);
    return {out, size};
  }

  void push_digest() {
    const ContentHash digest = hash_of(stacks_.canonical.view());
    stacks_.digests.append(reinterpret_cast<const char*>(&digest), sizeof digest);
  }

  // An object or a list within a list leaves null as element and its digest behind.
  bool list_element(int depth, Scalar& out) {
    if (*at_ == '{') {
      const std::size_t first = stacks_.members.size();
      if (!fields(depth + 1, nullptr)) return false;
      sort_fields(first);
      stacks_.canonical.clear();
      stacks_.canonical.tag('\6');
      put_fields(stacks_.canonical, std::span<const Member>(stacks_.members).subspan(first));
      stacks_.members.resize(first);
      push_digest();
      return true;
    }
    std::string_view nested;
    const bool is_list = *at_ == '[';
    if (!value(depth, out, nested)) return false;
    if (is_list) {
      stacks_.canonical.clear();
      put_value(stacks_.canonical, out, nested);
      push_digest();
      out = {};
    }
    return true;
  }

  // ---- objects -------------------------------------------------------------------------------------

  // An object, at_ at its brace: on_member(name, offset of the name) reads each member's value.
  template <class OnMember>
  bool object(int depth, OnMember on_member) {
    if (!enter(depth)) return false;
    if (*at_ == '}') {
      ++at_;
      return true;
    }
    const std::size_t first = stacks_.names.size();
    std::uint64_t seen = 0;
    for (bool more = true; more;) {
      if (*at_ != '"') return fail_syntax("expected a member's name in quotes");
      const std::size_t name_offset = offset();
      std::string_view name;
      if (!text(name)) return false;
      note_name(first, name, name_offset, seen);
      skip_space();
      if (*at_ != ':') return fail_syntax("expected a colon after the member's name");
      ++at_;
      skip_space();
      if (!on_member(stacks_.names.back()) || !next_item('}', more)) return false;
    }
    if (stacks_.names.size() - first > kFewKeys) find_duplicates(first);
    stacks_.names.resize(first);
    return true;
  }

  // `seen`: a bit for each name so far, by a hash; mostly it tells that a name is new.
  void note_name(std::size_t first, std::string_view text, std::size_t name_offset,
                 std::uint64_t& seen) {
    const std::uint64_t head = head_of(text);
    const std::uint64_t hash = (head ^ text.size()) * 0x9E3779B97F4A7C15u;
    const std::uint64_t bit = std::uint64_t{1} << (hash >> 58);
    stacks_.names.emplace_back(head, text, name_offset);
    if ((seen & bit) != 0 && stacks_.names.size() - first <= kFewKeys) {
      const Name& name = stacks_.names.back();
      for (std::size_t i = first; i + 1 < stacks_.names.size(); ++i) {
        if (stacks_.names[i].same(name)) duplicate(name);
      }
    }
    seen |= bit;
  }

  void find_duplicates(std::size_t first) {
    const auto begin = stacks_.names.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, stacks_.names.end());
    const Name* earliest = nullptr;
    for (auto at = begin + 1; at < stacks_.names.end(); ++at) {
      if (at->same(at[-1]) && (earliest == nullptr || at->offset < earliest->offset)) earliest = &*at;
    }
    if (earliest != nullptr) duplicate(*earliest);
  }

  [[gnu::cold]] void duplicate(const Name& name) {
    fault_at("duplicate_key", "the name \"" + std::string(name.text.substr(0, 64)) + "\" occurs twice",
             name.offset);
  }

  // An object's members onto the stack of fields, those of objects inside it by their dotted path.
  // outer: the path of this object itself; null if it is the outermost.
  bool fields(int depth, const std::string_view* outer) {
    return object(depth, [&, this](Name name) {
      if (outer != nullptr || name.text.size() > kMaxPathBytes) name = join(outer, name);
      if (*at_ == '{') return fields(depth + 1, &name.text);
      Scalar read;
      std::string_view nested;
      if (!value(depth, read, nested)) return false;
      if (stacks_.members.size() < kMaxFields) {
        stacks_.members.emplace_back(name, read, nested);
      } else {
        fault_at("size", "more than 4096 fields in one record", name.offset);
      }
      return true;
    });
  }

  Name join(const std::string_view* outer, const Name& name) {
    const std::size_t before = outer == nullptr ? 0 : outer->size() + 1;
    const std::size_t length = before + name.text.size();
    paths_bytes_ += length;
    if (length > kMaxPathBytes || paths_bytes_ > kMaxPathsBytes) {
      fault_at("size", "a name, or names of nested members together, over 1 KiB", name.offset);
      return {name.head, name.text.substr(0, kMaxPathBytes), name.offset};
    }
    char* const path = arena_.bytes(length + kPadding);
    std::memcpy(path, outer->data(), before - 1);
    path[before - 1] = '.';
    std::memcpy(path + before, name.text.data(), name.text.size());
    const std::string_view joined(path, length);
    return {head_of(joined), joined, name.offset};
  }

  // Sorts the fields from `first` on by path; two that share one are a fault.
  void sort_fields(std::size_t first) {
    const auto begin = stacks_.members.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, stacks_.members.end(),
              [](const Member& a, const Member& b) { return a.path < b.path; });
    const Name* earliest = nullptr;
    for (auto at = begin; at != stacks_.members.end() && at + 1 != stacks_.members.end(); ++at) {
      const Name& second = at[1].path;
      if (second.same(at->path) && (earliest == nullptr || second.offset < earliest->offset)) {
        earliest = &second;
      }
    }
    if (earliest != nullptr) duplicate(*earliest);
  }

  // Reads a value for its faults only.
  bool ignore(int depth) {
    if (*at_ == '{') return object(depth + 1, [&, this](const Name&) { return ignore(depth + 1); });
    Scalar unused;
    std::string_view nested;
    return value(depth, unused, nested);
  }

  // ---- attributes ----------------------------------------------------------------------------------

  bool event_object() {
    if (*at_ != '{') {
      const std::size_t start = offset();
      if (!ignore(0)) return false;
      fault_at("type", "expected a JSON object", start);
      return true;
    }
    return object(1, [this](const Name& name) { return attribute(name); });
  }

  bool attribute(const Name& name) {
    switch (name.text.size()) {
      case 2:
        if (name.head == kId) return text_attribute(id_, "id");
        break;
      case 4:
        if (name.head == kTime) return text_attribute(time_, "time");
        if (name.head == kType) return text_attribute(type_, "type");
        if (name.head == kUnit) return text_attribute(unit_, "unit");
        if (name.head == kData) return data();
        break;
      case 6:
        if (name.head == kSource) return text_attribute(source_, "source");
        break;
      case 7:
        if (name.head == kSubject) return text_attribute(subject_, "subject");
        break;
      case 11:
        if (name.text == "specversion") return version();
        if (name.text == "data_base64") return not_json_data();
        break;
      case 12:
        if (name.text == "recordedtime") return text_attribute(recorded_, "recordedtime");
        break;
      case 15:
        if (name.text == "datacontenttype") return content_type();
        break;
    }
    return ignore(1);
  }

  // A string or null (absent); anything else is a fault.
  bool text_attribute(Attribute& out, const char* name) {
    const std::size_t start = offset();
    if (*at_ != '"') {
      if (*at_ != 'n') fault_at("type", std::string(name) + " is not a string", start);
      return ignore(1);
    }
    std::string_view read;
    if (!text(read)) return false;
    if (read.size() > kMaxAttributeBytes) {
      fault_at("size", std::string(name) + " is longer than 1024 bytes", start);
    }
    // Only by an escape, hence rare; CloudEvents forbids them, and they garble logs and terminals.
    if (read.size() + 2 != offset() - start && has_control(read)) {
      fault_at("type", std::string(name) + " contains a control character", start);
    }
    out.text = read;
    out.offset = start;
    out.present = true;
    return true;
  }

  static bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < 0x20; });
  }

  bool version() {
    Attribute version;
    if (!text_attribute(version, "specversion")) return false;
    if (version.present && version.text != "1.0") {
      fault_at("version", "specversion is not \"1.0\"", version.offset);
    }
    return true;
  }

  bool content_type() {
    Attribute type;
    if (!text_attribute(type, "datacontenttype")) return false;
    if (type.present && !names_json(type.text)) {
      fault_at("data", "datacontenttype is not a JSON media type", type.offset);
    }
    return true;
  }

  bool not_json_data() {
    if (*at_ != 'n') fault_at("data", "data_base64 is not taken: expected data as an object", offset());
    return ignore(1);
  }

  bool data() {
    if (*at_ == '{') return fields(2, nullptr);
    if (*at_ != 'n') fault_at("data", "data is not an object", offset());
    return ignore(1);
  }

  // ---- the event -----------------------------------------------------------------------------------

  void require_attributes() {
    const auto require = [this](const Attribute& attribute, const char* name) {
      if (!attribute.present) {
        fault("missing", std::string("the attribute ") + name + " is missing", 0);
      } else if (attribute.text.empty()) {
        fault_at("empty", std::string(name) + " is empty", attribute.offset);
      }
    };
    require(id_, "id");
    require(source_, "source");
    require(type_, "type");
    require(time_, "time");
  }

  Record event() {
    Record out(std::in_place_type<Event>);
    Event& event = std::get<Event>(out);
    event.time = read_time(time_, "time");
    if (recorded_.present) event.recorded = read_time(recorded_, "recordedtime");
    sort_fields(0);
    if (fault_) return rejection();
    event.id = id_.text;
    event.source = source_.text;
    event.type = type_.text;
    event.unit = unit_.text.empty() ? subject_.text : unit_.text;
    event.origin = origin_;
    event.data = copy_fields();

    Bytes& bytes = stacks_.canonical;
    bytes.clear();
    bytes.text(event.source);
    bytes.text(event.id);
    event.identity = hash_of(bytes.view());
    bytes.clear();
    bytes.text(event.type);
    bytes.text(event.unit);
    bytes.number(micros(event.time));
    put_fields(bytes, stacks_.members);
    event.content = hash_of(bytes.view());
    return out;
  }

  Instant read_time(const Attribute& attribute, const char* name) {
    const auto instant = parse_rfc3339(attribute.text);
    if (!instant) {
      fault_at("time", std::string(name) + " is not an RFC 3339 date-time with an offset, "
               "like 2026-03-05T10:00:00+08:00", attribute.offset);
    }
    return instant.value_or(Instant{});
  }

  std::span<const Field> copy_fields() {
    const std::size_t count = stacks_.members.size();
    if (count == 0) return {};
    auto* const out =
        reinterpret_cast<Field*>(arena_.bytes(count * sizeof(Field), alignof(Field)));
    for (std::size_t i = 0; i < count; ++i) {
      new (out + i) Field{stacks_.members[i].path.text, stacks_.members[i].value};
    }
    return {out, count};
  }

  const std::string_view line_;
  const Origin origin_;
  Arena& arena_;
  Stacks& stacks_;
  char* begin_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t paths_bytes_ = 0;
  std::optional<Fault> fault_;
  Attribute id_, source_, type_, time_, recorded_, unit_, subject_;
};

}  // namespace

EventDecoder::EventDecoder() : scratch_(std::make_unique<Scratch>()) {}
EventDecoder::~EventDecoder() = default;
EventDecoder::EventDecoder(EventDecoder&&) noexcept = default;
EventDecoder& EventDecoder::operator=(EventDecoder&&) noexcept = default;

Record EventDecoder::decode(std::string_view line, Origin origin, Arena& arena) {
  scratch_->names.clear();
  scratch_->members.clear();
  scratch_->elements.clear();
  scratch_->digests.clear();
  return Reader<Scratch>(line, origin, arena, *scratch_).record();
}

}  // namespace lianqing
