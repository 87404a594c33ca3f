#include "cli/serve/writer.h"

#include <algorithm>

#include "cli/calendar_words.h"

namespace lianqing {

using SteadyClock = std::chrono::steady_clock;

namespace {

// Between checkpoints, in times what one takes; and at most, in times their usual distance.
constexpr int kRestOfTime = 200;
constexpr std::uint64_t kMostRefolded = 10;

std::uint64_t microseconds(SteadyClock::duration time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

Writer::Writer(std::unique_ptr<Live> live, EngineClock clock, WriterLimits limits, Logbook& logbook,
               std::function<void()> woken, std::function<void(const Error&)> stopped)
    : live_(std::move(live)),
      clock_(std::move(clock)),
      limits_(limits),
      logbook_(logbook),
      woken_(std::move(woken)),
      stopped_(std::move(stopped)),
      checkpoint_at_(SteadyClock::now()),
      alive_at_(SteadyClock::now()) {
  // What cannot be read is heard from again.
  if (const auto known = live_->log().meta(kSourceTimesKey); known && *known) {
    if (auto sources = SourceTimes::decode(**known)) sources_ = *std::move(sources);
  }
  gauges_.now = clock_.now();
  announced_ = {live_->feed().head(), live_->feed().colour_head()};
  publish();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Writer::~Writer() = default;

bool Writer::takes(std::size_t bytes) const {
  return !closed_ && batches_.size() < limits_.queue_requests &&
         (bytes_ + bytes <= limits_.queue_bytes || batches_.empty());
}

bool Writer::has_room(std::size_t bytes) const {
  const std::lock_guard hold(lock_);
  return takes(bytes);
}

bool Writer::submit(Batch batch) {
  const std::lock_guard hold(lock_);
  if (!takes(batch.bytes)) {
    ++full_;
    return false;
  }
  bytes_ += batch.bytes;
  batches_.push_back(std::move(batch));
  arrivals_.push_back(SteadyClock::now());
  something_.notify_one();
  return true;
}

bool Writer::ask(Question question) {
  const std::lock_guard hold(lock_);
  if (closed_ || questions_.size() >= limits_.queue_questions) return false;
  questions_.push_back(std::move(question));
  something_.notify_one();
  return true;
}

bool Writer::perform(Task task) {
  const std::lock_guard hold(lock_);
  if (closed_ || failed_) return false;
  tasks_.push_back(std::move(task));
  something_.notify_one();
  return true;
}

Status Writer::finish() {
  {
    const std::lock_guard hold(lock_);
    closed_ = true;
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  if (error_) return Unexpected<Error>(*error_);
  if (!live_->dirty()) return {};
  if (Status s = live_->checkpoint(); !s) return s;
  return keep_sources();
}

void Writer::run(const std::stop_token& stop) {
  for (;;) {
    std::deque<Batch> batches;
    std::deque<Question> questions;
    std::deque<Task> tasks;
    bool ending = false;
    {
      std::unique_lock hold(lock_);
      const bool more = live_->is_switching() ? may_switch_on_ : live_->checkpoint_under_way();
      something_.wait_for(hold, stop, more ? std::chrono::milliseconds{0} : limits_.tick, [this] {
        return !batches_.empty() || !questions_.empty() || !tasks_.empty();
      });
      batches = next_batches();
      questions.swap(questions_);
      tasks.swap(tasks_);
      alive_at_ = SteadyClock::now();
      ending = stop.stop_requested() && batches.empty() && questions.empty() && tasks.empty();
    }
    if (ending) return;
    round(std::move(batches), std::move(questions), std::move(tasks));
  }
}

// As many requests as make one commit; the first one always.
std::deque<Batch> Writer::next_batches() {
  std::deque<Batch> out;
  std::size_t bytes = 0;
  while (!batches_.empty() &&
         (out.empty() || bytes + batches_.front().bytes <= limits_.commit_bytes)) {
    bytes += batches_.front().bytes;
    out.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
  bytes_ -= bytes;
  return out;
}

void Writer::round(std::deque<Batch> batches, std::deque<Question> questions,
                   std::deque<Task> tasks) {
  auto begin = SteadyClock::now();
  for (const Task& task : tasks) {
    if (failed_) break;
    if (Status s = task(*live_, clock_.now()); !s) fail(s.error());
  }
  if (!batches.empty()) {
    note_between(begin);
    commit(batches);
    begin = SteadyClock::now();
  }
  if (!failed_ && SteadyClock::now() - ticked_at_ >= limits_.tick) {
    ticked_at_ = SteadyClock::now();
    gauges_.now = clock_.now();
    gauges_.skew = clock_.skew();
    if (gauges_.skew.has_value() != skewed_) {
      skewed_ = !skewed_;
      const std::string by =
          Number::from_micros(gauges_.skew.value_or(Duration{}).count()).to_string();
      if (skewed_) {
        logbook_.alarm({"墙上时钟跳变 " + by + " 秒，不予跟随；核实时钟后重启即可采用",
                        "the wall clock jumped by " + by +
                            " s and is not followed; check it and restart to follow it"});
      } else {
        logbook_.note({"重新跟随墙上时钟", "the wall clock is followed again"});
      }
    }
    if (Status s = live_->tick(gauges_.now); !s) fail(s.error());
  }
  for (const Question& question : questions) question(*live_);
  if (live_->is_switching()) {
    go_on_switching();
  } else {
    go_on_with_checkpoint();
  }
  publish();
  note_between(begin);
}

// Since then this thread has not been at a commit.
void Writer::note_between(SteadyClock::time_point begin) {
  const std::uint64_t took = microseconds(SteadyClock::now() - begin);
  gauges_.between.add(took);
  gauges_.longest_between_us = std::max(gauges_.longest_between_us, took);
}

void Writer::commit(std::deque<Batch>& batches) {
  std::vector<Record> records;
  std::vector<ReadPlace> places;
  const bool read = std::any_of(batches.begin(), batches.end(),
                                [](const Batch& batch) { return !batch.places.empty(); });
  for (Batch& batch : batches) {
    if (read) {
      places.insert(places.end(), batch.places.begin(), batch.places.end());
      places.resize(records.size() + batch.records.size());
    }
    records.insert(records.end(), std::make_move_iterator(batch.records.begin()),
                   std::make_move_iterator(batch.records.end()));
  }
  const auto begin = SteadyClock::now();
  Result<std::vector<Taken>> taken = error_ ? Result<std::vector<Taken>>(Unexpected<Error>(*error_))
                                            : live_->take(records, places, clock_.now());
  if (!taken && !error_ && taken.error().code != ErrorCode::full) {
    fail(taken.error());
  }
  if (taken) {
    ++gauges_.batches;
    gauges_.commits.add(microseconds(SteadyClock::now() - begin));
    for (std::size_t i = 0; i < taken->size(); ++i) {
      const Taken& one = (*taken)[i];
      if (one.kind == Taken::Kind::appended) {
        sources_.heard(std::get<Event>(records[i]).source, live_->judged());
      }
      if (one.kind == Taken::Kind::appended) ++gauges_.appended;
      if (one.kind == Taken::Kind::duplicate) ++gauges_.duplicates;
      if (one.kind == Taken::Kind::refused) ++gauges_.quarantined[one.code];
    }
  }
  announce();
  std::size_t at = 0;
  for (Batch& batch : batches) {
    if (taken) {
      const std::size_t n = batch.records.size();
      batch.done(std::vector<Taken>(taken->begin() + static_cast<std::ptrdiff_t>(at),
                                    taken->begin() + static_cast<std::ptrdiff_t>(at + n)));
      at += n;
    } else {
      batch.done(Unexpected<Error>(taken.error()));
    }
  }
  const auto now = SteadyClock::now();
  const std::lock_guard hold(lock_);
  for (std::size_t i = 0; i < batches.size() && !arrivals_.empty(); ++i) {
    gauges_.requests.add(microseconds(now - arrivals_.front()));
    arrivals_.pop_front();
  }
}

void Writer::fail(const Error& error) {
  if (failed_.exchange(true)) return;
  error_ = error;
  stopped_(error);
}

// Taking the state down costs this thread a small part of the time, unless that would make the next
// start long.
bool Writer::checkpoint_is_due() const {
  const auto age = SteadyClock::now() - checkpoint_at_;
  if (live_->dirty() && age >= limits_.checkpoint_age) return true;
  return live_->checkpoint_due(kMostRefolded) ||
         (live_->checkpoint_due(1) && age >= kRestOfTime * checkpoint_took_);
}

void Writer::go_on_with_checkpoint() {
  if (failed_) return;
  const auto begin = SteadyClock::now();
  if (!live_->checkpoint_under_way()) {
    if (!checkpoint_is_due()) return;
    checkpoint_at_ = begin;
    checkpoint_took_ = {};
    if (Status s = live_->begin_checkpoint(); !s) return fail(s.error());
  }
  const auto done = live_->continue_checkpoint();
  if (!done) return fail(done.error());
  checkpoint_took_ += SteadyClock::now() - begin;
  if (!*done) return;
  if (Status s = keep_sources(); !s) return fail(s.error());
  ++gauges_.checkpoints;
}

void Writer::go_on_switching() {
  if (failed_) return;
  const auto more = live_->go_on_switching();
  if (!more) return fail(more.error());
  may_switch_on_ = *more;
  if (live_->is_switching()) return;
  checkpoint_at_ = SteadyClock::now();  // the end of it was one
  ++gauges_.checkpoints;
  may_switch_on_ = true;
}

// A full disk passes: they are kept the next time.
Status Writer::keep_sources() {
  Status kept = live_->shared_log()->put_meta(kSourceTimesKey, sources_.encode());
  return kept || kept.error().code == ErrorCode::full ? Status{} : kept;
}

void Writer::publish() {
  gauges_.records = live_->log().next_seq();
  gauges_.judgements = live_->replay().judgements();
  gauges_.units = live_->board().units().size();
  for (std::size_t i = 0; i < gauges_.colours.size(); ++i) {
    gauges_.colours[i] = live_->board().of_colour(static_cast<Level>(i));
  }
  gauges_.grey = live_->board().grey();
  gauges_.watched = live_->casebook().source_freshness();
  gauges_.transitions = live_->transitions();
  gauges_.causes = live_->causes();
  gauges_.rules = live_->costs();
  if (SteadyClock::now() - sources_at_ >= std::chrono::seconds(1)) {
    sources_at_ = SteadyClock::now();
    gauges_.sources = std::make_shared<const SourceTimes>(sources_);
  }
  if (SteadyClock::now() - timers_at_ >= limits_.timers_every) {
    timers_at_ = SteadyClock::now();
    gauges_.timers = live_->replay().timers();
  }
  gauges_.position = live_->feed().head();
  gauges_.since_checkpoint = live_->since_checkpoint();
  gauges_.judged = live_->judged();
  tell_missing_years();
  EngineGauges copy = gauges_;
  {
    const std::lock_guard hold(lock_);
    std::swap(published_, copy);
    if (!rules_ || rules_->reigns.size() != live_->reigns().size()) {
      rules_ = std::make_shared<RulesNow>(RulesNow{live_->shared_program(), live_->reigns()});
    }
  }
  announce();
}

// Streams are woken as soon as there is something, before anything else is done.
void Writer::announce() {
  const http::StreamPlace now{live_->feed().head(), live_->feed().colour_head()};
  if (now.warning == announced_.warning && now.colour == announced_.colour) return;
  announced_ = now;
  woken_();
}

// An alarm when a year begins to lack, a note when it lacks no more.
void Writer::tell_missing_years() {
  gauges_.missing_years.clear();
  CalendarGaps gaps = live_->replay().calendar_gaps();
  std::map<int, std::uint64_t> deadlines = live_->casebook().missing_years();
  for (const auto& [year, count] : deadlines) gaps[year];
  for (const auto& [year, gap] : gaps) {
    const std::uint64_t due = deadlines.contains(year) ? deadlines[year] : 0;
    if (gap.units + due == 0) continue;
    gauges_.missing_years[year] = gap.units + due;
    if (!missing_years_.insert(year).second) continue;
    Bilingual text = calendar_gap_words(year, gap, due);
    const Bilingual remedy = calendar_remedy_words();
    logbook_.alarm({text.zh + "；" + remedy.zh, text.en + "; " + remedy.en});
  }
  std::erase_if(missing_years_, [this](int year) {
    if (gauges_.missing_years.contains(year)) return false;
    const std::string number = std::to_string(year);
    logbook_.note({"日历不再缺少 " + number + " 年", "the calendar lacks " + number + " no more"});
    return true;
  });
}

EngineGauges Writer::gauges() const {
  const std::lock_guard hold(lock_);
  return published_;
}

QueueGauges Writer::queue() const {
  const std::lock_guard hold(lock_);
  return {batches_.size(), bytes_, full_};
}

std::shared_ptr<const RulesNow> Writer::rules() const {
  const std::lock_guard hold(lock_);
  return rules_;
}

SteadyClock::time_point Writer::alive_at() const {
  const std::lock_guard hold(lock_);
  return alive_at_;
}

Instant Writer::now() const {
  const std::lock_guard hold(lock_);
  return published_.now;
}

}  // namespace lianqing
