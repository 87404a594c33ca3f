#include "connectors/sinks/registry.h"

#include <array>

#include "connectors/sinks/jsonl.h"
#include "connectors/sinks/webhook.h"

namespace lianqing {
namespace {

constexpr std::array<std::string_view, 2> kWebhookKeys = {"url", "secrets"};
constexpr std::array<std::string_view, 1> kUrl = {"url"}, kPath = {"path"};

const std::array kKinds = {
    SinkKind{.name = "webhook", .keys = kWebhookKeys, .needs = kUrl, .make = make_webhook},
    SinkKind{.name = "jsonl", .keys = kPath, .needs = kPath, .batch = 256, .make = make_jsonl},
};

}  // namespace

std::span<const SinkKind> sink_kinds() { return kKinds; }

const SinkKind* find_sink_kind(std::string_view name) {
  for (const SinkKind& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace lianqing
