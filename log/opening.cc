// Opening a log: first the files beside it, then the database without touching it, then the two
// against each other, and only then to write. docs/formats.md, "Data directory", tells the steps.
#include <algorithm>
#include <chrono>
#include <thread>

#include "lianqing/assert.h"
#include "lianqing/disk_full.h"
#include "log/durable_log.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRehashed = 4096;  // newest leaves hashed anew at every opening
constexpr int kReadAttempts = 5;
constexpr std::chrono::milliseconds kReadPause{50};

Unexpected<Error> damaged(const fs::path& directory, const std::string& what) {
  return failure(ErrorCode::corrupt,
                 directory.string() + ": " + what +
                     "; nothing was changed: keep the directory, restore a backup beside it, and "
                     "compare the two");
}

Result<std::string> fact(const LogStore& store, const fs::path& directory, std::string_view key) {
  LQ_TRY(const auto value, store.get(Family::about, key));
  if (!value) return damaged(directory, "no '" + std::string(key) + "' is stored");
  return *value;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

Status make_directories(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return failure(is_disk_full(error.value()) ? ErrorCode::full : ErrorCode::io,
                   "cannot make " + directory.string() + ": " + error.message());
  }
  return {};
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A log that holds nothing yet. Its head is there before its database, so that a database without a
// head is always one whose head was lost; the database gets its name when it is complete.
Result<std::string> make_log(const LogPlaces& places) {
  if (Status s = make_directories(places.head); !s) return Unexpected<Error>(s.error());
  LQ_TRY(auto head, read_head(places.head));
  if (!head) {
    char name[16];
    if (Status s = fill_random(name, sizeof name); !s) return Unexpected<Error>(s.error());
    head = Head{hex({name, sizeof name}), 0, empty_root()};
    if (Status s = write_head(places.head, *head); !s) return Unexpected<Error>(s.error());
  }
  const fs::path fresh = places.database.string() + ".new";
  std::error_code error;
  fs::remove_all(fresh, error);
  {
    LQ_TRY(const auto store, open_rocks_log(fresh, StoreMode::create));
    const auto batch = store->batch();
    batch->put(Family::about, kFormatKey, kLogFormat);
    batch->put(Family::about, kAlgorithmKey, kHashAlgorithm);
    batch->put(Family::about, kNameKey, head->log);
    batch->put(Family::edge, std::string(1, kEventTree), edge_value({0, kBeforeAll, {}}));
    if (Status s = store->write(*batch, true); !s) return Unexpected<Error>(s.error());
  }
  fs::rename(fresh, places.database, error);
  if (error) {
    return failure(is_disk_full(error.value()) ? ErrorCode::full : ErrorCode::io,
                   "cannot make " + places.database.string() + ": " + error.message());
  }
  const fs::path directory = fs::absolute(places.database).parent_path();
  if (Status s = sync_directory(directory); !s) return Unexpected<Error>(s.error());
  // So that the directory itself is there after a loss of power. It may lie where nobody may look.
  (void)sync_directory(directory.parent_path());
  return head->log;
}

// A copy is in memory only until it is synced, file by file.
Status sync_copy(const fs::path& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    // A directory and a file are synced alike.
    if (Status s = sync_directory(entry.path()); !s) return s;
  }
  if (error) {
    return failure(ErrorCode::io, "cannot read " + directory.string() + ": " + error.message());
  }
  return sync_directory(directory);
}

// Whether what comes before the first damaged byte of the last writes is all that was acknowledged.
Result<LogPosition> look_before_tear(const Result<std::unique_ptr<LogStore>>& store,
                                     const fs::path& database, const Error& why, const Head& head,
                                     std::uint64_t acked) {
  auto found = store ? examine(**store, database) : Unexpected<Error>(store.error());
  const Status held = found ? check_head(*found, head, acked, **store, database)
                            : Status{Unexpected<Error>(found.error())};
  if (held) return found;
  return failure(ErrorCode::corrupt,
                 why.what + "; what is whole does not reach all that was acknowledged (" +
                     held.error().what + "); nothing was changed: restore a backup");
}

