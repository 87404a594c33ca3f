// A webhook: each notice as one POST of CloudEvents, signed by the rules of Standard Webhooks
// (webhook-id, webhook-timestamp, webhook-signature) with every secret that is live, so that a
// receiver can change from one to the next: `v1` for a shared secret (`whsec_`), `v1a` for a
// private key of Ed25519 (`whsk_`). They are read from their files at each message.
#pragma once

#include <memory>

#include "connectors/sinks/registry.h"

namespace lianqing {

// Fails (usage, refused, io) if the URL or a secret cannot be used.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_webhook(const SinkSettings& settings);

// One CloudEvent, or an array of them if the notice has several warnings.
std::string webhook_body(const Notice& notice);

}  // namespace lianqing
