#include "cli/import/cell_value.h"

#include <algorithm>
#include <utility>

#include "cli/import/cell_text.h"

namespace lianqing {
namespace {

struct QuantityUnit {
  std::string_view word;
  std::int64_t times;
};
// Longer ones first: the first that ends the cell is taken.
constexpr QuantityUnit kQuantityUnits[] = {
    {"亿元", 100'000'000}, {"百万元", 1'000'000}, {"万元", 10'000}, {"千元", 1'000}, {"元", 1},
    {"亿", 100'000'000},   {"百万", 1'000'000},   {"万", 10'000},   {"千", 1'000},   {"%", 1},
};
// What is counted says nothing about how many.
constexpr std::string_view kCounted[] = {
    "个工作日", "工作日", "人次", "件次", "件", "人", "次", "家", "个", "名", "项", "条",
    "户",       "份",     "天",   "日",   "分", "岁", "张", "处", "起", "宗", "例", "项次"};

Unexpected<Bilingual> no_number() {
  return Unexpected<Bilingual>(Bilingual{"不是数字", "not a number"});
}

// Commas stand where thousands end, or nowhere. Takes them out.
bool take_thousands(std::string& text) {
  if (text.find(',') == std::string::npos) return true;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t first = text.find_first_of("0123456789");
  if (first == std::string::npos) return false;
  const std::string whole = text.substr(first, point - first);
  const std::size_t lead = whole.find(',');
  if (lead == std::string::npos || lead == 0 || lead > 3) return false;
  for (std::size_t at = lead; at < whole.size(); at += 4) {
    if (whole[at] != ',' || at + 4 > whole.size()) return false;
    if (whole.substr(at + 1, 3).find(',') != std::string::npos) return false;
  }
  if (text.find(',', point) != std::string::npos) return false;
  std::erase(text, ',');
  return true;
}

}  // namespace

std::optional<Number> factor_of(std::string_view unit) {
  const std::string word = key_text(unit);
  if (word == "ratio" || word == "比率") return Number::ratio(1, 100);
  for (const QuantityUnit& row : kQuantityUnits) {
    if (row.word == word) return Number(row.times);
  }
  return std::nullopt;
}

Outcome<Number, Bilingual> read_quantity(std::string_view cell, Number factor) {
  std::string text = ascii_text(cell);
  std::erase(text, ' ');
  for (const std::string_view sign : {"￥", "¥", "人民币", "RMB", "$"}) {
    if (const std::size_t at = text.find(sign); at <= 1 && at != std::string::npos)
      text.erase(at, sign.size());
  }
  bool negative = false;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    text = text.substr(1, text.size() - 2);
    negative = true;
  }
  const bool ratio = factor == Number::ratio(1, 100);
  if (ratio) factor = Number(1);
  for (const std::string_view word : kCounted) {
    if (!text.ends_with(word)) continue;
    text.resize(text.size() - word.size());
    break;
  }
  for (const QuantityUnit& row : kQuantityUnits) {
    if (!text.ends_with(row.word)) continue;
    text.resize(text.size() - row.word.size());
    factor = row.word == "%" && ratio ? Number::ratio(1, 100) : Number(row.times);
    break;
  }
  if (text.empty()) return no_number();
  if (text.find_first_not_of("0123456789.,+-eE") != std::string::npos) return no_number();
  if (!take_thousands(text)) {
    return Unexpected<Bilingual>(
        Bilingual{"千分位的逗号位置不对，不能确定是多少",
                  "the commas do not divide thousands: what number this is, is not sure"});
  }
  const auto number = Number::parse(text);
  if (!number) return no_number();
  return (negative ? -*number : *number) * factor;
}

std::optional<bool> read_yes_no(std::string_view cell) {
  const std::string word = key_text(cell);
  for (const std::string_view yes : {"是", "有", "true", "yes", "y", "1", "√", "✓", "✔", "对", "t"})
    if (word == yes) return true;
  for (const std::string_view no :
       {"否", "无", "没有", "false", "no", "n", "0", "×", "✗", "错", "f", "x", "不是"})
    if (word == no) return false;
  return std::nullopt;
}

std::vector<std::string> read_list(std::string_view cell) {
  constexpr std::string_view kDivisions[] = {"、", "，", "；", ",", ";", "\n", "\r", "|"};
  std::vector<std::string> out;
  std::string part;
  const auto end_part = [&] {
    std::string text = tidy_text(part);
    if (!text.empty()) out.push_back(std::move(text));
    part.clear();
  };
  while (!cell.empty()) {
    const auto* division =
        std::find_if(std::begin(kDivisions), std::end(kDivisions),
                     [&](std::string_view sign) { return cell.starts_with(sign); });
    if (division == std::end(kDivisions)) {
      part += cell.front();
      cell.remove_prefix(1);
    } else {
      end_part();
      cell.remove_prefix(division->size());
    }
  }
  end_part();
  return out;
}

bool is_formula_error(std::string_view cell) {
  for (const std::string_view error : {"#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
    if (cell == error) return true;
  return cell.starts_with("####");
}

}  // namespace lianqing
