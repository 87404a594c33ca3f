#include "cli/serve/logins.h"

namespace lianqing {

bool Logins::begins(const http::Caller& caller, const std::string& peer, Clock::time_point now) {
  std::string who(name(caller.role));
  who.append(1, '\0').append(caller.name).append(1, '\0').append(peer);
  const auto at = last_.find(who);
  if (at != last_.end()) {
    const bool idle = now - at->second >= kIdle;
    at->second = now;
    return idle;
  }
  if (last_.size() >= kMost) forget_idle(now);
  if (last_.size() < kMost) last_.emplace(std::move(who), now);
  return true;
}

void Logins::forget_idle(Clock::time_point now) {
  std::erase_if(last_, [now](const auto& entry) { return now - entry.second >= kIdle; });
}

}  // namespace lianqing
