#include "cli/log_check.h"

#include <algorithm>

#include "cli/columns.h"
#include "cli/progress.h"
#include "cli/warning_json.h"
#include "cli/words.h"
#include "connectors/content_hash.h"
#include "connectors/json_writer.h"
#include "engine/replay.h"
#include "rules/lint/lint.h"
#include "rules/lower.h"
#include "rules/measures/lowering.h"
#include "rules/report.h"

namespace lianqing {
namespace {

constexpr std::size_t kMostValues = 1000;  // of one field that are kept
constexpr std::uint64_t kFewUnits = 5;     // fewer say nothing about shares
constexpr int kTooManyPercent = 20;

struct SeenField {
  std::uint64_t count = 0;
  std::set<std::string, std::less<>> texts;
  bool complete = true;  // no more different texts than could be kept
};
struct SeenType {
  std::uint64_t count = 0;
  std::map<std::string, SeenField, std::less<>> fields;
};
using Seen = std::map<std::string, SeenType, std::less<>>;

void note_event(const Event& event, Seen& seen) {
  auto at = seen.find(event.type);
  if (at == seen.end()) at = seen.emplace(std::string(event.type), SeenType{}).first;
  ++at->second.count;
  for (const Field& field : event.data) {
    auto& fields = at->second.fields;
    auto known = fields.find(field.path);
    if (known == fields.end()) known = fields.emplace(std::string(field.path), SeenField{}).first;
    ++known->second.count;
    const auto* text = std::get_if<std::string_view>(&field.value.value);
    if (text == nullptr || known->second.texts.contains(*text)) continue;
    if (known->second.texts.size() < kMostValues) {
      known->second.texts.emplace(*text);
    } else {
      known->second.complete = false;
    }
  }
}

// Rises and standing levels per rule, from the warnings as they leave.
class Firings {
 public:
  explicit Firings(const Program& program) : program_(program) {}

  void add(const Leaving& leaving) {
    State& state = states_[leaving.rule];
    const std::string local = local_text(program_, leaving.time);
    if (leaving.from < leaving.to) {
      FiringCount& count = state.out.to[static_cast<std::size_t>(leaving.to)];
      ++count.total;
      ++count.months[local.substr(0, 7)];
    }
    auto& keys = state.lit[leaving.unit];
    if (leaving.to == Level::green) {
      keys.erase(leaving.key);
      if (keys.empty()) state.lit.erase(leaving.unit);
    } else {
      keys.insert(leaving.key);
      state.ever.insert(leaving.unit);
    }
    if (state.lit.size() > state.out.most) {
      state.out.most = state.lit.size();
      state.out.most_day = local.substr(0, 10);
    }
  }

  std::vector<RuleFirings> take() {
    std::vector<RuleFirings> out;
    for (const Rule& rule : program_.rules) {
      if (rule.status == RuleStatus::draft || rule.status == RuleStatus::retired) continue;
      State& state = states_[rule.id];
      state.out.rule = rule.id;
      state.out.units = state.ever.size();
      out.push_back(std::move(state.out));
    }
    return out;
  }

