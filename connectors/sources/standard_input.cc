// cursor := offset ":" inode        inode 0: of a pipe, where the offset means nothing later
#include "connectors/sources/standard_input.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "connectors/sources/line_record.h"

namespace lianqing {
namespace {

constexpr int kPollMs = 100;
constexpr int kPatienceMs = 2000;

std::uint64_t number_at(std::string_view text, std::size_t& at) {
  std::uint64_t out = 0;
  const auto end = std::from_chars(text.data() + at, text.data() + text.size(), out);
  at = static_cast<std::size_t>(end.ptr - text.data()) + 1;
  return out;
}

class Stream final : public Source {
 public:
  Stream(int descriptor, const std::string& cursor) : descriptor_(descriptor) {
    struct stat facts = {};
    const bool is_file = ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
    if (is_file) inode_ = facts.st_ino;
    std::size_t at = 0;
    const std::uint64_t offset = number_at(cursor, at);
    if (is_file && at < cursor.size() && number_at(cursor, at) == inode_ &&
        offset <= static_cast<std::uint64_t>(facts.st_size)) {
      lines_ = LineCutter(offset);
      ::lseek(descriptor, static_cast<off_t>(offset), SEEK_SET);
    } else if (is_file) {
      ::lseek(descriptor, 0, SEEK_SET);
    }
  }

  Result<Pulled> next(Pull& out, const std::stop_token& stop) override {
    int waited = 0;
    std::size_t bytes = 0;
    for (;;) {
      while (out.records.size() < kPullRecords && bytes < kPullBytes) {
        const auto line = lines_.next();
        if (!line) break;
        bytes += line->bytes.size();
        give(*line, out);
      }
      if (!out.records.empty()) return Pulled::records;
      if (ended_) {
        if (const auto last = lines_.rest()) give(*last, out);
        return Pulled::end;
      }
      pollfd poll{descriptor_, POLLIN, 0};
      if (::poll(&poll, 1, kPollMs) == 0) {
        waited += kPollMs;
        if (stop.stop_requested() || waited >= kPatienceMs) return Pulled::nothing;
        continue;
      }
      if (Status s = read(); !s) return Unexpected<Error>(s.error());
      if (stop.stop_requested()) return Pulled::nothing;
    }
  }

 private:
  Status read() {
    const ssize_t got = ::read(descriptor_, block_.data(), block_.size());
    if (got > 0) lines_.add({block_.data(), static_cast<std::size_t>(got)});
    if (got == 0) ended_ = true;
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
      return failure(ErrorCode::io, "standard input: " + std::generic_category().message(errno));
    }
    return {};
  }

  void give(const LineCutter::Line& line, Pull& out) {
    ++count_;
    if (is_blank_line(line.bytes) && !line.too_long) return;
    out.records.push_back(line_record(line, std::to_string(line.end) + ":" + std::to_string(inode_),
                                      "line " + std::to_string(count_)));
  }

  const int descriptor_;
  std::uint64_t inode_ = 0;
  LineCutter lines_;
  std::uint64_t count_ = 0;  // lines since it was opened
  bool ended_ = false;
  std::array<char, 64 * 1024> block_{};
};

}  // namespace

std::span<const SettingRow> standard_input_keys() { return {}; }

std::vector<SettingFault> check_standard_input(const Settings&) { return {}; }

Result<std::unique_ptr<Source>> open_standard_input(const std::string&, const Settings&,
                                                    const std::string& cursor) {
  return stream_source(STDIN_FILENO, cursor);
}

std::unique_ptr<Source> stream_source(int descriptor, const std::string& cursor) {
  return std::make_unique<Stream>(descriptor, cursor);
}

}  // namespace lianqing
