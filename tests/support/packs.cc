#include "tests/support/packs.h"

#include <gtest/gtest.h>

#include "connectors/content_hash.h"
#include "engine/rationale.h"

#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <mutex>

namespace lianqing {
namespace {

constexpr std::string_view kHead =
    "pack: {id: test, title: Test, timezone: Asia/Shanghai, calendar: test}\n";
constexpr std::string_view kCalendar =
    "calendar: test\n"
    "years:\n"
    "  2026: {}\n";

// What events point into.
struct Texts {
  std::deque<std::string> texts;
  std::deque<std::vector<Field>> fields;
  std::deque<std::vector<Scalar>> lists;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
  Scalar scalar(const Value& value) {
    if (const auto* b = std::get_if<bool>(&value.value)) return {*b};
    if (const auto* n = std::get_if<Number>(&value.value)) return {*n};
    if (const auto* t = std::get_if<std::string>(&value.value)) return {keep(*t)};
    if (const auto* l = std::get_if<std::vector<Value>>(&value.value)) {
      std::vector<Scalar> elements;
      for (const Value& element : *l) elements.push_back(scalar(element));
      return {ScalarList(lists.emplace_back(std::move(elements)))};
    }
    return {};
  }
};

Texts& arena() {
  static Texts texts;
  return texts;
}

ContentHash hash_of(const std::string& text) {
  return {std::hash<std::string>{}(text), std::hash<std::string>{}(text + "#")};
}

std::string to_text(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value.value)) return *b ? "true" : "false";
  if (const auto* n = std::get_if<Number>(&value.value)) return n->to_string();
  if (const auto* t = std::get_if<std::string>(&value.value)) return '"' + *t + '"';
  std::string out = "[";
  if (const auto* l = std::get_if<std::vector<Value>>(&value.value)) {
    for (const Value& element : *l) out += to_text(element) + ",";
    return out + "]";
  }
  return "null";
}

std::string to_text(const Fact& fact) {
  if (const auto* b = std::get_if<bool>(&fact)) return *b ? "true" : "false";
  if (const auto* n = std::get_if<Number>(&fact)) return n->to_string();
  if (const auto* t = std::get_if<std::string>(&fact)) return '"' + *t + '"';
  return "null";
}

std::string to_text(const std::optional<Instant>& t) { return t ? format_rfc3339(*t) : "-"; }

std::string to_text(const WhyNode& node) {
  std::string out = "(" + node.op + (node.verdict ? "+" : "-") + node.text;
  if (node.is_leaf()) {
    out += " " + node.operand + "=" + to_text(node.value) + " " + node.limit + "=" +
           to_text(node.limit_value) + " " + (node.margin ? node.margin->to_string() : "-");
  }
  for (const WhyNode& child : node.all) out += to_text(child);
  return out + ")";
}

std::string brief(const Warning& w) {
  constexpr std::string_view kCauses[] = {"timer",      "event",      "activation",
                                          "correction", "retraction", "decision"};
  std::string out = format_rfc3339(w.time) + " " + w.unit + " " + w.rule;
  if (w.key) out += "[" + *w.key + "]";
  out += " " + std::string(name(w.from)) + ">" + std::string(name(w.to)) + " ";
  return out + std::string(kCauses[static_cast<std::size_t>(w.cause)]);
}

std::string whole(const Warning& w, bool identity) {
  std::string out = brief(w) + " " + w.id + " " + w.rules;
  if (identity) out += " seq " + std::to_string(w.seq);
  if (w.late_by) out += " late " + std::to_string(w.late_by->count());
  out += w.shadow ? " shadow" : "";
  for (const NamedFact& value : w.values) out += "\n  " + value.name + "=" + to_text(value.value);
  for (const Clause& clause : w.why) {
    out += "\n  " + clause.name + (clause.verdict ? "+" : "-") + (clause.null_operand ? "?" : "") +
           " " + to_text(clause.since) + " " + clause.length + " " + to_text(clause.why);
  }
  out += "\n  evidence " + std::to_string(w.evidence.total);
  for (std::size_t i = 0; i < w.evidence.events.size(); ++i) {
    out += ' ';
    out += w.evidence.events[i];
  }
  for (const EvidenceWindow& window : w.evidence.windows) {
    out += "\n  window " + window.measure + " " + to_text(window.from) + " " +
           format_rfc3339(window.to) + " " + std::to_string(window.events);
  }
  for (const Outlook& next : w.next) {
    out += "\n  next " + std::to_string(static_cast<int>(next.kind)) + " " +
           std::string(name(next.to)) + " " + to_text(next.at) + " " + next.measure + " " +
           next.limit + " " + next.need.to_string();
  }
  return out + "\n  " + w.because.zh + " " + w.because.en + " " + w.duty;
}

}  // namespace

