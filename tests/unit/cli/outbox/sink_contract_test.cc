// What every kind of sink keeps (docs/connectors/sinks.md, "What is promised"), put to each row of
// the registry: the real sink, made by its configuration, under a courier whose clock the test
// turns, before a receiver that fails. A new row is tested by itself if it writes to a `path` or a
// `url`. That a sink which hangs slows nobody is put to the daemon (tests/server).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/outbox/courier.h"
#include "cli/outbox/sink_config.h"
#include "tests/support/http_receiver.h"
#include "tests/support/stored_list.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
using Mood = HttpReceiver::Mood;
namespace fs = std::filesystem;

const Instant kStart = *parse_rfc3339("2026-03-02T01:05:00Z");
constexpr std::size_t kWarnings = 9, kUnits = 3;

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string id_of(std::size_t position) { return "w" + std::to_string(position); }

bool has_key(const SinkKind& kind, std::string_view key) {
  return std::find(kind.keys.begin(), kind.keys.end(), key) != kind.keys.end();
}

class SinkContract : public ::testing::TestWithParam<const SinkKind*> {
 protected:
  void SetUp() override {
    fs::create_directories(folder());
    if (!over_http()) {
      ASSERT_TRUE(has_key(kind(), "path"))
          << "a sink that writes to neither a url nor a path: give this test a receiver for it";
    }
    for (std::size_t i = 0; i < kWarnings; ++i) {
      const std::string digits = std::to_string(100 + i);
      list_.add("u" + std::to_string(i % kUnits), "green", "red", kStart, "r" + digits);
    }
  }

  const SinkKind& kind() const { return *GetParam(); }
  bool over_http() const { return has_key(kind(), "url"); }
  std::string folder() const { return dir_.path() + "/out"; }
  std::string file() const { return folder() + "/file"; }
  std::string journal() const { return dir_.path() + "/journal"; }

  std::string configured(const std::string& more = "") const {
    const std::string where =
        over_http() ? "url: \"http://127.0.0.1:" + std::to_string(receiver_.port()) + "/hook\""
                    : "path: " + file();
    return "outbound: {networks: [127.0.0.1]}\nsinks:\n  one: {kind: " + std::string(kind().name) +
           ", group: none, from: start, " + (more.empty() ? where : more) + "}\n";
  }

  // Made anew from the configuration and the journal, as a start of the daemon does.
  void open(const std::string& yaml) {
    courier_.reset();
    Diagnostics found;
    const auto root = parse_document({"serve.yaml", yaml}, 0, found);
    auto read = read_sinks(*root, found);
    ASSERT_TRUE(found.empty()) << found[0].message.en << "\n" << yaml;
    config_ = std::move(read.at(0));
    config_.settings.outbound.patience = patience_;
    auto made = kind().make(config_.settings);
    ASSERT_TRUE(made) << made.error().what;
    sink_ = *std::move(made);
    CourierWorld world;
    world.now = [this] { return now_; };
    world.warnings = [this](std::uint64_t from, std::size_t limit) {
      return list_.read(from, limit);
    };
    world.tell = [this](const Bilingual& text, bool) { told_ += text.en + "\n" + text.zh + "\n"; };
    CourierStart start;
    start.directory = journal();
    start.head = list_.head();
    start.from_start = config_.from_start;
    start.journal.durable = false;
    auto opened = Courier::open(config_.policy, *sink_, std::move(world), start);
    ASSERT_TRUE(opened) << opened.error().what;
    courier_ = *std::move(opened);
  }
  void open() { open(configured()); }

  // Steps as the thread would, until there is nothing more to do at `end`.
  void run_until(Instant end) {
    for (;;) {
      const auto wake = courier_->step({});
      ASSERT_TRUE(wake) << wake.error().what;
      if (*wake > end) break;
      now_ = std::max(now_, *wake);
    }
    now_ = std::max(now_, end);
  }

  void go_out() {
    over_http() ? receiver_.set(Mood::answers, 503) : fs::rename(folder(), folder() + ".gone");
  }
  void come_back() {
    over_http() ? receiver_.set(Mood::answers) : fs::rename(folder() + ".gone", folder());
  }

  // What arrived: messages, or lines of files.
  std::vector<std::string> messages() const {
    if (over_http()) return receiver_.taken();
    std::vector<std::string> paths, out;
    for (const auto& entry : fs::directory_iterator(folder())) {
      paths.push_back(entry.path().string());
    }
    std::sort(paths.rbegin(), paths.rend());  // file.old was there before file
    for (const std::string& path : paths) {
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) out.push_back(line);
    }
    return out;
  }
  // Positions of the warnings in them, in order; of one message in the order of its text.
  std::vector<std::size_t> arrived() const {
    std::vector<std::size_t> out;
    for (const std::string& message : messages()) {
      for (std::size_t i = 1; i <= list_.head(); ++i) {
        if (has_word(message, id_of(i))) out.push_back(i);
      }
    }
    return out;
  }
  void expect_all_once() const {
    std::vector<std::size_t> all = arrived();
    std::sort(all.begin(), all.end());
    std::vector<std::size_t> wanted;
    for (std::size_t i = 1; i <= list_.head(); ++i) wanted.push_back(i);
    EXPECT_EQ(all, wanted);
  }
  void expect_order() const {
    std::map<std::size_t, std::size_t> newest;  // by unit
    for (const std::size_t i : arrived()) {
      std::size_t& before = newest[i % kUnits];
      EXPECT_GT(i, before) << "of one unit";
      before = i;
    }
  }

  TempDir dir_;
  StoredList list_;
  HttpReceiver receiver_;
  Instant now_ = kStart;
  std::chrono::milliseconds patience_{20'000};
  SinkConfig config_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Courier> courier_;
  std::string told_;
};

