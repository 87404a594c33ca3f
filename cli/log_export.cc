// lianqing log export: the log as event lines, each with the recorded time the log gave it.
#include <unistd.h>

#include <cstdio>

#include "cli/log_commands.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "connectors/attributes.h"
#include "lianqing/assert.h"

namespace lianqing {

namespace {

constexpr std::size_t kStep = 4096;

}  // namespace

Result<int> log_export(const LogCall& call) {
  LQ_TRY(Seq at, number_option(call.options, "from", 0));
  LQ_TRY(const auto log, call.open(OpenMode::read_only));
  const auto path = call.options.value("out");
  auto out = path ? OutputFile::open(*path, 0) : OutputFile::standard();
  if (!out) return Unexpected<Error>(out.error());
  Progress progress(::isatty(2) == 1 && path);
  std::uint64_t written = 0, erased = 0;
  for (;;) {
    LQ_TRY(const auto records, log->read(at, kStep));
    if (records.empty()) break;
    for (const StoredRecord& record : records) {
      if (record.bytes.empty()) {
        ++erased;
        continue;
      }
      if (Status s = out->line(with_recorded_time(record.bytes, record.recorded)); !s) {
        return Unexpected<Error>(s.error());
      }
      ++written;
    }
    at += records.size();
    progress.tell(written, {at, log->next_seq()});
  }
  progress.clear();
  if (Status s = out->finish(); !s) return Unexpected<Error>(s.error());
  if (path || erased != 0) {
    std::fprintf(stderr, call.say("导出 %llu 条，已清除 %llu 条\n", "exported %llu, erased %llu\n"),
                 static_cast<unsigned long long>(written), static_cast<unsigned long long>(erased));
  }
  return 0;
}

}  // namespace lianqing
