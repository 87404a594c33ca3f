#include "connectors/sinks/jsonl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "connectors/write_all.h"

namespace lianqing {
namespace {

class JsonlSink final : public Sink {
 public:
  explicit JsonlSink(std::string path) : path_(std::move(path)) {}

  Delivery deliver(std::span<const Notice> notices, Instant, const std::stop_token&) override {
    std::string text;
    for (const Notice& notice : notices) {
      for (const NoticeEdge& edge : notice.edges) text += edge.text + "\n";
    }
    const int handle = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (handle < 0) return failed();
    const off_t end = whole_lines(handle);
    bool good = end >= 0 && write_all(handle, text) && ::fdatasync(handle) == 0;
    const int error = errno;
    if (!good && end >= 0 && ::ftruncate(handle, end) != 0) good = false;  // all or nothing
    ::close(handle);
    errno = error;
    if (!good) return failed();
    return Receipt{std::to_string(text.size()) + " bytes at " + std::to_string(end)};
  }

 private:
  Delivery failed() const {
    return Unexpected<DeliveryFailure>(DeliveryFailure{
        DeliveryFailure::Kind::unavailable, path_ + ": " + std::strerror(errno), {}});
  }

  // The size of the file once a last line that a crash cut short is gone; -1: errno says why.
  static off_t whole_lines(int handle) {
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

  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_jsonl(const SinkSettings& settings) {
  const int handle = ::open(settings.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) return failure(ErrorCode::io, settings.path + ": " + std::strerror(errno));
  ::close(handle);
  return std::make_unique<JsonlSink>(settings.path);
}

}  // namespace lianqing