class HttpSink : public SinkContract {};
class FileSink : public SinkContract {};

TEST_P(SinkContract, TellsEachWarningOnceAndThoseOfAUnitInOrder) {
  open();
  run_until(kStart + hours(1));
  expect_all_once();
  expect_order();
  EXPECT_EQ(courier_->gauges().delivered, kWarnings);
  open();  // and nothing more after a start
  run_until(kStart + hours(2));
  expect_all_once();
}

TEST_P(SinkContract, WaitsOutThreeDaysAndLosesNothing) {
  open();
  go_out();
  run_until(kStart + hours(36));
  list_.add("u0", "green", "red", now_, "r200");
  if (over_http()) open();  // a start while it is out
  run_until(kStart + hours(72));
  EXPECT_EQ(courier_->gauges().waiting, kWarnings + 1);
  EXPECT_GT(courier_->gauges().failures, 2U);
  EXPECT_NE(told_.find("three failures in a row"), std::string::npos);
  come_back();
  run_until(kStart + hours(100));
  expect_all_once();
  expect_order();
  EXPECT_EQ(courier_->gauges().dead, 0U);
}

// R3: whatever it had written down when it died, what has a receipt is not told again and what has
// none is.
TEST_P(SinkContract, GoesOnFromAnyPlaceOfItsJournal) {
  open();
  run_until(kStart + hours(1));
  courier_.reset();
  const std::string whole = text_of(journal() + "/00000001.jsonl");
  std::set<std::size_t> cuts = {0, whole.size()};
  for (std::size_t at = 0; (at = whole.find('\n', at)) != std::string::npos; ++at) {
    cuts.insert(at);  // in its last line, which then counts for nothing
    cuts.insert(at + 1);
  }
  for (const std::size_t cut : cuts) {
    std::set<std::size_t> wanted;
    for (std::size_t i = 1; i <= kWarnings; ++i) wanted.insert(i);
    std::istringstream kept(whole.substr(0, cut));
    for (std::string line; std::getline(kept, line) && !kept.eof();) {
      const auto entry = parse_outbox_entry(line);
      ASSERT_TRUE(entry) << line;
      if (entry->step != OutboxStep::receipt) continue;
      for (const std::string& id : entry->notices) wanted.erase(std::stoul(id.substr(1)));
    }
    fs::remove_all(folder());
    fs::create_directories(folder());
    std::ofstream(journal() + "/00000001.jsonl", std::ios::binary) << whole.substr(0, cut);
    const std::size_t before = over_http() ? arrived().size() : 0;
    open();
    run_until(now_ + hours(1));
    const std::vector<std::size_t> all = arrived();
    std::vector<std::size_t> again(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
    std::sort(again.begin(), again.end());
    EXPECT_EQ(again, std::vector<std::size_t>(wanted.begin(), wanted.end())) << "cut at " << cut;
  }
}

TEST_P(HttpSink, FailuresOfAllSortsAreWaitedForToo) {
  patience_ = std::chrono::milliseconds(50);
  for (const auto& [mood, status] : {std::pair{Mood::resets, 0},
                                     {Mood::hangs, 0},
                                     {Mood::answers, 302},
                                     {Mood::answers, 404},
                                     {Mood::answers, 429},
                                     {Mood::answers, 500}}) {
    receiver_.set(mood, status);
    open();
    const std::size_t tries = receiver_.tries();
    run_until(now_ + minutes(5));
    EXPECT_GE(receiver_.tries() - tries, 1U) << status;
    EXPECT_EQ(courier_->gauges().waiting, list_.head()) << status;
    EXPECT_TRUE(arrived().empty()) << status;
    ASSERT_TRUE(ask_for_retry(journal(), {}));
  }
  patience_ = std::chrono::milliseconds(20'000);
  receiver_.set(Mood::answers);
  open();
  run_until(now_ + hours(1));
  expect_all_once();
  expect_order();
}

TEST_P(HttpSink, TellsTheSameAgainWhenAnAnswerIsLost) {
  receiver_.set(Mood::takes_and_ends);
  open();
  run_until(kStart);
  const std::vector<std::size_t> first = arrived();
  ASSERT_FALSE(first.empty());
  receiver_.set(Mood::answers);
  run_until(kStart + hours(1));
  std::map<std::size_t, int> times;
  for (const std::size_t i : arrived()) ++times[i];
  ASSERT_EQ(times.size(), kWarnings);
  for (const auto& [i, count] : times) {
    const bool twice = std::find(first.begin(), first.end(), i) != first.end();
    EXPECT_EQ(count, twice ? 2 : 1) << i;
  }
}

TEST_P(HttpSink, ARefusedNoticeDiesAloneAndCanBeSentAgain) {
  receiver_.refuse({"w2"});
  open();
  run_until(kStart + hours(6));
  EXPECT_EQ(courier_->gauges().dead, 1U);
  EXPECT_EQ(courier_->gauges().waiting, 0U);
  std::vector<std::size_t> all = arrived();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), kWarnings - 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), 2U), 0);
  EXPECT_NE(told_.find("notice w2 is given up: HTTP 422"), std::string::npos);
  receiver_.refuse({});
  ASSERT_TRUE(ask_for_retry(journal(), {"w2"}));
  open();
  run_until(now_ + minutes(2));
  expect_all_once();
  EXPECT_EQ(courier_->gauges().dead, 0U);
}

