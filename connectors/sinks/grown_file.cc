#include "connectors/sinks/grown_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "connectors/write_all.h"

namespace lianqing {
namespace {

// The size of the file once a last line that a crash cut short is gone; -1: errno says why.
off_t whole_lines(int handle) {
  struct stat found {};
  if (::fstat(handle, &found) != 0) return -1;
  off_t end = found.st_size;
  for (char last = 0; end > 0; --end) {
    if (::pread(handle, &last, 1, end - 1) != 1) return -1;
    if (last == '\n') break;
  }
  if (end != found.st_size && ::ftruncate(handle, end) != 0) return -1;
  return end;
}

bool begins_with(int handle, std::string_view head) {
  std::string found(head.size(), '\0');
  const ssize_t size = ::pread(handle, found.data(), found.size(), 0);
  return size == static_cast<ssize_t>(head.size()) && found == head;
}

// The name of a file that is new is on the disk, too.
bool sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int handle =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = handle >= 0 && ::fsync(handle) == 0;
  if (handle >= 0) ::close(handle);
  return good;
}

}  // namespace

Result<std::uint64_t> append_lines(const std::string& path, std::string_view head,
                                   std::string_view lines) {
  const int handle = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) return failure(ErrorCode::io, path + ": " + std::strerror(errno));
  const off_t end = whole_lines(handle);
  if (end > 0 && !begins_with(handle, head)) {
    ::close(handle);
    return failure(ErrorCode::refused,
                   path + ": begins with other columns or in another encoding: rename it");
  }
  bool good = end >= 0 && (end > 0 || write_all(handle, head)) && write_all(handle, lines) &&
              ::fdatasync(handle) == 0 && (end > 0 || sync_folder(path));
  const int error = errno;
  if (!good && end >= 0 && ::ftruncate(handle, end) != 0) good = false;  // all or nothing
  ::close(handle);
  if (!good) return failure(ErrorCode::io, path + ": " + std::strerror(error));
  return static_cast<std::uint64_t>(end) + (end > 0 ? 0 : head.size());
}

Delivery deliver_lines(const std::string& path, std::string_view head, std::string_view lines) {
  const auto place = append_lines(path, head, lines);
  if (place) return Receipt{std::to_string(lines.size()) + " bytes at " + std::to_string(*place)};
  return Unexpected<DeliveryFailure>(
      DeliveryFailure{DeliveryFailure::Kind::unavailable, place.error().what, {}});
}

}  // namespace lianqing
