#include "engine/replay_meta.h"

#include "lianqing/bytes.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

constexpr std::string_view kVersion = "lianqing-replay/4";
constexpr std::string_view kVersion3 = "lianqing-replay/3";  // with the register itself
constexpr std::string_view kVersion2 = "lianqing-replay/2";  // likewise, without gaps

void write(ByteWriter& out, const CalendarUpdate& update) {
  out.integer(update.year);
  for (const auto* days : {&update.off, &update.work}) {
    out.unsigned_integer(days->size());
    for (const LocalDay day : *days) out.integer(day.time_since_epoch().count());
  }
}

CalendarUpdate read_update(ByteReader& in) {
  CalendarUpdate out;
  out.year = static_cast<int>(in.integer());
  for (auto* days : {&out.off, &out.work}) {
    for (std::uint64_t n = in.count(); n > 0; --n) {
      days->push_back(LocalDay{std::chrono::days{in.integer()}});
    }
  }
  return out;
}

}  // namespace

std::string state_owner(std::string_view rules_and_register) {
  constexpr std::size_t kRules = 32;
  if (rules_and_register.size() < kRules) return std::string(rules_and_register);
  const auto hash = sha256(rules_and_register.substr(kRules));
  return std::string(rules_and_register.substr(0, kRules)).append(hash.begin(), hash.end());
}

std::string ReplayMeta::encode() const {
  ByteWriter out;
  out.text(kVersion);
  out.text(belongs_to);
  out.unsigned_integer(static_cast<std::uint64_t>(mode));
  for (const std::uint64_t count :
       {counts.read, counts.admitted, counts.duplicate, counts.quarantined, counts.undeclared}) {
    out.unsigned_integer(count);
  }
  out.integer(micros(clock));
  out.unsigned_integer(next_seq);
  out.unsigned_integer(started ? 1 : 0);
  out.unsigned_integer(judgements);
  out.unsigned_integer(together ? 1 : 0);
  out.integer(micros(done));
  out.unsigned_integer(updates.size());
  for (const CalendarUpdate& update : updates) write(out, update);
  out.unsigned_integer(gaps.size());
  for (const auto& [year, gap] : gaps) {
    out.integer(year);
    out.unsigned_integer(gap.units);
    out.unsigned_integer(gap.greyed);
  }
  out.unsigned_integer(reasons.size());
  for (const auto& [reason, count] : reasons) {
    out.text(reason);
    out.unsigned_integer(count);
  }
  out.text(position);
  return out.take();
}

Result<ReplayMeta> ReplayMeta::decode(std::string_view bytes) {
  ByteReader in(bytes);
  ReplayMeta out;
  const std::string_view version = in.text();
  if (version != kVersion && version != kVersion3 && version != kVersion2) return out;
  out.belongs_to = in.text();
  if (version != kVersion) out.belongs_to = state_owner(out.belongs_to);
  out.mode = in.unsigned_integer() == 0 ? ClockMode::as_recorded : ClockMode::as_occurred;
  for (auto* count : {&out.counts.read, &out.counts.admitted, &out.counts.duplicate,
                      &out.counts.quarantined, &out.counts.undeclared}) {
    *count = in.unsigned_integer();
  }
  out.clock = instant(in.integer());
  out.next_seq = in.unsigned_integer();
  out.started = in.unsigned_integer() != 0;
  out.judgements = in.unsigned_integer();
  out.together = in.unsigned_integer() != 0;
  out.done = instant(in.integer());
  for (std::uint64_t n = in.count(); n > 0; --n) out.updates.push_back(read_update(in));
  for (std::uint64_t n = version == kVersion2 ? 0 : in.count(); n > 0; --n) {
    CalendarGap& gap = out.gaps[static_cast<int>(in.integer())];
    gap.units = in.unsigned_integer();
    gap.greyed = in.unsigned_integer();
  }
  for (std::uint64_t n = in.count(); n > 0; --n) {
    std::string reason(in.text());
    out.reasons[std::move(reason)] = in.unsigned_integer();
  }
  out.position = in.text();
  if (!in.at_end()) return failure(ErrorCode::corrupt, "state directory: malformed position");
  return out;
}

}  // namespace lianqing
