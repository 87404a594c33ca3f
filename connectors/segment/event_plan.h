// How the lines of one shape become events without being put together first: which hole is which
// attribute or field. What no hole holds is the same in all of them, and is taken from one of them.
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
  // `line`: a line of the shape. The plan keeps its own copy of what it needs of it.
  EventPlan(const SegmentShape& shape, std::span<const SegmentColumn> columns,
            std::string_view line, EventDecoder& decoder);

  // The event of the row whose values are at next[column] of values[column]; nothing if it has to
  // be put together and decoded. Without raw and with a place of zeros. It points into `arena`,
  // into the values and into the plan.
  std::optional<Event> event(std::span<const SegmentValues> values,
                             std::span<const std::size_t> next, Arena& arena);

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;

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
  bool direct_ = false;
  std::uint32_t id_ = kNone, source_ = kNone, unit_ = kNone, subject_ = kNone, time_ = kNone,
                recorded_ = kNone;
  std::vector<Member> members_;  // as sample_.data; with the values of the row at hand
  std::vector<const Member*> sorted_;
  std::vector<FieldHole> holes_;
  CanonicalBytes bytes_;
};

}  // namespace lianqing
