// lianqing log erase: takes the content of records away for good, and says so in the log.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "cli/log_commands.h"
#include "connectors/decode.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kStep = 4096;
constexpr std::size_t kMaxAtOnce = 100'000;

Result<std::vector<Seq>> named_seqs(const Options& options) {
  std::vector<Seq> out;
  for (const std::string& text : options.values("seq")) {
    Seq seq = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) {
      return failure(ErrorCode::usage, "--seq expects numbers, not '" + text + "'");
    }
    out.push_back(seq);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// Everything with content that was recorded before `end`, at most kMaxAtOnce.
Result<std::vector<Seq>> older_seqs(const EventLog& log, Instant end) {
  std::vector<Seq> out;
  for (Seq at = 0;;) {
    LQ_TRY(const auto records, log.read(at, kStep));
    if (records.empty()) return out;
    for (const StoredRecord& record : records) {
      if (record.recorded >= end || out.size() == kMaxAtOnce) return out;
      if (!record.bytes.empty() && !record.is_note) out.push_back(record.seq);
    }
    at += records.size();
  }
}

// The note is an event like any other, so that every reader of the log can read it.
AppendRecord note_of(const EventLog& log, const std::vector<Seq>& seqs, const std::string& reason,
                     Instant at) {
  AppendRecord out;
  out.source = "/lianqing/log";
  out.id = "erase-" + std::to_string(log.next_seq());
  JsonWriter json(out.bytes);
  json.begin_object().key("specversion").string("1.0").key("id").string(out.id);
  json.key("source").string(out.source).key("type").string("record_erased");
  json.key("time").string(format_rfc3339(at)).key("data").begin_object();
  json.key("reason").string(reason).key("records").unsigned_integer(seqs.size());
  json.key("first").unsigned_integer(seqs.front()).key("last").unsigned_integer(seqs.back());
  json.end_object().end_object();
  Arena arena;
  const Record decoded = EventDecoder().decode(out.bytes, {}, arena);
  out.identity = std::get<Event>(decoded).identity;
  out.content = std::get<Event>(decoded).content;
  return out;
}

bool confirmed(const LogCall& call, std::size_t count) {
  if (call.options.has("yes") || ::isatty(0) == 0) return true;
  std::fprintf(stderr,
               call.say("将永久清除 %zu 条记录的内容，不能恢复。继续请输入 yes：",
                        "The content of %zu records will be erased for good. Type yes to go on: "),
               count);
  char answer[8] = {};
  return std::fgets(answer, sizeof answer, stdin) != nullptr && std::string(answer) == "yes\n";
}

}  // namespace

Result<int> log_erase(const LogCall& call) {
  const std::string reason = call.options.value_or("reason", "");
  const auto before = call.options.value("before");
  if (reason.empty())
    return failure(ErrorCode::usage, "--reason TEXT is needed: it goes into the log");
  if (before.has_value() == call.options.has("seq")) {
    return failure(ErrorCode::usage, "name the records: --seq N..., or --before TIME");
  }
  LQ_TRY(std::vector<Seq> seqs, named_seqs(call.options));
  LQ_TRY(const auto log, call.open(OpenMode::existing));
  if (before) {
    const auto end = parse_rfc3339(*before);
    if (!end) {
      return failure(
          ErrorCode::usage,
          "--before expects a time such as 2026-03-05T10:00:00+08:00, not '" + *before + "'");
    }
    LQ_TRY(seqs, older_seqs(*log, *end));
  }
  if (!seqs.empty()) {
    if (!confirmed(call, seqs.size())) return 1;
    const Instant at = now_after(*log);
    if (Status s = log->erase(seqs, note_of(*log, seqs, reason, at), at); !s) {
      return Unexpected<Error>(s.error());
    }
  }
  std::printf(call.say("已清除 %zu 条记录的内容\n", "erased the content of %zu records\n"),
              seqs.size());
  if (before && seqs.size() == kMaxAtOnce) {
    std::fputs(
        call.say("还有更早的记录未清除，请再运行一次\n", "there may be more: run it again\n"),
        stderr);
  }
  return 0;
}

}  // namespace lianqing
