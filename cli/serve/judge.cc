#include "cli/serve/judge.h"

#include <algorithm>
#include <filesystem>

#include "cli/serve/live_position.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "connectors/decode.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kRefoldBatch = 4096;  // records read, then folded, at a time

}  // namespace

void Judge::dismiss() {
  replay.reset();
  store.reset();
  std::error_code ignored;
  if (!directory.empty()) std::filesystem::remove_all(directory, ignored);
}

Result<Judge> make_judge(const std::string& data, std::shared_ptr<const Program> program,
                         std::string pack, const std::vector<RegisteredUnit>& units, bool fresh) {
  Judge out;
  out.program = std::move(program);
  out.pack = std::move(pack);
  out.directory = state_directory(data, out.pack);
  out.voice = std::make_shared<Voice>();
  std::error_code error;
  if (fresh) std::filesystem::remove_all(out.directory, error);
  std::filesystem::create_directories(data + "/state", error);
  if (error) {
    return failure(ErrorCode::io, "cannot make " + data + "/state: " + error.message());
  }
  LQ_TRY(auto store, open_rocks_store(out.directory));
  out.store = std::make_unique<StoreBehind>(std::move(store));
  ReplayOptions options;
  options.identity_of = identity_hash;
  options.count_rules = true;
  options.admitted = [voice = out.voice](const Event& event, const LogEntry& entry,
                                         std::string_view unit) {
    if (voice->admitted) voice->admitted(event, entry, unit);
  };
  options.grey = [voice = out.voice](const GreyChange& change) {
    if (voice->grey && voice->carries(change.time)) voice->grey(change);
  };
  out.replay = std::make_unique<Replay>(
      out.program, units, options, out.store.get(),
      [voice = out.voice, program = out.program](const Warning& warning, std::string& text) {
        if (voice->carries(warning.time)) append_json(text, warning, *program);
      },
      [voice = out.voice](const Leaving& leaving) {
        return voice->carries(leaving.time) ? voice->heard(leaving) : Status{};
      },
      [](const Rejection&) {});
  return out;
}

Result<Stands> stored_stands(const Judge& judge, const std::function<void(std::string_view)>& met) {
  Stands out;
  bool known = true;
  const Status read =
      judge.store->each_unit([&](std::string_view unit, Instant, std::string_view bytes) {
        met(unit);
        auto outline = decode_outline(bytes, *judge.program);
        known = known && outline;
        if (outline && !outline->stands.empty()) {
          out.emplace_hint(out.end(), unit, std::move(outline->stands));
        }
      });
  if (!read) return Unexpected<Error>(read.error());
  if (!known) return failure(ErrorCode::corrupt, "unit state: malformed outline");
  return out;
}

Status renew(Stands& stands, const Judge& judge, const std::function<void(std::string_view)>& met) {
  return judge.replay->each_changed([&](const std::string& unit, std::string_view bytes) {
    met(unit);
    auto outline = decode_outline(bytes, *judge.program);
    LQ_ASSERT(outline);
    if (outline->stands.empty()) {
      stands.erase(unit);
    } else {
      stands[unit] = std::move(outline->stands);
    }
  });
}

Result<Seq> refold_until(const EventLog& log, Replay& replay, LogStretch stretch,
                         const std::function<bool(const Event&)>& met,
                         const std::function<Status(Seq next)>& folded) {
  EventDecoder decoder;
  Seq from = stretch.from;
  for (Arena arena;; arena.reset()) {
    const std::size_t count = std::min<Seq>(kRefoldBatch, stretch.to - std::min(from, stretch.to));
    LQ_TRY(const std::vector<StoredRecord> records, log.read(from, count));
    bool last = records.empty();
    for (const StoredRecord& record : records) {
      if (record.recorded > stretch.until) {
        last = true;
        break;
      }
      from = record.seq + 1;
      if (record.bytes.empty() || record.is_note) continue;  // erased; about the log itself
      Record decoded = decoder.decode(record.bytes, {0, record.seq + 1, 0}, arena);
      auto* event = std::get_if<Event>(&decoded);
      if (event == nullptr) continue;
      event->recorded = record.recorded;
      event->seq = record.seq;
      if (!met(*event)) stretch.until = std::min(stretch.until, record.recorded);
      if (Status s = replay.admit(*event); !s) return Unexpected<Error>(s.error());
    }
    if (Status s = replay.flush(); !s) return Unexpected<Error>(s.error());
    if (!records.empty()) {
      if (Status s = folded(from); !s) return Unexpected<Error>(s.error());
    }
    if (last) return from;
  }
}

Status refold(const EventLog& log, Replay& replay, LogStretch stretch,
              const std::function<void(const Event&)>& met,
              const std::function<Status(Seq next)>& folded) {
  const auto all = [&](const Event& event) {
    met(event);
    return true;
  };
  const auto done = refold_until(log, replay, stretch, all, folded);
  return done ? Status{} : Unexpected<Error>(done.error());
}

}  // namespace lianqing
