// The dashboard's files, compiled in: the page at `/`, its script and its style. Their text lives
// in dashboard/. The page asks for a token, and nothing but its own daemon for data.
#pragma once

#include "connectors/http/message.h"

namespace lianqing {

http::Response dashboard_page();
http::Response dashboard_script();
http::Response dashboard_style();

}  // namespace lianqing
