// The newest warnings with their positions, and the newest changes of units' colours, in memory,
// for streams that keep up. Written by the engine's thread, read by any.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lianqing {

using Positioned = std::pair<std::uint64_t, std::string>;  // position from 1, JSON text

class StreamFeed {
 public:
  static constexpr std::size_t kKept = 4096;
  static constexpr std::size_t kPage = 256;

  // Positions go on without gaps.
  void add(const std::vector<Positioned>& warnings);
  // Changes of colours, each a JSON text, in order. They are numbered from 1 at each start of the
  // process: who has missed some reads the units anew.
  void add_colours(std::vector<std::string> changes);
  // Nothing happened up to `head`; what was kept is forgotten.
  void restart(std::uint64_t first, std::uint64_t head);

  // Position of the newest warning; 0: none.
  std::uint64_t head() const;
  // Positions below this belong to another rule pack or register.
  std::uint64_t first() const;
  // The next page behind `seen`; nothing if it is no longer in memory.
  std::optional<std::vector<Positioned>> behind(std::uint64_t seen) const;
  std::uint64_t colour_head() const;
  // The same of changes of colours.
  std::optional<std::vector<Positioned>> colours_behind(std::uint64_t seen) const;

 private:
  mutable std::mutex lock_;
  std::deque<Positioned> kept_;
  std::deque<Positioned> colours_;
  std::uint64_t first_ = 1, head_ = 0, colour_head_ = 0;
};

}  // namespace lianqing
