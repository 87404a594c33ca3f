#include "cli/serve/live.h"

#include <algorithm>
#include <filesystem>

#include "cli/case_json.h"
#include "cli/serve/warning_text.h"
#include "connectors/content_hash.h"
#include "engine/outline.h"
#include "engine/read_decision.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kBytesAtOnce = 64U << 10;  // of a checkpoint, between two commits
constexpr Seq kLongStretch = 10;  // times as many records as elsewhere between checkpoints

// Position of the newest stored warning; 0: none. Positions have no gaps, so bisection finds it.
Result<std::uint64_t> newest_position(const EventLog& log) {
  std::uint64_t low = 0, high = 1;  // a warning at or behind `low` (or low is 0); none at `high`
  for (;; low = high, high *= 2) {
    LQ_TRY(const auto found, log.warnings(high, 1));
    if (found.empty()) break;
  }
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    LQ_TRY(const auto found, log.warnings(middle, 1));
    (found.empty() ? high : low) = middle;
  }
  return low;
}

std::string id_of(std::string_view warning) {
  const auto text = read_warning_text(warning);
  return text ? std::string(text->id) : std::string();
}

// A record is stored as one line; outside strings a line end is white space.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::replace(out.begin(), out.end(), '\r', ' ');
  return out;
}

// Which rules rule is not for senders of events to say.
Rejection not_an_event(const Event& event) {
  return {"reserved",
          "rules are activated by POST /v1/rules/activate, not by an event",
          event.origin,
          0,
          {}};
}

bool changes_calendar(const Record& record) {
  const auto* event = std::get_if<Event>(&record);
  return event != nullptr && event->type == "calendar_updated";
}

Taken refused(const Rejection& rejection) {
  return {Taken::Kind::refused, 0, rejection.code, rejection.detail, rejection.column};
}

}  // namespace

Live::Live(LiveOptions options)
    : options_(std::move(options)), feed_(std::make_unique<StreamFeed>()) {}

Result<std::unique_ptr<Live>> Live::start(LiveOptions options, const Progress& progress) {
  std::unique_ptr<Live> live(new Live(std::move(options)));
  if (Status s = live->open(); !s) return Unexpected<Error>(s.error());
  auto from = live->resume();
  if (!from) {  // the state is derived: without it the log is read from its beginning
    live->report_.why_not = from.error().what;
    from = 0;
  }
  if (*from == 0) {
    if (Status s = live->begin_anew(); !s) return Unexpected<Error>(s.error());
  }
  live->report_.from_checkpoint = *from > 0;
  if (Status s = live->catch_up(*from, progress); !s) return Unexpected<Error>(s.error());
  return live;
}

Status Live::open() {
  LQ_TRY(std::unique_ptr<EventLog> log, EventLog::open(options_.data, OpenMode::create));
  log_ = std::move(log);
  report_.notices = log_->notices();
  report_.records = log_->next_seq();
  LQ_TRY(stored_, newest_position(*log_));
  return begin_generation();
}

// With another register, or a compiler that reads the rules otherwise, the warnings of the log are
// made anew, at positions behind the old ones, so that a position never means two things.
Status Live::begin_generation() {
  const std::string now = generation_name(options_.units);
  LQ_TRY(const auto known, log_->meta(kGenerationKey));
  if (known) {
    LQ_TRY(generation_, Generation::decode(*known));
    if (Status s = load_ruler(); !s) return s;
    if (generation_.name == now && generation_.reigns.back().rules == hash_text(program())) {
      return {};
    }
    generation_.reigns.resize(1);  // the log says when the others began
  } else {
    if (!options_.first) {
      return failure(ErrorCode::refused, "no rules rule here yet, and the pack has mistakes");
    }
    const Program& program = *options_.first->program;
    if (Status s = keep_pack(options_.data, program, options_.first->texts); !s) return s;
    generation_.reigns = {{hash_text(program), {}, kBeforeAll, 1}};
  }
  if (Status s = load_ruler(); !s) return s;
  generation_.name = now;
  generation_.first = stored_ + 1;
  generation_.reigns[0].rules = hash_text(program());
  generation_.reigns[0].next = generation_.first;
  return log_->put_meta(kGenerationKey, generation_.encode());
}

