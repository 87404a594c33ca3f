// Warnings as the daemon stores them, as far as a courier reads them: ids w1, w2 ... by position.
#pragma once

#include <string>
#include <vector>

#include "cli/serve/stream_feed.h"
#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

class StoredList {
 public:
  void add(const std::string& unit, const std::string& from, const std::string& to, Instant time,
           const std::string& rule = "r", bool shadow = false, bool backfilled = false) {
    const std::uint64_t position = all_.size() + 1;
    all_.emplace_back(
        position, "{\"id\":\"w" + std::to_string(position) + "\",\"unit\":\"" + unit +
                      "\",\"rule\":\"" + rule + "\",\"title\":{},\"key\":null,\"from\":\"" + from +
                      "\",\"to\":\"" + to + "\"" + (backfilled ? ",\"backfilled\":true" : "") +
                      (shadow ? ",\"shadow\":true" : "") + ",\"time\":\"" + format_rfc3339(time) +
                      "\"}");
  }
  std::uint64_t head() const { return all_.size(); }
  Result<std::vector<Positioned>> read(std::uint64_t from, std::size_t limit) const {
    std::vector<Positioned> out;
    for (std::size_t i = from - 1; i < all_.size() && out.size() < limit; ++i) {
      out.push_back(all_[i]);
    }
    return out;
  }

 private:
  std::vector<Positioned> all_;
};

}  // namespace lianqing
