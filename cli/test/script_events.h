// What happens in a test: the list under `events`, every repetition written out as one record.
#pragma once

#include "cli/test/scene.h"
#include "cli/test/script.h"

namespace lianqing {

// What can be read; the rest is reported.
std::vector<ScriptedEvent> read_events(const Node& list, const Scene& scene);

}  // namespace lianqing
