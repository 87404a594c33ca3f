// lianqing log backup, lianqing log restore: a log copied beside its writer, and put back.
#include <cstdio>
#include <filesystem>

#include "cli/kept_packs.h"
#include "cli/log_commands.h"
#include "cli/serve/audit_trail.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

unsigned long long count(Seq records) { return static_cast<unsigned long long>(records); }

// A copy that nobody has opened is a hope.
Result<std::unique_ptr<EventLog>> open_copy(const std::string& directory, const TreeHead& of) {
  LQ_TRY(auto copy, EventLog::open(directory, OpenMode::read_only));
  if (copy->tree_head().size == of.size && copy->tree_head().root == of.root) return copy;
  return failure(ErrorCode::corrupt, directory + ": the copy is not the log it was made from");
}

Result<std::string> other_directory(const LogCall& call, const char* what) {
  if (call.options.positionals().size() == 1) return call.options.positionals()[0];
  return failure(ErrorCode::usage, what);
}

// The rule packs that ruled the log go with it.
Status copy_packs(const std::string& from, const std::string& to) {
  std::error_code error;
  std::vector<std::filesystem::path> packs;
  for (const auto& entry : std::filesystem::directory_iterator(from + "/rules", error)) {
    if (is_kept_pack(entry.path().string())) packs.push_back(entry.path());
  }
  error.clear();
  const std::filesystem::path folder = std::filesystem::path(to) / "rules";
  for (const std::filesystem::path& pack : packs) {
    if (!error) std::filesystem::create_directories(folder, error);
    if (!error) std::filesystem::copy(pack, folder / pack.filename(), error);
  }
  if (!error) return {};
  return failure(ErrorCode::io, "cannot copy " + from + "/rules: " + error.message());
}

}  // namespace

// The audit log goes with it, if there is one.
Status copy_audit(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!std::filesystem::exists(audit_path(from), error)) return {};
  LQ_TRY(const auto audit, EventLog::open(audit_path(from), OpenMode::read_only));
  return audit->backup(audit_path(to));
}

Result<int> log_backup(const LogCall& call) {
  LQ_TRY(const std::string to, other_directory(call, "name one directory to back up to"));
  LQ_TRY([[maybe_unused]] const std::string events, call.directory(false));
  LQ_TRY(const auto log, call.open(OpenMode::read_only));
  const TreeHead head = log->tree_head();
  // Whoever keeps this line elsewhere can tell that a restored log is no older.
  std::printf(call.say("备份开始时：%llu 条记录，根 sha256:%s\n",
                       "at the start: %llu records, root sha256:%s\n"),
              count(head.size), root_text(head).c_str());
  std::fflush(stdout);
  if (Status s = log->backup(to); !s) return Unexpected<Error>(s.error());
  const std::string from = call.options.value_or("data", "");
  Status copied = copy_packs(from, to);
  if (copied) copied = copy_audit(from, to);
  if (!copied) return Unexpected<Error>(copied.error());
  LQ_TRY(const auto copy, open_copy(to, head));
  std::printf(call.say("已备份 %llu 条记录到 %s\n", "backed up %llu records to %s\n"),
              count(copy->next_seq()), to.c_str());
  return 0;
}

Result<int> log_restore(const LogCall& call) {
  LQ_TRY(const std::string from, other_directory(call, "name the backup to restore"));
  const auto to = call.options.value("data");
  if (!to) return failure(ErrorCode::usage, "--data DIR is needed: where the log shall be");
  LQ_TRY(const auto backup, open_log(from, OpenMode::read_only, {}));
  LQ_TRY(const VerifyReport report, verify_stored(*backup));
  for (const std::string& finding : report.findings) std::printf("%s\n", finding.c_str());
  if (!report.findings.empty()) {
    return failure(ErrorCode::corrupt, from + ": this backup is damaged, nothing was restored");
  }
  if (Status s = backup->backup(*to); !s) return Unexpected<Error>(s.error());
  if (Status s = copy_packs(from, *to); !s) return Unexpected<Error>(s.error());
  if (Status s = copy_audit(from, *to); !s) return Unexpected<Error>(s.error());
  LQ_TRY(const auto copy, open_copy(*to, report.head));
  std::printf(call.say("已核验并恢复 %llu 条记录到 %s\n根 sha256:%s\n",
                       "verified and restored %llu records to %s\nroot sha256:%s\n"),
              count(copy->next_seq()), to->c_str(), root_text(report.head).c_str());
  return 0;
}

}  // namespace lianqing
