#include "connectors/sinks/webhook.h"

#include "connectors/json_writer.h"
#include "connectors/sinks/answer_verdict.h"
#include "connectors/sinks/secrets.h"
#include "connectors/sinks/url.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::string_view kPrefix = "whsec_";

// `whsec_` and base64, or base64 alone.
Result<std::string> key_of(const std::string& path) {
  LQ_TRY(const std::string text, read_secret(path));
  std::string_view encoded = text;
  if (encoded.starts_with(kPrefix)) encoded.remove_prefix(kPrefix.size());
  auto key = base64_bytes(encoded);
  if (!key || key->size() < 16) {
    return failure(ErrorCode::refused,
                   path +
                       ": expected whsec_ and at least 16 bytes in base64 (openssl rand "
                       "-base64 32)");
  }
  return key;
}

void put_cloud_event(JsonWriter& out, const NoticeEdge& edge) {
  out.begin_object().key("specversion").string("1.0").key("id").string(edge.id);
  out.key("source").string("/lianqing").key("type").string("org.lianqing.warning.v1");
  out.key("subject").string(edge.unit).key("time").string(format_rfc3339(edge.time));
  out.key("datacontenttype").string("application/json").key("data").raw(edge.text);
  out.end_object();
}

class Webhook final : public Sink {
 public:
  Webhook(SinkSettings settings, http::OutboundUrl url)
      : settings_(std::move(settings)), url_(std::move(url)) {}

  Delivery deliver(std::span<const Notice> notices, Instant now,
                   const std::stop_token& stop) override {
    LQ_ASSERT(notices.size() == 1);
    const Notice& notice = notices[0];
    http::OutboundMessage message;
    message.body = webhook_body(notice);
    const std::string time =
        std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    message.headers = {
        {"content-type", notice.edges.size() == 1 ? "application/cloudevents+json"
                                                  : "application/cloudevents-batch+json"},
        {"webhook-id", notice.id},
        {"webhook-timestamp", time}};
    std::string signatures;
    for (const std::string& path : settings_.secrets) {
      const auto key = key_of(path);
      if (!key) {
        return Unexpected<DeliveryFailure>(
            DeliveryFailure{DeliveryFailure::Kind::unavailable, key.error().what, {}});
      }
      if (!signatures.empty()) signatures += ' ';
      signatures +=
          "v1," + base64_text(hmac_sha256(*key, notice.id + "." + time + "." + message.body));
    }
    if (!signatures.empty()) message.headers.emplace_back("webhook-signature", signatures);
    return verdict(http::send_outbound(url_, settings_.outbound, message, stop), now);
  }

 private:
  const SinkSettings settings_;
  const http::OutboundUrl url_;
};

}  // namespace

std::string webhook_body(const Notice& notice) {
  std::string text;
  JsonWriter out(text);
  if (notice.edges.size() != 1) out.begin_array();
  for (const NoticeEdge& edge : notice.edges) put_cloud_event(out, edge);
  if (notice.edges.size() != 1) out.end_array();
  return text;
}

Result<std::unique_ptr<Sink>> make_webhook(const SinkSettings& settings) {
  LQ_TRY(http::OutboundUrl url, sink_url(settings));
  for (const std::string& path : settings.secrets) {
    if (const auto key = key_of(path); !key) return Unexpected<Error>(key.error());
  }
  return std::make_unique<Webhook>(settings, std::move(url));
}

}  // namespace lianqing
