// What the database must at least hold, kept outside it: a database that was rolled back, cut or
// exchanged cannot say so itself. Two files in one directory:
//
//   head  := "lianqing-head/1" LF "log " hex LF "size " decimal LF "root sha256:" base64 LF
//            "sum " first 16 hex digits of the SHA-256 of the lines before LF
//            replaced by fsync and rename: at most 4,096 records or a second of recorded time ago
//   acked := be64(size) be64(first 8 bytes of SHA-256("lianqing-acked/1" LF log be64(size)))
//            overwritten in place after every commit, without fsync: survives the process; after
//            a loss of power it may be older
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lianqing/result.h"
#include "log/sha256.h"

namespace lianqing {

struct Head {
  std::string log;  // 32 hex digits, drawn when the log was made
  std::uint64_t size = 0;
  Digest root{};
};

std::string encode(const Head& head);
std::optional<Head> parse_head(std::string_view text);

// Nothing if there is no file; corrupt if it does not say what encode() writes.
[[nodiscard]] Result<std::optional<Head>> read_head(const std::filesystem::path& directory);
[[nodiscard]] Status write_head(const std::filesystem::path& directory, const Head& head);

// Nothing if there is no file, or bytes that are no watermark of this log.
[[nodiscard]] std::optional<std::uint64_t> read_acked(const std::filesystem::path& directory,
                                                      const std::string& log);

// The watermark, held open.
class AckedFile {
 public:
  [[nodiscard]] static Result<AckedFile> open(const std::filesystem::path& directory,
                                              std::string log);
  AckedFile(AckedFile&& other) noexcept;
  AckedFile(const AckedFile&) = delete;
  ~AckedFile();
  [[nodiscard]] Status write(std::uint64_t size) const;
  // Once written it is never empty again, also after a loss of power.
  [[nodiscard]] Status sync() const;

 private:
  AckedFile(int file, std::filesystem::path path, std::string log)
      : file_(file), path_(std::move(path)), log_(std::move(log)) {}
  int file_;
  std::filesystem::path path_;
  std::string log_;
};

// One writer per directory, until it is destroyed.
class DirectoryLock {
 public:
  // refused: another process, or another part of this one, has it.
  [[nodiscard]] static Result<DirectoryLock> take(const std::filesystem::path& file);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock(const DirectoryLock&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

// The names in a directory are on the disk.
[[nodiscard]] Status sync_directory(const std::filesystem::path& directory);
// full: less than a tenth of the disk, and less than 1 GiB, is left. RocksDB must never meet a full
// disk: it would stay failed until it is opened again.
[[nodiscard]] Status check_space(const std::filesystem::path& directory);

}  // namespace lianqing
