#include "connectors/sources/file_place.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kHeadBytes = 256, kTailBytes = 64;

Unexpected<Error> failed(const std::string& path, int error) {
  return failure(ErrorCode::io, path + ": " + std::generic_category().message(error));
}

std::int64_t changed_us(const struct stat& facts) {
  return facts.st_mtim.tv_sec * 1'000'000 + facts.st_mtim.tv_nsec / 1000;
}

bool is_compressed(std::string_view name) {
  for (const char* ending : {".gz", ".bz2", ".xz", ".zst"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

template <class Integer>
bool take_number(std::string_view& text, Integer& to, int digits_base) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), to, digits_base);
  if (end.ec != std::errc{} || end.ptr == text.data() + text.size() || *end.ptr != ':') {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()) + 1);
  return true;
}

}  // namespace

std::string FilePlace::encode() const {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(mark));
  return std::to_string(offset) + ":" + std::to_string(inode) + ":" + hex + ":" + name;
}

std::optional<FilePlace> FilePlace::decode(std::string_view cursor) {
  FilePlace out;
  if (!take_number(cursor, out.offset, 10) || !take_number(cursor, out.inode, 10) ||
      !take_number(cursor, out.mark, 16) || cursor.empty()) {
    return std::nullopt;
  }
  out.name = cursor;
  return out;
}

// ---- one file

Result<TailedFile> TailedFile::open(const std::string& directory, const std::string& name) {
  std::string path = directory + "/" + name;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return failed(path, errno);
  struct stat facts = {};
  const bool known = ::fstat(descriptor, &facts) == 0;
  TailedFile out(descriptor, name, std::move(path), facts.st_ino);
  if (!known) return failed(out.path_, errno);
  if (!S_ISREG(facts.st_mode)) {
    return failure(ErrorCode::refused, out.path_ + " is not a file");
  }
  return out;
}

