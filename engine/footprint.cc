#include "engine/footprint.h"

namespace lianqing {
namespace {

constexpr std::size_t kNode = 48;  // of a map, beside what it holds

template <class T>
std::size_t bytes_of(const std::vector<T>& things) {
  return things.capacity() * sizeof(T);
}

template <class Map>
std::size_t nodes_of(const Map& map) {
  return map.size() * (kNode + sizeof(typename Map::value_type));
}

std::size_t bytes_of(const Series& series) {
  std::size_t out = bytes_of(series.samples) + bytes_of(series.weights) + bytes_of(series.windows) +
                    bytes_of(series.states);
  for (const WindowState& window : series.states) {
    if (window.sorted) out += bytes_of(*window.sorted);
    if (window.groups) out += window.groups->distinct() * (sizeof(Cell) + 16);
  }
  return out;
}

}  // namespace

std::size_t footprint(const UnitState& unit) {
  std::size_t out = sizeof(UnitState) + bytes_of(unit.rows.all());
  if (!unit.rows.all().empty()) out += unit.rows.all().back().at + unit.rows.all().back().size;
  out += bytes_of(unit.attributes) + bytes_of(unit.decisions) + bytes_of(unit.raised) +
         bytes_of(unit.pending);
  constexpr std::size_t kPlain = 8, kKeyed = kNode + sizeof(KeyedIndex) + 8;
  out += bytes_of(unit.instances) + bytes_of(unit.series) + bytes_of(unit.counters) +
         (unit.instances.size() + unit.series.size()) * kPlain +
         (unit.instance_of.keyed() + unit.series_of.keyed()) * kKeyed;
  for (const Series& series : unit.series) out += bytes_of(series);
  for (const Counter& counter : unit.counters) out += nodes_of(counter.intervals.ahead);
  out += nodes_of(unit.counter_of) + nodes_of(unit.items) + nodes_of(unit.sequences);
  for (const auto& [key, events] : unit.items) {
    for (const ItemEvent& event : events) out += sizeof event + bytes_of(event.facts);
  }
  for (const auto& [key, events] : unit.sequences) {
    for (const SequenceEvent& event : events) out += sizeof event + bytes_of(event.keys);
  }
  return out + bytes_of(unit.alarms) + bytes_of(unit.touched) + bytes_of(unit.moved) +
         bytes_of(unit.restless);
}

}  // namespace lianqing
