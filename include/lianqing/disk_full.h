#pragma once
// What says that a disk, or the part of it that this user may fill (a quota), is full: both pass
// once there is space, so they are met alike.
#include <cerrno>
#include <cstring>
#include <string_view>

namespace lianqing {

// `error_number`: as in errno.
inline bool is_disk_full(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT;
}

// Of a library's message that ends in the system's words for the error. RocksDB 7 tells ENOSPC by a
// subcode, but a full quota by these words alone.
inline bool says_quota_full(std::string_view message) {
  return message.find(strerrordesc_np(EDQUOT)) != std::string_view::npos;
}

}  // namespace lianqing