// A power cut can tear the last write so that the strict opening refuses it. A copy is cut before
// the tear and taken only if it still holds everything that was acknowledged; the damaged original
// is set aside.
Result<std::string> mend_tail(const LogPlaces& places, const Error& why, const Head& head,
                              std::optional<std::uint64_t> acked) {
  if (!acked) return Unexpected<Error>(why);  // nobody can say what was acknowledged
  const fs::path copy = places.database.string() + ".mended";
  std::error_code error;
  fs::remove_all(copy, error);
  fs::copy(places.database, copy, fs::copy_options::recursive, error);
  if (error) {
    return failure(ErrorCode::io,
                   "cannot copy " + places.database.string() + " to mend it: " + error.message());
  }
  std::uint64_t kept = 0;
  {
    const auto store = open_rocks_log(copy, StoreMode::salvage);
    const auto found = look_before_tear(store, copy, why, head, *acked);
    if (!found) {
      fs::remove_all(copy, error);
      return Unexpected<Error>(found.error());
    }
    kept = found->tree.size();
  }
  if (Status s = sync_copy(copy); !s) return Unexpected<Error>(s.error());
  std::string aside;
  for (int i = 1; aside.empty() || is_there(aside); ++i) {
    aside = (places.set_aside / ("log-" + std::to_string(i))).string();
  }
  if (Status s = make_directories(places.set_aside); !s) return Unexpected<Error>(s.error());
  fs::rename(places.database, aside, error);
  if (!error) fs::rename(copy, places.database, error);
  if (error) return failure(ErrorCode::io, "cannot set aside the damaged log: " + error.message());
  if (Status s = sync_directory(places.set_aside); !s) return Unexpected<Error>(s.error());
  if (Status s = sync_directory(places.database.parent_path()); !s) {
    return Unexpected<Error>(s.error());
  }
  return "the last write before a sudden stop was torn and never acknowledged: it was cut off "
         "after record count " +
         std::to_string(kept) + "; the damaged database is kept in " + aside;
}

// Between setting aside and putting in place the process may have died.
Status finish_mending(const LogPlaces& places) {
  const fs::path copy = places.database.string() + ".mended";
  std::error_code error;
  if (!is_there(copy)) return {};
  if (is_there(places.database)) {
    fs::remove_all(copy, error);
  } else {
    fs::rename(copy, places.database, error);
  }
  if (error) return failure(ErrorCode::io, copy.string() + ": " + error.message());
  return {};
}

// Everything that can be refused is refused here, before anything is written.
Result<LogPosition> look(const LogPlaces& places, const std::optional<Head>& head,
                         std::optional<std::uint64_t> acked) {
  LQ_TRY(const auto store, open_rocks_log(places.database, StoreMode::read_only));
  LQ_TRY(LogPosition position, examine(*store, places.database));
  if (head) {
    if (Status s = check_head(position, *head, acked, *store, places.database); !s) {
      return Unexpected<Error>(s.error());
    }
  }
  return position;
}

Result<std::unique_ptr<DurableLog>> reader(const fs::path& directory,
                                           std::unique_ptr<LogStore> store, LogPosition position,
                                           std::vector<std::string> notices, const Salts& salts) {
  auto log = std::make_unique<DurableLog>(directory, std::move(store), std::move(position),
                                          std::nullopt, std::move(notices), salts);
  if (Status s = log->load_recent(); !s) return Unexpected<Error>(s.error());
  return log;
}

// Nobody writes. A reader changes nothing, but tells a torn last write from damage.
Result<std::unique_ptr<DurableLog>> read_before_tear(const fs::path& directory,
                                                     const LogPlaces& places, const Error& why,
                                                     const Head& head, std::uint64_t acked,
                                                     const Salts& salts) {
  auto store = open_rocks_log(places.database, StoreMode::read_salvage);
  LQ_TRY(LogPosition position, look_before_tear(store, places.database, why, head, acked));
  std::string notice =
      "the last write before a sudden stop is torn and was never acknowledged; all that was, " +
      std::to_string(position.tree.size()) +
      " records, is whole. Nothing needs to be done: the next opening to write (lianqing serve, "
      "lianqing log append) cuts it off";
  return reader(directory, *std::move(store), std::move(position), {std::move(notice)}, salts);
}

