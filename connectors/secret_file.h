// Files that hold secrets: keys, signing secrets, URLs with tokens. A secret never appears in a
// message.
#pragma once

#include <string>

#include "lianqing/result.h"

namespace lianqing {

// The whole file, at most 64 KiB. `$CREDENTIALS_DIRECTORY/NAME` is what systemd hands over
// (LoadCredential=NAME:...); it is private whatever its mode says. Fails (io), or (refused) if
// others than the owner may read or write the file, or if it is empty or no regular file.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path);
// Its first line.
[[nodiscard]] Result<std::string> read_secret_line(const std::string& path);

}  // namespace lianqing
