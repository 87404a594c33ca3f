#include "connectors/segment/open_block.h"

#include <algorithm>
#include <utility>

#include "connectors/sources/jsonl_file.h"

namespace lianqing {

Result<std::shared_ptr<OpenBlock>> OpenBlock::open(const SegmentFile& file, std::size_t number) {
  auto out = std::make_shared<OpenBlock>();
  LQ_TRY(out->heading_, file.block(number));
  const SegmentBlock& heading = out->heading_;
  LQ_TRY(out->line_gaps_, file.numbers(heading, heading.line_gaps));
  LQ_TRY(out->shape_of_, file.numbers(heading, heading.shape_of));
  LQ_TRY(out->shapes_, file.shapes(heading));
  if (!out->adds_up()) return file.damaged(number);
  const std::size_t columns = heading.columns.size();
  out->values_.resize(columns);
  out->read_.resize(columns);
  out->next_.assign(columns, 0);
  out->pieces_.resize(out->shapes_.size());
  out->plans_.resize(out->shapes_.size());
  return out;
}

bool OpenBlock::adds_up() const {
  std::vector<std::uint64_t> rows(shapes_.size()), needed(heading_.columns.size());
  for (const std::int64_t shape : shape_of_) {
    if (shape < 0 || static_cast<std::size_t>(shape) >= rows.size()) return false;
    ++rows[static_cast<std::size_t>(shape)];
  }
  for (std::size_t shape = 0; shape < rows.size(); ++shape) {
    for (const std::uint32_t column : shapes_[shape].columns) needed[column] += rows[shape];
  }
  return std::equal(needed.begin(), needed.end(), heading_.columns.begin(), heading_.columns.end(),
                    [](std::uint64_t n, const SegmentColumn& c) { return n == c.size(); });
}

Status OpenBlock::want(const SegmentFile& file, std::uint32_t column) {
  if (read_[column]) return {};
  LQ_TRY(values_[column], file.values(heading_, heading_.columns[column]));
  read_[column] = true;
  return {};
}

Status OpenBlock::want_all(const SegmentFile& file) {
  for (std::uint32_t column = 0; column < values_.size(); ++column) {
    if (Status s = want(file, column); !s) return s;
  }
  return {};
}

OpenBlock::Pieces OpenBlock::pieces_of(const SegmentShape& shape) {
  Pieces out;
  for (std::size_t at = 0; at < shape.skeleton.size(); ++at) {
    if (shape.skeleton[at] != '\0') {
      out.rest += shape.skeleton[at];
      continue;
    }
    out.before.emplace_back(std::exchange(out.rest, {}), shape.columns[out.before.size()]);
    ++at;  // the digit of its kind
  }
  return out;
}

bool OpenBlock::put_together(std::size_t shape, std::string& line) {
  if (pieces_[shape] == nullptr) {
    pieces_[shape] = std::make_unique<Pieces>(pieces_of(shapes_[shape]));
  }
  const Pieces& pieces = *pieces_[shape];
  line.clear();
  for (const auto& [before, column] : pieces.before) {
    if (line.size() > kMaxLineBytes + 1) return false;
    line += before;
    append_hole(line, values_[column].hole(next_[column]));
  }
  line += pieces.rest;
  return line.size() <= kMaxLineBytes + 1;
}

EventPlan& OpenBlock::plan(std::size_t shape, EventDecoder& decoder) {
  std::unique_ptr<EventPlan>& out = plans_[shape];
  if (out == nullptr) {
    out = std::make_unique<EventPlan>(shapes_[shape], heading_.columns, decoder);
  }
  return *out;
}

}  // namespace lianqing
