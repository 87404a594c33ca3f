// Nanoseconds per event of each part of the fold: interning, admission, taking in and judging for
// each kind of window and measure, judging by number of rules, stored units; and what a warning
// costs. Not part of ctest.
//
//   engine_bench --benchmark_filter=fold
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "cli/brief_lines.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "engine/admit.h"
#include "engine/fold.h"
#include "engine/rationale.h"
#include "lianqing/ruleset.h"

namespace lianqing {
namespace {

constexpr std::size_t kEvents = 20'000;
constexpr std::uint32_t kUnits = 100;
constexpr std::int64_t kStep = 600'000'000;  // ten minutes: 139 days of events

std::shared_ptr<const Program> compile(const std::string& body) {
  const std::string text =
      "version: 1\npack: {id: bench, title: Bench, timezone: Asia/Shanghai, calendar: none}\n"
      "events:\n"
      "  seen: {fields: {n: {type: int}, amount: {type: decimal}, kind: {type: string}}}\n" +
      body;
  const SourceText files[] = {{"bench.yaml", text}};
  const SourceText calendars[] = {{"none.yaml", "calendar: none\nyears:\n  2026: {}\n"}};
  auto program = compile_pack(files, calendars);
  if (program) return *program;
  for (const Diagnostic& d : program.error()) std::cerr << d.code << " " << d.message.en << "\n";
  std::abort();
}

// One rule over one measure, which nothing passes.
std::string one(const std::string& measure) {
  return "measures:\n  m: " + measure +
         "\nrules:\n  r: {title: R, yellow: {enter: \"m > 1000000000\"}}\n";
}

// The same events for every part: kUnits units in turn, three fields each.
class Events {
 public:
  Events() {
    const Instant start = parse_rfc3339("2026-01-05T00:00:00+08:00").value();
    ids_.reserve(kEvents);
    for (std::size_t i = 0; i < kEvents; ++i) ids_.push_back("e-" + std::to_string(i));
    for (std::uint32_t u = 0; u < kUnits; ++u) units_.push_back("u-" + std::to_string(u));
    fields_.reserve(kEvents);
    for (std::size_t i = 0; i < kEvents; ++i) {
      const auto n = static_cast<std::int64_t>(i * 7919 % 100);
      fields_.push_back({{"n", {Number(n)}},
                         {"amount", {Number(n * 100 + 25)}},
                         {"kind", {std::string_view(n % 2 == 0 ? "even" : "odd")}}});
      Event event;
      event.id = ids_[i];
      event.source = "bench";
      event.type = "seen";
      event.unit = units_[i % kUnits];
      event.time = start + std::chrono::microseconds(static_cast<std::int64_t>(i) * kStep);
      event.data = fields_[i];
      event.identity = identity_hash(event.source, event.id);
      event.content = {0, i};
      events_.push_back(event);
    }
  }
  const std::vector<Event>& all() const { return events_; }

 private:
  std::vector<std::string> ids_, units_;
  std::vector<std::vector<Field>> fields_;
  std::vector<Event> events_;
};

const Events& events() {
  static const Events all;
  return all;
}

// No reasons and no outlook: those are made for transitions, of which there are none here.
FoldOptions bare() {
  FoldOptions options;
  options.reasons = options.outlook = false;
  return options;
}

// A program with what the fold of its log needs.
class Bench {
 public:
  explicit Bench(const std::string& body)
      : program_(compile(body)),
        route_(*program_),
        symbols_(program_->symbols),
        fold_(*program_, route_, symbols_, bare()) {
    admit(batch_);
  }

  void admit(AdmittedBatch& batch) {
    Admission admission(
        *program_, symbols_, ClockMode::as_recorded,
        [](std::string_view unit) {
          return static_cast<std::uint32_t>(std::strtoul(unit.data() + 2, nullptr, 10));
        },
        identity_hash, [](const Rejection& r) { std::cerr << r.detail << "\n"; });
    for (const Event& event : events().all()) {
      if (!admission.admit(event, batch)) std::abort();
    }
  }
  // Every entry, each unit on its own; the units as they are at the end.
  std::vector<UnitState> fold() {
    std::vector<UnitState> units(kUnits);
    Effects effects;
    effects.told = [](const Warning&) { std::abort(); };
    for (const LogEntry& entry : batch_.entries) {
      fold_.step(
          units[entry.unit], entry, [](Instant) { return Seq{0}; }, effects);
    }
    return units;
  }
  const Fold& folder() const { return fold_; }
  Symbols& symbols() { return symbols_; }

 private:
  std::shared_ptr<const Program> program_;
  Route route_;
  Symbols symbols_;
  Fold fold_;
  AdmittedBatch batch_;
};

void per_event(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEvents));
}