Result<std::unique_ptr<DurableLog>> open_to_read(const fs::path& directory, const LogPlaces& places,
                                                 const OpenSettings& settings) {
  // A writer may be at work: a half-written block is read again a little later.
  for (int attempt = 1;; ++attempt) {
    std::optional<Head> head;
    if (!settings.new_head) {
      LQ_TRY(head, read_head(places.head));
    }
    if (!head && !settings.new_head) {
      return damaged(directory, "head/head is missing, which says what the log must hold");
    }
    const auto acked = head ? read_acked(places.head, head->log) : std::nullopt;
    auto store = open_rocks_log(places.database, StoreMode::read_only);
    auto position = store ? examine(**store, places.database) : Unexpected<Error>(store.error());
    if (position && head) {
      if (Status s = check_head(*position, *head, acked, **store, places.database); !s) {
        position = Unexpected<Error>(s.error());
      }
    }
    if (position) {
      return reader(directory, *std::move(store), *std::move(position), {}, settings.salts);
    }
    const Error why = position.error();
    const auto lock = DirectoryLock::take(places.lock);
    if (lock && why.code == ErrorCode::corrupt && head && acked) {
      return read_before_tear(directory, places, why, *head, *acked, settings.salts);
    }
    if (attempt == kReadAttempts || lock) return Unexpected<Error>(why);
    std::this_thread::sleep_for(kReadPause);
  }
}

}  // namespace

Tree::TileAt full_tiles(const LogStore& store, const fs::path& directory) {
  return [&store, directory](std::uint8_t level, std::uint64_t index) -> Result<std::string> {
    LQ_TRY(auto tile, store.get(Family::tiles, tile_key(level, index)));
    if (!tile || tile->size() != kTileBytes) {
      return damaged(directory, "tile " + std::to_string(level) + "/" + std::to_string(index) +
                                    " is damaged or missing");
    }
    return *std::move(tile);
  };
}

Result<LogPosition> examine(const LogStore& store, const fs::path& directory) {
  LQ_TRY(const std::string format, fact(store, directory, kFormatKey));
  LQ_TRY(const std::string algorithm, fact(store, directory, kAlgorithmKey));
  if (format != kLogFormat || algorithm != kHashAlgorithm) {
    return failure(ErrorCode::refused, directory.string() + " is a log of format '" + format +
                                           "' with " + algorithm + "; this program reads '" +
                                           std::string(kLogFormat) + "' with " +
                                           std::string(kHashAlgorithm));
  }
  LogPosition out;
  LQ_TRY(out.name, fact(store, directory, kNameKey));
  LQ_TRY(const auto stored, store.get(Family::edge, std::string(1, kEventTree)));
  const auto edge = stored ? edge_from(*stored) : std::nullopt;
  if (!edge) return damaged(directory, "the edge of the tree is damaged or missing");
  out.last = edge->last;

  LQ_TRY(const auto refused, store.last(Family::quarantine));
  out.next_refused = refused ? number_of(*refused) + 1 : 0;

  // The newest leaves, hashed anew: the tree rests on the last of them, the tiles on the others.
  const std::uint64_t tiled = edge->size - edge->size % kTileWidth;
  const std::uint64_t from = tiled > kRehashed ? tiled - kRehashed : 0;
  std::vector<Digest> leaves;
  const Status read = scan_records(store, directory, from, [&](const PagedRecord& record) {
    leaves.push_back(leaf_hash(encode(leaf_of(record))));
    return true;
  });
  if (!read) {
    if (read.error().code != ErrorCode::corrupt) return Unexpected<Error>(read.error());
    return damaged(directory, read.error().what);
  }
  if (from + leaves.size() != edge->size) {
    return damaged(directory, "the tree is over " + std::to_string(edge->size) + " records, but " +
                                  std::to_string(from + leaves.size()) + " are there");
  }
  const Tree::TileAt full_tile = full_tiles(store, directory);
  const Tree::LeafAt leaf_at = [&](std::uint64_t seq) -> Result<Digest> {
    return leaves[static_cast<std::size_t>(seq - from)];
  };
  LQ_TRY(out.tree, Tree::rebuild(edge->size, leaf_at, full_tile));
  if (out.tree.edge() != edge->hashes) {
    return damaged(directory, "records or tiles are not those that the tree was built over");
  }
  for (std::uint64_t seq = from; seq < tiled; seq += kTileWidth) {
    LQ_TRY(const std::string stored_tile, full_tile(0, seq / kTileWidth));
    std::string hashes;
    for (std::uint64_t i = seq; i < seq + kTileWidth; ++i) {
      hashes += bytes_of(leaves[static_cast<std::size_t>(i - from)]);
    }
    if (hashes != stored_tile) {
      return damaged(directory, "a record among " + std::to_string(seq) + " to " +
                                    std::to_string(seq + kTileWidth - 1) +
                                    " is not the one that the tree was built over");
    }
  }
  return out;
}

