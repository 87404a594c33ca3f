#include "cli/render_diagnostics.h"

#include <algorithm>

#include "cli/columns.h"
#include "cli/json_parts.h"
#include "rules/identifier.h"
#include "rules/source_lines.h"

namespace lianqing {
namespace {

constexpr std::size_t kMaxShown = 160;  // code points of a source line

std::string_view severity_key(Severity severity) { return severity_word(severity, false); }

// Byte position of code point `n` (from 0), or the end.
std::size_t byte_of(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (; at < text.size() && n > 0; --n) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return out;
}

// The source line and the caret under the place. A long line is cut to what is around it.
std::string excerpt(std::string_view line, const SourceSpan& at) {
  const std::size_t column = at.column - 1, length = std::max<std::size_t>(1, at.length);
  std::size_t first = 0;
  if (column + std::min<std::size_t>(length, 40) > kMaxShown) first = column - 40;
  const std::string_view shown =
      line.substr(byte_of(line, first), byte_of(line.substr(byte_of(line, first)), kMaxShown));
  const std::string number = std::to_string(at.line);
  const std::string gutter(std::max<std::size_t>(number.size(), 4), ' ');
  const std::string_view before = shown.substr(0, byte_of(shown, column - first));
  const std::string_view under =
      shown.substr(before.size(), byte_of(shown.substr(before.size()), length));
  const std::string dots = first > 0 ? "..." : "";
  std::string out =
      " " + gutter.substr(number.size()) + number + " | " + dots + printable(shown) + "\n";
  out += " " + gutter + " | " + std::string(dots.size() + display_width(printable(before)), ' ');
  out += std::string(std::max<std::size_t>(1, display_width(printable(under))), '^') + "\n";
  return out;
}

}  // namespace

std::string_view severity_word(Severity severity, bool chinese) {
  switch (severity) {
    case Severity::error: return chinese ? "错误" : "error";
    case Severity::warning: return chinese ? "警告" : "warning";
    case Severity::note: return chinese ? "提示" : "note";
  }
  return {};
}

std::string render_excerpt(const SourceSpan& at, std::span<const SourceText> texts) {
  if (at.file >= texts.size() || at.line == 0 || at.column == 0) return {};
  const std::string_view line = line_of(texts[at.file].bytes, at.line);
  return is_valid_utf8(line) ? excerpt(line, at) : std::string();
}

std::string render_text(const Diagnostics& findings, std::span<const SourceText> texts,
                        bool chinese) {
  std::string out;
  for (const Diagnostic& finding : findings) {
    const bool known = finding.at.file < texts.size();
    if (known) out += texts[finding.at.file].name + ":";
    if (known && finding.at.line > 0) {
      out += std::to_string(finding.at.line) + ":" + std::to_string(finding.at.column) + ":";
    }
    if (known) out += ' ';
    out += severity_word(finding.severity, chinese);
    out += " " + finding.code + ": " + finding.message.in(chinese) + "\n";
    out += render_excerpt(finding.at, texts);
    if (!finding.suggestion.empty()) out += "      = " + finding.suggestion.in(chinese) + "\n";
  }
  return out;
}

std::string render_json(const Diagnostics& findings, std::span<const SourceText> texts) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const Diagnostic& finding : findings) {
    const SourceSpan& at = finding.at;
    out.begin_object()
        .key("code")
        .string(finding.code)
        .key("severity")
        .string(severity_key(finding.severity));
    out.key("file").string(at.file < texts.size() ? texts[at.file].name : std::string());
    out.key("line").unsigned_integer(at.line).key("column").unsigned_integer(at.column);
    out.key("length").unsigned_integer(at.length).key("message");
    put(out, finding.message);
    out.key("suggestion");
    if (finding.suggestion.empty()) {
      out.null();
    } else {
      put(out, finding.suggestion);
    }
    out.end_object();
  }
  out.end_array();
  return text + "\n";
}

std::string render_counts(const Diagnostics& findings, bool chinese) {
  std::string out;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    const auto n = std::count_if(findings.begin(), findings.end(),
                                 [&](const Diagnostic& d) { return d.severity == severity; });
    if (n == 0 && severity == Severity::note) continue;
    const std::string count = std::to_string(n), word(severity_word(severity, chinese));
    if (!out.empty()) out += chinese ? "，" : ", ";
    out += chinese ? count + " 个" + word : count + " " + word + (n == 1 ? "" : "s");
  }
  return out;
}

}  // namespace lianqing
