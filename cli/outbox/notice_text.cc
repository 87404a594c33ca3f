#include "cli/outbox/notice_text.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "cli/outbox/sinks.h"
#include "cli/translation.h"
#include "cli/words.h"
#include "connectors/sinks/journal.h"

namespace lianqing {
namespace {

struct CodeWord {
  std::string_view code, zh, en;
};
constexpr CodeWord kCodeWords[] = {
    {"shadow", "试运行的规则，不推送", "left out: the rule is in shadow"},
    {"backfilled", "新规则启用时对过去的判定，不推送",
     "left out: what new rules made of the past when they were activated"},
    {"history", "过去的预警（早于 7 天），不推送",
     "left out: history, older than seven days when it was read"},
    {"level", "此目标不要这一级别", "left out: the sink does not take this level"},
    {"fall", "此目标不要级别下降", "left out: the sink does not take falls"},
    {"rule", "此目标不要这条规则", "left out: the sink does not take this rule"},
    {"unit", "不在此目标的单位范围内", "left out: the unit is not in the sink's sub-trees"},
    {"settled", "等候期内已恢复原级别，不再发送",
     "nothing is told: within the settle time it was back where it began"},
    {"quiet", "免打扰时段或休息日，顺延", "held: quiet hours or a day off"},
    {"digest", "汇入每日摘要", "held for the digest"},
};

class NoticeStory {
 public:
  NoticeStory(std::string id, std::string sink, bool chinese)
      : id_(std::move(id)), sink_(std::move(sink)), chinese_(chinese) {}

  // True: the entry is about the notice, and was printed.
  bool tell(const OutboxEntry& entry) {
    if (!concerns(entry)) return false;
    if (!begun_) std::printf("%s %s\n", chinese_ ? "推送目标" : "sink", sink_.c_str());
    begun_ = true;
    const std::string at = format_rfc3339(std::chrono::floor<std::chrono::seconds>(entry.at));
    std::printf("  %s  %s\n", at.c_str(), sentence(entry).c_str());
    return true;
  }

 private:
  bool concerns(const OutboxEntry& entry) {
    if (entry.step == OutboxStep::edge && (entry.edge.id == id_ || entry.notice == id_)) {
      if (!entry.notice.empty()) ids_.insert(entry.notice);
      return true;
    }
    const auto known = [this](const std::string& id) { return ids_.contains(id); };
    return known(entry.notice) || std::any_of(entry.notices.begin(), entry.notices.end(), known);
  }

  std::string say(const std::string& zh, const std::string& en) const { return chinese_ ? zh : en; }

  std::string edge(const OutboxEntry& entry) const {
    const NoticeEdge& edge = entry.edge;
    std::string out = say("预警", "warning") + " " + edge.id + " (" + edge.unit + ", " + edge.rule;
    if (!edge.key.empty()) out += ", " + edge.key;
    out += ", " + std::string(level_word(edge.from, chinese_)) + "→" +
           std::string(level_word(edge.to, chinese_)) + ")";
    if (entry.notice.empty()) return out + "：" + outbox_word(entry.why, chinese_);
    out += say(" 归入通知 ", " joins notice ") + entry.notice;
    if (entry.next && *entry.next > entry.at) {
      out += say("，收集到 ", ", which is complete at ") + format_rfc3339(*entry.next);
    }
    return out;
  }

  std::string together(const OutboxEntry& entry) const {
    if (entry.notices.size() < 2) return {};
    const std::string n = std::to_string(entry.notices.size());
    return say("（一条消息含 " + n + " 个通知）", " (" + n + " notices in one message)");
  }

  std::string sentence(const OutboxEntry& entry) const {
    switch (entry.step) {
      case OutboxStep::edge: return edge(entry);
      case OutboxStep::close: {
        std::string out = say("通知完整", "the notice is complete");
        if (!entry.why.empty()) {
          out += "；" + outbox_word(entry.why, chinese_) + say("，最早 ", ", not before ") +
                 format_rfc3339(entry.next.value_or(entry.at));
        }
        return out;
      }
      case OutboxStep::drop: return outbox_word(entry.why, chinese_);
      case OutboxStep::attempt:
        return say("未送达：", "not delivered: ") + in_language(entry.why, chinese_) +
               together(entry) + say("；下次 ", "; next attempt ") +
               format_rfc3339(entry.next.value_or(entry.at));
      case OutboxStep::receipt: return say("已送达：", "delivered: ") + entry.why + together(entry);
      case OutboxStep::dead:
        return say("已放弃：", "given up: ") + in_language(entry.why, chinese_);
      case OutboxStep::retry: return say("按要求重发", "sent again, as asked");
      case OutboxStep::start:
      case OutboxStep::disabled:
      case OutboxStep::enabled: break;
    }
    return std::string(name(entry.step));
  }

  const std::string id_, sink_;
  const bool chinese_;
  bool begun_ = false;
  std::set<std::string, std::less<>> ids_;
};

}  // namespace

std::string outbox_word(const std::string& code, bool chinese) {
  for (const CodeWord& word : kCodeWords) {
    if (word.code == code) return std::string(chinese ? word.zh : word.en);
  }
  constexpr std::string_view kMuted = "muted:";
  if (!code.starts_with(kMuted)) return code;
  const std::string above = code.substr(kMuted.size());
  return chinese ? "上级单位 " + above + " 为红，静默" : "muted: " + above + " above it is red";
}

Result<int> explain_notice(const std::string& data, const std::string& id, bool chinese) {
  std::vector<std::string> sinks;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/outbox", error)) {
    sinks.push_back(entry.path().filename().string());
  }
  std::sort(sinks.begin(), sinks.end());
  bool found = false;
  for (const std::string& sink : sinks) {
    NoticeStory story(id, sink, chinese);
    const Status read = read_journal(outbox_directory(data, sink), [&](const OutboxEntry& entry) {
      found = story.tell(entry) || found;
    });
    if (!read) return Unexpected<Error>(read.error());
  }
  if (found) return 0;
  std::fprintf(stderr, "%s\n",
               (chinese ? data + "：没有关于 " + id + " 的推送决定"
                        : data + ": no sink has decided anything about " + id)
                   .c_str());
  return 1;
}

}  // namespace lianqing
