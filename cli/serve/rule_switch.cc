#include "cli/serve/rule_switch.h"

#include <future>

#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/translation.h"
#include "lianqing/assert.h"
#include "lianqing/ruleset.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

constexpr std::chrono::milliseconds kLook{1000};
constexpr std::string_view kSettledKey = "serve/pack-folder";
constexpr Seq kNearlyThere = 2048;  // records that the writer may fold itself
constexpr int kMostPasses = 16;
constexpr std::size_t kNotesAtOnce = 64'000;  // written at a time
constexpr std::size_t kUnitsAtOnce = 1000;    // that the writer looks at between two commits

// Only errors; a pack with warnings is none the worse.
std::string mistakes(Diagnostics findings, const PackTexts& texts) {
  std::erase_if(findings, [](const Diagnostic& d) { return d.severity != Severity::error; });
  if (findings.size() > 3) findings.resize(3);
  const auto all = texts.all();
  return render_text(findings, all, false);
}

}  // namespace

std::string texts_digest(const PackTexts& texts) {
  std::string text;
  for (const SourceText& one : texts.all()) {
    text += std::to_string(one.name.size()) + ":" + one.name;
    text += std::to_string(one.bytes.size()) + ":" + one.bytes;
  }
  const auto digest = sha256(text);
  return {digest.begin(), digest.end()};
}

