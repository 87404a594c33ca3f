#include "engine/replay.h"

#include <algorithm>
#include <queue>
#include <thread>

#include "engine/checkpoint.h"
#include "engine/gathering.h"
#include "engine/level_changes.h"
#include "engine/outline.h"
#include "engine/replay_meta.h"
#include "engine/touch.h"
#include "engine/whole_fold.h"
#include "engine/world.h"
#include "lianqing/assert.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::size_t kAhead = 6;     // entries
constexpr std::ptrdiff_t kMark = 32;  // entries

struct Shard {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> work;  // (unit, entry), entries in order
  std::priority_queue<std::pair<Instant, std::uint32_t>,
                      std::vector<std::pair<Instant, std::uint32_t>>,
                      std::greater<>>
      dues;  // lazy: counts if the slot agrees
  Outgoing outgoing;
  std::vector<GreyChange> greys;
  std::uint64_t judgements = 0;
  std::vector<std::uint64_t> rule_judgements;
  std::map<int, std::int64_t> lacking;  // year -> how many units more than before need it
  std::map<int, std::uint64_t> greyed;
};

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
            [this](std::string_view name) { return roster_.number(name); }, options.identity_of,
            std::move(quarantine)),
        roster_(fold_, symbols_, store, std::move(units)),
        checkpoint_(roster_, admission_, store),
        shards_(std::max(1U, options.threads)) {
    if (store_ != nullptr) {
      admission_.track_new_identities();
      const std::string rules(program_->hash.begin(), program_->hash.end());
      belongs_to_ = state_owner(rules + roster_.fingerprint());
    }
    if (World::needed(*program_)) begin_world();
    const bool unseen = !options_.grey && !options_.fold.watcher && store_ == nullptr;
    if (options_.whole && unseen && options_.mode == ClockMode::as_occurred) {
      gathered_ = Gathering::of(*program_, route_, symbols_, fold_options(options), admission_);
    }
  }

  Result<std::string> resume() {
    if (store_ == nullptr) return std::string{};
    LQ_TRY(const std::optional<std::string> meta, store_->meta());
    if (!meta) return std::string{};
    LQ_TRY(const ReplayMeta known, ReplayMeta::decode(*meta));
    if (known.belongs_to != belongs_to_ || known.mode != options_.mode) {
      return failure(ErrorCode::refused,
                     "the state directory was made with another rule pack, register or clock mode; "
                     "give the same ones, or another --state directory");
    }
    started_ = known.started;
    judged_before_ = known.judgements;
    if (known.together && !world_) begin_world();
    if (world_) world_->resume(known.done);
    updates_ = known.updates;
    gaps_ = known.gaps;
    for (const CalendarUpdate& update : updates_) apply(update, program_->calendar);
    admission_.resume(known.counts, known.clock, known.next_seq, known.reasons);
    seq_base_ = known.next_seq;
    Status taken = roster_.resume([this](std::uint32_t unit, Instant due) { set_due(unit, due); });
    if (taken) {
      taken = store_->each_identity([this](const StoredIdentity& one) {
        Known record = one.known;
        record.unit = one.unit.empty() ? kNone : roster_.number(one.unit);
        admission_.know(one.identity, record);
      });
    }
    if (!taken) return Unexpected<Error>(taken.error());
    return known.position;
  }

  // What will be folded unit after unit waits for the end.
  Status flush() { return gathered_ ? Status{} : fold_batch(); }

  Status fold_batch() {
    put_in_order();
    const auto& entries = batch_.entries;
    const auto& unitless = batch_.unitless;
    if (entries.empty() && unitless.empty()) return {};
    if (batch_.units_meet && !world_) begin_world();
    for (std::size_t i = 0; i < entries.size(); i += static_cast<std::size_t>(kMark))
      marks_.push_back(entries[i].clock);
    Instant first = kNever, now = kBeforeAll;
    if (!entries.empty()) {
      first = entries.front().clock;
      now = entries.back().clock;
    }
    if (!unitless.empty()) {
      first = std::min(first, unitless.front().first);
      now = std::max(now, unitless.back().first);
    }
    if (Status s = start(first); !s) return s;
    std::size_t done = 0;
    for (const CalendarUpdate& update : batch_.calendars) {
      std::size_t upto = done;
      while (upto < entries.size() && std::pair(entries[upto].clock, entries[upto].seq) <
                                          std::pair(update.clock, update.seq)) {
        ++upto;
      }
      if (Status s = fold_slices(done, upto, update.clock); !s) return s;
      if (Status s = change_calendar(update); !s) return s;
      done = upto;
    }
    Status folded = fold_slices(done, entries.size(), now);
    if (!entries.empty()) seq_base_ = std::max(seq_base_, entries.back().seq + 1);
    if (!unitless.empty()) seq_base_ = std::max(seq_base_, unitless.back().second + 1);
    batch_.clear();
    marks_.clear();
    return folded ? evict() : folded;
  }

  // What comes after `until` is not part of this replay.
  void put_in_order() {
    if (options_.mode == ClockMode::as_occurred) {
      sort_by_clock(batch_.entries);
      std::stable_sort(
          batch_.calendars.begin(), batch_.calendars.end(),
          [](const CalendarUpdate& a, const CalendarUpdate& b) { return a.clock < b.clock; });
      std::sort(batch_.unitless.begin(), batch_.unitless.end());
    }
    end_at_until();
  }

  void end_at_until() {
    if (!options_.until) return;
    std::erase_if(batch_.entries, [this](const LogEntry& e) { return e.clock > *options_.until; });
    std::erase_if(batch_.calendars,
                  [this](const CalendarUpdate& u) { return u.clock > *options_.until; });
    std::erase_if(batch_.unitless, [this](const auto& u) { return u.first > *options_.until; });
  }

  // How many units need which missing year, counted anew; all of them must be at hand.
  void count_gaps() {
    for (auto& [year, gap] : gaps_) gap.units = 0;
    for (const Roster::Slot& slot : roster_.slots()) {
      for (const int year : missing_years(*slot.state)) ++gaps_[year].units;
    }
  }

  // Working days are counted by the new listing from now on; every deadline is derived again.
  Status change_calendar(const CalendarUpdate& update) {
    write_down_all();
    apply(update, program_->calendar);
    updates_.push_back(update);
    Effects effects;
    for (std::uint32_t number = 0; number < roster_.size(); ++number) {
      LQ_TRY(UnitState * state, roster_.load(number));
      if (Status s = rederive(*state, fold_, symbols_); !s) return s;
      if (!state->seen) continue;
      fold_.open(*state, update.clock, effects);
      state->open = true;
      touch_all(*state, Cause::decision, update.time);
      roster_.mark(number);
      set_due(number, Fold::due(*state));
    }
    count_gaps();
    return {};
  }

  // A log gathered whole is folded and given out piece by piece, lest all its warnings be held.
  Status fold_slices(std::size_t first, std::size_t end, Instant now) {
    for (; end - first > options_.fold_entries; first += options_.fold_entries) {
      const std::size_t upto = first + options_.fold_entries;
      if (Status s = fold_range(first, upto, batch_.entries[upto - 1].clock); !s) return s;
    }
    return fold_range(first, end, now);
  }

  // Every instant before `now` is judged.
  Status fold_range(std::size_t first, std::size_t end, Instant now) {
    for (std::size_t i = first; i < end; ++i) {
      const std::uint32_t unit = batch_.entries[i].unit;
      shards_[unit % shards_.size()].work.emplace_back(unit, static_cast<std::uint32_t>(i));
    }
    return fold_all(std::span(batch_.entries).subspan(first, end - first), now, false);
  }

  Status finish() {
    const auto last = clock();
    if (!last && !options_.until) return {};
    const Instant end = std::max(last.value_or(kBeforeAll), options_.until.value_or(kBeforeAll));
    if (gathered_ && !started_ && !batch_.units_meet && batch_.calendars.empty()) {
      return fold_whole(end);
    }
    if (gathered_) rows_to_entries(gathered_->rows, batch_);
    if (Status s = fold_batch(); !s) return s;
    if (Status s = start(end); !s) return s;
    return fold_all({}, end, true);
  }

  Status judge_through(Instant t) {
    LQ_ASSERT(!gathered_);  // ReplayOptions::whole: nobody will ask
    if (Status s = fold_batch(); !s) return s;
    if (!started_) return {};
    return fold_all({}, t, true);
  }

  std::string meta(const std::string& position) const {
    ReplayMeta meta;
    meta.belongs_to = belongs_to_;
    meta.mode = options_.mode;
    meta.counts = admission_.counts();
    meta.reasons = admission_.reasons();
    meta.clock = admission_.clock();
    meta.next_seq = admission_.next_seq();
    meta.started = started_;
    meta.judgements = judgements();
    meta.together = world_.has_value();
    if (world_) meta.done = world_->done();
    meta.updates = updates_;
    meta.gaps = gaps_;
    meta.position = position;
    return meta.encode();
  }

  // For what changes many units without a word of each.
  void write_down_all() {
    while (checkpoint_.under_way() && !checkpoint_.write_down(SIZE_MAX)) {
    }
  }

  // A snapshot is of what is in memory.
  Status evict() {
    return world_ || checkpoint_.under_way() ? Status{} : roster_.evict(options_.cached_units);
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
  std::unique_ptr<Gathering> gathered_;  // the log is folded unit after unit, at its end
  Roster roster_;
  Checkpoint checkpoint_;
  std::vector<Shard> shards_;
  bool started_ = false;
  std::vector<Instant> marks_;  // clocks of every kMark-th of the batch's entries: searched first
  Seq seq_base_ = 0;            // log position of the first entry not yet folded
  Instant newest_ = kBeforeAll;
  Instant judged_ = kBeforeAll;  // every instant before it is judged
  CalendarGaps gaps_;
  std::size_t timers_ = 0;  // units with something due

 private:
  static FoldOptions fold_options(const ReplayOptions& options) {
    FoldOptions out = options.fold;
    out.tell_grey = static_cast<bool>(options.grey);
    return out;
  }

  // At the first clock of the log every registered unit is judged for the first time.
  Status start(Instant first) {
    if (started_) return {};
    started_ = true;
    for (const auto& [id, unit] : roster_.registered()) {
      const std::uint32_t number = roster_.number(id);
      LQ_TRY(UnitState * state, roster_.load(number));
      roster_.mark(number);
      Effects effects;
      fold_.activate(
          *state, first, [this](Instant) { return seq_base_; }, effects);
      set_due(number, Fold::due(*state));
    }
    return {};
  }

  void put_due(Roster::Slot& slot, Instant due) {
    timers_ = timers_ + (due != kNever ? 1U : 0U) - (slot.due != kNever ? 1U : 0U);
    slot.due = due;
  }

  void set_due(std::uint32_t number, Instant due) {
    Roster::Slot& slot = roster_.slot(number);
    if (slot.due == due) return;
    put_due(slot, due);
    if (due != kNever) shards_[number % shards_.size()].dues.emplace(due, number);
  }

  // One unit after the other, in pieces as long as their warnings can be held: without reasons they
  // are small.
  Status fold_whole(Instant end) {
    started_ = true;
    gathered_->rows.close();
    for (const auto& registered : roster_.registered()) (void)roster_.number(registered.first);
    WholeLog log(gathered_->rows, batch_.entries, gathered_->ids, options_.until);
    WholeFold whole(fold_, *gathered_, roster_, log, shards_.size());
    if (Status s = whole.prepare(batch_.entries, log.empty() ? end : log.first()); !s) return s;
    WholePace pace(options_.fold_entries, options_.fold.reasons);
    WholeFold::Stretch stretch;
    const auto fold_part = [&](std::size_t i) {
      Effects effects = listening(shards_[i]);
      whole.fold(stretch, i, effects, [&] { collect(effects, shards_[i]); });
      count_rules(effects, shards_[i]);
    };
    while (!stretch.last) {
      stretch.to = judged_ = log.cut(stretch.from, pace.records(), end);
      stretch.last = stretch.to == end;
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < shards_.size(); ++i) threads.emplace_back(fold_part, i);
      fold_part(0);
      threads.clear();
      std::size_t warnings = 0;
      for (Shard& shard : shards_) {
        warnings += shard.outgoing.size();
        take_greyed(shard);
      }
      pace.told(warnings);
      std::size_t at = 0;  // it is asked in order of time
      if (Status s = give_out([&](Instant t) { return log.seq_at(t, at); }); !s) return s;
      stretch.from = stretch.to;
    }
    for (const auto& [year, units] : whole.lacking()) gaps_[year].units += units;
    if (!log.empty()) seq_base_ = std::max(seq_base_, log.seq_at(end) + 1);
    batch_.clear();
    return {};
  }

  // The newest record with clock <= t: among those at hand, else the one before them.
  Seq seq_at(Instant t) const {
    const auto& entries = batch_.entries;
    const auto& unitless = batch_.unitless;
    const auto mark = std::upper_bound(marks_.begin(), marks_.end(), t) - marks_.begin();
    const auto from = entries.begin() + std::max<std::ptrdiff_t>(mark - 1, 0) * kMark;
    const auto to = entries.end() - from > kMark ? from + kMark : entries.end();
    const auto entry =
        std::upper_bound(from, to, t, [](Instant x, const LogEntry& e) { return x < e.clock; });
    const auto other = std::upper_bound(unitless.begin(), unitless.end(), t,
                                        [](Instant x, const auto& u) { return x < u.first; });
    std::pair<Instant, Seq> newest{kBeforeAll, seq_base_ == 0 ? 0 : seq_base_ - 1};
    if (entry != entries.begin()) {
      newest = {std::prev(entry)->clock, std::prev(entry)->seq};
    }
    if (other != unitless.begin()) newest = std::max(newest, *std::prev(other));
    return newest.second;
  }

  // Shards have their work; `entries` is all of it.
  Status fold_all(std::span<const LogEntry> entries, Instant now, bool last) {
    roster_.next_turn();
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
      for (const auto& [year, more] : std::exchange(shard.lacking, {})) {
        CalendarGap& gap = gaps_[year];
        gap.units = static_cast<std::uint64_t>(static_cast<std::int64_t>(gap.units) + more);
      }
      take_greyed(shard);
      std::uint32_t renewed = kNone;  // work is in order of units
      for (const auto& [unit, entry] : shard.work) {
        if (unit != renewed) renew_due(renewed = unit);
      }
      shard.work.clear();
    }
    return give_out([this](Instant t) { return seq_at(t); });
  }

  void begin_world() {
    world_.emplace(fold_, [this](std::uint32_t number) { change_in_world(number); });
  }

  void change_in_world(std::uint32_t number) {
    roster_.mark(number);
    if (number >= changes_.size()) changes_.resize(number + 1);
    if (changes_[number]) return;
    changes_[number] = true;
    changed_in_world_.push_back(number);
  }

  // Units that look at each other are folded instant by instant.
  Status fold_together(std::span<const LogEntry> entries, Instant now, bool last) {
    for (std::uint32_t number = 0; number < roster_.size(); ++number) {
      const Roster::Slot& slot = roster_.slot(number);
      if (slot.state && number < placed_) continue;
      LQ_TRY(UnitState * state, roster_.load(number));
      if (!slot.stored) change_in_world(number);  // others may look at it from now on
      world_->place(number, *state);
    }
    placed_ = roster_.size();
    Shard& shard = shards_.front();
    Effects effects = listening(shard);
    world_->run(
        entries, now, last, [this](Instant t) { return seq_at(t); }, effects);
    collect(effects, shard);
    count_rules(effects, shard);
    for (const std::uint32_t number : std::exchange(changed_in_world_, {})) {
      changes_[number] = false;
      put_due(roster_.slot(number), Fold::due(*roster_.slot(number).state));
    }
    for (Shard& other : shards_) other.work.clear();
    take_greyed(shard);
    count_gaps();
    return give_out([this](Instant t) { return seq_at(t); });
  }

  // What becomes of the shard's units is noted there.
  Effects listening(Shard& shard) const {
    Effects out;
    out.told = [this, &shard](const Warning& w) { shard.outgoing.warnings.add(w, render_); };
    if (!options_.fold.reasons) out.noted = &shard.outgoing.changes;
    if (options_.count_rules) out.rule_judgements.resize(program_->rules.size());
    return out;
  }

  static void count_rules(const Effects& effects, Shard& shard) {
    shard.rule_judgements.resize(effects.rule_judgements.size());
    for (std::size_t i = 0; i < effects.rule_judgements.size(); ++i) {
      shard.rule_judgements[i] += effects.rule_judgements[i];
    }
  }

  void take_greyed(Shard& shard) {
    for (const auto& [year, count] : std::exchange(shard.greyed, {})) gaps_[year].greyed += count;
  }

  static void collect(Effects& effects, Shard& shard) {
    std::move(effects.greys.begin(), effects.greys.end(), std::back_inserter(shard.greys));
    effects.greys.clear();
    shard.judgements += std::exchange(effects.judgements, 0);
    for (const auto& [year, count] : effects.greyed) shard.greyed[year] += count;
    effects.greyed.clear();
  }

  void renew_due(std::uint32_t unit) {
    if (roster_.slot(unit).state) set_due(unit, Fold::due(*roster_.slot(unit).state));
  }

  // Adds the units that have something due, and loads everything that will be folded (states and
  // symbols are shared: only one thread may do so).
  Status gather(Instant now, bool last) {
    for (Shard& shard : shards_) {
      while (!shard.dues.empty() &&
             (shard.dues.top().first < now || (last && shard.dues.top().first == now))) {
        const auto [due, unit] = shard.dues.top();
        shard.dues.pop();
        if (roster_.slot(unit).due != due) continue;
        roster_.mark(unit);
        put_due(roster_.slot(unit), kNever);
        shard.work.emplace_back(unit, kNone);
      }
      std::stable_sort(shard.work.begin(), shard.work.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& unit_entry : shard.work) {
        LQ_TRY([[maybe_unused]] UnitState * state, roster_.load(unit_entry.first));
        roster_.mark(unit_entry.first);
      }
    }
    return {};
  }

  // A unit's entries lie far apart in the log's order: memory is asked for them in time, first for
  // the entry, then for its cells.
  void fetch_ahead(const Shard& shard, std::size_t i) const {
    const auto place = [&](std::size_t n) { return shard.work[n].second; };
    if (const std::uint32_t far = place(i + kAhead); far != kNone) {
      const auto* const bytes = reinterpret_cast<const char*>(&batch_.entries[far]);
      __builtin_prefetch(bytes);
      __builtin_prefetch(bytes + 64);
    }
    if (const std::uint32_t near = place(i + kAhead / 2); near != kNone) {
      const auto* const cells = reinterpret_cast<const char*>(batch_.entries[near].cells);
      __builtin_prefetch(cells);
      __builtin_prefetch(cells + 64);
      __builtin_prefetch(batch_.entries[near].id.data());
    }
  }

  void fold_shard(Shard& shard, Instant now, bool last) {
    Effects effects = listening(shard);
    const SeqAt seq_of = [this](Instant t) { return seq_at(t); };
    for (std::size_t i = 0; i < shard.work.size();) {
      const std::uint32_t unit = shard.work[i].first;
      UnitState& state = *roster_.slot(unit).state;
      for (const int year : missing_years(state)) --shard.lacking[year];
      for (; i < shard.work.size() && shard.work[i].first == unit; ++i) {
        if (i + kAhead < shard.work.size()) fetch_ahead(shard, i);
        if (shard.work[i].second != kNone) {
          fold_.step(state, batch_.entries[shard.work[i].second], seq_of, effects);
        }
      }
      if (last) {
        fold_.tick(state, now, seq_of, effects);
      } else {
        fold_.catch_up(state, now, seq_of, effects);
      }
      for (const int year : missing_years(state)) ++shard.lacking[year];
      collect(effects, shard);
    }
    count_rules(effects, shard);
  }

  Status give_out(const SeqAt& seq_of) {
    if (options_.grey) tell_greys();
    std::vector<Outgoing*> all;
    for (Shard& shard : shards_) all.push_back(&shard.outgoing);
    return lianqing::give_out(all, fold_, seq_of, options_.brief, out_);
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

  std::string belongs_to_;  // the rule set and the register decide together what the state means
  std::vector<CalendarUpdate> updates_;  // applied so far
  std::optional<World> world_;
  std::size_t placed_ = 0;                       // units that the world knows
  std::vector<std::uint32_t> changed_in_world_;  // or may have, in the run at hand
  std::vector<bool> changes_;                    // of each unit: whether it stands there
  std::uint64_t judged_before_ = 0;
};

