#include "log/durable_log.h"

#include <algorithm>
#include <deque>
#include <set>

#include "lianqing/assert.h"
#include "lianqing/disk_full.h"

namespace lianqing {
namespace {

// The head is made durable at the latest after so many records, or so much recorded time.
constexpr std::uint64_t kSealRecords = 65'536;
constexpr Duration kSealTime{1'000'000};
// So many records of a commit are worth a second thread.
constexpr std::size_t kSharedRecords = 128;
constexpr std::size_t kMaxRead = 65'536;
constexpr std::size_t kMaxLeafBytes = 65'535;  // what C2SP tlog-tiles can carry

// Names stand behind all positions that can ever be reached.
std::string warning_name_key(std::string_view name) { return "named " + std::string(name); }

}  // namespace

std::string refused_key(const Rejection& rejection) {
  const Digest digest =
      sha256({rejection.code, "\n", std::to_string(rejection.column), "\n", rejection.raw});
  return std::string(bytes_of(digest).substr(0, 16));
}

// What one commit will write, and the position after it. What is given to it must outlive it.
class DurableLog::Commit {
 public:
  Commit(const DurableLog& log, const LogPosition& position)
      : batch(log.store_->batch()), next(position), log_(log), next_seq_(position.tree.size()) {}
  ~Commit() {
    if (log_.shared_) log_.shared_->finish();
  }

  // The records that may be added: their content is hashed meanwhile.
  Status begin(std::span<const AppendRecord> records) {
    fresh.reserve(records.size());
    added_.reserve(records.size());
    salts_.resize(records.size() * kSaltBytes);
    if (Status s = log_.salts_(salts_.data(), salts_.size()); !s) return s;
    commitments_.resize(records.size());
    share(records.size(), [this, records](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) {
        commitments_[i] = commitment(salt(i), records[i].bytes);
      }
    });
    return {};
  }

  // `number`: of the record among those of begin().
  Seq add(const AppendRecord& record, std::size_t number, bool is_note, Instant at) {
    PagedRecord& paged = added_.emplace_back().record;
    added_.back().number = number;
    paged.seq = next_seq_++;
    paged.at = at;
    paged.is_note = is_note;
    paged.source = record.source;
    paged.cursor = record.cursor;
    if (!record.reader.empty()) {
      paged.cursor = cursors_.emplace_back(leaf_cursor(record.reader, record.cursor));
    }
    paged.id = record.id;
    paged.identity = record.identity;
    paged.content = record.content;
    paged.salt = salt(number);
    paged.bytes = record.bytes;
    paged.payload_bytes = record.bytes.size();
    next.last = at;
    fresh.add(record.identity, {paged.seq, record.content});
    return paged.seq;
  }

  Status refuse(const Rejection& rejection, Instant at) {
    const std::string key = refused_key(rejection);
    LQ_TRY(const auto known, log_.store_->get(Family::refused, key));
    if (known || !refused_.emplace(key, 0).second) return {};
    const std::string number = be64(next.next_refused++);
    batch->put(Family::quarantine, number, refused_value(rejection, at));
    batch->put(Family::refused, key, number);
    return {};
  }

  void finish() {
    if (added_.empty()) return;
    if (log_.shared_) log_.shared_->finish();  // the commitments
    share(added_.size(), [this](std::size_t from, std::size_t to) { hash_leaves(from, to); });
    put_pages();
    if (log_.shared_) log_.shared_->finish();
    std::vector<Tile> tiles;
    for (const Added& one : added_) next.tree.add(one.leaf, tiles);
    for (const Tile& tile : tiles) {
      batch->put(Family::tiles, tile_key(tile.level, tile.index), tile.hashes);
    }
    batch->put(Family::edge, std::string(1, kEventTree),
               edge_value({next.tree.size(), next.last, next.tree.edge()}));
  }

  Seq next_seq() const { return next_seq_; }

  std::unique_ptr<StoreBatch> batch;
  LogPosition next;     // its tree: once finished
  IdentityTable fresh;  // identities of this commit

