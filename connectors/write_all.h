// Bytes to an open file, however many calls it takes.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace lianqing {

// False: errno says why; part of the bytes may have been written.
[[nodiscard]] inline bool write_all(int handle, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(handle, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace lianqing
