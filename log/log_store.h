// Keys and values of the log on disk: column families that are written together, atomically. Knows
// nothing of what they mean. RocksDB is behind it (rocks_log.cc).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

enum class Family : std::uint8_t {
  about,       // format, algorithm, name of the log; facts of the daemon
  pages,       // seq of the first -> records
  tiles,       // full tiles
  edge,        // size, clock and right edge of the tree
  ids,         // identity -> content, seq: derived from the pages
  cursor,      // source -> cursor
  quarantine,  // number -> refused record
  refused,     // hash of a refused record -> number
  warnings,    // position -> warning
};
inline constexpr std::array<std::string_view, 9> kFamilyNames = {
    "default", "pages", "tiles", "edge", "ids", "cursor", "quarantine", "refused", "warnings"};

class StoreBatch {
 public:
  virtual ~StoreBatch() = default;
  virtual void put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void remove(Family family, std::string_view key) = 0;
};

class LogStore {
 public:
  virtual ~LogStore() = default;

  virtual std::unique_ptr<StoreBatch> batch() const = 0;
  // All of the batch or nothing. `durable`: on the disk when it returns, with everything before.
  [[nodiscard]] virtual Status write(StoreBatch& batch, bool durable) = 0;

  // The same for what can be made again from the rest: it costs no write-ahead bytes and may be
  // missing after a crash, but never a part of a batch, nor one before another.
  [[nodiscard]] virtual Status write_derived(StoreBatch& batch) = 0;

  [[nodiscard]] virtual Result<std::optional<std::string>> get(Family family,
                                                               std::string_view key) const = 0;
  // In order of key from `from` on, until `visit` returns false.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] virtual Status scan(Family family, std::string_view from,
                                    const Visit& visit) const = 0;
  // The last key of a family that is not behind `key`.
  [[nodiscard]] virtual Result<std::optional<std::string>> floor(Family family,
                                                                 std::string_view key) const = 0;
  // The last key of a family.
  [[nodiscard]] virtual Result<std::optional<std::string>> last(Family family) const = 0;

  // Reads every block and checks its checksum.
  [[nodiscard]] virtual Status check_blocks() const = 0;
  // After `full`: closes what is open and opens it anew, once nobody reads. `look` is given what
  // lies on the disk then and says whether it is right. What had no write-ahead may be gone, and a
  // write that failed may be there. full: there is too little room for it, and it can be tried
  // again.
  using Look = std::function<Status(const LogStore& store)>;
  [[nodiscard]] virtual Status reopen(const Look& look) = 0;
  // Rewrites the files until replaced values are in none of them.
  [[nodiscard]] virtual Status purge(Family family) = 0;
  // A copy of the whole in `directory`, which must not exist; a writer may go on meanwhile.
  [[nodiscard]] virtual Status copy_to(const std::filesystem::path& directory) = 0;
};

enum class StoreMode {
  create,        // to write; made if there is none
  strict,        // to write; bytes that were once whole must be whole
  salvage,       // to write; takes what comes before the first damaged byte of the last writes
  read_only,     // changes nothing on the disk
  read_salvage,  // the same of what comes before the first damaged byte of the last writes
};

// corrupt: damaged bytes; the directory is not changed then (but for `salvage`).
[[nodiscard]] Result<std::unique_ptr<LogStore>> open_rocks_log(
    const std::filesystem::path& directory, StoreMode mode);

}  // namespace lianqing
