#include "connectors/sources/file_tail.h"

#include <chrono>
#include <utility>

#include "connectors/sources/file_place.h"
#include "connectors/sources/line_record.h"
#include "connectors/sources/pause.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLook{200};
constexpr int kLooks = 10;
// A program may go on writing to a file for a moment after it was renamed.
constexpr Duration kRotateWait{3'000'000};

constexpr SettingRow kKeys[] = {
    {"path", SettingShape::text, true},
    {"rotate_wait", SettingShape::duration, false, 0, 3600},
};

std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class FileTail final : public Source {
 public:
  FileTail(const std::string& path, Duration rotate_wait, const std::string& cursor)
      : path_(path), rotate_wait_(rotate_wait), files_(path) {
    if (!cursor.empty()) last_ = FilePlace::decode(cursor);
    unreadable_ = !cursor.empty() && !last_;
  }

  Result<Pulled> next(Pull& out, const std::stop_token& stop) override {
    for (int look = 0; look < kLooks;) {
      if (!file_) {
        if (Status s = begin(out); !s) return Unexpected<Error>(s.error());
      }
      if (Status s = give_lines(out); !s) return Unexpected<Error>(s.error());
      if (!out.records.empty()) return Pulled::records;
      LQ_TRY(const bool more, read(out));
      if (!out.records.empty()) return Pulled::records;
      if (more) continue;
      if (!out.notices.empty() || !pause(stop, kLook)) break;
      ++look;
    }
    return Pulled::nothing;
  }

  std::optional<std::uint64_t> behind() const override {
    if (!file_) return std::nullopt;
    const auto facts = file_->facts();
    const std::uint64_t read = lines_.added_to();
    if (!facts || facts->size < read) return std::nullopt;
    return facts->size - read;
  }

 private:
  // Finds the place to go on from, or the file to begin with.
  Status begin(Pull& out) {
    if (unreadable_) {
      return failure(ErrorCode::refused, path_ + ": the cursor in the log is not one of a file");
    }
    if (last_) {
      if (auto found = files_.find(*last_)) {
        enter(*std::move(found), last_->offset);
        return {};
      }
    }
    const auto name = last_ ? files_.instead_of(*last_) : files_.first();
    if (!name) return failure(ErrorCode::io, path_ + ": there is no such file (yet)");
    LQ_TRY(TailedFile file, TailedFile::open(files_.directory(), *name));
    const std::optional<FilePlace> lost = last_;
    enter(std::move(file), 0);
    LQ_TRY(last_, file_->place(0));
    const bool was_read = std::exchange(caught_up_, false);
    if (!lost || lost->offset == 0 || was_read) return {};
    const std::string rest = lost->name + " from byte " + std::to_string(lost->offset) +
                             " on (inode " + std::to_string(lost->inode) + ")";
    out.records.push_back(
        {last_->encode(), rest, lost->name,
         RecordFault{"gap",
                     "the file that was being read is gone (compressed, deleted, "
                     "overwritten?): what it held from here on was not read; append it by "
                     "lianqing log append if it can be found"}});
    return {};
  }

  void enter(TailedFile file, std::uint64_t offset) {
    file_ = std::move(file);
    lines_ = LineCutter(offset);
  }

  Status give_lines(Pull& out) {
    std::size_t bytes = 0;
    while (out.records.size() < kPullRecords && bytes < kPullBytes) {
      const auto line = lines_.next();
      if (!line) break;
      bytes += line->bytes.size();
      if (Status s = give(*line, out); !s) return s;
    }
    return {};
  }

  Status give(LineCutter::Line line, Pull& out) {
    if (line.begin == 0 && line.bytes.starts_with("\xEF\xBB\xBF")) line.bytes.remove_prefix(3);
    if (is_blank_line(line.bytes) && !line.too_long) return {};
    LQ_TRY(FilePlace place, file_->place(line.end));
    out.records.push_back(
        line_record(line, place.encode(), file_->name() + ", byte " + std::to_string(line.begin)));
    last_ = std::move(place);
    return {};
  }

  // Whether there is more to do at once: bytes were read, or another file was entered.
  Result<bool> read(Pull& out) {
    const std::uint64_t from = lines_.added_to();
    LQ_TRY(const std::string block, file_->read(from, kBlockBytes));
    LQ_TRY(const TailedFile::Facts facts, file_->facts());
    if (facts.size < from || (last_ && !file_->holds(*last_))) return truncated(out);
    lines_.add(block);
    caught_up_ = block.empty() && !lines_.has_rest();
    if (!block.empty()) return true;
    const auto next = files_.after(*file_);
    if (!next || wall_us() - facts.changed_us < rotate_wait_.count()) return false;
    if (const auto rest = lines_.rest()) {
      if (Status s = give(*rest, out); !s) return Unexpected<Error>(s.error());
    }
    LQ_TRY(TailedFile file, TailedFile::open(files_.directory(), *next));
    out.notices.push_back({file_->name() + " 已读完，接着读 " + *next,
                           file_->name() + " is read to its end, going on with " + *next});
    LQ_TRY(last_, file.place(0));
    enter(std::move(file), 0);
    return true;
  }

  // It was emptied or written anew, perhaps after it was copied: the copy may hold what is unread.
  bool truncated(Pull& out) {
    out.notices.push_back({file_->name() + " 被截断或重写", file_->name() + " was truncated"});
    file_.reset();
    return true;
  }

  const std::string path_;
  const Duration rotate_wait_;
  const TailedFiles files_;
  std::optional<TailedFile> file_;
  std::optional<FilePlace> last_;  // behind the newest record
  LineCutter lines_;
  bool unreadable_ = false;
  bool caught_up_ = false;  // at the last look nothing was unread
};

}  // namespace

std::span<const SettingRow> file_tail_keys() { return kKeys; }

std::vector<SettingFault> check_file_tail(const Settings& settings) {
  const std::string path = settings.text("path");
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && path.find_first_of("*?[") < slash) {
    return {{"path",
             {"通配符只能在文件名里，不能在文件夹里",
              "a pattern may stand in the file's name, not in that of a folder"}}};
  }
  if (path.ends_with('/')) {
    return {{"path", {"应为文件，不是文件夹", "expected a file, not a folder"}}};
  }
  return {};
}

Result<std::unique_ptr<Source>> open_file_tail(const std::string&, const Settings& settings,
                                               const std::string& cursor) {
  return std::make_unique<FileTail>(settings.text("path"),
                                    settings.duration("rotate_wait", kRotateWait), cursor);
}

}  // namespace lianqing