 private:
  struct Added {
    PagedRecord record;
    std::size_t number = 0;
    Digest leaf{};
  };

  void share(std::size_t count, std::function<void(std::size_t, std::size_t)> piece) const {
    if (log_.shared_ && count >= kSharedRecords) {
      log_.shared_->begin(count, std::move(piece));
    } else {
      piece(0, count);
    }
  }
  std::string_view salt(std::size_t number) const {
    return std::string_view(salts_).substr(number * kSaltBytes, kSaltBytes);
  }
  void hash_leaves(std::size_t from, std::size_t to) {
    std::string leaf;
    for (std::size_t i = from; i < to; ++i) {
      encode(leaf_of(added_[i].record, commitments_[added_[i].number]), leaf);
      added_[i].leaf = leaf_hash(leaf);
    }
  }
  void put_pages() {
    PageWriter page;
    for (std::size_t i = 0, first = 0; i < added_.size(); ++i) {
      page.add(added_[i].record);
      if (!page.is_full() && i + 1 < added_.size()) continue;
      batch->put(Family::pages, be64(added_[first].record.seq), page.take());
      first = i + 1;
    }
  }

  const DurableLog& log_;
  Seq next_seq_;
  std::string salts_;
  std::vector<Digest> commitments_;
  std::vector<Added> added_;
  std::deque<std::string> cursors_;  // of readers, as leaves have them
  std::map<std::string, int> refused_;
};

DurableLog::DurableLog(std::filesystem::path directory, std::unique_ptr<LogStore> store,
                       LogPosition position, std::optional<Writing> writing,
                       std::vector<std::string> notices, Salts salts)
    : directory_(std::move(directory)),
      places_(directory_),
      store_(std::move(store)),
      writing_(std::move(writing)),
      notices_(std::move(notices)),
      salts_(std::move(salts)),
      sealed_(position.tree.size()),
      sealed_at_(position.last),
      position_(std::move(position)),
      size_(position_.tree.size()),
      last_(micros(position_.last)),
      shared_(writing_ ? std::make_unique<SharedWork>() : nullptr),
      helper_(writing_ ? std::make_unique<HelperThread>() : nullptr) {}

DurableLog::~DurableLog() {
  const std::lock_guard lock(writing_mutex_);
  (void)end_chore();
  // A failure here loses nothing: the watermark says as much until the next head.
  if (writing_ && !failed_ && sealed_ != size_) (void)seal();
}

TreeHead DurableLog::tree_head() const {
  const std::lock_guard lock(position_mutex_);
  return {position_.tree.size(), std::string(bytes_of(position_.tree.root()))};
}

Status DurableLog::writable() const {
  if (!writing_) {
    return failure(ErrorCode::usage, directory_.string() + ": the log was opened to be read only");
  }
  if (failed_) {
    // Not `full`: room alone does not help any more.
    const ErrorCode code = failed_->code == ErrorCode::full ? ErrorCode::io : failed_->code;
    return failure(code, directory_.string() +
                             ": the log takes nothing more since a write failed; open it "
                             "again. The failure was: " +
                             failed_->what);
  }
  return check_space(places_.database);
}

Status DurableLog::fail(Error error) {
  failed_ = error;
  return Unexpected<Error>(std::move(error));
}

Status DurableLog::seal() {
  if (Status s =
          write_head(places_.head, {position_.name, position_.tree.size(), position_.tree.root()});
      !s) {
    return s;
  }
  sealed_ = position_.tree.size();
  sealed_at_ = position_.last;
  return {};
}

// A full disk is no end: when there is room again, the store is opened anew. Any other failure is
// one. `after`: where the log is once the batch is taken.
Status DurableLog::store(StoreBatch& batch, bool durable, const LogPosition* after) {
  Status done = store_->write(batch, durable);
  if (done) return done;
  if (done.error().code != ErrorCode::full) return fail(done.error());
  if (!check_space(places_.database)) return done;
  const Result<bool> taken = open_again(after);
  done = taken ? *taken ? Status{} : store_->write(batch, durable)
               : Status{Unexpected<Error>(taken.error())};
  return done || done.error().code == ErrorCode::full ? done : fail(done.error());
}

