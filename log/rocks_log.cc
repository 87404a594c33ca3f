// The log's database in RocksDB. The settings are those without which acknowledged writes can be
// lost in silence: see docs/formats.md, "Data directory".
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <vector>

#include "lianqing/assert.h"
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

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

Unexpected<Error> from(const rocksdb::Status& status, const std::filesystem::path& directory) {
  const std::string what = "log " + directory.string() + ": " + status.ToString();
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace) {
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

class RocksLog final : public LogStore {
 public:
  RocksLog(std::filesystem::path directory, rocksdb::DB* db,
           std::vector<rocksdb::ColumnFamilyHandle*> families, bool read_only)
      : directory_(std::move(directory)),
        db_(db),
        families_(std::move(families)),
        read_only_(read_only) {}
  ~RocksLog() override {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    db_->Close();
  }

  std::unique_ptr<StoreBatch> batch() const override {
    return std::make_unique<RocksBatch>(families_);
  }

  Status write(StoreBatch& batch, bool durable) override {
    rocksdb::WriteOptions options;
    options.sync = durable;
    return told(db_->Write(options, &static_cast<RocksBatch&>(batch).batch));
  }

  Status write_derived(StoreBatch& batch) override {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return told(db_->Write(options, &static_cast<RocksBatch&>(batch).batch));
  }

  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    std::string value;
    const auto status = db_->Get({}, handle(family), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>{};
    if (!status.ok()) return from(status, directory_);
    return std::optional<std::string>{std::move(value)};
  }

  Status scan(Family family, std::string_view start, const Visit& visit) const override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, handle(family)));
    for (at->Seek(slice(start)); at->Valid(); at->Next()) {
      if (!visit(at->key().ToStringView(), at->value().ToStringView())) return {};
    }
    return told(at->status());
  }

  Result<std::optional<std::string>> floor(Family family, std::string_view key) const override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, handle(family)));
    at->SeekForPrev(slice(key));
    return key_at(*at);
  }
  Result<std::optional<std::string>> last(Family family) const override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, handle(family)));
    at->SeekToLast();
    return key_at(*at);
  }

  Status check_blocks() const override { return told(db_->VerifyChecksum()); }

  // RocksDB tries by itself, too, and is busy then: that passes like the lack of space.
  Status resume() override {
    const rocksdb::Status status = db_->Resume();
    if (!status.IsBusy()) return told(status);
    return failure(ErrorCode::full, "log " + directory_.string() + ": recovers from a full disk");
  }

  Status purge(Family family) override {
    // Flushing all families retires the write-ahead files that still hold the old value.
    rocksdb::FlushOptions flush;
    if (const auto s = db_->Flush(flush, families_); !s.ok()) return from(s, directory_);
    rocksdb::CompactRangeOptions compact;
    compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    return told(db_->CompactRange(compact, handle(family), nullptr, nullptr));
  }

  Status copy_to(const std::filesystem::path& directory) override {
    if (!read_only_) {
      rocksdb::Checkpoint* made = nullptr;
      if (const auto s = rocksdb::Checkpoint::Create(db_.get(), &made); !s.ok()) {
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
    return families_[static_cast<std::size_t>(family)];
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

  std::filesystem::path directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  bool read_only_;
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
  rocksdb::DBOptions options;
  options.create_if_missing = mode == StoreMode::create;
  options.create_missing_column_families = mode == StoreMode::create;
  options.paranoid_checks = true;
  options.recycle_log_file_num = 0;
  const bool salvage = mode == StoreMode::salvage || mode == StoreMode::read_salvage;
  options.wal_recovery_mode = salvage ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                      : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.info_log = std::make_shared<Silent>();
  options.max_open_files = 256;
  // What has no write-ahead can be made again.
  options.avoid_flush_during_shutdown = true;
  options.max_total_wal_size = 4 * kWriteBuffer;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    descriptors.emplace_back(std::string(kFamilyNames[i]), options_of(static_cast<Family>(i)));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  const bool read_only = mode == StoreMode::read_only || mode == StoreMode::read_salvage;
  const auto status =
      read_only
          ? rocksdb::DB::OpenForReadOnly(options, directory.string(), descriptors, &families, &db)
          : rocksdb::DB::Open(options, directory.string(), descriptors, &families, &db);
  if (!status.ok()) return from(status, directory);
  return std::unique_ptr<LogStore>(
      std::make_unique<RocksLog>(directory, db, std::move(families), read_only));
}

}  // namespace lianqing
