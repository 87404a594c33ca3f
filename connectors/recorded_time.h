// The recorded time inside a record's bytes: what an export writes so that a replay reads it back.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/time.h"

namespace lianqing {

// `record`, an event as JSON that decode() took, with the member `recordedtime` at `recorded`:
// replaced where it stands, else put first. Nothing else is touched.
std::string with_recorded_time(std::string_view record, Instant recorded);

}  // namespace lianqing
