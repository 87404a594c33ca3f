// Disk -> (inflate) -> Block -> lines. The line that a block of input cuts in two is moved to just
// before the block, so that every read lands on a page boundary: a read to an odd address in the
// page is up to four times slower on some processors (PERFORMANCE notes, 6.4).
#include "connectors/sources/jsonl_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kBlockBytes = 128 * 1024;             // stays in a cache while it is scanned
constexpr std::size_t kCarryBytes = kMaxLineBytes + kPage;  // before the block: the cut line
constexpr int kStopPollMs = 100;
constexpr std::string_view kSegment = "lianqing-segment/";  // connectors/segment reads those

struct Free {
  void operator()(char* bytes) const { std::free(bytes); }
};
using Pages = std::unique_ptr<char[], Free>;

Pages pages(std::size_t size) {
  Pages out(static_cast<char*>(std::aligned_alloc(kPage, size)));
  if (out == nullptr) throw std::bad_alloc();
  return out;
}

std::string system_message(int error) { return std::generic_category().message(error); }

// An open file descriptor that counts what it gave.
class Descriptor {
 public:
  Descriptor(int fd, bool owned, std::string name, std::stop_token stop)
      : fd_(fd), owned_(owned), name_(std::move(name)), stop_(std::move(stop)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (owned_) ::close(fd_);
  }

  [[nodiscard]] Status measure() {
    struct stat facts = {};
    if (::fstat(fd_, &facts) != 0) return failed("cannot read", errno);
    if (S_ISDIR(facts.st_mode)) {
      return failure(ErrorCode::io,
                     name_ + " is a directory; expected a file of events (JSON lines)");
    }
    waits_ = !S_ISREG(facts.st_mode);
    if (!waits_) total_ = static_cast<std::uint64_t>(facts.st_size);
    return {};
  }

  // Up to `room` bytes; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(char* into, std::size_t room) {
    for (;;) {
      if (waits_ && !wait()) return std::size_t{0};
      const ssize_t got = ::read(fd_, into, room);
      if (got >= 0) {
        count_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR && errno != EAGAIN) return failed("reading failed of", errno);
    }
  }

  const std::string& name() const { return name_; }
  std::uint64_t count() const { return count_; }
  std::optional<std::uint64_t> total() const { return total_; }
  bool has_name() const { return owned_; }  // standard input may be a file, but which?

 private:
  Unexpected<Error> failed(const char* what, int error) const {
    return failure(ErrorCode::io, std::string(what) + " " + name_ + ": " + system_message(error));
  }

  // Until there is something to read; false if asked to stop.
  bool wait() const {
    pollfd poll = {fd_, POLLIN, 0};
    while (!stop_.stop_requested()) {
      if (::poll(&poll, 1, stop_.stop_possible() ? kStopPollMs : -1) > 0) return true;
    }
    return false;
  }

  const int fd_;
  const bool owned_;
  const std::string name_;
  const std::stop_token stop_;
  bool waits_ = false;  // a pipe, terminal or socket
  std::optional<std::uint64_t> total_;
  std::uint64_t count_ = 0;
};

// Undoes gzip: one or more members, one after the other, zero bytes allowed behind the last.
class Inflater {
 public:
  Inflater(Descriptor& file, Pages input, std::size_t held)
      : file_(file), input_(std::move(input)) {
    stream_.next_in = reinterpret_cast<Bytef*>(input_.get());
    stream_.avail_in = static_cast<uInt>(held);
    constexpr int kGzipOnly = 15 + 16;
    if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream_); }

  [[nodiscard]] Result<std::size_t> read(char* into, std::size_t room) {
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = static_cast<uInt>(room);
    while (stream_.avail_out == room) {
      if (stream_.avail_in == 0) {
        LQ_TRY(const std::size_t got, file_.read(input_.get(), kBlockBytes));
        if (got == 0) {
          if (between_members_) return std::size_t{0};
          return damaged("it ends in the middle of the compressed stream; was it copied whole?");
        }
        stream_.next_in = reinterpret_cast<Bytef*>(input_.get());
        stream_.avail_in = static_cast<uInt>(got);
      }
      if (between_members_ && !next_member()) {
        if (stream_.avail_in == 0) continue;
        return damaged("bytes that are not gzip follow the compressed stream");
      }
      const int outcome = ::inflate(&stream_, Z_NO_FLUSH);
      if (outcome == Z_STREAM_END) {
        between_members_ = true;
        padding_ = false;
      } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
        return damaged(stream_.msg != nullptr ? stream_.msg : "inflate failed");
      }
    }
    return room - stream_.avail_out;
  }

 private:
  // Skips padding; true if another member begins, and is set up.
  bool next_member() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      padding_ = true;
      ++stream_.next_in;
      --stream_.avail_in;
    }
    if (stream_.avail_in == 0 || padding_ || *stream_.next_in != 0x1f) return false;
    between_members_ = false;
    return ::inflateReset(&stream_) == Z_OK;
  }

  Unexpected<Error> damaged(const std::string& why) const {
    return failure(ErrorCode::corrupt, file_.name() + " is damaged gzip (near byte " +
                                           std::to_string(file_.count() - stream_.avail_in) +
                                           " of the file): " + why);
  }

  Descriptor& file_;
  Pages input_;
  z_stream stream_ = {};
  bool between_members_ = false;
  bool padding_ = false;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

