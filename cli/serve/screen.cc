#include "cli/serve/screen.h"

#include <algorithm>

#include "cli/serve/escapes.h"
#include "connectors/utf8.h"

namespace lianqing {
namespace {

bool is_within(std::string_view path, std::string_view field) {
  return path.starts_with(field) && (path.size() == field.size() || path[field.size()] == '.');
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

std::optional<Rejection> Screen::refusal(const Event& event) const {
  for (const std::string& field : fields) {
    const bool there = std::any_of(event.data.begin(), event.data.end(),
                                   [&](const Field& one) { return is_within(one.path, field); });
    if (there) {
      return Rejection{"screened",
                       "the field '" + field + "' may not be sent here: leave it out",
                       event.origin,
                       0,
                       {}};
    }
  }
  // What is deeper than fields go: in lists of objects, or in a text that is JSON again.
  if (holds_field(event.raw)) {
    return Rejection{"screened",
                     "a field that may not be sent here is in the record: leave it out",
                     event.origin,
                     0,
                     {}};
  }
  if (level_field.empty()) return std::nullopt;
  for (const Field& field : event.data) {
    if (!is_within(field.path, level_field)) continue;
    const auto* level = std::get_if<std::string_view>(&field.value.value);
    const bool known = field.path == level_field && level != nullptr &&
                       std::find(levels.begin(), levels.end(), *level) != levels.end();
    if (known) continue;
    return Rejection{
        "level", "material of this level may not be entered here", event.origin, 0, {}};
  }
  return std::nullopt;
}

bool Screen::holds_field(std::string_view raw) const {
  if (fields.empty()) return false;
  return at_any_depth(raw, [this](const std::string& text) {
    return std::any_of(fields.begin(), fields.end(), [&](const std::string& field) {
      return text.find("\"" + std::string(last_part(field)) + "\"") != std::string::npos;
    });
  });
}

bool Screen::suspects(std::string_view raw) const {
  if (fields.empty() && level_field.empty()) return false;
  if (raw.find('\0') != std::string_view::npos || first_bad_utf8(raw) < raw.size()) return true;
  return at_any_depth(raw, [this](const std::string& text) {
    const auto named = [&text](const std::string& field) {
      return text.find(last_part(field)) != std::string::npos;
    };
    return std::any_of(fields.begin(), fields.end(), named) ||
           (!level_field.empty() && named(level_field));
  });
}

Rejection Screen::withheld(const Rejection& rejection, std::string mark) {
  const bool own = rejection.code == "screened" || rejection.code == "level";
  return {rejection.code,
          own ? rejection.detail : "its content is withheld: it may hold a field that is screened",
          rejection.origin, rejection.column, "withheld " + std::move(mark)};
}

}  // namespace lianqing
