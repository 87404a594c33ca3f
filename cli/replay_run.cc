#include "cli/replay_run.h"

#include <filesystem>

#include "cli/brief_lines.h"
#include "cli/calendar_words.h"
#include "cli/case_json.h"
#include "cli/columns.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/rule_changes.h"
#include "cli/summary.h"
#include "cli/translation.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "connectors/json_writer.h"
#include "connectors/segment/segment_lookup.h"
#include "engine/casebook/desk.h"
#include "lianqing/assert.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kShownRejections = 5;

std::string rejection_json(const Rejection& rejection, const std::vector<std::string>& paths) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("code").string(rejection.code).key("detail").string(rejection.detail);
  out.key("file")
      .string(paths[rejection.origin.file])
      .key("line")
      .unsigned_integer(rejection.origin.line);
  out.key("byte")
      .unsigned_integer(rejection.origin.byte)
      .key("column")
      .unsigned_integer(rejection.column);
  out.key("raw").string(rejection.raw).end_object();
  return text;
}

// What a checkpoint says of the caller: how far the log was read and how long the output was.
struct Position {
  std::uint64_t records = 0, out_bytes = 0, quarantine_bytes = 0;
  std::string inputs;

  std::string encode() const {
    ByteWriter out;
    out.unsigned_integer(records);
    out.unsigned_integer(out_bytes);
    out.unsigned_integer(quarantine_bytes);
    out.text(inputs);
    return out.take();
  }
  static Result<Position> decode(const std::string& bytes) {
    if (bytes.empty()) return Position{};
    ByteReader in(bytes);
    Position out;
    out.records = in.unsigned_integer();
    out.out_bytes = in.unsigned_integer();
    out.quarantine_bytes = in.unsigned_integer();
    out.inputs = in.text();
    if (!in.at_end()) return failure(ErrorCode::corrupt, "state directory: malformed position");
    return out;
  }
};

// The run is continued only with the same inputs in the same order.
std::string inputs_of(const EventFeed& log) {
  std::string out = log.sort ? "sort\n" : log.data ? "log\n" : "";
  for (const std::string& path : log.paths)
    out += std::filesystem::path(path).filename().string() + "\n";
  return out;
}

class Run {
 public:
  explicit Run(const ReplayRequest& request) : request_(request), progress_(request.progress) {}

  Status run() { return request_.later.empty() ? run_one() : run_across(); }
  bool is_complete() const { return complete_; }

 private:
  // Across changes of the rules.
  Status run_across() {
    if (Status s = open_outputs({}); !s) return s;
    RuleChanges changes(request_);
    Status ran = changes.run(
        [this](const Leaving& leaving) { return leave(leaving); },
        [this](Rejection rejection) { quarantine(rejection); },
        [this](std::uint64_t n, const ReadingProgress& r) { progress_.tell(n, r); },
        [this](Replay& last, const Program& program) { return conclude(last, program); });
    for (const std::string& hash : changes.unknown()) {
      std::fprintf(stderr, "%s%s\n",
                   request_.style.chinese ? "日志启用了没有给出的规则包，未切换："
                                          : "the log activates rules that were not given: ",
                   hash.c_str());
    }
    return ran;
  }

  Status conclude(Replay& replay, const Program& program) {
    if (trouble_) return Unexpected<Error>(*trouble_);
    progress_.clear();
    if (Status s = out_->finish(); !s) return s;
    if (rejected_) {
      if (Status s = rejected_->finish(); !s) return s;
    }
    if (!request_.quiet) {
      LQ_TRY(const Oddities odd, find_oddities(replay, !request_.units.empty()));
      std::fputs(summary_.text(replay, program, odd, progress_.seconds(), request_.style).c_str(),
                 stderr);
    }
    tell_calendar(replay);
    return {};
  }

  // A year without calendar data is an error, also where only some results are missing for it.
  void tell_calendar(const Replay& replay) {
    CalendarGaps gaps = replay.calendar_gaps();
    std::map<int, std::uint64_t> deadlines;
    if (desk_) deadlines = desk_->casebook().missing_years();
    for (const auto& [year, count] : deadlines) gaps[year];
    for (const auto& [year, gap] : gaps) {
      const std::uint64_t due = deadlines.contains(year) ? deadlines[year] : 0;
      const bool came = replay.fold().program().calendar.years.contains(year);
      if (came || (gap.units == 0 && gap.greyed == 0 && due == 0)) continue;
      const bool chinese = request_.style.chinese, incomplete = gap.greyed + due > 0;
      complete_ = complete_ && !incomplete;
      std::fprintf(stderr, "lianqing: %s%s%s%s\n",
                   incomplete ? (chinese ? "错误：" : "error: ") : (chinese ? "提示：" : "note: "),
                   calendar_gap_words(year, gap, due).in(chinese).c_str(), chinese ? "；" : "; ",
                   calendar_remedy_words().in(chinese).c_str());
    }
  }

