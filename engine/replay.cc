#include "engine/replay.h"

#include <algorithm>
#include <queue>
#include <thread>

#include "engine/touch.h"
#include "engine/world.h"
#include "lianqing/assert.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::string_view kMetaVersion = "lianqing-replay/2";

// Where one unit is: in memory, or in the store with its next due instant.
struct Slot {
  std::string name;
  std::unique_ptr<UnitState> state;
  bool stored = false;
  bool dirty = false;
  Instant due = kNever;
  std::uint64_t last_used = 0;
};

struct Shard {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> work;  // (unit, entry), entries in order
  std::priority_queue<std::pair<Instant, std::uint32_t>,
                      std::vector<std::pair<Instant, std::uint32_t>>,
                      std::greater<>>
      dues;  // lazy: counts if the slot agrees
  std::vector<Leaving> leaving;
  std::vector<GreyChange> greys;
  std::uint64_t judgements = 0;
  std::optional<MissingYear> missing_year;
};

void write(ByteWriter& out, const CalendarUpdate& update) {
  out.integer(update.year);
  for (const auto* days : {&update.off, &update.work}) {
    out.unsigned_integer(days->size());
    for (const LocalDay day : *days) out.integer(day.time_since_epoch().count());
  }
}

CalendarUpdate read_update(ByteReader& in) {
  CalendarUpdate out;
  out.year = static_cast<int>(in.integer());
  for (auto* days : {&out.off, &out.work}) {
    for (std::uint64_t n = in.count(); n > 0; --n) {
      days->push_back(LocalDay{std::chrono::days{in.integer()}});
    }
  }
  return out;
}

Cell cell_of(const Fact& fact, Symbols& symbols) {
  if (const auto* b = std::get_if<bool>(&fact)) return {CellTag::boolean, 1, *b ? 1 : 0};
  if (const auto* n = std::get_if<Number>(&fact)) {
    return {CellTag::number, static_cast<std::uint32_t>(n->den()), n->num()};
  }
  if (const auto* t = std::get_if<std::string>(&fact))
    return {CellTag::text, 1, symbols.intern(*t)};
  return {};
}

}  // namespace

class Replay::Shards {
 public:
  Shards(std::shared_ptr<const Program> program, std::vector<RegisteredUnit> units,
         ReplayOptions options, Store* store, Render render, Out out, Quarantine quarantine)
      : program_(std::make_shared<Program>(*program)),
        options_(options),
        store_(store),
        render_(std::move(render)),
        out_(std::move(out)),
        symbols_(program_->symbols),
        route_(*program_),
        fold_(*program_, route_, symbols_, fold_options(options)),
        admission_(
            *program_, symbols_, options.mode,
            [this](std::string_view name) { return unit_number(name); }, options.identity_of,
            std::move(quarantine)),
        shards_(std::max(1U, options.threads)) {
    if (store_ != nullptr) admission_.track_new_identities();
    if (World::needed(*program_)) world_.emplace(fold_);
    for (RegisteredUnit& unit : units) registered_.emplace(unit.id, std::move(unit));
  }

