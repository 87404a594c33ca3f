#include "cli/serve/audit_trail.h"

#include <charconv>
#include <filesystem>
#include <sstream>
#include <utility>

#include "cli/translation.h"
#include "connectors/decode.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

constexpr std::chrono::seconds kMinute{60};
constexpr std::chrono::milliseconds kRound{1000};
constexpr std::size_t kMostSingle = 4096;
constexpr std::string_view kTokensKey = "audit/tokens";
// In the main log: the number of records in the audit log and the hash of its first one.
constexpr std::string_view kKnownKey = "audit/known";
constexpr std::string_view kRulesKey = "audit/rules";

Instant wall() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

void put_if(JsonWriter& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.key(key).string(value);
}

std::string text_of(const AuditNote& note, std::uint64_t times, Instant at, const std::string& id) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("specversion").string("1.0").key("id").string(id);
  json.key("source")
      .string("/lianqing/audit")
      .key("type")
      .string("org.lianqing.audit." + note.what);
  json.key("time").string(format_rfc3339(at)).key("data").begin_object();
  put_if(json, "who", note.who);
  put_if(json, "role", note.role);
  put_if(json, "operation", note.operation);
  put_if(json, "object", note.object);
  put_if(json, "result", note.result);
  put_if(json, "peer", note.peer);
  put_if(json, "detail", note.detail);
  json.key("times").unsigned_integer(times).end_object().end_object();
  return out;
}

// One line per token: hash, and whether and until when it is in force.
std::map<std::string, std::string> states(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) out[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return out;
}

std::string state_of(const AccessToken& token) {
  const auto text = [](const std::optional<Instant>& t) { return t ? format_rfc3339(*t) : "-"; };
  return token.name + "\t" + std::string(name(token.role)) + "\t" + text(token.expires) + "\t" +
         text(token.revoked);
}

std::string limits_of(const AccessToken& token) {
  std::string out = token.expires ? "until " + format_rfc3339(*token.expires) : std::string();
  for (const std::string& unit : token.units) out += (out.empty() ? "unit " : ", unit ") + unit;
  for (const std::string& type : token.types) out += (out.empty() ? "type " : ", type ") + type;
  if (!token.source.empty()) out += (out.empty() ? "source " : ", source ") + token.source;
  return out;
}

AuditNote token_note(std::string what, const std::string& by, const AccessToken& token) {
  const bool here = by.empty() || by.starts_with("os:");
  return {std::move(what),
          by,
          {},
          here ? "lianqing token" : "/v1/tokens",
          token.name,
          std::string(name(token.role)),
          {},
          limits_of(token)};
}

// What differs between the tokens as they were and as they are.
std::vector<AuditNote> token_changes(const std::string& before,
                                     const std::vector<AccessToken>& now) {
  std::vector<AuditNote> out;
  auto known = states(before);
  for (const AccessToken& token : now) {
    const auto old = known.find(token.hash);
    const std::string state = state_of(token);
    const bool is_new = old == known.end();
    if (is_new) out.push_back(token_note("token_created", token.created_by, token));
    if (token.revoked && (is_new || old->second.ends_with("\t-"))) {
      out.push_back(token_note("token_revoked", token.revoked_by, token));
    } else if (!is_new && old->second != state) {
      out.push_back(token_note("token_changed", {}, token));
    }
    if (!is_new) known.erase(old);
  }
  for (const auto& [hash, state] : known) {
    out.push_back({"token_removed",
                   {},
                   {},
                   "a change of the file",
                   state.substr(0, state.find('\t')),
                   {},
                   {},
                   {}});
  }
  return out;
}

struct Known {
  std::uint64_t records = 0;
  std::string first;
};

Result<std::optional<Known>> known_audit(const EventLog& events) {
  LQ_TRY(const auto text, events.meta(kKnownKey));
  if (!text) return std::optional<Known>{};
  Known out;
  const char* const last = text->data() + text->size();
  const auto end = std::from_chars(text->data(), last, out.records);
  if (end.ec != std::errc{} || end.ptr == last) return std::optional<Known>{};
  out.first = std::string(end.ptr + 1, last);
  return std::optional<Known>(std::move(out));
}

Result<std::string> first_of(const EventLog& audit) {
  LQ_TRY(const auto records, audit.read(0, 1));
  return records.empty() ? std::string() : hex(sha256(records.front().bytes));
}

bool is_there(const std::string& data) {
  std::error_code error;
  return std::filesystem::exists(audit_path(data) + "/log", error);
}

Unexpected<Error> not_kept(const std::string& data, const std::string& what) {
  return failure(ErrorCode::refused,
                 audit_path(data) + ": " + what +
                     "; put it back from a backup or from where it was moved to, or, if it is lost "
                     "for good, start once with --audit-lost REASON");
}

Status compare(const std::string& data, const Known& known, const EventLog& audit) {
  if (audit.next_seq() < known.records) {
    return not_kept(data, "this audit log has " + std::to_string(audit.next_seq()) +
                              " records, and it had " + std::to_string(known.records));
  }
  LQ_TRY(const std::string first, first_of(audit));
  if (first == known.first) return {};
  return not_kept(data, "this is not the audit log that was here");
}