Replay::Replay(std::shared_ptr<const Program> program, std::vector<RegisteredUnit> units,
               ReplayOptions options, Store* store, Render render, Out out, Quarantine quarantine)
    : shards_(std::make_unique<Shards>(std::move(program), std::move(units), options, store,
                                       std::move(render), std::move(out), std::move(quarantine))) {}
Replay::~Replay() = default;

Result<std::string> Replay::resume() { return shards_->resume(); }

Status Replay::admit(const Event& event) {
  const std::uint64_t before = counts().admitted;
  if (Status s = shards_->admission_.admit(event, shards_->batch_); !s) return s;
  if (counts().admitted == before) return {};
  const LogEntry& entry = shards_->batch_.newest;
  shards_->newest_ = std::max(shards_->newest_, entry.clock);
  if (shards_->options_.admitted) {
    shards_->options_.admitted(event, entry,
                               entry.unit == kNone ? "" : shards_->roster_.slot(entry.unit).name);
  }
  return {};
}

std::optional<RowQuery> Replay::row_query() const {
  if (!shards_->gathered_ || shards_->options_.admitted) return std::nullopt;
  return shards_->gathered_->admission.query();
}

Status Replay::admit(const RowRun& run, const WholeRecord& whole) {
  Status admitted = shards_->gathered_->admission.admit(run, whole, shards_->batch_);
  shards_->newest_ = std::max(shards_->newest_, shards_->gathered_->rows.clocks().newest());
  return admitted;
}

