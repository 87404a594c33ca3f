#include "lianqing/ruleset.h"

#include <filesystem>
#include <string>

#include "rules/calendar_file.h"
#include "rules/canonical.h"
#include "rules/check.h"
#include "rules/fingerprint.h"
#include "rules/lint/allowance.h"
#include "rules/lint/lint.h"
#include "rules/lower.h"
#include "rules/parse.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

// The file's name without folders and ending: `cn` of `calendars/cn.yaml`.
std::string stem(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return name.substr(0, name.find('.'));
}

Zone make_zone(const PackHead& head, Diagnostics& out) {
  static const std::string kDefault = "Asia/Shanghai";
  const std::string name = head.timezone.present ? head.timezone.text : kDefault;
  auto zone = load_zone(name);
  if (zone) return *std::move(zone);
  report(out, "R025", head.timezone.present ? head.timezone.at : head.at,
         {"没有时区“" + name + "”", "unknown time zone '" + name + "'"},
         {"例如 Asia/Shanghai", "such as Asia/Shanghai"});
  Zone utc;
  utc.name = "UTC";
  utc.changes.push_back({kBeforeAll, Duration{0}});
  return utc;
}

Calendar make_calendar(const PackSyntax& syntax, std::span<const SourceText> calendars,
                       std::uint32_t first_file, Diagnostics& out) {
  Calendar calendar;
  const Text& name = syntax.head.calendar;
  if (name.present) {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < calendars.size(); ++i) {
      known.push_back(stem(calendars[i].name));
      if (known.back() != name.text) continue;
      auto parsed = parse_calendar(calendars[i], first_file + static_cast<std::uint32_t>(i), out);
      if (parsed) calendar = *std::move(parsed);
      calendar.name = name.text;
      add_local_days(syntax.days_off, syntax.days_on, calendar, out);
      return calendar;
    }
    const auto nearest = nearest_name(name.text, known);
    report(out, "R026", name.at,
           {"没有日历“" + name.text + "”", "unknown calendar '" + name.text + "'"},
           nearest ? did_you_mean(*nearest)
                   : Bilingual{"自带的日历是 cn；自己的放在规则包的 calendars 文件夹里",
                               "cn is shipped; put your own into the pack's folder calendars"});
    calendar.name = name.text;
    return calendar;
  }
  const auto& days = syntax.days_off.empty() ? syntax.days_on : syntax.days_off;
  if (!days.empty()) {
    report(out, "R040", days.front().at,
           {"calendar_days 需要日历", "calendar_days needs a calendar"},
           {"在 pack 中加上 calendar: cn", "add calendar: cn to the section pack"});
  }
  return calendar;
}

// Names that do not tell where the pack lies on this machine: a warning that shows one is the same
// wherever it is replayed.
std::vector<SourceText> names_within(std::span<const SourceText> files) {
  const std::filesystem::path folder = std::filesystem::path(files.front().name).parent_path();
  std::vector<SourceText> out;
  for (const SourceText& text : files) {
    const auto name = std::filesystem::path(text.name).lexically_relative(folder);
    out.push_back({name.empty() ? text.name : name.generic_string(), {}, text.layer});
  }
  return out;
}

}  // namespace

Checked<std::shared_ptr<const Program>> compile_pack(std::span<const SourceText> files,
                                                     std::span<const SourceText> calendars,
                                                     Diagnostics* warnings) {
  Diagnostics out;
  if (files.empty()) {
    report(out, "R031", {0, 0, 0, 1}, {"规则包里没有 .yaml 文件", "the pack has no .yaml file"},
           {"检查文件夹是否正确", "see whether it is the right folder"});
    return Unexpected<Diagnostics>(std::move(out));
  }
  const PackSyntax syntax = parse_pack(files, out);
  if (!syntax.complete) {  // names may be missing that the unreadable file defines
    sort_findings(out);
    return Unexpected<Diagnostics>(std::move(out));
  }
  auto program = std::make_shared<Program>();
  program->zone = make_zone(syntax.head, out);
  program->calendar =
      make_calendar(syntax, calendars, static_cast<std::uint32_t>(files.size()), out);
  program->sources = names_within(files);
  const Lowered lowered = lower(syntax, *program, out);
  check(syntax, files, *program, lowered, out);
  if (!has_error(out)) lint(syntax, *program, out);
  apply_allowances(syntax.allowances, out);
  sort_findings(out);
  if (has_error(out)) return Unexpected<Diagnostics>(std::move(out));
  program->hash = sha256(canonical_text(*program));
  if (warnings != nullptr) *warnings = std::move(out);
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace lianqing
