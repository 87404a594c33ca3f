// One change of a unit's evidence: what a record contributed before, against what it contributes
// now. Everything that looks at it moves by exact delta, and the rules that read what moved are
// touched.
#pragma once

#include <functional>

#include "engine/fold.h"

namespace lianqing {

// What a record says at present: as sent, with the decisions about it applied.
struct Statement {
  LogEntry entry;
  std::uint32_t weight = kFullWeight;  // millionths; 0 takes no part
};

class Change {
 public:
  // `cause` and `earliest` are noted at the rules touched.
  Change(const Fold& fold, UnitState& unit, Cause cause, Instant earliest, Effects& effects)
      : fold_(fold),
        program_(fold.program()),
        route_(fold.route()),
        unit_(unit),
        cause_(cause),
        earliest_(earliest),
        effects_(effects) {}

  // Either may be null: a new record, or one that is gone. Both are of the same record.
  void replace(const Statement* before, const Statement* after);
  // The instances of the keys that the statement brings exist from now on, whatever it counts for.
  void meet(const Statement& statement);

 private:
  struct Taken;

  std::optional<Taken> taken(const Statement* statement, std::uint32_t stream) const;
  void replace_in_stream(const Statement* before, const Statement* after, std::uint32_t stream);
  void add(std::uint32_t stream, const Cell& key, const Sample& sample, std::uint32_t weight);
  void withdraw(std::uint32_t stream, const Cell& key, Instant time, Seq seq);
  void meet_key(const std::vector<std::uint32_t>& rules, const Cell& key);

  std::vector<ItemEvent> item_events(const Statement* statement, const ItemFeed& feed) const;
  void replace_in_item(const Statement* before, const Statement* after, const ItemFeed& feed);
  void edit_item(const KeyedIndex& where, Seq remove, std::vector<ItemEvent> add);
  // `v`: the view's place among the item's.
  void contribute(const ItemView& view, std::size_t v, const Episode& episode, int sign);
  void count_interval(const ItemView& view, const Cell& key, const Episode& episode, int sign);

  std::optional<SequenceEvent> sequence_event(const Statement* statement,
                                              std::uint32_t sequence) const;
  void replace_in_sequence(const Statement* before, const Statement* after, std::uint32_t sequence);
  void edit_sequence(const KeyedIndex& where, const SequenceEvent* remove,
                     const SequenceEvent* add);
  void match(std::uint32_t sequence, const SequenceMatch& match, int sign);
  void match_unknown(std::uint32_t stream, const Cell& key, const SequenceMatch& match, int sign);
  // Of the counter of the measure and key, `edit` moves what holds; who reads it is touched.
  void edit_counter(std::uint32_t measure, const Cell& key, bool touches,
                    const std::function<void(Counter&)>& edit);

  const Fold& fold_;
  const Program& program_;
  const Route& route_;
  UnitState& unit_;
  Cause cause_;
  Instant earliest_;
  Effects& effects_;
};

}  // namespace lianqing