void Replay::reject(Rejection rejection) { shards_->admission_.reject(std::move(rejection)); }
std::optional<Rejection> Replay::fault(const Event& event) const {
  return shards_->admission_.fault(event);
}
Status Replay::judge_through(Instant t) { return shards_->judge_through(t); }
std::size_t Replay::waiting() const { return shards_->batch_.entries.size(); }
Status Replay::flush() { return shards_->flush(); }
Status Replay::checkpoint(const std::string& position, std::vector<StoredNote> notes) {
  if (shards_->store_ == nullptr) return {};
  begin_checkpoint(position);
  shards_->write_down_all();
  return end_checkpoint(std::move(notes));
}
void Replay::begin_checkpoint(const std::string& position) {
  shards_->checkpoint_.begin(shards_->meta(position));
}
bool Replay::write_down(std::size_t bytes) { return shards_->checkpoint_.write_down(bytes); }
Status Replay::end_checkpoint(std::vector<StoredNote> notes) {
  return shards_->checkpoint_.end(std::move(notes));
}
void Replay::drop_checkpoint() { shards_->checkpoint_.drop(); }
bool Replay::crowded() const {
  return shards_->roster_.resident() > shards_->options_.cached_units / 4 * 5;
}
Status Replay::finish() { return shards_->finish(); }
const Counts& Replay::counts() const { return shards_->admission_.counts(); }
const std::map<std::string, std::uint64_t>& Replay::reasons() const {
  return shards_->admission_.reasons();
}
std::optional<Instant> Replay::clock() const { return shards_->clock(); }
Instant Replay::judged_before() const { return shards_->judged_; }
std::uint64_t Replay::judgements() const { return shards_->judgements(); }
std::vector<std::uint64_t> Replay::take_rule_judgements() {
  std::vector<std::uint64_t> out;
  for (Shard& shard : shards_->shards_) {
    out.resize(std::max(out.size(), shard.rule_judgements.size()));
    for (std::size_t i = 0; i < shard.rule_judgements.size(); ++i) {
      out[i] += std::exchange(shard.rule_judgements[i], 0);
    }
  }
  return out;
}
std::size_t Replay::timers() const { return shards_->timers_; }
const CalendarGaps& Replay::calendar_gaps() const { return shards_->gaps_; }
std::size_t Replay::unit_count() const { return shards_->roster_.size(); }
const Fold& Replay::fold() const { return shards_->fold_; }
Seq Replay::last_seq() const { return shards_->seq_base_ == 0 ? 0 : shards_->seq_base_ - 1; }

