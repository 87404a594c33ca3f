#include "rules/lint/allowance.h"

#include <algorithm>

#include "rules/codes.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

// Every line on which a part of the construct stands, in whichever file.
void gather_lines(const Node& node, std::vector<PlaceLine>& lines) {
  lines.push_back({node.at.file, node.at.line});
  for (const Entry& entry : node.entries) {
    lines.push_back({entry.key_at.file, entry.key_at.line});
    gather_lines(entry.value, lines);
  }
  for (const Node& item : node.items) gather_lines(item, lines);
}

// Known, and no error; reports if not.
bool check_code(const Text& code, Diagnostics& out) {
  std::vector<std::string> known;
  for (const CodeRow& row : kCodes) {
    if (row.severity != Severity::error) known.emplace_back(row.code);
    if (row.code != code.text) continue;
    if (row.severity != Severity::error) return true;
    report(out, "R209", code.at,
           {code.text + " 是错误，不能放行", code.text + " is an error and cannot be allowed"},
           {"改正它：lianqing check --explain " + code.text,
            "mend it: lianqing check --explain " + code.text});
    return false;
  }
  const auto nearest = nearest_name(code.text, known);
  report(out, "R209", code.at, {"没有代码“" + code.text + "”", "unknown code '" + code.text + "'"},
         nearest ? did_you_mean(*nearest)
                 : Bilingual{"写 check 给出的代码，例如 R201",
                             "write the code that check gave, such as R201"});
  return false;
}

bool takes_a_log(const std::string& code) { return code >= "R210" && code < "R220"; }

bool covers(const AllowanceSyntax& allowance, const Diagnostic& finding) {
  if (allowance.code.text != finding.code) return false;
  const PlaceLine place{finding.at.file, finding.at.line};
  return allowance.whole_pack ||
         std::find(allowance.lines.begin(), allowance.lines.end(), place) != allowance.lines.end();
}

}  // namespace

void read_allowances(const Entry& construct, bool whole_pack, std::vector<AllowanceSyntax>& into,
                     Diagnostics& out) {
  const Node* list = construct.value.is_map() ? construct.value.find(kAllowKey) : nullptr;
  if (list == nullptr) return;
  if (!list->is_sequence()) {
    report(
        out, "R014", list->at, {"allow 应是列表", "'allow' is a list"},
        {"写成 allow: [{code: R201, reason: 原因}]", "write allow: [{code: R201, reason: WHY}]"});
    return;
  }
  std::vector<PlaceLine> lines{{construct.key_at.file, construct.key_at.line}};
  gather_lines(construct.value, lines);
  for (const Node& node : list->items) {
    if (!check_keys(node, node.at, kAllowKeys, {"放行", "an allowance"}, out)) continue;
    const Text code = read_text(node, "code", out);
    const Node* reason = node.find("reason");
    if (reason != nullptr && reason->is_scalar() && reason->text.empty()) reason = nullptr;
    if (reason == nullptr) {
      report(out, "R207", code.present ? code.at : node.at,
             {"放行要写明原因", "an allowance states its reason"},
             {"写成 {code: " + code.text + ", reason: 原因}",
              "write {code: " + code.text + ", reason: WHY}"});
    }
    if (!code.present || !check_code(code, out) || reason == nullptr) continue;
    into.push_back({code, whole_pack, lines});
  }
}

void drop_allowed(const std::vector<AllowanceSyntax>& allowances, Diagnostics& findings) {
  std::erase_if(findings, [&](const Diagnostic& finding) {
    return std::any_of(allowances.begin(), allowances.end(), [&](const AllowanceSyntax& allowance) {
      return covers(allowance, finding);
    });
  });
}

void apply_allowances(const std::vector<AllowanceSyntax>& allowances, Diagnostics& findings) {
  std::vector<bool> used(allowances.size(), false);
  std::erase_if(findings, [&](const Diagnostic& finding) {
    bool allowed = false;
    for (std::size_t i = 0; i < allowances.size(); ++i) {
      if (!covers(allowances[i], finding)) continue;
      used[i] = allowed = true;
    }
    return allowed;
  });
  if (has_error(findings)) return;
  for (std::size_t i = 0; i < allowances.size(); ++i) {
    if (used[i] || takes_a_log(allowances[i].code.text)) continue;
    report(findings, "R208", allowances[i].code.at,
           {"这里已没有 " + allowances[i].code.text + "，放行多余",
            "there is no " + allowances[i].code.text + " here any more: nothing to allow"},
           {"删去这一项", "remove this entry"});
  }
}

}  // namespace lianqing
