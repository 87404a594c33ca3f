// Where in which file a reader of growing files stands, told so that it is found again after files
// were renamed, copied, truncated or replaced: by the bytes before the place.
//
//   cursor := offset ":" inode ":" mark ":" name     mark: 16 hex digits over the first 256 bytes
//                                                    and the 64 before the offset
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/result.h"

namespace lianqing {

struct FilePlace {
  std::string name;  // in its directory
  std::uint64_t offset = 0, inode = 0, mark = 0;

  std::string encode() const;
  static std::optional<FilePlace> decode(std::string_view cursor);
};

// An open file to read.
class TailedFile {
 public:
  // Fails: io.
  static Result<TailedFile> open(const std::string& directory, const std::string& name);
  TailedFile(TailedFile&& other) noexcept;
  TailedFile& operator=(TailedFile&& other) noexcept;
  TailedFile(const TailedFile&) = delete;
  TailedFile& operator=(const TailedFile&) = delete;
  ~TailedFile();

  const std::string& name() const { return name_; }
  std::uint64_t inode() const { return inode_; }

  struct Facts {
    std::uint64_t size = 0;
    std::int64_t changed_us = 0;  // since 1970
  };
  Result<Facts> facts() const;
  // Up to `most` bytes from `offset` on; fewer at the end. Fails: io.
  Result<std::string> read(std::uint64_t offset, std::size_t most) const;
  Result<FilePlace> place(std::uint64_t offset) const;
  // Whether what stands before the place is what stood there.
  bool holds(const FilePlace& place) const;

 private:
  TailedFile(int descriptor, std::string name, std::string path, std::uint64_t inode)
      : descriptor_(descriptor), name_(std::move(name)), path_(std::move(path)), inode_(inode) {}

  int descriptor_;
  std::string name_, path_;
  std::uint64_t inode_;
};

// The files of one `path`: one file with those that rotation has made of it, or those of a pattern.
class TailedFiles {
 public:
  explicit TailedFiles(const std::string& path);

  const std::string& directory() const { return directory_; }
  bool is_pattern() const { return is_pattern_; }
  // The file that is written to, or the first one of the pattern; none if there is none.
  std::optional<std::string> first() const;
  // The one to be read after `file` has come to its end for good; none: `file` is still written to.
  std::optional<std::string> after(const TailedFile& file) const;
  // The file that holds the place.
  std::optional<TailedFile> find(const FilePlace& place) const;
  // Where to begin if no file does.
  std::optional<std::string> instead_of(const FilePlace& place) const;

 private:
  bool is_rotated(std::string_view name) const;
  std::vector<std::string> names() const;  // sorted; of a path: with the rotated ones

  std::string directory_, name_;
  bool is_pattern_;
};

}  // namespace lianqing
