// A line of a file or a stream as a record.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "connectors/sources/line_cutter.h"
#include "lianqing/source.h"

namespace lianqing {

inline bool is_blank_line(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == ' ' || c == '\t'; });
}

inline RawRecord line_record(const LineCutter::Line& line, std::string cursor, std::string place) {
  RawRecord out{std::move(cursor), std::string(line.bytes), std::move(place), {}};
  if (line.too_long) out.fault = RecordFault{"size", "the line is longer than 1 MiB"};
  return out;
}

}  // namespace lianqing
