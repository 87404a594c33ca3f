// What auditors read: the audit log, newest first.
#pragma once

#include "connectors/http/message.h"
#include "log/event_log.h"

namespace lianqing {

http::Response list_audit(const http::Request& request, const EventLog& audit);

}  // namespace lianqing
