// W20 through `lianqing replay`, beside what it could cost at least and what others take, all in
// one run: only the ratios travel from machine to machine. Each stage runs in a process of its own,
// so that its CPU time and peak memory are its alone. See docs/performance.md.
//
//   w20_bench [--events N] [--units N] [--seed N] [--zipf S] [--rules N] [--days N] [--rounds N]
//             [--threads N] [--dir DIR] [--golden FILE.csv.gz] [--duckdb DIR] [--rocksdb]
//             [--late SHARE] [--replay-option X]... [--check] [--write FILE [--recorded]]
//             [--pack FILE] [--judge FILE]
//
// --check: only compares (exit 1 if anything differs). Each of these does nothing but what it says:
// --write writes the log (--recorded: with the times at which its events arrived), --pack the
// rules, --judge is the limit over a log that was written so.
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "bench/w20.h"
#include "cli/commands.h"
#include "connectors/sources/event_files.h"
#include "connectors/sources/jsonl_file.h"
#include "lianqing/time.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

struct Settings {
  LogShape shape;
  int rules = 20, days = 0, rounds = 1;
  unsigned threads = 1;
  fs::path dir = fs::temp_directory_path() / "w20";
  std::string golden, duckdb, write, pack, judge;
  std::vector<std::string> replay_options;
  bool check = false, rocksdb = false;
};

[[noreturn]] void give_up(const std::string& what, int code = 74) {
  std::fprintf(stderr, "w20_bench: %s\n", what.c_str());
  std::exit(code);
}

// ---- stages -------------------------------------------------------------------------------------

struct Cost {
  double seconds = 0, cpu_seconds = 0, megabytes = 0;
};

Cost cost_of(const std::function<int()>& work) {
  std::fflush(nullptr);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) give_up("cannot fork");
  if (child == 0) {
    const int code = work();
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) != child || status != 0) give_up("a stage failed");
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          seconds(used.ru_utime) + seconds(used.ru_stime),
          static_cast<double>(used.ru_maxrss) / 1024};
}

int parse_only(const std::string& log) {
  auto files = EventFiles::open({log}, {std::nullopt, true});
  if (!files) return 1;
  RecordBatch batch;
  for (;;) {
    const auto more = files->next(batch);
    if (!more) return 1;
    if (!*more) return 0;
  }
}

int limit(const std::string& log, const std::vector<W20Rule>& rules) {
  const auto read = read_w20_log(log);
  if (!read) return 1;
  return judge_w20(*read, rules).empty() ? 1 : 0;
}

int product(const Settings& settings, const std::string& pack, const std::string& log,
            const std::string& out, const std::vector<std::string>& more) {
  std::vector<std::string> args = {
      "--rules", pack,    "--events", log,         "--as-occurred",
      "--quiet", "--out", out,        "--threads", std::to_string(settings.threads)};
  args.insert(args.end(), settings.replay_options.begin(), settings.replay_options.end());
  args.insert(args.end(), more.begin(), more.end());
  return replay_command(args);
}

// The lines of the log, durable, a thousand to a commit.
int rocksdb_batches(const std::string& log, const fs::path& dir) {
  fs::remove_all(dir);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* made = nullptr;
  if (!rocksdb::DB::Open(options, dir.string(), &made).ok()) return 1;
  const std::unique_ptr<rocksdb::DB> db(made);
  auto file = JsonLinesFile::open(log, 0);
  if (!file) return 1;
  rocksdb::WriteOptions durable;
  durable.sync = true;
  rocksdb::WriteBatch batch;
  std::uint64_t n = 0;
  for (auto line = file->next(); line && *line; line = file->next()) {
    std::string key(8, '\0');
    for (std::size_t j = 0; j < 8; ++j) key[j] = static_cast<char>(n >> (56 - 8 * j));
    if (!batch.Put(key, rocksdb::Slice((*line)->bytes.data(), (*line)->bytes.size())).ok()) {
      return 1;
    }
    if (++n % 1000 != 0) continue;
    if (!db->Write(durable, &batch).ok()) return 1;
    batch.Clear();
  }
  return db->Write(durable, &batch).ok() ? 0 : 1;
}