void intern(benchmark::State& state) {
  Symbols symbols({});
  std::vector<std::string> texts;
  for (int i = 0; i < state.range(0); ++i) texts.push_back("code-" + std::to_string(i));
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(symbols.intern(texts[at]));
    at = at + 1 == texts.size() ? 0 : at + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(intern)->Arg(10)->Arg(100'000);

void admit(benchmark::State& state) {
  Bench bench(one("{count: seen, over: 30d}"));
  for (auto _ : state) {
    AdmittedBatch batch;
    bench.admit(batch);
    benchmark::DoNotOptimize(batch);
  }
  per_event(state);
}
BENCHMARK(admit)->Unit(benchmark::kMillisecond);

void fold(benchmark::State& state, const std::string& body) {
  Bench bench(body);
  for (auto _ : state) benchmark::DoNotOptimize(bench.fold());
  per_event(state);
}

struct Part {
  const char* name;
  const char* measure;
};
constexpr Part kParts[] = {
    {"all_history", "{count: seen}"},
    {"sliding_1d", "{count: seen, over: 1d}"},
    {"sliding_30d", "{count: seen, over: 30d}"},
    {"sliding_shifted", "{count: seen, over: 30d, offset: 30d}"},
    {"calendar_month", "{count: seen, over: month}"},
    {"where", "{count: seen, where: \"n >= 50 and kind == 'even'\", over: 30d}"},
    {"per_key", "{count: seen, over: 30d, per: kind}"},
    {"sum", "{sum: amount, of: seen, over: 30d}"},
    {"max", "{max: amount, of: seen, over: 30d}"},
    {"median", "{median: amount, of: seen, over: 30d}"},
    {"distinct", "{distinct: n, of: seen, over: 30d}"},
    {"top", "{top: kind, of: seen, over: 30d}"},
    {"streak", "{streak: \"n >= 10\", of: seen}"},
    {"age", "{age: seen}"},
};

// Rules over one measure: what judging costs.
std::string many_rules(int rules) {
  std::string out = "measures:\n  m: {count: seen, over: 30d}\nrules:\n";
  for (int i = 0; i < rules; ++i) {
    out += "  r" + std::to_string(i) + ": {title: R, yellow: {enter: \"m > " +
           std::to_string(100'000 + i) + "\"}}\n";
  }
  return out;
}

// Units as the state directory holds them; 200 records each.
void encode_unit(benchmark::State& state) {
  Bench bench(one("{count: seen, over: 30d}"));
  const std::vector<UnitState> units = bench.fold();
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (const UnitState& unit : units) bytes += encode(unit, bench.folder()).size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  per_event(state);
}
BENCHMARK(encode_unit)->Unit(benchmark::kMillisecond);

void decode_unit(benchmark::State& state) {
  Bench bench(one("{count: seen, over: 30d}"));
  std::vector<std::string> stored;
  for (const UnitState& unit : bench.fold()) stored.push_back(encode(unit, bench.folder()));
  for (auto _ : state) {
    for (const std::string& bytes : stored) {
      if (!decode(bytes, bench.folder(), bench.symbols())) return state.SkipWithError("refused");
    }
  }
  per_event(state);
}
BENCHMARK(decode_unit)->Unit(benchmark::kMillisecond);

// A warning of a rule that rests on `evidence` events of its unit, from the state to its line.
void warning(benchmark::State& state, const std::string& measure, bool reasons) {
  const auto program = compile("measures:\n  m: " + measure +
                               "\nrules:\n  r: {title: R, yellow: \"m >= 1\", red: {enter: \"m >= "
                               "1000000\", for: 2d}, because: \"{m} in 30 days\"}\n");
  const Route route(*program);
  Symbols symbols(program->symbols);
  FoldOptions options;
  options.reasons = options.outlook = reasons;
  const Fold fold(*program, route, symbols, options);
  const auto evidence = static_cast<std::size_t>(state.range(0));
  UnitState unit;
  unit.name = "u-1";
  Effects effects;
  std::vector<Cell> cells(program->slots.size(), Cell{CellTag::number, 1, 1});
  LogEntry entry;
  entry.cells = cells.data();
  entry.unit = 0;
  entry.type = 0;
  for (std::size_t i = 0; i < evidence; ++i) {
    const std::string id = "event-" + std::to_string(i);
    entry.id = id;
    entry.seq = i;
    entry.time = entry.clock = instant(static_cast<std::int64_t>(i) * kStep);
    cells.assign(cells.size(), Cell{CellTag::number, 1, static_cast<std::int64_t>(i % 7 + 1)});
    fold.step(
        unit, entry, [](Instant) { return Seq{0}; }, effects);
  }
  fold.tick(
      unit, entry.clock, [](Instant) { return Seq{0}; }, effects);
  Warning made;
  std::string line;
  const BriefLines lines(*program);
  std::vector<Fact> values;
  Leaving leaving;
  for (auto _ : state) {
    rationale(fold, unit, 0, Level::green, unit.clock, entry.seq, made);
    line.clear();
    if (reasons) {
      append_json(line, made, *program);
    } else {
      leaving.id = made.id;
      leaving.unit = made.unit;
      leaving.rule = made.rule;
      leaving.from = made.from;
      leaving.to = made.to;
      leaving.time = made.time;
      values.assign(1, made.values[0].value);
      lines.write(leaving, 0, values, line);
    }
    benchmark::DoNotOptimize(line.data());
  }
  if (made.to != Level::yellow || (reasons && made.evidence.total != evidence)) std::abort();
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}

}  // namespace
}  // namespace lianqing

int main(int argc, char** argv) {
  using namespace lianqing;
  for (const Part& part : kParts) {
    benchmark::RegisterBenchmark((std::string("fold/") + part.name).c_str(), fold,
                                 one(part.measure))
        ->Unit(benchmark::kMillisecond);
  }
  for (const int rules : {1, 10, 100, 1000}) {
    benchmark::RegisterBenchmark(("judge/rules:" + std::to_string(rules)).c_str(), fold,
                                 many_rules(rules))
        ->Unit(benchmark::kMillisecond);
  }
  struct Kind {
    const char* name;
    const char* measure;
    bool reasons;
  };
  for (const Kind& kind : {Kind{"brief", "{count: seen, over: 30d}", false},
                           {"count", "{count: seen, over: 30d}", true},
                           {"sum", "{sum: amount, of: seen, over: 30d}", true},
                           {"max", "{max: amount, of: seen, over: 30d}", true}}) {
    benchmark::RegisterBenchmark((std::string("warning/") + kind.name).c_str(), warning,
                                 kind.measure, kind.reasons)
        ->Arg(1)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1'000);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
