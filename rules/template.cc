#include "rules/template.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rules/identifier.h"
#include "rules/report.h"

namespace lianqing {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

class TemplateReader {
 public:
  TemplateReader(std::string_view text, const SourceSpan& at, ExprScope& scope,
                 const AddExpr& add_expr, Diagnostics& out)
      : text_(text), at_(at), scope_(scope), add_expr_(add_expr), out_(out) {}

  std::optional<Template> run() {
    while (here_ < text_.size()) {
      const char c = text_[here_];
      const bool twice = text_.substr(here_ + 1).starts_with(c);
      if (c == '{' && !twice) {
        read_placeholder();
      } else if (c == '}' && !twice) {
        error("R120", here_, here_ + 1, {"多了一个“}”", "one '}' too many"},
              {"若要写花括号本身，写 }}", "a brace itself is written }}"});
        ++here_;
      } else {
        literal_ += c;
        here_ += c == '{' || c == '}' ? 2 : 1;
      }
    }
    end_literal();
    if (failed_) return std::nullopt;
    return std::move(made_);
  }

 private:
  void end_literal() {
    if (literal_.empty()) return;
    made_.parts.push_back({});
    made_.parts.back().text = to_nfc(literal_);
    literal_.clear();
  }

  SourceSpan span(std::size_t begin, std::size_t end) const {
    if (at_.length == 0) return at_;
    SourceSpan out = at_;
    out.column += static_cast<std::uint32_t>(count_code_points(text_.substr(0, begin)));
    const auto length = count_code_points(text_.substr(begin, end - begin));
    out.length = std::max(1U, static_cast<std::uint32_t>(length));
    return out;
  }
  void error(std::string_view code, std::size_t begin, std::size_t end, Bilingual message,
             Bilingual advice = {}) {
    report(out_, code, span(begin, end), std::move(message), std::move(advice));
    failed_ = true;
  }

  // Where the placeholder closes and where its format begins, past quoted texts and `||`.
  struct Bounds {
    std::size_t close = kNowhere, bar = kNowhere;
  };
  Bounds find_bounds(std::size_t at) const {
    Bounds out;
    char quote = '\0';
    for (; at < text_.size(); ++at) {
      const char c = text_[at];
      if (quote != '\0') {
        if (c == '\\') {
          ++at;
        } else if (c == quote) {
          quote = '\0';
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '|' && text_.substr(at + 1).starts_with('|')) {
        ++at;
      } else if (c == '|' && out.bar == kNowhere) {
        out.bar = at;
      } else if (c == '}') {
        out.close = at;
        return out;
      }
    }
    return out;
  }

  void read_placeholder() {
    end_literal();
    const std::size_t open = here_, begin = open + 1;
    const Bounds bounds = find_bounds(begin);
    if (bounds.close == kNowhere) {
      error("R120", open, open + 1, {"“{”没有配对的“}”", "'{' has no '}' to close it"},
            {"若要写花括号本身，写 {{", "a brace itself is written {{"});
      here_ = text_.size();
      return;
    }
    here_ = bounds.close + 1;
    const bool formatted = bounds.bar != kNowhere;
    const std::size_t end = formatted ? bounds.bar : bounds.close;
    Template::Part part;
    const bool good = !formatted || read_format(bounds.bar + 1, bounds.close, part);
    const SourceSpan at = span(begin, end);
    auto compiled = compile_expression(text_.substr(begin, end - begin), at, scope_, out_);
    if (!compiled) {
      failed_ = true;
    } else if (good && is_printable(compiled->type, formatted, begin, end)) {
      part.expr = add_expr_(std::move(*compiled));
      made_.parts.push_back(std::move(part));
    }
  }

  bool read_format(std::size_t begin, std::size_t end, Template::Part& part) {
    std::string_view format = text_.substr(begin, end - begin);
    while (format.starts_with(' ')) format.remove_prefix(1);
    while (format.ends_with(' ')) format.remove_suffix(1);
    if (format == "percent") {
      part.percent = true;
      return true;
    }
    if (format.size() == 1 && format[0] >= '0' && format[0] <= '6') {
      part.decimals = format[0] - '0';
      return true;
    }
    const std::string found(format);
    error("R121", begin - (format.empty() ? 1 : 0), end,
          {"不认识格式“" + found + "”，应为 0 到 6 的小数位数或 percent",
           "unknown format '" + found + "'; expected a number of decimals, 0 to 6, or percent"},
          {"如 {growth|2} 或 {rate|percent}", "such as {growth|2} or {rate|percent}"});
    return false;
  }

  bool is_printable(ValueType type, bool formatted, std::size_t begin, std::size_t end) {
    const bool number = type == ValueType::number || type == ValueType::dynamic;
    if (type != ValueType::list && (number || !formatted)) return true;
    const Bilingual found = type_name(type);
    if (type == ValueType::list) {
      error("R122", begin, end, {"列表不能写进句子", "a list cannot be put into a sentence"});
    } else {
      error("R122", begin, end,
            {"格式只适用于数字，这里是" + found.zh,
             "a format is for numbers, but this is " + found.en},
            {"去掉竖线和格式", "remove the bar and the format"});
    }
    return false;
  }

  std::string_view text_;
  SourceSpan at_;
  ExprScope& scope_;
  const AddExpr& add_expr_;
  Diagnostics& out_;
  std::size_t here_ = 0;
  std::string literal_;
  Template made_;
  bool failed_ = false;
};

}  // namespace

std::optional<Template> compile_template(std::string_view source, const SourceSpan& at,
                                         ExprScope& scope, const AddExpr& add_expr,
                                         Diagnostics& out) {
  return TemplateReader(source, at, scope, add_expr, out).run();
}

}  // namespace lianqing
