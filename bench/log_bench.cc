// Durable appends against raw RocksDB: synced WriteBatches of the same events, one key each, in the
// same rounds on the same disk. Prints medians and their ratio, which says more than either number:
// the log also writes leaf, salt, identity index and tiles, and hashes every record twice.
//
//   log_bench [DIRECTORY [ROUNDS]]
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "tests/support/log_records.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

AppendRecord event(std::uint64_t n) {
  const std::string number = std::to_string(n);
  std::string bytes =
      R"({"specversion":"1.0","id":"c-)" + number +
      R"(","source":"/hotline/12345","type":"complaint_received","time":"2026-03-05T10:00:00+08:00",)"
      R"("unit":"u-)" +
      std::to_string(n % 10'000) +
      R"(","data":{"category":"slow_action","channel":"hotline_12345","severity":2,"note":")" +
      std::string(40, 'x') + R"("}})";
  return record_of("c-" + number, bytes, "/hotline/12345");
}

struct Cost {
  double seconds, cpu_seconds;
};
Cost cost_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Raw {
  explicit Raw(const fs::path& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* made = nullptr;
    if (!rocksdb::DB::Open(options, directory.string(), &made).ok()) std::abort();
    db.reset(made);
  }
  void write(const std::vector<AppendRecord>& records, std::uint64_t first) const {
    rocksdb::WriteBatch batch;
    for (std::size_t i = 0; i < records.size(); ++i) {
      std::string key(8, '\0');
      for (std::size_t j = 0; j < 8; ++j) key[j] = static_cast<char>((first + i) >> (56 - 8 * j));
      batch.Put(key, records[i].bytes);
    }
    rocksdb::WriteOptions options;
    options.sync = true;
    if (!db->Write(options, &batch).ok()) std::abort();
  }
  std::unique_ptr<rocksdb::DB> db;
};

void measure(const fs::path& directory, std::uint64_t batch, int rounds) {
  const auto log = EventLog::open(directory / ("log-" + std::to_string(batch)), OpenMode::create);
  if (!log) {
    std::fprintf(stderr, "%s\n", log.error().what.c_str());
    std::exit(74);
  }
  const Raw raw(directory / ("raw-" + std::to_string(batch)));
  const std::uint64_t commits = std::max<std::uint64_t>(20, 300 / batch);
  std::vector<double> of_log, of_raw, ratios, log_cpu, raw_cpu;
  std::uint64_t n = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::vector<AppendRecord>> batches(commits);
    for (auto& records : batches) {
      for (std::uint64_t i = 0; i < batch; ++i) records.push_back(event(n++));
    }
    const double events = static_cast<double>(commits * batch);
    std::uint64_t at = n - commits * batch;
    const Cost raw_cost = cost_of([&] {
      for (const auto& records : batches) {
        raw.write(records, at);
        at += batch;
      }
    });
    const Cost log_cost = cost_of([&] {
      for (const auto& records : batches) {
        const Instant recorded =
            std::max(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
                     (*log)->last_recorded() + Duration{1});
        if (!(*log)->append(records, recorded)) std::abort();
      }
    });
    of_raw.push_back(events / raw_cost.seconds);
    of_log.push_back(events / log_cost.seconds);
    ratios.push_back(raw_cost.seconds / log_cost.seconds);
    raw_cpu.push_back(raw_cost.cpu_seconds / events * 1e6);
    log_cpu.push_back(log_cost.cpu_seconds / events * 1e6);
  }
  std::printf(
      "batch %5llu   log %9.0f ev/s   raw RocksDB %9.0f ev/s   ratio %.2f [%.2f..%.2f]   CPU us/ev "
      "%.1f, %.1f\n",
      static_cast<unsigned long long>(batch), median(of_log), median(of_raw), median(ratios),
      *std::min_element(ratios.begin(), ratios.end()),
      *std::max_element(ratios.begin(), ratios.end()), median(log_cpu), median(raw_cpu));
}

}  // namespace
}  // namespace lianqing

int main(int argc, char** argv) {
  const std::filesystem::path directory =
      std::filesystem::path(argc > 1 ? argv[1] : ".") / "log_bench.tmp";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  for (const std::uint64_t batch : {1U, 100U, 1000U}) lianqing::measure(directory, batch, rounds);
  std::filesystem::remove_all(directory);
  return 0;
}
