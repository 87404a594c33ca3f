#include "cli/log_refold.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "cli/serve/live.h"
#include "cli/serve/warning_text.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "engine/casebook/desk.h"
#include "engine/replay_meta.h"
#include "engine/store/format.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kPage = 1024;  // warnings read at a time

// A warning names the files of its rules as they were given; the folder they lie in may be another.
std::string without_folders(std::string_view warning) {
  constexpr std::string_view kPlace = "\"at\":\"";
  std::string out;
  for (;;) {
    const std::size_t place = warning.find(kPlace);
    if (place == std::string_view::npos) break;
    const std::size_t begin = place + kPlace.size();
    const std::size_t end = std::min(warning.find('"', begin), warning.size());
    const std::size_t slash = warning.substr(begin, end - begin).rfind('/');
    out += warning.substr(0, begin);
    warning.remove_prefix(slash == std::string_view::npos ? begin : begin + slash + 1);
  }
  out += warning;
  return out;
}

// The stored warnings of one generation, in order.
class StoredWarnings {
 public:
  StoredWarnings(const EventLog& log, std::uint64_t first) : log_(log), next_(first) {}

  // The next one; nothing behind the last.
  Result<std::optional<Positioned>> next() {
    if (at_ == page_.size()) {
      LQ_TRY(page_, log_.warnings(next_, kPage));
      at_ = 0;
      if (page_.empty()) return std::optional<Positioned>{};
    }
    next_ = page_[at_].first + 1;
    return std::optional<Positioned>{std::move(page_[at_++])};
  }

 private:
  const EventLog& log_;
  std::uint64_t next_;
  std::vector<Positioned> page_;
  std::size_t at_ = 0;
};

class Comparison {
 public:
  Comparison(const EventLog& log, Store* stored, std::shared_ptr<const Program> program,
             const std::vector<RegisteredUnit>& units)
      : log_(log), stored_(stored), made_(make_memory_store()), program_(std::move(program)) {
    ReplayOptions options;
    options.identity_of = identity_hash;
    options.admitted = [this](const Event& event, const LogEntry& entry, std::string_view unit) {
      desk_->admitted(event, entry, unit);
    };
    options.grey = [this](const GreyChange& change) { desk_->grey(change); };
    replay_ = std::make_unique<Replay>(
        program_, units, options, made_.get(),
        [this](const Warning& warning, std::string& text) {
          if (warning.time > reign_.from) append_json(text, warning, *program_);
        },
        [this](const Leaving& leaving) {
          desk_->left(leaving);
          return leaving.time > reign_.from ? compare(leaving) : Status{};
        },
        [](const Rejection&) {});
    desk_ = std::make_unique<Desk>(*program_);
    name_ = generation_name(units);
  }

