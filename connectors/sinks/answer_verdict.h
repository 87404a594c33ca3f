// What an HTTP answer means for a delivery.
#pragma once

#include <string_view>

#include "connectors/http/outbound.h"
#include "lianqing/sink.h"

namespace lianqing {

// 2xx: taken. 410: gone. 429 and 503: later, when Retry-After says. 400, 405, 409, 411, 413, 415
// and 422 are about this message; everything else (no answer, 3xx, 401, 404, 5xx ...) about the
// receiver.
[[nodiscard]] Delivery verdict(const Result<http::OutboundAnswer>& answer, Instant now);

// Seconds, or a date as HTTP writes it.
std::optional<Duration> retry_after(std::string_view header, Instant now);

}  // namespace lianqing