// The program of the newest reign, from where it is kept: places in its texts stay the same.
Status Live::load_ruler() {
  const std::string& pack = generation_.reigns.back().pack;
  auto folder = find_kept_pack(options_.data, pack);
  if (!folder && options_.first && hash_text(*options_.first->program) == pack) {
    const Status kept = keep_pack(options_.data, *options_.first->program, options_.first->texts);
    if (!kept) return kept;
    folder = find_kept_pack(options_.data, pack);
  }
  if (!folder) {
    return failure(ErrorCode::io, options_.data + "/rules/" + pack +
                                      ": the rule pack that rules is missing: put it back from "
                                      "the backup");
  }
  LQ_TRY(judge_.program, load_kept_pack(*folder));
  duties_ = std::make_unique<DutyTable>(program());
  return {};
}

// The life of warnings, with everything before t known (t itself too if `inclusive`).
void Live::book(Instant t, bool inclusive) {
  if (holding()) return;
  book_known(t, inclusive);
}

void Live::book_known(Instant t, bool inclusive) {
  follow_tree();
  renames_.take_effect(t, inclusive, *board_);
  desk_->book(t, inclusive);
  show_colours();
}

void Live::show_colours() {
  (void)desk_->casebook().take_steps();
  std::vector<std::string> told;
  for (const ColourChange& change : desk_->casebook().take_colours()) {
    board_->paint(change.unit, change.to);
    told.push_back(to_json(change, program()));
  }
  if (!told.empty()) feed_->add_colours(std::move(told));
}

// The tree as decisions on units have left it; one whose time is to come is waited for.
void Live::follow_tree() {
  for (auto at = moved_.begin(); at != moved_.end();) {
    const auto unit = replay().unit(*at);
    const bool known = unit && *unit != nullptr;
    if (known) board_->put_below(*at, (*unit)->parent);
    at = known && !(*unit)->pending.empty() ? std::next(at) : moved_.erase(at);
  }
}

// The position in the log up to which the newest checkpoint reaches; 0 if there is none.
Result<Seq> Live::resume() {
  const std::string& pack = generation_.reigns.back().pack;
  const std::string directory = state_directory(options_.data, pack);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.data + "/state", error)) {
    if (entry.path().string() != directory) std::filesystem::remove_all(entry.path(), error);
  }
  LQ_TRY(judge_, make_judge(options_.data, judge_.program, pack, options_.units, false));
  LQ_TRY(const std::string saved, judge_.replay->resume());
  if (saved.empty()) return 0;
  LQ_TRY(const LivePosition at, LivePosition::decode(saved));
  if (at.generation != generation_) {
    return failure(ErrorCode::refused, "the checkpoint was made with other rules or units");
  }
  if (at.records > log_->next_seq() || at.next > stored_ + 1) {
    return failure(ErrorCode::refused, "the checkpoint is ahead of the log");
  }
  if (!at.names) {
    return failure(ErrorCode::refused, "the checkpoint does not say which names units were given");
  }
  LQ_TRY(renames_, Renames::decode(*at.names));
  LQ_TRY(const std::vector<UnitBytes> lives, stored_lives(*judge_.store));
  LQ_TRY(Desk desk, Desk::decode(at.desk, lives, replay().fold().program()));
  desk_ = std::make_unique<Desk>(std::move(desk));
  if (Status s = fill_board(); !s) return Unexpected<Error>(s.error());
  listen();
  next_position_ = at.next;
  judged_ = at.judged;
  announced_ = at.announced || generation_.reigns.size() > 1;
  kept_ = at.records;
  return at.records;
}

