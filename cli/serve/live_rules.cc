// The part of Live that lets one rule pack follow another.
#include <algorithm>

#include "cli/serve/live.h"
#include "connectors/decode.h"
#include "engine/rationale.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kStoreBatch = 512;  // warnings written at a time

// Between two commits, while rules follow one another.
constexpr std::size_t kUnitsAtOnce = 1000;    // looked at
constexpr std::size_t kWarningsAtOnce = 200;  // told

}  // namespace

// What the pack that rules tells, from now on, is heard here.
void Live::listen() {
  Voice& voice = *judge_.voice;
  voice.heard = [this](const Leaving& leaving) {
    if (!holding()) return heard(leaving);
    succession_->held.push_back(leaving);
    return Status{};
  };
  voice.admitted = [this](const Event& event, const LogEntry& entry, std::string_view unit) {
    desk_->admitted(event, entry, unit);
    renames_.admitted(event, entry, unit);
    if (!entry.decisions.empty() && !unit.empty()) moved_.emplace(unit);
  };
  voice.grey = [this](const GreyChange& change) {
    if (!holding()) return desk_->grey(change);
    succession_->held_greys.push_back(change);
  };
}

Status Live::heard(const Leaving& leaving) {
  board_->move(leaving);
  desk_->left(leaving);
  ++transitions_[{leaving.rule, leaving.to}];
  ++causes_[leaving.cause];
  fresh_.emplace_back(next_position_++, leaving.text);
  return fresh_.size() >= kStoreBatch ? store_warnings() : Status{};
}

// The folder of the pack that the record activates, if it is not the one that rules anyway.
std::optional<std::string> Live::other_pack(const Event& event) {
  const auto hash = activated_hash(event);
  if (!hash) return std::nullopt;
  if (hash->size() >= 8 && judge_.pack.starts_with(*hash)) return std::nullopt;
  auto folder = find_kept_pack(options_.data, *hash);
  if (!folder) {
    report_.notices.push_back(
        "record " + std::to_string(event.seq.value_or(0)) +
        " activates rules that are not kept here, which changes nothing: " + *hash);
  }
  return folder;
}

// Makes a record of the daemon itself durable and lets the fold, and `also`, have it.
Result<Seq> Live::append_own(const std::string& text, Instant recorded, Replay* also) {
  Arena arena;
  EventDecoder decoder;
  Record record = decoder.decode(text, {}, arena, true);
  auto* event = std::get_if<Event>(&record);
  LQ_ASSERT(event != nullptr);
  event->recorded = recorded;
  for (const Replay* judge : {judge_.replay.get(), also}) {
    const auto fault = judge == nullptr ? std::nullopt : judge->fault(*event);
    if (!fault) continue;
    return failure(
        ErrorCode::refused,
        std::string(kActivationType) + " cannot be a record under these rules: " + fault->detail);
  }
  const AppendRecord stored{
      text, std::string(event->source), std::string(event->id), event->identity, event->content,
      {}};
  LQ_TRY(const auto outcomes, log_->append(std::span(&stored, 1), recorded));
  LQ_ASSERT(outcomes.at(0).kind == AppendOutcome::appended);
  event->seq = outcomes[0].seq;
  ++since_checkpoint_;
  for (Replay* judge : {judge_.replay.get(), also}) {
    if (judge == nullptr) continue;
    if (Status s = judge->admit(*event); !s) return Unexpected<Error>(s.error());
    if (Status s = judge->flush(); !s) return Unexpected<Error>(s.error());  // the arena ends here
  }
  return *event->seq;
}

// The first record that the daemon logs says which pack rules.
Status Live::announce(Instant recorded) {
  const std::string text =
      activation_text({"", "start", ""}, program().pack, judge_.pack, "", recorded);
  LQ_TRY([[maybe_unused]] const Seq seq, append_own(text, recorded, nullptr));
  announced_ = true;
  return {};
}

Status Live::activate(Judge& successor, Prepared& prepared, const Activation& activation,
                      Instant now, std::function<void(Switched)> done) {
  LQ_ASSERT(!succession_);
  Instant at = std::max(now, judged_ + Duration{1});
  if (log_->last_recorded() != kBeforeAll) {
    at = std::max(at, log_->last_recorded() + Duration{1});
  }
  const auto ignore = [](const Event&) {};
  const auto go_on = [](Seq) { return Status{}; };
  if (Status s = refold(*log_, *successor.replay, {.from = prepared.folded}, ignore, go_on); !s) {
    return s;
  }
  const std::string text =
      activation_text(activation, successor.program->pack, successor.pack, judge_.pack, at);
  auto seq = append_own(text, at, successor.replay.get());
  if (!seq && seq.error().code == ErrorCode::full) seq.error().code = ErrorCode::refused;
  if (!seq) return Unexpected<Error>(seq.error());
  announced_ = true;
  if (Status s = succeed(successor, prepared, at); !s) return s;
  // Of the instant at which it begins to rule: what is told of it is read from there, and what
  // comes next is stored with the end of the switch. Until then, a start folds from the old pack's
  // checkpoint up to here again.
  if (Status s = replay().checkpoint(LivePosition{}.encode()); !s) return s;
  replay().hold_units(true);
  succession_->live = true;
  switched_ = std::move(done);
  return {};
}

void Live::meet(std::span<const std::string> units) {
  for (const std::string& unit : units) board_->meet(unit);
}

