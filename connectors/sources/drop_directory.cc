// cursor := hash "/" number-of-records-given "/" file-name        the hash: of the file's records
#include "connectors/sources/drop_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "connectors/arena.h"
#include "connectors/content_hash.h"
#include "connectors/sources/dropped_table.h"
#include "connectors/sources/pause.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kLook{200};
constexpr int kLooks = 10;
DroppedTableReader table_reader = nullptr;

constexpr std::int64_t kNanos = 1'000'000'000;

Unexpected<Error> io_failure(const std::string& doing, const std::string& path, int why) {
  return failure(ErrorCode::io, "cannot " + doing + " " + path + ": " + std::strerror(why));
}

bool is_passing(const std::string& name) {
  if (name.starts_with('.') || name.starts_with("~$") || name.ends_with('~')) return true;
  for (const std::string_view ending : {".tmp", ".part", ".partial", ".crdownload", ".filepart"})
    if (name.ends_with(ending)) return true;
  return false;
}

Status write_whole(const std::string& path, std::string_view bytes) {
  const std::string partial = path + ".part";
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return io_failure("write", partial, errno);
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int why = errno;
      ::close(file);
      return io_failure("write", partial, why);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  const bool synced = ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  if (!synced) return io_failure("write", partial, why);
  if (std::rename(partial.c_str(), path.c_str()) != 0) return io_failure("rename", partial, errno);
  return {};
}

// 16 hexadecimal digits.
std::string hash_of(const std::vector<RawRecord>& records) {
  std::string all;
  for (const RawRecord& record : records)
    all += std::to_string(record.bytes.size()) + ":" + record.bytes;
  const std::size_t size = all.size();
  all.append(Arena::kPadding, '\0');
  const std::string_view bytes = all;
  std::uint64_t hash = identity_hash(bytes.substr(size, 0), bytes.substr(0, size)).low;
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4) out[i] = "0123456789abcdef"[hash & 15];
  return out;
}

}  // namespace

Status DropDirectory::prepare() const {
  for (const char* folder : {"done", "failed"}) {
    std::error_code error;
    fs::create_directories(path_ + "/" + folder, error);
    if (error) return io_failure("make", path_ + "/" + folder, error.value());
  }
  return {};
}

