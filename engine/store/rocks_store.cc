// The state directory in RocksDB. Units parked between commits go to a column family of their own,
// which is emptied at opening: what a crash leaves there belongs to no commit.
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <filesystem>
#include <optional>

#include "engine/store/format.h"
#include "lianqing/assert.h"
#include "lianqing/disk_full.h"

namespace lianqing {
namespace {

// RocksDB's own log file aborts the process when the disk is full; ours says nothing.
class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// What failed on a full disk is opened anew when there is room; RocksDB's own recovery may go on
// with the file that failed, and abort the process.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* automatic) override {
    *automatic = false;
  }
};

bool is_full(const rocksdb::Status& status) {
  return status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace ||
         says_quota_full(status.ToString());
}

Unexpected<Error> from(const rocksdb::Status& status, const std::string& directory) {
  const ErrorCode code = is_full(status)         ? ErrorCode::full
                         : status.IsCorruption() ? ErrorCode::corrupt
                                                 : ErrorCode::io;
  return failure(code, "state directory " + directory + ": " + status.ToString());
}

// What a state directory holds follows from the log: another format is not converted.
Unexpected<Error> other_format(const std::string& directory, const std::string& found) {
  return failure(ErrorCode::refused,
                 "state directory " + directory + " has format '" + found + "', expected '" +
                     std::string(format::kVersion) +
                     "': remove it, or give another one; it is made anew from the log");
}

struct Opened {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
};

