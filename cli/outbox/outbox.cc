#include "cli/outbox/outbox.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "connectors/content_hash.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;

// Before the next attempt, by failures in a row.
constexpr std::array<Duration, 10> kWaits = {seconds(5),  seconds(30), minutes(2), minutes(10),
                                             minutes(30), hours(1),    hours(2),   hours(5),
                                             hours(10),   hours(24)};
constexpr Duration kShortest = seconds(5);
constexpr unsigned kMostRefusals = 6;          // of one notice, before it is dead: about 45 minutes
constexpr Duration kFreshProbe = minutes(10);  // a new notice tries a dead sink after this
constexpr Duration kMostAsked = hours(24);     // that a receiver may ask us to wait

using State = QueuedNotice::State;

std::string notice_id(const std::string& sink, const std::string& warning) {
  const ContentHash hash = identity_hash(sink, warning);
  char text[40];
  std::snprintf(text, sizeof text, "n-%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  return text;
}

}  // namespace

bool sum_up(Notice& notice) {
  std::map<std::pair<std::string_view, std::string_view>, std::pair<Level, Level>> places;
  for (const NoticeEdge& edge : notice.edges) {
    const auto [at, fresh] = places.try_emplace({edge.rule, edge.key}, edge.from, edge.to);
    if (!fresh) at->second.second = edge.to;
  }
  notice.level = notice.before = Level::green;
  bool changed = false;
  for (const auto& [place, levels] : places) {
    if (levels.first == levels.second) continue;
    changed = true;
    notice.before = std::max(notice.before, levels.first);
    notice.level = std::max(notice.level, levels.second);
  }
  return changed;
}

const QueuedNotice* Outbox::find(const std::string& id) const {
  const auto at = place_.find(id);
  return at == place_.end() ? nullptr : &queue_.at(at->second);
}

QueuedNotice* Outbox::find(const std::string& id) {
  const auto at = place_.find(id);
  return at == place_.end() ? nullptr : &queue_.at(at->second);
}

void Outbox::erase(const std::string& id) {
  const auto at = place_.find(id);
  if (at == place_.end()) return;
  const QueuedNotice& notice = queue_.at(at->second);
  --states_[static_cast<std::size_t>(notice.state)];
  if (notice.state == State::open) open_.erase(policy_.group ? notice.notice.unit : id);
  queue_.erase(at->second);
  place_.erase(at);
}

std::size_t Outbox::count(State state) const { return states_[static_cast<std::size_t>(state)]; }

// ---- what a warning becomes

std::vector<OutboxEntry> Outbox::read(const NoticeEdge& edge, std::string_view silent,
                                      const UnitFacts& unit, Instant now) const {
  OutboxEntry out;
  out.step = OutboxStep::edge;
  out.at = now;
  out.edge = edge;
  out.edge.text.clear();
  const auto within = [&](const std::string& name) { return policy_.units.contains(name); };
  if (!silent.empty()) {
    out.why = silent;
  } else if (now - edge.time > policy_.oldest) {
    out.why = "history";
  } else if (!policy_.levels.empty() && !policy_.levels.contains(std::max(edge.from, edge.to))) {
    out.why = "level";
  } else if (!policy_.falls && edge.to < edge.from) {
    out.why = "fall";
  } else if (!policy_.rules.empty() && !policy_.rules.contains(edge.rule)) {
    out.why = "rule";
  } else if (!policy_.units.empty() && !within(edge.unit) &&
             std::none_of(unit.above.begin(), unit.above.end(), within)) {
    out.why = "unit";
  } else if (policy_.mute && !unit.red_above.empty()) {
    out.why = "muted:" + unit.red_above;
  }
  if (!out.why.empty()) return {out};
  if (!policy_.group) {
    out.notice = edge.id;
    out.next = now;
    return {out};
  }
  const auto open = open_.find(edge.unit);
  out.notice =
      open == open_.end() ? notice_id(policy_.sink, edge.id) : queue_.at(open->second).notice.id;
  if (open == open_.end()) out.next = now + policy_.settle;
  return {out};
}