// Whether what had failed was taken all the same, and the log is where it is to be after it.
Result<bool> DurableLog::open_again(const LogPosition* after) {
  if (Status s = end_chore(); !s) return Unexpected<Error>(s.error());
  bool taken = false;
  const Status opened = store_->reopen([&](const LogStore& there) -> Status {
    LQ_TRY(const LogPosition found, examine(there, places_.database));
    const auto is_at = [&](const LogPosition& other) {
      return found.tree.size() == other.tree.size() && found.tree.root() == other.tree.root() &&
             found.next_refused == other.next_refused;
    };
    taken = !is_at(position_);
    if (taken && (after == nullptr || !is_at(*after))) {
      return failure(ErrorCode::io,
                     directory_.string() + ": a commit failed and was taken all the same");
    }
    // The index may have lost what it had no write-ahead for.
    IdentityTable lacking;
    if (Status s = read_identities(there, lacking); !s) return s;
    const std::lock_guard lock(position_mutex_);
    recent_ = std::move(lacking);
    indexing_.clear();
    ++reopened_;
    return {};
  });
  if (!opened) return Unexpected<Error>(opened.error());
  return taken;
}

Status DurableLog::write(Commit& commit) {
  const std::uint64_t before = position_.tree.size();
  commit.finish();
  if (Status s = store(*commit.batch, true, &commit.next); !s) return s;
  {
    const std::lock_guard lock(position_mutex_);
    position_ = std::move(commit.next);
    recent_.reserve(commit.fresh.size());
    for (const auto& row : commit.fresh.rows()) recent_.add(row.identity, row.known);
    last_ = micros(position_.last);
    size_ = position_.tree.size();
  }
  if (size_ == before) return {};
  Status written = writing_->acked.write(size_);
  return written ? written : fail(written.error());
}

bool DurableLog::seal_is_due() const {
  return size_ - sealed_ >= kSealRecords || position_.last >= sealed_at_ + kSealTime;
}

Result<std::vector<AppendOutcome>> DurableLog::append(std::span<const AppendRecord> records,
                                                      Instant recorded,
                                                      std::span<const ReaderCursor> moved) {
  return take(
      records, [recorded](std::size_t) { return recorded; }, false, moved);
}

Result<std::vector<AppendOutcome>> DurableLog::append_history(std::span<const AppendRecord> records,
                                                              std::span<const Instant> recorded) {
  LQ_ASSERT(records.size() == recorded.size());
  return take(records, [recorded](std::size_t i) { return recorded[i]; }, true, {});
}

