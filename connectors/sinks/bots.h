// Group robots of 企业微信, 钉钉 and 飞书. What leaves by instant messaging is the notice's id, the
// unit, the levels and a link: nothing that anybody complained about. One notice is one message;
// when there are more than the robot may send, many share one, cut at a character where the
// provider's limit is.
#pragma once

#include <memory>

#include "connectors/sinks/registry.h"

namespace lianqing {

// Fail (usage, refused, io) if the URL or the secret cannot be used.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_wecom(const SinkSettings& settings);
[[nodiscard]] Result<std::unique_ptr<Sink>> make_dingtalk(const SinkSettings& settings);
[[nodiscard]] Result<std::unique_ptr<Sink>> make_feishu(const SinkSettings& settings);

// At most `most` bytes; what does not fit is counted in its last line.
std::string bot_text(std::span<const Notice> notices, const std::string& link, bool chinese,
                     std::size_t most);

}  // namespace lianqing
