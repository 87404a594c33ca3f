#include "cli/memory_room.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

TEST(MemoryRoom, IsWhatMachineAndGroupsLeave) {
  const TempDir dir;
  const std::string root = dir.path();
  EXPECT_EQ(MemoryRoom::now(root).free, UINT64_MAX) << "nothing is known";
  write(root + "/proc/self/statm", "2000 100 50 0 0 0 0\n");
  write(root + "/proc/meminfo",
        "MemTotal: 9000000 kB\nMemAvailable: 4194304 kB\nSwapFree: 1048576 kB\n");
  EXPECT_GE(MemoryRoom::now(root).taken, 100U * 4096);
  EXPECT_EQ(MemoryRoom::now(root).free, 5 * kGiB);
  // A group above the process's own allows less; the pages of files in it are no loss.
  write(root + "/proc/self/cgroup", "0::/work/replay.scope\n");
  write(root + "/sys/fs/cgroup/work/replay.scope/memory.max", "max\n");
  write(root + "/sys/fs/cgroup/work/memory.max", std::to_string(3 * kGiB) + "\n");
  write(root + "/sys/fs/cgroup/work/memory.current", std::to_string(2 * kGiB) + "\n");
  write(root + "/sys/fs/cgroup/work/memory.stat",
        "anon 5\nfile " + std::to_string(kGiB) + "\nslab 7\n");
  EXPECT_EQ(MemoryRoom::now(root).free, 2 * kGiB);
}

TEST(MemoryRoom, OfThisProcessIsKnown) {
  const MemoryRoom room = MemoryRoom::now();
  EXPECT_GT(room.taken, 0U);
  EXPECT_LT(room.free, UINT64_MAX);
}

// What is free when a log has grown to that in a room of 4 GiB.
MemoryRoom after(std::uint64_t grown) { return {kGiB / 8 + grown, 4 * kGiB - grown}; }
WholeLogRoom begun() { return WholeLogRoom(MemoryRoom{kGiB / 8, 4 * kGiB}); }

TEST(WholeLogRoom, IsRefusedBeforeMemoryIsFull) {
  EXPECT_TRUE(begun().fits(after(2 * kGiB), ReadingProgress{75, 100}));  // 3.2 GiB
  const Status refused = begun().fits(after(kGiB), ReadingProgress{20, 100});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::refused);
  EXPECT_NE(refused.error().what.find("6.4 GB"), std::string::npos) << refused.error().what;
  EXPECT_NE(refused.error().what.find("4.3 GB"), std::string::npos) << refused.error().what;
  EXPECT_TRUE(begun().fits(after(kGiB - 1), ReadingProgress{1, 100})) << "too early to tell";
}

TEST(WholeLogRoom, KnowsThatABeginningBringsMoreThanTheRest) {
  // 0.6 GiB of units in the first 3 %, 20 MiB for every percent besides: 2.6 GiB in all.
  WholeLogRoom log = begun();
  for (std::uint64_t percent = 1; percent <= 100; ++percent) {
    const std::uint64_t units = std::min<std::uint64_t>(percent, 3) * (kGiB / 5);
    EXPECT_TRUE(log.fits(after(units + percent * (kGiB / 50)), {percent, 100})) << percent;
  }
}

TEST(WholeLogRoom, SeesThatTheRestBringsMoreThanTheBeginning) {
  WholeLogRoom log = begun();
  EXPECT_TRUE(log.fits(after(kGiB / 2), {30, 100}));
  EXPECT_FALSE(log.fits(after(2 * kGiB), {60, 100}));
}

TEST(WholeLogRoom, OfWhichNobodyKnowsTheLengthGoesOnWhileThereIsRoom) {
  EXPECT_TRUE(begun().fits(after(3 * kGiB), ReadingProgress{5, std::nullopt}));
  EXPECT_FALSE(begun().fits(after(4 * kGiB - 1000), ReadingProgress{5, std::nullopt}));
}

}  // namespace
}  // namespace lianqing
