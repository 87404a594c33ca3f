#include "rules/lexer.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "rules/identifier.h"

namespace lianqing {
namespace {

struct Twin {
  char32_t wide;
  char ascii;
};
// Sorted by code point. `!` before `=` and the like are put together afterwards.
constexpr Twin kTwins[] = {
    {U'\u00A0', ' '}, {U'×', '*'},  {U'÷', '/'},      {U'‘', '\''}, {U'’', '\''},  {U'“', '"'},
    {U'”', '"'},      {U'−', '-'},  {U'\u3000', ' '}, {U'、', ','}, {U'【', '['},  {U'】', ']'},
    {U'！', '!'},     {U'＂', '"'}, {U'％', '%'},     {U'＆', '&'}, {U'＇', '\''}, {U'（', '('},
    {U'）', ')'},     {U'＊', '*'}, {U'＋', '+'},     {U'，', ','}, {U'－', '-'},  {U'．', '.'},
    {U'／', '/'},     {U'０', '0'}, {U'１', '1'},     {U'２', '2'}, {U'３', '3'},  {U'４', '4'},
    {U'５', '5'},     {U'６', '6'}, {U'７', '7'},     {U'８', '8'}, {U'９', '9'},  {U'：', ':'},
    {U'＜', '<'},     {U'＝', '='}, {U'＞', '>'},     {U'？', '?'}, {U'［', '['},  {U'］', ']'},
    {U'｜', '|'},
};

// What a character means outside texts and names: its ASCII twin, itself if ASCII, else 0.
char ascii_twin(char32_t c) {
  if (c < 0x80) return static_cast<char>(c);
  const auto at = std::lower_bound(std::begin(kTwins), std::end(kTwins), c,
                                   [](const Twin& t, char32_t x) { return t.wide < x; });
  return at != std::end(kTwins) && at->wide == c ? at->ascii : '\0';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Word {
  std::string_view spelling;
  TokenKind kind;
};
constexpr Word kWords[] = {
    {"or", TokenKind::logical_or},   {"或", TokenKind::logical_or},
    {"或者", TokenKind::logical_or}, {"and", TokenKind::logical_and},
    {"且", TokenKind::logical_and},  {"并且", TokenKind::logical_and},
    {"not", TokenKind::logical_not}, {"非", TokenKind::logical_not},
    {"in", TokenKind::in},
};
// Longest first: they may run into the name that follows.
constexpr Word kChineseConnectives[] = {
    {"并且", TokenKind::logical_and},
    {"或者", TokenKind::logical_or},
    {"且", TokenKind::logical_and},
    {"或", TokenKind::logical_or},
};

struct Sign {
  std::string_view spelling;
  TokenKind kind;
  std::string_view meant;  // not empty: a slip for it
};
// Longer ones first.
constexpr Sign kSigns[] = {
    {"===", TokenKind::equal, "=="},      {"!==", TokenKind::unequal, "!="},
    {"==", TokenKind::equal, ""},         {"!=", TokenKind::unequal, ""},
    {"<=", TokenKind::less_equal, ""},    {">=", TokenKind::greater_equal, ""},
    {"&&", TokenKind::logical_and, ""},   {"||", TokenKind::logical_or, ""},
    {"<>", TokenKind::unequal, "!="},     {"=>", TokenKind::greater_equal, ">="},
    {"=<", TokenKind::less_equal, "<="},  {"=", TokenKind::equal, "=="},
    {"&", TokenKind::logical_and, "and"}, {"|", TokenKind::logical_or, "or"},
    {"!", TokenKind::logical_not, ""},    {"<", TokenKind::less, ""},
    {">", TokenKind::greater, ""},        {"+", TokenKind::plus, ""},
    {"-", TokenKind::minus, ""},          {"*", TokenKind::times, ""},
    {"/", TokenKind::divide, ""},         {"%", TokenKind::percent, ""},
    {"?", TokenKind::question, ""},       {":", TokenKind::colon, ""},
    {"(", TokenKind::open, ""},           {")", TokenKind::close, ""},
    {"[", TokenKind::open_list, ""},      {"]", TokenKind::close_list, ""},
    {",", TokenKind::comma, ""},          {".", TokenKind::dot, ""},
};
constexpr std::size_t kLongestSign = 3;

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

const Word* find_word(std::string_view spelling) {
  const auto at = std::find_if(std::begin(kWords), std::end(kWords),
                               [&](const Word& w) { return w.spelling == spelling; });
  return at == std::end(kWords) ? nullptr : at;
}

class Lexer {
 public:
  explicit Lexer(const ExprSource& source) : source_(source), text_(source.text()) {}

  std::vector<Token> run() {
    for (skip_blanks(); at_ < text_.size(); skip_blanks()) read_one();
    add(TokenKind::end, at_, "");
    correct_upper_case_not();
    return std::move(tokens_);
  }

 private:
  CodePoint peek(std::size_t offset) const {
    return first_code_point(text_.substr(std::min(offset, text_.size())));
  }
  char twin(std::size_t offset) const {
    return offset < text_.size() ? ascii_twin(peek(offset).value) : '\0';
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(at_); }
  bool after_operand() const { return !tokens_.empty() && ends_operand(tokens_.back().kind); }

  void add(TokenKind kind, std::size_t begin, std::string value) {
    tokens_.push_back(Token{kind, static_cast<std::uint32_t>(begin), here(), std::move(value)});
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(twin(at_))) at_ += peek(at_).bytes;
  }

  void read_one() {
    const CodePoint c = peek(at_);
    const char plain = ascii_twin(c.value);
    if (is_digit(plain)) return read_number();
    if (plain == '.' && is_digit(twin(at_ + c.bytes)) && !after_operand()) return read_number();
    if (plain == '"' || plain == '\'') return read_text(plain);
    if (is_identifier_start(c.value)) return read_name();
    if (!read_sign()) read_unknown();
  }

  void take_digits(std::string& out) {
    while (is_digit(twin(at_))) {
      out += twin(at_);
      at_ += peek(at_).bytes;
    }
  }

  void read_number() {
    const std::size_t begin = at_;
    std::string digits;
    take_digits(digits);
    if (twin(at_) == '.' && is_digit(twin(at_ + peek(at_).bytes))) {
      at_ += peek(at_).bytes;
      digits += '.';
      take_digits(digits);
    }
    take_exponent(digits);
    if (digits.starts_with('.')) {
      source_.error("R106", static_cast<std::uint32_t>(begin), here(),
                    {"小数点前面缺少数字", "a number needs a digit before its point"},
                    {"写成 0" + digits, "write 0" + digits});
      digits.insert(0, 1, '0');
    }
    read_letters_after(begin, digits);
    add(TokenKind::number, begin, digits);
  }

  void take_exponent(std::string& out) {
    if (at_ >= text_.size() || (text_[at_] != 'e' && text_[at_] != 'E')) return;
    std::size_t digit = at_ + 1;
    const bool is_signed = twin(digit) == '+' || twin(digit) == '-';
    const std::string sign(is_signed ? 1 : 0, is_signed ? twin(digit) : ' ');
    if (is_signed) digit += peek(digit).bytes;
    if (!is_digit(twin(digit))) return;
    at_ = digit;
    out += 'e' + sign;
    take_digits(out);
  }

  // `30d`, `5件`, `1_000`: the letters are taken away with the number. `3且x` is no such case.
  void read_letters_after(std::size_t begin, const std::string& digits) {
    if (at_ >= text_.size() || !is_identifier_part(peek(at_).value) || connective_here()) return;
    while (at_ < text_.size() && is_identifier_part(peek(at_).value)) at_ += peek(at_).bytes;
    const auto first = static_cast<std::uint32_t>(begin);
    const std::string all = source_.shown(first, here());
    source_.error("R106", first, here(),
                  {"“" + all + "”不是数字：数字后面不能直接跟字母或文字",
                   "'" + all + "' is no number: letters cannot follow a number directly"},
                  {"只写数字，如 " + digits + "；时间长度写在 over、by、for 等处，不写在条件里",
                   "write the number alone, such as " + digits +
                       "; lengths of time belong to over, by, for and the like, not here"});
  }

  const Word* connective_here() const {
    for (const Word& word : kChineseConnectives) {
      if (text_.substr(at_).starts_with(word.spelling)) return &word;
    }
    return nullptr;
  }

  void read_name() {
    const std::size_t begin = at_;
    if (after_operand()) {
      // A word here cannot be a name, so `a>3且b>1` needs no blanks.
      if (const Word* word = connective_here()) {
        at_ += word->spelling.size();
        return add(word->kind, begin, std::string(word->spelling));
      }
    }
    while (at_ < text_.size() && is_identifier_part(peek(at_).value)) at_ += peek(at_).bytes;
    const std::string name(text_.substr(begin, at_ - begin));
    const bool after_dot = !tokens_.empty() && tokens_.back().kind == TokenKind::dot;
    if (after_dot) return add(TokenKind::name, begin, name);
    if (const Word* word = find_word(name)) return add(word->kind, begin, name);
    const bool not_in =
        !tokens_.empty() && tokens_.back().kind == TokenKind::logical_not && lower(name) == "in";
    const Word* meant = after_operand() || not_in ? find_word(lower(name)) : nullptr;
    if (meant == nullptr) return add(TokenKind::name, begin, name);
    report_slip(begin, name, meant->spelling);
    add(meant->kind, begin, name);
  }

  // `NOT x`: only where no name could stand, for a pack may have one of that name.
  void correct_upper_case_not() {
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      if (token.kind != TokenKind::name || lower(token.value) != "not") continue;
      const TokenKind next = tokens_[i + 1].kind;
      if (!begins_operand(next) || next == TokenKind::minus || next == TokenKind::open_list) {
        continue;
      }
      source_.error("R104", token.begin, token.end, slip_message(token.value, "not"),
                    {"写成 not", "write not"});
      token.kind = TokenKind::logical_not;
    }
  }

