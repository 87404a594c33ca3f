// The part of Live that lets one rule pack follow another.
#include <algorithm>

#include "cli/serve/live.h"
#include "connectors/decode.h"
#include "engine/rationale.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kStoreBatch = 512;  // warnings written at a time

ShownLevels shown_levels(const Board& board) {
  ShownLevels out;
  for (const auto& [unit, row] : board.units()) {
    for (const auto& [where, standing] : row.standing) {
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

Result<Live::Switched> Live::activate(Judge& successor, Seq folded, const Activation& activation,
                                      Instant now) {
  Switched out;
  out.at = std::max(now, judged_ + Duration{1});
  if (log_->last_recorded() != kBeforeAll) {
    out.at = std::max(out.at, log_->last_recorded() + Duration{1});
  }
  const auto ignore = [](const Event&) {};
  const auto go_on = [](Seq) { return Status{}; };
  if (Status s = refold(*log_, *successor.replay, {.from = folded}, ignore, go_on); !s) {
    return Unexpected<Error>(s.error());
  }
  const std::string text =
      activation_text(activation, successor.program->pack, successor.pack, judge_.pack, out.at);
  auto seq = append_own(text, out.at, successor.replay.get());
  if (!seq && seq.error().code == ErrorCode::full) seq.error().code = ErrorCode::refused;
  if (!seq) return Unexpected<Error>(seq.error());
  out.seq = *seq;
  announced_ = true;
  LQ_TRY(out.transitions, succeed(successor, out.at));
  // Until both are stored, a start folds from the old pack's checkpoint up to here again.
  if (Status s = checkpoint(); !s) return Unexpected<Error>(s.error());
  if (since_checkpoint_ > 0) return failure(ErrorCode::full, "no room for the new state");
  if (Status s = log_->put_meta(kGenerationKey, generation_.encode()); !s) {
    return Unexpected<Error>(s.error());
  }
  return out;
}

// As the instances of the replay stand.
void Live::tell_grey(Replay& replay, Instant at, bool is_grey) {
  for (const std::string& name : replay.unit_names()) {
    const auto unit = replay.unit(name);
    if (!unit || *unit == nullptr) continue;
    for (const Instance& instance : (*unit)->instances) {
      if (!instance.grey) continue;
      const Rule& rule = replay.fold().program().rules[instance.rule];
      GreyChange change{at, name, rule.id, std::nullopt, is_grey};
      if (rule.keyed) change.key = key_text(replay.fold(), instance.key);
      desk_->grey(change);
    }
  }
}

// Both have folded everything recorded up to `at`, and nothing later. Gives how many transitions
// that made.
Result<std::size_t> Live::succeed(Judge& successor, Instant at) {
  judge_.voice->before = at;
  for (Replay* judge : {judge_.replay.get(), successor.replay.get()}) {
    if (Status s = judge->judge_through(at); !s) return Unexpected<Error>(s.error());
  }
  LQ_TRY(const auto differences,
         rule_differences(*judge_.replay, *successor.replay, at, shown_levels(*board_)));
  // Cases go on as they are, whatever the new pack makes of the levels.
  book(at - Duration{1}, true);
  LQ_TRY(Desk desk, Desk::decode(std::as_const(*desk_).encode_head(), casebook().encode_units(),
                                 successor.replay->fold().program()));
  desk.casebook().not_kept();
  desk_ = std::make_unique<Desk>(std::move(desk));
  tell_grey(*judge_.replay, at, false);
  tell_grey(*successor.replay, at, true);
  duties_ = std::make_unique<DutyTable>(*successor.program);
  std::swap(judge_, successor);
  (void)replay().take_rule_judgements();  // of records folded again
  listen();
  for (const Leaving& leaving : differences) {
    if (Status s = heard(leaving); !s) return Unexpected<Error>(s.error());
  }
  for (const std::string& name : judge_.replay->unit_names()) board_->meet(name);
  judged_ = at;
  book(at, true);
  if (Status s = store_warnings(); !s) return Unexpected<Error>(s.error());
  if (!fresh_.empty()) return failure(ErrorCode::full, "no room for the warnings of new rules");
  generation_.reigns.push_back({judge_.pack, hash_text(program()), at, next_position_});
  return differences.size();
}

}  // namespace lianqing
