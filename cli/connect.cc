// lianqing connect: tries a connector of the daemon's configuration from here, and changes nothing.
// What can be tried is a table: a section of the configuration, the names in it, and how.
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_commands.h"
#include "cli/log_options.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/serve/config.h"
#include "cli/translation.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"
#include "log/event_log.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"config", true, false, "守护进程的 YAML 配置文件", "the daemon's YAML file"},
    {"anew", false, false, "不接着日志里的游标，从头试起",
     "from the beginning, not behind the cursor in the log"},
    {"send", false, false, "推送目标：真的发出一条标明“试发”的通知",
     "sinks: really send one notice, marked as a trial"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr std::size_t kShown = 5;
constexpr std::chrono::seconds kPatience{5};

struct ConnectCall {
  const ServeConfig& config;
  bool anew, send;
  bool chinese;

  const char* say(const char* zh, const char* en) const { return chinese ? zh : en; }
};

// ---- sources

std::vector<std::pair<std::string, std::string>> source_names(const ServeConfig& config) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const SourceSetup& source : config.sources) {
    out.emplace_back(source.name, std::string(source.kind->name));
  }
  return out;
}

Result<std::string> cursor_in_log(const ConnectCall& call, const std::string& name) {
  std::error_code error;
  if (call.anew || call.config.data.empty() ||
      !std::filesystem::exists(call.config.data + "/log", error)) {
    return std::string();
  }
  LQ_TRY(const auto log, EventLog::open(call.config.data, OpenMode::read_only));
  return log->cursor(name);
}

std::string names_of(std::span<const Field> fields) {
  std::string out;
  for (const Field& field : fields) {
    out += out.empty() ? "" : ", ";
    out += field.path;
  }
  return out;
}

// Shows the first few; contents stay where they are, only names of fields are told.
class Sight {
 public:
  Sight(const ConnectCall& call, std::string source) : call_(call), source_(std::move(source)) {}

  void look_at(const RawRecord& raw) {
    Arena arena;
    const Record record = decode_read(raw, source_, decoder_, arena);
    if (const auto* event = std::get_if<Event>(&record)) {
      if (++events_ > kShown) return;
      std::printf("  %s: %s %s  %s  %s %s  %s  {%s}\n", raw.place.c_str(),
                  std::string(event->source).c_str(), std::string(event->id).c_str(),
                  std::string(event->type).c_str(), call_.say("单位", "unit"),
                  event->unit.empty() ? "-" : std::string(event->unit).c_str(),
                  format_rfc3339(event->time).c_str(), names_of(event->data).c_str());
    } else if (++bad_ <= kShown) {
      const Rejection& rejection = std::get<Rejection>(record);
      std::printf("  %s: %s %s: %s\n", raw.place.c_str(), call_.say("坏记录", "bad record,"),
                  rejection.code.c_str(), in_language(rejection.detail, call_.chinese).c_str());
    }
  }
  unsigned long long events() const { return events_; }
  unsigned long long bad() const { return bad_; }

 private:
  const ConnectCall& call_;
  const std::string source_;
  EventDecoder decoder_;
  unsigned long long events_ = 0, bad_ = 0;
};

Result<int> test_source(const ConnectCall& call, std::size_t index) {
  const SourceSetup& setup = call.config.sources[index];
  LQ_TRY(const std::string cursor, cursor_in_log(call, setup.name));
  const std::string kind(setup.kind->name);
  std::printf(call.say("来源 %s（%s）\n", "source %s (%s)\n"), setup.name.c_str(), kind.c_str());
  std::printf(
      "%s\n",
      cursor.empty()
          ? call.say("从头开始", "from the beginning")
          : (call.say("接着日志里的游标 ", "behind the cursor in the log, ") + cursor).c_str());
  LQ_TRY(const auto source, setup.kind->open(setup.name, setup.settings, cursor));
  Sight sight(call, setup.source);
  std::string last;
  bool ended = false;
  const auto start = std::chrono::steady_clock::now();
  while (last.empty() && !ended && std::chrono::steady_clock::now() - start < kPatience) {
    Pull pull;
    LQ_TRY(const Pulled pulled, source->next(pull, {}));
    for (const Bilingual& notice : pull.notices) {
      std::printf("  %s\n", notice.in(call.chinese).c_str());
    }
    for (const RawRecord& record : pull.records) {
      sight.look_at(record);
      last = record.cursor;
    }
    ended = pulled == Pulled::end;
    if (pulled == Pulled::nothing) break;
  }
  if (last.empty()) {
    std::printf("%s\n", call.say("连接正常；没有新记录", "it works; there is nothing new"));
    return 0;
  }
  std::printf(call.say("读到 %llu 条：事件 %llu 条，坏记录 %llu 条",
                       "%llu records read: %llu events, %llu bad ones"),
              sight.events() + sight.bad(), sight.events(), sight.bad());
  if (const auto behind = source->behind(); behind && *behind > 0) {
    std::printf(call.say("；其后还有 %llu", "; %llu still behind them"),
                static_cast<unsigned long long>(*behind));
  }
  std::printf(call.say("\n读到的游标 %s；什么也没有改动\n",
                       "\nthe cursor behind them would be %s; nothing was changed\n"),
              last.c_str());
  return sight.bad() == 0 ? 0 : kExitFindings;
}