Result<std::vector<AppendOutcome>> DurableLog::take(
    std::span<const AppendRecord> records, const std::function<Instant(std::size_t)>& recorded,
    bool history, std::span<const ReaderCursor> moved) {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return Unexpected<Error>(s.error());
  Commit commit(*this, position_);
  if (Status s = commit.begin(records); !s) return Unexpected<Error>(s.error());
  std::vector<AppendOutcome> out;
  out.reserve(records.size());
  struct Place {
    CursorOf of;
    Seq seq;
    std::string_view cursor;
  };
  std::map<std::string_view, Place> cursors;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const AppendRecord& record = records[i];
    const Instant at = recorded(i);
    if (history ? at < commit.next.last : at <= position_.last) {
      return failure(ErrorCode::usage, directory_.string() + ": a record recorded at " +
                                           format_rfc3339(at) + " cannot follow one of " +
                                           format_rfc3339(commit.next.last));
    }
    if (3 * (record.source.size() + record.id.size() + record.cursor.size() +
             record.reader.size()) >
        kMaxLeafBytes - 256) {
      return failure(ErrorCode::usage,
                     directory_.string() + ": source, id and cursor of a record are too long");
    }
    std::optional<KnownId> known;
    if (const KnownId* here = commit.fresh.find(record.identity); here != nullptr) {
      known = *here;
    } else {
      LQ_TRY(known, this->known(record.identity));
      if (known && known->seq >= size_) {
        return failure(ErrorCode::corrupt, directory_.string() + ": the identity of '" + record.id +
                                               "' is damaged; run lianqing log verify");
      }
    }
    if (!known) {
      out.push_back({AppendOutcome::appended, commit.add(record, i, false, at)});
    } else if (!known->content || *known->content == record.content) {
      out.push_back({AppendOutcome::duplicate, known->seq});
    } else {
      Rejection rejection{
          "conflict",
          "the same source and id as record " + std::to_string(known->seq) + " with other content",
          {},
          0,
          record.bytes};
      if (Status s = commit.refuse(rejection, at); !s) return Unexpected<Error>(s.error());
      out.push_back({AppendOutcome::conflict, known->seq});
    }
    if (!record.cursor.empty()) {
      cursors[record.reader.empty() ? record.source : record.reader] = {
          known ? CursorOf::known : CursorOf::leaf, out.back().seq, record.cursor};
    }
  }
  for (const auto& [reader, cursor] : moved) {
    cursors[reader] = {CursorOf::refused, commit.next_seq(), cursor};
  }
  for (const auto& [reader, place] : cursors) {
    commit.batch->put(Family::cursor, reader, cursor_value(place.of, place.seq, place.cursor));
  }
  const bool idle =
      commit.fresh.empty() && cursors.empty() && commit.next.next_refused == position_.next_refused;
  if (idle) return out;
  if (Status s = write(commit); !s) return Unexpected<Error>(s.error());
  if (Status s = tend(); !s) return Unexpected<Error>(s.error());
  return out;
}

Status DurableLog::erase(std::span<const Seq> seqs, const AppendRecord& note, Instant at) {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return s;
  if (at <= position_.last) {
    return failure(ErrorCode::usage, directory_.string() + ": a note of " + format_rfc3339(at) +
                                         " cannot follow a record of " +
                                         format_rfc3339(position_.last));
  }
  if (Status s = end_chore(); !s) return s;  // an index that knows what is erased
  Commit commit(*this, position_);
  if (Status s = commit.begin(std::span(&note, 1)); !s) return s;
  LQ_TRY(const auto before, known(note.identity));
  if (before) return failure(ErrorCode::refused, "a record with the id '" + note.id + "' is there");
  const Seq noted = commit.add(note, 0, true, at);
  const std::set<Seq> wanted(seqs.begin(), seqs.end());
  std::vector<ContentHash> identities;
  for (auto seq = wanted.begin(); seq != wanted.end();) {
    if (*seq >= size_) {
      return failure(ErrorCode::refused, "record " + std::to_string(*seq) + " is not in the log");
    }
    // The page is written again without what is erased.
    LQ_TRY(const auto key, store_->floor(Family::pages, be64(*seq)));
    LQ_TRY(const auto page, key ? store_->get(Family::pages, *key) : std::optional<std::string>{});
    if (!page) return Unexpected<Error>(damaged(*seq));
    PageReader in(number_of(*key), *page);
    PageWriter rewritten;
    while (auto record = in.next()) {
      if (seq != wanted.end() && record->seq == *seq) {
        const std::string place = "record " + std::to_string(*seq);
        if (record->is_erased) return failure(ErrorCode::refused, place + " is erased already");
        if (record->is_note) {
          return failure(ErrorCode::refused, place + " is a note about an erasure and stays");
        }
        record->commitment = commitment(record->salt, record->bytes);
        record->is_erased = true;
        record->note = noted;
        identities.push_back(record->identity);
        ++seq;
      }
      rewritten.add(*record);
    }
    if (!in.ended() || (seq != wanted.end() && *seq < in.at())) {
      return Unexpected<Error>(damaged(in.at()));
    }
    commit.batch->put(Family::pages, *key, rewritten.take());
  }
  for (std::size_t i = 0; const Seq seq : wanted) {
    commit.batch->put(Family::ids, hash_bytes(identities[i++]), be64(seq));
  }
  if (Status s = write(commit); !s) return s;
  forget_contents(identities);
  if (Status s = store_->purge(Family::pages); !s) return fail(s.error());
  if (Status s = store_->purge(Family::ids); !s) return fail(s.error());
  return tend();
}

