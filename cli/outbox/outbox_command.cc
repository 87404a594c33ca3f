// lianqing outbox: what the sinks of a data directory still have to tell, beside a running daemon
// or without one.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/outbox/sinks.h"
#include "cli/translation.h"
#include "cli/words.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"data", true, false, "数据目录", "data directory"},
    {"sink", true, false, "只看此推送目标", "only this sink"},
    {"all", false, false, "list：连同只是等候的；retry：全部",
     "list: those that only wait, too; retry: all of them"},
    {"format", true, false, "text 或 json", "text or json"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr std::string_view kStates[] = {"open", "waiting", "dead"};

struct OutboxCall {
  std::string data;
  std::vector<std::string> sinks;
  std::vector<std::string> ids;
  bool all, json, chinese;

  const char* say(const char* zh, const char* en) const { return chinese ? zh : en; }
};

Result<Outbox> outbox_of(const OutboxCall& call, const std::string& sink) {
  OutboxPolicy policy;
  policy.sink = sink;
  Outbox out(std::move(policy));
  const Status read = read_newest_journal(outbox_directory(call.data, sink),
                                          [&](const OutboxEntry& entry) { out.apply(entry); });
  if (!read) return Unexpected<Error>(read.error());
  return out;
}

void print_json(const std::string& sink, const QueuedNotice& queued) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("sink").string(sink).key("notice").string(queued.notice.id);
  out.key("unit").string(queued.notice.unit).key("level").string(name(queued.notice.level));
  out.key("state").string(kStates[static_cast<std::size_t>(queued.state)]);
  out.key("since").string(format_rfc3339(queued.complete));
  out.key("attempts").unsigned_integer(queued.attempts).key("failure").string(queued.why);
  out.key("warnings").begin_array();
  for (const NoticeEdge& edge : queued.notice.edges) out.string(edge.id);
  out.end_array().end_object();
  std::printf("%s\n", text.c_str());
}

void print_text(const OutboxCall& call, const QueuedNotice& queued) {
  constexpr const char* kStatesZh[] = {"收集中", "等候", "未送达"};
  const auto state = static_cast<std::size_t>(queued.state);
  std::printf("  %s  %s  %s  %s%s  %s", queued.notice.id.c_str(),
              call.chinese ? kStatesZh[state] : std::string(kStates[state]).c_str(),
              queued.notice.unit.c_str(), std::string(level_symbol(queued.notice.level)).c_str(),
              std::string(level_word(queued.notice.level, call.chinese)).c_str(),
              format_rfc3339(queued.complete).c_str());
  if (queued.attempts > 0) {
    std::printf(call.say("  失败 %u 次", "  %u failures"), queued.attempts);
  }
  std::printf("%s%s\n", queued.why.empty() ? "" : "  ",
              in_language(queued.why, call.chinese).c_str());
}

Result<int> list(const OutboxCall& call) {
  bool dead = false;
  for (const std::string& sink : call.sinks) {
    LQ_TRY(const Outbox outbox, outbox_of(call, sink));
    const auto n = [&](QueuedNotice::State state) { return outbox.count(state); };
    if (!call.json) {
      std::printf(call.say("%s：收集中 %zu，等候 %zu，未送达 %zu%s\n",
                           "%s: %zu open, %zu waiting, %zu dead%s\n"),
                  sink.c_str(), n(QueuedNotice::State::open), n(QueuedNotice::State::waiting),
                  n(QueuedNotice::State::dead),
                  outbox.disabled()
                      ? call.say("；对方不再接收，已停用", "; disabled: the receiver wants no more")
                      : "");
      if (outbox.failures() > 0) {
        std::printf(call.say("  连续失败 %u 次：%s；下次 %s\n",
                             "  %u failures in a row: %s; next attempt %s\n"),
                    outbox.failures(), in_language(outbox.failure(), call.chinese).c_str(),
                    format_rfc3339(outbox.tried_again_at()).c_str());
      }
    }
    dead = dead || outbox.disabled() || n(QueuedNotice::State::dead) > 0;
    for (const auto& [place, queued] : outbox.queue()) {
      if (!call.all && queued.state != QueuedNotice::State::dead) continue;
      call.json ? print_json(sink, queued) : print_text(call, queued);
    }
  }
  return dead ? kExitFindings : 0;
}

Result<int> retry(const OutboxCall& call) {
  if (call.ids.empty() && !call.all) {
    return failure(ErrorCode::usage, "retry expects ids of notices, or --all");
  }
  for (const std::string& sink : call.sinks) {
    const Status asked = ask_for_retry(outbox_directory(call.data, sink), call.ids);
    if (!asked) return Unexpected<Error>(asked.error());
  }
  std::printf("%s\n",
              call.say("已登记：守护进程运行时一秒内重发，否则在下次启动时",
                       "noted: a running daemon sends again within a second, otherwise the next "
                       "one does when it starts"));
  return 0;
}

Result<OutboxCall> call_of(const Options& options) {
  OutboxCall call{options.value_or("data", ""),
                  {},
                  {},
                  options.has("all"),
                  options.value_or("format", "text") == "json",
                  is_chinese(options)};
  if (call.data.empty()) return failure(ErrorCode::usage, "--data DIR is needed");
  const std::string wanted = options.value_or("sink", "");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(call.data + "/outbox", error)) {
    const std::string sink = entry.path().filename().string();
    if (wanted.empty() || sink == wanted) call.sinks.push_back(sink);
  }
  std::sort(call.sinks.begin(), call.sinks.end());
  if (call.sinks.empty()) {
    return failure(ErrorCode::refused, call.data + "/outbox: no sink" +
                                           (wanted.empty() ? "" : " " + wanted) +
                                           " has run on this data directory");
  }
  const auto& words = options.positionals();
  if (!words.empty()) call.ids.assign(words.begin() + 1, words.end());
  return call;
}

}  // namespace

int outbox_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  const bool chinese = is_chinese(*options);
  const std::string action = options->positionals().empty() ? "" : options->positionals()[0];
  if (options->has("help") || action.empty()) {
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing outbox (list | retry 通知编号...) --data 目录 [选项]"
                        : "usage: lianqing outbox (list | retry NOTICE-ID...) --data DIR [OPTIONS]",
                options_help(kOptions, chinese).c_str());
    return options->has("help") ? 0 : kExitUsage;
  }
  if (action != "list" && action != "retry") {
    return report({ErrorCode::usage, "expected list or retry, not '" + action + "'"}, chinese);
  }
  const auto call = call_of(*options);
  if (!call) return report(call.error(), chinese);
  const auto done = action == "list" ? list(*call) : retry(*call);
  return done ? *done : report(done.error(), chinese);
}

}  // namespace lianqing
