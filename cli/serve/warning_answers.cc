#include "cli/serve/warning_answers.h"

#include <algorithm>

#include "cli/serve/query.h"
#include "cli/serve/sensitive.h"
#include "cli/serve/warning_text.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kStep = 256;            // warnings read at a time
constexpr std::uint64_t kMostScanned = 20'000;  // looked at for one page

// Visits warnings backwards from below `end` down to `first` until `visit` says false.
Status backwards(const EventLog& log, std::uint64_t first, std::uint64_t end,
                 const std::function<bool(const Positioned&)>& visit) {
  while (end > first) {
    const std::uint64_t from = end - first > kStep ? end - kStep : first;
    LQ_TRY(auto page, log.warnings(from, static_cast<std::size_t>(end - from)));
    while (!page.empty() && page.back().first >= end) page.pop_back();
    for (auto at = page.rbegin(); at != page.rend(); ++at) {
      if (!visit(*at)) return {};
    }
    end = from;
  }
  return {};
}

http::Response unreadable(const Error& error) { return http::problem(500, "log", error.what); }

}  // namespace

http::Response list_warnings(const http::Request& request, const Access& access,
                             const EventLog& log, const StreamFeed& feed) {
  const auto limit = number_parameter(request, "limit", kPage, kMostPage);
  if (!limit) return limit.error();
  const auto level = level_parameter(request, "level");
  if (!level) return level.error();
  const auto since = instant_parameter(request, "since");
  if (!since) return since.error();
  const std::uint64_t head = feed.head(), first = feed.first();
  const auto place = number_parameter(request, "cursor", access.place(head + 1), UINT64_MAX);
  if (!place) return place.error();
  const std::uint64_t end = access.position(*place);
  if (end == 0 || end > head + 1)
    return bad_parameter("cursor", "`next` of the page before").value();
  WarningFilter filter = WarningFilter::of(request.parameter("unit"), request.parameter("rule"));
  if (*level) filter.level = name(**level);
  filter.since = *since;
  // Else the instants of warnings could be found by asking often.
  if (filter.since && access.is_accused()) {
    filter.since = access.discretion().start_of_day(*filter.since);
  }

  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("warnings").begin_array();
  std::uint64_t given = 0, scanned = 0, lowest = end;
  bool over = false;
  const Status read = backwards(log, first, end, [&](const Positioned& warning) {
    if (given == *limit || scanned == kMostScanned) return false;
    ++scanned;
    lowest = warning.first;
    const auto text = read_warning_text(warning.second);
    if (!text) return true;
    if (filter.since && parse_rfc3339(text->time) < *filter.since) {  // they are in order of time
      over = true;
      return false;
    }
    if (filter.takes(*text) && access.sees_quoted(text->unit)) {
      json.raw(access.warning(warning.second));
      ++given;
    }
    return true;
  });
  if (!read) return unreadable(read.error());
  json.end_array().key("next");
  if (over || lowest <= first) {
    json.null();
  } else {
    json.string(std::to_string(access.place(lowest)));
  }
  if (!access.is_limited()) json.key("position").unsigned_integer(head);  // of all units
  json.end_object();
  return tagged(request, "w" + std::to_string(first) + "-" + std::to_string(head), std::move(out));
}

http::Response get_warning(const http::Request& request, const Access& access, const EventLog& log,
                           const StreamFeed& feed, const Seal& seal) {
  auto position = log.warning_named(request.argument);
  if (position && !*position) {  // as an accused unit's viewers know it
    position = log.warning_named(seal.open_id(request.argument));
  }
  if (!position) return unreadable(position.error());
  if (*position && **position >= feed.first()) {
    const auto found = log.warnings(**position, 1);
    if (!found) return unreadable(found.error());
    if (!found->empty() && found->front().first == **position &&
        access.sees_text(found->front().second)) {
      return http::Response::json(access.warning(found->front().second));
    }
  }
  return http::problem(
      404, "warning",
      "there is no warning '" + request.argument + "' of the rule pack and register that run");
}

http::Response list_quarantine(const http::Request& request, const EventLog& log,
                               const Program& program) {
  const auto limit = number_parameter(request, "limit", kPage, kMostPage);
  if (!limit) return limit.error();
  const auto cursor = number_parameter(request, "cursor", 0, UINT64_MAX);
  if (!cursor) return cursor.error();
  const auto records = log.quarantined(*cursor, static_cast<std::size_t>(*limit) + 1);
  if (!records) return unreadable(records.error());
  http::Response out;
  JsonWriter json(out.body);
  const Sensitive sensitive(program);
  json.begin_object().key("records").begin_array();
  for (std::size_t i = 0; i < std::min<std::size_t>(records->size(), *limit); ++i) {
    const QuarantinedRecord& record = (*records)[i];
    json.begin_object().key("number").unsigned_integer(record.number);
    json.key("at").string(format_rfc3339(record.at));
    json.key("code").string(record.rejection.code).key("detail").string(record.rejection.detail);
    json.key("position").unsigned_integer(record.rejection.column);
    json.key("raw");
    if (const auto raw = sensitive.redacted(record.rejection.raw)) {
      json.string(*raw).end_object();
    } else {
      json.null().key("withheld").string("sensitive").end_object();
    }
  }
  json.end_array().key("next");
  if (records->size() > *limit) {
    json.string(std::to_string(records->back().number));
  } else {
    json.null();
  }
  json.end_object();
  return out;
}

http::StreamPage stream_page(const Access& access, std::vector<Positioned> warnings) {
  http::StreamPage out;
  for (Positioned& warning : warnings) {
    out.reached.warning = warning.first;
    const auto text = read_warning_text(warning.second);
    if (text ? text->shadow || !access.sees_quoted(text->unit) : access.is_limited()) continue;
    out.warnings.emplace_back(access.place(warning.first),
                              access.told(access.warning(std::move(warning.second))));
  }
  return out;
}

}  // namespace lianqing