Status DurableLog::quarantine(std::span<const Rejection> rejections, Instant at) {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return s;
  Commit commit(*this, position_);
  for (const Rejection& rejection : rejections) {
    if (Status s = commit.refuse(rejection, at); !s) return s;
  }
  if (commit.next.next_refused == position_.next_refused) return {};
  return write(commit);
}

Error DurableLog::damaged(Seq seq) const {
  return {ErrorCode::corrupt, directory_.string() + ": record " + std::to_string(seq) +
                                  " is damaged or missing; run lianqing log verify"};
}

Status scan_records(const LogStore& store, const std::filesystem::path& directory, Seq from,
                    const VisitRecord& visit) {
  LQ_TRY(const auto first, store.floor(Family::pages, be64(from)));
  Seq expected = first ? number_of(*first) : from;
  bool whole = true;
  const Status read = store.scan(Family::pages, first.value_or(be64(from)),
                                 [&](std::string_view key, std::string_view page) {
                                   if (key != be64(expected)) {
                                     whole = false;
                                     return false;
                                   }
                                   PageReader in(expected, page);
                                   while (const auto record = in.next()) {
                                     if (record->seq >= from && !visit(*record)) return false;
                                   }
                                   expected = in.at();
                                   whole = in.ended();
                                   return whole;
                                 });
  if (!read || whole) return read;
  return failure(ErrorCode::corrupt, directory.string() + ": record " + std::to_string(expected) +
                                         " is damaged or missing; run lianqing log verify");
}

Result<std::string> DurableLog::tile(std::uint8_t level, std::uint64_t index) const {
  {
    const std::lock_guard lock(position_mutex_);
    if (index == position_.tree.size() >> (8 * level) >> 8) {
      return std::string(position_.tree.partial(level));
    }
  }
  return full_tiles(*store_, directory_)(level, index);
}

Result<std::vector<StoredRecord>> DurableLog::read(Seq from, std::size_t limit) const {
  const std::uint64_t end = size_;
  std::vector<StoredRecord> out;
  if (from >= end) return out;
  const std::size_t count =
      static_cast<std::size_t>(std::min<std::uint64_t>({limit, end - from, kMaxRead}));
  if (count == 0) return out;
  out.reserve(count);
  std::optional<Error> trouble;
  std::string tile_hashes;
  const Status scanned = scan_records(*store_, directory_, from, [&](const PagedRecord& record) {
    if (tile_hashes.empty() || record.seq % kTileWidth == 0) {
      auto found = tile(0, record.seq / kTileWidth);
      if (!found) {
        trouble = found.error();
        return false;
      }
      tile_hashes = *std::move(found);
    }
    const std::size_t at = static_cast<std::size_t>(record.seq % kTileWidth) * 32;
    if (tile_hashes.size() < at + 32 || std::string_view(tile_hashes).substr(at, 32) !=
                                            bytes_of(leaf_hash(encode(leaf_of(record))))) {
      trouble =
          Error{ErrorCode::corrupt, directory_.string() + ": record " + std::to_string(record.seq) +
                                        " is not the one in the tree; run lianqing log verify"};
      return false;
    }
    out.push_back({record.seq, record.at, std::string(record.bytes), record.is_note});
    return out.size() < count;
  });
  if (!scanned) return Unexpected<Error>(scanned.error());
  if (!trouble && out.size() < count) trouble = damaged(from + out.size());
  if (trouble) return Unexpected<Error>(*std::move(trouble));
  return out;
}

Result<std::optional<StoredRecord>> DurableLog::record(Seq seq) const {
  LQ_TRY(auto found, read(seq, 1));
  if (found.empty()) return std::optional<StoredRecord>{};
  return std::optional<StoredRecord>{std::move(found[0])};
}

Result<std::optional<Seq>> DurableLog::find(const ContentHash& identity) const {
  LQ_TRY(const auto known, this->known(identity));
  if (!known) return std::optional<Seq>{};
  // A commit under way is not yet part of the log.
  return known->seq < size_ ? std::optional<Seq>{known->seq} : std::nullopt;
}

