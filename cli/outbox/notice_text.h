// The record of the decision about a notice or a warning, as a person reads it.
#pragma once

#include <string>

#include "lianqing/result.h"

namespace lianqing {

// `lianqing explain --notice ID --data DIR`: every sink's journal is looked through for the notice,
// or for the warning, of that id. Gives the exit code: 1 if nobody decided anything about it.
[[nodiscard]] Result<int> explain_notice(const std::string& data, const std::string& id,
                                         bool chinese);

// What a journal means by its codes ("level", "muted:u1", "quiet" ...).
std::string outbox_word(const std::string& code, bool chinese);

}  // namespace lianqing
