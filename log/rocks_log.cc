// The log's database in RocksDB. The settings are those without which acknowledged writes can be
// lost in silence: see docs/formats.md, "Data directory".
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <optional>
#include <vector>

#include "lianqing/assert.h"
#include "lianqing/disk_full.h"
#include "log/gate.h"
#include "log/log_store.h"

namespace lianqing {
namespace {

constexpr std::size_t kWriteBuffer = 64U << 20;
// What a crash loses of the identities is read again from as many records.
constexpr std::size_t kIndexBuffer = 16U << 20;
constexpr std::size_t kCopyBytes = 4U << 20;

// RocksDB's own log file aborts the process when the disk is full; ours says nothing.
class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// RocksDB's own recovery from a full disk goes on beside the writer, and may leave the write-ahead
// file in use that failed: the next write to it aborts the process. Nothing recovers but reopen().
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* automatic) override {
    *automatic = false;
  }
};

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

Unexpected<Error> from(const rocksdb::Status& status, const std::filesystem::path& directory) {
  const std::string what = "log " + directory.string() + ": " + status.ToString();
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace ||
      says_quota_full(what)) {
    return failure(ErrorCode::full, what + "; free some space, then open the log again");
  }
  if (status.IsInvalidArgument()) {
    return failure(ErrorCode::refused, what + "; it may be of another version of this program");
  }
  return failure(status.IsCorruption() ? ErrorCode::corrupt : ErrorCode::io, what);
}

class RocksBatch final : public StoreBatch {
 public:
  explicit RocksBatch(const std::vector<rocksdb::ColumnFamilyHandle*>& families)
      : families_(families) {}
  void put(Family family, std::string_view key, std::string_view value) override {
    batch.Put(families_[static_cast<std::size_t>(family)], slice(key), slice(value));
  }
  void remove(Family family, std::string_view key) override {
    batch.Delete(families_[static_cast<std::size_t>(family)], slice(key));
  }
  rocksdb::WriteBatch batch;

 private:
  const std::vector<rocksdb::ColumnFamilyHandle*>& families_;
};

rocksdb::ColumnFamilyOptions options_of(Family family) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = kWriteBuffer;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  rocksdb::BlockBasedTableOptions table;
  if (family == Family::ids || family == Family::refused) {
    // Most identities asked for are new: a filter answers without reading.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.05;
    options.compression = options.bottommost_compression = rocksdb::kNoCompression;
  }
  if (family == Family::ids) {
    options.write_buffer_size = kIndexBuffer;
    // They come in sorted batches.
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(0));
  }
  if (family == Family::tiles) {  // hashes do not compress
    options.compression = options.bottommost_compression = rocksdb::kNoCompression;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

struct Opened {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
};

void close(Opened& open) {
  if (!open.db) return;
  for (auto* family : open.families) open.db->DestroyColumnFamilyHandle(family);
  open.families.clear();
  open.db->Close();
  open.db.reset();
}

Result<Opened> open_database(const std::filesystem::path& directory, StoreMode mode) {
  rocksdb::DBOptions options;
  options.create_if_missing = mode == StoreMode::create;
  options.create_missing_column_families = mode == StoreMode::create;
  options.paranoid_checks = true;
  options.recycle_log_file_num = 0;
  const bool salvage = mode == StoreMode::salvage || mode == StoreMode::read_salvage;
  options.wal_recovery_mode = salvage ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                      : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.info_log = std::make_shared<Silent>();
  options.listeners = {std::make_shared<NoRecovery>()};
  options.max_bgerror_resume_count = 0;
  options.max_open_files = 256;
  // Files that are flushed and compacted go to the disk as they are written, not at their end and
  // all at once: commits wait for the same disk.
  options.bytes_per_sync = 1U << 20;
  options.strict_bytes_per_sync = true;
  // What has no write-ahead can be made again.
  options.avoid_flush_during_shutdown = true;
  options.max_total_wal_size = 4 * kWriteBuffer;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    descriptors.emplace_back(std::string(kFamilyNames[i]), options_of(static_cast<Family>(i)));
  }
  Opened out;
  rocksdb::DB* db = nullptr;
  const bool read_only = mode == StoreMode::read_only || mode == StoreMode::read_salvage;
  const auto status =
      read_only ? rocksdb::DB::OpenForReadOnly(options, directory.string(), descriptors,
                                               &out.families, &db)
                : rocksdb::DB::Open(options, directory.string(), descriptors, &out.families, &db);
  if (!status.ok()) return from(status, directory);
  out.db.reset(db);
  return out;
}

class RocksLog final : public LogStore {
 public:
  RocksLog(std::filesystem::path directory, Opened open, bool read_only)
      : directory_(std::move(directory)), open_(std::move(open)), read_only_(read_only) {}
  ~RocksLog() override { close(open_); }

  std::unique_ptr<StoreBatch> batch() const override {
    return std::make_unique<RocksBatch>(open_.families);
  }

  Status write(StoreBatch& batch, bool durable) override {
    rocksdb::WriteOptions options;
    options.sync = durable;
    return written(options, batch);
  }

