// The part of Live that lets one rule pack follow another.
#include <algorithm>

#include "cli/serve/live.h"
#include "connectors/decode.h"
#include "engine/rationale.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kStoreBatch = 512;  // warnings written at a time

// Whether the pack sees the levels that the board shows.
bool alike(const BoardUnit& row, const std::vector<Outline::Stand>& stands,
           const Program& program) {
  std::size_t lit = 0;
  for (const Outline::Stand& stand : stands) {
    if (stand.level == Level::green) continue;
    const auto shown = row.standing.find(std::pair(program.rules[stand.rule].id, stand.key));
    if (shown == row.standing.end() || shown->second.level != stand.level) return false;
    ++lit;
  }
  return lit == row.standing.size();
}

// The units at which the pack sees other levels than the board shows, in order.
std::vector<std::string> unlike(const Board& board, const Stands& stands, const Program& program) {
  const BoardUnit green;
  const std::vector<Outline::Stand> none;
  std::vector<std::string> out;
  auto lit = board.lit().begin();
  auto own = stands.begin();
  while (lit != board.lit().end() || own != stands.end()) {
    const bool shown = lit != board.lit().end() && (own == stands.end() || *lit <= own->first);
    const bool seen = own != stands.end() && (!shown || own->first == *lit);
    const std::string& unit = shown ? *lit : own->first;
    const BoardUnit& row = shown ? board.units().find(unit)->second : green;
    if (!alike(row, seen ? own->second : none, program)) out.push_back(unit);
    if (seen) ++own;
    if (shown) ++lit;
  }
  return out;
}

ShownLevels shown_levels(const Board& board, const std::vector<std::string>& among) {
  ShownLevels out;
  for (const std::string& unit : among) {
    const auto row = board.units().find(unit);
    if (row == board.units().end()) continue;
    for (const auto& [where, standing] : row->second.standing) {
      out.emplace(std::tuple(unit, where.first, where.second), standing.level);
    }
  }
  return out;
}

}  // namespace

// What the pack that rules tells, from now on, is heard here.
void Live::listen() {
  Voice& voice = *judge_.voice;
  voice.heard = [this](const Leaving& leaving) { return heard(leaving); };
  voice.admitted = [this](const Event& event, const LogEntry& entry, std::string_view unit) {
    desk_->admitted(event, entry, unit);
    renames_.admitted(event, entry, unit);
    if (!entry.decisions.empty() && !unit.empty()) moved_.emplace(unit);
  };
  voice.grey = [this](const GreyChange& change) { desk_->grey(change); };
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

Result<Live::Switched> Live::activate(Judge& successor, Prepared& prepared,
                                      const Activation& activation, Instant now) {
  Switched out;
  out.at = std::max(now, judged_ + Duration{1});
  if (log_->last_recorded() != kBeforeAll) {
    out.at = std::max(out.at, log_->last_recorded() + Duration{1});
  }
  const auto ignore = [](const Event&) {};
  const auto go_on = [](Seq) { return Status{}; };
  if (Status s = refold(*log_, *successor.replay, {.from = prepared.folded}, ignore, go_on); !s) {
    return Unexpected<Error>(s.error());
  }
  const std::string text =
      activation_text(activation, successor.program->pack, successor.pack, judge_.pack, out.at);
  auto seq = append_own(text, out.at, successor.replay.get());
  if (!seq && seq.error().code == ErrorCode::full) seq.error().code = ErrorCode::refused;
  if (!seq) return Unexpected<Error>(seq.error());
  out.seq = *seq;
  announced_ = true;
  LQ_TRY(const Switched told, succeed(successor, prepared, out.at));
  out.transitions = told.transitions;
  out.units = told.units;
  out.lives = told.lives;
  // Until both are stored, a start folds from the old pack's checkpoint up to here again.
  if (Status s = checkpoint(); !s) return Unexpected<Error>(s.error());
  if (since_checkpoint_ > 0) return failure(ErrorCode::full, "no room for the new state");
  if (Status s = log_->put_meta(kGenerationKey, generation_.encode()); !s) {
    return Unexpected<Error>(s.error());
  }
  return out;
}

void Live::meet(std::span<const std::string> units) {
  for (const std::string& unit : units) board_->meet(unit);
}

// The casebook has heard which rules had no data; it is told what is otherwise now.
void Live::tell_grey(const Stands& stands, Instant at) {
  const auto tell = [&](std::string_view unit, const CasePlace& place, bool is_grey) {
    desk_->grey({at, std::string(unit), place.first, place.second, is_grey});
  };
  const auto known = casebook().grey_places();
  auto was = known.begin();
  const auto no_more = [&](std::string_view before) {
    for (; was != known.end() && (before.empty() || was->first < before); ++was) {
      for (const CasePlace& place : *was->second) tell(was->first, place, false);
    }
  };
  for (const auto& [unit, own] : stands) {
    std::set<CasePlace> greys;
    for (const Outline::Stand& stand : own) {
      if (!stand.grey) continue;
      const Rule& rule = program().rules[stand.rule];
      greys.emplace(rule.id, rule.keyed ? std::optional(stand.key) : std::nullopt);
    }
    if (greys.empty()) continue;
    no_more(unit);
    if (was != known.end() && was->first == unit) {
      for (const CasePlace& place : *(was++)->second) {
        if (greys.erase(place) == 0) tell(unit, place, false);
      }
    }
    for (const CasePlace& place : greys) tell(unit, place, true);
  }
  no_more({});
}

// Both have folded everything recorded up to `at`, and nothing later.
Result<Live::Switched> Live::succeed(Judge& successor, Prepared& prepared, Instant at) {
  Stands& stands = prepared.stands;
  judge_.voice->before = at;
  for (Replay* judge : {judge_.replay.get(), successor.replay.get()}) {
    if (Status s = judge->judge_through(at); !s) return Unexpected<Error>(s.error());
  }
  const auto met = [this](std::string_view unit) { board_->meet(unit); };
  if (Status s = renew(stands, successor, met); !s) return Unexpected<Error>(s.error());
  const std::vector<std::string> among = unlike(*board_, stands, *successor.program);
  LQ_TRY(const auto differences, rule_differences(*judge_.replay, *successor.replay, at, among,
                                                  shown_levels(*board_, among)));
  // Cases go on as they are, whatever the new pack makes of the levels.
  book(at - Duration{1}, true);
  desk_->casebook().follow(successor.replay->fold().program(), prepared.lives);
  duties_ = std::make_unique<DutyTable>(*successor.program);
  std::swap(judge_, successor);
  keeping_.reset();  // of the pack that ruled
  tell_grey(stands, at);
  (void)replay().take_rule_judgements();  // of records folded again
  listen();
  for (const Leaving& leaving : differences) {
    if (Status s = heard(leaving); !s) return Unexpected<Error>(s.error());
  }
  judged_ = at;
  book(at, true);
  if (Status s = store_warnings(); !s) return Unexpected<Error>(s.error());
  if (!fresh_.empty()) return failure(ErrorCode::full, "no room for the warnings of new rules");
  generation_.reigns.push_back({judge_.pack, hash_text(program()), at, next_position_});
  return Switched{0, at, differences.size(), among.size(), casebook().unkept()};
}

}  // namespace lianqing
