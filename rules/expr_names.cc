#include "rules/expr_names.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr Function kFunctions[] = {
    {"abs", Op::absolute, 1, 1, "abs(x)"},
    {"contains", Op::contains, 2, 2, "x.contains('a')"},
    {"endsWith", Op::ends_with, 2, 2, "x.endsWith('a')"},
    {"has", Op::has, 1, 1, "has(x)"},
    {"matches", Op::matches, 2, 2, "x.matches('^a')"},
    {"max", Op::maximum, 2, kAnyNumber, "max(x, 1)"},
    {"min", Op::minimum, 2, kAnyNumber, "min(x, 1)"},
    {"round", Op::round, 1, 2, "round(x, 2)"},
    {"size", Op::size, 1, 1, "size(x)"},
    {"startsWith", Op::starts_with, 2, 2, "x.startsWith('a')"},
};

// Functions of other languages, and what says the same here.
struct ForeignFunction {
  std::string_view name, zh, en;
};
constexpr ForeignFunction kForeignFunctions[] = {
    {"len", "写成 size(x)", "write size(x)"},
    {"length", "写成 size(x)", "write size(x)"},
    {"if", "写成 条件 ? 甲 : 乙", "write condition ? a : b"},
    {"isnull", "写成 x == null", "write x == null"},
    {"exists", "写成 has(x)", "write has(x)"},
    {"like", "写成 x.contains('a') 或 x.matches('^a')", "write x.contains('a') or x.matches('^a')"},
    {"count", "先在 measures 里定义这个量，再写它的名字",
     "define a measure for it and write its name here"},
    {"sum", "先在 measures 里定义这个量，再写它的名字",
     "define a measure for it and write its name here"},
    {"avg", "先在 measures 里定义这个量，再写它的名字",
     "define a measure for it and write its name here"},
};

std::string in_lower_case(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_known(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// `甲且乙` without blanks is one unknown word: found if both halves are names.
std::optional<std::string> split_at_connective(const std::vector<std::string>& names,
                                               std::string_view word) {
  for (const std::string_view sign : {"并且", "或者", "且", "或"}) {
    for (std::size_t at = word.find(sign); at != std::string_view::npos;
         at = word.find(sign, at + 1)) {
      const std::string_view left = word.substr(0, at), right = word.substr(at + sign.size());
      if (is_known(names, left) && is_known(names, right)) {
        return std::string(left) + " " + std::string(sign) + " " + std::string(right);
      }
    }
  }
  constexpr std::string_view kNot = "非";
  if (word.starts_with(kNot) && is_known(names, word.substr(kNot.size()))) {
    return std::string(kNot) + " " + std::string(word.substr(kNot.size()));
  }
  return std::nullopt;
}

}  // namespace

const Function* find_function(std::string_view name) {
  const auto at = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                               [&](const Function& f) { return f.name == name; });
  return at == std::end(kFunctions) ? nullptr : at;
}

Bilingual advice_on_function(const std::string& unknown) {
  for (const ForeignFunction& f : kForeignFunctions) {
    if (f.name == in_lower_case(unknown)) return {std::string(f.zh), std::string(f.en)};
  }
  std::vector<std::string> known;
  std::string all;
  for (const Function& f : kFunctions) {
    known.emplace_back(f.name);
    all += " " + known.back();
  }
  if (const auto nearest = nearest_name(unknown, known)) return did_you_mean(*nearest);
  return {"可用的函数：" + all.substr(1), "functions:" + all};
}

Bilingual advice_on_name(const std::vector<std::string>& names, const std::string& name) {
  const std::string word = in_lower_case(name);
  for (const std::string_view literal : {"true", "false", "null"}) {
    const bool none = literal == "null" && (word == "none" || word == "nil" || word == "undefined");
    if (word != literal && !none) continue;
    return {"写成 " + std::string(literal), "write " + std::string(literal)};
  }
  if (const auto split = split_at_connective(names, name)) {
    return {"前后加空格：" + *split, "put blanks around it: " + *split};
  }
  if (const auto nearest = nearest_name(name, names)) return did_you_mean(*nearest);
  return {"若是文字，要加引号：'" + name + "'",
          "if a text is meant, put it in quotes: '" + name + "'"};
}

}  // namespace lianqing
