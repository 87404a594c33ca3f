// Records reduced to what a program reads of them: the form in which whole logs travel from a
// reader to admission. Independent of how the log is written: JSON lines, columns of a segment.
// Only records about nothing but their own unit have it; all others are given whole, in their
// place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lianqing/event.h"

namespace lianqing {

// What of a record's data is asked for. All else a reader checks as ever, and leaves.
struct RowQuery {
  std::vector<std::string> fields;       // dotted paths, sorted
  std::vector<std::string> whole_types;  // sorted; records of these types are given whole
};

struct RowValue {
  enum class Kind : std::uint8_t { boolean, number, text };
  std::uint16_t field = 0;  // index into RowQuery::fields
  Kind kind = Kind::boolean;
  std::uint32_t den = 1;
  std::int64_t num = 0;  // 0 or 1; num/den in lowest terms; number of the text
};

inline constexpr std::uint32_t kNoText = 0xffffffffU;

// One line of a cache: rows go from one thread to another.
struct EventRow {
  Instant time;
  Instant recorded = kBeforeAll;                                   // kBeforeAll: not said
  std::uint32_t unit = kNoText, source = kNoText, type = kNoText;  // numbers of texts
  std::uint32_t first_value = 0;  // its values, by field; null and absent fields have none
  std::uint32_t whole = kNoText;  // index into RowBatch::whole: then nothing else here counts
  std::uint16_t values = 0;
  std::uint16_t id_bytes = 0;
  const char* id_at = nullptr;
  std::uint64_t line = 0, byte = 0;  // as Origin has them

  std::string_view id() const { return {id_at, id_bytes}; }
  void set_id(std::string_view id) {
    id_at = id.data();
    id_bytes = static_cast<std::uint16_t>(id.size());
  }
};

// What comes with a row of which no more can be had later on.
struct RowRest {
  std::string_view raw;  // the record's bytes as they came
  ContentHash content;
};

// Consecutive records of one source, with what they point to: valid while the batch and its source
// live.
struct RowBatch {
  // Texts are numbered through all batches of one dictionary: `texts` are those from `first_text`
  // on, which this batch is the first to use.
  std::uint64_t dictionary = 0;
  std::uint32_t first_text = 0;
  std::vector<std::string_view> texts;
  std::vector<EventRow> rows;
  std::vector<RowValue> values;
  std::vector<RowRest> rest;  // one per row; or none: then whoever needs it asks for the record
  std::vector<std::variant<Event, Rejection>> whole;
};

// Rows [begin, end) of a batch. Batches of one source come in order, also if others come between.
struct RowRun {
  std::shared_ptr<const RowBatch> batch;
  std::size_t begin = 0, end = 0;
  std::uint32_t source = 0;  // of the readers merged
};

// A row's record as a whole, for what a row cannot tell: from its bytes, or from where it is if
// there are none. Of one of an `earlier` run identity and content are enough, and a Rejection says
// that it is not to be had. Valid until the next call.
struct RowPlace {
  Origin origin;
  std::string_view raw;
  bool earlier = false;
};
using WholeRecord = std::function<const std::variant<Event, Rejection>&(const RowPlace&)>;

}  // namespace lianqing