 private:
  struct State {
    RuleFirings out;
    std::map<std::string, std::set<std::string>> lit;  // unit -> keys
    std::set<std::string> ever;
  };
  const Program& program_;
  std::map<std::string, State> states_;
};

// "a (12), b (3) and 4 more"
Bilingual listing(std::vector<std::pair<std::string, std::uint64_t>> counted) {
  std::stable_sort(counted.begin(), counted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr std::size_t kShown = 5;
  Bilingual out;
  for (std::size_t i = 0; i < std::min(kShown, counted.size()); ++i) {
    const std::string one = counted[i].first + " (" + std::to_string(counted[i].second) + ")";
    out.zh += (out.zh.empty() ? "" : "、") + one;
    out.en += (out.en.empty() ? "" : ", ") + one;
  }
  if (counted.size() > kShown) {
    const std::string more = std::to_string(counted.size() - kShown);
    out.zh += " 等，另有 " + more + " 种";
    out.en += " and " + more + " more";
  }
  return out;
}

class LogFindings {
 public:
  LogFindings(const LogCheckRequest& request, const Seen& seen, LogCheck& check)
      : syntax_(request.syntax),
        program_(*request.program),
        units_(request.units),
        seen_(seen),
        check_(check) {}

  void find() {
    find_types();
    find_fields();
    for (const Stream& stream : program_.streams) {
      if (stream.source == StreamSource::events) find_values(stream.where, stream.types);
      if (stream.source == StreamSource::events) find_values(stream.flag, stream.types);
    }
    for (const Item& item : program_.items) {
      find_values(item.open_where, item.open);
      find_values(item.close_where, item.close);
    }
    for (const Rule& rule : program_.rules) find_rule(rule);
    find_sizes();
    sort_findings(check_.findings);
  }

 private:
  bool occurs(std::uint32_t type) const { return seen_.contains(program_.types[type].name); }

  // Types that measures wait for, and types that the pack does not know.
  void find_types() {
    std::set<std::uint32_t> told;
    for (const Measure& measure : program_.measures) {
      if (measure.window == kNone) continue;
      const Stream& stream = program_.streams[program_.windows[measure.window].stream];
      for (const std::uint32_t type : stream.types) {
        if (occurs(type) || !told.insert(type).second) continue;
        const std::string& name = program_.types[type].name;
        report(
            check_.findings, "R210", measure.at,
            {"日志里从来没有事件“" + name + "”，指标“" + measure.name + "”数不到它",
             "the log never has an event '" + name + "', which '" + measure.name + "' looks for"},
            {"核对事件名，或等来源接入后再看", "look at the spelling, or wait for its source"});
      }
    }
    std::vector<std::pair<std::string, std::uint64_t>> unknown;
    for (const auto& [name, type] : seen_) {
      const bool known = std::any_of(program_.types.begin(), program_.types.end(),
                                     [&name = name](const EventType& t) { return t.name == name; });
      if (!known) unknown.emplace_back(name, type.count);
    }
    if (unknown.empty()) return;
    const Bilingual list = listing(std::move(unknown));
    report(check_.findings, "R212", syntax_.head.at,
           {"日志里有规则包不认识的事件：" + list.zh,
            "the log has events that the pack does not know: " + list.en},
           {"要用就在 events 中声明；否则不必理会", "declare them under events to use them"});
  }

  void find_fields() {
    for (const EventSyntax& event : syntax_.events) {
      const auto type = seen_.find(event.name);
      if (type == seen_.end() || event.fields.empty()) continue;
      std::vector<std::pair<std::string, std::uint64_t>> unknown;
      for (const auto& [path, field] : type->second.fields) {
        const bool known =
            std::any_of(event.fields.begin(), event.fields.end(),
                        [&path = path](const FieldSyntax& f) { return f.name == path; });
        if (!known) unknown.emplace_back(path, field.count);
      }
      if (unknown.empty()) continue;
      const Bilingual list = listing(std::move(unknown));
      report(check_.findings, "R213", event.at,
             {"事件“" + event.name + "”有没声明的字段：" + list.zh,
              "events '" + event.name + "' have fields that are not declared: " + list.en},
             {"声明后可以检查拼写和类型", "declare them to have spelling and types checked"});
    }
  }

  // Texts that a condition compares a field with and that the field never has.
  void find_values(std::uint32_t where, const std::vector<std::uint32_t>& types) {
    if (where == kNone ||
        std::none_of(types.begin(), types.end(), [&](std::uint32_t type) { return occurs(type); }))
      return;
    const Expr& expr = program_.exprs[where];
    for_compared(expr, [&](const ExprNode& field, const Cell& value, const ExprNode& at) {
      if (field.op != Op::field || value.tag != CellTag::text) return;
      const std::string& path = program_.slots[field.a].path;
      const std::string& text = program_.symbols[static_cast<std::size_t>(value.num)];
      for (const std::uint32_t type : types) {
        const auto seen = seen_.find(program_.types[type].name);
        if (seen == seen_.end()) continue;
        const auto values = seen->second.fields.find(path);
        if (values == seen->second.fields.end()) continue;
        if (!values->second.complete || values->second.texts.contains(text)) return;
      }
      report(check_.findings, "R211", node_span(expr, at),
             {"日志里字段“" + path + "”从来没有值“" + text + "”",
              "in the log field '" + path + "' never has the value '" + text + "'"},
             {"核对代码是否一致", "see whether both sides use the same code"});
    });
  }

  // A number in the register by which the units differ much and of which no rule takes notice.
  void find_sizes() {
    constexpr std::size_t kEnoughUnits = 10;
    constexpr std::int64_t kMuch = 5;  // times, between the ninth and the first tenth
    const Rule* rule = counting_rule(program_);
    if (rule == nullptr) return;
    std::map<std::string, std::vector<Number>> sizes;
    for (const RegisteredUnit& unit : units_) {
      for (const auto& [column, fact] : unit.columns) {
        const auto* number = std::get_if<Number>(&fact);
        if (number != nullptr && Number(0) < *number) sizes[column].push_back(*number);
      }
    }
    for (auto& [column, numbers] : sizes) {
      const auto& used = program_.unit_attributes;
      if (numbers.size() < kEnoughUnits ||
          std::find(used.begin(), used.end(), column) != used.end())
        continue;
      std::sort(numbers.begin(), numbers.end());
      const Number low = numbers[numbers.size() / 10], high = numbers[numbers.size() * 9 / 10];
      if (high < low * Number(kMuch)) continue;
      report(
          check_.findings, "R203", syntax_.head.at,
          {"单位的 " + column + " 相差很大（" + low.to_string() + " 到 " + high.to_string() +
               "），规则“" + rule->id + "”等却用同一界限衡量件数",
           "units differ much in " + column + " (" + low.to_string() + " to " + high.to_string() +
               "), yet '" + rule->id + "' and others hold counts to one limit"},
          {"例如 {value: \"件数 / unit." + column + "\"}，或与同类单位相比（peers）",
           "such as {value: \"n / unit." + column + "\"}, or compare with peers"});
    }
  }

  void find_rule(const Rule& rule) {
    const auto at = std::find_if(check_.rules.begin(), check_.rules.end(),
                                 [&](const RuleFirings& r) { return r.rule == rule.id; });
    if (at == check_.rules.end()) return;
    if (at->units == 0) {
      report(check_.findings, "R215", rule.at,
             {"规则“" + rule.id + "”在这份日志里从未亮过",
              "rule '" + rule.id + "' never fires on this log"},
             {"界限可能太高，或数据还没有接入", "its limits may be too high, or its data missing"});
      return;
    }
    if (check_.units < kFewUnits || at->most * 100 <= check_.units * kTooManyPercent) return;
    const std::string share = std::to_string(at->most * 100 / check_.units) + "%";
    const std::string most = std::to_string(at->most), all = std::to_string(check_.units);
    report(check_.findings, "R214", rule.at,
           {"规则“" + rule.id + "”会在 " + at->most_day + " 同时点亮 " + most + " 个单位，占 " +
                all + " 个的 " + share,
            "rule '" + rule.id + "' would light " + most + " of " + all + " units (" + share +
                ") at once on " + at->most_day},
           {"界限可能太低：大家都亮，就看不出谁有问题",
            "its limits may be too low: when all are lit nobody stands out"});
  }

  const PackSyntax& syntax_;
  const Program& program_;
  const std::vector<RegisteredUnit>& units_;
  const Seen& seen_;
  LogCheck& check_;
};

}  // namespace

Result<LogCheck> check_log(const LogCheckRequest& request) {
  LogCheck out;
  Seen seen;
  Firings firings(*request.program);
  Progress progress(request.progress);
  ReplayOptions options;
  options.threads = request.threads;
  options.mode = request.log.mode;
  options.identity_of = identity_hash;
  options.admitted = [&](const Event& event, const LogEntry&, std::string_view) {
    note_event(event, seen);
  };
  Replay replay(
      request.program, request.units, options, nullptr, [](const Warning&, std::string&) {},
      [&](const Leaving& leaving) {
        firings.add(leaving);
        return Status{};
      },
      [](Rejection) {});
  const Status fed = feed(
      replay, request.log, [&](std::uint64_t n, const ReadingProgress& r) { progress.tell(n, r); },
      [](std::uint64_t) { return Status{}; });
  if (!fed) return Unexpected<Error>(fed.error());
  out.records = replay.counts().read;
  out.quarantined = replay.counts().quarantined;
  out.units = replay.unit_count();
  out.rules = firings.take();
  LogFindings(request, seen, out).find();
  return out;
}

// ---- telling

namespace {

std::set<std::string> months_of(const LogCheck& check) {
  std::set<std::string> out;
  for (const RuleFirings& rule : check.rules) {
    for (const FiringCount& count : rule.to) {
      for (const auto& [month, n] : count.months) out.insert(month);
    }
  }
  return out;
}

}  // namespace

std::string render_text(const LogCheck& check, bool chinese) {
  constexpr std::size_t kMostMonths = 12;
  const std::set<std::string> all = months_of(check);
  const std::size_t left_out = all.size() - std::min(all.size(), kMostMonths);
  const std::vector<std::string> months(
      std::next(all.begin(), static_cast<std::ptrdiff_t>(left_out)), all.end());
  std::vector<std::vector<std::string>> rows;
  std::vector<bool> right{false, false, true, true, true};
  rows.push_back(chinese ? std::vector<std::string>{"规则", "级别", "次数", "单位数", "同时最多"}
                         : std::vector<std::string>{"rule", "level", "rises", "units", "at once"});
  for (const std::string& month : months) {
    rows[0].push_back(month);
    right.push_back(true);
  }
  for (const RuleFirings& rule : check.rules) {
    for (const Level level : {Level::yellow, Level::red}) {
      const FiringCount& count = rule.to[static_cast<std::size_t>(level)];
      const bool first = level == Level::yellow;
      std::vector<std::string> row{first ? rule.rule : "", std::string(level_word(level, chinese)),
                                   std::to_string(count.total),
                                   first ? std::to_string(rule.units) : "",
                                   first ? std::to_string(rule.most) : ""};
      for (const std::string& month : months) {
        const auto at = count.months.find(month);
        row.push_back(at == count.months.end() ? "·" : std::to_string(at->second));
      }
      rows.push_back(std::move(row));
    }
  }
  const std::string records = std::to_string(check.records), units = std::to_string(check.units),
                    kept_out = std::to_string(check.quarantined),
                    earlier = std::to_string(left_out);
  std::string out = chinese ? "\n在这份日志上（" + records + " 条记录，隔离 " + kept_out + " 条，" +
                                  units + " 个单位），各规则会这样亮：\n"
                            : "\nOn this log (" + records + " records, " + kept_out +
                                  " quarantined, " + units + " units) the rules would fire so:\n";
  out += columns(rows, right);
  if (left_out > 0) {
    out += chinese ? "（只列最近 12 个月，更早的 " + earlier + " 个月见 --format json）\n"
                   : "(the last 12 months; " + earlier + " earlier ones with --format json)\n";
  }
  return out;
}

void write_json(const LogCheck& check, JsonWriter& out) {
  out.key("records").unsigned_integer(check.records);
  out.key("quarantined").unsigned_integer(check.quarantined);
  out.key("units").unsigned_integer(check.units).key("rules").begin_array();
  for (const RuleFirings& rule : check.rules) {
    out.begin_object().key("rule").string(rule.rule).key("units").unsigned_integer(rule.units);
    out.key("most_at_once").unsigned_integer(rule.most).key("most_on");
    if (rule.most == 0) {
      out.null();
    } else {
      out.string(rule.most_day);
    }
    for (const Level level : {Level::yellow, Level::red}) {
      const FiringCount& count = rule.to[static_cast<std::size_t>(level)];
      out.key(name(level)).begin_object().key("rises").unsigned_integer(count.total);
      out.key("months").begin_object();
      for (const auto& [month, n] : count.months) out.key(month).unsigned_integer(n);
      out.end_object().end_object();
    }
    out.end_object();
  }
  out.end_array();
}

}  // namespace lianqing
