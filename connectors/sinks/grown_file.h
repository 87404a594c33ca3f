// A file that grows by whole lines, for people and programs that read it meanwhile. Opened anew
// each time, so that it may be rotated by renaming it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lianqing/result.h"
#include "lianqing/sink.h"

namespace lianqing {

// Puts all of the lines behind what is there, durably, or nothing; gives the place of their first
// byte. A last line that a crash cut short is cut off first. `head` stands first in a file: written
// where the file is new or empty. Fails (io), or (refused) if a file begins otherwise.
[[nodiscard]] Result<std::uint64_t> append_lines(const std::string& path, std::string_view head,
                                                 std::string_view lines);

// The same as what became of a delivery.
[[nodiscard]] Delivery deliver_lines(const std::string& path, std::string_view head,
                                     std::string_view lines);

}  // namespace lianqing
