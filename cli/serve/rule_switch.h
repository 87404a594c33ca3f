// Takes up new rules while the daemon runs. A thread of its own watches the pack's folder, folds
// the log under a pack that is to rule, and asks the writer to let it follow the one that rules.
// One pack at a time; one with mistakes is refused whole, and what ruled rules on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/serve/logbook.h"
#include "cli/serve/writer.h"

namespace lianqing {

struct RuleSwitchOptions {
  std::string data, pack;  // directory, folder or file
  std::vector<RegisteredUnit> units;
  bool watch = true;    // a change of the folder is taken up by itself
  bool by_two = false;  // only what two people activate is taken up, never the folder by itself
};

// What of the pack's folder, as it was looked at last.
struct DiskRules {
  std::optional<std::string> hash;  // what it compiles to; nothing: it does not
  std::string wrong;                // why not, in English
  std::optional<Instant> since;     // other than the pack that rules since then
};

struct Backfill {
  std::string hash;
  Activation activation;
  Instant since;
  Seq done = 0, of = 0;  // records folded
};

// A pack that could not be taken up.
struct RefusedRules {
  Instant at;
  std::string cause, why;
};

// A pack that one person has activated and a second one has not yet.
struct AwaitedRules {
  std::string hash, by, reason;
  Instant at;
};

struct RuleState {
  DiskRules disk;
  std::optional<Backfill> backfill;
  std::optional<AwaitedRules> awaited;          // for a day
  std::optional<RefusedRules> refused;          // the newest one since the last activation
  std::uint64_t activations = 0, refusals = 0;  // since the start
};

class RuleSwitch {
 public:
  RuleSwitch(RuleSwitchOptions options, Writer& writer, Logbook& logbook);
  ~RuleSwitch();

  enum class Answer { runs, accepted, busy, awaited };
  // `pack` compiles. `runs`: it rules already; another one that was under way is dropped.
  // `awaited`: somebody else has to activate the same pack; not if it is `seconded` already.
  [[nodiscard]] Answer propose(ReadPack pack, Activation activation, bool seconded = false);
  // Told of a pack that came otherwise and has mistakes.
  void refuse(const Activation& activation, const std::string& why);
  // Looks at the folder now, and takes it up if it is not what rules.
  void reload();
  RuleState state() const;
  void end();  // before the writer finishes

 private:
  struct Proposal {
    ReadPack pack;
    Activation activation;
    std::string content;  // of the folder, if it is the folder's
  };

  void run(const std::stop_token& stop);
  void look(bool at_once);
  bool is_seconded(const std::string& hash, Activation& activation);
  std::optional<std::string> read_folder(ReadPack& out);
  void take_up(ReadPack pack, const std::string& content, const Activation& activation);
  void prepare(const std::stop_token& stop, Proposal proposal);
  Status between_commits(std::function<void(Live&)> work);
  Status fold_beside(const std::stop_token& stop, Judge& judge, Prepared& out);
  Status store_lives(const std::stop_token& stop, Judge& judge, Prepared& out);
  Result<Live::Switched> fold_and_switch(const std::stop_token& stop, const Proposal& proposal);
  void note_disk(DiskRules disk);
  // Since when the disk differs from what rules; the lock is held.
  void date_difference();
  void remember(const std::string& content);
  std::string ruling() const;

  const RuleSwitchOptions options_;
  Writer& writer_;
  Logbook& logbook_;

  mutable std::mutex lock_;
  std::condition_variable_any something_;
  std::optional<Proposal> next_;
  bool reload_ = false;
  std::atomic<bool> dropped_{false};
  RuleState state_;

  // The thread's own: digests of the folder's texts.
  std::string seen_;     // at the last look
  std::string settled_;  // taken up, refused, or ruling anyway
  std::jthread thread_;  // last: ends before what it uses
};

// A pack and its calendars with a digest of all its texts.
std::string texts_digest(const PackTexts& texts);

}  // namespace lianqing
