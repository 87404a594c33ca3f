// The certificate that the daemon makes for itself, in its data directory.
#pragma once

#include <string>
#include <vector>

#include "connectors/http/certificate.h"

namespace lianqing {

http::TlsFiles own_tls_files(const std::string& data);
// `names` empty: the host's name and loopback.
[[nodiscard]] Status make_own_tls(const std::string& data, std::vector<std::string> names);
// Makes one if there is none, or if it ends within 30 days. Gives its files and whether it was
// made.
[[nodiscard]] Result<bool> keep_own_tls(const std::string& data);

}  // namespace lianqing