RuleSwitch::RuleSwitch(RuleSwitchOptions options, Writer& writer, Logbook& logbook)
    : options_(std::move(options)), writer_(writer), logbook_(logbook) {
  if (const auto known = writer_.log()->meta(kSettledKey); known && *known) settled_ = **known;
  look(true);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

RuleSwitch::~RuleSwitch() = default;

void RuleSwitch::end() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::string RuleSwitch::ruling() const { return writer_.rules()->reigns.back().pack; }

RuleState RuleSwitch::state() const {
  const std::lock_guard hold(lock_);
  return state_;
}

RuleSwitch::Answer RuleSwitch::propose(ReadPack pack, Activation activation, bool seconded) {
  const std::string hash = hash_text(*pack.program);
  const std::lock_guard hold(lock_);
  if (hash == ruling()) {
    if (next_ || state_.backfill) dropped_ = true;
    next_.reset();
    return Answer::runs;
  }
  if (options_.by_two && !seconded && !is_seconded(hash, activation)) return Answer::awaited;
  if (state_.backfill && !dropped_) {
    return state_.backfill->hash == hash ? Answer::accepted : Answer::busy;
  }
  if (next_) return hash_text(*next_->pack.program) == hash ? Answer::accepted : Answer::busy;
  next_ = Proposal{std::move(pack), std::move(activation), {}};
  something_.notify_one();
  return Answer::accepted;
}

// Whether somebody else has asked for the same pack within a day; else this one is noted. Both are
// named from then on.
bool RuleSwitch::is_seconded(const std::string& hash, Activation& activation) {
  const Instant now = writer_.now();
  const auto& first = state_.awaited;
  if (!first || first->hash != hash || first->by == activation.by || now - first->at > days(1)) {
    state_.awaited = AwaitedRules{hash, activation.by, activation.reason, now};
    return false;
  }
  activation.by = first->by + ", " + activation.by;
  activation.reason = first->reason + "; " + activation.reason;
  state_.awaited.reset();
  return true;
}

void RuleSwitch::refuse(const Activation& activation, const std::string& why) {
  {
    const std::lock_guard hold(lock_);
    state_.refused = {writer_.now(), activation.cause, why};
    ++state_.refusals;
  }
  logbook_.alarm({"新规则未启用，原规则继续：" + in_chinese(why),
                  "the new rules were refused, the old ones rule on: " + why});
}

void RuleSwitch::reload() {
  const std::lock_guard hold(lock_);
  reload_ = true;
  something_.notify_one();
}

void RuleSwitch::run(const std::stop_token& stop) {
  for (;;) {
    std::optional<Proposal> proposal;
    bool at_once = false;
    {
      std::unique_lock hold(lock_);
      something_.wait_for(hold, stop, kLook, [this] { return next_ || reload_; });
      if (stop.stop_requested()) return;
      proposal = std::exchange(next_, std::nullopt);
      if (proposal) {
        dropped_ = false;
        state_.backfill = Backfill{hash_text(*proposal->pack.program), proposal->activation,
                                   writer_.now(), 0, writer_.log()->next_seq()};
      } else {
        at_once = std::exchange(reload_, false);
      }
    }
    if (proposal) {
      prepare(stop, *std::move(proposal));
    } else if (!writer_.failed()) {
      look(at_once);
    }
  }
}

// ---- the folder

// Gives why it cannot be used, if so; its digest is in `seen_`.
std::optional<std::string> RuleSwitch::read_folder(ReadPack& out) {
  auto texts = read_pack_texts(options_.pack);
  if (!texts) {
    seen_ = "?" + texts.error().what;
    return texts.error().what;
  }
  out.texts = *std::move(texts);
  seen_ = texts_digest(out.texts);
  return std::nullopt;
}

// A folder whose texts differ from the last look is not yet looked into: files are written one
// after the other.
void RuleSwitch::look(bool at_once) {
  const std::string before = seen_;
  ReadPack pack;
  std::optional<std::string> wrong = read_folder(pack);
  const std::string content = seen_;
  if (!at_once && content != before) return;
  if (content == settled_ && !at_once) return;
  const bool known = content == settled_;
  if (!wrong) {
    auto program = compile_pack(pack.texts.files, pack.texts.calendars);
    if (program) {
      pack.program = *std::move(program);
    } else {
      wrong = mistakes(program.error(), pack.texts);
    }
  }
  if (wrong) {
    note_disk({std::nullopt, *wrong, {}});
    refuse({"", "file", ""}, *wrong);
    return remember(content);
  }
  note_disk({hash_text(*pack.program), {}, {}});
  if (hash_text(*pack.program) == ruling()) return remember(content);
  const bool first_look = !thread_.joinable();
  if (at_once && first_look && known) {
    return logbook_.warn({"规则文件夹与现行规则不同，按上次决定不启用",
                          "the rules on disk are not those that rule; they were looked at before "
                          "and are not taken up by a start"});
  }
  if (options_.by_two || (!options_.watch && (first_look || !at_once))) {
    const std::string why = options_.by_two ? "four_eyes: true" : "watch_rules: false";
    logbook_.warn({"规则文件夹已改变，未启用（" + why + "）",
                   "the rules on disk have changed and are not taken up (" + why + ")"});
    return remember(content);
  }
  const std::string cause = first_look ? "start" : at_once ? "signal" : "file";
  take_up(std::move(pack), content, {"", cause, options_.pack});
}

void RuleSwitch::take_up(ReadPack pack, const std::string& content, const Activation& activation) {
  const std::lock_guard hold(lock_);
  if (next_) return;  // looked at again after that
  next_ = Proposal{std::move(pack), activation, content};
  something_.notify_one();
}

void RuleSwitch::note_disk(DiskRules disk) {
  const std::lock_guard hold(lock_);
  disk.since = state_.disk.since;
  state_.disk = std::move(disk);
  date_difference();
}

void RuleSwitch::date_difference() {
  std::optional<Instant>& since = state_.disk.since;
  if (state_.disk.hash == ruling()) {
    since.reset();
  } else if (!since) {
    since = std::max(writer_.now(), writer_.rules()->reigns.back().from);
  }
}

void RuleSwitch::remember(const std::string& content) {
  if (settled_ == content) return;
  settled_ = content;
  // Only spares a start another look: if it cannot be written, the log says so itself.
  (void)writer_.log()->put_meta(kSettledKey, content);
}

// ---- a pack that is to rule

void RuleSwitch::prepare(const std::stop_token& stop, Proposal proposal) {
  const std::string hash = hash_text(*proposal.pack.program);
  const bool rules_already = hash == ruling();
  Result<Live::Switched> done = Live::Switched{};
  if (!rules_already) {
    logbook_.note({"新规则 " + hash.substr(0, 12) + " 正在折叠日志",
                   "new rules " + hash.substr(0, 12) + " are folding the log"});
    done = fold_and_switch(stop, proposal);
  }
  const bool dropped = dropped_ || stop.stop_requested();
  {
    const std::lock_guard hold(lock_);
    state_.backfill.reset();
    if (done) {
      state_.refused.reset();
      if (!rules_already) ++state_.activations;
    }
    if (!stop.stop_requested()) date_difference();  // whoever sees the end sees this
  }
  if (done) {
    if (!rules_already) {
      logbook_.note({"规则 " + hash.substr(0, 12) + " 自记录 " + std::to_string(done->seq) +
                         " 起生效，级别变化 " + std::to_string(done->transitions) + " 处",
                     "rules " + hash.substr(0, 12) + " rule from record " +
                         std::to_string(done->seq) +
                         " on; levels changed: " + std::to_string(done->transitions)});
    }
    if (!proposal.content.empty()) remember(proposal.content);
  } else if (!dropped) {
    refuse(proposal.activation, done.error().what);
    if (!proposal.content.empty()) remember(proposal.content);
  }
}

// Has the writer do something between two commits, and waits for it.
Status RuleSwitch::between_commits(std::function<void(Live&)> work) {
  const auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  const bool asked = writer_.perform([work = std::move(work), done](Live& live, Instant) -> Status {
    work(live);
    done->set_value();
    return {};
  });
  if (!asked) return failure(ErrorCode::refused, "the daemon is ending");
  while (finished.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    if (writer_.failed()) return failure(ErrorCode::io, "the log or the fold has stopped");
  }
  return {};
}

// Everything that the writer need not do: the log so far is folded, and judged as far as the writer
// has judged, and that is stored; where its units stand is known.
Status RuleSwitch::fold_beside(const std::stop_token& stop, Judge& judge, Prepared& out) {
  const auto log = writer_.log();
  std::vector<std::string> units;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    struct Reached {
      Seq end = 0;
      Instant judged = kBeforeAll;
    };
    const auto reached = std::make_shared<Reached>();
    const Status looked = between_commits([reached](Live& live) {
      *reached = {live.log().next_seq(), live.judged()};
    });
    if (!looked) return looked;
    if (pass > 0 && reached->end - out.folded <= kNearlyThere) break;
    Status done = refold(
        *log, *judge.replay, {out.folded, reached->end}, [](const Event&) {},
        [&](Seq seq) -> Status {
          if (stop.stop_requested() || dropped_) {
            return failure(ErrorCode::refused, "no longer wanted");
          }
          const std::lock_guard hold(lock_);
          state_.backfill->done = seq;
          state_.backfill->of = reached->end;
          return {};
        });
    if (done && reached->judged != kBeforeAll) done = judge.replay->judge_through(reached->judged);
    const auto met = [&units](std::string_view unit) { units.emplace_back(unit); };
    if (done && pass > 0) done = renew(out.stands, judge, met);
    if (done) done = judge.replay->checkpoint(LivePosition{}.encode());
    if (!done) return done;
    out.folded = reached->end;
    if (pass > 0) continue;
    LQ_TRY(out.stands, stored_stands(judge, met));
    if (Status s = store_lives(stop, judge, out); !s) return s;
  }
  for (std::size_t at = 0; at < units.size(); at += kUnitsAtOnce) {
    const auto some = std::make_shared<std::vector<std::string>>(
        units.begin() + static_cast<std::ptrdiff_t>(at),
        units.begin() + static_cast<std::ptrdiff_t>(std::min(at + kUnitsAtOnce, units.size())));
    if (Status s = between_commits([some](Live& live) { live.meet(*some); }); !s) return s;
  }
  return {};
}

