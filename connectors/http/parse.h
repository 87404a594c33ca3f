// The bytes of one whole message that passed the pre-check -> a Request. Boost.Beast reads it, as a
// second opinion: what it refuses, or what it would end elsewhere, is refused.
#pragma once

#include <string_view>

#include "connectors/http/message.h"
#include "connectors/http/precheck.h"

namespace lianqing::http {

// `message`: head and body, exactly. Fills everything but route, argument and caller.
[[nodiscard]] Outcome<Request, Refusal> parse_message(std::string_view message);

// `%41` -> `A`; with `plus`, `+` -> blank. Nothing if an escape is broken, or the text is not UTF-8
// or holds a zero byte.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus);

}  // namespace lianqing::http
