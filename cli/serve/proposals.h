// Rule packs that somebody has proposed and somebody else may let rule. Kept durably: the texts in
// DIR/proposals, who and why in the log's meta data.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/kept_packs.h"
#include "lianqing/result.h"
#include "lianqing/time.h"
#include "log/event_log.h"

namespace lianqing {

struct RuleProposal {
  std::string hash, by, reason;
  Instant at;
};

// What rules at which instant: what is proposed and rules is no proposal any more.
struct RulingNow {
  std::string hash;
  Instant now;
};

class Proposals {
 public:
  static constexpr std::size_t kMost = 32;
  static constexpr Duration kKept = days(30);

  // The log must outlive it.
  Proposals(std::string data, EventLog& log) : data_(std::move(data)), log_(log) {}

  // Without those that are older than 30 days or rule; in the order they came.
  std::vector<RuleProposal> open(const RulingNow& ruling);
  std::optional<RuleProposal> find(const std::string& hash, const RulingNow& ruling);
  // What is proposed already stays as it is. Refused: 32 are open; else as keep_pack.
  [[nodiscard]] Status add(const RuleProposal& proposal, const Program& program,
                           const PackTexts& texts, const RulingNow& ruling);
  // Fails (io, corrupt).
  [[nodiscard]] Result<PackTexts> texts(const std::string& hash) const;

 private:
  std::string folder() const { return data_ + "/proposals"; }
  std::vector<RuleProposal> read() const;
  std::vector<RuleProposal> tidy(const RulingNow& ruling);

  const std::string data_;
  EventLog& log_;
  std::mutex lock_;
};

}  // namespace lianqing
