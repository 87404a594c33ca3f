#include "rules/expression.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rules/expr_builder.h"
#include "rules/expr_names.h"
#include "rules/identifier.h"
#include "rules/lexer.h"
#include "rules/report.h"

namespace lianqing {
namespace {

// Decimals of a literal once its exponent is applied and zeros at the end are gone.
int decimals_of(std::string_view digits) {
  const std::size_t e = digits.find('e');
  int exponent = 0;
  if (e != std::string_view::npos) {
    const bool negative = digits.substr(e + 1).starts_with('-');
    for (const char c : digits.substr(e + 1)) {
      if (c >= '0' && c <= '9' && exponent < 10'000) exponent = exponent * 10 + (c - '0');
    }
    if (negative) exponent = -exponent;
  }
  const std::string_view mantissa = digits.substr(0, e);
  const std::size_t point = mantissa.find('.');
  const std::size_t last = mantissa.find_last_not_of(".0");
  if (last == std::string_view::npos) return 0;  // zero
  const int fraction = point == std::string_view::npos
                           ? 0
                           : std::max(0, static_cast<int>(last) - static_cast<int>(point));
  return fraction - exponent;
}

// State that the text of an expression and those of its macros share.
struct Compilation {
  ExprScope& scope;
  Diagnostics& out;
  ExprBuilder builder;
  int depth = 0;  // of nesting
  int macro_depth = 0;
  bool hopeless = false;  // a limit is passed: nothing more is read
};

class Parser {
 public:
  Parser(const ExprSource& source, Compilation& shared)
      : source_(source), shared_(shared), tree_(shared.builder), tokens_(read_tokens(source)) {}

  Part run() {
    if (token().kind == TokenKind::end) {
      stop("R100", token(), {"这里应有一个表达式", "an expression is expected here"});
      return unknown();
    }
    const Part out = expression();
    if (token().kind != TokenKind::end) report_rest();
    if (tree_.overfull()) too_large();
    return out;
  }

 private:
  // ---- tokens

  const Token& token() const { return tokens_[at_]; }
  const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Stretch place() const { return {token().begin, token().end}; }
  bool accept(TokenKind kind) {
    if (token().kind != kind) return false;
    ++at_;
    return true;
  }
  std::uint32_t done() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }

  std::string found() const {
    return token().kind == TokenKind::end ? "" : source_.shown(token().begin, token().end);
  }

  // Reports at most one mistake of grammar: after it nothing can be trusted.
  void stop(std::string_view code, Stretch at, Bilingual message, Bilingual advice = {}) {
    if (!stopped_) source_.error(code, at.begin, at.end, std::move(message), std::move(advice));
    stopped_ = true;
    at_ = tokens_.size() - 1;
  }
  void stop(std::string_view code, const Token& at, Bilingual message, Bilingual advice = {}) {
    stop(code, Stretch{at.begin, at.end}, std::move(message), std::move(advice));
  }
  void stop_expecting(const std::string& zh, const std::string& en, Bilingual advice = {}) {
    if (token().kind == TokenKind::end) {
      stop("R100", token(),
           {"表达式不完整：末尾应有" + zh, "the expression ends too early: expected " + en},
           std::move(advice));
      return;
    }
    stop("R100", token(),
         {"这里应有" + zh + "，却是“" + found() + "”",
          "expected " + en + ", found " + in_quotes(found())},
         std::move(advice));
  }
  Part unknown() { return tree_.unknown(source_, place()); }

  void report_rest() {
    const Token& last = tokens_[at_ == 0 ? 0 : at_ - 1];
    if (token().kind == TokenKind::close || token().kind == TokenKind::close_list) {
      stop("R100", token(), {"多了一个“" + found() + "”", "one '" + found() + "' too many"},
           {"删去它，或补上前面的括号", "remove it, or add the parenthesis that it closes"});
    } else if (token().kind == TokenKind::comma && last.kind == TokenKind::number &&
               following().kind == TokenKind::number) {
      stop("R100", token(), {"数字里不能有逗号", "a number has no commas"},
           {"写成 " + last.value + following().value, "write " + last.value + following().value});
    } else {
      stop_expecting("运算符（如 and、or、>=）或结尾",
                     "an operator (such as and, or, >=) or the end");
    }
  }

  // ---- nesting

  // False, and reported, if the expression is nested too deeply.
  bool enter() {
    if (++shared_.depth <= kMaxExprDepth) return true;
    if (!shared_.hopeless) {
      const std::string limit = std::to_string(kMaxExprDepth);
      stop("R113", token(),
           {"表达式嵌套超过 " + limit + " 层",
            "the expression is nested more than " + limit + " deep"},
           {"把一部分定义成量（measures: value）", "define a part of it as a measure (value:)"});
    }
    give_up();
    return false;
  }
  void leave() { --shared_.depth; }
  void give_up() {
    shared_.hopeless = true;
    stopped_ = true;
    at_ = tokens_.size() - 1;
  }

  // ---- grammar, from the loosest operator to the tightest

  Part expression() {
    Part out;
    if (enter()) {
      out = either();
      if (token().kind == TokenKind::question) out = choice(out);
    } else {
      out = unknown();
    }
    leave();
    return out;
  }

  Part choice(const Part& condition) {
    const Stretch sign = place();
    ++at_;
    const Part yes = expression();
    if (!accept(TokenKind::colon)) {
      stop_expecting("“:”（写法为 条件 ? 甲 : 乙）", "':' (as in condition ? a : b)");
    }
    const Part no = expression();
    return tree_.choose(source_, sign, condition, yes, no);
  }

  Part either() {
    Part out = both();
    while (token().kind == TokenKind::logical_or) {
      const Stretch sign = place();
      ++at_;
      const Part right = both();
      out = tree_.connective(source_, Op::logical_or, sign, out, right);
    }
    return out;
  }

  Part both() {
    Part out = relation();
    while (token().kind == TokenKind::logical_and) {
      const Stretch sign = place();
      ++at_;
      const Part right = relation();
      out = tree_.connective(source_, Op::logical_and, sign, out, right);
    }
    return out;
  }

  static std::optional<Op> relation_of(TokenKind kind) {
    constexpr std::pair<TokenKind, Op> kRelations[] = {
        {TokenKind::equal, Op::equal},     {TokenKind::unequal, Op::unequal},
        {TokenKind::less, Op::less},       {TokenKind::less_equal, Op::less_equal},
        {TokenKind::greater, Op::greater}, {TokenKind::greater_equal, Op::greater_equal},
        {TokenKind::in, Op::in},
    };
    for (const auto& [token, op] : kRelations) {
      if (token == kind) return op;
    }
    return std::nullopt;
  }

  Part relation() {
    const Part left = sum();
    check_not_in();
    const auto op = relation_of(token().kind);
    if (!op) return left;
    const Stretch sign = place();
    ++at_;
    if (*op == Op::in && token().kind == TokenKind::open) list_expected_at_ = at_;
    const Part right = sum();
    check_not_in();
    if (relation_of(token().kind)) return chained(left, right);
    if (*op == Op::in) return tree_.in(source_, left, right);
    return tree_.comparison(source_, *op, sign, left, right);
  }

  // `x not in [...]`
  void check_not_in() {
    if (token().kind != TokenKind::logical_not || following().kind != TokenKind::in) return;
    stop("R100", Stretch{token().begin, following().end},
         {"没有 not in 这个运算符", "there is no operator 'not in'"},
         {"写成 not (x in [...])", "write not (x in [...])"});
  }

  // `1 < x < 3`: a mistake in every language of conditions but two.
  Part chained(const Part& left, const Part& middle) {
    const Stretch second = place();
    Part right = middle;
    while (relation_of(token().kind)) {
      ++at_;
      right = sum();
    }
    const std::string first(source_.slice(left.begin, middle.end));
    const std::string rest(source_.slice(middle.begin, right.end));
    const std::string better = first + " and " + rest;
    if (!stopped_) {
      source_.error("R105", second.begin, second.end,
                    {"比较不能连写", "comparisons cannot be chained"},
                    {"写成 " + better, "write " + better});
    }
    return tree_.unknown(source_, {left.begin, right.end});
  }

  Part sum() {
    Part out = product();
    while (token().kind == TokenKind::plus || token().kind == TokenKind::minus) {
      const Op op = token().kind == TokenKind::plus ? Op::add : Op::subtract;
      out = arithmetic(op, out, &Parser::product);
    }
    return out;
  }

  Part product() {
    Part out = unary();
    while (true) {
      if (token().kind == TokenKind::times) {
        out = arithmetic(Op::multiply, out, &Parser::unary);
      } else if (token().kind == TokenKind::divide) {
        out = arithmetic(Op::divide, out, &Parser::unary);
      } else if (token().kind != TokenKind::percent) {
        return out;
      } else if (!skip_percent_sign()) {
        out = arithmetic(Op::remainder, out, &Parser::unary);
      }
    }
  }

  Part arithmetic(Op op, const Part& left, Part (Parser::*next)()) {
    const Stretch sign = place();
    ++at_;
    const Part right = (this->*next)();
    return tree_.arithmetic(source_, op, sign, left, right);
  }

  // `15%` where no remainder can be meant; reported, and read as 15.
  bool skip_percent_sign() {
    const Token& number = tokens_[at_ == 0 ? 0 : at_ - 1];
    if (number.kind != TokenKind::number) return false;
    const TokenKind next = following().kind;
    // `10% - x` is a percentage, `10 % -x` a remainder.
    const bool attached = number.end == token().begin && following().begin > token().end;
    if (begins_operand(next) && !(next == TokenKind::minus && attached)) return false;
    const auto value = Number::parse(number.value);
    const std::string better = value ? (*value / Number(100)).to_string() : "0.15";
    source_.error("R106", number.begin, token().end,
                  {"这里不能写百分数", "a percentage cannot be written here"},
                  {"写成小数：" + better, "write it as a decimal: " + better});
    ++at_;
    return true;
  }

  Part unary() {
    const TokenKind kind = token().kind;
    if (kind != TokenKind::logical_not && kind != TokenKind::minus) return postfix();
    const Stretch sign = place();
    ++at_;
    Part out = enter() ? unary() : unknown();
    leave();
    if (kind == TokenKind::minus) return tree_.negate(source_, sign, out);
    return tree_.logical_not(source_, sign, out, relation_of(token().kind).has_value());
  }

  Part postfix() {
    Part out = primary();
    while (token().kind == TokenKind::dot) {
      ++at_;
      if (token().kind != TokenKind::name || following().kind != TokenKind::open) {
        stop_expecting("函数，如 .startsWith('a')", "a function, such as .startsWith('a')");
        return out;
      }
      const Token function = token();
      ++at_;
      out = call(function, &out);
    }
    return out;
  }

  Part primary() {
    if (tree_.full()) return too_large();
    switch (token().kind) {
      case TokenKind::number: return number();
      case TokenKind::text: {
        const Part out = tree_.text(source_, place(), token().value);
        ++at_;
        return out;
      }
      case TokenKind::name: return named();
      case TokenKind::open: return enclosed();
      case TokenKind::open_list: return list();
      case TokenKind::end:
      case TokenKind::logical_or:
      case TokenKind::logical_and:
      case TokenKind::logical_not:
      case TokenKind::equal:
      case TokenKind::unequal:
      case TokenKind::less:
      case TokenKind::less_equal:
      case TokenKind::greater:
      case TokenKind::greater_equal:
      case TokenKind::in:
      case TokenKind::plus:
      case TokenKind::minus:
      case TokenKind::times:
      case TokenKind::divide:
      case TokenKind::percent:
      case TokenKind::question:
      case TokenKind::colon:
      case TokenKind::close:
      case TokenKind::close_list:
      case TokenKind::comma:
      case TokenKind::dot: break;
    }
    stop_expecting("一个值（名称、数字、引号里的文字或括号）",
                   "a value (a name, a number, a text in quotes or a parenthesis)");
    return unknown();
  }

  Part too_large() {
    if (!shared_.hopeless && !stopped_) {
      const std::string limit = std::to_string(kMaxExprNodes);
      stop(
          "R113", token(),
          {"表达式太大，超过 " + limit + " 项", "the expression has more than " + limit + " parts"},
          {"用列表（x in [...]）或定义成量", "use a list (x in [...]) or define measures"});
    }
    give_up();
    return unknown();
  }

  Part number() {
    const Token literal = token();
    const Stretch at = place();
    ++at_;
    const auto value = Number::parse(literal.value);
    if (!value) {
      source_.error("R107", at.begin, at.end, {"数字太大", "the number is too large"});
    } else if (decimals_of(literal.value) > 6) {
      source_.error("R107", at.begin, at.end,
                    {"数字最多六位小数", "a number has at most six decimals"},
                    {"写成 " + value->to_string(), "write " + value->to_string()});
    } else {
      return tree_.constant(
          source_, at, ValueType::number,
          Cell{CellTag::number, static_cast<std::uint32_t>(value->den()), value->num()});
    }
    return tree_.unknown(source_, at);
  }

  Part enclosed() {
    const Stretch open = place();
    const bool list_expected = list_expected_at_ == at_;
    ++at_;
    Part out = expression();
    if (list_expected && token().kind == TokenKind::comma) {
      stop("R112", open, {"列表用方括号", "a list is written in square brackets"},
           {"写成 in [...]", "write in [...]"});
      return unknown();
    }
    expect_close(open, TokenKind::close, ")");
    out.begin = open.begin;
    out.end = done();
    out.enclosed = true;
    return out;
  }

  void expect_close(Stretch open, TokenKind kind, const std::string& sign) {
    if (accept(kind)) return;
    const SourceSpan at = source_.span(open.begin, open.end);
    stop_expecting("“" + sign + "”", "'" + sign + "'",
                   {"与第 " + std::to_string(at.column) + " 列的括号配对",
                    "it closes the one at column " + std::to_string(at.column)});
  }

  // ---- lists

  Part list() {
    const Stretch open = place();
    const std::uint32_t first = tree_.next_constant();
    ++at_;
    while (token().kind != TokenKind::close_list && !stopped_) {
      element();
      if (!accept(TokenKind::comma)) break;
    }
    expect_close(open, TokenKind::close_list, "]");
    return tree_.list(source_, {open.begin, done()}, first, tree_.next_constant() - first);
  }

  static bool ends_element(TokenKind kind) {
    return kind == TokenKind::comma || kind == TokenKind::close_list || kind == TokenKind::end;
  }

  void element() {
    const Stretch at = place();
    const bool bare = token().kind == TokenKind::name && token().value != "true" &&
                      token().value != "false" && token().value != "null";
    if (bare && ends_element(following().kind)) {
      const std::string word = found();
      source_.error("R112", at.begin, at.end,
                    {"列表里只能是固定的值，“" + word + "”没有引号",
                     "a list holds fixed values only; '" + word + "' is not in quotes"},
                    {"若是文字，写成 '" + word + "'", "if a text is meant, write '" + word + "'"});
      ++at_;
      return;
    }
    const std::size_t before = shared_.out.size();
    const Part value = expression();
    if (tree_.take_element(value) || shared_.out.size() > before) return;
    source_.error("R112", value.begin, value.end,
                  {"列表里只能是固定的值：数字、引号里的文字、true、false",
                   "a list holds fixed values only: numbers, texts in quotes, true, false"});
  }

  // ---- names and calls

  Part named() {
    const Token word = token();
    if (following().kind == TokenKind::open) {
      ++at_;
      return call(word, nullptr);
    }
    const Stretch at = place();
    if (word.value == "true" || word.value == "false") {
      ++at_;
      return tree_.constant(source_, at, ValueType::boolean,
                            Cell{CellTag::boolean, 1, word.value == "true" ? 1 : 0});
    }
    if (word.value == "null") {
      ++at_;
      return tree_.constant(source_, at, ValueType::null);
    }
    const std::string name = dotted_name();
    return resolve(name, {at.begin, done()});
  }

  // Takes `a.b.c`, but leaves a function at its end: `a.b.startsWith(`.
  std::string dotted_name() {
    std::string name = token().value;
    ++at_;
    while (token().kind == TokenKind::dot && following().kind == TokenKind::name) {
      if (tokens_[std::min(at_ + 2, tokens_.size() - 1)].kind == TokenKind::open) break;
      name += "." + following().value;
      at_ += 2;
    }
    return name;
  }

  Part resolve(const std::string& name, Stretch at) {
    if (const auto elements = shared_.scope.find_list(name)) {
      return tree_.list(source_, at, *elements);
    }
    if (const auto text = shared_.scope.find_macro(name)) return macro(name, *text, at);
    const std::size_t before = shared_.out.size();
    if (const auto value = shared_.scope.find(name, source_.span(at.begin, at.end))) {
      return tree_.name(source_, at, *value);
    }
    const bool reported =
        std::any_of(shared_.out.begin() + static_cast<std::ptrdiff_t>(before), shared_.out.end(),
                    [](const Diagnostic& d) { return d.severity == Severity::error; });
    if (!reported) {
      source_.error("R101", at.begin, at.end,
                    {"没有叫“" + name + "”的量、参数或字段",
                     "there is no measure, parameter or field '" + name + "'"},
                    advice_on_name(shared_.scope.names(), name));
    }
    return tree_.unknown(source_, at);
  }

  Part macro(const std::string& name, const std::string& text, Stretch at) {
    if (shared_.macro_depth == kMaxMacroDepth || text.size() > kMaxExprBytes) {
      const bool deep = shared_.macro_depth == kMaxMacroDepth;
      source_.error("R114", at.begin, at.end,
                    deep ? Bilingual{"宏“" + name + "”引用了自己，或宏套宏太深",
                                     "macro '" + name + "' uses itself, or macros nest too deeply"}
                         : Bilingual{"宏“" + name + "”太长", "macro '" + name + "' is too long"});
      shared_.hopeless = shared_.hopeless || deep;
      if (deep) give_up();
      return tree_.unknown(source_, at);
    }
    const ExprSource inner(source_, at.begin, at.end, name, text);
    const std::uint32_t first = tree_.next_constant();
    ++shared_.macro_depth;
    Part out = Parser(inner, shared_).run();
    --shared_.macro_depth;
    tree_.move_constants(first, at);
    if (shared_.hopeless) give_up();
    out.begin = at.begin;
    out.end = at.end;
    out.enclosed = true;
    return out;
  }

  // At the opening parenthesis. `receiver` is what stands before the dot.
  Part call(const Token& word, const Part* receiver) {
    const Stretch name{word.begin, word.end};
    const Function* function = find_function(word.value);
    if (function == nullptr) report_unknown_function(word);
    std::vector<Part> arguments;
    if (receiver != nullptr) arguments.push_back(*receiver);
    read_arguments(arguments);
    const Stretch at{receiver != nullptr ? receiver->begin : word.begin, done()};
    if (function == nullptr || stopped_) return tree_.unknown(source_, at);
    const auto count = static_cast<std::uint32_t>(arguments.size());
    if (count < function->fewest || count > function->most) {
      report_count(*function, name, count);
      return tree_.unknown(source_, at);
    }
    return tree_.call(source_, at, name, function->op, arguments);
  }

  void read_arguments(std::vector<Part>& out) {
    const Stretch open = place();
    ++at_;
    if (accept(TokenKind::close)) return;
    do {
      out.push_back(expression());
    } while (accept(TokenKind::comma));
    expect_close(open, TokenKind::close, ")");
  }

  void report_count(const Function& function, Stretch name, std::uint32_t count) {
    const std::string fewest = std::to_string(function.fewest);
    const std::string expected = function.most == function.fewest ? fewest
                                 : function.most == kAnyNumber
                                     ? fewest + "+"
                                     : fewest + "-" + std::to_string(function.most);
    const std::string word(function.name), example(function.example), n = std::to_string(count);
    source_.error("R115", name.begin, name.end,
                  {word + " 应有 " + expected + " 项，这里有 " + n + " 项",
                   word + " takes " + expected + " values, found " + n},
                  {"写法如 " + example, "as in " + example});
  }

  void report_unknown_function(const Token& word) {
    source_.error("R116", word.begin, word.end,
                  {"没有函数“" + word.value + "”", "there is no function '" + word.value + "'"},
                  advice_on_function(word.value));
  }

  const ExprSource& source_;
  Compilation& shared_;
  ExprBuilder& tree_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t list_expected_at_ = static_cast<std::size_t>(-1);  // the parenthesis after `in`
  bool stopped_ = false;
};

// Limits that hold before anything is read.
bool is_readable(std::string_view source, const SourceSpan& at, Diagnostics& out) {
  if (source.size() > kMaxExprBytes) {
    const std::string limit = std::to_string(kMaxExprBytes);
    report(out, "R113", at,
           {"表达式太长，超过 " + limit + " 字节",
            "the expression is longer than " + limit + " bytes"},
           {"把一部分定义成量（measures: value）", "define a part of it as a measure (value:)"});
    return false;
  }
  if (is_valid_utf8(source)) return true;
  report(out, "R100", at, {"文字编码不是 UTF-8", "the text is not encoded in UTF-8"});
  return false;
}

}  // namespace

std::optional<CompiledExpr> compile_expression(std::string_view source, const SourceSpan& at,
                                               ExprScope& scope, Diagnostics& out) {
  if (!is_readable(source, at, out)) return std::nullopt;
  const auto errors = [&out] {
    return std::count_if(out.begin(), out.end(),
                         [](const Diagnostic& d) { return d.severity == Severity::error; });
  };
  const auto before = errors();
  const ExprSource text(source, at, out);
  Compilation shared{scope, out, ExprBuilder(scope)};
  const Part root = Parser(text, shared).run();
  if (errors() > before) return std::nullopt;
  return shared.builder.finish(root, text.text(), at);
}

}  // namespace lianqing
