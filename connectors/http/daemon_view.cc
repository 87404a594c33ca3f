#include "connectors/http/daemon_view.h"

#include <boost/json.hpp>
#include <charconv>

#include "lianqing/assert.h"

namespace lianqing::http {
namespace {

namespace json = boost::json;

// Members of an answer; what is not there or of another kind reads as empty.
const json::value* member(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
}
std::string text(const json::value& value, std::string_view name) {
  const auto* found = member(value, name);
  const auto* string = found == nullptr ? nullptr : found->if_string();
  return string == nullptr ? std::string() : std::string(string->data(), string->size());
}
std::uint64_t number(const json::value& value, std::string_view name) {
  const auto* found = member(value, name);
  const auto* integer = found == nullptr ? nullptr : found->if_int64();
  return integer == nullptr ? 0 : static_cast<std::uint64_t>(*integer);
}
const json::array& list(const json::value& value, std::string_view name) {
  static const json::array kNone;
  const auto* found = member(value, name);
  const auto* array = found == nullptr ? nullptr : found->if_array();
  return array == nullptr ? kNone : *array;
}
Level level(const json::value& value, std::string_view name) {
  const std::string word = text(value, name);
  for (const Level one : {Level::yellow, Level::red}) {
    if (lianqing::name(one) == word) return one;
  }
  return Level::green;
}
std::string keyed(const json::value& value) {
  const std::string key = text(value, "key");
  return text(value, "rule") + (key.empty() ? "" : "[" + key + "]");
}

Result<json::value> ask(Client& client, const std::string& target) {
  LQ_TRY(const ClientAnswer answer, client.get(target));
  boost::system::error_code error;
  json::value body = json::parse(answer.body, error);
  if (answer.status == 401 || answer.status == 403) {
    return failure(ErrorCode::refused, target + ": " + text(body, "detail"));
  }
  const bool readiness = answer.status == 503 && member(body, "ready") != nullptr;
  if (error || (answer.status != 200 && !readiness)) {
    return failure(ErrorCode::io, target + ": answered " + std::to_string(answer.status) + " " +
                                      text(body, "detail"));
  }
  return body;
}

void read_units(const json::value& body, DaemonView& out) {
  out.units = number(body, "total");
  out.grey = number(body, "grey");
  if (const auto* colours = member(body, "colours")) {
    for (const Level one : {Level::green, Level::yellow, Level::red}) {
      out.colours[static_cast<std::size_t>(one)] = number(*colours, name(one));
    }
  }
  for (const json::value& unit : list(body, "units")) {
    UnitRow row{text(unit, "unit"), text(unit, "colour"), {}};
    for (const json::value& standing : list(unit, "levels")) {
      if (member(standing, "shadow") != nullptr) continue;
      row.up.emplace_back(keyed(standing), level(standing, "level"));
    }
    out.rows.push_back(std::move(row));
  }
}

void read_warnings(const json::value& body, DaemonView& out) {
  for (const json::value& one : list(body, "warnings")) {
    WarningRow row{text(one, "time"),  text(one, "unit"), text(one, "rule"), text(one, "key"), {},
                   level(one, "from"), level(one, "to")};
    if (const auto* title = member(one, "title")) {
      row.title = {text(*title, "zh"), text(*title, "en")};
    }
    out.warnings.push_back(std::move(row));
  }
}

}  // namespace

Result<DaemonView> look_at(Client& client, std::size_t units, std::size_t warnings) {
  DaemonView out;
  LQ_TRY(const json::value ready, ask(client, "/readyz"));
  const auto* is_ready = member(ready, "ready");
  out.ready = is_ready != nullptr && is_ready->is_bool() && is_ready->get_bool();
  out.records = number(ready, "records");
  out.position = number(ready, "position");
  for (const char* colour : {"red", "yellow"}) {
    const std::size_t most = std::max<std::size_t>(units, out.rows.size() + 1) - out.rows.size();
    LQ_TRY(const json::value body, ask(client, std::string("/v1/units?colour=") + colour +
                                                   "&limit=" + std::to_string(most)));
    read_units(body, out);
  }
  if (out.rows.size() > units) out.rows.resize(units);
  LQ_TRY(const json::value newest,
         ask(client, "/v1/warnings?limit=" + std::to_string(std::max<std::size_t>(warnings, 1))));
  read_warnings(newest, out);
  LQ_TRY(const ClientAnswer page, client.get("/metrics"));
  if (page.status == 200) out.metrics = read_metrics(page.body);
  return out;
}

std::map<std::string, double> read_metrics(const std::string& page) {
  std::map<std::string, double> out;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size());
    const std::string_view line(page.data() + at, end - at);
    at = end + 1;
    const std::size_t blank = line.rfind(' ');
    if (line.starts_with('#') || blank == std::string_view::npos) continue;
    double value = 0;
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), value);
    out.emplace(line.substr(0, blank), value);
  }
  return out;
}

}  // namespace lianqing::http
