// Answers about rule packs: the one that runs, the one on disk, one that was sent along. On any
// thread; they compile.
#pragma once

#include <string>

#include "connectors/http/message.h"
#include "rules/program.h"

namespace lianqing {

http::Response get_rules(const Program& running, const std::string& pack_path);
http::Response check_rules(const http::Request& request, const std::string& pack_path);

}  // namespace lianqing
