#include "cli/serve/source_times.h"

#include <algorithm>

#include "lianqing/bytes.h"

namespace lianqing {

void SourceTimes::heard(std::string_view source, Instant at) {
  if (const auto found = times_.find(source); found != times_.end()) {
    found->second = at;
    return;
  }
  if (times_.size() == kMost) {
    times_.erase(std::min_element(times_.begin(), times_.end(), [](const auto& a, const auto& b) {
      return a.second < b.second;
    }));
  }
  times_.emplace(source, at);
}

std::string SourceTimes::encode() const {
  ByteWriter out;
  for (const auto& [source, at] : times_) {
    out.text(source);
    out.integer(micros(at));
  }
  return out.take();
}

Result<SourceTimes> SourceTimes::decode(std::string_view bytes) {
  ByteReader in(bytes);
  SourceTimes out;
  while (!in.at_end()) {
    const std::string source(in.text());
    const Instant at = instant(in.integer());
    if (in.failed()) return failure(ErrorCode::corrupt, "the log's fact serve/sources");
    out.heard(source, at);
  }
  return out;
}

}  // namespace lianqing