  Status run_one() {
    std::unique_ptr<Store> store;
    if (!request_.state.empty()) {
      LQ_TRY(store, open_rocks_store(request_.state));
    }
    ReplayOptions options = request_.options;
    options.identity_of = identity_hash;
    options.whole = !request_.instants && store == nullptr;
    if (request_.brief) {
      options.brief = [lines = BriefLines(*request_.program)](Leaving& leaving, std::uint32_t rule,
                                                              std::span<const Fact> values) {
        lines.write(leaving, rule, values, leaving.text);
      };
    }
    if (!request_.cases.empty() || !request_.colours.empty()) {
      options.admitted = [this](const Event& event, const LogEntry& entry, std::string_view unit) {
        desk_->admitted(event, entry, unit);
      };
      options.grey = [this](const GreyChange& change) { desk_->grey(change); };
    }
    Replay replay(
        request_.program, request_.units, options, store.get(),
        [this](const Warning& warning, std::string& text) {
          append_json(text, warning, *request_.program);
        },
        [this](const Leaving& leaving) { return leave(leaving); },
        [this](Rejection rejection) { quarantine(rejection); });
    if (options.admitted) desk_.emplace(replay.fold().program());
    LQ_TRY(const std::string saved, replay.resume());
    LQ_TRY(const Position position, Position::decode(saved));
    const std::string inputs = inputs_of(request_.log);
    if (!saved.empty() && position.inputs != inputs) {
      return failure(ErrorCode::refused,
                     "the state directory was made from other event files: " + position.inputs);
    }
    if (Status s = open_outputs(position); !s) return s;
    EventFeed log = request_.log;
    log.skip = position.records;
    const auto checkpoint = [&](std::uint64_t records) -> Status {
      if (Status s = sync_outputs(); !s) return s;
      return replay.checkpoint(
          Position{records, out_ ? out_->bytes() : 0, rejected_ ? rejected_->bytes() : 0, inputs}
              .encode());
    };
    Status fed = feed(
        replay, log,
        [&](std::uint64_t n, const ReadingProgress& r) {
          progress_.tell(n, r);
          note(book(replay.judged_before(), false));
        },
        checkpoint);
    if (fed && desk_) {
      const Instant end = std::max(replay.clock().value_or(kBeforeAll),
                                   request_.options.until.value_or(kBeforeAll));
      note(book(end, true));
      for (auto* file : {&cases_, &colours_}) {
        if (*file) note((*file)->finish());
      }
    }
    progress_.clear();
    return fed ? conclude(replay, *request_.program) : fed;
  }

  Status open_outputs(const Position& position) {
    if (request_.out.empty()) {
      out_ = std::make_unique<OutputFile>(OutputFile::standard());
    } else {
      if (Status s = reopen(request_.out, position.out_bytes); !s) return s;
      LQ_TRY(OutputFile file, OutputFile::open(request_.out, position.out_bytes));
      out_ = std::make_unique<OutputFile>(std::move(file));
    }
    if (!request_.quarantine.empty()) {
      if (Status s = reopen(request_.quarantine, position.quarantine_bytes); !s) return s;
      LQ_TRY(OutputFile file, OutputFile::open(request_.quarantine, position.quarantine_bytes));
      rejected_ = std::make_unique<OutputFile>(std::move(file));
    }
    for (const auto& [path, file] :
         {std::pair(&request_.cases, &cases_), std::pair(&request_.colours, &colours_)}) {
      if (path->empty()) continue;
      LQ_TRY(OutputFile opened, OutputFile::open(*path, 0));
      *file = std::make_unique<OutputFile>(std::move(opened));
    }
    return {};
  }

  void note(const Status& status) {
    if (!status && !trouble_) trouble_ = status.error();
  }

