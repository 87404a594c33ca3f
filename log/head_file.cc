#include "log/head_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "lianqing/assert.h"
#include "lianqing/disk_full.h"
#include "log/base64.h"
#include "log/keys.h"

namespace lianqing {
namespace {

constexpr std::string_view kFirstLine = "lianqing-head/1\n";
constexpr std::size_t kAckedBytes = 16;

Unexpected<Error> failed(const std::filesystem::path& path, const char* doing) {
  return failure(
      is_disk_full(errno) ? ErrorCode::full : ErrorCode::io,
      std::string("cannot ") + doing + " " + path.string() + ": " + std::strerror(errno));
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string acked_bytes(const std::string& log, std::uint64_t size) {
  const std::string number = be64(size);
  return number + std::string(bytes_of(sha256({"lianqing-acked/1\n", log, number})).substr(0, 8));
}

// The whole of a small file; nothing if there is none.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return std::optional<std::string>{};
    return failed(path, "open");
  }
  char buffer[4096];
  const ssize_t got = ::read(file, buffer, sizeof buffer);
  const int error = errno;
  ::close(file);
  errno = error;
  if (got < 0) return failed(path, "read");
  return std::optional<std::string>{std::string(buffer, static_cast<std::size_t>(got))};
}

// Takes "NAME value LF" off the front of `rest`.
std::string_view line(std::string_view& rest, std::string_view name) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || !rest.starts_with(name)) return {};
  const std::string_view value = rest.substr(name.size(), end - name.size());
  rest.remove_prefix(end + 1);
  return value;
}

}  // namespace

std::string encode(const Head& head) {
  std::string out(kFirstLine);
  out += "log " + head.log + "\nsize " + std::to_string(head.size) + "\nroot sha256:";
  append_base64(out, bytes_of(head.root));
  out += '\n';
  const std::string sum = hex(bytes_of(sha256({out}))).substr(0, 16);
  return out + "sum " + sum + "\n";
}

std::optional<Head> parse_head(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return std::nullopt;
  std::string_view rest = text.substr(kFirstLine.size());
  Head out;
  out.log = line(rest, "log ");
  const std::string_view size = line(rest, "size ");
  std::from_chars(size.data(), size.data() + size.size(), out.size);
  const auto root = parse_base64(line(rest, "root sha256:"));
  if (!root || root->size() != out.root.size()) return std::nullopt;
  root->copy(out.root.data(), out.root.size());
  if (encode(out) != text) return std::nullopt;
  return out;
}

Result<std::optional<Head>> read_head(const std::filesystem::path& directory) {
  LQ_TRY(const auto text, read_file(directory / "head"));
  if (!text) return std::optional<Head>{};
  auto head = parse_head(*text);
  if (!head) {
    return failure(ErrorCode::corrupt,
                   (directory / "head").string() +
                       ": damaged; if the log itself is trusted, make it anew with `lianqing log "
                       "verify --new-head`");
  }
  return head;
}

Status write_head(const std::filesystem::path& directory, const Head& head) {
  const std::filesystem::path fresh = directory / "head.new", path = directory / "head";
  const std::string text = encode(head);
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) return failed(fresh, "create");
  const ssize_t written = ::write(file, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (!whole && written >= 0) errno = ENOSPC;  // a short write to a regular file
  const bool synced = whole && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  errno = error;
  if (!synced) return failed(fresh, whole ? "sync" : "write");
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "replace");
  return sync_directory(directory);
}

std::optional<std::uint64_t> read_acked(const std::filesystem::path& directory,
                                        const std::string& log) {
  const auto bytes = read_file(directory / "acked");
  if (!bytes || !*bytes || (*bytes)->size() != kAckedBytes) return std::nullopt;
  const std::uint64_t size = number_of(**bytes);
  if (acked_bytes(log, size) != **bytes) return std::nullopt;
  return size;
}

Result<AckedFile> AckedFile::open(const std::filesystem::path& directory, std::string log) {
  const std::filesystem::path path = directory / "acked";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return failed(path, "open");
  return AckedFile(file, path, std::move(log));
}
AckedFile::AckedFile(AckedFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      log_(std::move(other.log_)) {}
AckedFile::~AckedFile() {
  if (file_ >= 0) ::close(file_);
}
Status AckedFile::write(std::uint64_t size) const {
  const std::string bytes = acked_bytes(log_, size);
  if (::pwrite(file_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return failed(path_, "write");
  }
  return {};
}

Status AckedFile::sync() const {
  if (::fdatasync(file_) != 0) return failed(path_, "sync");
  return {};
}

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return failed(path, "open");
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return DirectoryLock(file);
  const bool taken = errno == EWOULDBLOCK;
  const int error = errno;
  ::close(file);
  errno = error;
  if (!taken) return failed(path, "lock");
  return failure(ErrorCode::refused,
                 path.parent_path().string() +
                     ": another process is writing to this log; stop it, or read without writing");
}
DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}
DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

// A file is synced alike.
Status sync_directory(const std::filesystem::path& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(directory, "open");
  const bool synced = ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  errno = error;
  return synced ? Status{} : Status{failed(directory, "sync")};
}

Status check_space(const std::filesystem::path& directory) {
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) != 0) return failed(directory, "look at the disk of");
  const std::uint64_t unit = disk.f_frsize, free = disk.f_bavail * unit;
  const std::uint64_t reserve =
      std::min<std::uint64_t>(disk.f_blocks * unit / 10, std::uint64_t{1} << 30);
  if (free >= reserve) return {};
  return failure(ErrorCode::full, "the disk of " + directory.string() + " is nearly full (" +
                                      std::to_string(free >> 20) + " MiB left, " +
                                      std::to_string(reserve >> 20) +
                                      " MiB are kept free): nothing was taken; free some space");
}

}  // namespace lianqing
