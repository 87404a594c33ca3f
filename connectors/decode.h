// One CloudEvents 1.0 JSON text -> one Event, or a Rejection that says what is wrong and where.
//
// Everything is checked, also the parts no rule reads: JSON grammar (RFC 8259), UTF-8, duplicate
// names at any depth, numbers in range, the limits below. Refused are, by code:
//   empty          nothing but white space; or a required attribute that is ""
//   size           the record, a name, an attribute or the number of fields over its limit
//   utf8           bytes that are not UTF-8; a \u escape that is half of a surrogate pair
//   json           not JSON
//   depth          nested deeper than kMaxDepth
//   duplicate_key  a name that occurs twice in an object, or two members with one dotted path
//   number         NaN, Infinity; an integer beyond int64; a decimal beyond +-9.2e12
//   type           an attribute, or the record itself, of the wrong JSON type
//   missing        no id, source, type or time (null counts as absent, as CloudEvents has it), or
//                  no specversion where it must be there
//   time           time or recordedtime is not an RFC 3339 date-time
//   version        specversion is there and not "1.0"
//   data           data is not an object, or not JSON (datacontenttype, data_base64)
// A text that is not JSON is always refused for that; of other faults the first one is named.
//
// `unit`, else `subject`, is the unit. Other extension attributes are checked and ignored. Objects
// in `data` are flattened into dotted paths; an object or a list inside a list is null to rules.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>

#include "connectors/arena.h"
#include "lianqing/event.h"

namespace lianqing {

using Record = std::variant<Event, Rejection>;

inline constexpr std::size_t kMaxRecordBytes = 1024 * 1024;
inline constexpr std::size_t kMaxRejectedBytes = 64 * 1024;  // kept of a refused record
inline constexpr int kMaxDepth = 32;                         // brackets open at once
inline constexpr std::size_t kMaxAttributeBytes = 1024;      // id, source, type, unit
inline constexpr std::size_t kMaxPathBytes = 1024;
inline constexpr std::size_t kMaxFields = 4096;

// RFC 3629, as simdjson has it.
bool is_utf8(std::string_view text);

// Keeps its working memory from one record to the next: one decoder per thread.
class EventDecoder {
 public:
  EventDecoder();
  ~EventDecoder();
  EventDecoder(EventDecoder&&) noexcept;
  EventDecoder& operator=(EventDecoder&&) noexcept;

  // `line` is read here and not kept; an Event points into `arena` only. Its data is sorted by path
  // (bytes), so that a field can be found by bisection.
  // `versioned`: specversion must be there.
  Record decode(std::string_view line, Origin origin, Arena& arena, bool versioned = false);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace lianqing
