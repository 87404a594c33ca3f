#include "engine/partial_route.h"

#include <algorithm>

namespace lianqing {
namespace {

// What some rule reads, of each table.
struct Read {
  std::vector<bool> streams, sequences;
};

Read read_in(const Program& program, const Route& route) {
  Read out{std::vector<bool>(program.streams.size()), std::vector<bool>(program.sequences.size())};
  for (std::uint32_t w = 0; w < program.windows.size(); ++w) {
    if (!route.window_rules[w].empty()) out.streams[program.windows[w].stream] = true;
  }
  for (std::uint32_t s = 0; s < program.streams.size(); ++s) {
    if (out.streams[s] && program.streams[s].source == StreamSource::sequence_matches) {
      out.sequences[program.streams[s].sequence] = true;
    }
  }
  return out;
}

// Of items it is told what was ignored, whoever reads them. A stream that is read keeps all its
// windows: an outlook looks at the instants at which any of them moves.
void drop_unread(TypeRoute& type, const Read& read) {
  const auto unread = [&](std::uint32_t stream) { return !read.streams[stream]; };
  std::erase_if(type.streams, unread);
  for (Discriminator& discriminator : type.discriminators) {
    for (auto& [text, streams] : discriminator.streams) std::erase_if(streams, unread);
  }
  std::erase_if(type.sequences, [&](std::uint32_t sequence) { return !read.sequences[sequence]; });
}

}  // namespace

Route route_of(const Program& program, const std::vector<bool>& rules) {
  Route out(program);
  const auto left_out = [&rules](std::uint32_t rule) { return !rules[rule]; };
  std::erase_if(out.judged_rules, left_out);
  std::erase_if(out.unkeyed_rules, left_out);
  for (auto* readers : {&out.window_rules, &out.measure_rules, &out.view_rules}) {
    for (auto& list : *readers) std::erase_if(list, left_out);
  }
  out.quiet = Quiet(program, out.window_rules, out.stream_windows);
  const Read read = read_in(program, out);
  for (TypeRoute& type : out.types) drop_unread(type, read);
  drop_unread(out.unnamed, read);
  return out;
}

bool concerns(const Route& route, const LogEntry& entry) {
  const TypeRoute& type = route.of_type(entry.type);
  bool out = !type.items.empty() || !type.sequences.empty();
  each_stream(type, entry.cells, [&out](std::uint32_t) { out = true; });
  return out;
}

}  // namespace lianqing