Unexpected<Error> missing(const std::string& data, const Known& known) {
  return not_kept(
      data, "the audit log is missing, which had " + std::to_string(known.records) + " records");
}

}  // namespace

Status check_audit_kept(const std::string& data, const EventLog& events) {
  LQ_TRY(const auto known, known_audit(events));
  if (!known) return {};
  if (!is_there(data)) return missing(data, *known);
  LQ_TRY(const auto audit, EventLog::open(audit_path(data), OpenMode::read_only));
  return compare(data, *known, *audit);
}

std::string audit_metrics(const AuditGauges& gauges) {
  const auto one = [](const char* name, const char* type, const char* help, std::uint64_t value) {
    const std::string full = std::string("lianqing_audit_") + name;
    return "# HELP " + full + " " + help + "\n# TYPE " + full + " " + type + "\n" + full + " " +
           std::to_string(value) + "\n";
  };
  return one("records", "gauge", "Records in the audit log.", gauges.records) +
         one("waiting", "gauge", "Notes that are not yet written.", gauges.waiting) +
         one("lumped_total", "counter",
             "Notes of which only kind and number are kept: too many kinds within a minute.",
             gauges.lumped);
}

std::string audit_path(const std::string& data) { return data + "/audit"; }

Result<std::unique_ptr<AuditTrail>> AuditTrail::open(const std::string& data, std::string tokens,
                                                     Logbook& logbook,
                                                     std::shared_ptr<EventLog> events,
                                                     const std::string& lost) {
  LQ_TRY(const auto known, known_audit(*events));
  if (known && lost.empty() && !is_there(data)) return missing(data, *known);
  LQ_TRY(auto log, EventLog::open(audit_path(data), OpenMode::create));
  std::error_code ignored;
  std::filesystem::permissions(audit_path(data), std::filesystem::perms::owner_all, ignored);
  for (const std::string& notice : log->notices()) logbook.warn({in_chinese(notice), notice});
  const Status kept = known ? compare(data, *known, *log) : Status{};
  if (!kept && (lost.empty() || kept.error().code != ErrorCode::refused)) {
    return Unexpected<Error>(kept.error());
  }
  if (kept && !lost.empty()) {
    return failure(ErrorCode::refused,
                   "--audit-lost: the audit log is there and whole; start without it");
  }
  auto trail = std::unique_ptr<AuditTrail>(
      new AuditTrail(std::move(log), std::move(tokens), logbook, std::move(events)));
  if (!kept) {
    logbook.alarm(
        {"审计日志已丢失，另起一份：" + lost, "the audit log is lost, a new one begins: " + lost});
    trail->note({"audit_lost",
                 os_user(),
                 {},
                 "lianqing serve --audit-lost",
                 {},
                 {},
                 {},
                 std::to_string(known->records) + " records are lost: " + lost},
                false);
  }
  return trail;
}