// What the casebook remembers goes into the store of the pack that is to rule, a few units between
// two commits; what changes after that is stored when it rules.
Status RuleSwitch::store_lives(const std::stop_token& stop, Judge& judge, Prepared& out) {
  const auto some = std::make_shared<std::vector<UnitBytes>>();
  std::vector<StoredNote> notes;
  for (std::string after;; after = some->back().first) {
    if (stop.stop_requested() || dropped_) {
      return failure(ErrorCode::refused, "no longer wanted");
    }
    const Status asked =
        between_commits([some, after](Live& live) { *some = live.lives(after, kUnitsAtOnce); });
    if (!asked) return asked;
    for (const auto& [unit, bytes] : *some) notes.push_back({life_note(unit), bytes});
    const bool last = some->size() < kUnitsAtOnce;
    if (!notes.empty() && (last || notes.size() >= kNotesAtOnce)) {
      if (Status s = judge.replay->checkpoint(LivePosition{}.encode(), std::move(notes)); !s) {
        return s;
      }
      notes.clear();
    }
    if (last) break;
  }
  out.lives = true;
  return {};
}

Result<Live::Switched> RuleSwitch::fold_and_switch(const std::stop_token& stop,
                                                   const Proposal& proposal) {
  const std::string hash = hash_text(*proposal.pack.program);
  if (Status s = keep_pack(options_.data, *proposal.pack.program, proposal.pack.texts); !s) {
    return Unexpected<Error>(s.error());
  }
  LQ_TRY(auto program, load_kept_pack(find_kept_pack(options_.data, hash).value_or("")));
  LQ_TRY(Judge made, make_judge(options_.data, std::move(program), hash, options_.units, true));
  const auto judge = std::make_shared<Judge>(std::move(made));
  const auto prepared = std::make_shared<Prepared>();
  if (Status s = fold_beside(stop, *judge, *prepared); !s) {
    (void)between_commits([](Live& live) { live.drop_successor(); });
    judge->dismiss();
    return Unexpected<Error>(s.error());
  }
  const auto answer = std::make_shared<std::promise<Result<Live::Switched>>>();
  auto switched = answer->get_future();
  // Called when all is told; it is refused at once or not at all.
  const auto done = [answer](Live::Switched told) { answer->set_value(std::move(told)); };
  const auto begun = std::make_shared<std::atomic<bool>>(false);
  const bool asked =
      writer_.perform([this, judge, prepared, answer, done, begun,
                       activation = proposal.activation](Live& live, Instant now) -> Status {
        Status began = failure(ErrorCode::refused, "no longer wanted");
        if (!dropped_) began = live.activate(*judge, *prepared, activation, now, done);
        *begun = began.has_value();
        if (began) return {};
        live.drop_successor();
        answer->set_value(Unexpected<Error>(began.error()));
        return began.error().code == ErrorCode::refused ? Status{} : began;
      });
  if (!asked) {
    judge->dismiss();
    return failure(ErrorCode::refused, "the daemon is ending");
  }
  while (switched.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    if (writer_.failed()) return failure(ErrorCode::io, "the log or the fold has stopped");
    if (!stop.stop_requested()) continue;
    dropped_ = true;
    if (*begun) return failure(ErrorCode::refused, "the daemon is ending");  // the writer ends it
  }
  auto told = switched.get();
  (told ? told->before : *judge).dismiss();
  return told;
}

}  // namespace lianqing
