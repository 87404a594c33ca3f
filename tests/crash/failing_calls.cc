// Loaded before the C library: lets the n-th call of one function fail, as a failing disk would.
//
//   FAIL_CALL    write, pwrite, fsync, fdatasync, fallocate, rename or statvfs (which then tells of
//                no space)
//   FAIL_FILE    only calls on files whose path ends so; not for rename and statvfs
//   FAIL_AT      which call fails, from 1; calls on standard output and error do not count
//   FAIL_FOR     how many calls fail from there on (default 1)
//   FAIL_ERRNO   with which errno
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool is_meant(int file) {
  static const char* const wanted = std::getenv("FAIL_FILE");
  if (wanted == nullptr) return true;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path);
  const ssize_t end = static_cast<ssize_t>(std::strlen(wanted));
  return size >= end && std::memcmp(path + size - end, wanted, static_cast<std::size_t>(end)) == 0;
}

bool fails(const char* call, int file = -1) {
  static const char* const wanted = std::getenv("FAIL_CALL");
  static const char* const at = std::getenv("FAIL_AT");
  static const char* const number = std::getenv("FAIL_ERRNO");
  static const char* const times = std::getenv("FAIL_FOR");
  static std::atomic<long> count{0};
  if (wanted == nullptr || at == nullptr || std::strcmp(wanted, call) != 0) return false;
  if (file >= 0 && !is_meant(file)) return false;
  const long since = ++count - std::atol(at);
  if (since < 0 || since >= (times == nullptr ? 1 : std::atol(times))) return false;
  errno = number == nullptr ? EIO : std::atoi(number);
  return true;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (file > 2 && fails("write", file)) return -1;
  return real(file, bytes, size);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (fails("pwrite", file)) return -1;
  return real(file, bytes, size, at);
}
int fsync(int file) {
  static const auto real = next<int (*)(int)>("fsync");
  return fails("fsync", file) ? -1 : real(file);
}
int fdatasync(int file) {
  static const auto real = next<int (*)(int)>("fdatasync");
  return fails("fdatasync", file) ? -1 : real(file);
}
int fallocate(int file, int mode, off_t at, off_t size) {
  static const auto real = next<int (*)(int, int, off_t, off_t)>("fallocate");
  return fails("fallocate", file) ? -1 : real(file, mode, at, size);
}
int rename(const char* from, const char* to) {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return fails("rename") ? -1 : real(from, to);
}
int statvfs(const char* path, struct statvfs* out) {
  static const auto real = next<int (*)(const char*, struct statvfs*)>("statvfs");
  const int code = real(path, out);
  if (fails("statvfs")) out->f_bavail = 0;
  return code;
}
}