rocksdb::DBOptions database_options(bool to_write) {
  rocksdb::DBOptions options;
  options.create_if_missing = to_write;
  options.create_missing_column_families = to_write;
  options.paranoid_checks = true;
  options.recycle_log_file_num = 0;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.info_log = std::make_shared<Silent>();
  options.listeners = {std::make_shared<NoRecovery>()};
  options.max_bgerror_resume_count = 0;
  options.max_open_files = 256;
  // What is written goes to the disk as it comes, not at the end and all at once: the log, whose
  // commits somebody waits for, is on the same disk.
  options.bytes_per_sync = options.wal_bytes_per_sync = 512U << 10;
  options.strict_bytes_per_sync = true;
  // It is written seldom and much at a time: a journal laid out in advance would only take room.
  options.allow_fallocate = false;
  options.max_total_wal_size = 96U << 20;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors() {
  rocksdb::ColumnFamilyOptions family;
  family.compression = rocksdb::kLZ4Compression;
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  for (const char* name : {"default", "units", "identities", "parked", "headings", "notes"}) {
    out.emplace_back(name, family);
  }
  return out;
}

Result<Opened> open_database(const std::string& directory, bool to_write) {
  const auto options = database_options(to_write);
  Opened out;
  rocksdb::DB* db = nullptr;
  const auto status =
      to_write
          ? rocksdb::DB::Open(options, directory, descriptors(), &out.families, &db)
          : rocksdb::DB::OpenForReadOnly(options, directory, descriptors(), &out.families, &db);
  if (!status.ok()) return from(status, directory);
  out.db.reset(db);
  return out;
}

// As much as the log keeps free for itself.
bool has_room(const std::string& directory) {
  std::error_code error;
  const auto disk = std::filesystem::space(directory, error);
  return !error &&
         disk.available >= std::min<std::uintmax_t>(disk.capacity / 10, std::uintmax_t{1} << 30);
}

class RocksStore final : public Store {
 public:
  RocksStore(std::string directory, Opened open)
      : directory_(std::move(directory)),
        db_(std::move(open.db)),
        families_(std::move(open.families)) {}
  ~RocksStore() override { close(); }

  // Nothing: there is none yet.
  Result<std::optional<std::string>> version() const {
    std::string out;
    const auto found = db_->Get({}, slice(format::kVersionKey), &out);
    if (found.IsNotFound()) return std::optional<std::string>{};
    if (!found.ok()) return from(found, directory_);
    return std::optional<std::string>{std::move(out)};
  }

  Status check_version() const {
    LQ_TRY(const auto found, version());
    if (found == format::kVersion) return {};
    return other_format(directory_, found.value_or(""));
  }

  Status prepare() {
    rocksdb::WriteBatch batch;
    {
      const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kParked]));
      for (at->SeekToFirst(); at->Valid(); at->Next()) batch.Delete(families_[kParked], at->key());
      if (!at->status().ok()) return from(at->status(), directory_);
    }
    LQ_TRY(const auto found, version());
    if (!found) {
      batch.Put(slice(format::kVersionKey), slice(format::kVersion));
    } else if (Status s = check_version(); !s) {
      return s;
    }
    return write(batch);
  }

  Status commit(const Commit& commit) override {
    if (db_ == nullptr) {
      if (Status s = reopen(); !s) return s;
    }
    rocksdb::WriteBatch batch;
    if (!parked_.empty()) {
      const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kParked]));
      for (at->SeekToFirst(); at->Valid(); at->Next()) {  // what is in the commit, too, goes below
        const auto [heading, state] = format::parked_from(at->value().ToStringView());
        batch.Put(families_[kUnits], at->key(), slice(state));
        batch.Put(families_[kHeadings], at->key(), slice(heading));
        batch.Delete(families_[kParked], at->key());
      }
      if (!at->status().ok()) return from(at->status(), directory_);
    }
    for (const StoredUnit& unit : commit.units) {
      batch.Put(families_[kUnits], unit.name, unit.bytes);
      batch.Put(families_[kHeadings], unit.name, format::heading_value(unit.due, unit.outline));
    }
    for (const StoredNote& note : commit.notes) {
      batch.Put(families_[kNotes], note.key, note.value);
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
    const std::string value = format::parked_value(unit);
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    const auto status = db_->Put(options, families_[kParked], unit.name, value);
    if (!status.ok()) return from(status, directory_);
    parked_.insert(unit.name);
    return {};
  }

  Result<std::string> unit(const std::string& name) override {
    std::string value;
    const bool parked = parked_.contains(name);
    const auto status = db_->Get({}, families_[parked ? kParked : kUnits], name, &value);
    if (!status.ok()) return from(status, directory_);
    if (parked) return std::string(format::parked_from(value).second);
    return value;
  }

  Result<std::optional<std::string>> meta() override {
    std::string value;
    const auto status = db_->Get({}, slice(format::kMetaKey), &value);
    if (status.IsNotFound()) return std::optional<std::string>{};
    if (!status.ok()) return from(status, directory_);
    return std::optional<std::string>{std::move(value)};
  }

  Status each_unit(
      const std::function<void(std::string_view, Instant, std::string_view)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kHeadings]));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      const auto [due, outline] = format::heading_from(at->value().ToStringView());
      visit(at->key().ToStringView(), due, outline);
    }
    return at->status().ok() ? Status{} : Status{from(at->status(), directory_)};
  }

  Status each_note(const std::function<void(std::string_view, std::string_view)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kNotes]));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      visit(at->key().ToStringView(), at->value().ToStringView());
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

  enum Family : std::size_t { kDefault, kUnits, kIdentities, kParked, kHeadings, kNotes };

 private:
  static rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

  Status write(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions options;
    options.sync = true;
    auto status = db_->Write(options, &batch);
    // A full disk stops the database until it is opened anew.
    if (!status.ok() && is_full(status) && has_room(directory_)) {
      if (Status s = reopen(); !s) return s;
      status = db_->Write(options, &batch);
    }
    return status.ok() ? Status{} : Status{from(status, directory_)};
  }

  void close() {
    if (db_ == nullptr) return;
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    families_.clear();
    db_->Close();
    db_.reset();
  }

  // What is parked has no write-ahead: it is carried over. If it cannot be opened, nothing is asked
  // of it but the next commit.
  Status reopen() {
    if (db_ != nullptr) {
      carried_.Clear();
      const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, families_[kParked]));
      for (at->SeekToFirst(); at->Valid(); at->Next()) {
        carried_.Put(families_[kParked], at->key(), at->value());
      }
      if (!at->status().ok()) return from(at->status(), directory_);
    }
    close();
    LQ_TRY(Opened open, open_database(directory_, true));
    db_ = std::move(open.db);
    families_ = std::move(open.families);
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    if (const auto s = db_->Write(options, &carried_); !s.ok()) return from(s, directory_);
    carried_.Clear();
    return {};
  }

  std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  rocksdb::WriteBatch carried_;  // what was parked, while it is being reopened
  // Units whose newest state waits for the next commit; looked up, never walked.
  boost::unordered_flat_set<std::string> parked_;
};

// A directory with fewer families than ours is of another format, or its making was cut short: that
// one has no version yet, and whoever writes goes on with it. Nothing is changed here.
Status check_unfinished(const std::string& directory, const std::vector<std::string>& families,
                        bool to_write) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : families) {
    descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  Opened there;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(database_options(false), directory, descriptors,
                                                   &there.families, &db);
  if (!status.ok()) return from(status, directory);
  there.db.reset(db);
  const RocksStore store(directory, std::move(there));
  LQ_TRY(const auto version, store.version());
  if (version) return other_format(directory, *version);
  if (to_write) return {};
  return failure(ErrorCode::refused, "state directory " + directory +
                                         " was not made to its end: whoever writes it goes on with "
                                         "it, or remove it");
}

Result<std::unique_ptr<RocksStore>> open(const std::string& directory, bool to_write) {
  std::vector<std::string> there;  // nothing: no database yet
  const bool exists =
      rocksdb::DB::ListColumnFamilies(database_options(to_write), directory, &there).ok();
  if (exists && there.size() < descriptors().size()) {
    if (Status s = check_unfinished(directory, there, to_write); !s) {
      return Unexpected<Error>(s.error());
    }
  }
  LQ_TRY(Opened opened, open_database(directory, to_write));
  auto store = std::make_unique<RocksStore>(directory, std::move(opened));
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