  // The life of warnings up to t.
  Status book(Instant t, bool inclusive) {
    if (!desk_) return {};
    desk_->book(t, inclusive);
    for (const CaseStep& step : desk_->casebook().take_steps()) {
      if (!cases_) break;
      if (Status s = cases_->line(to_json(step, table_)); !s) return s;
    }
    for (const ColourChange& change : desk_->casebook().take_colours()) {
      if (!colours_) break;
      if (Status s = colours_->line(to_json(change, *request_.program)); !s) return s;
    }
    return {};
  }

  // A finished run that is continued starts again from its whole output.
  static Status reopen(const std::string& path, std::uint64_t bytes) {
    const std::string partial = path + ".partial", copy = path + ".copy";
    std::error_code error;
    const auto holds = [&](const std::string& file) {
      const auto size = std::filesystem::file_size(file, error);
      return !error && size >= bytes;
    };
    if (bytes == 0 || holds(partial) || !holds(path)) return {};
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing,
                               error);
    if (!error) std::filesystem::rename(copy, partial, error);
    if (error) return failure(ErrorCode::io, "cannot write " + partial + ": " + error.message());
    return {};
  }

  Status sync_outputs() {
    if (Status s = out_->sync(); !s) return s;
    return rejected_ ? rejected_->sync() : Status{};
  }

  Status leave(const Leaving& leaving) {
    if (!request_.quiet) summary_.add(leaving);
    if (desk_) desk_->left(leaving);
    if (request_.table) {
      progress_.clear();
      std::fputs(row(leaving).c_str(), stdout);
      if (request_.out.empty()) return {};
    }
    return out_->line(leaving.text);
  }

  std::string row(const Leaving& leaving) const {
    const Style style = request_.style;
    const auto& rules = request_.program->rules;
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const Rule& r) { return r.id == leaving.rule; });
    std::string name = leaving.rule + (leaving.key.empty() ? "" : "[" + leaving.key + "]");
    return local_text(*request_.program, leaving.time) + "  " + padded(leaving.unit, 16) + "  " +
           padded(painted(leaving.from, style), 8) + " → " + padded(painted(leaving.to, style), 8) +
           "  " + padded(name, 28) + "  " + rule->title.in(style.chinese) +
           (leaving.shadow ? " (shadow)" : "") + "\n";
  }

  // With what a segment was not read for.
  Rejection whole(const Rejection& rejection) {
    Rejection out = rejection;
    if (const auto line =
            packed_.line(request_.log.paths[rejection.origin.file], rejection.origin.line)) {
      out.origin.byte = line->byte;
      if (out.raw.empty()) out.raw = line->bytes;
    }
    return out;
  }

  void quarantine(const Rejection& rejection) {
    if (rejected_) note(rejected_->line(rejection_json(whole(rejection), request_.log.paths)));
    if (request_.quiet || ++shown_ > kShownRejections) return;
    progress_.clear();
    std::fprintf(stderr, "%s:%llu: %s %s: %s\n", request_.log.paths[rejection.origin.file].c_str(),
                 static_cast<unsigned long long>(rejection.origin.line),
                 request_.style.chinese ? "已隔离" : "quarantined", rejection.code.c_str(),
                 in_language(rejection.detail, request_.style.chinese).c_str());
    if (shown_ == kShownRejections && !rejected_) {
      std::fputs(request_.style.chinese ? "……其余见 --quarantine 文件\n"
                                        : "... give --quarantine FILE to keep them all\n",
                 stderr);
    }
  }

  const ReplayRequest& request_;
  Progress progress_;
  Summary summary_;
  std::unique_ptr<OutputFile> out_, rejected_, cases_, colours_;
  DutyTable table_{*request_.program};
  std::optional<Desk> desk_;
  SegmentLookup packed_;
  std::optional<Error> trouble_;
  std::uint64_t shown_ = 0;
  bool complete_ = true;
};

}  // namespace

int report(const Error& error, bool chinese) {
  std::fprintf(stderr, "lianqing: %s%s\n",
               chinese ? "错误：" : "error: ", told(error, chinese).c_str());
  switch (error.code) {
    case ErrorCode::io:
    case ErrorCode::full:
    case ErrorCode::corrupt: return 74;
    case ErrorCode::usage: return 2;
    case ErrorCode::refused: return 1;
  }
  return 70;
}

int run_replay(const ReplayRequest& request) {
  Run run(request);
  const Status done = run.run();
  if (!done) return report(done.error(), request.style.chinese);
  return run.is_complete() ? 0 : 1;
}

}  // namespace lianqing
