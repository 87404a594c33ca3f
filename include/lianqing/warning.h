// A warning: one transition of one rule for one unit (and key), with everything needed to explain
// and re-derive it. Plain data; its JSON form is written by cli/warning_json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/level.h"
#include "lianqing/number.h"
#include "lianqing/time.h"

namespace lianqing {

using Fact = std::variant<std::monostate, bool, Number, std::string>;

// Why an instance was judged. Stronger causes have larger ordinals.
enum class Cause : std::uint8_t { timer, event, activation, correction, retraction, decision };

// A list of texts in two blocks of memory, which are used again when the list is.
class TextList {
 public:
  void clear() {
    text_.clear();
    ends_.clear();
  }
  void push_back(std::string_view text) {
    text_ += text;
    ends_.push_back(text_.size());
  }
  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }
  bool contains(std::string_view text) const {
    for (std::size_t i = 0; i < size(); ++i) {
      if ((*this)[i] == text) return true;
    }
    return false;
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

struct NamedFact {
  std::string name;
  Fact value;
};

// A condition as it was judged: inner nodes are `and`, `or`, `not`; every leaf is there, whether it
// decided or not.
struct WhyNode {
  std::string op;    // "and" "or" "not", else the leaf's operator (">=", "in", "is" ...)
  std::string text;  // the condition as written
  bool verdict = false;
  // Leaves only:
  std::string operand;  // as written
  Fact value;
  std::string limit;  // as written
  Fact limit_value;
  std::optional<Number> margin;  // signed distance to the turning point; > 0: on the true side
  std::vector<WhyNode> all;      // children of inner nodes

  bool is_leaf() const { return all.empty(); }
};

struct Clause {
  std::string name;  // "needs" "yellow.enter" "yellow.exit" "red.enter" "red.exit"
  bool verdict = false;
  bool null_operand = false;
  std::optional<Instant> since;  // true at every judged instant since then
  std::string length;            // its `for` or `hold` in words of the rule; empty if none
  SourceSpan at;
  WhyNode why;
};

struct EvidenceWindow {
  std::string measure;
  std::optional<Instant> from;  // exclusive; none: since ever
  Instant to;                   // inclusive
  std::uint64_t events = 0;
};

struct Evidence {
  std::uint64_t total = 0;  // different events that the rule's measures hold
  TextList events;          // ids of the newest, newest first
  std::vector<EvidenceWindow> windows;
};

// What would change the level.
struct Outlook {
  enum class Kind : std::uint8_t {
    by_itself,  // at `at`, if nothing new comes, the level becomes `to`
    steady,     // nothing changes by itself before `at` (the horizon)
    by_more,    // `need` more on `measure` before `at` (if any) makes the level `to`
  } kind = Kind::steady;
  Level to = Level::green;
  std::optional<Instant> at;
  std::string measure;
  std::string limit;
  Number need;
};

struct Warning {
  std::string id;
  std::string unit;
  std::string rule;
  Bilingual title;
  std::optional<std::string> key;
  Level from = Level::green;
  Level to = Level::green;
  Cause cause = Cause::timer;
  bool revoked = false;  // falls because evidence was withdrawn, not because conditions eased
  bool shadow = false;
  // Explanations only: the level is kept for want of data; if that is the calendar's data of a
  // year, which (0: no).
  bool grey = false;
  int missing_year = 0;
  Instant time;
  std::uint64_t seq = 0;
  std::optional<Duration> late_by;
  std::string rules;  // hash of the activated rule set, hex
  std::vector<NamedFact> values;
  std::vector<Clause> why;
  Evidence evidence;
  Bilingual because;
  std::vector<Outlook> next;
  std::string duty;
};

}  // namespace lianqing
