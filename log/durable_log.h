// The log itself: appending, reading, erasing over a LogStore. How it comes to be open, and what is
// refused on the way, is in opening.cc.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "log/event_log.h"
#include "log/head_file.h"
#include "log/helper_thread.h"
#include "log/identity_table.h"
#include "log/keys.h"
#include "log/leaf.h"
#include "log/log_store.h"
#include "log/page.h"
#include "log/shared_work.h"
#include "log/tree.h"

namespace lianqing {

// Salts of payloads; tests give known ones.
using Salts = std::function<Status(char* to, std::size_t size)>;

// Where the parts of a data directory lie.
struct LogPlaces {
  explicit LogPlaces(const std::filesystem::path& directory)
      : lock(directory / "lock"),
        database(directory / "log"),
        head(directory / "head"),
        set_aside(directory / "set-aside") {}
  std::filesystem::path lock, database, head, set_aside;
};

// What is known of a log once its stored bytes have been looked through.
struct LogPosition {
  std::string name;  // of the log, 32 hex digits
  Tree tree;
  Instant last = kBeforeAll;
  std::uint64_t next_refused = 0;
};

class DurableLog final : public EventLog {
 public:
  struct Writing {
    DirectoryLock lock;
    AckedFile acked;
  };
  DurableLog(std::filesystem::path directory, std::unique_ptr<LogStore> store, LogPosition position,
             std::optional<Writing> writing, std::vector<std::string> notices, Salts salts);
  ~DurableLog() override;

  using EventLog::append;
  Result<std::vector<AppendOutcome>> append(std::span<const AppendRecord> records, Instant recorded,
                                            std::span<const ReaderCursor> moved) override;
  Result<std::vector<AppendOutcome>> append_history(std::span<const AppendRecord> records,
                                                    std::span<const Instant> recorded) override;
  Status erase(std::span<const Seq> seqs, const AppendRecord& note, Instant at) override;
  Status quarantine(std::span<const Rejection> rejections, Instant at) override;

  Seq next_seq() const override { return size_; }
  Instant last_recorded() const override { return instant(last_); }
  TreeHead tree_head() const override;

  Result<std::vector<StoredRecord>> read(Seq from, std::size_t limit) const override;
  Result<std::optional<StoredRecord>> record(Seq seq) const override;
  Result<std::optional<Seq>> find(const ContentHash& identity) const override;
  Result<std::vector<QuarantinedRecord>> quarantined(std::uint64_t from,
                                                     std::size_t limit) const override;
  Result<std::string> cursor(std::string_view reader) const override;

  Status put_meta(std::string_view key, std::string_view value) override;
  Result<std::optional<std::string>> meta(std::string_view key) const override;
  Status put_warnings(std::span<const std::pair<std::uint64_t, std::string>> warnings,
                      const NameOf& name_of) override;
  Result<std::optional<std::uint64_t>> warning_named(std::string_view name) const override;
  Result<std::vector<std::pair<std::uint64_t, std::string>>> warnings(
      std::uint64_t from, std::size_t limit) const override;
  Status sync() override;

  Status backup(const std::filesystem::path& directory) override;
  std::vector<std::string> notices() const override { return notices_; }

  // For verification, which looks at what is stored and not at what it means.
  const LogStore& store() const { return *store_; }
  const LogPosition& position() const { return position_; }
  const std::filesystem::path& directory() const { return directory_; }
  // A full tile, or the hashes so far of the last one; corrupt if it is not there.
  Result<std::string> tile(std::uint8_t level, std::uint64_t index) const;
  // Makes the head say what the log holds now.
  Status seal();
  // Waits for what goes on beside the commits.
  void settle() const;
  // Reads the identities that the index does not have. Before anything is appended.
  Status load_recent();
  // The record of an identity, from the index or from the newest records.
  Result<std::optional<KnownId>> known(const ContentHash& identity) const;
  // How many records are not in the index.
  std::size_t recent() const;

 private:
  class Commit;
  Status writable() const;
  Status fail(Error error);
  Status store(StoreBatch& batch, bool durable, const LogPosition* after = nullptr);
  Result<bool> open_again(const LogPosition* after);
  Status write(Commit& commit);
  Result<std::vector<AppendOutcome>> take(std::span<const AppendRecord> records,
                                          const std::function<Instant(std::size_t)>& recorded,
                                          bool history, std::span<const ReaderCursor> moved);
  bool seal_is_due() const;
  Status tend();
  Status end_chore();
  Status index_waiting();
  Status read_identities(const LogStore& store, IdentityTable& out) const;
  void forget_contents(std::span<const ContentHash> identities);
  Error damaged(Seq seq) const;

  const std::filesystem::path directory_;
  const LogPlaces places_;
  const std::unique_ptr<LogStore> store_;
  std::optional<Writing> writing_;  // none: read only
  const std::vector<std::string> notices_;
  const Salts salts_;

  mutable std::mutex writing_mutex_;  // one commit at a time
  std::optional<Error> failed_;       // why nothing is written any more
  std::uint64_t sealed_ = 0;          // size in the head
  Instant sealed_at_ = kBeforeAll;

  mutable std::mutex position_mutex_;  // guards what readers copy from
  LogPosition position_;
  IdentityTable recent_;             // what is not in the index yet,
  IdentityTable indexing_;           // and what was before it and is being indexed
  std::atomic<std::uint64_t> size_;  // of position_, readable without waiting
  std::atomic<std::int64_t> last_;
  std::atomic<unsigned> reopened_{0};  // how often: what was indexed may be in recent_ again

  // What is done beside the next commits, and what came of it.
  struct Chore {
    std::optional<Head> head;  // to be made durable
    Instant at;                // of its last record
    Status sealed, indexed;
  };
  const std::unique_ptr<SharedWork> shared_;  // of a commit; none: read only
  std::optional<Chore> chore_;                // the helper's while it is not idle
  std::unique_ptr<HelperThread> helper_;      // none: read only. Last: ends before what it uses
};

// Looks through what is stored: format, edge, the newest leaves and every tile they rest on.
// corrupt or refused, naming the place.
[[nodiscard]] Result<LogPosition> examine(const LogStore& store,
                                          const std::filesystem::path& directory);
// The records of a store in order from `from` on, until `visit` returns false. corrupt: a page that
// is damaged or missing, naming the record.
using VisitRecord = std::function<bool(const PagedRecord& record)>;
[[nodiscard]] Status scan_records(const LogStore& store, const std::filesystem::path& directory,
                                  Seq from, const VisitRecord& visit);
// Under which a refused record is found again, to keep it once.
std::string refused_key(const Rejection& rejection);
// The tiles of a store, as Tree asks for them.
Tree::TileAt full_tiles(const LogStore& store, const std::filesystem::path& directory);
// Refused unless the log holds everything that the files beside it say it held.
[[nodiscard]] Status check_head(const LogPosition& position, const Head& head,
                                std::optional<std::uint64_t> acked, const LogStore& store,
                                const std::filesystem::path& directory);

struct OpenSettings {
  Salts salts = fill_random;
  bool new_head = false;  // head/ is not compared with, and made anew if opened to write
};
[[nodiscard]] Result<std::unique_ptr<DurableLog>> open_log(const std::filesystem::path& directory,
                                                           OpenMode mode, OpenSettings settings);

}  // namespace lianqing
