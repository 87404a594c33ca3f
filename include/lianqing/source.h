// What a connector implements that brings records in: the daemon asks it for records, one thread
// per source, and keeps how far it has come in the same commit as the records themselves.
//
// The contract, which one test puts to every kind of source
// (tests/unit/connectors/source_contract.h):
// - Records come in an order of the source's own that is the same at every reading.
// - A source made with the cursor of a record goes on exactly behind that record. With an empty
//   cursor it begins where its kind begins.
// - It holds nothing that must survive: after a crash it is made again with the last cursor that
// was
//   committed, and what it gave after that comes again, with the same bytes.
// - What it cannot make an event of, or can see that it missed, is a record too, with the fault: it
//   is kept in the quarantine.
// - It reads no further than it was asked: while nobody asks, its cursor does not move.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/result.h"

namespace lianqing {

inline constexpr std::size_t kMaxCursorBytes = 4096;
// A pull gives at least one record if there is one, and stops after these.
inline constexpr std::size_t kPullRecords = 1000;
inline constexpr std::size_t kPullBytes = 1U << 20;

// Why a source could not make an event of something; as in Rejection.
struct RecordFault {
  std::string code;    // stable: "size", "column", ...
  std::string detail;  // what was expected, in English
};

struct RawRecord {
  std::string cursor;  // where to go on behind this record; meant for the source alone
  std::string bytes;   // the event as one JSON text; with a fault: what there was, for a person
  std::string place;   // for people: "events.jsonl:17", "row 4711"
  std::optional<RecordFault> fault;
};

struct Pull {
  std::vector<RawRecord> records;
  std::vector<Bilingual> notices;  // for the operator: a file was rotated, a gap was found
};

enum class Pulled : std::uint8_t {
  records,  // there may be more at once
  nothing,  // for now: ask again
  end,      // for good; records that came with it are the last ones
};

class Source {
 public:
  virtual ~Source() = default;

  // Adds the next records to `out`, which is empty. Waits for them a few seconds at most, and less
  // when `stop` is requested; then it gives `nothing`. A failure (io: the world; refused: what it
  // was told does not fit the world) is told to the operator, and the source is made again after a
  // pause with the last committed cursor.
  [[nodiscard]] virtual Result<Pulled> next(Pull& out, const std::stop_token& stop) = 0;

  // All records up to the one with this cursor are in the log or in the quarantine, durably. Called
  // on the source's thread before the next pull; also once after it was made with a cursor, for
  // what a crash left undone. A failure is like one of next().
  [[nodiscard]] virtual Status committed([[maybe_unused]] std::string_view cursor) { return {}; }

  // What is still to be read, in the kind's own unit (bytes, rows), if it is known.
  virtual std::optional<std::uint64_t> behind() const { return std::nullopt; }
};

}  // namespace lianqing
