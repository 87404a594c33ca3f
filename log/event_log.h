// The durable log: records in one total order, each under an RFC 6962 Merkle tree, with what was
// refused, how far each source has come, and small facts of the daemon beside them. One directory,
// one writer. docs/formats.md has every byte; docs/adr/0010 says why it is a room of its own.
//
//   DIR/lock        one writer at a time
//   DIR/log/        the database
//   DIR/head/       what the database must at least hold; may be a link to another disk
//   DIR/set-aside/  a damaged database, kept as it was found
//
// Threads: reading is free; calls that write take turns. What returns success is durable. A failed
// write stops the log for good: every later write fails until it is opened again, and what was not
// acknowledged may or may not be there (a producer sends it again with the same id).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lianqing/event.h"
#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

enum class OpenMode {
  create,     // to write; made if there is none
  existing,   // to write; refused if there is none
  read_only,  // beside a writer, too: sees the log as it was at opening
};

struct AppendRecord {
  std::string bytes;  // the event as JSON, one line, as it will be stored
  std::string source, id;
  ContentHash identity, content;  // of the decoded event
  std::string cursor{};           // how far its reader has come with it; empty: none
  std::string reader{};           // the connector that read it, no ':' in it; empty: its source
};

// How far a connector has come behind records that were all refused.
struct ReaderCursor {
  std::string reader, cursor;
};

struct AppendOutcome {
  // conflict: the identity is there with other content; the record is put into quarantine with
  // code "conflict" in the same commit.
  enum Kind { appended, duplicate, conflict } kind;
  Seq seq;  // of the record, or of the earlier one
};

struct StoredRecord {
  Seq seq;
  Instant recorded;      // when the log took it: its place on the clock, whatever the bytes say
  std::string bytes;     // as they came; empty: erased
  bool is_note = false;  // of kind "erase": the log about itself, not an event to be folded
};

struct QuarantinedRecord {
  std::uint64_t number;  // from 0
  Instant at;
  Rejection rejection;  // origin.file has no meaning here
};

// The root of the tree over records 0 to size - 1.
struct TreeHead {
  std::uint64_t size = 0;
  std::string root;  // 32 bytes
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Refused: a second writer, no log there, a log older than its head or not of its head, another
  // format or algorithm. Corrupt: damaged bytes; nothing is changed then.
  [[nodiscard]] static Result<std::unique_ptr<EventLog>> open(const std::filesystem::path& data_dir,
                                                              OpenMode mode);

  // One durable commit of all records at one recorded time, which must be later than
  // last_recorded(): callers take max(now, last_recorded() + 1us). Outcomes in order. Records whose
  // identity is already there change nothing but the cursor. `moved` is committed with them and
  // wins over their cursors.
  [[nodiscard]] virtual Result<std::vector<AppendOutcome>> append(
      std::span<const AppendRecord> records, Instant recorded,
      std::span<const ReaderCursor> moved) = 0;
  [[nodiscard]] Result<std::vector<AppendOutcome>> append(std::span<const AppendRecord> records,
                                                          Instant recorded) {
    return append(records, recorded, {});
  }
  // The same for history that was recorded elsewhere: each record at its own recorded time, one of
  // `recorded` per record, non-decreasing and not before last_recorded().
  [[nodiscard]] virtual Result<std::vector<AppendOutcome>> append_history(
      std::span<const AppendRecord> records, std::span<const Instant> recorded) = 0;

  // Erases the content of records for good: bytes and salt leave the disk before it returns. Their
  // leaves, places and identities stay; a note, a record of kind "erase", says who asked and why.
  // Refused, and nothing erased: a seq that is not there, is erased already, or is such a note.
  [[nodiscard]] virtual Status erase(std::span<const Seq> seqs, const AppendRecord& note,
                                     Instant at) = 0;

  // Keeps refused records. One with the same code, place and bytes as an earlier one is not kept
  // twice.
  [[nodiscard]] virtual Status quarantine(std::span<const Rejection> rejections, Instant at) = 0;

  virtual Seq next_seq() const = 0;
  virtual Instant last_recorded() const = 0;  // kBeforeAll while empty
  virtual TreeHead tree_head() const = 0;

  // Up to `limit` records from `from` on, without gaps; fewer only at the end of the log. Every
  // record is checked against its leaf: altered bytes are corrupt, naming the seq.
  [[nodiscard]] virtual Result<std::vector<StoredRecord>> read(Seq from,
                                                               std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<std::optional<StoredRecord>> record(Seq seq) const = 0;
  // The record with this identity.
  [[nodiscard]] virtual Result<std::optional<Seq>> find(const ContentHash& identity) const = 0;
  [[nodiscard]] virtual Result<std::vector<QuarantinedRecord>> quarantined(
      std::uint64_t from, std::size_t limit) const = 0;
  // The newest cursor of the reader, or of the source for records that had no reader; empty: none.
  [[nodiscard]] virtual Result<std::string> cursor(std::string_view reader) const = 0;

  // Small durable facts of the daemon (tokens, sinks).
  [[nodiscard]] virtual Status put_meta(std::string_view key, std::string_view value) = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> meta(std::string_view key) const = 0;

  // Transitions made by the live fold, by position: what /v1/stream resumes from. Writing the same
  // position again replaces it. They survive the end of the process at once, and the loss of power
  // from the next append, put_meta or sync on: call sync() before a state that no longer makes them
  // is made durable elsewhere. `name_of`, if there, gives the name under which a warning is found.
  using NameOf = std::function<std::string(std::string_view warning)>;
  [[nodiscard]] virtual Status put_warnings(
      std::span<const std::pair<std::uint64_t, std::string>> warnings,
      const NameOf& name_of = {}) = 0;
  // The newest position stored under the name.
  [[nodiscard]] virtual Result<std::optional<std::uint64_t>> warning_named(
      std::string_view name) const = 0;
  [[nodiscard]] virtual Result<std::vector<std::pair<std::uint64_t, std::string>>> warnings(
      std::uint64_t from, std::size_t limit) const = 0;
  [[nodiscard]] virtual Status sync() = 0;

  // A copy in a directory that must not exist, complete and checked at its next opening like any
  // other: to restore it, put it in the place of the lost one.
  [[nodiscard]] virtual Status backup(const std::filesystem::path& directory) = 0;

  // What opening found and mended, in English sentences; mostly empty.
  virtual std::vector<std::string> notices() const = 0;
};

}  // namespace lianqing
