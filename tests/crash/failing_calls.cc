// Loaded before the C library: lets the n-th call of one function fail, as a failing disk would.
//
//   FAIL_CALL    write, pwrite, fsync, fdatasync, rename or statvfs (which then tells of no space)
//   FAIL_AT      which call fails, from 1; calls on standard output and error do not count
//   FAIL_ERRNO   with which errno
#include <dlfcn.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool fails(const char* call) {
  static const char* const wanted = std::getenv("FAIL_CALL");
  static const char* const at = std::getenv("FAIL_AT");
  static const char* const number = std::getenv("FAIL_ERRNO");
  static std::atomic<long> count{0};
  if (wanted == nullptr || at == nullptr || std::strcmp(wanted, call) != 0) return false;
  if (++count != std::atol(at)) return false;
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
  if (file > 2 && fails("write")) return -1;
  return real(file, bytes, size);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (fails("pwrite")) return -1;
  return real(file, bytes, size, at);
}
int fsync(int file) {
  static const auto real = next<int (*)(int)>("fsync");
  return fails("fsync") ? -1 : real(file);
}
int fdatasync(int file) {
  static const auto real = next<int (*)(int)>("fdatasync");
  return fails("fdatasync") ? -1 : real(file);
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
