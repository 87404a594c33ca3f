#include "cli/import/drop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/commands.h"
#include "cli/import/dropped_table.h"
#include "cli/output_file.h"
#include "connectors/sources/drop_directory.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

volatile sig_atomic_t stopped = 0;
void stop(int) { stopped = 1; }

// Of the folder: two runs would take the same file.
class FolderLock {
 public:
  ~FolderLock() {
    if (file_ >= 0) ::close(file_);
  }
  Status take(const std::string& folder) {
    const std::string path = folder + "/.lianqing.lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0)
      return failure(ErrorCode::io, "cannot open " + path + ": " + std::strerror(errno));
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0)
      return failure(ErrorCode::io, folder + " is being imported by another process");
    return {};
  }

 private:
  int file_ = -1;
};

Status write_events(const std::string& path, const DroppedTable& table) {
  LQ_TRY(OutputFile file, OutputFile::open(path, 0));
  for (const RawRecord& record : table.records) {
    if (record.fault) continue;
    if (Status s = file.line(record.bytes); !s) return s;
  }
  if (Status s = file.sync(); !s) return s;
  return file.finish();
}

class Drop {
 public:
  explicit Drop(const DropRun& run) : run_(run), directory_(run.drop, run.settle) {}

  Result<int> all() {
    std::error_code error;
    if (!fs::is_directory(run_.drop, error))
      return failure(ErrorCode::io, run_.drop + " is not a folder");
    if (Status s = lock_.take(run_.drop); !s) return Unexpected<Error>(s.error());
    if (Status s = directory_.prepare(); !s) return Unexpected<Error>(s.error());
    if (!run_.out.empty()) {
      fs::create_directories(run_.out, error);
      if (error) return failure(ErrorCode::io, "cannot make " + run_.out + ": " + error.message());
    }
    while (stopped == 0) {
      LQ_TRY(const std::vector<DroppedFile> files, directory_.files());
      if (files.empty() && run_.once) break;
      bool taken = false;
      for (const DroppedFile& file : files) {
        if (!file.settled || stopped != 0) continue;
        if (Status s = take(file); !s) return Unexpected<Error>(s.error());
        taken = true;
      }
      if (!taken) ::usleep(200'000);
    }
    return code_;
  }

 private:
  Status take(const DroppedFile& file) {
    LQ_TRY(DroppedTable table,
           import_dropped_table(file.path, run_.maps, run_.units, run_.chinese));
    if (!directory_.is_unchanged(file)) return {};
    bool clean = table.clean;
    if (Status s = keep(file, table, clean); !s) return s;
    LQ_TRY(const std::string to, directory_.put_away(file, clean, table.report));
    std::printf("%s%s %s\n", table.summary.c_str(), run_.chinese ? "移到" : "moved to", to.c_str());
    std::fflush(stdout);
    if (!clean) code_ = kExitFindings;
    return {};
  }

  // What the log does not take is told by `log append` and makes the file one for a person.
  Status keep(const DroppedFile& file, const DroppedTable& table, bool& clean) {
    if (!run_.out.empty()) return write_events(run_.out + "/" + file.name + ".jsonl", table);
    const std::string path = run_.drop + "/.lianqing.jsonl";
    if (Status s = write_events(path, table); !s) return s;
    const int code = log_command(
        {"append", "--data", run_.data, "--now", "--lang", run_.chinese ? "zh" : "en", path});
    std::error_code error;
    fs::remove(path, error);
    if (code == kExitFindings) clean = false;
    if (code == 0 || code == kExitFindings) return {};
    return failure(ErrorCode::io, "the log did not take " + file.name + "; it stays where it is");
  }

  const DropRun& run_;
  DropDirectory directory_;
  FolderLock lock_;
  int code_ = 0;
};

}  // namespace

Result<int> run_drop(const DropRun& run) {
  struct sigaction action = {};
  action.sa_handler = &stop;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return Drop(run).all();
}

}  // namespace lianqing