int duckdb(const Settings& settings, const std::string& log) {
  const std::string script = std::string(LIANQING_SOURCE_DIR) + "/bench/duckdb_w20.mjs";
  ::execlp("node", "node", script.c_str(), settings.duckdb.c_str(), log.c_str(), "1", nullptr);
  return 1;
}

// ---- comparing ----------------------------------------------------------------------------------

constexpr const char* kColours[] = {"green", "yellow", "red"};

std::string between(const std::string& line, const std::string& before, char end) {
  const auto at = line.find(before);
  if (at == std::string::npos) return {};
  const auto from = at + before.size();
  return line.substr(from, line.find(end, from) - from);
}

struct Transition {
  std::uint32_t time, rule;
  std::uint8_t colour;
  int value;
};

// The product's transitions by unit. It judges when something leaves a window too; W20 looks only
// at instants at which the unit has an event.
std::vector<std::vector<Transition>> read_transitions(const W20Log& log, const std::string& path) {
  std::map<std::string, std::uint32_t> number;
  for (std::uint32_t u = 0; u < log.units.size(); ++u) number[log.units[u]] = u;
  std::vector<std::vector<Transition>> out(log.units.size());
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto time = parse_rfc3339(between(line, "\"time\":\"", '"'));
    const std::string to = between(line, "\"to\":\"", '"'),
                      rule = between(line, "\"rule\":\"R", '"'),
                      value = between(line, "\"values\":{\"m" + rule + "\":", '}');
    if (!time || micros(*time) % 1'000'000 != 0 || rule.empty() || value.empty()) {
      give_up("unexpected warning: " + line.substr(0, 300), 1);
    }
    out[number.at(between(line, "\"unit\":\"", '"'))].push_back(
        {static_cast<std::uint32_t>(micros(*time) / 1'000'000),
         static_cast<std::uint32_t>(std::stoul(rule)) - 1,
         static_cast<std::uint8_t>(to == "red"      ? 2
                                   : to == "yellow" ? 1
                                                    : 0),
         std::stoi(value)});
  }
  return out;
}

// The product's transitions as W20 sees them. A value is known only where the level changed at the
// very instant; elsewhere it is taken from `expected`, whose other columns are not looked at.
std::vector<W20Change> seen_at_events(const W20Log& log,
                                      const std::vector<std::vector<Transition>>& transitions,
                                      std::size_t rules, const std::vector<W20Change>& expected) {
  std::vector<W20Change> out;
  for (std::uint32_t u = 0; u < log.units.size(); ++u) {
    std::vector<Transition> now(rules, Transition{0, 0, 0, 0});
    std::vector<std::uint8_t> shown(rules, 0);
    auto next = transitions[u].begin();
    for (std::size_t e = log.first[u]; e < log.first[u + 1]; ++e) {
      const std::uint32_t time = log.events[e].time;
      if (e + 1 < log.first[u + 1] && log.events[e + 1].time == time) continue;
      std::vector<std::uint32_t> moved;
      for (; next != transitions[u].end() && next->time <= time; ++next) {
        now[next->rule] = *next;
        moved.push_back(next->rule);
      }
      std::sort(moved.begin(), moved.end());
      moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
      for (const std::uint32_t rule : moved) {
        if (now[rule].colour == shown[rule]) continue;
        shown[rule] = now[rule].colour;
        W20Change change{u, rule, time, shown[rule], now[rule].value};
        if (now[rule].time != time && out.size() < expected.size()) {
          change.value = expected[out.size()].value;
        }
        out.push_back(change);
      }
    }
  }
  return out;
}

std::string row(const W20Log& log, const W20Change& change) {
  char text[96];
  std::snprintf(text, sizeof text, "%s,R%02u,%u,%s,%d", log.units[change.unit].c_str(),
                change.rule + 1, change.time, kColours[change.colour], change.value);
  return text;
}

