// Nanoseconds per decoded event: a typical record, a small one, one that needs the slow paths, and
// the public data if it is there. Not part of ctest.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

#include "connectors/decode.h"
#include "connectors/sources/event_files.h"
#include "connectors/sources/jsonl_file.h"

namespace lianqing {
namespace {

const std::filesystem::path kPublicData =
    std::filesystem::path(LIANQING_SOURCE_DIR) / "../shared/data";

// 249 bytes, as the sources send it.
const std::string kTypical =
    R"({"specversion":"1.0","id":"c-81","source":"/hotline/12345","type":"complaint_received",)"
    R"("time":"2026-03-05T10:00:00+08:00","unit":"u-017","recordedtime":"2026-03-05T10:02:11+08:00",)"
    R"("data":{"category":"slow_action","channel":"hotline_12345","severity":2}})";
const std::string kSmall =
    R"({"id":"1","source":"s","type":"t","time":"2026-03-05T10:00:00Z","unit":"u","data":{"n":1}})";
const std::string kElaborate =
    R"({"id":"c-81","source":"/12345","type":"fine","time":"2026-03-05T10:00:00.25+08:00","unit":"u-017",)"
    R"("data":{"place":{"district":"海曙","street":{"name":"\u4e2d\u5c71\u8def","n":17}},"amount":1234.56,)"
    R"("tags":["a","b\n",3.5,null],"people":[{"role":"x","n":1},{"role":"y","n":2}],"note":"\"quoted\""}})";

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> out;
  auto file = JsonLinesFile::open(path.string(), 0);
  if (!file) return out;
  for (auto line = file->next(); line && *line; line = file->next())
    out.emplace_back((*line)->bytes);
  return out;
}

void decode(benchmark::State& state, const std::vector<std::string>& lines) {
  if (lines.empty()) return state.SkipWithError("no data");
  EventDecoder decoder;
  Arena arena;
  std::size_t at = 0, bytes = 0;
  for (auto _ : state) {
    const Record record = decoder.decode(lines[at], {}, arena);
    if (!std::holds_alternative<Event>(record)) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(record);
    bytes += lines[at].size();
    at = at + 1 == lines.size() ? 0 : at + 1;
    if (arena.used() > 1 << 20) arena.reset();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(state.iterations());
}

void typical(benchmark::State& state) { decode(state, {kTypical}); }
void small(benchmark::State& state) { decode(state, {kSmall}); }
void elaborate(benchmark::State& state) { decode(state, {kElaborate}); }
BENCHMARK(typical);
BENCHMARK(small);
BENCHMARK(elaborate);

void public_events(benchmark::State& state, const char* folder) {
  decode(state, lines_of(kPublicData / folder / "events.jsonl.gz"));
}
BENCHMARK_CAPTURE(public_events, boston, "boston311_2011h2");
BENCHMARK_CAPTURE(public_events, nyc, "nyc_inspections");
BENCHMARK_CAPTURE(public_events, bpic15, "bpic15_permits");
BENCHMARK_CAPTURE(public_events, wabo, "wabo_receipt");

// From gzip on disk to merged batches, with the reading threads; wall time.
void all_public_files(benchmark::State& state) {
  std::vector<std::string> paths;
  for (const char* folder :
       {"boston311_2011h2", "nyc_inspections", "bpic15_permits", "wabo_receipt"}) {
    paths.push_back((kPublicData / folder / "events.jsonl.gz").string());
  }
  std::int64_t records = 0;
  for (auto _ : state) {
    auto files = EventFiles::open(paths);
    if (!files) return state.SkipWithError("no data");
    RecordBatch batch;
    for (auto more = files->next(batch); more && *more; more = files->next(batch)) {
      records += static_cast<std::int64_t>(batch.records.size());
    }
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(all_public_files)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lianqing

BENCHMARK_MAIN();
