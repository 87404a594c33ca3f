// Looks at every stored byte of a log and says what is not as it must be. What a record means is
// asked of the caller.
#pragma once

#include <functional>

#include "log/durable_log.h"

namespace lianqing {

struct VerifyQuestions {
  std::function<ContentHash(std::string_view source, std::string_view id)> identity;
  // Of the event in the bytes; nothing if there is none.
  std::function<std::optional<ContentHash>(std::string_view bytes)> content;
  std::function<void(std::uint64_t done)> progress;
};

struct VerifyReport {
  std::uint64_t records = 0, erased = 0, notes = 0, tiles = 0, quarantined = 0, sources = 0;
  TreeHead head;
  std::vector<std::string> findings;  // at most kMaxFindings; empty: all is well
};
inline constexpr std::size_t kMaxFindings = 100;

// Fails only if the log cannot be read on.
[[nodiscard]] Result<VerifyReport> verify(const DurableLog& log, const VerifyQuestions& questions);

}  // namespace lianqing