  Result<std::string> resume() {
    if (store_ == nullptr) return std::string{};
    LQ_TRY(const std::optional<std::string> meta, store_->meta());
    if (!meta) return std::string{};
    ByteReader in(*meta);
    const std::string_view version = in.text(), hash = in.text();
    const auto mode = in.unsigned_integer();
    if (version != kMetaVersion || hash != program_hash() ||
        mode != static_cast<std::uint64_t>(options_.mode)) {
      return failure(ErrorCode::refused,
                     "the state directory was made with another rule pack, register or clock mode; "
                     "give the same ones, or another --state directory");
    }
    Counts counts;
    for (auto* count : {&counts.read, &counts.admitted, &counts.duplicate, &counts.quarantined,
                        &counts.undeclared}) {
      *count = in.unsigned_integer();
    }
    const Instant clock = instant(in.integer());
    const Seq next_seq = in.unsigned_integer();
    started_ = in.unsigned_integer() != 0;
    judged_before_ = in.unsigned_integer();
    if (in.unsigned_integer() != 0 && !world_) world_.emplace(fold_);
    const Instant done = instant(in.integer());
    for (std::uint64_t n = in.count(); n > 0; --n) {
      updates_.push_back(read_update(in));
      apply(updates_.back());
    }
    if (world_) world_->resume(done);
    std::map<std::string, std::uint64_t> reasons;
    for (std::uint64_t n = in.count(); n > 0; --n) {
      std::string reason(in.text());
      reasons[std::move(reason)] = in.unsigned_integer();
    }
    std::string position(in.text());
    if (!in.at_end()) return failure(ErrorCode::corrupt, "state directory: malformed position");
    admission_.resume(counts, clock, next_seq, std::move(reasons));
    seq_base_ = next_seq;
    Status units = store_->each_unit([this](std::string_view name, Instant due) {
      const std::uint32_t number = unit_number(name);
      slots_[number].stored = true;
      set_due(number, due);
    });
    if (!units) return Unexpected<Error>(units.error());
    Status identities = store_->each_identity([this](const StoredIdentity& one) {
      Known known = one.known;
      known.unit = unit_number(one.unit);
      admission_.know(one.identity, known);
    });
    if (!identities) return Unexpected<Error>(identities.error());
    return position;
  }

  Status flush() {
    if (batch_.entries.empty() && batch_.calendars.empty()) return {};
    put_in_order();
    const auto& entries = batch_.entries;
    if (entries.empty() && batch_.calendars.empty()) return {};
    if (batch_.units_meet && !world_) world_.emplace(fold_);
    Instant now = kBeforeAll;
    if (!entries.empty()) now = entries.back().clock;
    if (!batch_.calendars.empty()) now = std::max(now, batch_.calendars.back().clock);
    if (Status s = start(std::min(entries.empty() ? now : entries.front().clock, now)); !s)
      return s;
    std::size_t done = 0;
    for (const CalendarUpdate& update : batch_.calendars) {
      std::size_t upto = done;
      while (upto < entries.size() && std::pair(entries[upto].clock, entries[upto].seq) <
                                          std::pair(update.clock, update.seq)) {
        ++upto;
      }
      if (Status s = fold_range(done, upto, update.clock, false); !s) return s;
      if (Status s = change_calendar(update); !s) return s;
      done = upto;
    }
    Status folded = fold_range(done, entries.size(), now, false);
    if (!entries.empty()) seq_base_ = std::max(seq_base_, entries.back().seq + 1);
    if (!batch_.calendars.empty()) {
      seq_base_ = std::max(seq_base_, batch_.calendars.back().seq + 1);
    }
    batch_.clear();
    return folded ? evict() : folded;
  }

  // What comes after `until` is not part of this replay.
  void put_in_order() {
    if (options_.mode == ClockMode::as_occurred) {
      std::stable_sort(batch_.entries.begin(), batch_.entries.end(),
                       [](const LogEntry& a, const LogEntry& b) { return a.clock < b.clock; });
      std::stable_sort(
          batch_.calendars.begin(), batch_.calendars.end(),
          [](const CalendarUpdate& a, const CalendarUpdate& b) { return a.clock < b.clock; });
    }
    if (!options_.until) return;
    std::erase_if(batch_.entries, [this](const LogEntry& e) { return e.clock > *options_.until; });
    std::erase_if(batch_.calendars,
                  [this](const CalendarUpdate& u) { return u.clock > *options_.until; });
  }

  // Working days are counted by the new listing from now on; every deadline is derived again.
  Status change_calendar(const CalendarUpdate& update) {
    apply(update);
    updates_.push_back(update);
    Effects effects;
    for (std::uint32_t number = 0; number < slots_.size(); ++number) {
      LQ_TRY(UnitState * state, load(number));
      if (Status s = rederive(*state, fold_, symbols_); !s) return s;
      fold_.open(*state, update.clock, effects);
      state->open = true;
      touch_all(*state, Cause::decision, update.time);
      slots_[number].dirty = true;
      set_due(number, Fold::due(*state));
    }
    return {};
  }

  void apply(const CalendarUpdate& update) {
    Calendar& calendar = program_->calendar;
    calendar.years.insert(update.year);
    std::erase_if(calendar.listed, [&](const auto& day) {
      return static_cast<int>(std::chrono::year_month_day{day.first}.year()) == update.year;
    });
    for (const LocalDay day : update.off) calendar.listed[day] = false;
    for (const LocalDay day : update.work) calendar.listed[day] = true;
  }