TailedFile::TailedFile(TailedFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      path_(std::move(other.path_)),
      inode_(other.inode_) {}

TailedFile& TailedFile::operator=(TailedFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  std::swap(path_, other.path_);
  std::swap(inode_, other.inode_);
  return *this;
}

TailedFile::~TailedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<TailedFile::Facts> TailedFile::facts() const {
  struct stat facts = {};
  if (::fstat(descriptor_, &facts) != 0) return failed(path_, errno);
  return Facts{static_cast<std::uint64_t>(facts.st_size), changed_us(facts)};
}

Result<std::string> TailedFile::read(std::uint64_t offset, std::size_t most) const {
  std::string out(most, '\0');
  std::size_t have = 0;
  while (have < most) {
    const ssize_t got =
        ::pread(descriptor_, out.data() + have, most - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path_, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

Result<FilePlace> TailedFile::place(std::uint64_t offset) const {
  const std::size_t head = std::min<std::size_t>(offset, kHeadBytes);
  const std::size_t tail = std::min<std::size_t>(offset, kTailBytes);
  LQ_TRY(std::string bytes, read(0, head));
  LQ_TRY(const std::string before, read(offset - tail, tail));
  if (bytes.size() != head || before.size() != tail) {
    return failure(ErrorCode::io, path_ + " has become shorter");
  }
  bytes += before;
  return FilePlace{name_, offset, inode_, XXH3_64bits(bytes.data(), bytes.size())};
}

bool TailedFile::holds(const FilePlace& place) const {
  const auto here = this->place(place.offset);
  return here && here->mark == place.mark;
}

// ---- the files of a path

TailedFiles::TailedFiles(const std::string& path) {
  const std::filesystem::path whole(path);
  directory_ = whole.has_parent_path() ? whole.parent_path().string() : ".";
  name_ = whole.filename().string();
  is_pattern_ = name_.find_first_of("*?[") != std::string::npos;
}

// events.jsonl -> events.jsonl.1, events.jsonl-20260305, events-20260305.jsonl
bool TailedFiles::is_rotated(std::string_view name) const {
  if (name == name_ || is_compressed(name)) return false;
  const auto separates = [](char c) { return c == '.' || c == '-' || c == '_' || c == '~'; };
  if (name.starts_with(name_)) return separates(name[name_.size()]);
  const std::filesystem::path own(name_);
  const std::string stem = own.stem().string(), extension = own.extension().string();
  if (extension.empty() || !name.starts_with(stem) || !name.ends_with(extension)) return false;
  if (name.size() < stem.size() + extension.size() + 2) return false;
  const std::string_view between =
      name.substr(stem.size(), name.size() - stem.size() - extension.size());
  return separates(between[0]) && between.find_first_not_of("0123456789.-_T") == std::string::npos;
}

std::vector<std::string> TailedFiles::names() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    const bool ours = is_pattern_ ? ::fnmatch(name_.c_str(), name.c_str(), FNM_PERIOD) == 0
                                  : name == name_ || is_rotated(name);
    std::error_code unknown;
    if (ours && entry.is_regular_file(unknown)) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<std::string> TailedFiles::first() const {
  for (const std::string& name : names()) {
    if (is_pattern_ || name == name_) return name;
  }
  return std::nullopt;
}

std::optional<std::string> TailedFiles::after(const TailedFile& file) const {
  if (is_pattern_) {
    const auto all = names();
    const auto next = std::upper_bound(all.begin(), all.end(), file.name());
    return next == all.end() ? std::nullopt : std::optional(*next);
  }
  struct stat written = {};
  const bool there = ::stat((directory_ + "/" + name_).c_str(), &written) == 0;
  if (there && written.st_ino == file.inode()) return std::nullopt;
  const auto facts = file.facts();
  if (!facts) return std::nullopt;
  std::optional<std::pair<std::int64_t, std::string>> oldest;  // of those changed later
  for (const std::string& name : names()) {
    struct stat other = {};
    if (name == name_ || ::stat((directory_ + "/" + name).c_str(), &other) != 0) continue;
    if (other.st_ino == file.inode()) continue;
    const std::pair<std::int64_t, std::string> one{changed_us(other), name};
    if (one.first > facts->changed_us && (!oldest || one < *oldest)) oldest = one;
  }
  if (oldest) return oldest->second;
  return there ? std::optional(name_) : std::nullopt;
}

std::optional<TailedFile> TailedFiles::find(const FilePlace& place) const {
  std::vector<TailedFile> holding;
  for (const std::string& name : names()) {
    auto file = TailedFile::open(directory_, name);
    if (file && file->holds(place)) holding.push_back(*std::move(file));
  }
  const auto choose = [&](auto is_it) -> std::optional<TailedFile> {
    const auto at = std::find_if(holding.begin(), holding.end(), is_it);
    if (at == holding.end()) return std::nullopt;
    return std::move(*at);
  };
  const auto by_name = [&](const TailedFile& file) { return file.name() == place.name; };
  const auto by_inode = [&](const TailedFile& file) { return file.inode() == place.inode; };
  if (auto both = choose([&](const TailedFile& f) { return by_name(f) && by_inode(f); })) {
    return both;
  }
  if (auto same = choose(by_inode)) return same;
  if (auto named = choose(by_name)) return named;
  // Nothing stands before an offset of 0: any file would do.
  if (place.offset == 0 || is_pattern_) return std::nullopt;
  if (auto written = choose([&](const TailedFile& f) { return f.name() == name_; })) {
    return written;
  }
  return choose([](const TailedFile&) { return true; });
}

std::optional<std::string> TailedFiles::instead_of(const FilePlace& place) const {
  if (!is_pattern_) return first();
  const auto all = names();
  const auto from = std::lower_bound(all.begin(), all.end(), place.name);
  return from == all.end() ? std::nullopt : std::optional(*from);
}

}  // namespace lianqing