// Both have folded everything recorded up to `at`, and nothing later.
Status Live::succeed(Judge& successor, Prepared& prepared, Instant at) {
  judge_.voice->before = at;
  for (Replay* judge : {judge_.replay.get(), successor.replay.get()}) {
    if (Status s = judge->judge_through(at); !s) return s;
  }
  const auto met = [this](std::string_view unit) { board_->meet(unit); };
  if (Status s = renew(prepared.stands, successor, met); !s) return s;
  // Cases go on as they are, whatever the new pack makes of the levels.
  book(at - Duration{1}, true);
  desk_->casebook().follow(successor.replay->fold().program(), prepared.lives);
  duties_ = std::make_unique<DutyTable>(*successor.program);
  std::swap(judge_, successor);
  keeping_.reset();                       // of the pack that ruled
  (void)replay().take_rule_judgements();  // of records folded again
  judged_ = at;
  generation_.reigns.push_back({judge_.pack, hash_text(program()), at, next_position_});
  succession_ = std::make_unique<Succession>(at, replay().last_seq());
  succession_->before = std::move(successor);
  succession_->stands = std::move(prepared.stands);
  listen();
  desk_->book_open(at);
  return {};
}

// Whether what is told waits for what the new pack sees otherwise.
bool Live::holding() const {
  return succession_ && succession_->phase != Succession::Phase::keeping;
}

Result<bool> Live::go_on_switching() {
  ++steps_;
  // What could not be stored is told, but nothing else until it is.
  if (Status s = store_warnings(); !s) return Unexpected<Error>(s.error());
  if (!fresh_.empty()) return false;
  switch (succession_->phase) {
    case Succession::Phase::telling: {
      const auto told = tell_some(kUnitsAtOnce, kWarningsAtOnce);
      if (told || told.error().code != ErrorCode::full) return told;
      return false;
    }
    case Succession::Phase::catching_up: {
      // At least twice what came since the piece before, so that it comes to an end.
      const std::size_t held = succession_->held_count();
      const std::size_t came = held - std::min(held, held_before_);
      if (Status s = release_some(std::max(kWarningsAtOnce, 2 * came)); !s) {
        return Unexpected<Error>(s.error());
      }
      held_before_ = succession_->held_count();
      return true;
    }
    case Succession::Phase::keeping: return keep_successor();
  }
  LQ_UNREACHABLE("phase of a succession");
}

// What the new pack sees otherwise, of the next units. True: there may be more to do at once.
Result<bool> Live::tell_some(std::size_t units, std::size_t warnings) {
  Succession& now = *succession_;
  const std::size_t until = now.transitions + std::min(warnings, SIZE_MAX - now.transitions);
  for (; units > 0 && now.transitions < until; --units) {
    LQ_TRY(auto told, now.next(replay(), *board_, casebook()));
    if (!told) {
      now.phase = Succession::Phase::catching_up;
      held_before_ = now.held_count();
      replay().hold_units(false);
      book_known(now.at, true);
      now.lives = casebook().unkept();
      generation_.reigns.back().next = next_position_;
      break;
    }
    for (GreyChange& change : told->greys) desk_->grey(std::move(change));
    for (const Leaving& difference : told->differences) {
      if (Status s = heard(difference); !s) return Unexpected<Error>(s.error());
    }
    desk_->book_open(now.at);
    desk_->casebook().settle_below(told->unit + '\0');
  }
  show_colours();
  if (Status s = store_warnings(); !s) return Unexpected<Error>(s.error());
  return true;
}

// What was told meanwhile, in order, those of one instant together; nothing is held any more when
// all of it is given out.
Status Live::release_some(std::size_t most) {
  Succession& now = *succession_;
  Instant before = judged_ + Duration{1};
  const auto end_at = [&before, most](const auto& held) {
    if (held.size() > most) {
      before = std::min(before, std::max(held[most].time, held.front().time + Duration{1}));
    }
  };
  end_at(now.held);
  end_at(now.held_greys);
  while (!now.held_greys.empty() && now.held_greys.front().time < before) {
    desk_->grey(std::move(now.held_greys.front()));
    now.held_greys.pop_front();
  }
  while (!now.held.empty() && now.held.front().time < before) {
    const Leaving leaving = std::move(now.held.front());
    now.held.pop_front();
    if (Status s = heard(leaving); !s) return s;
  }
  if (now.held.empty() && now.held_greys.empty()) {
    now.phase = Succession::Phase::keeping;
    before = judged_ + Duration{1};
  }
  book_known(before - Duration{1}, true);
  return store_warnings();
}

// All that is left to tell of the instant, at once.
Status Live::tell_all() {
  while (succession_->phase == Succession::Phase::telling) {
    LQ_TRY([[maybe_unused]] const bool more, tell_some(SIZE_MAX, SIZE_MAX));
  }
  if (succession_->live) return {};
  return release_some(SIZE_MAX);
}

// The new pack's state with the position it reflects, and then that it rules.
Result<bool> Live::keep_successor() {
  Succession& now = *succession_;
  if (!now.written && !keeping_) {
    if (Status s = begin_to_keep(log_->next_seq(), judged_); !s)
      return Unexpected<Error>(s.error());
    return keeping_.has_value();
  }
  if (keeping_) {
    LQ_TRY(const bool over, continue_checkpoint());
    if (!over) return true;
    now.written = !keeping_ && kept_ > now.seq;
    return now.written;
  }
  if (judge_.store->is_busy()) return false;
  if (Status s = judge_.store->settle(); !s) {
    if (s.error().code == ErrorCode::full) return false;
    return Unexpected<Error>(s.error());
  }
  if (Status s = log_->put_meta(kGenerationKey, generation_.encode()); !s) {
    if (s.error().code == ErrorCode::full) return false;
    return Unexpected<Error>(s.error());
  }
  Switched told{now.seq, now.at, now.transitions, now.units, now.lives, std::move(now.before)};
  succession_.reset();
  std::exchange(switched_, nullptr)(std::move(told));
  return true;
}

}  // namespace lianqing
