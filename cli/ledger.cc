// lianqing ledger: the cases of a log as the table that offices keep (台账).
#include <algorithm>
#include <cstdio>
#include <map>

#include "cli/case_words.h"
#include "cli/commands.h"
#include "cli/log_options.h"
#include "cli/output_file.h"
#include "cli/replay_run.h"
#include "cli/warning_json.h"
#include "cli/words.h"
#include "connectors/content_hash.h"
#include "connectors/csv_writer.h"
#include "engine/casebook/desk.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOwn[] = {
    {"out", true, false, "写入此文件", "the file to write"},
    {"encoding", true, false, "utf-8（带 BOM，默认）或 gb18030",
     "utf-8 (with a byte order mark, the default) or gb18030"},
    {"until", true, false, "截至此刻（如 2026-03-31：当日 24 时）",
     "as of this instant (2026-03-31: the end of that day)"},
};

constexpr std::size_t kColumns = 14;
constexpr const char* kHeadZh[kColumns] = {
    "序号",     "编号",       "单位",     "预警等级", "触发规则",
    "依据事项", "发出日期",   "签收日期", "整改时限", "剩余/逾期工作日",
    "状态",     "责任人角色", "销号日期", "备注"};
constexpr const char* kHeadEn[kColumns] = {
    "no.",          "id",       "unit",          "level", "rule", "basis",  "issued",
    "acknowledged", "deadline", "workdays left", "state", "role", "closed", "remarks"};

// What the steps of a case leave behind that the case itself does not keep.
struct LedgerCase {
  std::string unit, id;
  Instant opened, acknowledged = kNever;
  std::string reason;  // the newest that a person gave
};

class Ledger {
 public:
  Ledger(const Program& program, bool chinese) : program_(program), chinese_(chinese) {}

  void take(const std::vector<CaseStep>& steps) {
    for (const CaseStep& step : steps) {
      if (step.case_id.empty()) continue;
      const auto [at, fresh] = place_.try_emplace({step.unit, step.case_id}, cases_.size());
      if (fresh) cases_.push_back({step.unit, step.case_id, step.time, kNever, {}});
      LedgerCase& one = cases_[at->second];
      if (step.kind == StepKind::acknowledged) one.acknowledged = step.time;
      if (!step.reason.empty()) one.reason = step.reason;
    }
  }

  std::string text(const Casebook& casebook, Instant now, std::size_t& rows) const {
    std::vector<std::string> cells(std::begin(chinese_ ? kHeadZh : kHeadEn),
                                   std::end(chinese_ ? kHeadZh : kHeadEn));
    std::string out = csv_line(cells);
    rows = 0;
    for (const LedgerCase& one : cases_) {
      const Case* found = casebook.find(one.unit, one.id);
      if (found == nullptr || found->id != one.id) continue;  // over for more than two years
      cells = row(one, *found, now);
      cells[0] = std::to_string(++rows);
      out += csv_line(cells);
    }
    return out;
  }

 private:
  std::string day(Instant t) const {
    return t == kNever ? std::string() : local_text(program_, t).substr(0, 10);
  }
  // A deadline at the end of a day belongs to that day.
  LocalDay due_day(Instant due) const { return program_.zone.day_of(due - Duration{1}); }

  // Working days from today to the deadline; negative: it passed so many ago.
  std::string workdays_left(Instant due, Instant now) const {
    const LocalDay today = program_.zone.day_of(now), last = due_day(due);
    std::int64_t count = 0;
    const LocalDay from = std::min(today, last), to = std::max(today, last);
    for (LocalDay at = from + std::chrono::days{1}; at <= to; at += std::chrono::days{1}) {
      if (!program_.calendar.covers(at)) return {};
      count += program_.calendar.is_working(at) ? 1 : 0;
    }
    return std::to_string(last < today ? -count : count);
  }

