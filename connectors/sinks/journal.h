// A sink's journal on the disk: DIR/NNNNNNNN.jsonl, one step a line, the newest file written to. A
// new file begins with the steps that make the outbox as it then was, so that a start reads one
// file only; older files are kept for explanations and go when they are too many. A last line cut
// short by a crash is cut off.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/sinks/outbox_entry.h"

namespace lianqing {

struct JournalLimits {
  std::uint64_t file_bytes = 8U << 20;  // a new one is begun beyond
  std::size_t files = 32;               // kept
  bool durable = true;                  // sync() reaches the disk
};

class Journal {
 public:
  using Apply = std::function<void(const OutboxEntry&)>;

  // Made if it is not there; gives the entries of the newest file to `apply`. Fails (io, corrupt).
  [[nodiscard]] static Result<Journal> open(const std::string& directory, JournalLimits limits,
                                            const Apply& apply);

  [[nodiscard]] Status write(std::span<const OutboxEntry> entries);
  // What was written is on the disk.
  [[nodiscard]] Status sync();
  bool full() const { return bytes_ >= limits_.file_bytes; }
  // Begins a new file with these entries.
  [[nodiscard]] Status turn(std::span<const OutboxEntry> entries);

 private:
  // A file handle that is closed at its end.
  struct Handle {
    explicit Handle(int handle = -1) : number(handle) {}
    Handle(Handle&& other) noexcept : number(std::exchange(other.number, -1)) {}
    Handle& operator=(Handle&& other) noexcept {
      std::swap(number, other.number);
      return *this;
    }
    ~Handle();
    int number;
  };

  std::string directory_;
  JournalLimits limits_;
  std::uint64_t number_ = 1;
  Handle file_;
  std::uint64_t bytes_ = 0;
  bool dirty_ = false;
};

// The entries of the newest file: they make the outbox as it is. Reads beside a writer. Fails (io,
// corrupt).
[[nodiscard]] Status read_newest_journal(const std::string& directory, const Journal::Apply& visit);
// All entries that are kept, oldest file first, with the steps that only repeat a state left out.
// Reads beside a writer. Fails (io, corrupt).
[[nodiscard]] Status read_journal(const std::string& directory, const Journal::Apply& visit);

}  // namespace lianqing