std::vector<OutboxEntry> Outbox::close_due(Instant now) const {
  std::vector<std::pair<std::uint64_t, OutboxEntry>> found;
  for (const auto& [unit, place] : open_) {
    const QueuedNotice& open = queue_.at(place);
    if (open.complete > now) continue;
    OutboxEntry out;
    out.at = now;
    out.notice = open.notice.id;
    Notice sum = open.notice;
    if (policy_.group && !sum_up(sum)) {
      out.step = OutboxStep::drop;
      out.why = "settled";
    } else {
      sum_up(sum);
      const Hold hold =
          policy_.hold ? policy_.hold(now, std::max(sum.level, sum.before)) : Hold{now, {}};
      out.step = OutboxStep::close;
      out.next = hold.until;
      out.why = hold.why;
    }
    found.emplace_back(place, std::move(out));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<OutboxEntry> out;
  for (auto& [place, entry] : found) out.push_back(std::move(entry));
  return out;
}

// ---- what becomes of an attempt

std::vector<OutboxEntry> Outbox::sent(const std::vector<std::string>& ids, const Receipt& receipt,
                                      Instant now) const {
  OutboxEntry out;
  out.step = OutboxStep::receipt;
  out.at = now;
  out.notices = ids;
  out.why = receipt.text;
  return {out};
}

// Longer each time; a share of it by chance that is the same at every run, so that many senders do
// not come back at the same moment.
Duration Outbox::wait(unsigned failures, std::string_view about) const {
  const std::size_t n = std::min<std::size_t>(failures == 0 ? 0 : failures - 1, kWaits.size() - 1);
  const ContentHash hash = identity_hash(policy_.sink + "/" + std::to_string(failures), about);
  const auto chance = static_cast<std::int64_t>(hash.low & 255);
  const Duration out = kWaits[n] + kWaits[n] / 4 * chance / 256;
  return std::clamp(out, kShortest, std::max(kShortest, policy_.longest_wait));
}

std::vector<OutboxEntry> Outbox::failed(const std::vector<std::string>& ids,
                                        const DeliveryFailure& failure, Instant now) const {
  LQ_ASSERT(!ids.empty());
  std::vector<OutboxEntry> all;
  OutboxEntry out;
  out.step = OutboxStep::attempt;
  out.at = now;
  out.notices = ids;
  out.why = failure.what;
  out.kind = failure.kind;
  const bool refused = failure.kind == DeliveryFailure::Kind::refused;
  const QueuedNotice* first = find(ids[0]);
  LQ_ASSERT(first != nullptr);
  const unsigned nth = (refused ? first->attempts : failures_) + 1;
  out.next = now + wait(nth, ids[0]);
  if (failure.retry_after && *failure.retry_after > Duration{}) {
    out.next = now + std::min(*failure.retry_after, kMostAsked);
    out.asked = true;
  }
  all.push_back(out);
  if (failure.kind == DeliveryFailure::Kind::gone) {
    OutboxEntry end = out;
    end.step = OutboxStep::disabled;
    all.push_back(std::move(end));
  }
  const auto give_up = [&](const std::string& id, std::string why) {
    OutboxEntry dead;
    dead.step = OutboxStep::dead;
    dead.at = now;
    dead.notice = id;
    dead.why = std::move(why);
    all.push_back(std::move(dead));
  };
  if (refused) {
    if (ids.size() == 1 && nth >= kMostRefusals) give_up(ids[0], failure.what);
    return all;
  }
  for (const auto& [place, notice] : queue_) {
    if (notice.state != State::waiting) continue;
    if (now - notice.complete >= policy_.give_up) give_up(notice.notice.id, failure.what);
  }
  return all;
}

std::vector<OutboxEntry> Outbox::retry(const std::vector<std::string>& ids, Instant now) const {
  std::vector<OutboxEntry> all;
  OutboxEntry out;
  out.at = now;
  if (disabled_) {
    out.step = OutboxStep::enabled;
    all.push_back(out);
  }
  out.step = OutboxStep::retry;
  for (const auto& [place, notice] : queue_) {
    if (notice.state != State::dead) continue;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), notice.notice.id) == ids.end()) continue;
    out.notice = notice.notice.id;
    all.push_back(out);
  }
  out.notice.clear();
  all.push_back(out);
  return all;
}