std::shared_ptr<const Program> pack(std::string_view yaml) {
  std::string text = "version: 1\n";
  if (!yaml.starts_with("pack:") && yaml.find("\npack:") == std::string_view::npos) text += kHead;
  text += yaml;
  const SourceText files[] = {{"test.yaml", text}};
  const SourceText calendars[] = {{"test.yaml", std::string(kCalendar)}};
  auto program = compile_pack(files, calendars);
  if (program) return *program;
  for (const Diagnostic& d : program.error()) {
    std::cerr << d.code << " line " << d.at.line << ":" << d.at.column << " " << d.message.en
              << " / " << d.suggestion.en << "\n";
  }
  std::cerr << "the pack of this test does not compile:\n" << text << std::endl;
  std::abort();
}

Instant at(std::string_view rfc3339) { return parse_rfc3339(rfc3339).value(); }

Event event(std::string_view id, std::string_view unit, std::string_view type, Instant time,
            const Data& data, std::optional<Instant> recorded) {
  Texts& texts = arena();
  Event out;
  out.id = texts.keep(id);
  out.source = "test";
  out.type = texts.keep(type);
  out.unit = texts.keep(unit);
  out.time = time;
  out.recorded = recorded;
  std::vector<Field> fields;
  std::string content = std::string(type) + '\n' + std::string(unit) + format_rfc3339(time);
  for (const auto& [path, value] : data) {
    fields.push_back({texts.keep(path), texts.scalar(value)});
    content += '\n' + path + '=' + to_text(value);
  }
  out.data = texts.fields.emplace_back(std::move(fields));
  out.identity = identity_hash(out.source, id);
  out.content = hash_of(content);
  out.raw = out.id;
  return out;
}

Event event(std::string_view id, std::string_view unit, std::string_view type,
            std::string_view time, const Data& data, std::string_view recorded) {
  std::optional<Instant> known;
  if (!recorded.empty()) known = at(recorded);
  return event(id, unit, type, at(time), data, known);
}

std::vector<std::string> Ran::lines() const {
  std::vector<std::string> out;
  for (const Warning& warning : warnings) out.push_back(brief(warning));
  return out;
}

std::vector<std::string> Ran::full(bool identity) const {
  std::vector<std::string> out;
  for (const Warning& warning : warnings) out.push_back(whole(warning, identity));
  return out;
}

struct Machine::Rendered {
  std::mutex mutex;
  std::vector<Warning> warnings;  // Leaving::text is the index
};

Machine::Machine(std::shared_ptr<const Program> program, RunOptions options, Store* store)
    : options_(std::move(options)), rendered_(std::make_unique<Rendered>()) {
  options_.replay.identity_of = identity_hash;
  if (!options_.replay.fold.reasons) {
    options_.replay.brief = [this, program](Leaving& leaving, std::uint32_t rule,
                                            std::span<const Fact> values) {
      leaving.text = std::to_string(rendered_->warnings.size());
      Warning& warning = rendered_->warnings.emplace_back();
      write_always(replay_->fold(), program->rules[rule], warning);
      EXPECT_EQ(warning.rule, leaving.rule);
      EXPECT_EQ(warning.shadow, leaving.shadow);
      EXPECT_EQ(warning.values.size(), values.size());
      for (std::size_t i = 0; i < values.size(); ++i) warning.values[i].value = values[i];
      warning.id = leaving.id;
      warning.unit = leaving.unit;
      if (leaving.keyed) warning.key = leaving.key;
      warning.from = leaving.from;
      warning.to = leaving.to;
      warning.cause = leaving.cause;
      warning.revoked = leaving.revoked;
      warning.time = leaving.time;
      warning.seq = leaving.seq;
    };
  }
  replay_ = std::make_unique<Replay>(
      std::move(program), options_.units, options_.replay, store,
      [this](const Warning& warning, std::string& text) {
        const std::lock_guard lock(rendered_->mutex);
        text = std::to_string(rendered_->warnings.size());
        rendered_->warnings.push_back(warning);
      },
      [this](const Leaving& leaving) -> Status {
        ran_.warnings.push_back(rendered_->warnings[std::stoul(leaving.text)]);
        return {};
      },
      [this](Rejection rejection) { ran_.rejections.push_back(std::move(rejection)); });
}
Machine::~Machine() = default;

bool Machine::check(const Status& status) {
  if (!status && ran_.error.empty()) ran_.error = status.error().what;
  return status.has_value();
}

bool Machine::feed(const std::vector<Event>& events, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    if (!check(replay_->admit(events[i]))) return false;
    const bool full = options_.flush_every != 0 && replay_->waiting() >= options_.flush_every;
    if (full && !check(replay_->flush())) return false;
  }
  return true;
}

bool Machine::finish() {
  const bool done = check(replay_->finish());
  ran_.counts = replay_->counts();
  return done;
}

Ran run(std::shared_ptr<const Program> program, const std::vector<Event>& events,
        RunOptions options) {
  Machine machine(std::move(program), std::move(options));
  if (machine.feed(events, 0, events.size())) machine.finish();
  machine.ran().counts = machine.replay().counts();
  return std::move(machine.ran());
}

}  // namespace lianqing
