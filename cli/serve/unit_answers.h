// Answers about units, from the running fold: on the writer's thread. A unit that the caller may
// not see is answered like one that is not there.
#pragma once

#include "cli/serve/access.h"
#include "cli/serve/live.h"
#include "connectors/http/message.h"

namespace lianqing {

http::Response list_units(const http::Request& request, const Access& access, Live& live);
http::Response get_unit(const http::Request& request, const Access& access, Live& live);
http::Response explain_unit(const http::Request& request, const Access& access, Live& live);

// The same as it was at an instant, by replaying the log: on any thread.
http::Response explain_unit_at(const http::Request& request, const Access& access,
                               const EventLog& log, const std::shared_ptr<const Program>& program,
                               const std::vector<RegisteredUnit>& units, Instant at);

}  // namespace lianqing
