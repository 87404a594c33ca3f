#include "cli/memory_room.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>

namespace lianqing {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
// What is held when a log has been read, beside what it has grown to; rather too little, as nobody
// is to be refused what would have come to its end.
constexpr double kBehind = 1.2;
// Before it has taken this part of the room, a log is not judged: too little is known of it.
constexpr double kPart = 0.25;
constexpr std::uint64_t kLast = 32U << 20;  // so little left is none

// The number behind `name` in a file of such lines; nothing if there is none.
std::optional<std::uint64_t> number_in(const std::string& path, std::string_view name) {
  std::ifstream in(path);
  for (std::string word; in >> word;) {
    std::uint64_t value = 0;
    if (word == name && in >> value) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(const std::string& path) {
  std::ifstream in(path);
  std::uint64_t value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

// What a group leaves. Pages of files are given back when they are needed.
std::uint64_t free_in_group(const std::string& group) {
  const auto most = number_of(group + "/memory.max");
  const auto now = number_of(group + "/memory.current");
  if (!most || !now) return kNoLimit;
  const std::uint64_t kept =
      *now - std::min(*now, number_in(group + "/memory.stat", "file").value_or(0));
  return *most - std::min(*most, kept);
}

std::uint64_t free_in_groups(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  std::string group;
  std::ifstream in(root + "/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::")) group = line.substr(3);
  }
  std::uint64_t out = free_in_group(mount);
  for (; group.size() > 1; group.resize(group.rfind('/'))) {
    out = std::min(out, free_in_group(mount + group));
    if (group.rfind('/') == std::string::npos) break;
  }
  return out;
}

std::string gigabytes(double bytes) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f GB", bytes / 1e9);
  return out;
}

}  // namespace

MemoryRoom MemoryRoom::now(const std::string& root) {
  MemoryRoom out;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t whole = 0;
  if (std::ifstream in(root + "/proc/self/statm"); in >> whole >> out.taken) out.taken *= page;
  const std::string machine = root + "/proc/meminfo";
  if (const auto kilobytes = number_in(machine, "MemAvailable:")) {
    out.free = (*kilobytes + number_in(machine, "SwapFree:").value_or(0)) * 1024;
  }
  out.free = std::min(out.free, free_in_groups(root));
  rlimit limit{};
  if (root.empty() && ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    out.free =
        std::min(out.free, limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, whole * page));
  }
  return out;
}

double WholeLogRoom::estimate(double share, double grown) {
  const auto newer = std::partition_point(
      seen_.begin(), seen_.end(), [share](const auto& one) { return one.first <= share / 2; });
  const auto [from, before] = *(newer - 1);
  const double step = share - from;
  seen_.emplace_back(share, grown);
  return grown + (step > 0 ? std::max(grown - before, 0.0) / step * (1 - share) : 0);
}

Status WholeLogRoom::fits(const MemoryRoom& room, const ReadingProgress& progress) {
  const double grown = static_cast<double>(room.taken - std::min(room.taken, start_.taken));
  const double left = static_cast<double>(room.free), all = grown + left;
  double needed = grown;
  if (progress.bytes_total && *progress.bytes_total != 0) {
    const double share = std::min(
        static_cast<double>(progress.bytes_read) / static_cast<double>(*progress.bytes_total), 1.0);
    const double whole = estimate(share, grown) * kBehind;
    if (grown >= all * kPart) needed = whole;
  }
  if (needed <= all && room.free >= kLast) return {};
  return failure(ErrorCode::refused,
                 "the log is too long to be held in memory as a whole, which --as-occurred and "
                 "--sort need: it takes about " +
                     gigabytes(std::max(needed, all)) + ", and there are " + gigabytes(all) +
                     "; replay it where there is more, or as recorded with --state DIR, which "
                     "keeps units on disk");
}

}  // namespace lianqing
