// Attributes put into a record's bytes, where nothing else is touched.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/time.h"

namespace lianqing {

// `record`, an event as JSON that decode() took, with the member `recordedtime` at `recorded`:
// replaced where it stands, else put first.
// What an export writes so that a replay reads it back.
std::string with_recorded_time(std::string_view record, Instant recorded);

// `record`, a JSON object, with the member `source` if it has none, or null for one.
std::string with_source(std::string_view record, std::string_view source);

}  // namespace lianqing