  static Bilingual slip_message(std::string_view found, std::string_view meant) {
    return {"这里不能写“" + std::string(found) + "”，应写“" + std::string(meant) + "”",
            "'" + std::string(found) + "' is not written so here; expected '" + std::string(meant) +
                "'"};
  }
  void report_slip(std::size_t begin, std::string_view found, std::string_view meant) {
    const std::string spelling(meant);
    source_.error("R104", static_cast<std::uint32_t>(begin), here(), slip_message(found, meant),
                  {"写成 " + spelling, "write " + spelling});
  }

  bool read_composed_sign() {
    const char32_t c = peek(at_).value;
    TokenKind kind = TokenKind::end;
    if (c == U'≥' || c == U'≧') kind = TokenKind::greater_equal;
    if (c == U'≤' || c == U'≦') kind = TokenKind::less_equal;
    if (c == U'≠') kind = TokenKind::unequal;
    if (kind == TokenKind::end) return false;
    const std::size_t begin = at_;
    at_ += peek(at_).bytes;
    add(kind, begin, std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  bool read_sign() {
    if (read_composed_sign()) return true;
    std::string ahead;
    std::size_t ends[kLongestSign] = {};
    for (std::size_t at = at_; ahead.size() < kLongestSign && twin(at) != '\0';) {
      ahead += twin(at);
      at += peek(at).bytes;
      ends[ahead.size() - 1] = at;
    }
    for (const Sign& sign : kSigns) {
      if (!ahead.starts_with(sign.spelling)) continue;
      const std::size_t begin = at_;
      at_ = ends[sign.spelling.size() - 1];
      if (!sign.meant.empty()) report_slip(begin, sign.spelling, sign.meant);
      add(sign.kind, begin, std::string(text_.substr(begin, at_ - begin)));
      return true;
    }
    return false;
  }

  void read_unknown() {
    const auto begin = here();
    at_ += peek(at_).bytes;
    const std::string found(text_.substr(begin, at_ - begin));
    source_.error("R100", begin, here(),
                  {"表达式里不能有字符“" + found + "”",
                   "the character '" + found + "' has no meaning in an expression"});
  }

  // A text closes with any quote of its kind: input methods mix “ and ”.
  void read_text(char quote) {
    const std::size_t begin = at_;
    const bool curly = peek(at_).value >= 0x80;
    at_ += peek(at_).bytes;
    std::string value;
    while (at_ < text_.size()) {
      const CodePoint c = peek(at_);
      const bool closes = curly ? ascii_twin(c.value) == quote : c.value == peek(begin).value;
      if (closes) {
        at_ += c.bytes;
        return add(TokenKind::text, begin, value);
      }
      if (c.value == U'\\') {
        read_escape(value);
      } else {
        value += text_.substr(at_, c.bytes);
        at_ += c.bytes;
      }
    }
    const std::string mark(1, quote);
    source_.error("R107", static_cast<std::uint32_t>(begin), here(),
                  {"文字没有结束：缺少收尾的引号 " + mark,
                   "the text is not closed: expected another " + mark},
                  {"在文字末尾补上 " + mark, "add " + mark + " where the text ends"});
    add(TokenKind::text, begin, value);
  }

  void read_escape(std::string& value) {
    const auto begin = here();
    ++at_;
    const CodePoint c = peek(at_);
    at_ += c.bytes;
    switch (c.value) {
      case U'n': value += '\n'; return;
      case U't': value += '\t'; return;
      case U'r': value += '\r'; return;
      case U'\\':
      case U'\'':
      case U'"': value += static_cast<char>(c.value); return;
      default: break;
    }
    if (c.bytes == 0) return;  // the missing quote is reported
    const std::string found = source_.shown(begin, here());
    source_.error(
        "R107", begin, here(),
        {"文字里不认识“" + found + "”", "'" + found + "' has no meaning in a text"},
        {"要写反斜杠本身，写两个：\\" + found, "a backslash itself is written twice: \\" + found});
  }

  const ExprSource& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> read_tokens(const ExprSource& source) { return Lexer(source).run(); }

bool ends_operand(TokenKind kind) {
  return kind == TokenKind::number || kind == TokenKind::text || kind == TokenKind::name ||
         kind == TokenKind::close || kind == TokenKind::close_list;
}

bool begins_operand(TokenKind kind) {
  return kind == TokenKind::number || kind == TokenKind::text || kind == TokenKind::name ||
         kind == TokenKind::open || kind == TokenKind::open_list ||
         kind == TokenKind::logical_not || kind == TokenKind::minus;
}

}  // namespace lianqing
