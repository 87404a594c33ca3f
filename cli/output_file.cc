#include "cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lianqing {
namespace {

constexpr std::size_t kBuffer = 1U << 20;

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
  std::FILE* file = ::fdopen(handle, "r+");
  if (file == nullptr) return failure_of(partial, "write", errno);
  std::setvbuf(file, nullptr, _IOFBF, kBuffer);
  OutputFile out(file, path);
  out.bytes_ = keep;
  return out;
}

Result<OutputFile> OutputFile::open_directly(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return failure_of(path, "write", errno);
  std::setvbuf(file, nullptr, _IOFBF, kBuffer);
  OutputFile out(file, path);
  out.direct_ = true;
  return out;
}

OutputFile OutputFile::standard() { return OutputFile(stdout, ""); }

OutputFile::OutputFile(OutputFile&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      path_(std::move(other.path_)),
      direct_(other.direct_),
      bytes_(other.bytes_) {}

OutputFile::~OutputFile() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

Unexpected<Error> OutputFile::failed(const char* doing) const {
  return failure_of(path_.empty() ? "standard output" : path_, doing, errno);
}

// One thread writes a file: it need not be locked for every line.
Status OutputFile::text(std::string_view text) {
  if (::fwrite_unlocked(text.data(), 1, text.size(), file_) != text.size()) return failed("write");
  bytes_ += text.size();
  return {};
}

Status OutputFile::line(const std::string& text) {
  if (Status s = this->text(text); !s) return s;
  if (::putc_unlocked('\n', file_) == EOF) return failed("write");
  ++bytes_;
  return {};
}

Status OutputFile::sync() {
  if (std::fflush(file_) != 0) return failed("write");
  if (file_ != stdout && !direct_ && ::fsync(::fileno(file_)) != 0) return failed("write");
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