void compare_with_golden(const W20Log& log, const std::vector<W20Change>& changes,
                         const std::string& golden) {
  std::vector<std::string> rows;
  for (const W20Change& change : changes) rows.push_back(row(log, change));
  std::sort(rows.begin(), rows.end());
  const std::string command = "gzip -dc '" + golden + "'";
  std::FILE* const in = ::popen(command.c_str(), "r");
  if (in == nullptr) give_up("cannot read " + golden);
  char line[256];
  std::size_t n = 0;
  for (; std::fgets(line, sizeof line, in) != nullptr; ++n) {
    std::string expected = line;
    while (expected.ends_with('\n')) expected.pop_back();
    if (n >= rows.size() || rows[n] != expected) {
      give_up("row " + std::to_string(n + 1) + " of the golden file is " + expected + ", here " +
                  (n < rows.size() ? rows[n] : "missing"),
              1);
    }
  }
  if (::pclose(in) != 0 || n != rows.size()) give_up("the golden file has other rows", 1);
  std::printf("golden: %zu rows, all equal\n", n);
}

// Exits if the product's answers are not those of the limit (and of the golden file).
void compare(const Settings& settings, const std::string& log_path,
             const std::vector<W20Rule>& rules, const std::string& out) {
  const auto log = read_w20_log(log_path);
  if (!log) give_up(log.error().what);
  const std::vector<W20Change> expected = judge_w20(*log, rules);
  const auto transitions = read_transitions(*log, out);
  const std::vector<W20Change> seen = seen_at_events(*log, transitions, rules.size(), expected);
  for (std::size_t i = 0; i < std::max(seen.size(), expected.size()); ++i) {
    if (i < seen.size() && i < expected.size() && seen[i] == expected[i]) continue;
    give_up("change " + std::to_string(i + 1) + " differs: expected " +
                (i < expected.size() ? row(*log, expected[i]) : "none") + ", the product says " +
                (i < seen.size() ? row(*log, seen[i]) : "none"),
            1);
  }
  std::size_t all = 0;
  for (const auto& of_unit : transitions) all += of_unit.size();
  std::printf(
      "agreement: %zu changes at instants with an event, all equal; %zu transitions in all\n",
      expected.size(), all);
  if (!settings.golden.empty()) compare_with_golden(*log, seen, settings.golden);
}

// ---- the run ------------------------------------------------------------------------------------

Settings settings_of(int argc, char** argv) {
  Settings out;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--check" || name == "--rocksdb" || name == "--recorded") {
      (name == "--check"     ? out.check
       : name == "--rocksdb" ? out.rocksdb
                             : out.shape.recorded) = true;
      continue;
    }
    if (i + 1 == argc) give_up("unexpected or without value: " + name, 2);
    const std::string value = argv[++i];
    if (name == "--events")
      out.shape.events = std::stoull(value);
    else if (name == "--units")
      out.shape.units = static_cast<std::uint32_t>(std::stoul(value));
    else if (name == "--seed")
      out.shape.seed = std::stoull(value);
    else if (name == "--zipf")
      out.shape.zipf = std::stod(value);
    else if (name == "--late")
      out.shape.late = std::stod(value);
    else if (name == "--rules")
      out.rules = std::stoi(value);
    else if (name == "--days")
      out.days = std::stoi(value);
    else if (name == "--rounds")
      out.rounds = std::stoi(value);
    else if (name == "--threads")
      out.threads = static_cast<unsigned>(std::stoul(value));
    else if (name == "--dir")
      out.dir = value;
    else if (name == "--golden")
      out.golden = value;
    else if (name == "--duckdb")
      out.duckdb = value;
    else if (name == "--replay-option")
      out.replay_options.push_back(value);
    else if (name == "--write")
      out.write = value;
    else if (name == "--pack")
      out.pack = value;
    else if (name == "--judge")
      out.judge = value;
    else
      give_up("unexpected " + name, 2);
  }
  return out;
}

