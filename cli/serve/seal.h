// Numbers and ids of ours under other names: a caller who sees some units only would else read off
// gaps between positions what happens in others, and the hash that is a warning's id tells whoever
// tries all instants of a day when it rose. A permutation with a secret key: nothing is kept, and
// what was given out is known again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "log/event_log.h"

namespace lianqing {

class Seal {
 public:
  explicit Seal(std::string key) : key_(std::move(key)) {}
  // With the key that is kept in the log, which is made the first time. If it cannot be kept, what
  // is given out is not known again after the next start.
  static Seal of(EventLog& log);

  static constexpr std::uint64_t kMost = (std::uint64_t{1} << 40) - 1;

  // A number to kMost as another one below 2^52, which is a new one each time.
  std::uint64_t close(std::uint64_t number) const;
  // Of a number that was never given out: any, mostly a great one.
  std::uint64_t open(std::uint64_t closed) const;
  // Ids of warnings, "w-" and 32 hex digits; any other text as it is.
  std::string close_id(std::string_view id) const;
  std::string open_id(std::string_view id) const;
  // A JSON text with all such ids in it closed.
  std::string close_ids(std::string_view json) const;

 private:
  std::uint64_t mix(std::uint64_t half, unsigned round) const;

  std::string key_;
};

}  // namespace lianqing