// From the beginning of the log and by the first pack, as warnings and cases followed one another.
Status Live::begin_anew() {
  if (generation_.reigns.size() > 1) {
    generation_.reigns.resize(1);
    if (Status s = load_ruler(); !s) return s;
  }
  const Reign& reign = generation_.reigns.front();
  judge_.replay.reset();
  judge_.store.reset();
  LQ_TRY(judge_, make_judge(options_.data, judge_.program, reign.pack, options_.units, true));
  desk_ = std::make_unique<Desk>(replay().fold().program());
  renames_ = {};
  new_board();
  listen();
  next_position_ = reign.next;
  judged_ = kBeforeAll;
  announced_ = false;
  kept_ = 0;
  return {};
}

void Live::new_board() {
  board_ = std::make_unique<Board>();
  for (const RegisteredUnit& unit : options_.units) board_->meet_registered(unit);
}

// The board as the stored states have it, whose outlines say all that it shows.
Status Live::fill_board() {
  new_board();
  bool known = true;
  const Status read =
      judge_.store->each_unit([&](std::string_view name, Instant, std::string_view bytes) {
        const auto outline = decode_outline(bytes, program());
        known = known && outline;
        if (!outline) return;
        const std::string unit(name);
        board_->meet(unit);
        board_->put_below(unit, outline->parent);
        if (outline->waits) moved_.insert(unit);
        for (const Outline::Stand& stand : outline->stands) {
          const Rule& rule = program().rules[stand.rule];
          board_->place(unit, rule.id, stand.key,
                        {stand.level, stand.since, rule.status == RuleStatus::shadow});
        }
      });
  if (!read) return read;
  if (!known) return failure(ErrorCode::corrupt, "unit state: malformed outline");
  renames_.show(*board_);
  for (const std::string& name : casebook().units()) board_->paint(name, casebook().colour(name));
  return {};
}

// Folds what is behind the state. Where the log says that another pack rules, it does from there
// on.
Status Live::catch_up(Seq from, const Progress& progress) {
  const Seq total = log_->next_seq();
  const std::size_t known = generation_.reigns.size();
  for (Seq next = from;;) {
    std::optional<std::pair<std::string, Instant>> change;  // folder, from when on
    const auto met = [&](const Event& event) {
      board_->meet(event.unit);
      if (event.type != kActivationType) return true;
      announced_ = true;
      if (const auto folder = other_pack(event)) change = {*folder, *event.recorded};
      return !change;
    };
    const auto folded = [&](Seq done) -> Status {
      report_.refolded = done - from;
      progress(done - from, total - from);
      const Instant open = replay().judged_before();
      book(open, false);
      if (Status s = store_warnings(); !s) return s;
      if (done - kept_ < kLongStretch * options_.checkpoint_every || open == kBeforeAll) return {};
      book(open - Duration{1}, true);
      if (Status s = begin_to_keep(done, open - Duration{1}); !s) return s;
      return keep_all();
    };
    auto reached = refold_until(*log_, replay(), {.from = next}, met, folded);
    if (!reached) return Unexpected<Error>(reached.error());
    next = *reached;
    if (!change) break;
    LQ_TRY(auto program, load_kept_pack(change->first));
    const std::string pack = std::filesystem::path(change->first).filename().string();
    LQ_TRY(Judge successor,
           make_judge(options_.data, std::move(program), pack, options_.units, true));
    const Status folded_all = refold(
        *log_, *successor.replay, {.to = next}, [](const Event&) {}, [](Seq) { return Status{}; });
    if (!folded_all) return folded_all;
    Prepared prepared;  // nothing is stored yet
    if (Status s = succeed(successor, prepared, change->second); !s) return s;
    if (Status s = tell_all(); !s) return s;
    if (!fresh_.empty()) return failure(ErrorCode::full, "no room for the warnings of new rules");
    succession_->before.dismiss();
    succession_.reset();
  }
  if (Status s = settle(); !s) return s;
  if (generation_.reigns.size() == known) return {};
  if (Status s = checkpoint(); !s || since_checkpoint_ > 0) return s;
  return log_->put_meta(kGenerationKey, generation_.encode());
}

