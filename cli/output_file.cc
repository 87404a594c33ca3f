#include "cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace lianqing {
namespace {

constexpr std::size_t kHeld = 1U << 20;

Unexpected<Error> failure_of(const std::string& path, const char* doing, int code) {
  return failure(ErrorCode::io,
                 std::string("cannot ") + doing + " " + path + ": " + std::strerror(code));
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path, std::uint64_t keep) {
  struct stat what {};
  if (::stat(path.c_str(), &what) == 0 && !S_ISREG(what.st_mode)) return open_directly(path);
  const std::string partial = path + ".partial";
  const int handle = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (handle < 0) return failure_of(partial, "write", errno);
  const off_t size = ::lseek(handle, 0, SEEK_END);
  if (size < 0 || static_cast<std::uint64_t>(size) < keep) {
    ::close(handle);
    return failure(
        ErrorCode::refused,
        partial + " is shorter than the state directory says: it belongs to another run");
  }
  const bool longer = static_cast<std::uint64_t>(size) > keep;
  if ((longer && ::ftruncate(handle, static_cast<off_t>(keep)) != 0) ||
      ::lseek(handle, 0, SEEK_END) < 0) {
    const int code = errno;
    ::close(handle);
    return failure_of(partial, "cut", code);
  }
  OutputFile out(handle, path);
  out.bytes_ = keep;
  return out;
}

Result<OutputFile> OutputFile::open_directly(const std::string& path) {
  const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (handle < 0) return failure_of(path, "write", errno);
  OutputFile out(handle, path);
  out.direct_ = true;
  return out;
}

OutputFile OutputFile::standard() {
  std::fflush(stdout);
  OutputFile out(STDOUT_FILENO, "");
  out.by_line_ = ::isatty(STDOUT_FILENO) == 1;
  return out;
}

OutputFile::OutputFile(int handle, std::string path)
    : handle_(handle),
      path_(std::move(path)),
      held_(std::make_unique_for_overwrite<char[]>(kHeld)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : handle_(std::exchange(other.handle_, -1)),
      path_(std::move(other.path_)),
      direct_(other.direct_),
      by_line_(other.by_line_),
      held_(std::move(other.held_)),
      used_(std::exchange(other.used_, 0)),
      bytes_(other.bytes_) {}

OutputFile::~OutputFile() {
  if (handle_ < 0) return;
  (void)write_out();
  if (!path_.empty()) ::close(handle_);
}

Unexpected<Error> OutputFile::failed(const char* doing) const {
  return failure_of(path_.empty() ? "standard output" : path_, doing, errno);
}

// What cannot be written is held no more: it failed, and is not tried again.
Status OutputFile::write_out() {
  const char* from = held_.get();
  for (std::size_t left = std::exchange(used_, 0); left > 0;) {
    const ::ssize_t written = ::write(handle_, from, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write");
    from += written;
    left -= static_cast<std::size_t>(written);
  }
  return {};
}

Status OutputFile::text(std::string_view text) {
  bytes_ += text.size();
  while (text.size() > kHeld - used_) {
    const std::size_t part = kHeld - used_;
    std::memcpy(held_.get() + used_, text.data(), part);
    used_ = kHeld;
    if (Status s = write_out(); !s) return s;
    text.remove_prefix(part);
  }
  if (!text.empty()) std::memcpy(held_.get() + used_, text.data(), text.size());
  used_ += text.size();
  return {};
}

Status OutputFile::line(std::string_view text) {
  if (Status s = this->text(text); !s) return s;
  if (Status s = this->text("\n"); !s || !by_line_) return s;
  return write_out();
}

Status OutputFile::sync() {
  if (Status s = write_out(); !s) return s;
  if (!path_.empty() && !direct_ && ::fsync(handle_) != 0) return failed("write");
  return {};
}

Status OutputFile::finish() {
  if (Status s = sync(); !s) return s;
  if (path_.empty() || direct_) return {};
  const std::string partial = path_ + ".partial";
  if (std::rename(partial.c_str(), path_.c_str()) != 0) return failed("rename");
  return {};
}

}  // namespace lianqing
