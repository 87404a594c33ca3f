// The clerk keeps the cases of one unit at one instant: he applies a rule's transition, a person's
// record or a passed deadline, and writes down each step. Everything here is a pure function of the
// unit's life and what it is given.
#pragma once

#include "engine/casebook/deadlines.h"
#include "engine/casebook/duty_table.h"
#include "engine/casebook/unit_life.h"

namespace lianqing {

// What comes out.
struct LifeEffects {
  std::vector<CaseStep> steps;
};

class Clerk {
 public:
  Clerk(const DutyTable& table, UnitLife& life, const std::string& unit, Instant now,
        LifeEffects& effects)
      : table_(table), life_(life), unit_(unit), now_(now), effects_(effects) {}

  // A rule's transition.
  void transition(const Warning& warning);
  // A record of a type that concerns_unit_life.
  void record(const LifeRecord& record);
  // The calendar has changed: deadlines that could not be told are told, if they can be now.
  void reckon_again();
  // What ends at the beginning of the instant: observation, override, suspension.
  void begin();
  // What follows at its end: deadlines that passed, falls held back, absorption by combinations.
  void end();
  // The next instant at which `begin` or `end` has something to do.
  Instant due() const;

 private:
  friend struct RecordTable;

  // ---- the rule (transitions.cc)
  void append(Case& c, const Warning& warning);
  Case& open(const Warning& warning);
  void rise(Case& c, const Warning& warning);
  void fall(Case& c, const Warning& warning);
  void ease(Case& c, const std::string& warning = {});
  void observe(Case& c, CaseStep step);
  void try_clear(Case& c, CaseStep step, bool say_why_not);
  void clear(Case& c, CaseStep step);
  void finish(Case& c, CaseState state, CaseStep step);
  void relapse(Case& c, Level level, CaseStep step);
  void set_level(Case& c, Level level, CaseStep step);
  void issue(Case& c, StepKind kind, CaseStep step);
  void absorb_and_release();
  void release(Case& c);
  bool absorbs_now(const Case& c) const;
  void revoke(Case& c, CaseStep step);
  void update_flapping(const Warning& warning, const std::string& case_id);
  void calm_down();
  std::optional<StepCause> hindrance(const Case& c) const;

  // ---- obligations (duties.cc)
  void set_duties(Case& c, bool keep_done);
  void mark_done(Case& c, const LifeRecord& record);
  void mark_done(Case& c, std::string_view name, const LifeRecord& record);
  void run_duties(Case& c);
  void arm(const Case& c, DutyClock& clock);
  void pause(Case& c, CaseState state);
  void end_pause(Case& c);
  void resume(Case& c, CaseStep step);
  DutyClock* finishing(Case& c);
  bool reckon(const Deadline& deadline, Instant& due, Unreckoned& unreckoned);
  void move_by_pause(const Case& c, Instant& due, bool workdays, Unreckoned& unreckoned);

  // ---- people (decisions.cc, notices.cc, unit_records.cc)
  void act(const LifeRecord& record);
  void notice(const LifeRecord& record);
  void item_registered(const LifeRecord& record);
  void item_assigned(const LifeRecord& record);
  void item_moved(const LifeRecord& record);
  void submitted(const LifeRecord& record);
  void reviewed(const LifeRecord& record);
  void item_closed(const LifeRecord& record);
  void item_reopened(const LifeRecord& record);
  void checked(const LifeRecord& record);
  void extension(const LifeRecord& record);
  void talk(const LifeRecord& record);
  void objection_filed(const LifeRecord& record);
  void objection_decided(const LifeRecord& record);
  void pin(const LifeRecord& record);
  void declare_veto(const LifeRecord& record);
  void lift_veto(const LifeRecord& record);

  void merge(Case& c, const LifeRecord& record, CaseStep step);
  void lower(Case& c, const LifeRecord& record, CaseStep step);
  void raise(Case& c, const LifeRecord& record, CaseStep step);
  void advance_to(Case& c, CaseState state, StepKind kind, const LifeRecord& record);
  void reject(Case& c, CaseStep step);
  void accepted(Case& c, const LifeRecord& record);
  // The case that the record is about, by warning_id, item_id or notice_id. If it names a warning
  // that is not known, or the case is over: notes the refusal. Null then, or if it names none.
  Case* case_of(const LifeRecord& record);
  Case* case_by_warning(const LifeRecord& record);
  Case* open_case(const CasePlace& place);

  // ---- writing down
  CaseStep step(const Case& c, StepKind kind, StepCause cause) const;
  CaseStep step(const Case& c, StepKind kind, const LifeRecord& record) const;
  CaseStep unit_step(StepKind kind, const LifeRecord& record) const;
  void write(Case& c, CaseStep step);
  void write(CaseStep step) { effects_.steps.push_back(std::move(step)); }
  void refuse(const Case* c, const LifeRecord& record, Refusal refusal);

  const Duty* duty(const Case& c) const { return table_.life(table_.rule(c.rule)).duty; }
  const DutyLevel& duties(const Case& c) const {
    return table_.level(table_.rule(c.rule), c.level);
  }
  const Span& observation(const Case& c) const {
    return table_.level(table_.rule(c.rule), c.peak).observe;
  }

  const DutyTable& table_;
  UnitLife& life_;
  const std::string& unit_;
  Instant now_;
  LifeEffects& effects_;
  std::optional<Seq> seq_;  // of what is being applied
};

// Whether records of this type are a clerk's business; sorted by name.
bool concerns_unit_life(std::string_view type);

// ---- reading records
const Fact* fact(const LifeRecord& record, std::string_view field);
std::string text(const LifeRecord& record, std::string_view field);  // empty if absent
std::vector<std::string> texts(const LifeRecord& record, std::string_view field);
// true and false, also as texts; nothing else.
std::optional<bool> truth(const LifeRecord& record, std::string_view field);

}  // namespace lianqing
