#include "cli/outbox/sink_config.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

struct Read {
  std::vector<SinkConfig> sinks;
  std::vector<std::string> findings;
};

Read read(const std::string& yaml) {
  Read out;
  Diagnostics found;
  const auto root = parse_document({"serve.yaml", yaml}, 0, found);
  out.sinks = read_sinks(*root, found);
  for (const Diagnostic& d : found) {
    out.findings.push_back(std::to_string(d.at.line) + ":" + std::to_string(d.at.column) + " " +
                           d.message.en);
  }
  return out;
}

TEST(SinkConfigTest, ReadsWhatASinkCanBeTold) {
  const Read got = read(R"(
outbound: {networks: [10.0.0.0/8], hosts: [hooks.example]}
sinks:
  desk:
    kind: webhook
    url: https://hooks.example/lianqing
    secrets: [new.secret, old.secret]
    levels: [yellow, red]
    units: town
    group: unit
    settle: 2m
    mute: true
    quiet: {from: "20:00", until: "08:00", workdays: true, except: red}
    digest: "08:30"
    give_up: 3d
  all: {kind: jsonl, path: all.jsonl, from: start}
)");
  ASSERT_TRUE(got.findings.empty()) << got.findings[0];
  ASSERT_EQ(got.sinks.size(), 2U);
  const SinkConfig& desk = got.sinks[0];
  EXPECT_EQ(desk.kind->name, "webhook");
  EXPECT_EQ(desk.settings.secrets.size(), 2U);
  EXPECT_EQ(desk.policy.levels, (std::set<Level>{Level::yellow, Level::red}));
  EXPECT_EQ(desk.policy.settle, std::chrono::minutes(2));
  EXPECT_TRUE(desk.policy.group && desk.policy.mute && desk.hours.workdays);
  EXPECT_EQ(desk.hours.quiet_from, std::chrono::hours(20));
  EXPECT_EQ(desk.hours.digest, std::chrono::minutes(510));
  EXPECT_EQ(desk.settings.outbound.networks, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_TRUE(got.sinks[1].from_start);
}

TEST(SinkConfigTest, SaysWhatIsWrongAndWhere) {
  const Read got = read(R"(
outbound: {hosts: [hooks.example], networks: [10.0.0.0/99]}
sinks:
  Desk: {kind: webhook, url: "https://evil.example/"}
  two: {kind: webhok, url: "https://hooks.example/"}
  three: {kind: jsonl, path: x, secrets: [y]}
  four: {kind: webhook, settle: 1m, digest: 8, quiet: {from: "25:00"}}
)");
  const auto expect = [&](const std::string& part) {
    for (const std::string& finding : got.findings) {
      if (finding.find(part) != std::string::npos) return;
    }
    std::string all;
    for (const std::string& finding : got.findings) all += finding + "\n";
    ADD_FAILURE() << part << " is not in\n" << all;
  };
  expect("2:46 expected an address or a network");
  expect("4:3 a sink's name");
  expect("4:30 evil.example is not among the hosts");
  expect("5:15 unknown kind of sink");
  expect("6:33");
  expect("7:3 url / url_file is needed");
  expect("settle goes with group: unit");
  expect("digest expects a time of day");
  expect("from expects a time of day");
}

}  // namespace
}  // namespace lianqing