TEST_P(HttpSink, AReceiverThatIsGoneIsLeftAlone) {
  receiver_.set(Mood::answers, 410);
  open();
  run_until(kStart + hours(30));
  open();
  run_until(kStart + hours(60));
  EXPECT_EQ(receiver_.tries(), 1U);
  EXPECT_TRUE(courier_->gauges().disabled);
  EXPECT_EQ(courier_->gauges().dead, 0U);
  receiver_.set(Mood::answers);
  ASSERT_TRUE(ask_for_retry(journal(), {}));
  run_until(now_ + hours(1));
  expect_all_once();
}

TEST_P(HttpSink, AStopEndsAMessageThatHangs) {
  patience_ = minutes(60);  // as a test that hangs
  receiver_.set(Mood::hangs);
  open();
  {
    std::jthread stepping([this](const std::stop_token& stop) { (void)courier_->step(stop); });
    receiver_.wait_for_try(1);
  }
  EXPECT_EQ(courier_->gauges().failures, 0U);  // it was no attempt
  EXPECT_EQ(courier_->gauges().waiting, kWarnings);
}

TEST_P(HttpSink, ItsSecretsAreToldToNobodyElse) {
  const auto secret = [this](const std::string& name, const std::string& text) {
    const std::string path = dir_.path() + "/" + name;
    std::ofstream(path) << text << "\n";
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  };
  const std::string key = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
  std::string more =
      "url_file: " +
      secret("url", "http://127.0.0.1:" + std::to_string(receiver_.port()) + "/hidden?key=hidden");
  if (has_key(kind(), "secrets")) more += ", secrets: " + secret("key", key);
  open(configured(more));
  for (const auto& [mood, status] : {std::pair{Mood::resets, 0},
                                     {Mood::answers, 500},
                                     {Mood::answers, 302},
                                     {Mood::answers, 410}}) {
    receiver_.set(mood, status);
    run_until(now_ + hours(1));
  }
  EXPECT_GE(receiver_.tries(), 4U);
  const std::string all =
      told_ + courier_->gauges().failure + text_of(journal() + "/00000001.jsonl");
  EXPECT_EQ(all.find("hidden"), std::string::npos) << all;
  EXPECT_EQ(all.find(key), std::string::npos) << all;
}

TEST_P(FileSink, AFileMayBeRotatedAndATornLineGoes) {
  open();
  run_until(kStart + minutes(1));
  fs::rename(file(), file() + ".old");
  for (int i = 0; i < 3; ++i) list_.add("u0", "green", "red", now_, "r3");
  run_until(now_ + minutes(1));
  expect_all_once();
  // A crash in the middle of a line; whoever reads sees whole lines again after the next one.
  const std::string good = text_of(file());
  std::ofstream(file(), std::ios::app) << "w1,half of a li";
  list_.add("u0", "green", "red", now_, "r4");
  run_until(now_ + minutes(1));
  EXPECT_TRUE(text_of(file()).starts_with(good));
  expect_all_once();
}

std::vector<const SinkKind*> kinds_with(std::string_view key) {
  std::vector<const SinkKind*> out;
  for (const SinkKind& kind : sink_kinds()) {
    if (key.empty() || has_key(kind, key)) out.push_back(&kind);
  }
  return out;
}
std::string name_of(const ::testing::TestParamInfo<const SinkKind*>& row) {
  return std::string(row.param->name);
}

INSTANTIATE_TEST_SUITE_P(All, SinkContract, ::testing::ValuesIn(kinds_with("")), name_of);
INSTANTIATE_TEST_SUITE_P(Http, HttpSink, ::testing::ValuesIn(kinds_with("url")), name_of);
INSTANTIATE_TEST_SUITE_P(Files, FileSink, ::testing::ValuesIn(kinds_with("path")), name_of);

}  // namespace
}  // namespace lianqing