  std::vector<std::string> row(const LedgerCase& one, const Case& c, Instant now) const {
    std::vector<std::string> out(kColumns);
    const auto rule = std::find_if(program_.rules.begin(), program_.rules.end(),
                                   [&c](const Rule& r) { return r.id == c.rule; });
    const bool known = rule != program_.rules.end();
    const DutyClock* next = nullptr;
    for (const DutyClock& duty : c.duties) {
      if (duty.done != kNever || duty.due == kNever) continue;
      if (next == nullptr || duty.due < next->due) next = &duty;
    }
    if (is_over(c.state)) next = nullptr;
    out[1] = c.id;
    out[2] = one.unit;
    out[3] = level_word(is_over(c.state) ? c.peak : c.level, chinese_);
    out[4] = known && !rule->title.empty() ? rule->title.in(chinese_) : c.rule;
    if (c.key) out[4] += " (" + *c.key + ")";
    if (known) out[5] = rule->basis.in(chinese_);
    out[6] = day(c.issued != kNever ? c.issued : one.opened);
    out[7] = day(one.acknowledged);
    if (next != nullptr) {
      out[8] = day(next->due - Duration{1});
      out[9] = workdays_left(next->due, now);
      out[11] = next->role;
    }
    out[10] = state_words(c.state).in(chinese_);
    out[12] = day(c.ended);
    out[13] = one.reason;
    return out;
  }

  const Program& program_;
  const bool chinese_;
  std::vector<LedgerCase> cases_;  // in order of their opening
  std::map<std::pair<std::string, std::string>, std::size_t> place_;
};

Status write_ledger(const ReplayRequest& request, const std::string& path, TableEncoding encoding) {
  std::optional<Desk> desk;
  ReplayOptions options = request.options;
  options.identity_of = identity_hash;
  options.admitted = [&](const Event& event, const LogEntry& entry, std::string_view unit) {
    desk->admitted(event, entry, unit);
  };
  options.grey = [&](const GreyChange& change) { desk->grey(change); };
  Replay replay(
      request.program, request.units, options, nullptr, [](const Warning&, std::string&) {},
      [&](const Leaving& leaving) {
        desk->left(leaving);
        return Status{};
      },
      [](const Rejection&) {});
  desk.emplace(replay.fold().program());
  Ledger ledger(replay.fold().program(), request.style.chinese);
  const auto book = [&](Instant t, bool inclusive) {
    desk->book(t, inclusive);
    ledger.take(desk->casebook().take_steps());
    (void)desk->casebook().take_colours();
  };
  const Status fed = feed(
      replay, request.log,
      [&](std::uint64_t, const ReadingProgress&) { book(replay.judged_before(), false); },
      [](std::uint64_t) { return Status{}; });
  if (!fed) return fed;
  const Instant end =
      std::max(replay.clock().value_or(kBeforeAll), request.options.until.value_or(kBeforeAll));
  book(end, true);
  std::size_t rows = 0;
  LQ_TRY(const std::string bytes,
         encode_table(ledger.text(std::as_const(*desk).casebook(), end, rows), encoding));
  LQ_TRY(OutputFile out, OutputFile::open(path, 0));
  if (Status s = out.text(bytes); !s) return s;
  if (Status s = out.finish(); !s) return s;
  std::fprintf(stderr, request.style.chinese ? "台账 %zu 行：%s\n" : "%zu rows: %s\n", rows,
               path.c_str());
  return {};
}

}  // namespace

int ledger_command(const std::vector<std::string>& args) {
  std::vector<OptionSpec> specs(kLogOptions.begin(), kLogOptions.end());
  specs.insert(specs.end(), std::begin(kOwn), std::end(kOwn));
  const auto options = parse_options(args, specs);
  if (!options) return report(options.error(), false);
  const bool chinese = is_chinese(*options);
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing ledger --rules 规则包 （--data 目录 | --events 文件...） "
                          "--out 台账.csv [选项]"
                        : "usage: lianqing ledger --rules PACK (--data DIR | --events FILE...) "
                          "--out F.csv [OPTIONS]",
                options_help(specs, chinese).c_str());
    return 0;
  }
  const auto out = options->value("out");
  const std::string encoding = options->value_or("encoding", "utf-8");
  const auto known = table_encoding(encoding);
  if (!out) return report({ErrorCode::usage, "--out FILE is needed"}, chinese);
  if (!known) {
    return report({ErrorCode::usage, "--encoding is utf-8 or gb18030, not '" + encoding + "'"},
                  chinese);
  }
  int code = 0;
  auto request = log_request(*options, code, false);
  if (!request) return code;
  if (!request->later.empty()) request->program = request->later.back();
  if (const auto until = options->value("until")) {
    const auto instant = parse_instant(*until, *request->program, "until");
    if (!instant) return report(instant.error(), chinese);
    request->log.until = request->options.until = *instant;
  }
  const Status written = write_ledger(*request, *out, *known);
  return written ? 0 : report(written.error(), chinese);
}

}  // namespace lianqing
