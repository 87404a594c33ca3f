#include "log/durable_log.h"

#include <algorithm>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

// The head is made durable at the latest after so many records, or so much recorded time.
constexpr std::uint64_t kSealRecords = 4096;
constexpr Duration kSealTime{1'000'000};
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
    return log_.salts_(salts_.data(), salts_.size());
  }

  Seq add(const AppendRecord& record, std::string_view kind, Instant at) {
    const Seq seq = next.tree.size();
    const std::string_view salt =
        std::string_view(salts_).substr(salts_used_++ * kSaltBytes, kSaltBytes);
    const std::string leaf = encode(LeafView{seq, at, kind, record.source, record.cursor, record.id,
                                             record.bytes.size(), commitment(salt, record.bytes)});
    const std::string key = be64(seq);
    value_.assign(salt);
    value_ += record.bytes;
    batch->put(Family::entries, key, leaf);
    batch->put(Family::payload, key, value_);
    batch->put(Family::ids, hash_bytes(record.identity), id_value(seq, record.content));
    next.tree.add(leaf_hash(leaf), tiles_);
    next.last = at;
    return seq;
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

 private:
  const DurableLog& log_;
  std::string salts_, value_;
  std::size_t salts_used_ = 0;
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
  const auto behind = store_->get(Family::entries, be64(size_));
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
    last_ = micros(position_.last);
    size_ = position_.tree.size();
  }
  if (size_ == before) return {};
  if (Status s = writing_->acked.write(size_); !s) return fail(s.error());
  if (size_ - sealed_ >= kSealRecords || position_.last >= sealed_at_ + kSealTime) {
    // With no room for a new head the old one stays right for a while longer.
    if (Status s = seal(); !s && s.error().code != ErrorCode::full) return fail(s.error());
  }
  return {};
}

Result<std::vector<AppendOutcome>> DurableLog::append(std::span<const AppendRecord> records,
                                                      Instant recorded) {
  return take(
      records, [recorded](std::size_t) { return recorded; }, false);
}

Result<std::vector<AppendOutcome>> DurableLog::append_history(std::span<const AppendRecord> records,
                                                              std::span<const Instant> recorded) {
  LQ_ASSERT(records.size() == recorded.size());
  return take(
      records, [recorded](std::size_t i) { return recorded[i]; }, true);
}

