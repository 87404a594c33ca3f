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
    // ---- meaning
};

}  // namespace lianqing