class JsonLinesFile::Lines {
 public:
  Lines(int fd, bool owned, std::string name, std::uint32_t index, std::stop_token stop)
      : file_(fd, owned, std::move(name), std::move(stop)), index_(index) {}

  // Reads the first block, which tells gzip and a byte order mark.
  [[nodiscard]] Status start() {
    if (auto measured = file_.measure(); !measured) return measured;
    memory_ = pages(kCarryBytes + kBlockBytes + kPage);
    begin_ = end_ = scanned_ = whole_ = block();
    std::size_t got = 0;
    if (auto filled = fill_some(block(), 2, got); !filled) return filled;
    if (got >= 2 && std::memcmp(block(), kSegment.data(), 2) == 0) {
      if (auto filled = fill_some(block(), kSegment.size(), got); !filled) return filled;
      if (std::string_view(block(), got).starts_with(kSegment)) {
        return failure(
            ErrorCode::refused,
            file_.name() + " is a segment, which is read from a file and not from a pipe");
      }
    }
    if (got >= 2 && std::memcmp(block(), "\x1f\x8b", 2) == 0) {
      Pages input = pages(kBlockBytes);
      std::memcpy(input.get(), block(), got);
      inflater_.emplace(file_, std::move(input), got);
      got = 0;
    }
    if (auto filled = fill_some(block(), 3, got); !filled) {
      error_ = filled.error();  // Damage is reported by next(), as it is further on.
      return {};
    }
    end_at(block() + got);
    if (got >= 3 && std::memcmp(begin_, "\xEF\xBB\xBF", 3) == 0) {
      begin_ = scanned_ = begin_ + 3;
      byte_ = 3;
    }
    return {};
  }

  [[nodiscard]] Result<std::optional<RawLine>> next() {
    for (;;) {
      if (error_) return Unexpected<Error>(*error_);
      if (skipping_ && !skip_rest_of_line()) continue;
      const auto* newline = static_cast<const char*>(
          std::memchr(scanned_, '\n', static_cast<std::size_t>(end_ - scanned_)));
      if (newline != nullptr) {
        const char* const start = begin_;
        const std::uint64_t byte = byte_;
        pass(newline + 1);
        ++line_;
        if (auto line = delivered(start, newline, byte)) return line;
        continue;
      }
      scanned_ = end_;
      if (static_cast<std::size_t>(end_ - begin_) > kMaxLineBytes + 1) {
        skipping_ = true;
        ++line_;
        return RawLine{{begin_, kMaxLineBytes + 1}, line_, byte_, true};
      }
      if (at_end_) return last_line();
      fill();
    }
  }

  RawLines ahead() {
    while (!error_ && !skipping_ && whole_ <= begin_) {
      if (at_end_ || static_cast<std::size_t>(end_ - begin_) > kMaxLineBytes + 1) return {};
      fill();
    }
    if (error_ || skipping_) return {};
    return {{begin_, static_cast<std::size_t>(whole_ - begin_)}, line_ + 1, byte_};
  }

  void pass(std::size_t bytes, std::uint64_t lines) {
    pass(begin_ + bytes);
    line_ += lines;
  }

  const std::string& name() const { return file_.name(); }
  std::uint32_t index() const { return index_; }
  bool can_be_reread() const { return file_.has_name() && file_.total() && !inflater_; }
  std::uint64_t blank() const { return blank_; }
  std::uint64_t bytes_read() const { return file_.count(); }
  std::optional<std::uint64_t> bytes_total() const { return file_.total(); }

 private:
  char* block() const { return memory_.get() + kCarryBytes; }

  [[nodiscard]] Result<std::size_t> read(char* into, std::size_t room) {
    return inflater_ ? inflater_->read(into, room) : file_.read(into, room);
  }

  // At least `wanted` bytes from the start of the block on, of which `got` are there; fewer at the
  // end of the stream. A pipe may give them one by one.
  [[nodiscard]] Status fill_some(char* into, std::size_t wanted, std::size_t& got) {
    while (got < wanted && !at_end_) {
      LQ_TRY(const std::size_t more, read(into + got, kBlockBytes - got));
      at_end_ = more == 0;
      got += more;
    }
    return {};
  }

