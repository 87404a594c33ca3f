#include "cli/serve/source_reader.h"

#include <condition_variable>

#include "cli/translation.h"
#include "connectors/json_writer.h"
#include "connectors/sources/pause.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{1'000}, kLongestWait{60'000};
constexpr milliseconds kRoomWait{20}, kDiskWait{1'000};
constexpr std::string_view kReporter = "/lianqing/sources";

// What the writer's thread leaves for the one that waits.
struct Answer {
  std::mutex lock;
  std::condition_variable there;
  std::optional<Result<std::vector<Taken>>> taken;
};

}  // namespace

std::string_view name(SourceState state) {
  switch (state) {
    case SourceState::starting: return "starting";
    case SourceState::reading: return "reading";
    case SourceState::waiting: return "waiting";
    case SourceState::paused: return "paused";
    case SourceState::failing: return "failing";
    case SourceState::ended: return "ended";
  }
  return {};
}

std::string source_status_key(const std::string& name) { return "serve/source/" + name; }

// Records and what they were decoded into.
struct SourceReader::Pulling {
  std::vector<RawRecord> raw;
  Arena arena;
};

SourceReader::SourceReader(SourceSetup setup, Writer& writer, Logbook& logbook,
                           std::function<bool()> has_room)
    : setup_(std::move(setup)), writer_(writer), logbook_(logbook), has_room_(std::move(has_room)) {
  standing_.name = setup_.name;
  standing_.kind = setup_.kind->name;
  standing_.source = setup_.source;
  standing_.silent_after = setup_.silent_after;
  standing_.since = writer_.now();
  if (const auto times = writer_.gauges().sources) {
    const auto known = times->all().find(setup_.source);
    if (known != times->all().end()) standing_.last_record = known->second;
  }
  if (const auto told = writer_.log()->meta(source_status_key(setup_.name)); told && *told) {
    reported_ = **told;
  }
}

SourceReader::~SourceReader() = default;

void SourceReader::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SourceStanding SourceReader::standing() const {
  const std::lock_guard hold(lock_);
  return standing_;
}

void SourceReader::enter(SourceState state) {
  const std::lock_guard hold(lock_);
  if (standing_.state == state) return;
  standing_.state = state;
  standing_.since = writer_.now();
}

void SourceReader::run(const std::stop_token& stop) {
  milliseconds wait = kFirstWait;
  while (!stop.stop_requested() && !writer_.failed()) {
    const std::uint64_t before = standing().appended;
    const Status done = read(stop);
    if (done && !stop.stop_requested()) {
      enter(SourceState::ended);
      logbook_.note({"来源 " + setup_.name + " 已读完", "source " + setup_.name + " has ended"});
    }
    if (done) return;
    if (standing().appended != before) wait = kFirstWait;
    failed(done.error(), wait);
    look_after_freshness(stop);
    if (!pause(stop, wait)) return;
    wait = std::min(2 * wait, kLongestWait);
  }
}

void SourceReader::failed(const Error& error, milliseconds wait) {
  caught_up_ = false;
  const Instant now = writer_.now();
  if (!failing_since_) failing_since_ = now;
  {
    const std::lock_guard hold(lock_);
    ++standing_.failures;
    standing_.error = error.what;
    standing_.retry_at = now + wait;
  }
  enter(SourceState::failing);
  if (told_ == error.what) return;
  told_ = error.what;
  logbook_.alarm({"来源 " + setup_.name + " 读不到，将不断重试：" + told(error, true),
                  "source " + setup_.name + " fails and is tried again: " + error.what});
}

void SourceReader::recovered() {
  if (!failing_since_) return;
  failing_since_.reset();
  told_.clear();
  {
    const std::lock_guard hold(lock_);
    standing_.error.clear();
    standing_.retry_at.reset();
  }
  logbook_.note({"来源 " + setup_.name + " 已恢复", "source " + setup_.name + " works again"});
}

// Until it fails, ends, or shall stop.
Status SourceReader::read(const std::stop_token& stop) {
  LQ_TRY(const std::string cursor, writer_.log()->cursor(setup_.name));
  LQ_TRY(const auto source, setup_.kind->open(setup_.name, setup_.settings, cursor));
  if (!cursor.empty()) {
    if (Status s = source->committed(cursor); !s) return s;
  }
  {
    const std::lock_guard hold(lock_);
    standing_.cursor = cursor;
  }
  while (!stop.stop_requested()) {
    Pull pull;
    LQ_TRY(const Pulled pulled, source->next(pull, stop));
    for (const Bilingual& notice : pull.notices) {
      logbook_.note(
          {"来源 " + setup_.name + "：" + notice.zh, "source " + setup_.name + ": " + notice.en});
    }
    recovered();
    if (!pull.records.empty()) {
      const std::string last = pull.records.back().cursor;
      enter(SourceState::reading);
      if (Status s = take(std::move(pull), stop); !s) return s;
      if (stop.stop_requested() && standing().cursor != last) return {};
      if (Status s = source->committed(last); !s) return s;
    }
    {
      const std::lock_guard hold(lock_);
      standing_.behind = source->behind();
    }
    if (pulled == Pulled::nothing) {
      caught_up_ = true;
      enter(SourceState::waiting);
    }
    look_after_freshness(stop);
    if (pulled == Pulled::end) return {};
  }
  return {};
}

