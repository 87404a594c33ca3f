#include "cli/outbox/sinks.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "cli/serve/engine_clock.h"
#include "cli/translation.h"
#include "cli/warning_json.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::chrono::milliseconds kLongestNap{1'000};  // requests for retries are looked for
constexpr std::chrono::seconds kPatience{5};             // for an answer of the writer
constexpr int kMostAbove = 32;                           // units above one another

using Facts = std::map<std::string, UnitFacts>;

UnitFacts facts_of(Live& live, const std::string& unit) {
  UnitFacts out;
  std::string at = unit;
  for (int height = 0; height < kMostAbove; ++height) {
    const auto state = live.replay().unit(at);
    if (!state || *state == nullptr || (*state)->parent.empty()) break;
    at = (*state)->parent;
    if (at == unit) break;
    out.above.push_back(at);
    if (out.red_above.empty() && live.casebook().colour(at).shown == Level::red) {
      out.red_above = at;
    }
  }
  return out;
}

// An answer of the writer's thread; nothing if it does not come in time.
template <class Answer>
std::optional<Answer> ask(Writer& writer, std::function<Answer(Live&)> question) {
  auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = promise->get_future();
  if (!writer.ask([promise, question = std::move(question)](Live& live) {
        promise->set_value(question(live));
      })) {
    return std::nullopt;
  }
  if (answer.wait_for(kPatience) != std::future_status::ready) return std::nullopt;
  try {
    return answer.get();
  } catch (const std::future_error&) {  // the writer ended with the question in its queue
    return std::nullopt;
  }
}

std::vector<StandingLevel> standing_levels(Live& live) {
  std::vector<StandingLevel> out;
  for (const auto& [unit, row] : live.board().units()) {
    for (const auto& [where, standing] : row.standing) {
      if (standing.shadow) continue;
      out.push_back({unit, where.first, where.second, standing.level, standing.since});
    }
  }
  return out;
}

}  // namespace

std::string outbox_directory(const std::string& data, const std::string& sink) {
  return data + "/outbox/" + sink;
}

struct Sinks::Line {
  std::string name;
  std::unique_ptr<Sink> sink;
  EngineClock clock;
  std::unique_ptr<Courier> courier;
  mutable std::mutex lock;
  std::condition_variable_any something;
  bool news = true;
  CourierGauges gauges;
  std::jthread thread;  // last: ends before what it uses

  void run(const std::stop_token& stop, Logbook& logbook) {
    bool failed = false;
    while (!stop.stop_requested()) {
      const auto wake = courier->step(stop);
      if (!wake && !failed) {
        logbook.alarm({"推送目标 " + name + " 停顿：" + told(wake.error(), true),
                       "sink " + name + " is held up: " + wake.error().what});
      }
      failed = !wake;
      std::unique_lock hold(lock);
      gauges = courier->gauges();
      Duration nap = kLongestNap;
      if (wake && *wake != kNever) nap = std::clamp(*wake - clock.now(), Duration{0}, nap);
      something.wait_for(hold, stop, nap, [this, failed] { return news && !failed; });
      news = false;
    }
  }
};

Sinks::Sinks() = default;
Sinks::~Sinks() { end(); }