  Status fold_range(std::size_t first, std::size_t end, Instant now, bool last) {
    for (std::size_t i = first; i < end; ++i) {
      const std::uint32_t unit = batch_.entries[i].unit;
      shards_[unit % shards_.size()].work.emplace_back(unit, static_cast<std::uint32_t>(i));
    }
    return fold_all(std::span(batch_.entries).subspan(first, end - first), now, last);
  }

  Status finish() {
    if (Status s = flush(); !s) return s;
    const auto last = clock();
    if (!last && !options_.until) return {};
    const Instant end = std::max(last.value_or(kBeforeAll), options_.until.value_or(kBeforeAll));
    if (Status s = start(end); !s) return s;
    return fold_all({}, end, true);
  }

  Status judge_through(Instant t) {
    if (Status s = flush(); !s) return s;
    if (!started_) return {};
    return fold_all({}, t, true);
  }

  Status checkpoint(const std::string& position) {
    if (store_ == nullptr) return {};
    Commit commit;
    for (Slot& slot : slots_) {
      if (!slot.dirty || !slot.state) continue;
      commit.units.push_back({slot.name, slot.due, encode(*slot.state, fold_)});
      slot.dirty = false;
      slot.stored = true;
    }
    for (const auto& [identity, known] : admission_.take_new_identities()) {
      commit.identities.push_back(
          {identity, known, known.unit == kNone ? std::string{} : slots_[known.unit].name});
    }
    ByteWriter out;
    out.text(kMetaVersion);
    out.text(program_hash());
    out.unsigned_integer(static_cast<std::uint64_t>(options_.mode));
    const Counts& counts = admission_.counts();
    for (const std::uint64_t count :
         {counts.read, counts.admitted, counts.duplicate, counts.quarantined, counts.undeclared}) {
      out.unsigned_integer(count);
    }
    out.integer(micros(admission_.clock()));
    out.unsigned_integer(admission_.next_seq());
    out.unsigned_integer(started_ ? 1 : 0);
    out.unsigned_integer(judgements());
    out.unsigned_integer(world_ ? 1 : 0);
    out.integer(micros(world_ ? world_->done() : kBeforeAll));
    out.unsigned_integer(updates_.size());
    for (const CalendarUpdate& update : updates_) write(out, update);
    out.unsigned_integer(admission_.reasons().size());
    for (const auto& [reason, count] : admission_.reasons()) {
      out.text(reason);
      out.unsigned_integer(count);
    }
    out.text(position);
    commit.meta = out.take();
    return store_->commit(commit);
  }

  std::optional<Instant> clock() const {
    if (admission_.counts().admitted == 0) return std::nullopt;
    return options_.mode == ClockMode::as_occurred ? newest_ : admission_.clock();
  }

  std::uint64_t judgements() const {
    std::uint64_t sum = judged_before_;
    for (const Shard& shard : shards_) sum += shard.judgements;
    return sum;
  }

  Result<UnitState*> load(std::uint32_t number) {
    Slot& slot = slots_[number];
    slot.last_used = flush_number_;
    if (slot.state) return slot.state.get();
    if (slot.stored) {
      LQ_TRY(const std::string bytes, store_->unit(slot.name));
      LQ_TRY(UnitState state, decode(bytes, fold_, symbols_));
      slot.state = std::make_unique<UnitState>(std::move(state));
    } else {
      slot.state = std::make_unique<UnitState>();
      slot.state->name = slot.name;
      give_attributes(*slot.state);
    }
    ++resident_;
    return slot.state.get();
  }

  std::uint32_t unit_number(std::string_view name) {
    if (const auto at = numbers_.find(name); at != numbers_.end()) return at->second;
    const auto number = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back().name = name;
    numbers_.emplace(slots_.back().name, number);
    return number;
  }