  Result<RefoldReport> run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    LQ_TRY(const auto fact, log_.meta(kGenerationKey));
    if (!fact) {
      return failure(ErrorCode::refused, "no daemon has run on this log: nothing to compare");
    }
    LQ_TRY(const Generation generation, Generation::decode(*fact));
    reign_ = generation.reigns.back();
    if (generation.name != name_ || reign_.rules != hash_text(*program_)) {
      return failure(ErrorCode::refused,
                     "the daemon's warnings were made with another rule pack or register: give "
                     "the ones it ran with last");
    }
    warnings_.emplace(log_, reign_.next);
    position_ = reign_.next;
    const auto folded = [&](Seq next) {
      progress(next, log_.next_seq());
      return Status{};
    };
    const auto met = [](const Event&) {};
    Seq from = 0;
    if (stored_ != nullptr) {
      LQ_TRY(const auto meta, stored_->meta());
      if (meta) {
        LQ_TRY(const ReplayMeta known, ReplayMeta::decode(*meta));
        LQ_TRY(const LivePosition at, LivePosition::decode(known.position));
        if (at.generation != generation) {
          return failure(ErrorCode::refused,
                         "the state was made with another rule pack or register than the newest "
                         "warnings: start the daemon once, which makes it anew");
        }
        if (at.records > log_.next_seq()) {
          return failure(ErrorCode::corrupt, "the state is ahead of the log");
        }
        if (Status s = refold(log_, *replay_, {.to = at.records}, met, folded); !s) {
          return Unexpected<Error>(s.error());
        }
        // A state that was stored on the way through a log is open at its newest instant.
        if (at.judged >= replay_->judged_before()) {
          if (Status s = replay_->judge_through(at.judged); !s) return Unexpected<Error>(s.error());
        }
        if (Status s = compare_state(at, *meta); !s) return Unexpected<Error>(s.error());
        from = at.records;
      }
    }
    if (Status s = refold(log_, *replay_, {.from = from}, met, folded); !s) {
      return Unexpected<Error>(s.error());
    }
    if (Status s = compare_rest(); !s) return Unexpected<Error>(s.error());
    return std::move(out_);
  }

 private:
  void report(std::string finding) {
    if (out_.findings.size() < kMaxRefoldFindings) out_.findings.push_back(std::move(finding));
  }

  // Warnings are stored when they are made; at the end of a process some may not yet be. They are
  // made again at its next start.
  Status compare(const Leaving& leaving) {
    const std::uint64_t position = position_++;
    if (ended_) return {};
    if (!ahead_) {
      LQ_TRY(ahead_, warnings_->next());
    }
    if (!ahead_) {
      ended_ = true;
      return {};
    }
    ++out_.warnings;
    if (ahead_->first != position ||
        without_folders(ahead_->second) != without_folders(leaving.text)) {
      report("warning " + std::to_string(position) + " (" + leaving.unit + ", " + leaving.rule +
             ", " + format_rfc3339(leaving.time) + ") is not the one that the log folds to");
    }
    ahead_.reset();
    return {};
  }

  Status compare_state(const LivePosition& at, const std::string& meta) {
    out_.state = true;
    out_.records = at.records;
    out_.judged = at.judged;
    if (position_ != at.next) {
      report("the state was stored behind warning " + std::to_string(at.next - 1) +
             ", the log folds to " + std::to_string(position_ - 1) + " by then");
    }
    desk_->book(at.judged, true);
    // Cases that began under an earlier pack go on under the one that rules.
    if (reign_.from == kBeforeAll) {
      if (std::as_const(*desk_).encode_head() != at.desk) {
        report("the cases and colours in the state are not what the log folds to");
      }
      if (Status s = compare_lives(); !s) return s;
    }
    if (Status s = replay_->checkpoint(at.encode()); !s) return s;
    LQ_TRY(const auto made, made_->meta());
    LQ_TRY(const ReplayMeta now, ReplayMeta::decode(made.value_or("")));
    LQ_TRY(const ReplayMeta then, ReplayMeta::decode(meta));
    if (now.belongs_to != then.belongs_to || now.mode != then.mode || now.clock != then.clock ||
        now.next_seq != then.next_seq || now.started != then.started ||
        now.counts.admitted != then.counts.admitted) {
      report("the state's own account of how far it goes is not what the log folds to");
    }
    if (Status s = compare_units(); !s) return s;
    return compare_identities();
  }

  Status compare_lives() {
    LQ_TRY(const std::vector<UnitBytes> found, stored_lives(*stored_));
    std::map<std::string, std::string> expected;
    for (UnitBytes& one : std::as_const(*desk_).casebook().encode_units()) {
      expected.insert(std::move(one));
    }
    for (const auto& [unit, bytes] : found) {
      const auto at = expected.find(unit);
      if (at == expected.end() || at->second != bytes) {
        report("unit " + unit + ": the stored cases and colour are not what the log folds to");
      }
      if (at != expected.end()) expected.erase(at);
    }
    for (const auto& [unit, bytes] : expected) {
      report("unit " + unit + ": its cases and colour are missing in the state");
    }
    return {};
  }

  Status compare_units() {
    using Heading = std::pair<Instant, std::string>;
    std::map<std::string, Heading, std::less<>> expected;
    Status read =
        made_->each_unit([&](std::string_view name, Instant due, std::string_view outline) {
          expected.emplace(name, Heading(due, outline));
        });
    if (!read) return read;
    std::vector<std::pair<std::string, Heading>> found;
    read = stored_->each_unit([&](std::string_view name, Instant due, std::string_view outline) {
      found.emplace_back(name, Heading(due, outline));
    });
    if (!read) return read;
    for (const auto& [name, heading] : found) {
      const auto at = expected.find(name);
      if (at == expected.end()) {
        report("unit " + name + " is in the state, but no record of the log brings it");
        continue;
      }
      ++out_.units;
      LQ_TRY(const std::string now, made_->unit(name));
      LQ_TRY(const std::string then, stored_->unit(name));
      if (now != then || at->second != heading) {
        report("unit " + name + ": the stored state is not the one that the log folds to");
      }
      expected.erase(at);
    }
    for (const auto& [name, heading] : expected) {
      report("unit " + name + " is missing in the state");
    }
    return {};
  }

  Status compare_identities() {
    const auto listed = [](Store& store, std::vector<std::string>& out) {
      return store.each_identity([&](const StoredIdentity& one) {
        out.push_back(format::hash_bytes(one.identity) + format::identity_value(one));
      });
    };
    std::vector<std::string> now, then;
    if (Status s = listed(*made_, now); !s) return s;
    if (Status s = listed(*stored_, then); !s) return s;
    if (now != then) {
      report("the identities in the state are not those of the log (" +
             std::to_string(then.size()) + " stored, " + std::to_string(now.size()) +
             " expected, or other content)");
    }
    return {};
  }

  // As far as the daemon has told: the clock is carried on to its newest warning.
  Status compare_rest() {
    std::optional<Positioned> last;
    for (StoredWarnings all(log_, position_);;) {
      LQ_TRY(auto next, all.next());
      if (!next) break;
      last = std::move(next);
    }
    const auto head = last ? read_warning_text(last->second) : std::nullopt;
    const auto time = head ? parse_rfc3339(head->time) : std::nullopt;
    Instant reached =
        std::max({log_.last_recorded(), reign_.from, out_.state ? out_.judged : kBeforeAll});
    if (time) reached = std::max(reached, *time);
    if (reached != kBeforeAll) {
      if (Status s = replay_->judge_through(reached); !s) return s;
    }
    if (!ahead_) {
      LQ_TRY(ahead_, warnings_->next());
    }
    if (ahead_) {
      report("warning " + std::to_string(ahead_->first) +
             " and what follows are stored, but the log does not fold to them");
    }
    return {};
  }

  const EventLog& log_;
  Store* stored_;
  std::unique_ptr<Store> made_;
  std::shared_ptr<const Program> program_;
  std::string name_;
  std::unique_ptr<Desk> desk_;
  Reign reign_;  // of the pack that rules: what was told since it began
  std::unique_ptr<Replay> replay_;
  std::optional<StoredWarnings> warnings_;
  std::optional<Positioned> ahead_;  // read, not yet compared
  bool ended_ = false;               // no more stored ones
  std::uint64_t position_ = 1;       // of the next warning
  RefoldReport out_;
};

}  // namespace

Result<RefoldReport> refold_and_compare(
    const std::string& data, const std::shared_ptr<const Program>& program,
    const std::vector<RegisteredUnit>& units,
    const std::function<void(std::uint64_t done, std::uint64_t of)>& progress) {
  // The state first: a log that is opened later holds all that it rests on.
  std::unique_ptr<Store> stored;
  const std::string state = state_directory(data, hash_text(*program));
  if (std::filesystem::exists(state + "/CURRENT")) {
    LQ_TRY(stored, read_rocks_store(state));
  }
  LQ_TRY(const auto log, EventLog::open(data, OpenMode::read_only));
  return Comparison(*log, stored.get(), program, units).run(progress);
}

}  // namespace lianqing
