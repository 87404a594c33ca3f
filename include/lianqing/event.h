// A decoded event as it travels from a connector to admission. All text points into the arena of
// the batch that decoded it and lives as long as that batch: admission copies what it keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "lianqing/number.h"
#include "lianqing/time.h"

namespace lianqing {

using Seq = std::uint64_t;  // position in the log, from 0

struct Scalar;
using ScalarList = std::span<const Scalar>;

// One JSON value of an event's data. Objects do not occur: their members are flattened into paths
// (`place.district`). An empty object has no trace; null is monostate.
struct Scalar {
  std::variant<std::monostate, bool, Number, std::string_view, ScalarList> value;
};

struct Field {
  std::string_view path;
  Scalar value;
};

// 128 bits of a fixed hash (XXH3) over canonical content; compared, never interpreted.
struct ContentHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const ContentHash&, const ContentHash&) = default;
};

// Where a record came from, for messages a person can act on.
struct Origin {
  std::uint32_t file = 0;  // index into the sources of this run
  std::uint64_t line = 0;  // from 1
  std::uint64_t byte = 0;  // offset of the line's first byte, from 0
};

struct Event {
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view unit;  // empty: concerns no unit
  Instant time;
  std::optional<Instant> recorded;
  std::span<const Field> data;
  ContentHash identity;  // of (source, id)
  ContentHash content;   // of type, unit, time and data, whatever the key order or number spelling
  Origin origin;
  std::string_view raw;    // the record's bytes as they came
  std::optional<Seq> seq;  // its place in the log it was read from; none: admission counts
};

// A record that cannot be admitted: kept whole, with its reason.
struct Rejection {
  std::string code;    // stable: "json", "duplicate_key", "utf8", "number", "missing", "time" ...
  std::string detail;  // what was expected, in English
  Origin origin;
  std::uint64_t column = 0;  // byte within the line, from 1; 0: the record as a whole
  std::string raw;           // the record's bytes, cut at 64 KiB
};

}  // namespace lianqing
