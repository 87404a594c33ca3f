#include "connectors/sinks/bots.h"

#include <array>
#include <boost/json.hpp>

#include "connectors/json_writer.h"
#include "connectors/secret_file.h"
#include "connectors/sinks/answer_verdict.h"
#include "connectors/sinks/link.h"
#include "connectors/sinks/secrets.h"
#include "connectors/sinks/url.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::array<std::string_view, kLevels> kZh = {"●绿", "◆黄", "▲红"};
constexpr std::array<std::string_view, kLevels> kEn = {"● green", "◆ yellow", "▲ red"};
constexpr std::size_t kMostName = 256;  // bytes of a unit's id

// Names come from outside: no control characters, nothing that a robot takes for a mark-up.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, utf8_prefix(name, kMostName))) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += ' ';
    } else if (c == '<') {
      out += "＜";
    } else if (c == '>') {
      out += "＞";
    } else {
      out += c;
    }
  }
  return out;
}

enum class Provider { wecom, dingtalk, feishu };

struct ProviderFacts {
  std::size_t most;  // bytes of a text
  std::string_view code, message;
  std::array<std::int64_t, 2> too_fast;  // codes
  std::chrono::seconds pause;            // after one of them
};
constexpr ProviderFacts kFacts[] = {
    {2048, "errcode", "errmsg", {45009, 45033}, std::chrono::seconds(60)},
    {16'000, "errcode", "errmsg", {130101, 410100}, std::chrono::minutes(10)},
    {16'000, "code", "msg", {11232, 9499}, std::chrono::seconds(60)},
};

class Bot final : public Sink {
 public:
  Bot(Provider provider, SinkSettings settings, http::OutboundUrl url)
      : provider_(provider), settings_(std::move(settings)), url_(std::move(url)) {}

  Delivery deliver(std::span<const Notice> notices, Instant now,
                   const std::stop_token& stop) override {
    std::string secret;
    if (!settings_.secrets.empty()) {
      auto read = read_secret_line(settings_.secrets[0]);
      if (!read) return unavailable(read.error().what);
      secret = *std::move(read);
    }
    http::OutboundUrl url = url_;
    http::OutboundMessage message;
    message.headers = {{"content-type", "application/json; charset=utf-8"}};
    const std::string text =
        bot_text(notices, settings_.link, settings_.language == "zh", facts().most);
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    JsonWriter out(message.body);
    out.begin_object();
    if (provider_ == Provider::feishu) {
      if (!secret.empty()) {
        const std::string time = std::to_string(ms / 1000);
        out.key("timestamp").string(time);
        out.key("sign").string(base64_text(hmac_sha256(time + "\n" + secret, "")));
      }
      out.key("msg_type").string("text").key("content").begin_object();
      out.key("text").string(text).end_object();
    } else {
      if (!secret.empty()) {
        const std::string time = std::to_string(ms);
        url.target += (url.target.find('?') == std::string::npos ? "?timestamp=" : "&timestamp=") +
                      time +
                      "&sign=" + escaped(base64_text(hmac_sha256(secret, time + "\n" + secret)));
      }
      out.key("msgtype").string("text").key("text").begin_object();
      out.key("content").string(text).end_object();
    }
    out.end_object();
    return judge(http::send_outbound(url, settings_.outbound, message, stop), now);
  }

 private:
  const ProviderFacts& facts() const { return kFacts[static_cast<std::size_t>(provider_)]; }

  static Delivery unavailable(std::string what) {
    return Unexpected<DeliveryFailure>(
        DeliveryFailure{DeliveryFailure::Kind::unavailable, std::move(what), {}});
  }

  // Base64 in a query.
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '+') {
        out += "%2B";
      } else if (c == '/') {
        out += "%2F";
      } else if (c == '=') {
        out += "%3D";
      } else {
        out += c;
      }
    }
    return out;
  }

  // Robots answer 200 to everything and say in the body what they think of it.
  Delivery judge(const Result<http::OutboundAnswer>& answer, Instant now) const {
    Delivery out = verdict(answer, now);
    if (!out) return out;
    boost::system::error_code error;
    const auto value = boost::json::parse(answer->body, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto* code = object == nullptr ? nullptr : object->if_contains(to_view(facts().code));
    if (code == nullptr || !code->is_int64()) return unavailable("an answer without a code");
    const std::int64_t number = code->get_int64();
    if (number == 0) return Receipt{std::string(facts().code) + " 0"};
    DeliveryFailure failed;
    failed.what = std::string(facts().code) + " " + std::to_string(number);
    const auto* said = object->if_contains(to_view(facts().message));
    if (said != nullptr && said->is_string()) {
      const std::string words(said->get_string());
      failed.what += ": " + words.substr(0, utf8_prefix(words, 120));
    }
    for (const std::int64_t fast : facts().too_fast) {
      if (number == fast) failed.retry_after = facts().pause;
    }
    return Unexpected<DeliveryFailure>(std::move(failed));
  }

  static boost::json::string_view to_view(std::string_view text) {
    return {text.data(), text.size()};
  }

  const Provider provider_;
  const SinkSettings settings_;
  const http::OutboundUrl url_;
};

Result<std::unique_ptr<Sink>> make(Provider provider, const SinkSettings& settings) {
  LQ_TRY(http::OutboundUrl url, sink_url(settings));
  for (const std::string& path : settings.secrets) {
    if (const auto secret = read_secret_line(path); !secret)
      return Unexpected<Error>(secret.error());
  }
  return std::make_unique<Bot>(provider, settings, std::move(url));
}

}  // namespace

std::string bot_text(std::span<const Notice> notices, const std::string& link, bool chinese,
                     std::size_t most) {
  const auto& levels = chinese ? kZh : kEn;
  const std::size_t tail_room = 64;
  std::string out;
  if (notices.size() > 1) {
    out = (chinese ? "廉情预警摘要：" : "lianqing: ") + std::to_string(notices.size()) +
          (chinese ? " 条" : " notices");
  }
  std::size_t told = 0;
  for (const Notice& notice : notices) {
    std::string line;
    if (notices.size() == 1) line = chinese ? "廉情预警：" : "lianqing: ";
    line += plain(notice.unit) + " ";
    line += levels[static_cast<std::size_t>(notice.before)];
    line += "→";
    line += levels[static_cast<std::size_t>(notice.level)];
    line += (chinese ? " 编号 " : " id ") + notice.id;
    const std::string where = unit_link(link, notice);
    if (!where.empty()) line += (notices.size() == 1 ? "\n" : " ") + where;
    const std::size_t room = told + 1 == notices.size() ? 0 : tail_room;
    if (told > 0 && out.size() + 1 + line.size() + room > most) break;
    out += (out.empty() ? "" : "\n") + line;
    ++told;
  }
  if (told < notices.size()) {
    const std::string rest = std::to_string(notices.size() - told);
    out += chinese ? "\n另有 " + rest + " 条，见平台" : "\nand " + rest + " more: see the platform";
  }
  out.resize(utf8_prefix(out, most));
  return out;
}

Result<std::unique_ptr<Sink>> make_wecom(const SinkSettings& settings) {
  return make(Provider::wecom, settings);
}
Result<std::unique_ptr<Sink>> make_dingtalk(const SinkSettings& settings) {
  return make(Provider::dingtalk, settings);
}
Result<std::unique_ptr<Sink>> make_feishu(const SinkSettings& settings) {
  return make(Provider::feishu, settings);
}

}  // namespace lianqing