Result<const UnitState*> Replay::unit(const std::string& name) {
  const std::uint32_t number = shards_->roster_.find(name);
  if (number == kNone) return nullptr;
  // Whoever looks at all units does not bring all of them into memory.
  if (Status s = shards_->evict(); !s) return Unexpected<Error>(s.error());
  LQ_TRY(UnitState * state, shards_->roster_.load(number));
  return state;
}

Result<const UnitState*> Replay::kept_unit(std::string_view name, std::optional<UnitState>& room) {
  return shards_->roster_.kept(name, room);
}
void Replay::hold_units(bool all) { shards_->roster_.hold(all); }

Result<std::vector<std::string>> Replay::unregistered() {
  std::vector<std::string> out;
  for (const Roster::Slot& slot : shards_->roster_.slots()) {
    bool unknown = slot.flat && !shards_->roster_.registered().contains(slot.name);
    if (!shards_->gathered_ || slot.state) {
      LQ_TRY(const UnitState* state, unit(slot.name));
      unknown |= !state->registered && state->rows.events() != 0;
    }
    if (unknown) out.push_back(slot.name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Status Replay::each_changed(
    const std::function<void(const std::string&, std::string_view)>& visit) {
  const std::vector<std::uint32_t> marked = shards_->roster_.marked();
  for (const std::uint32_t number : marked) {
    if (Status s = shards_->evict(); !s) return s;
    LQ_TRY(const UnitState* state, shards_->roster_.load(number));
    visit(state->name, encode_outline(*state, shards_->fold_));
  }
  return {};
}

std::vector<std::string> Replay::unit_names() const {
  std::vector<std::string> out;
  for (const Roster::Slot& slot : shards_->roster_.slots()) out.push_back(slot.name);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace lianqing