// ---- what the entries do

void Outbox::join(const OutboxEntry& entry) {
  cursor_ = std::max(cursor_, entry.edge.position);
  if (entry.notice.empty()) return;
  QueuedNotice* notice = find(entry.notice);
  if (notice == nullptr) {
    const std::uint64_t place = next_place_++;
    notice = &queue_[place];
    place_[entry.notice] = place;
    ++states_[static_cast<std::size_t>(State::open)];
    // Without groups several of a unit are open at a time, each under its own name.
    open_[policy_.group ? entry.edge.unit : entry.notice] = place;
    notice->notice.id = entry.notice;
    notice->notice.unit = entry.edge.unit;
    notice->opened = entry.at;
    notice->complete = entry.next.value_or(entry.at);
  }
  notice->notice.edges.push_back(entry.edge);
  sum_up(notice->notice);
}

void Outbox::fail(const OutboxEntry& entry) {
  last_try_ = entry.at;
  tries_.push_back(entry.at);
  failure_ = entry.why;
  const bool refused = entry.kind == DeliveryFailure::Kind::refused;
  for (const std::string& id : entry.notices) {
    QueuedNotice* notice = find(id);
    if (notice == nullptr) continue;
    ++notice->attempts;
    notice->why = entry.why;
    if (refused) notice->alone = true;
    if (refused && entry.notices.size() == 1) notice->next = entry.next.value_or(entry.at);
  }
  if (refused) return;
  ++failures_;
  asked_ = entry.asked;
  down_until_ = entry.next.value_or(entry.at);
}

void Outbox::apply(const OutboxEntry& entry) {
  while (!tries_.empty() && tries_.front() + minutes(1) <= entry.at) tries_.pop_front();
  QueuedNotice* notice = entry.notice.empty() ? nullptr : find(entry.notice);
  const auto move = [this](QueuedNotice& moved, State to) {
    --states_[static_cast<std::size_t>(moved.state)];
    if (moved.state == State::open)
      open_.erase(policy_.group ? moved.notice.unit : moved.notice.id);
    ++states_[static_cast<std::size_t>(to)];
    moved.state = to;
  };
  switch (entry.step) {
    case OutboxStep::start:
      started_ = true;
      cursor_ = std::max(cursor_, entry.position);
      generation_ = entry.generation;
      break;
    case OutboxStep::edge: join(entry); break;
    case OutboxStep::close:
      if (notice == nullptr || notice->state != State::open) break;
      move(*notice, State::waiting);
      notice->complete = entry.at;
      notice->next = entry.next.value_or(entry.at);
      notice->held = entry.why;
      newest_complete_ = std::max(newest_complete_, notice->next);
      break;
    case OutboxStep::drop:
      if (notice != nullptr) erase(entry.notice);
      break;
    case OutboxStep::attempt: fail(entry); break;
    case OutboxStep::receipt:
      delivered_ += entry.notices.size();
      last_try_ = entry.at;
      tries_.push_back(entry.at);
      failures_ = 0;
      failure_.clear();
      down_until_ = kBeforeAll;
      for (const std::string& id : entry.notices) erase(id);
      break;
    case OutboxStep::dead:
      if (notice == nullptr || notice->state == State::dead) break;
      move(*notice, State::dead);
      notice->why = entry.why;
      break;
    case OutboxStep::retry:
      down_until_ = kBeforeAll;
      if (notice == nullptr || notice->state != State::dead) break;
      move(*notice, State::waiting);
      notice->attempts = 0;
      notice->complete = notice->next = entry.at;
      break;
    case OutboxStep::disabled:
      disabled_ = true;
      failure_ = entry.why;
      break;
    case OutboxStep::enabled:
      disabled_ = false;
      failures_ = 0;
      down_until_ = kBeforeAll;
      break;
  }
}

