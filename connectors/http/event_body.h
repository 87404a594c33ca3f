// The four ways in which CloudEvents come over HTTP (structured, batch, binary, lines) -> the JSON
// texts of single events. The events themselves are decoded by connectors/decode.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/message.h"
#include "lianqing/result.h"

namespace lianqing::http {

inline constexpr std::size_t kMaxEventsPerRequest = 50'000;

struct EventTexts {
  std::vector<std::string_view> texts;          // into the request's body or into `composed`
  std::shared_ptr<const std::string> composed;  // binary mode: the event put together
  // The body is one JSON text: where one part of it is no JSON, the whole is none.
  bool one_text = true;
};

// Fails with the answer to give (400, 413, 415). The request must outlive the result.
[[nodiscard]] Outcome<EventTexts, Response> event_texts(const Request& request);

}  // namespace lianqing::http