  std::shared_ptr<Program> program_;  // its own: calendar_updated changes the calendar
  ReplayOptions options_;
  Store* store_;
  Render render_;
  Out out_;
  Symbols symbols_;
  Route route_;
  Fold fold_;
  Admission admission_;
  AdmittedBatch batch_;
  std::vector<Shard> shards_;
  std::deque<Slot> slots_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> numbers_;
  std::map<std::string, RegisteredUnit> registered_;
  bool started_ = false;
  Seq seq_base_ = 0;  // log position of the first entry not yet folded
  Instant newest_ = kBeforeAll;
  Instant judged_ = kBeforeAll;  // every instant before it is judged

 private:
  static FoldOptions fold_options(const ReplayOptions& options) {
    FoldOptions out = options.fold;
    out.tell_grey = static_cast<bool>(options.grey);
    return out;
  }

  // The rule set and the register decide together what the state means.
  std::string program_hash() const {
    std::string out(program_->hash.begin(), program_->hash.end());
    for (const auto& [id, unit] : registered_) {
      out += '\n' + id;
      for (const auto& [column, value] : unit.columns) {
        out += '\t' + column + '=';
        if (const auto* n = std::get_if<Number>(&value)) out += n->to_string();
        if (const auto* t = std::get_if<std::string>(&value)) out += *t;
      }
    }
    return out;
  }

  void give_attributes(UnitState& unit) {
    unit.attributes.assign(program_->unit_attributes.size(), Cell{});
    const auto at = registered_.find(unit.name);
    if (at == registered_.end()) return;
    unit.registered = true;
    unit.parent = parent_of(at->second);
    for (const auto& [column, value] : at->second.columns) {
      const auto attribute =
          std::find(program_->unit_attributes.begin(), program_->unit_attributes.end(), column);
      if (attribute == program_->unit_attributes.end()) continue;
      unit.attributes[static_cast<std::size_t>(attribute - program_->unit_attributes.begin())] =
          cell_of(value, symbols_);
    }
  }

  static std::string parent_of(const RegisteredUnit& unit) {
    for (const auto& [column, value] : unit.columns) {
      if (column != "parent") continue;
      if (const auto* text = std::get_if<std::string>(&value)) return *text;
      if (const auto* number = std::get_if<Number>(&value)) return number->to_string();
    }
    return {};
  }

  // At the first clock of the log every registered unit is judged for the first time.
  Status start(Instant first) {
    if (started_) return {};
    started_ = true;
    for (const auto& [id, unit] : registered_) {
      const std::uint32_t number = unit_number(id);
      LQ_TRY(UnitState * state, load(number));
      Effects effects;
      fold_.activate(
          *state, first, [this](Instant) { return seq_base_; }, effects);
      slots_[number].dirty = true;
      set_due(number, Fold::due(*state));
    }
    return {};
  }

  void set_due(std::uint32_t number, Instant due) {
    Slot& slot = slots_[number];
    if (slot.due == due) return;
    slot.due = due;
    if (due != kNever) shards_[number % shards_.size()].dues.emplace(due, number);
  }

  // The newest record with clock <= t: among the entries at hand, else the one before them.
  Seq seq_at(Instant t) const {
    const auto& entries = batch_.entries;
    const auto after = std::upper_bound(entries.begin(), entries.end(), t,
                                        [](Instant x, const LogEntry& e) { return x < e.clock; });
    if (after != entries.begin()) return std::prev(after)->seq;
    return seq_base_ == 0 ? 0 : seq_base_ - 1;
  }

  // Shards have their work; `entries` is all of it.
  Status fold_all(std::span<const LogEntry> entries, Instant now, bool last) {
    ++flush_number_;
    judged_ = now;
    if (world_) return fold_together(entries, now, last);
    if (Status s = gather(now, last); !s) return s;
    if (shards_.size() == 1) {
      fold_shard(shards_.front(), now, last);
    } else {
      std::vector<std::jthread> threads;
      for (Shard& shard : shards_) {
        threads.emplace_back([this, &shard, now, last] { fold_shard(shard, now, last); });
      }
    }
    for (Shard& shard : shards_) {
      if (Status s = complain(shard); !s) return s;
      for (const auto& unit_entry : shard.work) renew_due(unit_entry.first);
      shard.work.clear();
    }
    return give_out();
  }

