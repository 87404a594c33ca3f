// Answers to a sec_admin about tokens: the same changes of the same file as `lianqing token` makes,
// in the name of the caller. On any thread; they wait for the disk.
#pragma once

#include <string>

#include "connectors/http/message.h"
#include "lianqing/time.h"

namespace lianqing {

// `path`: the file of tokens. Never with a secret or its hash.
http::Response list_tokens(const std::string& path, Instant now);
// A created or rotated token is told in the answer, once and nowhere else.
http::Response change_token(const http::Request& request, const std::string& path, Instant now);

}  // namespace lianqing
