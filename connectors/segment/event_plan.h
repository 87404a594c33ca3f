// How the lines of one shape become events without being put together first: which hole is which
// attribute or field. What no hole holds is the same in all of them, and is taken from a line made
// of the shape with something in each hole.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "connectors/arena.h"
#include "connectors/content_hash.h"
#include "connectors/decode.h"
#include "connectors/segment/segment_file.h"

namespace lianqing {

class EventPlan {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  // Columns of the attributes; kNone: not there. id, source and time are.
  struct Attributes {
    std::uint32_t id = kNone, source = kNone, unit = kNone, subject = kNone, time = kNone,
                  recorded = kNone;
  };

  EventPlan(const SegmentShape& shape, std::span<const SegmentColumn> columns,
            EventDecoder& decoder);

  // Whether rows of the shape become events; else nothing of what follows is told.
  bool is_direct() const { return direct_; }
  // Whether texts may have backslashes: then a value is what its hole says only if it has none.
  bool has_escapes() const { return has_escapes_; }
  std::string_view type() const { return sample_.type; }
  const Attributes& attributes() const { return at_; }
  // Where the values of a field of `data` are: its column, or kNone if all are null or it is not
  // there. Nothing: it is the same in all rows, and not null.
  std::optional<std::uint32_t> column_of(std::string_view path) const;

  // The event of the row whose values are at next[column] of values[column]; nothing if it has to
  // be put together and decoded. Without raw and with a place of zeros. It points into `arena`,
  // into the values and into the plan.
  std::optional<Event> event(std::span<const SegmentValues> values,
                             std::span<const std::size_t> next, Arena& arena);

 private:
  struct FieldHole {
    std::size_t field;  // of members_
    std::uint32_t column;
  };
  bool bind(const SegmentShape& shape, std::span<const SegmentColumn> columns);
  bool bind_attribute(std::string_view name, std::uint32_t column, HoleKind kind);
  bool bind_field(std::string_view path, std::uint32_t column);
  static bool scalar(const SegmentValues& values, std::size_t at, Arena& arena, Scalar& out);

  Arena arena_;
  Event sample_{};
  bool direct_ = false, has_escapes_ = false;
  Attributes at_;
  std::vector<Member> members_;  // as sample_.data; with the values of the row at hand
  std::vector<const Member*> sorted_;
  std::vector<FieldHole> holes_;
  CanonicalBytes bytes_;
};

}  // namespace lianqing