  // Units that look at each other are folded instant by instant.
  Status fold_together(std::span<const LogEntry> entries, Instant now, bool last) {
    for (std::uint32_t number = 0; number < slots_.size(); ++number) {
      if (slots_[number].state && number < placed_) continue;
      LQ_TRY(UnitState * state, load(number));
      world_->place(number, *state);
    }
    placed_ = slots_.size();
    Shard& shard = shards_.front();
    Effects effects;
    world_->run(
        entries, now, last, [this](Instant t) { return seq_at(t); }, effects);
    collect(effects, shard);
    for (Slot& slot : slots_) {
      slot.dirty = true;
      slot.due = Fold::due(*slot.state);
    }
    for (Shard& other : shards_) other.work.clear();
    if (Status s = complain(shard); !s) return s;
    return give_out();
  }

  Status complain(const Shard& shard) const {
    if (!shard.missing_year) return {};
    return failure(ErrorCode::refused,
                   "calendar '" + program_->calendar.name + "' has no data for " +
                       std::to_string(shard.missing_year->year) +
                       ": a deadline in working days needs it; add the year to the calendar");
  }

  void collect(Effects& effects, Shard& shard) {
    for (const Warning& warning : effects.warnings) {
      shard.leaving.push_back({warning.time, warning.unit, warning.rule, warning.key.value_or(""),
                               warning.key.has_value(), warning.from, warning.to, warning.shadow,
                               warning.id, warning.cause, warning.revoked, warning.seq,
                               render_(warning)});
    }
    effects.warnings.clear();
    std::move(effects.greys.begin(), effects.greys.end(), std::back_inserter(shard.greys));
    effects.greys.clear();
    shard.judgements += std::exchange(effects.judgements, 0);
    if (effects.missing_year) shard.missing_year = effects.missing_year;
  }

  void renew_due(std::uint32_t unit) {
    if (slots_[unit].state) set_due(unit, Fold::due(*slots_[unit].state));
  }

  // Adds the units that have something due, and loads everything that will be folded (states and
  // symbols are shared: only one thread may do so).
  Status gather(Instant now, bool last) {
    for (Shard& shard : shards_) {
      while (!shard.dues.empty() &&
             (shard.dues.top().first < now || (last && shard.dues.top().first == now))) {
        const auto [due, unit] = shard.dues.top();
        shard.dues.pop();
        if (slots_[unit].due != due) continue;
        slots_[unit].due = kNever;
        shard.work.emplace_back(unit, kNone);
      }
      std::stable_sort(shard.work.begin(), shard.work.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& unit_entry : shard.work) {
        LQ_TRY([[maybe_unused]] UnitState * state, load(unit_entry.first));
        slots_[unit_entry.first].dirty = true;
      }
    }
    return {};
  }

  void fold_shard(Shard& shard, Instant now, bool last) {
    Effects effects;
    const SeqAt seq_of = [this](Instant t) { return seq_at(t); };
    for (std::size_t i = 0; i < shard.work.size();) {
      const std::uint32_t unit = shard.work[i].first;
      UnitState& state = *slots_[unit].state;
      for (; i < shard.work.size() && shard.work[i].first == unit; ++i) {
        if (shard.work[i].second != kNone) {
          fold_.step(state, batch_.entries[shard.work[i].second], seq_of, effects);
        }
      }
      if (last) {
        fold_.tick(state, now, seq_of, effects);
      } else {
        fold_.catch_up(state, now, seq_of, effects);
      }
      collect(effects, shard);
    }
  }

  Status give_out() {
    std::vector<Leaving> all;
    for (Shard& shard : shards_) {
      std::move(shard.leaving.begin(), shard.leaving.end(), std::back_inserter(all));
      shard.leaving.clear();
    }
    std::sort(all.begin(), all.end(), [](const Leaving& a, const Leaving& b) {
      return std::tie(a.time, a.unit, a.rule, a.key) < std::tie(b.time, b.unit, b.rule, b.key);
    });
    if (options_.grey) tell_greys();
    for (const Leaving& leaving : all) {
      if (Status s = out_(leaving); !s) return s;
    }
    return {};
  }

