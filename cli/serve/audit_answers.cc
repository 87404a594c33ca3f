#include "cli/serve/audit_answers.h"

#include <algorithm>

#include "cli/serve/query.h"
#include "connectors/json_writer.h"

namespace lianqing {

http::Response list_audit(const http::Request& request, const EventLog& audit) {
  const auto limit = number_parameter(request, "limit", kPage, kMostPage);
  if (!limit) return limit.error();
  const Seq head = audit.next_seq();
  const auto cursor = number_parameter(request, "cursor", head, UINT64_MAX);
  if (!cursor) return cursor.error();
  const Seq end = std::min<Seq>(*cursor, head), from = end > *limit ? end - *limit : 0;
  const auto records = audit.read(from, static_cast<std::size_t>(end - from));
  if (!records) return http::problem(500, "audit", records.error().what);
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("records").begin_array();
  for (auto at = records->rbegin(); at != records->rend(); ++at) {
    json.begin_object().key("seq").unsigned_integer(at->seq);
    json.key("at").string(format_rfc3339(at->recorded)).key("record").raw(at->bytes).end_object();
  }
  json.end_array().key("next");
  if (from == 0) {
    json.null();
  } else {
    json.string(std::to_string(from));
  }
  json.key("total").unsigned_integer(head).end_object();
  return out;
}

}  // namespace lianqing
