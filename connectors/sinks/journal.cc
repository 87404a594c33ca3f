#include "connectors/sinks/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "connectors/write_all.h"
#include "lianqing/assert.h"
#include "lianqing/disk_full.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

// A line that says no more than what stood before: written at the head of a new file.
constexpr std::string_view kCarried = "=";

std::string path_of(const std::string& directory, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 8 - std::min<std::size_t>(8, digits.size()), '0');
  return directory + "/" + digits + ".jsonl";
}

// Numbers of the files that are there, ascending.
std::vector<std::uint64_t> numbers_in(const std::string& directory) {
  std::vector<std::uint64_t> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t number = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), number);
    if (end.ec == std::errc{} && std::string_view(end.ptr) == ".jsonl") out.push_back(number);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Unexpected<Error> failed(const std::string& path, const char* doing) {
  return failure(is_disk_full(errno) ? ErrorCode::full : ErrorCode::io,
                 path + ": cannot " + doing + ": " + std::strerror(errno));
}

// Gives how many bytes of whole lines there are.
Result<std::uint64_t> read_lines(
    const std::string& path, const std::function<void(const OutboxEntry&, bool carried)>& visit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return failed(path, "read");
  std::uint64_t whole = 0, number = 0;
  for (std::string line; std::getline(in, line);) {
    if (in.eof()) break;  // no newline: cut short
    ++number;
    const bool carried = line.starts_with(kCarried);
    const auto entry =
        parse_outbox_entry(std::string_view(line).substr(carried ? kCarried.size() : 0));
    if (!entry) {
      return failure(ErrorCode::corrupt,
                     path + ":" + std::to_string(number) + " " + entry.error().what);
    }
    visit(*entry, carried);
    whole += line.size() + 1;
  }
  return whole;
}

Status sync_directory(const std::string& directory) {
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = handle >= 0 && ::fsync(handle) == 0;
  if (handle >= 0) ::close(handle);
  return good ? Status{} : failed(directory, "sync");
}

}  // namespace

Result<Journal> Journal::open(const std::string& directory, JournalLimits limits,
                              const Apply& apply) {
  std::error_code error;
  if (fs::create_directories(directory, error)) {
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  Journal out;
  out.directory_ = directory;
  out.limits_ = limits;
  const auto numbers = numbers_in(directory);
  if (!numbers.empty()) {
    out.number_ = numbers.back();
    const std::string path = path_of(directory, out.number_);
    LQ_TRY(out.bytes_, read_lines(path, [&](const OutboxEntry& e, bool) { apply(e); }));
    fs::resize_file(path, out.bytes_, error);
    if (error) return failure(ErrorCode::io, path + ": " + error.message());
  }
  const std::string path = path_of(directory, out.number_);
  out.file_ = Handle(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (out.file_.number < 0) return failed(path, "open");
  if (limits.durable) {
    if (Status s = sync_directory(directory); !s) return Unexpected<Error>(s.error());
  }
  return out;
}

Journal::Handle::~Handle() {
  if (number >= 0) ::close(number);
}

Status Journal::write(std::span<const OutboxEntry> entries) {
  std::string text;
  for (const OutboxEntry& entry : entries) text += to_json(entry) + "\n";
  if (text.empty()) return {};
  dirty_ = true;
  if (!write_all(file_.number, text)) {
    const Status out = failed(path_of(directory_, number_), "write");
    // Of lines that are only half there nothing remains.
    if (::ftruncate(file_.number, static_cast<off_t>(bytes_)) != 0) {
      return failure(ErrorCode::corrupt, path_of(directory_, number_) + ": a line is cut short");
    }
    return out;
  }
  bytes_ += text.size();
  return {};
}

Status Journal::sync() {
  if (!dirty_) return {};
  dirty_ = false;
  if (!limits_.durable || ::fdatasync(file_.number) == 0) return {};
  return failed(path_of(directory_, number_), "sync");
}

Status Journal::turn(std::span<const OutboxEntry> entries) {
  const std::string path = path_of(directory_, number_ + 1), partial = path + ".partial";
  Handle next(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (next.number < 0) return failed(partial, "open");
  std::string text;
  for (const OutboxEntry& entry : entries) {
    text.append(kCarried).append(to_json(entry)).append("\n");
  }
  if (!write_all(next.number, text)) return failed(partial, "write");
  if (limits_.durable && ::fdatasync(next.number) != 0) return failed(partial, "sync");
  if (::rename(partial.c_str(), path.c_str()) != 0) return failed(path, "rename");
  if (limits_.durable) {
    if (Status s = sync_directory(directory_); !s) return s;
  }
  file_ = std::move(next);
  bytes_ = text.size();
  ++number_;
  std::error_code error;
  const auto numbers = numbers_in(directory_);
  for (std::size_t i = 0; i + limits_.files < numbers.size(); ++i) {
    fs::remove(path_of(directory_, numbers[i]), error);
  }
  return {};
}

Status read_newest_journal(const std::string& directory, const Journal::Apply& visit) {
  const auto numbers = numbers_in(directory);
  if (numbers.empty()) return {};
  const auto read = read_lines(path_of(directory, numbers.back()),
                               [&](const OutboxEntry& entry, bool) { visit(entry); });
  return read ? Status{} : Status(Unexpected<Error>(read.error()));
}

Status read_journal(const std::string& directory, const Journal::Apply& visit) {
  bool first = true;
  for (const std::uint64_t number : numbers_in(directory)) {
    const auto read =
        read_lines(path_of(directory, number), [&](const OutboxEntry& entry, bool carried) {
          if (first || !carried) visit(entry);
        });
    if (!read) return Unexpected<Error>(read.error());
    first = false;
  }
  return {};
}

}  // namespace lianqing
