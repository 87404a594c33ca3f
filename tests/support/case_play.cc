#include "tests/support/case_play.h"

#include <cstdlib>

namespace lianqing {
namespace {

constexpr Duration kEast = days(1) / 3;  // Asia/Shanghai

LocalDay day(int year, unsigned month, unsigned of_month) {
  using namespace std::chrono;
  return LocalDay{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{of_month}};
}

void list(Calendar& calendar, LocalDay first, int count, bool working) {
  for (int i = 0; i < count; ++i) calendar.listed[first + std::chrono::days{i}] = working;
}

// The schedule of 2026 as announced.
Calendar calendar() {
  Calendar out;
  out.name = "cn";
  out.years = {2025, 2026};
  list(out, day(2026, 1, 1), 3, false);
  list(out, day(2026, 2, 15), 9, false);
  list(out, day(2026, 4, 4), 3, false);
  list(out, day(2026, 5, 1), 5, false);
  list(out, day(2026, 6, 19), 3, false);
  list(out, day(2026, 9, 25), 3, false);
  list(out, day(2026, 10, 1), 7, false);
  for (const auto& [month, of_month] :
       {std::pair{1U, 4U}, {2U, 14U}, {2U, 28U}, {5U, 9U}, {9U, 20U}, {10U, 10U}}) {
    list(out, day(2026, month, of_month), 1, true);
  }
  return out;
}

Rule rule(const std::string& id, const std::string& duty) {
  Rule out;
  out.id = id;
  out.duty = duty;
  return out;
}

}  // namespace

Instant local(std::string_view text) {
  std::string full(text);
  if (full.size() < 15 && full.find('-') == 2) full = "2026-" + full;
  if (full.size() == 10) full += " 00:00";
  return *parse_rfc3339(full + ":00Z") - kEast;
}

std::string local_line(Instant t) {
  std::string out = format_rfc3339(t + kEast);
  out = out.substr(0, 10) + ' ' + out.substr(11, 5);
  return out.starts_with("2026-") ? out.substr(5) : out;
}

Program stage() {
  Program out;
  out.zone.name = "Asia/Shanghai";
  out.zone.changes = {{kBeforeAll, kEast}};
  out.calendar = calendar();
  Measure below, own;
  below.aggregate = Aggregate::roll_up;
  below.roll_up = 0;
  own.aggregate = Aggregate::warnings;
  own.warnings = 0;
  out.measures = {below, own};
  out.roll_ups.emplace_back();
  out.warnings.emplace_back().covers = {0, 3};
  out.rules = {rule("a", "standard"), rule("b", ""), rule("both", ""), rule("c", "short"),
               rule("total", "")};
  out.rules[2].measures = {1};
  out.rules[4].measures = {0};
  Duty brief;
  brief.name = "short";
  for (DutyLevel* level : {&brief.levels[1], &brief.levels[2]}) {
    level->steps = {{"sign", {}, "head", {false, days(1).count()}}};
  }
  brief.ladder = {{"chase", {}, "liaison", {}}, {"red", {}, "desk", {false, days(2).count()}}};
  out.duties = {brief};
  out.shades = {{"blue", Level::green, {}}, {"orange", Level::yellow, {}}};
  out.rules[3].shown_as[1] = 1;
  out.watched = {{"/hotline", {}, {false, days(2).count()}, {}}};
  return out;
}

std::string line(const CaseStep& s) {
  std::string out = local_line(s.time) + ' ' + (s.case_id.empty() ? "-" : s.case_id) + ' ';
  out += name(s.kind);
  if (s.refusal != Refusal::none) out += ' ' + std::string(name(s.refusal));
  if (s.from != s.to) out += ' ' + std::string(name(s.from)) + '>' + std::string(name(s.to));
  if (s.level_from != s.level_to) {
    out += ' ' + std::string(name(s.level_from)) + '>' + std::string(name(s.level_to));
  }
  if (s.cause != StepCause::record) out += ' ' + std::string(name(s.cause));
  if (!s.duty.empty()) out += ' ' + s.duty;
  if (!s.rung.empty()) out += ' ' + s.rung;
  if (s.due) out += " due " + local_line(*s.due);
  if (s.late) out += " late";
  if (!s.other.empty()) out += " with " + s.other;
  for (const DutyClock& d : s.duties) {
    out += ' ' + d.name + '=' +
           (d.due == kNever ? '?' + std::to_string(d.unreckoned.year) : local_line(d.due));
  }
  return out;
}

std::string line(const ColourChange& change) {
  const UnitColour& c = change.to;
  std::string out = local_line(change.time) + ' ' + change.unit + ' ' + std::string(name(c.shown));
  if (!c.shown_shade.empty()) out += '(' + c.shown_shade + ')';
  if (c.pending) out += '!';
  if (c.grey) out += " grey";
  if (c.origin != ColourOrigin::none) out += ' ' + std::string(name(c.origin));
  if (c.override_until) out += " computed " + std::string(name(c.computed));
  for (const std::string& id : c.cases) out += ' ' + id;
  return out;
}

Play& Play::move(std::string_view time, const std::string& rule, Level from, Level to,
                 bool revoked) {
  Warning w;
  w.id = "w" + std::to_string(++warnings_);
  w.unit = "u";
  w.rule = rule;
  w.from = from;
  w.to = to;
  w.revoked = revoked;
  w.time = local(time);
  last_[rule] = to;
  book.transition(w);
  return *this;
}

Play& Play::tell(std::string_view time, const std::string& type, Fields fields,
                 const std::string& happened) {
  LifeRecord r;
  r.clock = local(time);
  r.time = happened.empty() ? r.clock : local(happened);
  r.unit = "u";
  r.type = type;
  r.id = "r" + std::to_string(++records_);
  r.source = "/desk";
  r.fields = std::move(fields);
  book.record(r);
  return *this;
}

Play& Play::act(std::string_view time, const std::string& warning, const std::string& action,
                Fields more) {
  Fields fields = {{"warning_id", warning}, {"action", action}, {"actor_role", "desk"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return tell(time, "warning_action", std::move(fields));
}

Play& Play::until(std::string_view time) {
  book.advance(local(time));
  book.settle();
  return *this;
}

Play::Lines Play::steps() {
  book.settle();
  Lines out;
  for (const CaseStep& step : book.take_steps()) out.push_back(line(step));
  return out;
}

Play::Lines Play::colours() {
  book.settle();
  Lines out;
  for (const ColourChange& change : book.take_colours()) out.push_back(line(change));
  return out;
}

}  // namespace lianqing