  Status write_derived(StoreBatch& batch) override {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return written(options, batch);
  }

  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    std::string value;
    const auto status = open_.db->Get({}, handle(family), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>{};
    if (!status.ok()) return from(status, directory_);
    return std::optional<std::string>{std::move(value)};
  }

  Status scan(Family family, std::string_view start, const Visit& visit) const override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    const std::unique_ptr<rocksdb::Iterator> at(open_.db->NewIterator({}, handle(family)));
    for (at->Seek(slice(start)); at->Valid(); at->Next()) {
      if (!visit(at->key().ToStringView(), at->value().ToStringView())) return {};
    }
    return told(at->status());
  }

  Result<std::optional<std::string>> floor(Family family, std::string_view key) const override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    const std::unique_ptr<rocksdb::Iterator> at(open_.db->NewIterator({}, handle(family)));
    at->SeekForPrev(slice(key));
    return key_at(*at);
  }
  Result<std::optional<std::string>> last(Family family) const override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    const std::unique_ptr<rocksdb::Iterator> at(open_.db->NewIterator({}, handle(family)));
    at->SeekToLast();
    return key_at(*at);
  }

  Status check_blocks() const override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    return told(open_.db->VerifyChecksum());
  }

  Status reopen(const Look& look) override {
    gate_.shut();
    Status done = open_anew(look);
    if (!done) {  // reading goes on, if it can
      if (auto reading = open_database(directory_, StoreMode::read_only)) {
        open_ = *std::move(reading);
      }
    }
    shut_ = done ? std::nullopt : std::optional<Error>(done.error());
    gate_.open();
    return done;
  }

  Status purge(Family family) override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    // Flushing all families retires the write-ahead files that still hold the old value.
    rocksdb::FlushOptions flush;
    if (const auto s = open_.db->Flush(flush, open_.families); !s.ok()) return from(s, directory_);
    rocksdb::CompactRangeOptions compact;
    compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    return told(open_.db->CompactRange(compact, handle(family), nullptr, nullptr));
  }

  Status copy_to(const std::filesystem::path& directory) override {
    const Inside inside(gate_);
    if (!open_.db) return Unexpected<Error>(*shut_);
    if (!read_only_) {
      rocksdb::Checkpoint* made = nullptr;
      if (const auto s = rocksdb::Checkpoint::Create(open_.db.get(), &made); !s.ok()) {
        return from(s, directory);
      }
      const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
      const auto s = checkpoint->CreateCheckpoint(directory.string());
      return s.ok() ? Status{} : Status{from(s, directory)};
    }
    // A reader beside a writer cannot hold the writer's files: the content is copied.
    return copy_content(directory);
  }

 private:
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return open_.families[static_cast<std::size_t>(family)];
  }
  Status written(const rocksdb::WriteOptions& options, StoreBatch& batch) {
    const Inside inside(gate_);
    if (shut_) return Unexpected<Error>(*shut_);
    return told(open_.db->Write(options, &static_cast<RocksBatch&>(batch).batch));
  }
  Status open_anew(const Look& look) {
    close(open_);
    {
      LQ_TRY(Opened there, open_database(directory_, StoreMode::read_only));
      const RocksLog seen(directory_, std::move(there), true);
      if (Status s = look(seen); !s) return s;
    }
    LQ_TRY(open_, open_database(directory_, StoreMode::strict));
    return {};
  }
  Status told(const rocksdb::Status& status) const {
    return status.ok() ? Status{} : Status{from(status, directory_)};
  }
  Result<std::optional<std::string>> key_at(const rocksdb::Iterator& at) const {
    if (at.Valid()) return std::optional<std::string>{at.key().ToString()};
    if (!at.status().ok()) return from(at.status(), directory_);
    return std::optional<std::string>{};
  }
  Status copy_content(const std::filesystem::path& directory);

  const std::filesystem::path directory_;
  mutable Gate gate_;  // inside: who uses what is open
  Opened open_;
  const bool read_only_;
  std::optional<Error> shut_;  // why nothing can be written, or even be read, until it is reopened
};

Status RocksLog::copy_content(const std::filesystem::path& directory) {
  auto copy = open_rocks_log(directory, StoreMode::create);
  if (!copy) return Unexpected<Error>(copy.error());
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    const auto family = static_cast<Family>(i);
    auto batch = (*copy)->batch();
    std::size_t bytes = 0;
    Status written;
    const Status read = scan(family, {}, [&](std::string_view key, std::string_view value) {
      batch->put(family, key, value);
      bytes += key.size() + value.size();
      if (bytes > kCopyBytes) {
        written = (*copy)->write(*batch, false);
        batch = (*copy)->batch();
        bytes = 0;
      }
      return written.has_value();
    });
    if (!read) return read;
    if (written) written = (*copy)->write(*batch, true);
    if (!written) return written;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<LogStore>> open_rocks_log(const std::filesystem::path& directory,
                                                 StoreMode mode) {
  LQ_TRY(Opened open, open_database(directory, mode));
  const bool read_only = mode == StoreMode::read_only || mode == StoreMode::read_salvage;
  return std::unique_ptr<LogStore>(
      std::make_unique<RocksLog>(directory, std::move(open), read_only));
}

}  // namespace lianqing