Result<std::vector<DroppedFile>> DropDirectory::files() const {
  std::vector<DroppedFile> out;
  std::error_code error;
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  for (auto at = fs::directory_iterator(path_, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    DroppedFile file{at->path().filename().string(), at->path().string(), 0, 0, false};
    struct stat facts = {};
    if (is_passing(file.name) || ::lstat(file.path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode))
      continue;
    file.size = static_cast<std::uint64_t>(facts.st_size);
    file.changed_ns = facts.st_ctim.tv_sec * kNanos + facts.st_ctim.tv_nsec;
    file.settled = now - file.changed_ns >= settle_.count() * 1000;
    out.push_back(std::move(file));
  }
  if (error) return io_failure("read", path_, error.value());
  std::sort(out.begin(), out.end(),
            [](const DroppedFile& a, const DroppedFile& b) { return a.name < b.name; });
  return out;
}

bool DropDirectory::is_unchanged(const DroppedFile& file) const {
  struct stat facts = {};
  return ::lstat(file.path.c_str(), &facts) == 0 &&
         facts.st_ctim.tv_sec * kNanos + facts.st_ctim.tv_nsec == file.changed_ns &&
         static_cast<std::uint64_t>(facts.st_size) == file.size;
}

Result<std::string> DropDirectory::put_away(const DroppedFile& file, bool clean,
                                            const std::string& report) const {
  const std::string folder = path_ + (clean ? "/done/" : "/failed/");
  const fs::path name = file.name;
  std::string to = folder + file.name;
  std::error_code error;
  for (int n = 2; fs::exists(to, error); ++n)
    to = folder + name.stem().string() + "-" + std::to_string(n) + name.extension().string();
  if (!report.empty()) {
    if (Status s = write_whole(to + ".report.csv", report); !s) return Unexpected<Error>(s.error());
  }
  if (std::rename(file.path.c_str(), to.c_str()) != 0) return io_failure("move", file.path, errno);
  return to;
}

namespace {

constexpr SettingRow kKeys[] = {
    {"path", SettingShape::text, true},
    {"maps", SettingShape::text, true},
    {"units", SettingShape::text},
    {"settle", SettingShape::duration, false, 0, 86'400},
};

class Drops final : public Source {
 public:
  Drops(const Settings& settings, const std::string& cursor)
      : directory_(settings.text("path"), settings.duration("settle", Duration{5'000'000})),
        maps_(settings.text("maps")),
        units_(settings.text("units")) {
    const std::size_t first = cursor.find('/'), second = cursor.find('/', first + 1);
    if (first == std::string::npos || second == std::string::npos) return;
    resume_.hash = cursor.substr(0, first);
    std::from_chars(cursor.data() + first + 1, cursor.data() + second, resume_.given);
    resume_.name = cursor.substr(second + 1);
  }

  Result<Pulled> next(Pull& out, const std::stop_token& stop) override {
    for (int looks = 0; looks < kLooks; ++looks) {
      if (current_) {
        if (given_ < current_->records.size()) return give(out);
        // All given, and not yet told that it is kept.
        if (given_ > 0 && !kept_) break;
        if (Status s = put_away(out); !s) return Unexpected<Error>(s.error());
        continue;
      }
      LQ_TRY(const bool found, load());
      if (found) continue;
      if (!out.notices.empty() || !pause(stop, kLook)) break;
    }
    return Pulled::nothing;
  }

  Status committed(std::string_view cursor) override {
    if (current_ && given_ == current_->records.size() && cursor == cursor_of(given_)) kept_ = true;
    return {};
  }

 private:
  struct Place {
    std::string hash, name;
    std::size_t given = 0;
  };

  std::string cursor_of(std::size_t given) const {
    return hash_ + "/" + std::to_string(given) + "/" + file_.name;
  }

  Pulled give(Pull& out) {
    std::size_t bytes = 0;
    while (given_ < current_->records.size() && out.records.size() < kPullRecords &&
           bytes < kPullBytes) {
      RawRecord& record = out.records.emplace_back(current_->records[given_++]);
      record.cursor = cursor_of(given_);
      bytes += record.bytes.size();
    }
    return Pulled::records;
  }

  // The first file that has settled.
  Result<bool> load() {
    if (Status s = directory_.prepare(); !s) return Unexpected<Error>(s.error());
    LQ_TRY(const std::vector<DroppedFile> files, directory_.files());
    for (const DroppedFile& file : files) {
      if (!file.settled) continue;
      LQ_TRY(DroppedTable table, table_reader(file.path, maps_, units_, true));
      if (!directory_.is_unchanged(file)) continue;
      file_ = file;
      hash_ = hash_of(table.records);
      current_ = std::move(table);
      given_ = 0;
      kept_ = false;
      if (resume_.name == file.name && resume_.hash == hash_) {
        given_ = std::min(resume_.given, current_->records.size());
        kept_ = given_ == current_->records.size();
      }
      resume_ = {};
      return true;
    }
    return false;
  }

  Status put_away(Pull& out) {
    LQ_TRY(const std::string to, directory_.put_away(file_, current_->clean, current_->report));
    out.notices.push_back({file_.name + " 已读完，移到 " + to, file_.name + " is read, now " + to});
    current_.reset();
    return {};
  }

  const DropDirectory directory_;
  const std::string maps_, units_;
  Place resume_;
  DroppedFile file_;
  std::string hash_;
  std::optional<DroppedTable> current_;
  std::size_t given_ = 0;  // of current_'s records
  bool kept_ = false;      // all of them
};

}  // namespace

void set_dropped_table_reader(DroppedTableReader reader) { table_reader = reader; }

std::span<const SettingRow> drop_directory_keys() { return kKeys; }
std::vector<SettingFault> check_drop_directory(const Settings& /*settings*/) { return {}; }

Result<std::unique_ptr<Source>> open_drop_directory(const std::string& /*name*/,
                                                    const Settings& settings,
                                                    const std::string& cursor) {
  LQ_ASSERT(table_reader != nullptr);
  return std::make_unique<Drops>(settings, cursor);
}

}  // namespace lianqing
