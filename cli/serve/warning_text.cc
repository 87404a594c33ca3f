#include "cli/serve/warning_text.h"

#include "connectors/json_writer.h"

namespace lianqing {
namespace {

// The JSON string that `text` begins with, quotes included; empty if there is none.
std::string_view quoted(std::string_view text) {
  if (!text.starts_with('"')) return {};
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return text.substr(0, at + 1);
    }
  }
  return {};
}

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take(std::string_view& text, std::string_view before, std::string_view& out) {
  if (!skip(text, before)) return false;
  out = quoted(text);
  text.remove_prefix(out.size());
  return !out.empty();
}

std::string_view bare(std::string_view string) { return string.substr(1, string.size() - 2); }

}  // namespace

std::optional<Level> level_named(std::string_view text) {
  for (const Level level : {Level::green, Level::yellow, Level::red}) {
    if (text == name(level)) return level;
  }
  return std::nullopt;
}

std::optional<WarningText> read_warning_text(std::string_view text) {
  WarningText out;
  std::string_view rest = text;
  if (!take(rest, "{\"id\":", out.id) || !take(rest, ",\"unit\":", out.unit) ||
      !take(rest, ",\"rule\":", out.rule)) {
    return std::nullopt;
  }
  // Inside a string every quote has a backslash before it: these can only be the members.
  const std::size_t to = rest.find(",\"to\":\""), time = rest.find(",\"time\":\"");
  if (to == std::string_view::npos || time == std::string_view::npos || time < to) {
    return std::nullopt;
  }
  const std::size_t key = rest.find(",\"key\":"), from = rest.find(",\"from\":\"");
  if (from == std::string_view::npos || key > from || from > to) return std::nullopt;
  out.key = rest.substr(key + 7, from - key - 7);
  out.from = bare(quoted(rest.substr(from + 8)));
  out.to = quoted(rest.substr(to + 6));
  out.time = quoted(rest.substr(time + 8));
  const std::size_t rules = rest.find(",\"rules\":\"", time);
  if (rules != std::string_view::npos) out.rules = quoted(rest.substr(rules + 9));
  if (!out.rules.empty()) out.rules = bare(out.rules);
  if (out.to.empty() || out.time.empty()) return std::nullopt;
  const std::string_view marks = rest.substr(to, time - to);
  out.shadow = marks.find(",\"shadow\":true") != std::string_view::npos;
  out.backfilled = marks.find(",\"backfilled\":true") != std::string_view::npos;
  out.id = bare(out.id);
  out.to = bare(out.to);
  out.time = bare(out.time);
  return out;
}

WarningFilter WarningFilter::of(const std::optional<std::string>& unit,
                                const std::optional<std::string>& rule) {
  WarningFilter out;
  if (unit) append_json_string(out.unit, *unit);
  if (rule) append_json_string(out.rule, *rule);
  return out;
}

bool WarningFilter::takes(const WarningText& warning) const {
  if (!unit.empty() && warning.unit != unit) return false;
  if (!rule.empty() && warning.rule != rule) return false;
  if (!level.empty() && warning.to != level) return false;
  if (!since) return true;
  const auto time = parse_rfc3339(warning.time);
  return time && *time >= *since;
}

}  // namespace lianqing
