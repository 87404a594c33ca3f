#include "engine/casebook/casebook.h"

#include <algorithm>

#include "lianqing/assert.h"

namespace lianqing {

bool concerns_life(std::string_view type) {
  return type == "connector_status" || concerns_unit_life(type);
}

Casebook::Casebook(const Program& program)
    : program_(std::make_unique<Program>(program)), table_(std::make_unique<DutyTable>(*program_)) {
  for (const SourceWatch& watch : program_->watched) {
    source_of_.emplace(watch.source, static_cast<std::uint32_t>(sources_.size()));
    sources_.emplace_back().watch = &watch;
  }
}
Casebook::Casebook(Casebook&&) noexcept = default;
Casebook::~Casebook() = default;

// ---- instants

Instant Casebook::due() const {
  const Instant unit = agenda_.empty() ? kNever : agenda_.begin()->first;
  const Instant source = alarms_.empty() ? kNever : alarms_.begin()->first;
  return std::min(unit, source);
}

void Casebook::advance(Instant t) {
  LQ_ASSERT(t >= now_);
  if (open_ && t == now_) return;
  settle();
  while (due() < t) {
    start(due());
    settle();
  }
  start(t);
}

void Casebook::start(Instant t) {
  now_ = t;
  open_ = true;
  while (!alarms_.empty() && alarms_.begin()->first <= t) {
    const std::uint32_t index = alarms_.begin()->second;
    alarms_.erase(alarms_.begin());
    Source& source = sources_[index];
    source.alarm = kNever;
    if (source.silent_at > t) {
      set_alarm(index);
    } else {
      set_source(index, true, source.down);
    }
  }
  while (!agenda_.empty() && agenda_.begin()->first <= t) {
    Units::value_type& unit = place(agenda_.begin()->second);
    UnitLife& life = touch(unit);
    reschedule(unit.first, life, kNever);
    Clerk(*table_, life, unit.first, now_, effects_).begin();
  }
}

void Casebook::settle() {
  if (!open_) return;
  open_ = false;
  for (const std::string_view name : touched_) settle_unit(name);
  touched_.clear();
}

void Casebook::settle_below(std::string_view unit) {
  LQ_ASSERT(open_);
  while (!touched_.empty() && *touched_.begin() < unit) {
    settle_unit(*touched_.begin());
    touched_.erase(touched_.begin());
  }
}

void Casebook::settle_unit(std::string_view name) {
  note_change(name);
  Units::value_type& unit = place(name);
  UnitLife& life = *unit.second.life;
  Clerk clerk(*table_, life, unit.first, now_, effects_);
  clerk.end();
  const Instant due = clerk.due();
  LQ_ASSERT(due > now_);
  reschedule(unit.first, life, due);
  count_missing(life);
  show_colour(unit.first, life);
}

// Before it changes.
void Casebook::note_change(std::string_view unit) {
  if (!snapshot_.empty() && snapshot_.erase(unit) > 0) write_down(unit);
  changed_.insert(unit);
  if (handing_) changed_since_handed_.insert(unit);
}

void Casebook::reschedule(std::string_view unit, UnitLife& life, Instant due) {
  if (life.due == due) return;
  if (life.due != kNever) agenda_.erase({life.due, unit});
  life.due = due;
  if (due != kNever) agenda_.emplace(due, unit);
}

void Casebook::show_colour(const std::string& unit, UnitLife& life) {
  UnitColour next = colour_of(life, *table_);
  UnitColour& now = life.colour;
  const bool same_sight = next.shown == now.shown && next.shown_shade == now.shown_shade;
  next.since = same_sight ? now.since : now_;
  // Another case behind the same colour is not a change of it.
  UnitColour compared = next;
  compared.cases = now.cases;
  if (compared != now) colours_.push_back({now_, unit, now, next});
  now = std::move(next);
}

// ---- units

Casebook::Units::value_type& Casebook::place(std::string_view unit) {
  if (const auto at = index_.find(unit); at != index_.end()) return *at->second;
  Units::value_type& made = *units_.try_emplace(std::string(unit)).first;
  index_.emplace(made.first, &made);
  return made;
}

UnitLife& Casebook::touch(Units::value_type& place) {
  touched_.insert(place.first);
  note_change(place.first);
  if (!place.second.life) {
    place.second.life = std::make_unique<UnitLife>();
    for (const std::uint32_t index : place.second.sources) {
      const Source& source = sources_[index];
      place.second.life->dead_sources += source.silent || source.down ? 1U : 0U;
    }
  }
  return *place.second.life;
}

const UnitLife* Casebook::life(std::string_view unit) const {
  const auto at = units_.find(unit);
  return at == units_.end() ? nullptr : at->second.life.get();
}

std::set<CasePlace> Casebook::grey_places(std::string_view unit) const {
  const UnitLife* at = life(unit);
  return at == nullptr ? std::set<CasePlace>{} : at->grey_rules;
}

const std::string* Casebook::unit_behind(std::string_view unit) const {
  const auto at = units_.upper_bound(unit);
  return at == units_.end() ? nullptr : &at->first;
}

// ---- sources

void Casebook::feed(std::uint32_t source, Units::value_type& unit) {
  auto& sources = unit.second.sources;
  if (std::find(sources.begin(), sources.end(), source) != sources.end()) return;
  note_change(unit.first);
  sources.push_back(source);
  sources_[source].units.push_back(unit.first);
  if (sources_[source].silent || sources_[source].down) ++touch(unit).dead_sources;
}

void Casebook::set_source(std::uint32_t index, bool silent, bool down) {
  Source& source = sources_[index];
  const bool before = source.silent || source.down, after = silent || down;
  source.silent = silent;
  source.down = down;
  if (before == after) return;
  for (const std::string_view name : source.units) {
    Units::value_type& unit = place(name);
    const bool begins = !unit.second.life;  // counts its dead sources itself
    UnitLife& life = touch(unit);
    if (begins) continue;
    life.dead_sources = after ? life.dead_sources + 1 : life.dead_sources - 1;
  }
}

void Casebook::set_alarm(std::uint32_t index) {
  Source& source = sources_[index];
  if (source.alarm != kNever || source.silent_at == kNever) return;
  source.alarm = source.silent_at;
  alarms_.emplace(source.alarm, index);
}

void Casebook::heard(std::string_view name, std::string_view unit, Instant clock) {
  const auto at = source_of_.find(name);
  if (at == source_of_.end()) return;
  advance(clock);
  const std::uint32_t index = at->second;
  if (!unit.empty()) feed(index, place(unit));
  Source& source = sources_[index];
  source.last = clock;
  if (!source.watch->silent_after.workdays || clock >= source.day_end) set_silent_at(source);
  set_alarm(index);
  if (source.silent) set_source(index, false, source.down);
}

void Casebook::set_silent_at(Source& source) const {
  const Program& program = table_->program();
  const Span& span = source.watch->silent_after;
  if (span.workdays) source.day_end = program.zone.end_of(program.zone.day_of(source.last));
  const auto silent_at = limit_after(program, source.last, span);
  source.silent_at = silent_at.value_or(kNever);
  source.missing_year = silent_at ? 0 : silent_at.error().year;
}

void Casebook::replace_year(const CalendarUpdate& update, Instant t) {
  advance(t);
  apply(update, program_->calendar);
  for (Source& source : sources_) {
    if (source.silent_at != kNever || source.last == kBeforeAll) continue;
    set_silent_at(source);
    set_alarm(static_cast<std::uint32_t>(&source - sources_.data()));
  }
  for (Units::value_type& unit : units_) {
    if (!unit.second.life || unit.second.life->missing.empty()) continue;
    Clerk(*table_, touch(unit), unit.first, now_, effects_).reckon_again();
  }
}

void Casebook::count_missing(UnitLife& life) {
  std::vector<std::uint32_t> now;
  for (const auto& [place, id] : life.open) {
    const Case& c = life.cases.find(id)->second;
    if (c.unreckoned.year != 0) now.push_back(c.unreckoned.year);
    for (const DutyClock& clock : c.duties) {
      if (clock.unreckoned.year != 0) now.push_back(clock.unreckoned.year);
    }
  }
  for (const std::uint32_t year : life.missing) {
    if (--missing_[year] == 0) missing_.erase(year);
  }
  for (const std::uint32_t year : now) ++missing_[year];
  life.missing = std::move(now);
}

// A source that is said to be down is so until it is said to be up again.
void Casebook::connector_status(const LifeRecord& record) {
  std::string name = text(record, "source");
  if (name.empty()) name = record.source;
  const std::string status = text(record, "status");
  const auto at = source_of_.find(name);
  if (at == source_of_.end()) return;
  const std::uint32_t index = at->second;
  static constexpr std::string_view kDown[] = {"down", "stale", "error", "failed"};
  const bool down = std::find(std::begin(kDown), std::end(kDown), status) != std::end(kDown);
  set_source(index, sources_[index].silent, down);
}

// ---- what is told

void Casebook::record(const LifeRecord& record) {
  advance(record.clock);
  if (record.type == "connector_status") return connector_status(record);
  if (!concerns_unit_life(record.type)) return;
  if (record.unit.empty()) {
    CaseStep step;
    step.time = now_;
    step.kind = StepKind::ignored;
    step.refusal = Refusal::no_unit;
    step.actor = record.source;
    step.record = record.id;
    step.source = record.source;
    step.type = record.type;
    step.seq = record.seq;
    step.warning = text(record, "warning_id");
    effects_.steps.push_back(std::move(step));
    return;
  }
  Units::value_type& unit = place(record.unit);
  Clerk(*table_, touch(unit), unit.first, now_, effects_).record(record);
}

void Casebook::transition(const Warning& warning) {
  if (warning.shadow) return;
  advance(warning.time);
  Units::value_type& unit = place(warning.unit);
  Clerk(*table_, touch(unit), unit.first, now_, effects_).transition(warning);
}

void Casebook::grey(std::string_view unit, std::string_view rule,
                    const std::optional<std::string>& key, bool is_grey, Instant t) {
  advance(t);
  UnitLife& life = touch(place(unit));
  const CasePlace at{std::string(rule), key};
  if (is_grey) {
    life.grey_rules.insert(at);
  } else {
    life.grey_rules.erase(at);
  }
}

// ---- what is asked

std::vector<CaseStep> Casebook::take_steps() { return std::exchange(effects_.steps, {}); }
std::vector<ColourChange> Casebook::take_colours() { return std::exchange(colours_, {}); }

const Case* Casebook::find(std::string_view unit, std::string_view warning) const {
  const UnitLife* at = life(unit);
  if (at == nullptr) return nullptr;
  const auto id = at->case_of.find(warning);
  return id == at->case_of.end() ? nullptr : &at->cases.find(id->second)->second;
}

std::vector<const Case*> Casebook::open_cases(std::string_view unit) const {
  std::vector<const Case*> out;
  const UnitLife* at = life(unit);
  if (at == nullptr) return out;
  for (const auto& [place, id] : at->open) out.push_back(&at->cases.find(id)->second);
  return out;
}

std::map<int, std::uint64_t> Casebook::missing_years() const {
  std::map<int, std::uint64_t> out;
  for (const auto& [year, deadlines] : missing_) out[static_cast<int>(year)] += deadlines;
  for (const Source& source : sources_) {
    if (source.missing_year != 0) ++out[source.missing_year];
  }
  return out;
}

bool Casebook::is_flapping(std::string_view unit, const CasePlace& place) const {
  const UnitLife* at = life(unit);
  if (at == nullptr) return false;
  const auto history = at->flaps.find(place);
  return history != at->flaps.end() && history->second.flapping;
}

UnitColour Casebook::colour(std::string_view unit) const {
  const UnitLife* at = life(unit);
  return at == nullptr ? UnitColour{} : at->colour;
}

std::vector<std::string> Casebook::units() const {
  std::vector<std::string> out;
  for (const auto& [name, place] : units_) {
    if (place.life) out.push_back(name);
  }
  return out;
}

std::vector<SourceFreshness> Casebook::source_freshness() const {
  std::vector<SourceFreshness> out;
  for (const Source& source : sources_) {
    out.push_back(
        {source.watch->source, source.last, source.silent_at, source.silent || source.down});
  }
  return out;
}

std::size_t Casebook::counted(std::string_view unit, Instant from, Instant to) const {
  const UnitLife* at = life(unit);
  if (at == nullptr) return 0;
  return static_cast<std::size_t>(
      std::count_if(at->cases.begin(), at->cases.end(), [from, to](const auto& entry) {
        const Case& c = entry.second;
        const bool counts = !is_over(c.state) || c.state == CaseState::cleared;
        return counts && c.opened >= from && c.opened < to;
      }));
}

CaseTally Casebook::tally(std::string_view unit) const {
  CaseTally out;
  const UnitLife* at = life(unit);
  if (at == nullptr) return out;
  for (const auto& [id, c] : at->cases) {
    switch (c.state) {
      case CaseState::cleared: ++out.cleared; break;
      case CaseState::revoked: ++out.revoked; break;
      case CaseState::dismissed: ++out.dismissed; break;
      case CaseState::merged: ++out.merged; break;
      default: ++out.open;
    }
  }
  return out;
}

}  // namespace lianqing
