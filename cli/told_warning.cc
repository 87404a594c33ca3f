#include "cli/told_warning.h"

#include "cli/serve/warning_text.h"
#include "connectors/json_text.h"
#include "lianqing/assert.h"

namespace lianqing {

Result<std::optional<ToldWarning>> told_warning(const EventLog& log, const std::string& id) {
  LQ_TRY(const auto position, log.warning_named(id));
  if (!position) return std::optional<ToldWarning>{};
  LQ_TRY(const auto found, log.warnings(*position, 1));
  if (found.empty() || found[0].first != *position) return std::optional<ToldWarning>{};
  const auto text = read_warning_text(found[0].second);
  const auto from = text ? level_named(text->from) : std::nullopt;
  const auto to = text ? level_named(text->to) : std::nullopt;
  const auto time = text ? parse_rfc3339(text->time) : std::nullopt;
  if (!from || !to || !time) {
    return failure(ErrorCode::corrupt, "stored warning " + id + ": malformed");
  }
  ToldWarning out;
  out.unit = json_text(text->unit);
  out.rule = json_text(text->rule);
  out.from = *from;
  out.to = *to;
  out.time = *time;
  out.rules = text->rules;
  out.backfilled = text->backfilled;
  return std::optional<ToldWarning>{std::move(out)};
}

}  // namespace lianqing
