// Answers from the log alone: warnings by position, quarantine. On any thread.
#pragma once

#include "cli/serve/access.h"
#include "cli/serve/stream_feed.h"
#include "connectors/http/answerer.h"
#include "log/event_log.h"

namespace lianqing {

http::Response list_warnings(const http::Request& request, const Access& access,
                             const EventLog& log, const StreamFeed& feed);
http::Response get_warning(const http::Request& request, const Access& access, const EventLog& log,
                           const StreamFeed& feed, const Seal& seal);
// Without the values of fields that the program declares sensitive.
http::Response list_quarantine(const http::Request& request, const EventLog& log,
                               const Program& program);

// The next page of a stream; rules on trial (shadow) are not told.
http::StreamPage stream_page(const Access& access, std::vector<Positioned> warnings);

}  // namespace lianqing
