#include "connectors/sinks/alertmanager.h"

#include <map>
#include <tuple>

#include "connectors/json_writer.h"
#include "connectors/sinks/answer_verdict.h"
#include "connectors/sinks/link.h"
#include "connectors/sinks/url.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr Duration kResend = std::chrono::minutes(1);
constexpr int kMissed = 4;           // times it may fail to be sent again before it ends
constexpr std::size_t kPage = 1000;  // alerts in one message

struct Alert {
  bool fires = false;
  Instant since;  // or, if it does not fire, until when it did
  std::string warning;
};
using Alerts = std::map<std::tuple<std::string, std::string, std::string, Level>, Alert>;

class Alertmanager final : public Sink {
 public:
  Alertmanager(SinkSettings settings, http::OutboundUrl url)
      : settings_(std::move(settings)), url_(std::move(url)) {
    if (url_.target.ends_with('/')) url_.target.pop_back();
    url_.target += "/api/v2/alerts";
  }

  Delivery deliver(std::span<const Notice> notices, Instant now,
                   const std::stop_token& stop) override {
    Alerts alerts;  // the newest word about each
    for (const Notice& notice : notices) {
      for (const NoticeEdge& edge : notice.edges) {
        if (edge.from != Level::green) {
          alerts[{edge.unit, edge.rule, edge.key, edge.from}] = {false, edge.time, edge.id};
        }
        if (edge.to != Level::green) {
          alerts[{edge.unit, edge.rule, edge.key, edge.to}] = {true, edge.time, edge.id};
        }
      }
    }
    return send(alerts, now, stop);
  }

  std::optional<Duration> refresh_every() const override {
    return settings_.resend.value_or(kResend);
  }
  Delivery refresh(std::span<const StandingLevel> standing, Instant now,
                   const std::stop_token& stop) override {
    Alerts alerts;
    for (const StandingLevel& one : standing) {
      if (one.level == Level::green) continue;
      alerts[{one.unit, one.rule, one.key, one.level}] = {true, one.since, {}};
    }
    return send(alerts, now, stop);
  }

 private:
  Delivery send(const Alerts& alerts, Instant now, const std::stop_token& stop) const {
    std::size_t sent = 0;
    for (auto at = alerts.begin(); at != alerts.end();) {
      http::OutboundMessage message;
      message.headers = {{"content-type", "application/json"}};
      JsonWriter out(message.body);
      out.begin_array();
      for (std::size_t n = 0; n < kPage && at != alerts.end(); ++n, ++at, ++sent)
        put(out, *at, now);
      out.end_array();
      const Delivery done =
          verdict(http::send_outbound(url_, settings_.outbound, message, stop), now);
      if (!done) return done;
    }
    return Receipt{std::to_string(sent) + " alerts"};
  }

  void put(JsonWriter& out, const Alerts::value_type& one, Instant now) const {
    const auto& [unit, rule, key, level] = one.first;
    const Alert& alert = one.second;
    out.begin_object().key("labels").begin_object();
    out.key("alertname").string(rule).key("rule").string(rule).key("unit").string(unit);
    if (!key.empty()) out.key("key").string(key);
    out.key("severity").string(name(level)).end_object();
    if (!alert.warning.empty()) {
      out.key("annotations").begin_object().key("warning").string(alert.warning).end_object();
    }
    if (alert.fires) {
      out.key("startsAt").string(format_rfc3339(alert.since));
      out.key("endsAt").string(format_rfc3339(now + kMissed * *refresh_every()));
    } else {
      out.key("endsAt").string(format_rfc3339(alert.since));
    }
    Notice about;
    about.id = alert.warning;
    about.unit = unit;
    const std::string link = unit_link(settings_.link, about);
    if (!link.empty()) out.key("generatorURL").string(link);
    out.end_object();
  }

  const SinkSettings settings_;
  http::OutboundUrl url_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_alertmanager(const SinkSettings& settings) {
  LQ_TRY(http::OutboundUrl url, sink_url(settings));
  return std::make_unique<Alertmanager>(settings, std::move(url));
}

}  // namespace lianqing
