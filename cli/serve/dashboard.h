// The page at `/`: units and newest warnings, live. Self-contained; it asks for a token.
#pragma once

#include "connectors/http/message.h"

namespace lianqing {

http::Response dashboard();

}  // namespace lianqing
