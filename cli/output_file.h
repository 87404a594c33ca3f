// A file that is either whole or not there: written as NAME.partial, renamed when finished. A pipe
// or a device that has the name already is written to directly and never replaced.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

class OutputFile {
 public:
  // `keep`: bytes of NAME.partial that an earlier run made durable; the rest is cut off.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path, std::uint64_t keep);
  // Standard output.
  static OutputFile standard();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  ~OutputFile();

  [[nodiscard]] Status text(std::string_view text);
  [[nodiscard]] Status line(const std::string& text);
  // Everything written so far is on the disk.
  [[nodiscard]] Status sync();
  // Gives the file its name. For standard output: flushes.
  [[nodiscard]] Status finish();
  std::uint64_t bytes() const { return bytes_; }

 private:
  OutputFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  static Result<OutputFile> open_directly(const std::string& path);
  Unexpected<Error> failed(const char* doing) const;

  std::FILE* file_;
  std::string path_;     // empty: standard output
  bool direct_ = false;  // there is no NAME.partial
  std::uint64_t bytes_ = 0;
};

}  // namespace lianqing