// Judges as far as was judged before the last end: what was told then is told again at the same
// position, and no record will come before it.
Status Live::settle() {
  (void)replay().take_rule_judgements();  // of records folded again
  const std::uint64_t judgements = replay().judgements();
  Instant reached = std::max(log_->last_recorded(), judged_);
  if (stored_ >= generation_.first) {
    LQ_TRY(const auto last, log_->warnings(stored_, 1));
    if (!last.empty()) {
      const auto head = read_warning_text(last[0].second);
      const auto time = head ? parse_rfc3339(head->time) : std::nullopt;
      if (time) reached = std::max(reached, *time);
    }
  }
  if (reached != kBeforeAll) {
    if (Status s = replay().judge_through(reached); !s) return s;
    book(reached, true);
  }
  judged_ = started_ = reached;
  if (Status s = store_warnings(); !s) return s;
  feed_->restart(generation_.first, next_position_ - 1);
  since_checkpoint_ = log_->next_seq() - std::min(kept_, log_->next_seq());
  if (replay().judgements() != judgements) ++since_checkpoint_;
  return {};
}

Status Live::store_warnings() {
  feed_->add(
      std::vector<Positioned>(fresh_.begin() + static_cast<std::ptrdiff_t>(fed_), fresh_.end()));
  fed_ = fresh_.size();
  // What is there already was made by the same fold of the same records.
  const auto known = std::find_if(fresh_.begin(), fresh_.end(),
                                  [this](const Positioned& w) { return w.first > stored_; });
  const std::span<const Positioned> unknown(known, fresh_.end());
  if (!unknown.empty()) {
    if (Status s = log_->put_warnings(unknown, id_of); !s) {
      // A full disk passes; until then they wait here, and are made again after a restart.
      return s.error().code == ErrorCode::full ? Status{} : s;
    }
    stored_ = unknown.back().first;
  }
  fresh_.clear();
  fed_ = 0;
  return {};
}

// Whether a record is about one that is still to be committed with it: what is wrong with it can
// only be told when that one has been admitted.
bool Live::looks_back(const Event& event, const Commit& commit) {
  if (commit.records.empty()) return false;
  for (const auto& [source, id] : DecisionReader::exact_targets(event)) {
    if (commit.identities.contains(identity_hash(source, id))) return true;
  }
  return false;
}

// The cursors of connectors whose last record here was refused: no record carries those.
std::vector<ReaderCursor> Live::behind_refused(std::span<const Taken> taken,
                                               std::span<const ReadPlace> places) {
  std::map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!places[i].reader.empty()) last[places[i].reader] = i;
  }
  std::vector<ReaderCursor> out;
  for (const auto& [reader, i] : last) {
    if (!taken[i].code.empty()) out.push_back({std::string(reader), std::string(places[i].cursor)});
  }
  return out;
}

