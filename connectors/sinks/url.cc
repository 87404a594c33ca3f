#include "connectors/sinks/url.h"

#include <algorithm>

#include "connectors/secret_file.h"
#include "lianqing/assert.h"

namespace lianqing {

Result<http::OutboundUrl> sink_url(const SinkSettings& settings) {
  std::string text = settings.url;
  if (text.empty()) {
    LQ_TRY(text, read_secret_line(settings.url_file));
  }
  LQ_TRY(http::OutboundUrl url, http::parse_outbound_url(text));
  const auto& hosts = settings.hosts;
  if (!hosts.empty() && std::find(hosts.begin(), hosts.end(), url.host) == hosts.end()) {
    return failure(ErrorCode::refused, url.host + " is not among the hosts that outbound lists");
  }
  return url;
}

}  // namespace lianqing
