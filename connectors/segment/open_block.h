// A block of a segment being read: its rows one after the other, with those of its columns that
// were asked for. What it gives points into it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/segment/event_plan.h"
#include "connectors/segment/segment_file.h"

namespace lianqing {

class OpenBlock {
 public:
  // With no column yet. Every part has the bytes that were written, every row has a shape, and
  // every column the values that its rows need: whatever else is wrong is told when it is asked
  // for.
  [[nodiscard]] static Result<std::shared_ptr<OpenBlock>> open(const SegmentFile& file,
                                                               std::size_t number);

  const SegmentBlock& heading() const { return heading_; }
  std::size_t rows() const { return heading_.rows; }
  const std::vector<std::int64_t>& line_gaps() const { return line_gaps_; }
  const std::vector<SegmentShape>& shapes() const { return shapes_; }
  std::size_t shape_of(std::size_t row) const { return static_cast<std::size_t>(shape_of_[row]); }

  // Reads a column, once.
  [[nodiscard]] Status want(const SegmentFile& file, std::uint32_t column);
  [[nodiscard]] Status want_all(const SegmentFile& file);
  const SegmentValues& values(std::uint32_t column) const { return values_[column]; }

  // Which value of each column is the next row's. Whoever goes past a row moves on those that he
  // will look at.
  std::vector<std::size_t>& next() { return next_; }
  void pass(std::size_t shape) {
    for (const std::uint32_t column : shapes_[shape].columns) ++next_[column];
  }

  // The next row's line; its columns must have been wanted. False: too long to be one.
  bool put_together(std::size_t shape, std::string& line);
  EventPlan& plan(std::size_t shape, EventDecoder& decoder);
  // The next row's event, as EventPlan says; its columns must have been wanted.
  std::optional<Event> event(std::size_t shape, EventDecoder& decoder, Arena& arena) {
    return plan(shape, decoder).event(values_, next_, arena);
  }

 private:
  // A shape as it is written out: plain text before each hole, and the rest.
  struct Pieces {
    std::vector<std::pair<std::string, std::uint32_t>> before;  // and the column of the hole
    std::string rest;
  };
  static Pieces pieces_of(const SegmentShape& shape);
  bool adds_up() const;

  SegmentBlock heading_;
  std::vector<std::int64_t> line_gaps_, shape_of_;
  std::vector<SegmentShape> shapes_;
  std::vector<SegmentValues> values_;
  std::vector<bool> read_;  // columns
  std::vector<std::size_t> next_;
  std::vector<std::unique_ptr<Pieces>> pieces_;    // of the shapes; made when first needed
  std::vector<std::unique_ptr<EventPlan>> plans_;  // so, too
};

}  // namespace lianqing
