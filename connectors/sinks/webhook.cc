#include "connectors/sinks/webhook.h"

#include "connectors/json_writer.h"
#include "connectors/secret_file.h"
#include "connectors/sinks/answer_verdict.h"
#include "connectors/sinks/secrets.h"
#include "connectors/sinks/url.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::string_view kShared = "whsec_", kPrivate = "whsk_";
constexpr std::size_t kSeed = 32;     // bytes of a private key of Ed25519
constexpr std::size_t kMostKeys = 2;  // of each sort: the old and the new one

struct SigningKey {
  bool pair = false;  // Ed25519; else HMAC
  std::string bytes;
};

// `whsec_` and base64, or base64 alone; `whsk_` and a private key, with or without the public one
// behind it.
Result<SigningKey> key_of(const std::string& path) {
  LQ_TRY(const std::string text, read_secret_line(path));
  std::string_view encoded = text;
  SigningKey out;
  out.pair = encoded.starts_with(kPrivate);
  if (out.pair) encoded.remove_prefix(kPrivate.size());
  if (encoded.starts_with(kShared)) encoded.remove_prefix(kShared.size());
  auto key = base64_bytes(encoded);
  if (out.pair && (!key || (key->size() != kSeed && key->size() != 2 * kSeed))) {
    return failure(ErrorCode::refused,
                   path + ": expected whsk_ and 32 or 64 bytes in base64, a key of Ed25519");
  }
  if (!key || key->size() < 16) {
    return failure(ErrorCode::refused,
                   path +
                       ": expected whsec_ and at least 16 bytes in base64 (openssl rand "
                       "-base64 32)");
  }
  out.bytes = *std::move(key);
  if (out.pair) out.bytes.resize(kSeed);
  return out;
}

Result<std::string> signature(const SigningKey& key, std::string_view text) {
  if (!key.pair) return "v1," + base64_text(hmac_sha256(key.bytes, text));
  LQ_TRY(const std::string made, ed25519_signature(key.bytes, text));
  return "v1a," + base64_text(made);
}

// With every secret that is live.
Result<std::string> signatures(const std::vector<std::string>& secrets, const std::string& text) {
  std::string out;
  for (const std::string& path : secrets) {
    LQ_TRY(const SigningKey key, key_of(path));
    LQ_TRY(const std::string one, signature(key, text));
    out += (out.empty() ? "" : " ") + one;
  }
  return out;
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
    const auto signed_by =
        signatures(settings_.secrets, notice.id + "." + time + "." + message.body);
    if (!signed_by) {
      return Unexpected<DeliveryFailure>(
          DeliveryFailure{DeliveryFailure::Kind::unavailable, signed_by.error().what, {}});
    }
    if (!signed_by->empty()) message.headers.emplace_back("webhook-signature", *signed_by);
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
  std::size_t pairs = 0;
  for (const std::string& path : settings.secrets) {
    LQ_TRY(const SigningKey key, key_of(path));
    pairs += key.pair ? 1 : 0;
  }
  if (pairs > kMostKeys || settings.secrets.size() - pairs > kMostKeys) {
    return failure(ErrorCode::refused,
                   "at most two secrets of a sort, whsec_ or whsk_: the old and the new one");
  }
  return std::make_unique<Webhook>(settings, std::move(url));
}

}  // namespace lianqing
