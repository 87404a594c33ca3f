#include "cli/progress.h"

#include <cstdio>
#include <string>

namespace lianqing {
namespace {

constexpr int kBar = 24;
constexpr std::chrono::milliseconds kEvery{100};

std::string clock_text(double seconds) {
  char text[32];
  const int whole = static_cast<int>(seconds);
  std::snprintf(text, sizeof text, "%d:%02d", whole / 60, whole % 60);
  return text;
}

}  // namespace

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Progress::tell(std::uint64_t records, const ReadingProgress& reading) {
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || now - last_ < kEvery) return;
  last_ = now;
  dirty_ = true;
  const double passed = seconds();
  std::string line =
      std::to_string(records) + "  " +
      std::to_string(static_cast<std::uint64_t>(static_cast<double>(records) / (passed + 1e-9))) +
      "/s";
  if (reading.bytes_total && *reading.bytes_total > 0) {
    const double share =
        static_cast<double>(reading.bytes_read) / static_cast<double>(*reading.bytes_total);
    const int full = static_cast<int>(share * kBar);
    std::string bar;
    for (int i = 0; i < kBar; ++i) bar += i < full ? "█" : "░";
    line = bar + "  " + line + "  ETA " + clock_text(share > 0 ? passed / share - passed : 0);
  }
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (dirty_) std::fputs("\r\033[K", stderr);
  dirty_ = false;
}

}  // namespace lianqing
