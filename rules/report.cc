#include "rules/report.h"

#include <algorithm>
#include <tuple>

#include "lianqing/assert.h"
#include "rules/codes.h"

namespace lianqing {

void report(Diagnostics& out, std::string_view code, const SourceSpan& at, Bilingual message,
            Bilingual suggestion) {
  const CodeRow* known = std::find_if(std::begin(kCodes), std::end(kCodes),
                                      [&](const CodeRow& info) { return info.code == code; });
  LQ_ASSERT(known != std::end(kCodes));
  out.push_back(
      {std::string(code), known->severity, at, std::move(message), std::move(suggestion)});
}

bool has_error(const Diagnostics& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void sort_findings(Diagnostics& findings) {
  auto place = [](const Diagnostic& d) {
    return std::tie(d.at.file, d.at.line, d.at.column, d.severity, d.code);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  auto same = [&](const Diagnostic& a, const Diagnostic& b) {
    return place(a) == place(b) && a.message.en == b.message.en;
  };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
}

Bilingual did_you_mean(const std::string& nearest) {
  return {"是否想写“" + nearest + "”？", "did you mean '" + nearest + "'?"};
}

}  // namespace lianqing
