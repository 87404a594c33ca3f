// Lines of a file of JSON lines: plain, gzip (told by its first bytes, whatever the name) or, as
// `-`, standard input. Reads strictly forward in small steps; memory does not grow with the file or
// with its longest line. Knows nothing of JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

// A line without its line end. The bytes are valid until the next call of next(). Behind them
// stands a control character, and more may be read, too: scanners look at whole words.
struct RawLine {
  std::string_view bytes;
  std::uint64_t line = 0;  // from 1; blank lines count
  std::uint64_t byte = 0;  // offset of the first byte in the decompressed stream, from 0
  bool too_long = false;   // over kMaxLineBytes: bytes are its first kMaxLineBytes + 1, no more
};

inline constexpr std::size_t kMaxLineBytes = 1024 * 1024;

// Lines that lie one behind the other, each with its line end, blank ones too. Bytes and what lies
// behind them as RawLine has it.
struct RawLines {
  std::string_view bytes;
  std::uint64_t line = 0, byte = 0;  // of the first
};

class JsonLinesFile {
 public:
  // io: no such file, not readable, a directory. `stop` ends a wait for a pipe or a terminal, as if
  // the stream had ended.
  [[nodiscard]] static Result<JsonLinesFile> open(const std::string& path, std::uint32_t file_index,
                                                  std::stop_token stop = {});
  ~JsonLinesFile();
  JsonLinesFile(JsonLinesFile&&) noexcept;
  JsonLinesFile& operator=(JsonLinesFile&&) noexcept;

  // The next line that is not blank; nothing at the end. io: reading failed; corrupt: the gzip
  // stream is damaged or cut short (the whole lines before that have been delivered). After an
  // error every further call returns it again.
  [[nodiscard]] Result<std::optional<RawLine>> next();

  // The whole lines that are read already, or else of the next block; none at the end, before an
  // error and before a line that is too long or has no end: those next() tells. Whoever has taken
  // some passes them; next() gives what is not passed. Valid until the next call of either.
  RawLines ahead();
  void pass(std::size_t bytes, std::uint64_t lines);

  const std::string& name() const;
  std::uint32_t file_index() const;
  std::uint64_t blank_lines() const;  // skipped so far
  // Whether a line can be read again at its offset: a plain file that is not compressed.
  bool can_be_reread() const;
  // For progress: bytes taken from the file as it lies on disk, and its size if it has one.
  std::uint64_t bytes_read() const;
  std::optional<std::uint64_t> bytes_total() const;

 private:
  class Lines;
  explicit JsonLinesFile(std::unique_ptr<Lines> lines);
  std::unique_ptr<Lines> lines_;
};

}  // namespace lianqing