  // The unfinished line moves before the block, the block is read anew.
  void fill() {
    const auto carried = static_cast<std::size_t>(end_ - begin_);
    LQ_ASSERT(carried <= kCarryBytes);
    char* const start = block() - carried;
    std::memmove(start, begin_, carried);
    const auto got = read(block(), kBlockBytes);
    if (!got) {
      error_ = got.error();
      return;
    }
    begin_ = start;
    scanned_ = block();
    end_at(block() + *got);
    at_end_ = *got == 0;
  }

  // The block ends there. The last line may have no end.
  void end_at(char* end) {
    *end = '\0';
    end_ = end;
    const auto* const last =
        static_cast<const char*>(::memrchr(block(), '\n', static_cast<std::size_t>(end - block())));
    whole_ = last == nullptr ? begin_ : last + 1;
  }

  void pass(const char* to) {
    byte_ += static_cast<std::uint64_t>(to - begin_);
    begin_ = scanned_ = to;
  }

  // True when the rest of an over-long line is passed; else more has been read.
  bool skip_rest_of_line() {
    const auto* newline = static_cast<const char*>(
        std::memchr(scanned_, '\n', static_cast<std::size_t>(end_ - scanned_)));
    pass(newline == nullptr ? end_ : newline + 1);
    if (newline != nullptr || at_end_) {
      skipping_ = false;
      return true;
    }
    fill();
    return false;
  }

  std::optional<RawLine> delivered(const char* from, const char* to, std::uint64_t byte) {
    std::string_view bytes(from, static_cast<std::size_t>(to - from));
    if (bytes.ends_with('\r')) bytes.remove_suffix(1);
    if (bytes.size() > kMaxLineBytes) {
      return RawLine{bytes.substr(0, kMaxLineBytes + 1), line_, byte, true};
    }
    if (is_blank(bytes)) {
      ++blank_;
      return std::nullopt;
    }
    return RawLine{bytes, line_, byte, false};
  }

  // What follows the last line end, if anything does.
  std::optional<RawLine> last_line() {
    if (begin_ == end_) return std::nullopt;
    const char* const start = begin_;
    const std::uint64_t byte = byte_;
    pass(end_);
    ++line_;
    return delivered(start, end_, byte);
  }

  Descriptor file_;
  const std::uint32_t index_;
  std::optional<Inflater> inflater_;
  Pages memory_;                   // carry, then block
  const char* begin_ = nullptr;    // of what is not delivered yet
  const char* scanned_ = nullptr;  // up to here there is no line end
  const char* whole_ = nullptr;    // behind the last line end
  const char* end_ = nullptr;
  bool at_end_ = false;
  bool skipping_ = false;
  std::uint64_t line_ = 0;
  std::uint64_t byte_ = 0;  // offset of begin_ in the stream
  std::uint64_t blank_ = 0;
  std::optional<Error> error_;
};

JsonLinesFile::JsonLinesFile(std::unique_ptr<Lines> lines) : lines_(std::move(lines)) {}
JsonLinesFile::~JsonLinesFile() = default;
JsonLinesFile::JsonLinesFile(JsonLinesFile&&) noexcept = default;
JsonLinesFile& JsonLinesFile::operator=(JsonLinesFile&&) noexcept = default;

Result<JsonLinesFile> JsonLinesFile::open(const std::string& path, std::uint32_t file_index,
                                          std::stop_token stop) {
  const bool standard_input = path == "-";
  const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return failure(ErrorCode::io, "cannot open " + path + ": " + system_message(errno));
  }
  auto lines = std::make_unique<Lines>(
      fd, !standard_input, standard_input ? "standard input" : path, file_index, std::move(stop));
  if (auto started = lines->start(); !started) return Unexpected<Error>(started.error());
  return JsonLinesFile(std::move(lines));
}

Result<std::optional<RawLine>> JsonLinesFile::next() { return lines_->next(); }
RawLines JsonLinesFile::ahead() { return lines_->ahead(); }
void JsonLinesFile::pass(std::size_t bytes, std::uint64_t lines) { lines_->pass(bytes, lines); }
const std::string& JsonLinesFile::name() const { return lines_->name(); }
std::uint32_t JsonLinesFile::file_index() const { return lines_->index(); }
bool JsonLinesFile::can_be_reread() const { return lines_->can_be_reread(); }
std::uint64_t JsonLinesFile::blank_lines() const { return lines_->blank(); }
std::uint64_t JsonLinesFile::bytes_read() const { return lines_->bytes_read(); }
std::optional<std::uint64_t> JsonLinesFile::bytes_total() const { return lines_->bytes_total(); }

}  // namespace lianqing
