// Loaded before the C library: keeps beside a directory what a loss of power would leave of it, in
// the strictest reading of POSIX. The content of a file is what it was when it was last synced, and
// a directory lists what it listed when it was last synced itself.
//
//   SYNCED_OF    the directory; what is in it at the start is durable
//   SYNCED_TO    where this is kept, made anew: files/ID, lists/ID with a line "f ID NAME" or
//                "d ID NAME" per entry; the directory itself is 0
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace {

namespace fs = std::filesystem;

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

class Shadow {
 public:
  Shadow() {
    const char* of = std::getenv("SYNCED_OF");
    const char* to = std::getenv("SYNCED_TO");
    if (of == nullptr || to == nullptr) return;
    std::error_code error;
    root_ = fs::canonical(of, error).string();
    to_ = to;
    fs::remove_all(to_, error);
    fs::create_directories(to_ / "files", error);
    fs::create_directories(to_ / "lists", error);
    (void)id_of(root_);
    take_whole(root_);
  }

  // What is to become durable must be looked at before it is synced.
  struct Seen {
    std::string path;
    off_t size = -1;
  };
  Seen look(int file) const {
    if (root_.empty()) return {};
    char path[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const ssize_t n = ::readlink(link.c_str(), path, sizeof path);
    struct stat info {};
    if (n <= 0 || ::fstat(file, &info) != 0) return {};
    return {std::string(path, static_cast<std::size_t>(n)), info.st_size};
  }
  void synced(const Seen& seen) {
    if (!covers(seen.path)) return;
    const std::lock_guard lock(mutex_);
    struct stat info {};
    if (::stat(seen.path.c_str(), &info) != 0) return;
    S_ISDIR(info.st_mode) ? take_list(seen.path) : take_file(seen.path, seen.size);
  }
  // The name stands for another file from now on, or for none.
  void forget(const char* path) {
    struct stat info {};
    std::error_code error;
    if (!covers(fs::absolute(path, error).string()) || ::lstat(path, &info) != 0) return;
    const std::lock_guard lock(mutex_);
    ids_.erase({info.st_dev, info.st_ino});
  }

 private:
  bool covers(const std::string& path) const {
    return !root_.empty() && path.starts_with(root_) &&
           (path.size() == root_.size() || path[root_.size()] == '/');
  }
  long id_of(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return -1;
    const auto [at, fresh] = ids_.try_emplace({info.st_dev, info.st_ino}, next_);
    if (fresh) ++next_;
    return at->second;
  }
  void put(const fs::path& path, const std::string& bytes) const {
    const fs::path half = to_ / "half";
    std::ofstream(half, std::ios::binary) << bytes;
    std::error_code error;
    fs::rename(half, path, error);
  }
  void take_file(const std::string& path, off_t size) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (size >= 0 && bytes.size() > static_cast<std::size_t>(size)) {
      bytes.resize(static_cast<std::size_t>(size));
    }
    put(to_ / "files" / std::to_string(id_of(path)), bytes);
  }
  void take_list(const std::string& path) {
    std::string list;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      const long id = id_of(entry.path().string());
      if (id < 0) continue;
      list += entry.is_directory(error) ? "d " : "f ";
      list += std::to_string(id) + " " + entry.path().filename().string() + "\n";
    }
    put(to_ / "lists" / std::to_string(id_of(path)), list);
  }
  void take_whole(const std::string& path) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.is_directory(error)) {
        take_whole(entry.path().string());
      } else if (entry.is_regular_file(error)) {
        take_file(entry.path().string(), -1);
      }
    }
    take_list(path);
  }

  std::string root_;
  fs::path to_;
  std::mutex mutex_;
  std::map<std::pair<dev_t, ino_t>, long> ids_;
  long next_ = 0;
};

// None while it is being made, which removes and renames, too. Outlives whatever syncs at the end.
Shadow* shadow = nullptr;
__attribute__((constructor)) void begin() { shadow = new Shadow; }

int sync(const char* name, int file) {
  const Shadow::Seen seen = shadow == nullptr ? Shadow::Seen{} : shadow->look(file);
  const int code = next<int (*)(int)>(name)(file);
  const int error = errno;
  if (code == 0 && shadow != nullptr) shadow->synced(seen);
  errno = error;
  return code;
}

void forget(const char* path) {
  if (shadow != nullptr) shadow->forget(path);
}

}  // namespace

extern "C" {

int fsync(int file) { return sync("fsync", file); }
int fdatasync(int file) { return sync("fdatasync", file); }
int rename(const char* from, const char* to) {
  forget(to);
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}
int unlink(const char* path) {
  forget(path);
  return next<int (*)(const char*)>("unlink")(path);
}
int remove(const char* path) {
  forget(path);
  return next<int (*)(const char*)>("remove")(path);
}
int unlinkat(int directory, const char* path, int flags) {
  const bool here = path[0] == '/' || directory == AT_FDCWD || shadow == nullptr;
  forget(here ? path : (shadow->look(directory).path + "/" + path).c_str());
  return next<int (*)(int, const char*, int)>("unlinkat")(directory, path, flags);
}
}
