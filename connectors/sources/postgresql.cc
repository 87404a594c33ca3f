// cursor := the mark of the row, as PostgreSQL writes it
#include "connectors/sources/postgresql.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <chrono>

#include "connectors/json_writer.h"
#include "connectors/sources/pause.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

using std::chrono::milliseconds;

constexpr SettingRow kKeys[] = {
    {"connection", SettingShape::text, true},
    {"query", SettingShape::text, true},
    {"cursor", SettingShape::text, true},
    {"start", SettingShape::text},
    {"every", SettingShape::duration, false, 1, 86'400},
    {"hold", SettingShape::duration, false, 0, 86'400},
    {"page", SettingShape::number, false, 1, static_cast<std::int64_t>(kPullRecords)},
    {"json", SettingShape::text},
    {"type", SettingShape::text},
    {"event", SettingShape::pairs},
    {"data", SettingShape::pairs},
};
constexpr std::string_view kAttributes[] = {"id", "type", "time", "unit", "source", "subject"};
constexpr Duration kEvery{5'000'000}, kHold{1'000'000};
constexpr milliseconds kPatience{2'000};
constexpr int kPollMs = 100;
constexpr std::int64_t kFirstPage = 50, kGrowth = 4;  // rows, before their size is known

// Types that JSON has or that are written otherwise there; others are texts.
enum KnownOid : Oid {
  kBool = 16,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kJson = 114,
  kFloat4 = 700,
  kFloat8 = 701,
  kTimestamptz = 1184,
  kNumeric = 1700,
  kJsonb = 3802
};

constexpr std::string_view kPlaceholder = ":cursor";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The query with $1 for `:cursor`; nothing if it has none.
std::optional<std::string> with_parameter(const std::string& query) {
  std::string out;
  bool found = false;
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = at + kPlaceholder.size();
    const bool here = query.compare(at, kPlaceholder.size(), kPlaceholder) == 0 &&
                      (at == 0 || query[at - 1] != ':') &&
                      (end >= query.size() || !is_word(query[end]));
    found = found || here;
    out += here ? "$1" : std::string(1, query[at]);
    at += here ? kPlaceholder.size() : 1;
  }
  if (!found) return std::nullopt;
  while (!out.empty() &&
         (is_word(out.back()) ? false
                              : out.back() == ';' || out.back() == ' ' || out.back() == '\n')) {
    out.pop_back();
  }
  return out;
}

std::string quoted_name(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Rows = std::unique_ptr<PGresult, FreeResult>;

std::string first_line(std::string text) {
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

// A connection for reading only. One thread.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  bool is_open() const { return connection_ != nullptr; }
  void close() {
    PQfinish(connection_);
    connection_ = nullptr;
  }

  Status open(const std::string& target, const std::stop_token& stop) {
    const char* const keys[] = {"connect_timeout", "fallback_application_name", "dbname",
                                "client_encoding", nullptr};
    const char* const values[] = {"5", "lianqing", target.c_str(), "UTF8", nullptr};
    connection_ = PQconnectdbParams(keys, values, 1);
    if (connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK) return failed();
    for (const char* setting :
         {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET datestyle = 'ISO'",
          "SET timezone = 'UTC'", "SET extra_float_digits = 1"}) {
      LQ_TRY(const Rows done, ask(setting, {}, stop));
    }
    return {};
  }

  // Fails: io. A request to stop cancels the query, and that is such a failure.
  Result<Rows> ask(const std::string& text, const std::vector<std::string>& parameters,
                   const std::stop_token& stop) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    if (PQsendQueryParams(connection_, text.c_str(), static_cast<int>(values.size()), nullptr,
                          values.data(), nullptr, nullptr, 0) == 0) {
      return failed();
    }
    for (bool cancelled = false; PQisBusy(connection_) != 0;) {
      if (stop.stop_requested() && !cancelled) cancelled = cancel();
      pollfd wait{PQsocket(connection_), POLLIN, 0};
      if (::poll(&wait, 1, kPollMs) > 0 && PQconsumeInput(connection_) == 0) return failed();
    }
    Rows out(PQgetResult(connection_));
    while (const Rows more{PQgetResult(connection_)}) {
    }
    const ExecStatusType status = PQresultStatus(out.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return out;
    const char* state = PQresultErrorField(out.get(), PG_DIAG_SQLSTATE);
    const bool wrong = state != nullptr && (std::string_view(state).starts_with("42") ||
                                            std::string_view(state).starts_with("22"));
    const Error error{wrong ? ErrorCode::refused : ErrorCode::io,
                      "PostgreSQL: " + first_line(PQresultErrorMessage(out.get()))};
    return Unexpected<Error>(error);
  }

 private:
  bool cancel() {
    PGcancel* const cancel = PQgetCancel(connection_);
    std::array<char, 256> ignored{};
    if (cancel != nullptr) PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
    PQfreeCancel(cancel);
    return true;
  }

  Unexpected<Error> failed() {
    const std::string why = connection_ == nullptr ? "no memory" : PQerrorMessage(connection_);
    close();
    return failure(ErrorCode::io, "PostgreSQL: " + first_line(why));
  }

  PGconn* connection_ = nullptr;
};

// ---- a row as an event

std::string_view cell(const Rows& rows, int row, int column) {
  return {PQgetvalue(rows.get(), row, column),
          static_cast<std::size_t>(PQgetlength(rows.get(), row, column))};
}

// 2026-03-05 02:00:00.5+00 -> 2026-03-05T02:00:00.5Z; nothing for infinity and years before 1.
std::optional<std::string> rfc3339_of(std::string_view text) {
  if (text.size() < 22 || !text.ends_with("+00") || text[10] != ' ') return std::nullopt;
  std::string out(text.substr(0, text.size() - 3));
  out[10] = 'T';
  return out + "Z";
}

// False: JSON has no such value, and null stands in its place.
bool put_cell(JsonWriter& json, const Rows& rows, int row, int column) {
  const std::string_view text = cell(rows, row, column);
  if (PQgetisnull(rows.get(), row, column) != 0) {
    json.null();
    return true;
  }
  switch (PQftype(rows.get(), column)) {
    case kBool: json.boolean(text == "t"); return true;
    case kInt2:
    case kInt4:
    case kInt8:
    case kJson:
    case kJsonb: json.raw(text); return true;
    case kNumeric:
    case kFloat4:
    case kFloat8:
      if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) break;
      json.raw(text);
      return true;
    case kTimestamptz:
      if (const auto time = rfc3339_of(text)) {
        json.string(*time);
        return true;
      }
      break;
    default: json.string(text); return true;
  }
  json.null();
  return false;
}

struct Mapping {
  std::string json;             // the column that holds the event; empty: the rest counts
  std::string type;             // of all events, if no column has it
  Settings::Pairs event, data;  // attribute, field -> column
};

// What comes out of a query's columns by a mapping.
class RowReader {
 public:
  // Fails: refused, a column that the query does not give.
  static Result<RowReader> make(const Mapping& mapping, const std::string& mark, const Rows& rows) {
    RowReader out;
    std::vector<bool> used(static_cast<std::size_t>(PQnfields(rows.get())), false);
    const auto column = [&](const std::string& name) -> Result<int> {
      for (int i = 0; i < PQnfields(rows.get()); ++i) {
        if (PQfname(rows.get(), i) != name) continue;
        used[static_cast<std::size_t>(i)] = true;
        return i;
      }
      return failure(ErrorCode::refused, "the query gives no column '" + name + "'");
    };
    out.type_ = mapping.type;
    LQ_TRY(out.mark_, column(mark));
    if (!mapping.json.empty()) {
      LQ_TRY(out.json_, column(mapping.json));
      return out;
    }
    for (const auto& [attribute, name] : mapping.event) {
      LQ_TRY(const int at, column(name));
      out.event_.emplace_back(attribute, at);
    }
    for (const auto& [field, name] : mapping.data) {
      LQ_TRY(const int at, column(name));
      out.data_.emplace_back(field, at);
    }
    // Without a list of fields: all columns that are nothing else.
    for (int i = 0; mapping.data.empty() && i < PQnfields(rows.get()); ++i) {
      if (!used[static_cast<std::size_t>(i)]) out.data_.emplace_back(PQfname(rows.get(), i), i);
    }
    return out;
  }

  std::string mark(const Rows& rows, int row) const { return std::string(cell(rows, row, mark_)); }

  RawRecord record(const Rows& rows, int row) const {
    RawRecord out;
    out.cursor = mark(rows, row);
    out.place = "row " + out.cursor;
    if (json_ >= 0) {
      out.bytes = cell(rows, row, json_);
      return out;
    }
    JsonWriter json(out.bytes);
    json.begin_object();
    if (!type_.empty()) json.key("type").string(type_);
    for (const auto& [attribute, column] : event_)
      put_attribute(json, attribute, rows, row, column, out);
    json.key("data").begin_object();
    for (const auto& [field, column] : data_) {
      json.key(field);
      if (!put_cell(json, rows, row, column)) blame(field, cell(rows, row, column), out);
    }
    json.end_object().end_object();
    return out;
  }

 private:
  static void blame(const std::string& field, std::string_view value, RawRecord& out) {
    if (out.fault) return;
    out.fault = RecordFault{
        "number", "'" + field + "' is " + std::string(value) + ", which no event can hold"};
  }

  // All attributes are texts.
  static void put_attribute(JsonWriter& json, const std::string& name, const Rows& rows, int row,
                            int column, RawRecord& out) {
    json.key(name);
    const std::string_view text = cell(rows, row, column);
    if (PQgetisnull(rows.get(), row, column) != 0) {
      json.null();
    } else if (PQftype(rows.get(), column) != kTimestamptz) {
      json.string(text);
    } else if (const auto time = rfc3339_of(text)) {
      json.string(*time);
    } else {
      json.string(text);
      blame(name, text, out);
    }
  }

  std::string type_;
  int mark_ = 0, json_ = -1;
  std::vector<std::pair<std::string, int>> event_, data_;
};

// ---- the source

class PostgreSql final : public Source {
 public:
  PostgreSql(const Settings& settings, const std::string& cursor)
      : target_(settings.text("connection")),
        query_(with_parameter(settings.text("query")).value_or(std::string())),
        column_(settings.text("cursor")),
        mapping_{settings.text("json"), settings.text("type"), settings.pairs("event"),
                 settings.pairs("data")},
        every_(settings.duration("every", kEvery)),
        hold_(settings.duration("hold", kHold)),
        page_(settings.number("page", static_cast<std::int64_t>(kPullRecords))),
        cursor_(cursor.empty() ? settings.text("start", "0") : cursor) {}

  Result<Pulled> next(Pull& out, const std::stop_token& stop) override {
    const auto until = Clock::now() + kPatience;
    do {
      if (!connection_.is_open()) {
        if (Status s = connection_.open(target_, stop); !s) return ended(s.error(), stop);
      }
      auto looked = look(out, stop);
      if (!looked) return ended(looked.error(), stop);
      if (!out.records.empty()) return Pulled::records;
    } while (Clock::now() < until && pause(stop, milliseconds(kPollMs)));
    return Pulled::nothing;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // A query that was cancelled because it shall stop is no failure.
  static Result<Pulled> ended(const Error& error, const std::stop_token& stop) {
    if (stop.stop_requested()) return Pulled::nothing;
    return Unexpected<Error>(error);
  }

  Status look(Pull& out, const std::stop_token& stop) {
    if (!horizon_) {
      if (Clock::now() < next_look_) return {};
      return note_horizon(stop);
    }
    if (!settled_) {
      if (Clock::now() < noted_at_ + hold_) return {};
      LQ_TRY(const Rows rows, connection_.ask("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= "
                                              "$1::text::xid8",
                                              {transactions_}, stop));
      settled_ = cell(rows, 0, 0) == "t";
      if (!settled_) return wait_for_transactions(out);
    }
    return read_page(out, stop);
  }

  // Tells once that something holds it back.
  Status wait_for_transactions(Pull& out) {
    if (!told_ && Clock::now() > noted_at_ + hold_ + std::chrono::minutes(1)) {
      told_ = true;
      out.notices.push_back({"等待较早的写事务结束，其后的行才会读取",
                             "rows wait for the end of an older transaction that writes"});
    }
    return {};
  }

  Status note_horizon(const std::stop_token& stop) {
    const std::string mark = "q." + quoted_name(column_);
    // The marks first: a transaction that is not among those noted afterwards ended before that, or
    // had not begun when the highest mark was there.
    LQ_TRY(const Rows highest, connection_.ask("SELECT " + mark + "::text FROM (" + query_ +
                                                   "\n) AS q ORDER BY " + mark + " DESC LIMIT 1",
                                               {cursor_}, stop));
    next_look_ = Clock::now() + std::chrono::microseconds(every_.count());
    if (PQntuples(highest.get()) == 0) return {};
    if (PQgetisnull(highest.get(), 0, 0) != 0) {
      return failure(ErrorCode::refused, "the column '" + column_ + "' is null in a row");
    }
    LQ_TRY(const Rows now,
           connection_.ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text", {}, stop));
    horizon_ = std::string(cell(highest, 0, 0));
    transactions_ = cell(now, 0, 0);
    noted_at_ = Clock::now();
    settled_ = told_ = false;
    return {};
  }

  Status read_page(Pull& out, const std::stop_token& stop) {
    const std::string mark = "q." + quoted_name(column_);
    LQ_TRY(const Rows rows,
           connection_.ask("SELECT q.* FROM (" + query_ + "\n) AS q WHERE " + mark +
                               " <= $2 ORDER BY " + mark + " LIMIT " + std::to_string(fits_ + 1),
                           {cursor_, *horizon_}, stop));
    LQ_TRY(const RowReader reader, RowReader::make(mapping_, column_, rows));
    // One more than the page, to see that its mark is another than the last one's.
    const int found = PQntuples(rows.get());
    const int count = static_cast<int>(std::min<std::int64_t>(found, fits_));
    std::size_t bytes = 0;
    for (int row = 0; row < found; ++row) {
      if (const std::string here = reader.mark(rows, row); here == cursor_) {
        return failure(ErrorCode::refused, "the column '" + column_ + "' has " + here +
                                               " twice, or the query gives rows at and not behind "
                                               ":cursor: a mark must be unique");
      }
      if (row == count) break;
      out.records.push_back(reader.record(rows, row));
      cursor_ = out.records.back().cursor;
      bytes += out.records.back().bytes.size();
    }
    if (found <= fits_) horizon_.reset();
    fit(bytes, count);
    return {};
  }

  // A page is held in memory as a whole: no more rows than make about a pull's bytes.
  void fit(std::size_t bytes, int count) {
    if (count == 0) return;
    const std::size_t each = bytes / static_cast<std::size_t>(count) + 1;
    const std::int64_t most = std::min(page_, kGrowth * fits_);
    fits_ = std::clamp(static_cast<std::int64_t>(kPullBytes / each), std::int64_t{1}, most);
  }

  const std::string target_, query_, column_;
  const Mapping mapping_;
  const Duration every_, hold_;
  const std::int64_t page_;
  std::int64_t fits_ = std::min(page_, kFirstPage);  // rows of the next page
  std::string cursor_;                               // of the newest row given
  Connection connection_;
  std::optional<std::string> horizon_;  // highest mark that is being read up to
  std::string transactions_;            // those from this one on began after it was noted
  bool settled_ = false;                // all older ones have ended
  bool told_ = false;
  Clock::time_point noted_at_, next_look_;
};

bool is_attribute(const std::string& name) {
  for (const std::string_view known : kAttributes) {
    if (known == name) return true;
  }
  return false;
}

}  // namespace

std::span<const SettingRow> postgresql_keys() { return kKeys; }

std::vector<SettingFault> check_postgresql(const Settings& settings) {
  std::vector<SettingFault> out;
  if (settings.has("query") && !with_parameter(settings.text("query"))) {
    out.push_back({"query",
                   {"query 中要有 :cursor，例如 WHERE id > :cursor",
                    "the query needs :cursor, as in WHERE id > :cursor"}});
  }
  if (settings.has("json")) {
    if (settings.has("event") || settings.has("data") || settings.has("type")) {
      out.push_back(
          {"json", {"json 与 event、data、type 只能选一", "json excludes event, data and type"}});
    }
    return out;
  }
  bool has_id = false, has_time = false, has_type = settings.has("type");
  for (const auto& [attribute, column] : settings.pairs("event")) {
    has_id = has_id || attribute == "id";
    has_time = has_time || attribute == "time";
    has_type = has_type || attribute == "type";
    if (!is_attribute(attribute)) {
      out.push_back(
          {"event",
           {"“" + attribute + "”不是事件的属性：应为 id、type、time、unit、source、subject",
            "'" + attribute +
                "' is no attribute of an event: id, type, time, unit, source, subject"}});
    }
  }
  if (!has_id || !has_time || !has_type) {
    out.push_back({"event",
                   {"event 要指明 id、time 的列，以及 type 的列（或用 type 写一个固定的类型）；"
                    "或者用 json 指明一列",
                    "event must name the columns of id, time and type (or give one type with "
                    "'type'); or json names one column"}});
  }
  return out;
}

Result<std::unique_ptr<Source>> open_postgresql(const std::string&, const Settings& settings,
                                                const std::string& cursor) {
  return std::make_unique<PostgreSql>(settings, cursor);
}

}  // namespace lianqing