  void tell_greys() {
    std::vector<GreyChange> all;
    for (Shard& shard : shards_) {
      std::move(shard.greys.begin(), shard.greys.end(), std::back_inserter(all));
      shard.greys.clear();
    }
    std::sort(all.begin(), all.end(), [](const GreyChange& a, const GreyChange& b) {
      return std::tie(a.time, a.unit, a.rule, a.key) < std::tie(b.time, b.unit, b.rule, b.key);
    });
    for (const GreyChange& change : all) options_.grey(change);
  }

  // Sends the units not used for longest to the store until the budget holds.
  Status evict() {
    // Units that look at each other stay.
    if (store_ == nullptr || world_ || resident_ <= options_.cached_units) return {};
    std::vector<std::pair<std::uint64_t, std::uint32_t>> resident;
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].state) resident.emplace_back(slots_[i].last_used, i);
    }
    std::sort(resident.begin(), resident.end());
    for (const auto& [used, number] : resident) {
      if (resident_ <= options_.cached_units) break;
      Slot& slot = slots_[number];
      if (slot.dirty || !slot.stored) {
        if (Status s = store_->park({slot.name, slot.due, encode(*slot.state, fold_)}); !s)
          return s;
        slot.stored = true;
        slot.dirty = false;
      }
      slot.state.reset();
      --resident_;
    }
    return {};
  }

  std::vector<CalendarUpdate> updates_;  // applied so far
  std::optional<World> world_;
  std::size_t placed_ = 0;  // units that the world knows
  std::uint64_t flush_number_ = 0;
  std::uint64_t judged_before_ = 0;
  std::size_t resident_ = 0;
};

Replay::Replay(std::shared_ptr<const Program> program, std::vector<RegisteredUnit> units,
               ReplayOptions options, Store* store, Render render, Out out, Quarantine quarantine)
    : shards_(std::make_unique<Shards>(std::move(program), std::move(units), options, store,
                                       std::move(render), std::move(out), std::move(quarantine))) {}
Replay::~Replay() = default;

Result<std::string> Replay::resume() { return shards_->resume(); }

Status Replay::admit(const Event& event) {
  const std::size_t before = shards_->batch_.entries.size();
  if (Status s = shards_->admission_.admit(event, shards_->batch_); !s) return s;
  if (shards_->batch_.entries.size() > before) {
    const LogEntry& entry = shards_->batch_.entries.back();
    shards_->newest_ = std::max(shards_->newest_, entry.clock);
    if (shards_->options_.admitted) {
      shards_->options_.admitted(event, entry, shards_->slots_[entry.unit].name);
    }
  }
  return {};
}

void Replay::reject(Rejection rejection) { shards_->admission_.reject(std::move(rejection)); }
std::optional<Rejection> Replay::fault(const Event& event) const {
  return shards_->admission_.fault(event);
}
Status Replay::judge_through(Instant t) { return shards_->judge_through(t); }
std::size_t Replay::waiting() const { return shards_->batch_.entries.size(); }
Status Replay::flush() { return shards_->flush(); }
Status Replay::checkpoint(const std::string& position) { return shards_->checkpoint(position); }
Status Replay::finish() { return shards_->finish(); }
const Counts& Replay::counts() const { return shards_->admission_.counts(); }
const std::map<std::string, std::uint64_t>& Replay::reasons() const {
  return shards_->admission_.reasons();
}
std::optional<Instant> Replay::clock() const { return shards_->clock(); }
Instant Replay::judged_before() const { return shards_->judged_; }
std::uint64_t Replay::judgements() const { return shards_->judgements(); }
std::size_t Replay::unit_count() const { return shards_->slots_.size(); }
const Fold& Replay::fold() const { return shards_->fold_; }
Seq Replay::last_seq() const { return shards_->seq_base_ == 0 ? 0 : shards_->seq_base_ - 1; }

Result<const UnitState*> Replay::unit(const std::string& name) {
  const auto at = shards_->numbers_.find(name);
  if (at == shards_->numbers_.end()) return nullptr;
  LQ_TRY(UnitState * state, shards_->load(at->second));
  return state;
}

std::vector<std::string> Replay::unit_names() const {
  std::vector<std::string> out;
  for (const Slot& slot : shards_->slots_) out.push_back(slot.name);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace lianqing
