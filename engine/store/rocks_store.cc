// The state directory in RocksDB. Units parked between commits go to a column family of their own,
// which is emptied at opening: what a crash leaves there belongs to no commit.
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <set>

#include "engine/store/format.h"

namespace lianqing {
namespace {

// RocksDB's own log file aborts the process when the disk is full; ours says nothing.
class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

Unexpected<Error> from(const rocksdb::Status& status, const std::string& directory) {
  const bool full = status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace;
  const ErrorCode code = full                    ? ErrorCode::full
                         : status.IsCorruption() ? ErrorCode::corrupt
                                                 : ErrorCode::io;
  return failure(code, "state directory " + directory + ": " + status.ToString());
}

class RocksStore final : public Store {
 public:
  RocksStore(std::string directory, rocksdb::DB* db,
             std::vector<rocksdb::ColumnFamilyHandle*> families)
      : directory_(std::move(directory)), db_(db), families_(std::move(families)) {}
  ~RocksStore() override {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    db_->Close();
  }

  Status check_version() const {
    std::string version;
    const auto found = db_->Get({}, slice(format::kVersionKey), &version);
    if (!found.ok()) return from(found, directory_);
    if (version == format::kVersion) return {};
    return failure(ErrorCode::refused, "state directory " + directory_ + " has format '" + version +
                                           "', expected '" + std::string(format::kVersion) + "'");
  }

  Status prepare() {
    rocksdb::WriteBatch batch;
    const std::unique_ptr<rocksdb::Iterator> parked(db_->NewIterator({}, families_[kParked]));
    for (parked->SeekToFirst(); parked->Valid(); parked->Next()) {
      batch.Delete(families_[kParked], parked->key());
    }
    std::string version;
    if (db_->Get({}, slice(format::kVersionKey), &version).IsNotFound()) {
      batch.Put(slice(format::kVersionKey), slice(format::kVersion));
    } else if (Status s = check_version(); !s) {
      return s;
    }
    return write(batch);
  }

  Status commit(const Commit& commit) override {
    rocksdb::WriteBatch batch;
    for (const std::string& name : parked_) {  // a unit in this commit is written again below
      std::string value;
      const auto status = db_->Get({}, families_[kParked], name, &value);
      if (!status.ok()) return from(status, directory_);
      batch.Put(families_[kUnits], name, value);
      batch.Delete(families_[kParked], name);
    }
    for (const StoredUnit& unit : commit.units) {
      batch.Put(families_[kUnits], unit.name, format::unit_value(unit));
    }
    for (const StoredIdentity& one : commit.identities) {
      batch.Put(families_[kIdentities], format::hash_bytes(one.identity),
                format::identity_value(one));
    }
    batch.Put(slice(format::kMetaKey), commit.meta);
    Status written = write(batch);
    if (written) parked_.clear();
    return written;
  }

  Status park(const StoredUnit& unit) override {
    const std::string value = format::unit_value(unit);
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    const auto status = db_->Put(options, families_[kParked], unit.name, value);
    if (!status.ok()) return from(status, directory_);
    parked_.insert(unit.name);
    return {};
  }

  Result<std::string> unit(const std::string& name) override {
    std::string value;
    rocksdb::Status status = rocksdb::Status::NotFound();
    if (parked_.contains(name)) status = db_->Get({}, families_[kParked], name, &value);
    if (status.IsNotFound()) status = db_->Get({}, families_[kUnits], name, &value);
    if (!status.ok()) return from(status, directory_);
    return format::unit_state(value);
  }

  Result<std::optional<std::string>> meta() override {
    std::string value;
    const auto status = db_->Get({}, slice(format::kMetaKey), &value);
    if (status.IsNotFound()) return std::optional<std::string>{};
    if (!status.ok()) return from(status, directory_);
    return std::optional<std::string>{std::move(value)};
  }

  Status each_unit(const std::function<void(std::string_view, Instant)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kUnits]));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      visit(at->key().ToStringView(), format::unit_due(at->value().ToStringView()));
    }
    return at->status().ok() ? Status{} : Status{from(at->status(), directory_)};
  }

  Status each_identity(const std::function<void(const StoredIdentity&)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kIdentities]));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      const auto one = format::identity_from(at->key().ToStringView(), at->value().ToStringView());
      if (!one) {
        return failure(ErrorCode::corrupt,
                       "state directory " + directory_ + ": malformed identity");
      }
      visit(*one);
    }
    return at->status().ok() ? Status{} : Status{from(at->status(), directory_)};
  }

  enum Family : std::size_t { kDefault, kUnits, kIdentities, kParked };

 private:
  static rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

  Status write(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions options;
    options.sync = true;
    auto status = db_->Write(options, &batch);
    // A full disk stops the database until it is told that there is room again.
    if (status.IsNoSpace() && db_->Resume().ok()) status = db_->Write(options, &batch);
    return status.ok() ? Status{} : Status{from(status, directory_)};
  }

  std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::set<std::string> parked_;  // units whose newest state waits for the next commit
};

Result<std::unique_ptr<RocksStore>> open(const std::string& directory, bool to_write) {
  rocksdb::DBOptions options;
  options.create_if_missing = to_write;
  options.create_missing_column_families = to_write;
  options.paranoid_checks = true;
  options.recycle_log_file_num = 0;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.info_log = std::make_shared<Silent>();
  options.max_open_files = 256;
  rocksdb::ColumnFamilyOptions family;
  family.compression = rocksdb::kLZ4Compression;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const char* family_name : {"default", "units", "identities", "parked"}) {
    descriptors.emplace_back(family_name, family);
  }
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  const auto status =
      to_write ? rocksdb::DB::Open(options, directory, descriptors, &families, &db)
               : rocksdb::DB::OpenForReadOnly(options, directory, descriptors, &families, &db);
  if (!status.ok()) return from(status, directory);
  auto store = std::make_unique<RocksStore>(directory, db, std::move(families));
  Status ready = to_write ? store->prepare() : store->check_version();
  if (!ready) return Unexpected<Error>(ready.error());
  return store;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const std::string& directory) {
  return open(directory, true);
}

Result<std::unique_ptr<Store>> read_rocks_store(const std::string& directory) {
  return open(directory, false);
}

}  // namespace lianqing