AuditTrail::AuditTrail(std::unique_ptr<EventLog> log, std::string tokens, Logbook& logbook,
                       std::shared_ptr<EventLog> events)
    : log_(std::move(log)),
      events_(std::move(events)),
      tokens_path_(std::move(tokens)),
      logbook_(logbook) {
  if (const auto known = log_->meta(kTokensKey); known && *known) known_tokens_ = **known;
  if (const auto known = log_->meta(kRulesKey); known && *known) known_rules_ = **known;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

AuditTrail::~AuditTrail() { finish(); }

void AuditTrail::finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void AuditTrail::note(AuditNote note, bool lump) {
  const std::lock_guard hold(lock_);
  if (!lump && single_.size() < kMostSingle) {
    single_.push_back(std::move(note));
    urgent_ = true;
    something_.notify_one();
    return;
  }
  Heap& heap = heap_of(std::move(note));
  ++heap.unwritten;
  heap.last_noted = Clock::now();
  if (heap.was_written) return;
  urgent_ = true;
  something_.notify_one();
}

// Too many kinds within a minute: what they have in common is all that is kept of the further ones.
// Whoever has a token is among it, so nobody hides behind a crowd of notes.
AuditTrail::Heap& AuditTrail::heap_of(AuditNote note) {
  if (heaps_.size() >= kKinds && !heaps_.contains(note)) {
    note.object = note.peer = note.detail = {};
    ++lumped_;
  }
  return heaps_[std::move(note)];
}

void AuditTrail::watch_rules(std::function<std::string()> ruling) {
  const std::lock_guard hold(lock_);
  ruling_ = std::move(ruling);
}

std::string AuditTrail::trouble() const {
  const std::lock_guard hold(lock_);
  return trouble_;
}

AuditGauges AuditTrail::gauges() const {
  AuditGauges out;
  out.records = log_->next_seq();
  const std::lock_guard hold(lock_);
  out.waiting = single_.size();
  for (const auto& [note, heap] : heaps_) out.waiting += heap.unwritten;
  out.lumped = lumped_;
  return out;
}

void AuditTrail::run(const std::stop_token& stop) {
  for (bool ending = false; !ending;) {
    {
      std::unique_lock hold(lock_);
      something_.wait_for(hold, stop, kRound, [this] { return urgent_; });
      urgent_ = false;
    }
    ending = stop.stop_requested();
    if (failed_) continue;
    look_at_tokens();
    look_at_rules();
    write(due(ending));
    remember(ending);
  }
}

// How long the audit log is, where it is not: its whole directory may be deleted or put back from
// an older copy.
void AuditTrail::remember(bool at_once) {
  const std::uint64_t records = log_->next_seq();
  const bool is_due = at_once || remembered_ == 0 || Clock::now() - remembered_at_ >= kMinute;
  if (failed_ || records == remembered_ || !is_due) return;
  const auto first = first_of(*log_);
  if (!first || !events_->put_meta(kKnownKey, std::to_string(records) + " " + *first)) return;
  remembered_ = records;
  remembered_at_ = Clock::now();
}

// What is to be written now, each with its number of times; forgets what is over.
std::vector<std::pair<AuditNote, std::uint64_t>> AuditTrail::due(bool all) {
  std::vector<std::pair<AuditNote, std::uint64_t>> out;
  const auto now = Clock::now();
  const std::lock_guard hold(lock_);
  for (const AuditNote& note : single_) out.emplace_back(note, 1);
  single_.clear();
  for (auto at = heaps_.begin(); at != heaps_.end();) {
    Heap& heap = at->second;
    const bool ripe = !heap.was_written || now - heap.last_written >= kMinute || all;
    if (heap.unwritten > 0 && ripe) {
      out.emplace_back(at->first, std::exchange(heap.unwritten, 0));
      heap.was_written = true;
      heap.last_written = now;
    }
    const bool over = heap.unwritten == 0 && now - heap.last_written >= kMinute;
    at = over ? heaps_.erase(at) : std::next(at);
  }
  return out;
}

void AuditTrail::write(const std::vector<std::pair<AuditNote, std::uint64_t>>& notes) {
  if (notes.empty()) return;
  Instant at = wall();
  if (log_->next_seq() > 0) at = std::max(at, log_->last_recorded() + Duration{1});
  Arena arena;
  EventDecoder decoder;
  std::vector<AppendRecord> records;
  for (const auto& [note, times] : notes) {
    const std::string id = std::to_string(micros(at)) + "-" + std::to_string(number_++);
    std::string text = text_of(note, times, at, id);
    const Record record = decoder.decode(text, {}, arena, true);
    const auto* event = std::get_if<Event>(&record);
    if (event == nullptr) continue;  // never: it was written just now
    records.push_back({std::move(text),
                       std::string(event->source),
                       std::string(event->id),
                       event->identity,
                       event->content,
                       {}});
  }
  const auto appended = log_->append(records, at);
  if (appended) {
    if (std::exchange(full_, false)) {
      logbook_.note({"审计日志恢复记录", "the audit log goes on"});
    }
    return;
  }
  if (appended.error().code == ErrorCode::full) {  // kept, and written when there is room
    if (!std::exchange(full_, true)) {
      logbook_.alarm({"磁盘将满，审计记录暂存在内存",
                      "the disk is nearly full: notes for the audit log wait in memory"});
    }
    const std::lock_guard hold(lock_);
    for (const auto& [note, times] : notes) {
      heap_of(note).unwritten += times;
    }
    return;
  }
  {
    const std::lock_guard hold(lock_);
    trouble_ = appended.error().what;
  }
  logbook_.alarm({"审计日志已停止，进程即将退出：" + appended.error().what,
                  "the audit log has stopped, the process ends: " + appended.error().what});
  failed_ = true;
}

void AuditTrail::look_at_tokens() {
  const auto tokens = read_tokens(tokens_path_);
  const std::string trouble = tokens ? std::string() : tokens.error().what;
  if (trouble != std::exchange(token_trouble_, trouble) && !trouble.empty()) {
    logbook_.alarm({"无人能进入：" + in_chinese(trouble), "nobody is let in: " + trouble});
  }
  if (!tokens) return;
  std::string now;
  for (const AccessToken& token : *tokens) now += token.hash + "\t" + state_of(token) + "\n";
  if (now == known_tokens_) return;
  const auto changes = token_changes(known_tokens_, *tokens);
  known_tokens_ = now;
  std::vector<std::pair<AuditNote, std::uint64_t>> notes;
  for (const AuditNote& change : changes) notes.emplace_back(change, 1);
  write(notes);
  if (!failed_) (void)log_->put_meta(kTokensKey, now);  // else they are noted once more
}

void AuditTrail::look_at_rules() {
  std::function<std::string()> ask;
  {
    const std::lock_guard hold(lock_);
    ask = ruling_;
  }
  const std::string now = ask ? ask() : std::string();
  if (now.empty() || now == known_rules_) return;
  write({{{"rules_changed",
           {},
           {},
           {},
           now,
           {},
           {},
           known_rules_.empty() ? "" : "replaces " + known_rules_},
          1}});
  known_rules_ = now;
  if (!failed_) (void)log_->put_meta(kRulesKey, now);
}

}  // namespace lianqing
