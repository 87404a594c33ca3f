#include "cli/outbox/courier.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/serve/warning_text.h"
#include "connectors/json_text.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 256;    // warnings read at a time
constexpr int kPagesPerStep = 16;     // then something is sent
constexpr int kMessagesPerStep = 64;  // then new warnings are read
constexpr unsigned kAlarmAfter = 3;   // failures in a row
constexpr std::string_view kRetry = "retry";

}  // namespace

std::optional<NoticeEdge> edge_of(const Positioned& warning, std::string_view& silent) {
  const auto head = read_warning_text(warning.second);
  const auto time = head ? parse_rfc3339(head->time) : std::nullopt;
  if (!time) return std::nullopt;
  NoticeEdge out;
  out.position = warning.first;
  out.id = head->id;
  out.unit = json_text(head->unit);
  out.rule = json_text(head->rule);
  if (head->key != "null") out.key = json_text(head->key);
  out.from = level_named(head->from).value_or(Level::green);
  out.to = level_named(head->to).value_or(Level::green);
  out.time = *time;
  silent = head->shadow ? "shadow" : head->backfilled ? "backfilled" : "";
  return out;
}

Result<std::unique_ptr<Courier>> Courier::open(OutboxPolicy policy, Sink& sink, CourierWorld world,
                                               const CourierStart& start) {
  std::unique_ptr<Courier> out(new Courier(std::move(policy), sink, std::move(world), start));
  LQ_TRY(out->journal_, Journal::open(start.directory, start.journal,
                                      [&](const OutboxEntry& e) { out->outbox_.apply(e); }));
  if (out->outbox_.started()) return out;
  OutboxEntry first;
  first.at = out->world_.now();
  first.position = start.from_start ? start.first - 1 : start.head;
  first.generation = start.first;
  if (Status s = out->note({first}); !s) return Unexpected<Error>(s.error());
  if (Status s = out->journal_->sync(); !s) return Unexpected<Error>(s.error());
  return out;
}

// Journal first, then the outbox.
Status Courier::note(const std::vector<OutboxEntry>& entries) {
  if (Status s = journal_->write(entries); !s) return s;
  for (const OutboxEntry& entry : entries) outbox_.apply(entry);
  tell_of(entries);
  return {};
}

void Courier::tell_of(const std::vector<OutboxEntry>& entries) {
  const std::string sink = "sink " + name_ + ": ", sink_zh = "推送目标 " + name_ + "：";
  for (const OutboxEntry& entry : entries) {
    switch (entry.step) {
      case OutboxStep::dead:
        world_.tell({sink_zh + "通知 " + entry.notice + " 未能送达，已放弃：" + entry.why,
                     sink + "notice " + entry.notice + " is given up: " + entry.why},
                    true);
        break;
      case OutboxStep::disabled:
        world_.tell(
            {sink_zh + "对方不再接收（" + entry.why + "），已停用；lianqing outbox retry 可恢复",
             sink + "the receiver wants no more (" + entry.why +
                 "), it is disabled; lianqing outbox retry enables it"},
            true);
        break;
      case OutboxStep::attempt:
        if (outbox_.failures() == kAlarmAfter) {
          world_.tell({sink_zh + "连续 3 次未能送达：" + entry.why,
                       sink + "three failures in a row: " + entry.why},
                      true);
        }
        break;
      case OutboxStep::start:
      case OutboxStep::edge:
      case OutboxStep::close:
      case OutboxStep::drop:
      case OutboxStep::receipt:
      case OutboxStep::retry:
      case OutboxStep::enabled: break;
    }
  }
}

// Warnings that were made anew while the daemon started, under another register, were told under
// the old one: what is left of the old ones is read, the others are skipped.
Status Courier::begin() {
  if (outbox_.generation() == start_.first) return {};
  for (bool more = outbox_.cursor() + 1 < start_.first; more;) {
    LQ_TRY(more, read_page(start_.first, false));
  }
  OutboxEntry skip;
  skip.at = world_.now();
  skip.position = std::max(start_.head, start_.first - 1);
  skip.generation = start_.first;
  return note({skip});
}

// Up to the position `end`, which is not read. False: there are no more now.
Result<bool> Courier::read_page(std::uint64_t end, bool with_units) {
  if (outbox_.full()) return false;
  LQ_TRY(const auto page, world_.warnings(outbox_.cursor() + 1, kPage));
  std::vector<std::pair<NoticeEdge, std::string_view>> edges;
  std::set<std::string> names;
  for (const Positioned& warning : page) {
    if (warning.first >= end) break;
    std::string_view silent;
    auto edge = edge_of(warning, silent);
    if (!edge) {
      return failure(ErrorCode::corrupt,
                     "warning " + std::to_string(warning.first) + " is not as it was written");
    }
    names.insert(edge->unit);
    edges.emplace_back(*std::move(edge), silent);
  }
  std::map<std::string, UnitFacts> facts;
  if (with_units && world_.units && !names.empty()) {
    auto known = world_.units(names);
    if (!known) return false;
    facts = *std::move(known);
  }
  const Instant now = world_.now();
  for (const auto& [edge, silent] : edges) {
    if (Status s = note(outbox_.read(edge, silent, facts[edge.unit], now)); !s) {
      return Unexpected<Error>(s.error());
    }
  }
  return edges.size() == kPage;
}