Status check_head(const LogPosition& position, const Head& head, std::optional<std::uint64_t> acked,
                  const LogStore& store, const fs::path& directory) {
  if (head.log != position.name) {
    return failure(ErrorCode::refused, directory.string() + " is log " + position.name +
                                           ", but its head is of log " + head.log +
                                           ": a database of another place was put here");
  }
  const std::uint64_t held = std::max(head.size, acked.value_or(0)), size = position.tree.size();
  if (size < held) {
    return failure(ErrorCode::refused,
                   directory.string() + " holds " + std::to_string(size) + " records, but " +
                       std::to_string(held) +
                       " were acknowledged: files are missing or an older copy was put here; "
                       "restore the newest one. Only if the loss is accepted: lianqing log verify "
                       "--new-head");
  }
  LQ_TRY(const Digest root, position.tree.root_at(head.size, full_tiles(store, directory)));
  if (root == head.root) return {};
  return failure(ErrorCode::refused, directory.string() + ": its first " +
                                         std::to_string(head.size) +
                                         " records are not those that head/head names: the log was "
                                         "rewritten or exchanged");
}

Result<std::unique_ptr<DurableLog>> open_log(const fs::path& directory, OpenMode mode,
                                             OpenSettings settings) {
  const LogPlaces places(directory);
  const fs::path current = places.database / "CURRENT";
  if (mode == OpenMode::read_only) {
    if (!is_there(current)) {
      return failure(ErrorCode::io, directory.string() + " holds no log" +
                                        (is_there(places.head) ? ", but the head of one" : ""));
    }
    return open_to_read(directory, places, settings);
  }
  if (mode == OpenMode::create) {
    if (Status s = make_directories(directory); !s) return Unexpected<Error>(s.error());
  }
  if (!is_there(directory)) return failure(ErrorCode::io, directory.string() + " does not exist");
  LQ_TRY(DirectoryLock lock, DirectoryLock::take(places.lock));
  if (Status s = finish_mending(places); !s) return Unexpected<Error>(s.error());

  std::optional<Head> head;
  if (!settings.new_head) {
    LQ_TRY(head, read_head(places.head));
  }
  if (!is_there(current)) {
    const std::uint64_t held =
        head ? std::max(head->size, read_acked(places.head, head->log).value_or(0)) : 0;
    if (held > 0) {
      return failure(ErrorCode::refused, directory.string() + ": the database is gone, but " +
                                             std::to_string(held) +
                                             " records were acknowledged; restore a backup");
    }
    if (is_there(places.database)) return damaged(directory, "log/CURRENT is missing");
    if (mode == OpenMode::existing) {
      return failure(ErrorCode::io, directory.string() + " holds no log");
    }
    LQ_TRY(const std::string name, make_log(places));
    LQ_TRY(head, read_head(places.head));
  }
  if (!head && !settings.new_head) {
    return failure(ErrorCode::refused,
                   places.head.string() +
                       "/head is missing, which says what the log must hold: put it back. Only if "
                       "the log itself is trusted: lianqing log verify --new-head");
  }
  const auto acked = head ? read_acked(places.head, head->log) : std::nullopt;

  std::vector<std::string> notices;
  auto position = look(places, head, acked);
  if (!position && position.error().code == ErrorCode::corrupt && head) {
    LQ_TRY(std::string notice, mend_tail(places, position.error(), *head, acked));
    notices.push_back(std::move(notice));
    position = look(places, head, acked);
  }
  if (!position) return Unexpected<Error>(position.error());
  LQ_TRY(auto store, open_rocks_log(places.database, StoreMode::strict));
  if (Status s = make_directories(places.head); !s) return Unexpected<Error>(s.error());
  LQ_TRY(AckedFile file, AckedFile::open(places.head, position->name));
  if (Status s = file.write(position->tree.size()); !s) return Unexpected<Error>(s.error());
  if (Status s = file.sync(); !s) return Unexpected<Error>(s.error());
  auto log = std::make_unique<DurableLog>(directory, std::move(store), *std::move(position),
                                          DurableLog::Writing{std::move(lock), std::move(file)},
                                          std::move(notices), settings.salts);
  if (Status s = log->load_recent(); !s) return Unexpected<Error>(s.error());
  if (Status s = log->seal(); !s) return Unexpected<Error>(s.error());
  return log;
}

Result<std::unique_ptr<EventLog>> EventLog::open(const fs::path& data_dir, OpenMode mode) {
  LQ_TRY(auto log, open_log(data_dir, mode, {}));
  return std::unique_ptr<EventLog>(std::move(log));
}

}  // namespace lianqing
