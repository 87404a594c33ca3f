#include "cli/explain_run.h"

#include <algorithm>
#include <mutex>

#include "cli/case_text.h"
#include "cli/progress.h"
#include "cli/rule_differences.h"
#include "cli/warning_json.h"
#include "cli/words.h"
#include "connectors/content_hash.h"
#include "engine/casebook/desk.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

class Explain {
 public:
  explicit Explain(const ExplainRequest& request)
      : request_(request), program_(*request.replay.program), style_(request.replay.style) {}

  Result<int> run() {
    Progress progress(request_.replay.progress);
    ReplayOptions options = request_.replay.options;
    options.identity_of = identity_hash;
    if (!request_.warning.empty()) options.fold.evidence = 1000;
    Desk desk(program_);
    options.admitted = [&](const Event& event, const LogEntry& entry, std::string_view unit) {
      desk.admitted(event, entry, unit);
    };
    options.grey = [&](const GreyChange& change) { desk.grey(change); };
    Replay replay(
        request_.replay.program, request_.replay.units, options, nullptr,
        [this](const Warning& warning, std::string&) { catch_wanted(warning); },
        [&](const Leaving& leaving) {
          desk.left(leaving);
          return Status{};
        },
        [](const Rejection&) {});
    const Status fed = feed(
        replay, request_.replay.log,
        [&](std::uint64_t n, const ReadingProgress& r) { progress.tell(n, r); },
        [](std::uint64_t) { return Status{}; });
    progress.clear();
    if (!fed) return Unexpected<Error>(fed.error());
    if (request_.backfilled) {
      if (Status s = judge_backfilled(replay, *request_.backfilled); !s) {
        return Unexpected<Error>(s.error());
      }
    }
    if (!request_.warning.empty()) return tell_warning();
    const Instant end = std::max(replay.clock().value_or(kBeforeAll),
                                 request_.replay.options.until.value_or(kBeforeAll));
    desk.book(end, true);
    return tell_unit(replay, desk.casebook(), end);
  }

 private:
  const char* say(const char* zh, const char* en) const { return style_.chinese ? zh : en; }

  // Called from several threads; an id occurs once.
  void catch_wanted(const Warning& warning) {
    if (warning.id != request_.warning) return;
    const std::lock_guard lock(mutex_);
    wanted_ = warning;
  }

  // What an activation told is no transition of the fold: it is judged as the activation did.
  Status judge_backfilled(Replay& replay, const ToldWarning& told) {
    LQ_TRY(const UnitState* unit, replay.unit(told.unit));
    if (unit == nullptr) return {};
    for (const auto& [where, index] : unit->instance_of) {
      const Instance& instance = unit->instances[index];
      if (program_.rules[instance.rule].id != told.rule) continue;
      const Warning warning = activation_warning(replay.fold(), *unit, instance, replay.last_seq(),
                                                 told.time, told.from, told.to);
      catch_wanted(warning);
    }
    return {};
  }

  int tell_warning() const {
    if (!wanted_) {
      std::fprintf(
          stderr, "lianqing: %s\n",
          (say("回放中没有编号为 ", "the replay gives no warning with id ") + request_.warning +
           say("（规则包、事件或单位表是否相同？）", " (same pack, events and units?)"))
              .c_str());
      return 1;
    }
    print(*wanted_, request_.backfilled ? Told::backfilled : Told::change);
    return 0;
  }

  Result<int> tell_unit(Replay& replay, const Casebook& casebook, Instant now) const {
    LQ_TRY(const UnitState* unit, replay.unit(request_.unit));
    if (unit == nullptr) {
      std::string names;
      for (const std::string& name : replay.unit_names()) {
        if (names.size() < 200) names += (names.empty() ? "" : ", ") + name;
      }
      std::fprintf(stderr, "lianqing: %s '%s'; %s: %s\n", say("没有单位", "no unit"),
                   request_.unit.c_str(), say("已有", "there are"), names.c_str());
      return 1;
    }
    const Instant end = std::max(unit->clock, now);
    std::vector<Warning> all;
    for (const auto& [where, index] : unit->instance_of) {
      const Instance& instance = unit->instances[index];
      if (!request_.rule.empty() && program_.rules[instance.rule].id != request_.rule) continue;
      Warning warning = replay.fold().explain(*unit, instance, replay.last_seq(), end);
      if (!request_.key.empty() && warning.key != request_.key) continue;
      all.push_back(std::move(warning));
    }
    if (all.empty()) {
      std::fprintf(stderr, "lianqing: %s\n",
                   say("该单位没有这条规则（或分组）的评判",
                       "the unit has no judgement of that rule (or key)"));
      return 1;
    }
    std::sort(all.begin(), all.end(), [](const Warning& a, const Warning& b) {
      return std::tuple(b.to, a.rule, a.key) < std::tuple(a.to, b.rule, b.key);
    });
    if (!request_.json) tell_colour(*unit, end, casebook);
    for (const Warning& warning : all) print(warning, Told::standing);
    return 0;
  }

  void tell_colour(const UnitState& unit, Instant end, const Casebook& casebook) const {
    const UnitColour colour = casebook.colour(unit.name);
    std::string out =
        unit.name + "  " + painted(colour.shown, style_) + "  " + local_text(program_, end);
    if (!unit.registered) out += say("  （未登记）", "  (not in the register)");
    out += "\n" + sentence(colour, program_).in(style_.chinese) + "\n";
    for (const Case* c : casebook.open_cases(unit.name)) {
      out +=
          case_text(*c, casebook.is_flapping(unit.name, {c->rule, c->key}), table_, style_.chinese);
    }
    std::printf("%s\n", out.c_str());
  }

  void print(const Warning& warning, Told told) const {
    const std::string text = !request_.json ? explanation(warning, program_, told, style_)
                             : told == Told::backfilled ? activation_json(warning, program_)
                                                        : to_json(warning, program_);
    std::printf("%s\n", text.c_str());
  }

  const ExplainRequest& request_;
  const Program& program_;
  Style style_;
  DutyTable table_{program_};
  std::mutex mutex_;
  std::optional<Warning> wanted_;
};

}  // namespace

int run_explain(const ExplainRequest& request) {
  const Result<int> code = Explain(request).run();
  return code ? *code : report(code.error(), request.replay.style.chinese);
}

}  // namespace lianqing
