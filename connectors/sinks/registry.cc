#include "connectors/sinks/registry.h"

#include <array>

#include "connectors/sinks/alertmanager.h"
#include "connectors/sinks/bots.h"
#include "connectors/sinks/jsonl.h"
#include "connectors/sinks/ledger.h"
#include "connectors/sinks/webhook.h"

namespace lianqing {
namespace {

using Words = std::span<const std::string_view>;
constexpr std::array<std::string_view, 3> kWebhook = {"url", "url_file", "secrets"};
constexpr std::array<std::string_view, 4> kAlertmanager = {"url", "url_file", "link", "resend"};
constexpr std::array<std::string_view, 4> kWecom = {"url", "url_file", "link", "language"};
constexpr std::array<std::string_view, 5> kSigned = {"url", "url_file", "link", "language",
                                                     "secrets"};
constexpr std::array<std::string_view, 2> kUrl = {"url", "url_file"};
constexpr std::array<std::string_view, 1> kPath = {"path"};
constexpr std::array<std::string_view, 3> kLedger = {"path", "encoding", "language"};

// What the providers allow; a little less, for clocks that differ.
SinkKind bot(std::string_view name, Words keys, unsigned per_minute,
             Result<std::unique_ptr<Sink>> (*make)(const SinkSettings&)) {
  SinkKind out;
  out.name = name;
  out.keys = keys;
  out.needs = kUrl;
  out.batch = 100;
  out.batch_to_hurry = true;
  out.per_minute = per_minute;
  out.gap = std::chrono::milliseconds(250);
  out.group = true;
  out.settle = std::chrono::minutes(1);
  out.make = make;
  return out;
}

std::vector<SinkKind> all_kinds() {
  std::vector<SinkKind> out;
  out.push_back({.name = "webhook", .keys = kWebhook, .needs = kUrl, .make = make_webhook});
  out.push_back({.name = "jsonl", .keys = kPath, .needs = kPath, .batch = 256, .make = make_jsonl});
  out.push_back(
      {.name = "ledger", .keys = kLedger, .needs = kPath, .batch = 256, .make = make_ledger});
  out.push_back({.name = "alertmanager",
                 .keys = kAlertmanager,
                 .needs = kUrl,
                 .batch = 256,
                 .make = make_alertmanager});
  out.push_back(bot("wecom", kWecom, 19, make_wecom));
  out.push_back(bot("dingtalk", kSigned, 19, make_dingtalk));
  out.push_back(bot("feishu", kSigned, 95, make_feishu));
  out.back().avoid_half_hours = true;
  return out;
}

}  // namespace

std::span<const SinkKind> sink_kinds() {
  static const std::vector<SinkKind> kKinds = all_kinds();
  return kKinds;
}

const SinkKind* find_sink_kind(std::string_view name) {
  for (const SinkKind& kind : sink_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace lianqing