Result<std::vector<Taken>> Live::take(std::span<Record> records, std::span<const ReadPlace> places,
                                      Instant now) {
  LQ_ASSERT(places.empty() || places.size() == records.size());
  std::vector<Taken> out(records.size());
  std::vector<Rejection> rejections;
  // What is still to be told of an earlier instant is told by the calendar of then.
  if (holding() && std::any_of(records.begin(), records.end(), changes_calendar)) {
    if (Status s = tell_all(); !s) return Unexpected<Error>(s.error());
  }
  Commit commit;
  commit.recorded = std::max(now, judged_ + Duration{1});
  if (log_->last_recorded() != kBeforeAll) {
    commit.recorded = std::max(commit.recorded, log_->last_recorded() + Duration{1});
  }
  if (!announced_) commit.recorded += Duration{1};  // room for the first record of all
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::optional<Rejection> fault;
    bool withheld = false;
    if (auto* event = std::get_if<Event>(&records[i])) {
      if (looks_back(*event, commit)) {
        if (Status s = append(commit, records, out); !s) return Unexpected<Error>(s.error());
        commit.recorded += Duration{1};
      }
      event->recorded = commit.recorded;
      fault = options_.screen.refusal(*event);
      withheld = fault.has_value();
      if (!fault) fault = replay().fault(*event);
      if (!fault && event->type == kActivationType) {
        LQ_TRY(const auto known, log_->find(event->identity));
        if (!known) fault = not_an_event(*event);
      }
      if (fault) fault->raw = std::string(event->raw.substr(0, kMaxRejectedBytes));
    } else {
      fault = std::move(std::get<Rejection>(records[i]));
      withheld = options_.screen.suspects(fault->raw);
    }
    const ReadPlace place = places.empty() ? ReadPlace{} : places[i];
    if (withheld) {
      fault = Screen::withheld(*fault,
                               std::to_string(micros(commit.recorded)) + "-" + std::to_string(i));
    }
    if (fault) {
      if (!place.reader.empty()) {
        fault->detail.append(" (").append(place.reader).append(": ").append(place.place) += ')';
      }
      out[i] = refused(*fault);
      rejections.push_back(*std::move(fault));
      continue;
    }
    const Event& event = std::get<Event>(records[i]);
    commit.records.push_back({one_line(event.raw), std::string(event.source), std::string(event.id),
                              event.identity, event.content, std::string(place.cursor),
                              std::string(place.reader)});
    commit.places.push_back(i);
    commit.identities.insert(event.identity);
  }
  if (!rejections.empty()) {
    if (Status s = log_->quarantine(rejections, commit.recorded); !s) {
      if (Status flushed = replay().flush(); !flushed) return Unexpected<Error>(flushed.error());
      return Unexpected<Error>(s.error());
    }
  }
  commit.moved = behind_refused(out, places);
  if (Status s = append(commit, records, out); !s) return Unexpected<Error>(s.error());
  if (Status s = judge_through(commit.recorded); !s) return Unexpected<Error>(s.error());
  judged_ = commit.recorded;
  book(judged_, true);
  if (Status s = store_warnings(); !s) return Unexpected<Error>(s.error());
  return out;
}

Status Live::judge_through(Instant t) {
  const auto start = std::chrono::steady_clock::now();
  Status judged = replay().judge_through(t);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  costs_.add(program(), replay().take_rule_judgements(), took.count());
  return judged;
}

// Makes the commit durable, then lets the fold have it.
Status Live::append(Commit& commit, std::span<const Record> records, std::vector<Taken>& out) {
  if (commit.records.empty() && commit.moved.empty()) return {};
  if (!announced_ && !commit.records.empty()) {
    if (Status s = announce(commit.recorded - Duration{1}); !s) return s;
  }
  const auto appended = log_->append(commit.records, commit.recorded, commit.moved);
  if (!appended) {
    // What was admitted before points into these records.
    if (Status s = replay().flush(); !s) return s;
    return Unexpected<Error>(appended.error());
  }
  const std::vector<AppendOutcome>& outcomes = *appended;
  LQ_ASSERT(outcomes.size() == commit.records.size());
  for (std::size_t k = 0; k < outcomes.size(); ++k) {
    Taken& taken = out[commit.places[k]];
    taken.seq = outcomes[k].seq;
    switch (outcomes[k].kind) {
      case AppendOutcome::duplicate: taken.kind = Taken::Kind::duplicate; break;
      case AppendOutcome::conflict:
        taken.code = "conflict";
        taken.detail = "the same source and id as record " + std::to_string(outcomes[k].seq) +
                       " with other content";
        break;
      case AppendOutcome::appended: {
        taken.kind = Taken::Kind::appended;
        if (keeping_) keeping_->synced = true;  // with all that was stored before
        Event event = std::get<Event>(records[commit.places[k]]);
        event.seq = outcomes[k].seq;
        board_->meet(event.unit);
        if (Status s = replay().admit(event); !s) return s;
        ++since_checkpoint_;
        break;
      }
    }
  }
  commit.records.clear();
  commit.places.clear();
  commit.identities.clear();
  return {};
}

