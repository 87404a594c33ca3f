#include "log/durable_log.h"

#include <algorithm>
#include <set>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

// The head is made durable at the latest after so many records, or so much recorded time.
constexpr std::uint64_t kSealRecords = 65'536;
constexpr Duration kSealTime{1'000'000};
// So many identities wait in memory to be indexed together.
constexpr std::size_t kIndexRecords = 4096;
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

// What one commit will write, and the position after it.
class DurableLog::Commit {
 public:
  Commit(const DurableLog& log, const LogPosition& position)
      : batch(log.store_->batch()), next(position), log_(log) {}

  Status draw_salts(std::size_t records) {
    salts_.resize(records * kSaltBytes);
    fresh.reserve(records);
    return log_.salts_(salts_.data(), salts_.size());
  }

  Seq add(const AppendRecord& record, bool is_note, Instant at) {
    PagedRecord paged;
    paged.seq = next.tree.size();
    paged.at = at;
    paged.is_note = is_note;
    paged.source = record.source;
    std::string read;  // while the leaf is made
    if (!record.reader.empty()) read = leaf_cursor(record.reader, record.cursor);
    paged.cursor = record.reader.empty() ? std::string_view(record.cursor) : read;
    paged.id = record.id;
    paged.identity = record.identity;
    paged.content = record.content;
    paged.salt = std::string_view(salts_).substr(salts_used_++ * kSaltBytes, kSaltBytes);
    paged.bytes = record.bytes;
    paged.payload_bytes = record.bytes.size();
    if (page_.is_empty()) page_first_ = paged.seq;
    page_.add(paged);
    if (page_.is_full()) put_page();
    encode(leaf_of(paged), leaf_);
    next.tree.add(leaf_hash(leaf_), tiles_);
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

  void finish(std::size_t tree_before) {
    if (!page_.is_empty()) put_page();
    for (const Tile& tile : tiles_) {
      batch->put(Family::tiles, tile_key(tile.level, tile.index), tile.hashes);
    }
    if (next.tree.size() != tree_before) {
      batch->put(Family::edge, std::string(1, kEventTree),
                 edge_value({next.tree.size(), next.last, next.tree.edge()}));
    }
  }

  std::unique_ptr<StoreBatch> batch;
  LogPosition next;
  IdentityTable fresh;  // identities of this commit

 private:
  void put_page() { batch->put(Family::pages, be64(page_first_), page_.take()); }

  const DurableLog& log_;
  std::string salts_, leaf_;
  std::size_t salts_used_ = 0;
  PageWriter page_;
  Seq page_first_ = 0;
  std::vector<Tile> tiles_;
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
      last_(micros(position_.last)) {}

DurableLog::~DurableLog() {
  const std::lock_guard lock(writing_mutex_);
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

// A full disk is no end: nothing of the batch was taken, and when there is room again the store is
// told so. Any other failure is one.
Status DurableLog::store(StoreBatch& batch, bool durable) {
  Status done = store_->write(batch, durable);
  if (done) return done;
  if (done.error().code != ErrorCode::full) return fail(done.error());
  if (!check_space(places_.database)) return done;
  if (Status s = store_->resume(); !s) {
    return s.error().code == ErrorCode::full ? s : fail(s.error());
  }
  const auto behind = store_->get(Family::pages, be64(size_));
  if (!behind) return fail(behind.error());
  if (*behind) {
    return fail(
        {ErrorCode::io, directory_.string() + ": a commit failed and was taken all the same"});
  }
  done = store_->write(batch, durable);
  return done || done.error().code == ErrorCode::full ? done : fail(done.error());
}

Status DurableLog::write(Commit& commit) {
  const std::uint64_t before = position_.tree.size();
  commit.finish(before);
  if (Status s = store(*commit.batch, true); !s) return s;
  {
    const std::lock_guard lock(position_mutex_);
    position_ = std::move(commit.next);
    recent_.reserve(commit.fresh.size());
    for (const auto& row : commit.fresh.rows()) recent_.add(row.identity, row.known);
    last_ = micros(position_.last);
    size_ = position_.tree.size();
  }
  if (size_ == before) return {};
  if (Status s = writing_->acked.write(size_); !s) return fail(s.error());
  if (size_ - sealed_ >= kSealRecords || position_.last >= sealed_at_ + kSealTime) {
    // With no room for a new head the old one stays right for a while longer.
    if (Status s = seal(); !s && s.error().code != ErrorCode::full) return fail(s.error());
  }
  if (recent_.size() < kIndexRecords) return {};
  // With no room for the index they wait in memory.
  if (Status s = index_recent(); !s && s.error().code != ErrorCode::full) return fail(s.error());
  return {};
}

Status DurableLog::index_recent() {
  if (recent_.empty()) return {};
  std::vector<IdentityTable::Row> rows = recent_.rows();
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.identity < b.identity; });
  const auto batch = store_->batch();
  for (const auto& [identity, known] : rows) {
    batch->put(Family::ids, HashKey(identity).view(),
               known.content ? id_value(known.seq, *known.content) : be64(known.seq));
  }
  batch->put(Family::ids, kCoveredKey, be64(size_));
  if (Status s = store_->write_derived(*batch); !s) return s;
  const std::lock_guard lock(position_mutex_);
  recent_.clear();
  return {};
}

Status DurableLog::load_recent() {
  const std::uint64_t size = size_;
  LQ_TRY(const auto stored, store_->get(Family::ids, kCoveredKey));
  std::uint64_t covered = stored ? number_of(*stored) : 0;
  if (covered > size && writing_) {
    // The tail was mended: what was behind it is no more.
    const auto batch = store_->batch();
    const Status read =
        store_->scan(Family::ids, {}, [&](std::string_view key, std::string_view value) {
          const auto known = known_id(value);
          if (key != kCoveredKey && known && known->seq >= size) batch->remove(Family::ids, key);
          return true;
        });
    if (!read) return read;
    batch->put(Family::ids, kCoveredKey, be64(size));
    if (Status s = store_->write(*batch, true); !s) return s;
  }
  if (covered >= size) return {};
  return scan_records(*store_, directory_, covered, [&](const PagedRecord& record) {
    KnownId known{record.seq, record.content};
    if (record.is_erased) known.content.reset();
    recent_.add(record.identity, known);
    return true;
  });
}

Result<std::optional<KnownId>> DurableLog::known(const ContentHash& identity) const {
  {
    const std::lock_guard lock(position_mutex_);
    const KnownId* here = recent_.find(identity);
    if (here != nullptr) return std::optional(*here);
  }
  LQ_TRY(const auto stored, store_->get(Family::ids, HashKey(identity).view()));
  if (!stored) return std::optional<KnownId>{};
  const auto out = known_id(*stored);
  if (!out) {
    return failure(ErrorCode::corrupt,
                   directory_.string() + ": an identity is damaged; run lianqing log verify");
  }
  return out;
}

std::size_t DurableLog::recent() const {
  const std::lock_guard lock(position_mutex_);
  return recent_.size();
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
  if (Status s = commit.draw_salts(records.size()); !s) return Unexpected<Error>(s.error());
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
      out.push_back({AppendOutcome::appended, commit.add(record, false, at)});
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
    cursors[reader] = {CursorOf::refused, commit.next.tree.size(), cursor};
  }
  for (const auto& [reader, place] : cursors) {
    commit.batch->put(Family::cursor, reader, cursor_value(place.of, place.seq, place.cursor));
  }
  const bool idle =
      commit.fresh.empty() && cursors.empty() && commit.next.next_refused == position_.next_refused;
  if (idle) return out;
  if (Status s = write(commit); !s) return Unexpected<Error>(s.error());
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
  Commit commit(*this, position_);
  if (Status s = commit.draw_salts(1); !s) return s;
  LQ_TRY(const auto before, known(note.identity));
  if (before) return failure(ErrorCode::refused, "a record with the id '" + note.id + "' is there");
  const Seq noted = commit.add(note, true, at);
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
  // The hash of the content would let it be guessed: it goes as well.
  for (std::size_t i = 0; const Seq seq : wanted) {
    commit.batch->put(Family::ids, hash_bytes(identities[i++]), be64(seq));
  }
  if (Status s = write(commit); !s) return s;
  {
    const std::lock_guard guard(position_mutex_);
    for (const ContentHash& identity : identities) {
      if (KnownId* here = recent_.find(identity); here != nullptr) here->content.reset();
    }
  }
  if (Status s = store_->purge(Family::pages); !s) return fail(s.error());
  if (Status s = store_->purge(Family::ids); !s) return fail(s.error());
  return {};
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
    return failure(ErrorCode::io, "cannot make " + directory.string() + ": " + error.message());
  }
  if (Status s = store_->copy_to(places.database); !s) return s;
  LogPosition now = position_;
  return write_head(places.head, {now.name, now.tree.size(), now.tree.root()});
}

}  // namespace lianqing