Result<std::unique_ptr<Sinks>> Sinks::start(const std::string& data,
                                            const std::vector<SinkConfig>& sinks, Writer& writer,
                                            Logbook& logbook) {
  std::unique_ptr<Sinks> out(new Sinks());
  const StreamFeed& feed = writer.feed();
  for (const SinkConfig& config : sinks) {
    auto line = std::make_unique<Line>();
    line->name = config.settings.name;
    SinkSettings settings = config.settings;
    settings.local = [&writer](Instant t) { return local_text(*writer.rules()->program, t); };
    auto made = config.kind->make(settings);
    if (!made) {
      made.error().what = "sink " + line->name + ": " + made.error().what;
      return Unexpected<Error>(made.error());
    }
    line->sink = *std::move(made);
    CourierWorld world;
    world.now = [clock = &line->clock] { return clock->now(); };
    world.warnings = [log = writer.log()](std::uint64_t from, std::size_t limit) {
      return log->warnings(from, limit);
    };
    if (config.policy.mute || !config.policy.units.empty()) {
      world.units = [&writer](const std::set<std::string>& names) {
        return ask<Facts>(writer, [names](Live& live) {
          Facts facts;
          for (const std::string& name : names) facts[name] = facts_of(live, name);
          return facts;
        });
      };
    }
    world.standing = [&writer] { return ask<std::vector<StandingLevel>>(writer, standing_levels); };
    world.tell = [&logbook](const Bilingual& text, bool alarm) {
      alarm ? logbook.alarm(text) : logbook.note(text);
    };
    CourierStart start;
    start.directory = outbox_directory(data, line->name);
    start.first = feed.first();
    start.head = feed.head();
    start.from_start = config.from_start;
    LQ_TRY(line->courier, Courier::open(config.policy, *line->sink, std::move(world), start));
    if (config.hours.any()) {
      line->courier->set_hold([&writer, hours = config.hours](Instant now, Level level) {
        const auto rules = writer.rules();
        return hold_until(hours, rules->program->zone, rules->program->calendar, now, level);
      });
    }
    line->gauges = line->courier->gauges();
    out->lines_.push_back(std::move(line));
  }
  for (const auto& line : out->lines_) {
    line->thread = std::jthread(
        [at = line.get(), &logbook](const std::stop_token& stop) { at->run(stop, logbook); });
  }
  return out;
}

void Sinks::wake() {
  for (const auto& line : lines_) {
    {
      const std::lock_guard hold(line->lock);
      line->news = true;
    }
    line->something.notify_one();
  }
}

void Sinks::end() {
  for (const auto& line : lines_) line->thread.request_stop();
  for (const auto& line : lines_) {
    if (line->thread.joinable()) line->thread.join();
  }
}

std::vector<std::pair<std::string, CourierGauges>> Sinks::gauges() const {
  std::vector<std::pair<std::string, CourierGauges>> out;
  for (const auto& line : lines_) {
    const std::lock_guard hold(line->lock);
    out.emplace_back(line->name, line->gauges);
  }
  return out;
}

std::string sink_metrics(const std::vector<std::pair<std::string, CourierGauges>>& sinks,
                         Instant now) {
  if (sinks.empty()) return {};
  std::string out;
  const auto metric = [&](const char* name, const char* type, const char* help, auto value) {
    out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
    for (const auto& [sink, gauges] : sinks) {  // names are of [a-z0-9_-]
      out += std::string(name) + "{sink=\"" + sink + "\"} " + std::to_string(value(gauges)) + "\n";
    }
  };
  using Gauges = const CourierGauges&;
  metric("lianqing_sink_position", "gauge",
         "Position of the newest warning that the sink has read.",
         [](Gauges g) { return g.cursor; });
  metric("lianqing_sink_open", "gauge", "Notices that wait for more of their unit.",
         [](Gauges g) { return g.open; });
  metric("lianqing_sink_waiting", "gauge", "Notices that wait to be delivered.",
         [](Gauges g) { return g.waiting; });
  metric("lianqing_sink_dead", "gauge", "Notices given up.", [](Gauges g) { return g.dead; });
  metric("lianqing_sink_delivered_total", "counter",
         "Notices delivered, as far back as the sink's newest journal file goes.",
         [](Gauges g) { return g.delivered; });
  metric("lianqing_sink_failures", "gauge", "Failed attempts in a row.",
         [](Gauges g) { return g.failures; });
  metric("lianqing_sink_disabled", "gauge", "1: the receiver wants no more.",
         [](Gauges g) { return g.disabled ? 1 : 0; });
  metric("lianqing_sink_oldest_seconds", "gauge", "Age of the oldest notice that waits.",
         [now](Gauges g) {
           return g.oldest == kNever || g.oldest > now
                      ? 0
                      : std::chrono::floor<std::chrono::seconds>(now - g.oldest).count();
         });
  return out;
}

}  // namespace lianqing
