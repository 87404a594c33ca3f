// A file that is either whole or not there: written as NAME.partial, renamed when finished. A pipe
// or a device that has the name already is written to directly and never replaced.
// Card: a write of a mebibyte costs the kernel a third of what 256 of a page do, which is what
// stdio makes of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

class OutputFile {
 public:
  // `keep`: bytes of NAME.partial that an earlier run made durable; the rest is cut off.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path, std::uint64_t keep);
  // Standard output; until it is finished nobody else writes there. A terminal is shown each line.
  static OutputFile standard();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  // What was not synced is written as far as it can be.
  ~OutputFile();

  [[nodiscard]] Status text(std::string_view text);
  [[nodiscard]] Status line(std::string_view text);
  // Everything written so far is on the disk.
  [[nodiscard]] Status sync();
  // Gives the file its name. For standard output: writes out what is held.
  [[nodiscard]] Status finish();
  std::uint64_t bytes() const { return bytes_; }

 private:
  OutputFile(int handle, std::string path);
  static Result<OutputFile> open_directly(const std::string& path);
  Unexpected<Error> failed(const char* doing) const;
  Status write_out();

  int handle_;
  std::string path_;      // empty: standard output
  bool direct_ = false;   // there is no NAME.partial
  bool by_line_ = false;  // each line is written out
  std::unique_ptr<char[]> held_;
  std::size_t used_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace lianqing