// ---- sinks

std::vector<std::pair<std::string, std::string>> sink_names(const ServeConfig& config) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const SinkConfig& sink : config.sinks) {
    out.emplace_back(sink.settings.name, std::string(sink.kind->name));
  }
  return out;
}

// A change that no rule made, of a unit that there is not; a receiver that keeps levels keeps
// green.
Notice trial_notice(Instant now) {
  const std::string id = "trial-" + std::to_string(micros(now));
  NoticeEdge edge;
  edge.id = id;
  edge.unit = "lianqing-trial";
  edge.rule = "trial";
  edge.from = Level::yellow;
  edge.time = now;
  JsonWriter json(edge.text);
  json.begin_object().key("id").string(id).key("unit").string(edge.unit);
  json.key("rule").string(edge.rule).key("title").begin_object();
  json.key("zh").string("试发，不是预警").key("en").string("a trial, no warning").end_object();
  json.key("key").null().key("from").string(name(edge.from)).key("to").string(name(edge.to));
  json.key("time").string(format_rfc3339(now)).key("trial").boolean(true).end_object();
  return {id, edge.unit, edge.to, edge.from, {edge}};
}

Result<int> test_sink(const ConnectCall& call, std::size_t index) {
  const SinkConfig& config = call.config.sinks[index];
  LQ_TRY(const auto sink, config.kind->make(config.settings));
  if (!call.send) {
    std::printf("%s\n", call.say("设置可用：地址、密钥都读得到；什么也没有发出（--send 试发一条）",
                                 "the settings can be used: address and secrets are there; nothing "
                                 "was sent (--send sends a trial)"));
    return 0;
  }
  const Instant now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const Notice notice = trial_notice(now);
  const Delivery delivered = sink->deliver(std::span(&notice, 1), now, {});
  if (!delivered) {
    std::printf(call.say("没有送达：%s\n", "not delivered: %s\n"),
                in_language(delivered.error().what, call.chinese).c_str());
    return kExitFindings;
  }
  std::printf(call.say("已送达 %s：%s\n", "delivered %s: %s\n"), notice.id.c_str(),
              delivered->text.c_str());
  return 0;
}

// ---- the table

struct Section {
  std::string_view key;               // in the configuration
  std::string_view word_zh, word_en;  // one of them
  std::vector<std::pair<std::string, std::string>> (*names)(const ServeConfig&);  // with kinds
  Result<int> (*test)(const ConnectCall&, std::size_t index);                     // the exit code
};

constexpr Section kSections[] = {
    {"sources", "来源", "source", source_names, test_source},
    {"sinks", "推送目标", "sink", sink_names, test_sink},
};

int list(const ConnectCall& call) {
  for (const Section& section : kSections) {
    for (const auto& [name, kind] : section.names(call.config)) {
      std::printf("%s  %s  %s\n", name.c_str(),
                  std::string(call.chinese ? section.word_zh : section.word_en).c_str(),
                  kind.c_str());
    }
  }
  return 0;
}

Result<int> test(const ConnectCall& call, const std::string& wanted) {
  std::vector<std::string> known;
  for (const Section& section : kSections) {
    const auto names = section.names(call.config);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].first == wanted) return section.test(call, i);
      known.push_back(names[i].first);
    }
  }
  const auto nearest = nearest_name(wanted, known);
  return failure(ErrorCode::usage,
                 "no connector '" + wanted + "' in the configuration" +
                     (nearest ? "; did you mean '" + *nearest + "'?"
                              : "; lianqing connect list --config FILE shows them"));
}

Result<int> run(const Options& options, bool chinese) {
  const auto& words = options.positionals();
  const auto path = options.value("config");
  const bool tests = words.size() == 2 && words[0] == "test";
  if (!path || !(tests || (words.size() == 1 && words[0] == "list"))) {
    return failure(ErrorCode::usage,
                   "lianqing connect test NAME --config FILE, or connect list --config FILE");
  }
  LQ_TRY(std::string bytes, read_file(*path));
  const SourceText text{*path, std::move(bytes)};
  const auto config = read_config(text);
  if (!config) {
    std::fputs(render_text(config.error(), std::span(&text, 1), chinese).c_str(), stderr);
    return kExitFindings;
  }
  const ConnectCall call{*config, options.has("anew"), options.has("send"), chinese};
  return tests ? test(call, words[1]) : list(call);
}

}  // namespace

int connect_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  const bool chinese = is_chinese(*options);
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing connect test 名称 --config 文件\n"
                          "      lianqing connect list --config 文件"
                        : "usage: lianqing connect test NAME --config FILE\n"
                          "       lianqing connect list --config FILE",
                options_help(kOptions, chinese).c_str());
    return 0;
  }
  const auto code = run(*options, chinese);
  return code ? *code : report(code.error(), chinese);
}

}  // namespace lianqing
