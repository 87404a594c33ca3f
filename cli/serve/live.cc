#include "cli/serve/live.h"

#include <algorithm>
#include <filesystem>

#include "cli/case_json.h"
#include "cli/serve/warning_text.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "engine/read_decision.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kRefoldBatch = 4096;  // records read, then folded, at a time
constexpr std::size_t kStoreBatch = 512;    // warnings written at a time

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

Taken refused(const Rejection& rejection) {
  return {Taken::Kind::refused, 0, rejection.code, rejection.detail, rejection.column};
}

}  // namespace

Status refold(const EventLog& log, Replay& replay, Stretch stretch,
              const std::function<void(const Event&)>& met,
              const std::function<Status(Seq next)>& folded) {
  EventDecoder decoder;
  Seq from = stretch.from;
  for (Arena arena;; arena.reset()) {
    const std::size_t count = std::min<Seq>(kRefoldBatch, stretch.to - std::min(from, stretch.to));
    LQ_TRY(const std::vector<StoredRecord> records, log.read(from, count));
    const bool last = records.empty() || records.back().recorded > stretch.until;
    for (const StoredRecord& record : records) {
      from = record.seq + 1;
      if (record.recorded > stretch.until) break;
      if (record.bytes.empty() || record.is_note) continue;  // erased; about the log itself
      Record decoded = decoder.decode(record.bytes, {0, record.seq + 1, 0}, arena);
      auto* event = std::get_if<Event>(&decoded);
      if (event == nullptr) continue;
      event->recorded = record.recorded;
      event->seq = record.seq;
      met(*event);
      if (Status s = replay.admit(*event); !s) return s;
    }
    if (Status s = replay.flush(); !s) return s;
    if (records.empty()) return {};
    if (Status s = folded(from); !s) return s;
    if (last) return {};
  }
}

Live::Live(LiveOptions options)
    : options_(std::move(options)),
      feed_(std::make_unique<StreamFeed>()),
      duties_(std::make_unique<DutyTable>(*options_.program)) {}