Result<std::vector<QuarantinedRecord>> DurableLog::quarantined(std::uint64_t from,
                                                               std::size_t limit) const {
  std::vector<QuarantinedRecord> out;
  bool damaged = false;
  if (limit == 0) return out;
  const Status read = store_->scan(
      Family::quarantine, be64(from), [&](std::string_view key, std::string_view value) {
        auto refused = refused_from(value);
        damaged = !refused || key.size() != 8;
        if (damaged) return false;
        out.push_back({number_of(key), refused->first, std::move(refused->second)});
        return out.size() < limit;
      });
  if (!read) return Unexpected<Error>(read.error());
  if (damaged) {
    return failure(ErrorCode::corrupt, directory_.string() + ": quarantined record " +
                                           std::to_string(from + out.size()) + " is damaged");
  }
  return out;
}

Result<std::string> DurableLog::cursor(std::string_view reader) const {
  LQ_TRY(const auto value, store_->get(Family::cursor, reader));
  if (!value) return std::string();
  if (value->size() < 9) {
    return failure(ErrorCode::corrupt, directory_.string() + ": the cursor of '" +
                                           std::string(reader) + "' is damaged");
  }
  return value->substr(9);
}

Status DurableLog::put_meta(std::string_view key, std::string_view value) {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return s;
  const auto batch = store_->batch();
  batch->put(Family::about, std::string(kFactPrefix) + std::string(key), value);
  return store(*batch, true);
}

Result<std::optional<std::string>> DurableLog::meta(std::string_view key) const {
  return store_->get(Family::about, std::string(kFactPrefix) + std::string(key));
}

Status DurableLog::put_warnings(std::span<const std::pair<std::uint64_t, std::string>> warnings,
                                const NameOf& name_of) {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return s;
  const auto batch = store_->batch();
  for (const auto& [position, text] : warnings) {
    batch->put(Family::warnings, be64(position), text);
    if (!name_of) continue;
    const std::string name = name_of(text);
    if (!name.empty()) batch->put(Family::warnings, warning_name_key(name), be64(position));
  }
  return store(*batch, false);
}

Result<std::optional<std::uint64_t>> DurableLog::warning_named(std::string_view name) const {
  LQ_TRY(const auto value, store_->get(Family::warnings, warning_name_key(name)));
  if (!value) return std::optional<std::uint64_t>{};
  return std::optional<std::uint64_t>{number_of(*value)};
}

Result<std::vector<std::pair<std::uint64_t, std::string>>> DurableLog::warnings(
    std::uint64_t from, std::size_t limit) const {
  std::vector<std::pair<std::uint64_t, std::string>> out;
  if (limit == 0) return out;
  const Status read =
      store_->scan(Family::warnings, be64(from), [&](std::string_view key, std::string_view value) {
        if (key.size() != 8) return false;
        out.emplace_back(number_of(key), value);
        return out.size() < limit;
      });
  if (!read) return Unexpected<Error>(read.error());
  return out;
}

Status DurableLog::sync() {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return s;
  const auto batch = store_->batch();
  return store(*batch, true);
}

Status DurableLog::backup(const std::filesystem::path& directory) {
  // No commit in between: the head is of exactly what is copied.
  const std::lock_guard lock(writing_mutex_);
  std::error_code error;
  if (std::filesystem::exists(directory, error)) {
    return failure(ErrorCode::refused,
                   directory.string() + " exists already; name a directory that does not");
  }
  const LogPlaces places(directory);
  std::filesystem::create_directories(places.head, error);
  if (error) {
    return failure(is_disk_full(error.value()) ? ErrorCode::full : ErrorCode::io,
                   "cannot make " + directory.string() + ": " + error.message());
  }
  if (Status s = store_->copy_to(places.database); !s) return s;
  LogPosition now = position_;
  return write_head(places.head, {now.name, now.tree.size(), now.tree.root()});
}

}  // namespace lianqing
