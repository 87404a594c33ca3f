// A casebook on a stage: transitions and records in words, local times of 2026 (Asia/Shanghai,
// with that year's holidays), steps and colours back as lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/casebook/casebook.h"
#include "rules/program.h"

namespace lianqing {

// `03-02 09:00` or `03-02` (00:00) of 2026, or with the year in front.
Instant local(std::string_view text);
std::string local_line(Instant t);

// Rules a (duty standard), b (no duty), total (a roll-up), both (takes a's and c's cases over when
// red, no duty), c (duty short: one step `sign` of 1 d for yellow and red, ladder chase 0, red 2 d,
// no observation). The calendar covers 2025 to 2026. The source /hotline must report within 2 days.
// The shade blue ranks above green; c shows yellow as orange.
Program stage();

struct Play {
  using Fields = std::vector<std::pair<std::string, Fact>>;
  using Lines = std::vector<std::string>;

  explicit Play(const Program& program) : book(program), program_(program) {}

  // A transition; its warning is called w1, w2 ... in order.
  Play& move(std::string_view time, const std::string& rule, Level from, Level to,
             bool revoked = false);
  Play& rise(std::string_view time, const std::string& rule, Level to) {
    return move(time, rule, to == Level::red ? last_[rule] : Level::green, to);
  }
  Play& fall(std::string_view time, const std::string& rule, Level to) {
    return move(time, rule, last_[rule], to);
  }
  Play& withdraw(std::string_view time, const std::string& rule, Level to) {
    return move(time, rule, last_[rule], to, true);
  }
  Play& tell(std::string_view time, const std::string& type, Fields fields = {},
             const std::string& happened = {});
  // warning_action by `desk`.
  Play& act(std::string_view time, const std::string& warning, const std::string& action,
            Fields more = {{"reason", "r"}});
  Play& until(std::string_view time);

  // What came out since the last call. `03-02 09:00 w1 opened candidate>issued green>yellow
  // rule_rose`, without the parts that do not change.
  Lines steps();
  // `03-02 09:00 u yellow warning w1`, `... yellow! grey` if pending.
  Lines colours();
  const Case& operator[](const std::string& warning) const { return *book.find("u", warning); }

  Casebook book;

 private:
  const Program& program_;
  std::map<std::string, Level> last_;
  int warnings_ = 0, records_ = 0;
};

std::string line(const CaseStep& step);
std::string line(const ColourChange& change);

}  // namespace lianqing