std::vector<OutboxEntry> Outbox::carried() const {
  std::vector<OutboxEntry> out;
  OutboxEntry start;
  start.step = OutboxStep::start;
  start.at = last_try_;
  start.position = cursor_;
  start.generation = generation_;
  out.push_back(start);
  for (const auto& [place, notice] : queue_) {
    for (const NoticeEdge& edge : notice.notice.edges) {
      OutboxEntry joined;
      joined.step = OutboxStep::edge;
      joined.at = notice.opened;
      joined.edge = edge;
      joined.notice = notice.notice.id;
      joined.next = notice.complete;
      out.push_back(std::move(joined));
    }
    if (notice.state == State::open) continue;
    OutboxEntry close;
    close.step = OutboxStep::close;
    close.at = notice.complete;
    close.notice = notice.notice.id;
    close.next = notice.next;
    close.why = notice.held;
    out.push_back(close);
    if (notice.state != State::dead) continue;
    close.step = OutboxStep::dead;
    close.why = notice.why;
    out.push_back(std::move(close));
  }
  if (disabled_) {
    OutboxEntry end;
    end.step = OutboxStep::disabled;
    end.at = last_try_;
    end.why = failure_;
    out.push_back(std::move(end));
  }
  return out;
}

// ---- when and what

// From when on the sink may be given a message.
Instant Outbox::sink_free_at(Instant now) const {
  Instant at = now;
  if (down_until_ > now) {
    at = down_until_;
    // Something new since the last attempt: the sink may have come back.
    if (!asked_ && newest_complete_ > last_try_) at = std::min(at, last_try_ + kFreshProbe);
  }
  if (last_try_ != kBeforeAll) at = std::max(at, last_try_ + policy_.gap);
  if (policy_.per_minute > 0 && free_messages(now) == 0) {
    at = std::max(at, tries_[tries_.size() - policy_.per_minute] + minutes(1));
  }
  if (policy_.avoid_half_hours) {
    const auto minute = std::chrono::floor<minutes>(at.time_since_epoch());
    if (minute.count() % 30 == 0) at = Instant{minute + minutes(1)};
  }
  return std::max(at, now);
}

// That may still be sent within the minute that ends now.
std::size_t Outbox::free_messages(Instant now) const {
  const auto recent = static_cast<std::size_t>(std::count_if(
      tries_.begin(), tries_.end(), [now](Instant t) { return t + minutes(1) > now && t <= now; }));
  return policy_.per_minute > recent ? policy_.per_minute - recent : 0;
}

std::vector<const QueuedNotice*> Outbox::next_batch(Instant now) const {
  std::vector<const QueuedNotice*> out;
  if (disabled_ || count(State::waiting) == 0 || sink_free_at(now) > now) return out;
  std::set<std::string_view> blocked;  // units with an earlier notice that must wait
  for (const auto& [place, notice] : queue_) {
    if (notice.state != State::waiting) continue;
    const bool takes = notice.next <= now && !blocked.contains(notice.notice.unit) &&
                       (out.empty() || (!notice.alone && !out[0]->alone));
    if (takes) {
      out.push_back(&notice);
    } else {
      blocked.insert(notice.notice.unit);
    }
    if (out.size() == policy_.batch) break;
  }
  const auto digest = [](const QueuedNotice* one) { return one->held == "digest"; };
  if (policy_.batch_to_hurry && out.size() > 1 && out.size() <= free_messages(now) &&
      std::none_of(out.begin(), out.end(), digest)) {
    out.resize(1);
  }
  return out;
}

Instant Outbox::wake(Instant now) const {
  Instant out = kNever;
  for (const auto& [unit, place] : open_) out = std::min(out, queue_.at(place).complete);
  if (disabled_ || count(State::waiting) == 0) return out;
  Instant ready = kNever;
  std::set<std::string_view> blocked;
  for (const auto& [place, notice] : queue_) {
    if (notice.state != State::waiting || !blocked.insert(notice.notice.unit).second) continue;
    ready = std::min(ready, notice.next);
    if (ready <= now) break;
  }
  return std::min(out, std::max(ready, sink_free_at(now)));
}

}  // namespace lianqing