Status Live::tick(Instant now) {
  if (now <= judged_) return {};
  const std::uint64_t before = next_position_, judgements = replay().judgements();
  if (Status s = judge_through(now); !s) return s;
  judged_ = now;
  book(judged_, true);
  // What was woken and judged, even to no effect, would be woken again by a start.
  if (replay().judgements() != judgements) ++since_checkpoint_;
  if (next_position_ == before) return {};
  ++since_checkpoint_;
  return store_warnings();
}

Status Live::checkpoint() {
  for (bool waited = false; succession_;) {
    LQ_TRY(const bool more, go_on_switching());
    if (more) {
      waited = false;
      continue;
    }
    // Without room the next start begins again at the record that activates.
    const Status settled = judge_.store->settle();
    if (waited || (!settled && settled.error().code == ErrorCode::full)) return {};
    waited = true;
  }
  if (Status s = keep_all(); !s) return s;
  if (Status s = begin_checkpoint(); !s) return s;
  if (Status s = keep_all(); !s) return s;
  Status kept = judge_.store->settle();
  return kept || kept.error().code == ErrorCode::full ? Status{} : kept;
}

Status Live::begin_checkpoint() {
  return keeping_ || succession_ ? Status{} : begin_to_keep(log_->next_seq(), judged_);
}

// The further behind a start would be, the more at a time.
Result<bool> Live::continue_checkpoint() {
  if (!keeping_) return true;
  if (replay().crowded()) return keep_on(SIZE_MAX);
  return keep_on(kBytesAtOnce * (1 + since_checkpoint_ / options_.checkpoint_every));
}

// A checkpoint of the state that the records below `records` give, judged up to and including
// `judged`. Only what has changed since the one before is written.
Status Live::begin_to_keep(Seq records, Instant judged) {
  LQ_ASSERT(!keeping_);
  if (Status s = store_warnings(); !s) return s;
  if (!fresh_.empty()) return {};  // the state would no longer make them
  const LivePosition at{
      generation_, records,          next_position_, judged, std::as_const(*desk_).encode_head(),
      announced_,  renames_.encode()};
  replay().begin_checkpoint(at.encode());
  desk_->casebook().begin_snapshot();
  keeping_ = {records, std::exchange(since_checkpoint_, 0)};
  return {};
}

// True: it is done, or has failed for want of room: then it is done when there is room again.
Result<bool> Live::keep_on(std::size_t bytes) {
  if (!replay().write_down(bytes) || !desk_->casebook().write_down(bytes)) return false;
  std::vector<StoredNote> notes;
  std::vector<UnitBytes> lives = desk_->casebook().take_snapshot();
  notes.reserve(lives.size());
  for (auto& [unit, life] : lives) notes.push_back({life_note(unit), std::move(life)});
  // The warnings that the state would no longer make are durable before it is.
  Status kept = keeping_->synced ? Status{} : log_->sync();
  if (kept) {
    kept = replay().end_checkpoint(std::move(notes));
  } else {
    replay().drop_checkpoint();
  }
  const Keeping done = *std::exchange(keeping_, std::nullopt);
  if (kept) {
    kept_ = done.records;
    return true;
  }
  desk_->casebook().snapshot_not_kept();
  since_checkpoint_ += done.since;
  if (kept.error().code == ErrorCode::full) return true;
  return Unexpected<Error>(kept.error());
}

// What is under way, if anything.
Status Live::keep_all() {
  while (keeping_) {
    if (const auto done = keep_on(SIZE_MAX); !done) return Unexpected<Error>(done.error());
  }
  return {};
}

}  // namespace lianqing
