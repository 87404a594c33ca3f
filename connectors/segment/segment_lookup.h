// Lines of segments looked up again by their numbers: what a reader that needs few columns left
// out. Quick for lines asked for in order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/segment/segment_lines.h"

namespace lianqing {

class SegmentLookup {
 public:
  // The line with this number, from 1, of the file at `path`; nothing if that is no segment, has no
  // such line or cannot be read. Valid until the next call.
  std::optional<RawLine> line(const std::string& path, std::uint64_t line);

  // Nothing but identity and content of the event that this line is; nothing if it is none. In any
  // order: each block is read once, and kept is what it says of its events.
  std::optional<Event> event(const std::string& path, std::uint64_t line);

 private:
  struct Told {
    std::uint64_t line = 0;
    ContentHash identity, content;
  };
  struct Contents {
    std::optional<SegmentFile> file;
    std::vector<std::vector<Told>> blocks;  // by line; empty: not read
  };
  static std::vector<Told> told(const std::string& path, const SegmentBlockPlace& block);

  std::string path_;
  std::optional<SegmentLines> lines_;  // of path_
  std::optional<RawLine> last_;
  std::map<std::string, Contents> contents_;  // by path
};

}  // namespace lianqing
