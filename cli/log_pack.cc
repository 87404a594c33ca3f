// lianqing log pack, unpack: a log as a segment for fast replays, and back. A segment is a copy:
// what it holds can be compared with the log at any time, and never takes its place.
#include <unistd.h>

#include <cstdio>
#include <variant>

#include "cli/log_commands.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "connectors/attributes.h"
#include "connectors/segment/input_lines.h"
#include "connectors/segment/line_digest.h"
#include "connectors/segment/segment_writer.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kStep = 4096;
constexpr std::uint64_t kTellEvery = 1U << 16;

// The lines that `log export` writes.
class ExportedLines {
 public:
  explicit ExportedLines(std::unique_ptr<EventLog> log) : log_(std::move(log)) {}

  Result<std::optional<RawLine>> next() {
    for (;;) {
      if (at_ == records_.size()) {
        LQ_TRY(records_, log_->read(seq_, kStep));
        seq_ += records_.size();
        at_ = 0;
        if (records_.empty()) return std::nullopt;
      }
      const StoredRecord& record = records_[at_++];
      if (record.bytes.empty()) continue;
      byte_ += line_.empty() ? 0 : line_.size() + 1;
      line_ = with_recorded_time(record.bytes, record.recorded);
      return RawLine{line_, ++number_, byte_, false};
    }
  }
  ReadingProgress progress() const { return {seq_, log_->next_seq()}; }

 private:
  std::unique_ptr<EventLog> log_;
  std::vector<StoredRecord> records_;
  std::size_t at_ = 0;
  Seq seq_ = 0;
  std::string line_;
  std::uint64_t number_ = 0, byte_ = 0;
};

class LogLines {
 public:
  // The file, or else the log of --data.
  static Result<LogLines> open(const LogCall& call, const std::optional<std::string>& path) {
    if (path) {
      LQ_TRY(InputLines lines, InputLines::open(*path, 0));
      return LogLines(std::move(lines));
    }
    LQ_TRY(auto log, call.open(OpenMode::read_only));
    return LogLines(ExportedLines(std::move(log)));
  }

  Result<std::optional<RawLine>> next() {
    return std::visit([](auto& lines) { return lines.next(); }, lines_);
  }
  ReadingProgress progress() const {
    if (const auto* exported = std::get_if<ExportedLines>(&lines_)) return exported->progress();
    const auto& file = std::get<InputLines>(lines_);
    return {file.bytes_read(), file.bytes_total()};
  }

 private:
  using Lines = std::variant<InputLines, ExportedLines>;
  explicit LogLines(Lines lines) : lines_(std::move(lines)) {}
  Lines lines_;
};

unsigned long long shown(std::uint64_t n) { return static_cast<unsigned long long>(n); }

// Compares the lines as they come with those of another log, and with the digests of the blocks.
class Comparison {
 public:
  explicit Comparison(std::optional<LogLines> other) : other_(std::move(other)) {}

  // False: another line, or none, stands there.
  Result<bool> same(const RawLine& line) {
    if (!other_) return true;
    LQ_TRY(const auto theirs, other_->next());
    return theirs && theirs->bytes == line.bytes;
  }
  // Nothing more stands there.
  Result<bool> ended() {
    if (!other_) return true;
    LQ_TRY(const auto theirs, other_->next());
    return !theirs;
  }
  bool has_other() const { return other_.has_value(); }

 private:
  std::optional<LogLines> other_;
};

}  // namespace

Result<int> log_pack(const LogCall& call) {
  const auto& files = call.options.positionals();
  const auto out = call.options.value("out");
  if (!out) return failure(ErrorCode::usage, "--out FILE is needed: the segment to write");
  if (files.size() + (call.options.has("data") ? 1U : 0U) != 1) {
    return failure(ErrorCode::usage, "name one event file, or --data DIR; pack several one by one");
  }
  LQ_TRY(LogLines lines,
         LogLines::open(call, files.empty() ? std::nullopt : std::optional(files.front())));
  LQ_TRY(OutputFile file, OutputFile::open(*out, 0));
  SegmentWriter writer([&file](std::string_view bytes) { return file.text(bytes); });
  Progress progress(::isatty(2) == 1);
  for (std::uint64_t n = 1;; ++n) {
    LQ_TRY(const auto line, lines.next());
    if (!line) break;
    if (Status s = writer.add(*line); !s) return Unexpected<Error>(s.error());
    if (n % kTellEvery == 0) progress.tell(n, lines.progress());
  }
  LQ_TRY(const SegmentTotals totals, writer.finish());
  progress.clear();
  if (Status s = file.finish(); !s) return Unexpected<Error>(s.error());
  const std::uint64_t n = totals.lines == 0 ? 1 : totals.lines;
  std::fprintf(stderr,
               call.say("压缩 %llu 行，%llu 字节成为 %llu 字节（每行 %.1f 字节）\n",
                        "packed %llu lines: %llu bytes became %llu (%.1f bytes a line)\n"),
               shown(totals.lines), shown(totals.line_bytes), shown(totals.bytes),
               static_cast<double>(totals.bytes) / static_cast<double>(n));
  return 0;
}

Result<int> log_unpack(const LogCall& call) {
  const auto& files = call.options.positionals();
  if (files.size() != 1) return failure(ErrorCode::usage, "name one segment");
  const auto against = call.options.value("against");
  if (against && call.options.has("data")) {
    return failure(ErrorCode::usage, "--against and --data exclude each other");
  }
  LQ_TRY(SegmentLines lines, SegmentLines::open(files.front()));
  std::optional<LogLines> other;
  if (against || call.options.has("data")) {
    LQ_TRY(other, LogLines::open(call, against));
  }
  Comparison comparison(std::move(other));
  const auto path = call.options.value("out");
  auto out = path ? OutputFile::open(*path, 0) : OutputFile::standard();
  if (!out) return Unexpected<Error>(out.error());
  const bool writes = path || !comparison.has_other();
  LineDigest block, all;
  std::uint64_t n = 0;
  const auto differs = [&] {
    std::fprintf(stderr, call.say("第 %llu 行不同\n", "line %llu differs\n"), shown(n + 1));
    return 1;
  };
  for (;; ++n) {
    LQ_TRY(const auto line, lines.next());
    if (!line) break;
    block.line(line->bytes);
    if (lines.ends_block()) {
      const std::string digest = block.take();
      if (digest != lines.block_digest()) {
        return failure(ErrorCode::corrupt,
                       files.front() + " holds other lines than were packed: pack the log again");
      }
      all.bytes(digest);
    }
    LQ_TRY(const bool same, comparison.same(*line));
    if (!same) return differs();
    if (!writes) continue;
    if (Status s = out->line(std::string(line->bytes)); !s) return Unexpected<Error>(s.error());
  }
  if (all.take() != lines.file().digest()) {
    return failure(ErrorCode::corrupt,
                   files.front() + " holds other lines than were packed: pack the log again");
  }
  LQ_TRY(const bool ended, comparison.ended());
  if (!ended) return differs();
  if (writes) {
    if (Status s = out->finish(); !s) return Unexpected<Error>(s.error());
  }
  if (comparison.has_other()) {
    std::fprintf(stderr, call.say("%llu 行逐字节相同\n", "%llu lines, the same byte for byte\n"),
                 shown(n));
  }
  return 0;
}

}  // namespace lianqing