Status Courier::read() {
  more_ = true;
  for (int page = 0; more_ && page < kPagesPerStep; ++page) {
    LQ_TRY(more_, read_page(UINT64_MAX, true));
  }
  return note(outbox_.close_due(world_.now()));
}

// One message. False: there is none to send now.
Result<bool> Courier::send(const std::stop_token& stop) {
  const Instant now = world_.now();
  std::vector<Notice> notices;
  std::vector<std::string> ids;
  for (const QueuedNotice* queued : outbox_.next_batch(now)) {
    ids.push_back(queued->notice.id);
    notices.push_back(queued->notice);
    for (NoticeEdge& edge : notices.back().edges) {
      LQ_TRY(auto found, world_.warnings(edge.position, 1));
      if (found.empty() || found[0].first != edge.position) {
        return failure(ErrorCode::corrupt,
                       "warning " + std::to_string(edge.position) + " is not in the log");
      }
      edge.text = std::move(found[0].second);
    }
  }
  if (ids.empty()) return false;
  const unsigned failures = outbox_.failures();
  const Delivery delivery = sink_.deliver(notices, now, stop);
  if (!delivery && stop.stop_requested()) return false;  // cut short: it was no attempt
  const Instant done = world_.now();
  if (delivery && failures >= kAlarmAfter) {
    world_.tell({"推送目标 " + name_ + "：已恢复送达", "sink " + name_ + ": delivers again"},
                false);
  }
  const auto entries =
      delivery ? outbox_.sent(ids, *delivery, done) : outbox_.failed(ids, delivery.error(), done);
  if (Status s = note(entries); !s) return Unexpected<Error>(s.error());
  if (Status s = journal_->sync(); !s) return Unexpected<Error>(s.error());
  return true;
}

Status Courier::take_requests() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(start_.directory, error)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with(kRetry) || file.ends_with(".partial")) continue;
    std::vector<std::string> ids;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) ids.push_back(line);
    }
    if (Status s = note(outbox_.retry(ids, world_.now())); !s) return s;
    if (Status s = journal_->sync(); !s) return s;
    fs::remove(entry.path(), error);
  }
  return {};
}

void Courier::refresh(const std::stop_token& stop) {
  const auto every = sink_.refresh_every();
  if (!every || !world_.standing || outbox_.disabled() || world_.now() < refresh_at_) return;
  const auto standing = world_.standing();
  if (!standing) return;
  const Delivery done = sink_.refresh(*standing, world_.now(), stop);
  refresh_at_ = world_.now() + *every;
  if (stop.stop_requested() || done.has_value() != refresh_failed_) return;
  refresh_failed_ = !done;
  if (done) {
    world_.tell({"推送目标 " + name_ + "：在列预警重新送达",
                 "sink " + name_ + ": what stands is told again"},
                false);
  } else {
    world_.tell({"推送目标 " + name_ + "：在列预警未能送达：" + done.error().what,
                 "sink " + name_ + ": what stands cannot be told: " + done.error().what},
                true);
  }
}

Result<Instant> Courier::step(const std::stop_token& stop) {
  if (!begun_) {
    if (Status s = begin(); !s) return Unexpected<Error>(s.error());
    begun_ = true;
  }
  if (Status s = take_requests(); !s) return Unexpected<Error>(s.error());
  if (Status s = read(); !s) return Unexpected<Error>(s.error());
  if (Status s = journal_->sync(); !s) return Unexpected<Error>(s.error());
  bool sent = true;
  for (int i = 0; sent && i < kMessagesPerStep && !stop.stop_requested(); ++i) {
    LQ_TRY(sent, send(stop));
  }
  refresh(stop);
  if (journal_->full()) {
    if (Status s = journal_->turn(outbox_.carried()); !s) return Unexpected<Error>(s.error());
  }
  const Instant now = world_.now();
  if (sent || more_) return now;
  Instant wake = outbox_.wake(now);
  if (sink_.refresh_every() && world_.standing) wake = std::min(wake, refresh_at_);
  return wake;
}

CourierGauges Courier::gauges() const {
  CourierGauges out;
  out.cursor = outbox_.cursor();
  out.delivered = outbox_.delivered();
  out.open = outbox_.count(QueuedNotice::State::open);
  out.waiting = outbox_.count(QueuedNotice::State::waiting);
  out.dead = outbox_.count(QueuedNotice::State::dead);
  out.failures = outbox_.failures();
  out.failure = outbox_.failure();
  out.disabled = outbox_.disabled();
  for (const auto& [place, notice] : outbox_.queue()) {
    if (notice.state != QueuedNotice::State::waiting) continue;
    out.oldest = notice.complete;
    break;
  }
  return out;
}

Status ask_for_retry(const std::string& directory, const std::vector<std::string>& ids) {
  const std::string path = directory + "/" + std::string(kRetry) + "-" + std::to_string(::getpid());
  {
    std::ofstream out(path + ".partial");
    for (const std::string& id : ids) out << id << "\n";
    if (!out.flush()) return failure(ErrorCode::io, path + ": cannot write");
  }
  std::error_code error;
  fs::rename(path + ".partial", path, error);
  return error ? Status(failure(ErrorCode::io, path + ": " + error.message())) : Status{};
}

}  // namespace lianqing