Result<std::vector<AppendOutcome>> DurableLog::take(
    std::span<const AppendRecord> records, const std::function<Instant(std::size_t)>& recorded,
    bool history) {
  const std::lock_guard lock(writing_mutex_);
  if (Status s = writable(); !s) return Unexpected<Error>(s.error());
  Commit commit(*this, position_);
  if (Status s = commit.draw_salts(records.size()); !s) return Unexpected<Error>(s.error());
  std::vector<AppendOutcome> out;
  out.reserve(records.size());
  std::map<ContentHash, KnownId> fresh;  // of this batch
  struct Place {
    bool of_leaf;
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
    if (3 * (record.source.size() + record.id.size() + record.cursor.size()) >
        kMaxLeafBytes - 256) {
      return failure(ErrorCode::usage,
                     directory_.string() + ": source, id and cursor of a record are too long");
    }
    std::optional<KnownId> known;
    if (const auto here = fresh.find(record.identity); here != fresh.end()) {
      known = here->second;
    } else {
      LQ_TRY(const auto stored, store_->get(Family::ids, hash_bytes(record.identity)));
      if (stored) {
        known = known_id(*stored);
        if (!known || known->seq >= size_) {
          return failure(ErrorCode::corrupt, directory_.string() + ": the identity of '" +
                                                 record.id +
                                                 "' is damaged; run lianqing log verify");
        }
      }
    }
    if (!known) {
      const Seq seq = commit.add(record, kEventKind, at);
      fresh.emplace(record.identity, KnownId{seq, record.content});
      out.push_back({AppendOutcome::appended, seq});
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
      cursors[record.source] = {!known, out.back().seq, record.cursor};
    }
  }
  for (const auto& [source, place] : cursors) {
    commit.batch->put(Family::cursor, source, cursor_value(place.of_leaf, place.seq, place.cursor));
  }
  const bool idle =
      fresh.empty() && cursors.empty() && commit.next.next_refused == position_.next_refused;
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
  LQ_TRY(const auto known, store_->get(Family::ids, hash_bytes(note.identity)));
  if (known) return failure(ErrorCode::refused, "a record with the id '" + note.id + "' is there");
  const Seq noted = commit.add(note, kEraseKind, at);
  std::map<Seq, std::string> wanted;
  for (const Seq seq : seqs) {
    const std::string place = "record " + std::to_string(seq);
    if (seq >= size_) return failure(ErrorCode::refused, place + " is not in the log");
    LQ_TRY(const std::string bytes, leaf_bytes(seq));
    const auto leaf = parse_leaf(bytes);
    LQ_TRY(const auto payload, store_->get(Family::payload, be64(seq)));
    if (!leaf || !payload) return failure(ErrorCode::corrupt, place + " is damaged");
    if (payload->size() < kSaltBytes)
      return failure(ErrorCode::refused, place + " is erased already");
    if (leaf->kind != kEventKind) {
      return failure(ErrorCode::refused, place + " is a note about an erasure and stays");
    }
    commit.batch->put(Family::payload, be64(seq), be64(noted));
    wanted.emplace(seq, std::string());
  }
  // The hash of the content would let it be guessed: it goes as well.
  if (Status s = store_->scan(Family::ids, {},
                              [&](std::string_view key, std::string_view value) {
                                const auto id = known_id(value);
                                if (!id) return true;
                                const auto at_seq = wanted.find(id->seq);
                                if (at_seq != wanted.end()) at_seq->second = key;
                                return true;
                              });
      !s) {
    return s;
  }
  for (const auto& [seq, key] : wanted) {
    if (!key.empty()) commit.batch->put(Family::ids, key, be64(seq));
  }
  if (Status s = write(commit); !s) return s;
  if (Status s = store_->purge(Family::payload); !s) return fail(s.error());
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

Result<std::string> DurableLog::leaf_bytes(Seq seq) const {
  LQ_TRY(auto bytes, store_->get(Family::entries, be64(seq)));
  if (!bytes) {
    return failure(ErrorCode::corrupt,
                   directory_.string() + ": record " + std::to_string(seq) + " is missing");
  }
  return *std::move(bytes);
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
  const auto damaged = [this](Seq seq, const char* what) {
    return Error{ErrorCode::corrupt, directory_.string() + ": record " + std::to_string(seq) +
                                         ": " + what + "; run lianqing log verify"};
  };
  std::vector<Leaf> leaves;
  std::optional<Error> trouble;
  std::string tile_hashes;
  const Status entries =
      store_->scan(Family::entries, be64(from), [&](std::string_view key, std::string_view bytes) {
        const Seq seq = from + leaves.size();
        auto leaf = parse_leaf(bytes);
        if (number_of(key) != seq || !leaf || leaf->seq != seq) {
          trouble = damaged(seq, "the leaf is damaged or missing");
          return false;
        }
        if (tile_hashes.empty() || seq % kTileWidth == 0) {
          auto found = tile(0, seq / kTileWidth);
          if (!found) {
            trouble = found.error();
            return false;
          }
          tile_hashes = *std::move(found);
        }
        const std::size_t at = static_cast<std::size_t>(seq % kTileWidth) * 32;
        if (tile_hashes.size() < at + 32 ||
            std::string_view(tile_hashes).substr(at, 32) != bytes_of(leaf_hash(bytes))) {
          trouble = damaged(seq, "the leaf is not the one in the tree");
          return false;
        }
        leaves.push_back(*std::move(leaf));
        return leaves.size() < count;
      });
  if (!entries) return Unexpected<Error>(entries.error());
  if (!trouble && leaves.size() < count) {
    trouble = damaged(from + leaves.size(), "the leaf is missing");
  }
  if (trouble) return Unexpected<Error>(*std::move(trouble));
  const Status payloads =
      store_->scan(Family::payload, be64(from), [&](std::string_view key, std::string_view value) {
        const Leaf& leaf = leaves[out.size()];
        if (number_of(key) != leaf.seq || (value.size() < kSaltBytes && value.size() != 8)) {
          trouble = damaged(leaf.seq, "its content is damaged or missing");
          return false;
        }
        const bool erased = value.size() == 8;
        const std::string_view bytes = erased ? std::string_view{} : value.substr(kSaltBytes);
        if (!erased && (bytes.size() != leaf.payload_bytes ||
                        commitment(value.substr(0, kSaltBytes), bytes) != leaf.commitment)) {
          trouble = damaged(leaf.seq, "its content is not what the leaf is bound to");
          return false;
        }
        out.push_back({leaf.seq, leaf.at, std::string(bytes), leaf.kind == kEraseKind});
        return out.size() < count;
      });
  if (!payloads) return Unexpected<Error>(payloads.error());
  if (!trouble && out.size() < count) {
    trouble = damaged(from + out.size(), "its content is missing");
  }
  if (trouble) return Unexpected<Error>(*std::move(trouble));
  return out;
}

Result<std::optional<StoredRecord>> DurableLog::record(Seq seq) const {
  LQ_TRY(auto found, read(seq, 1));
  if (found.empty()) return std::optional<StoredRecord>{};
  return std::optional<StoredRecord>{std::move(found[0])};
}

Result<std::optional<Seq>> DurableLog::find(const ContentHash& identity) const {
  LQ_TRY(const auto stored, store_->get(Family::ids, hash_bytes(identity)));
  if (!stored) return std::optional<Seq>{};
  const auto known = known_id(*stored);
  if (!known) {
    return failure(ErrorCode::corrupt,
                   directory_.string() + ": an identity is damaged; run lianqing log verify");
  }
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

Result<std::string> DurableLog::cursor(std::string_view source) const {
  LQ_TRY(const auto value, store_->get(Family::cursor, source));
  if (!value) return std::string();
  if (value->size() < 9) {
    return failure(ErrorCode::corrupt, directory_.string() + ": the cursor of source '" +
                                           std::string(source) + "' is damaged");
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