Cost median(std::vector<Cost> rounds) {
  std::sort(rounds.begin(), rounds.end(),
            [](const Cost& a, const Cost& b) { return a.cpu_seconds < b.cpu_seconds; });
  return rounds[rounds.size() / 2];
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

int run(const Settings& settings) {
  fs::create_directories(settings.dir);
  const std::string log = (settings.dir / "events.jsonl").string(),
                    pack = (settings.dir / "pack.yaml").string(),
                    segment = (settings.dir / "events.lqs").string(),
                    out = (settings.dir / "warnings.jsonl").string();
  if (const Status s = write_log(settings.shape, log); !s) give_up(s.error().what);
  (void)cost_of([&] { return log_command({"pack", log, "--out", segment}); });
  const std::vector<W20Rule> rules = w20_rules(settings.rules, settings.days);
  std::ofstream(pack) << w20_pack(rules);
  if (settings.check) {
    if (contents(std::string(LIANQING_SOURCE_DIR) + "/bench/w20_pack.yaml") !=
        w20_pack(w20_rules()))
      give_up("bench/w20_pack.yaml has other rules", 1);
    (void)cost_of([&] { return product(settings, pack, log, out, {}); });
    compare(settings, log, rules, out);
    const std::string from_log = contents(out);
    (void)cost_of([&] { return product(settings, pack, segment, out, {}); });
    if (contents(out) != from_log) give_up("the replay of the segment says something else", 1);
    fs::remove_all(settings.dir);
    return 0;
  }
  struct Stage {
    std::string name;
    std::function<int()> work;
    std::vector<Cost> rounds = {};
  };
  std::vector<Stage> stages = {
      {"limit: hand-written, 1 thread", [&] { return limit(log, rules); }},
      {"the product's decoder alone", [&] { return parse_only(log); }},
      {"lianqing replay", [&] { return product(settings, pack, log, out, {}); }},
      {"a segment read alone", [&] { return parse_only(segment); }},
      {"lianqing replay of the segment", [&] { return product(settings, pack, segment, out, {}); }},
  };
  if (!settings.duckdb.empty() && settings.rules == 20 && settings.days == 0) {
    stages.push_back({"DuckDB, 1 thread", [&] { return duckdb(settings, log); }});
  }
  if (settings.rocksdb) {
    stages.push_back({"RocksDB, synced, 1000 per commit",
                      [&] { return rocksdb_batches(log, settings.dir / "rocksdb"); }});
  }
  for (int round = 0; round < settings.rounds; ++round) {
    for (Stage& stage : stages) stage.rounds.push_back(cost_of(stage.work));
  }
  const auto events = static_cast<double>(settings.shape.events);
  const auto bytes = static_cast<double>(fs::file_size(log));
  std::printf(
      "%.0f events, %.0f bytes, %u units, %zu rules, %d round(s), replay with %u thread(s)\n",
      events, bytes, settings.shape.units, rules.size(), settings.rounds, settings.threads);
  std::printf("the segment: %.1f bytes per event\n",
              static_cast<double>(fs::file_size(segment)) / events);
  std::printf("%-34s %12s %12s %10s %10s %12s\n", "", "events/CPU-s", "events/s", "MB/s", "peak MB",
              "of the limit");
  const double fastest = median(stages.front().rounds).cpu_seconds;
  for (const Stage& stage : stages) {
    const Cost cost = median(stage.rounds);
    std::printf("%-34s %12.0f %12.0f %10.1f %10.0f %12.4f\n", stage.name.c_str(),
                events / cost.cpu_seconds, events / cost.seconds, bytes / cost.seconds / 1e6,
                cost.megabytes, fastest / cost.cpu_seconds);
  }
  const double ours = median(stages[2].rounds).cpu_seconds;
  std::printf("lianqing replay");
  for (const Stage& stage : stages) {
    if (&stage == &stages[2]) continue;
    std::printf("%s %.3f x %s", &stage == &stages[0] ? ":" : ",",
                median(stage.rounds).cpu_seconds / ours, stage.name.c_str());
  }
  std::printf(" (events per CPU-second)\n");
  compare(settings, log, rules, out);
  fs::remove_all(settings.dir);
  return 0;
}

int run_parts(const Settings& settings) {
  const std::vector<W20Rule> rules = w20_rules(settings.rules, settings.days);
  if (!settings.write.empty()) {
    if (const Status s = write_log(settings.shape, settings.write); !s) give_up(s.error().what);
  }
  if (!settings.pack.empty() && !(std::ofstream(settings.pack) << w20_pack(rules)).flush()) {
    give_up("cannot write " + settings.pack);
  }
  return settings.judge.empty() ? 0 : limit(settings.judge, rules);
}

}  // namespace
}  // namespace lianqing

int main(int argc, char** argv) {
  const lianqing::Settings settings = lianqing::settings_of(argc, argv);
  const bool parts = !settings.write.empty() || !settings.pack.empty() || !settings.judge.empty();
  return parts ? lianqing::run_parts(settings) : lianqing::run(settings);
}
