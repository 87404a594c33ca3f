// A writer of the log to be killed and failed: appends events with consecutive ids from FROM on, in
// batches of changing size, and prints a line for each commit that was acknowledged. After an error
// it shows that nothing more is taken, and ends with 74.
//
//   log_writer DIR FROM COMMITS [wait]      wait: for room on a full disk, for some seconds
//
//   acked FIRST-ID LAST-ID FIRST-SEQ        every record of the batch, in order
//   failed full|other MESSAGE
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

#include "connectors/decode.h"
#include "log/event_log.h"

namespace lianqing {
namespace {

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

AppendRecord numbered(std::uint64_t n) {
  AppendRecord out;
  out.source = "/crash";
  out.id = "e-" + std::to_string(n);
  out.cursor = std::to_string(n);
  out.bytes = R"({"id":")" + out.id + R"(","source":"/crash","type":"t","unit":"u)" +
              std::to_string(n % 7) + R"(","time":"2026-01-01T00:00:00Z","data":{"n":)" +
              std::to_string(n) + "}}";
  Arena arena;
  const Record record = EventDecoder().decode(out.bytes, {}, arena);
  out.identity = std::get<Event>(record).identity;
  out.content = std::get<Event>(record).content;
  return out;
}

int failed(EventLog* log, const Error& error) {
  std::printf("failed %s %s\n", error.code == ErrorCode::full ? "full" : "other",
              error.what.c_str());
  // Whatever comes after a failed commit is refused, and nothing is tried again.
  if (log != nullptr) {
    const std::vector<AppendRecord> more{numbered(1'000'000'000)};
    const bool taken = log->append(more, log->last_recorded() + Duration{1}).has_value() ||
                       log->put_meta("k", "v").has_value();
    std::printf("%s\n", taken ? "TAKEN" : "stopped");
  }
  std::fflush(stdout);
  return 74;
}

int run(const char* directory, std::uint64_t from, std::uint64_t commits, bool wait) {
  auto log = EventLog::open(directory, OpenMode::create);
  if (!log) return failed(nullptr, log.error());
  std::uint64_t next = from;
  std::optional<Seq> first;
  for (std::uint64_t commit = 0; commit < commits; ++commit) {
    std::vector<AppendRecord> batch;
    const std::uint64_t size = 1 + (commit * 7919 + from) % 97;
    for (std::uint64_t i = 0; i < size; ++i) batch.push_back(numbered(next + i));
    const Instant at = (*log)->next_seq() == 0 ? instant(1'700'000'000'000'000)
                                               : (*log)->last_recorded() + Duration{20'000};
    auto done = (*log)->append(batch, at);
    for (int i = 0; wait && !done && done.error().code == ErrorCode::full && i < 1000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      done = (*log)->append(batch, at);
    }
    if (!done) return failed(log->get(), done.error());
    for (std::size_t i = 1; i < done->size(); ++i) {
      if ((*done)[i].seq != (*done)[0].seq + i) return 70;
    }
    if (!first) first = (*done)[0].seq;
    std::printf("acked %llu %llu %llu\n", static_cast<unsigned long long>(next),
                static_cast<unsigned long long>(next + size - 1),
                static_cast<unsigned long long>((*done)[0].seq));
    std::fflush(stdout);
    next += size;
  }
  // Whatever happened in between, what is there is not taken again.
  const std::vector<AppendRecord> again{numbered(from)};
  const auto known = (*log)->append(again, (*log)->last_recorded() + Duration{1});
  if (!known) return failed(log->get(), known.error());
  if (!first) return 0;
  return (*known)[0].kind == AppendOutcome::duplicate && (*known)[0].seq == *first ? 0 : 70;
}

}  // namespace
}  // namespace lianqing

int main(int argc, char** argv) {
  if (argc != 4 && (argc != 5 || std::strcmp(argv[4], "wait") != 0)) return 2;
  return lianqing::run(argv[1], lianqing::number(argv[2]), lianqing::number(argv[3]), argc == 5);
}
