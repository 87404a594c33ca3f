// Every diagnostic the rule language can give: stable code, severity, title, explanation. A code is
// never reused. R001-R099: the file and its structure; R100-R149: expressions; R150-R199: meaning.
#pragma once

#include <string_view>

#include "lianqing/diagnostic.h"

namespace lianqing {

struct CodeInfo {
  std::string_view code;
  Severity severity;
  std::string_view title_zh, title_en;
  std::string_view explanation_zh, explanation_en;  // what it means and how to mend it
};

inline constexpr CodeInfo kCodes[] = {
    // ---- the file and its structure
    {"R001", Severity::error, "不是合法的 YAML", "not valid YAML", "文件不能按 YAML 读取。",
     "The file cannot be read as YAML."},
    // ---- expressions
    {"R100", Severity::error, "表达式有语法错误", "syntax error in an expression",
     "表达式不能读懂，请看箭头所指之处。", "The expression cannot be read; see the caret."},
    {"R101", Severity::error, "未知的名称", "unknown name",
     "条件里只能写已定义的量、参数、列表、宏和事件字段；文字要加引号。",
     "A condition knows the pack's measures, parameters, lists, macros and event fields; "
     "texts are put in quotes."},
    {"R102", Severity::error, "不同类的值放在一起", "values of different kinds",
     "数字只能同数字比较，文字同文字，日期同日期。",
     "Numbers are compared with numbers, texts with texts, dates with dates."},
    {"R103", Severity::error, "值的种类不对", "value of the wrong kind",
     "运算符或函数需要另一类值：加减乘除要数字，and、or、not 要真假。",
     "The operator or function needs another kind: arithmetic needs numbers; and, or, not "
     "need true or false."},
    {"R104", Severity::error, "运算符写法不对", "operator written differently",
     "相等写 ==，不等写 !=，连接条件写 and、or、not（小写）。",
     "Equal is ==, unequal is !=; conditions are joined by and, or, not in lower case."},
    {"R105", Severity::error, "比较连写", "chained comparison",
     "1 < x < 3 要写成 1 < x and x < 3。",
     "1 < x < 3 is written 1 < x and x < 3."},
    {"R106", Severity::error, "数字写法不对", "number written differently",
     "只写数字：15% 写成 0.15，数字后不跟单位。",
     "Write the number alone: 15% is 0.15, and no unit follows."},
    {"R107", Severity::error, "字面值有误", "faulty literal",
     "文字要有收尾的引号，反斜杠写两个；数字最多六位小数。",
     "A text needs its closing quote and doubled backslashes; a number has at most six decimals."},
    {"R108", Severity::error, "匹配模式有误", "faulty pattern",
     "matches 的模式是引号里的 RE2 正则表达式。",
     "The pattern of matches is an RE2 regular expression in quotes."},
    {"R109", Severity::error, "日期或时刻有误", "faulty date or time",
     "日期写成 2026-03-01，时刻写成 2026-03-01T09:00:00+08:00。",
     "A date is written 2026-03-01, a time 2026-03-01T09:00:00+08:00."},
    {"R110", Severity::error, "与空值比大小", "order with null",
     "空值只能用 == null、!= null 或 has(x) 判断。",
     "Null can only be tested by == null, != null or has(x)."},
    {"R111", Severity::error, "not 的范围有误", "reach of not",
     "not 只作用于紧跟着的一项；否定整个比较要加括号。",
     "not applies to what follows directly; a comparison needs parentheses."},
    {"R112", Severity::error, "列表用法有误", "list used wrongly",
     "列表写成 [1, 2] 或 ['甲', '乙']，用在 in 的右边。",
     "A list is written [1, 2] or ['a', 'b'] and stands to the right of in."},
    {"R113", Severity::error, "表达式过大", "expression too large",
     "表达式的长度、层数和项数有上限，请拆成几个量。",
     "Length, nesting and parts of an expression are limited; split it into measures."},
    {"R114", Severity::error, "宏展开失败", "macro cannot be expanded",
     "宏不能引用自己，嵌套有上限。",
     "A macro cannot use itself, and nesting is limited."},
    {"R115", Severity::error, "函数的项数不对", "wrong number of arguments",
     "请按提示的写法补上或删去。",
     "Add or remove values as the example shows."},
    {"R116", Severity::error, "未知的函数", "unknown function",
     "统计类函数要先定义成量；这里只有少数函数可用。",
     "Aggregates are defined as measures; only a few functions are known here."},
    {"R120", Severity::error, "模板的花括号不配对", "unmatched brace in a sentence",
     "占位写成 {名称}；花括号本身写两个：{{ }}。",
     "A placeholder is written {name}; a brace itself is doubled: {{ }}."},
    {"R121", Severity::error, "模板的格式未知", "unknown format in a sentence",
     "竖线后写小数位数 0 到 6，或 percent。",
     "After the bar stands a number of decimals, 0 to 6, or percent."},
    {"R122", Severity::error, "模板里不能放这样的值", "value that cannot be printed",
     "格式只适用于数字；列表不能写进句子。",
     "Formats are for numbers; a list cannot be put into a sentence."},
    // ---- meaning
};

}  // namespace lianqing