Result<std::unique_ptr<Live>> Live::start(LiveOptions options, const Progress& progress) {
  std::unique_ptr<Live> live(new Live(std::move(options)));
  if (Status s = live->open(); !s) return Unexpected<Error>(s.error());
  auto from = live->resume();
  if (!from) {  // the state is derived: without it the log is read from its beginning
    live->report_.why_not = from.error().what;
    live->replay_.reset();
    live->store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(live->options_.data + "/state", ignored);
    LQ_TRY(live->store_, open_rocks_store(live->options_.data + "/state"));
    live->make_replay();
    live->next_position_ = live->generation_.first;
    live->judged_ = kBeforeAll;
    from = 0;
  }
  live->report_.from_checkpoint = *from > 0;
  live->fill_board();
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

// With another rule pack or register the warnings of the log are made anew, at positions behind
// the old ones, so that a position never means two things.
Status Live::begin_generation() {
  const std::string now = generation_name(*options_.program, options_.units);
  LQ_TRY(const auto known, log_->meta(kGenerationKey));
  if (known) {
    LQ_TRY(const Generation before, Generation::decode(*known));
    if (before.name == now) {
      generation_ = before;
      next_position_ = before.first;
      return {};
    }
  }
  generation_ = {now, stored_ + 1};
  next_position_ = generation_.first;
  return log_->put_meta(kGenerationKey, generation_.encode());
}

void Live::make_replay() {
  ReplayOptions options;
  options.identity_of = identity_hash;
  options.count_rules = true;
  options.admitted = [this](const Event& event, const LogEntry& entry, std::string_view unit) {
    desk_->admitted(event, entry, unit);
  };
  options.grey = [this](const GreyChange& change) { desk_->grey(change); };
  replay_ = std::make_unique<Replay>(
      options_.program, options_.units, options, store_.get(),
      [this](const Warning& warning) { return to_json(warning, *options_.program); },
      [this](const Leaving& leaving) {
        board_.move(leaving);
        desk_->left(leaving);
        ++transitions_[{leaving.rule, leaving.to}];
        ++causes_[leaving.cause];
        fresh_.emplace_back(next_position_++, leaving.text);
        return fresh_.size() >= kStoreBatch ? store_warnings() : Status{};
      },
      [](const Rejection&) {});
  desk_ = std::make_unique<Desk>(replay_->fold().program());
}

// The life of warnings, with everything before t known (t itself too if `inclusive`).
void Live::book(Instant t, bool inclusive) {
  desk_->book(t, inclusive);
  (void)desk_->casebook().take_steps();
  std::vector<std::string> told;
  for (const ColourChange& change : desk_->casebook().take_colours()) {
    board_.paint(change.unit, change.to);
    told.push_back(to_json(change, *options_.program));
  }
  if (!told.empty()) feed_->add_colours(std::move(told));
}

// The position in the log up to which the newest checkpoint reaches; 0 if there is none.
Result<Seq> Live::resume() {
  LQ_TRY(store_, open_rocks_store(options_.data + "/state"));
  make_replay();
  LQ_TRY(const std::string saved, replay_->resume());
  if (saved.empty()) return 0;
  LQ_TRY(const LivePosition at, LivePosition::decode(saved));
  if (at.generation != generation_) {
    return failure(ErrorCode::refused, "the checkpoint was made with other rules or units");
  }
  if (at.records > log_->next_seq() || at.next > stored_ + 1) {
    return failure(ErrorCode::refused, "the checkpoint is ahead of the log");
  }
  LQ_TRY(Desk desk, Desk::decode(at.desk, replay_->fold().program()));
  desk_ = std::make_unique<Desk>(std::move(desk));
  next_position_ = at.next;
  judged_ = at.judged;
  return at.records;
}

// The board as the stored states have it.
void Live::fill_board() {
  for (const RegisteredUnit& unit : options_.units) board_.meet_registered(unit.id);
  if (!report_.from_checkpoint) return;
  for (const std::string& name : replay_->unit_names()) {
    board_.meet(name);
    const auto unit = replay_->unit(name);
    if (!unit || *unit == nullptr) continue;
    for (const Instance& instance : (*unit)->instances) {
      if (instance.level == Level::green) continue;
      const Warning now = replay_->fold().explain(**unit, instance, 0);
      board_.place(name, now.rule, now.key.value_or(""),
                   {instance.level, instance.since, now.shadow});
    }
  }
  for (const std::string& name : casebook().units()) board_.paint(name, casebook().colour(name));
}

Status Live::catch_up(Seq from, const Progress& progress) {
  const Seq total = log_->next_seq();
  const Status folded = refold(
      *log_, *replay_, {from}, [this](const Event& event) { board_.meet(event.unit); },
      [&](Seq next) {
        report_.refolded = next - from;
        progress(next - from, total - from);
        book(replay_->judged_before(), false);
        return store_warnings();
      });
  return folded ? settle() : folded;
}

// Judges as far as was judged before the last end: what was told then is told again at the same
// position, and no record will come before it.
Status Live::settle() {
  (void)replay_->take_rule_judgements();  // of records folded again
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
    if (Status s = replay_->judge_through(reached); !s) return s;
    book(reached, true);
  }
  judged_ = started_ = reached;
  if (Status s = store_warnings(); !s) return s;
  feed_->restart(generation_.first, next_position_ - 1);
  since_checkpoint_ = report_.refolded;
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

Result<std::vector<Taken>> Live::take(std::span<Record> records, Instant now) {
  std::vector<Taken> out(records.size());
  std::vector<Rejection> rejections;
  Commit commit;
  commit.recorded = std::max(now, judged_ + Duration{1});
  if (log_->last_recorded() != kBeforeAll) {
    commit.recorded = std::max(commit.recorded, log_->last_recorded() + Duration{1});
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::optional<Rejection> fault;
    if (auto* event = std::get_if<Event>(&records[i])) {
      if (looks_back(*event, commit)) {
        if (Status s = append(commit, records, out); !s) return Unexpected<Error>(s.error());
        commit.recorded += Duration{1};
      }
      event->recorded = commit.recorded;
      fault = replay_->fault(*event);
      if (fault) fault->raw = std::string(event->raw.substr(0, kMaxRejectedBytes));
    } else {
      fault = std::move(std::get<Rejection>(records[i]));
    }
    if (fault) {
      out[i] = refused(*fault);
      rejections.push_back(*std::move(fault));
      continue;
    }
    const Event& event = std::get<Event>(records[i]);
    commit.records.push_back({one_line(event.raw),
                              std::string(event.source),
                              std::string(event.id),
                              event.identity,
                              event.content,
                              {}});
    commit.places.push_back(i);
    commit.identities.insert(event.identity);
  }
  if (!rejections.empty()) {
    if (Status s = log_->quarantine(rejections, commit.recorded); !s) {
      if (Status flushed = replay_->flush(); !flushed) return Unexpected<Error>(flushed.error());
      return Unexpected<Error>(s.error());
    }
  }
  if (Status s = append(commit, records, out); !s) return Unexpected<Error>(s.error());
  if (Status s = judge_through(commit.recorded); !s) return Unexpected<Error>(s.error());
  judged_ = commit.recorded;
  book(judged_, true);
  if (Status s = store_warnings(); !s) return Unexpected<Error>(s.error());
  return out;
}

Status Live::judge_through(Instant t) {
  const auto start = std::chrono::steady_clock::now();
  Status judged = replay_->judge_through(t);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  costs_.add(program(), replay_->take_rule_judgements(), took.count());
  return judged;
}

// Makes the commit durable, then lets the fold have it.
Status Live::append(Commit& commit, std::span<const Record> records, std::vector<Taken>& out) {
  if (commit.records.empty()) return {};
  const auto appended = log_->append(commit.records, commit.recorded);
  if (!appended) {
    // What was admitted before points into these records.
    if (Status s = replay_->flush(); !s) return s;
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
        Event event = std::get<Event>(records[commit.places[k]]);
        event.seq = outcomes[k].seq;
        board_.meet(event.unit);
        if (Status s = replay_->admit(event); !s) return s;
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
  const std::uint64_t before = next_position_;
  if (Status s = judge_through(now); !s) return s;
  judged_ = now;
  book(judged_, true);
  if (next_position_ == before) return {};
  ++since_checkpoint_;
  return store_warnings();
}

Status Live::checkpoint() {
  if (Status s = store_warnings(); !s) return s;
  if (!fresh_.empty()) return {};  // the state would no longer make them
  if (Status s = log_->sync(); !s) return s.error().code == ErrorCode::full ? Status{} : s;
  const LivePosition at{generation_, log_->next_seq(), next_position_, judged_,
                        std::as_const(*desk_).encode()};
  if (Status s = replay_->checkpoint(at.encode()); !s) return s;
  since_checkpoint_ = 0;
  return {};
}

}  // namespace lianqing
