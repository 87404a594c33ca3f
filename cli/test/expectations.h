// What a test expects: the list under `expect`.
#pragma once

#include "cli/test/scene.h"
#include "cli/test/script.h"

namespace lianqing {

// What can be read; the rest is reported.
std::vector<Expectation> read_expectations(const Node& list, const Scene& scene);

}  // namespace lianqing
