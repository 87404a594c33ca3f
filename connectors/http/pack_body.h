// A rule pack sent in a request: {"files": [{"name": "rules.yaml", "text": "..."}]}, and what comes
// with one that is to rule: {"reason": "...", "files": [...]} or {"reason": "...", "proposal":
// HASH}.
#pragma once

#include <vector>

#include "connectors/http/message.h"
#include "lianqing/diagnostic.h"

namespace lianqing::http {

inline constexpr std::size_t kMaxPackFiles = 256;

// Fails with the answer to give (400, 415).
[[nodiscard]] Outcome<std::vector<SourceText>, Response> pack_files(const Request& request);

struct ActivationBody {
  std::string reason;             // not empty
  std::string proposal;           // the hash of one that was proposed; excludes files
  std::vector<SourceText> files;  // empty, and no proposal: those on disk
};
// Likewise.
[[nodiscard]] Outcome<ActivationBody, Response> activation_body(const Request& request);

}  // namespace lianqing::http