// Until the records are committed; they are not if it shall stop before.
Status SourceReader::take(Pull pull, const std::stop_token& stop) {
  std::vector<RawRecord> raw = std::move(pull.records);
  const std::string last = raw.back().cursor;
  for (;;) {
    std::size_t bytes = 0;
    for (const RawRecord& record : raw) bytes += record.bytes.size();
    if (!wait_for_room(bytes, stop)) return {};
    const auto pulling = std::make_shared<Pulling>();
    pulling->raw = raw;
    const auto taken = committed(batch_of(pulling));
    if (!taken && taken.error().code == ErrorCode::full) {
      enter(SourceState::paused);
      if (!pause(stop, kDiskWait)) return {};
      continue;
    }
    if (!taken) return Unexpected<Error>(taken.error());
    const std::lock_guard hold(lock_);
    for (const Taken& one : *taken) {
      if (one.kind == Taken::Kind::appended) ++standing_.appended;
      if (one.kind == Taken::Kind::duplicate) ++standing_.duplicates;
      if (one.kind == Taken::Kind::refused) ++standing_.refused;
    }
    standing_.last_record = writer_.now();
    standing_.cursor = last;
    return {};
  }
}

bool SourceReader::wait_for_room(std::size_t bytes, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool disk = has_room_();
    if (disk && writer_.has_room(bytes)) return true;
    enter(SourceState::paused);
    pause(stop, disk ? kRoomWait : kDiskWait);
  }
  return false;
}

Batch SourceReader::batch_of(const std::shared_ptr<Pulling>& pulling) {
  Batch batch;
  for (const RawRecord& raw : pulling->raw) {
    batch.records.push_back(decode_read(raw, setup_.source, decoder_, pulling->arena));
    batch.places.push_back({setup_.name, raw.cursor, raw.place});
    batch.bytes += raw.bytes.size();
  }
  batch.memory = pulling;
  return batch;
}

Result<std::vector<Taken>> SourceReader::committed(Batch batch) {
  const auto answer = std::make_shared<Answer>();
  batch.done = [answer](const Result<std::vector<Taken>>& taken) {
    const std::lock_guard hold(answer->lock);
    answer->taken = taken;
    answer->there.notify_one();
  };
  if (!writer_.submit(std::move(batch))) {
    return failure(ErrorCode::full, "the writer's queue is full");
  }
  std::unique_lock hold(answer->lock);
  answer->there.wait(hold, [&] { return answer->taken.has_value(); });
  return *std::move(answer->taken);
}

// Whether it is stale or down is a record, so that the fold knows it like everything else.
void SourceReader::look_after_freshness(const std::stop_token& stop) {
  const Instant now = writer_.now();
  const SourceStanding standing = this->standing();
  const bool down = failing_since_ && now - *failing_since_ >= setup_.down_after;
  const Instant heard = standing.last_record.value_or(standing.since);
  const bool stale = caught_up_ && setup_.silent_after && now - heard > *setup_.silent_after;
  {
    const std::lock_guard hold(lock_);
    standing_.stale = stale;
  }
  const std::string_view status = down ? "down" : stale ? "stale" : "ok";
  if (failing_since_ && !down) return;  // perhaps it only blinks
  if (status == reported_ || (status == "ok" && reported_.empty())) return;
  if (status == "ok" && !caught_up_ && reported_ == "stale") return;  // not known yet
  if (!report(status, stop)) return;                                  // it is tried again
  reported_ = status;
  const std::string shown(status);
  logbook_.warn(
      {"来源 " + setup_.name + " 的状态：" + shown, "source " + setup_.name + " is " + shown});
}

Status SourceReader::report(std::string_view status, const std::stop_token& stop) {
  const std::string at = format_rfc3339(writer_.now());
  const auto pulling = std::make_shared<Pulling>();
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("specversion").string("1.0");
  json.key("id").string(setup_.name + "/" + std::string(status) + "/" + at);
  json.key("source").string(kReporter).key("type").string("connector_status");
  json.key("time").string(at);
  if (!setup_.status_unit.empty()) json.key("unit").string(setup_.status_unit);
  json.key("data").begin_object();
  json.key("source").string(setup_.source.empty() ? setup_.name : setup_.source);
  json.key("status").string(status).key("connector").string(setup_.name);
  json.end_object().end_object();
  Batch batch;
  batch.records.push_back(decoder_.decode(text, {}, pulling->arena));
  batch.bytes = text.size();
  batch.memory = pulling;
  if (!wait_for_room(batch.bytes, stop)) return failure(ErrorCode::full, "it shall stop");
  LQ_TRY([[maybe_unused]] const auto taken, committed(std::move(batch)));
  return writer_.log()->put_meta(source_status_key(setup_.name), status);
}

}  // namespace lianqing
