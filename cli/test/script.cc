#include "cli/test/script.h"

#include <algorithm>
#include <set>

#include "cli/test/expectations.h"
#include "cli/test/script_events.h"
#include "cli/units_file.h"
#include "connectors/json_writer.h"
#include "rules/choices.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

constexpr std::pair<std::string_view, ClockMode> kModes[] = {
    {"as-recorded", ClockMode::as_recorded}, {"as-occurred", ClockMode::as_occurred}};

class FileReader {
 public:
  FileReader(const SourceText& source, std::uint32_t file, const Program& program, Diagnostics& out)
      : source_(source), file_(file), program_(program), out_(out) {}

  std::vector<Test> read() {
    const auto root = parse_document(source_, file_, out_);
    if (!root) return {};
    const SourceSpan whole{file_, 0, 0, 1};
    if (root->is_empty()) {
      report(out_, "R021", whole, {"文件是空的", "the file is empty"},
             {"写上 version: 1 和 tests:，或删去此文件",
              "write version: 1 and tests:, or remove the file"});
      return {};
    }
    if (!check_keys(*root, whole, kTestFileKeys, {"测试文件", "a test file"}, out_)) return {};
    if (const auto version = read_number(*root, "version", out_);
        version && *version != Number(1)) {
      report(out_, "R020", root->find("version")->at, {"版本应是 1", "version is 1"});
    }
    if (const Node* defaults = root->find("defaults")) {
      if (check_keys(*defaults, defaults->at, kTestDefaultKeys, {"defaults", "defaults"}, out_))
        defaults_ = defaults;
    }
    std::vector<Test> tests;
    const Node* list = root->find("tests");
    if (list == nullptr || !want_list(*list, out_)) return tests;
    for (const Node& node : list->items) {
      if (auto test = read_test(node)) tests.push_back(*std::move(test));
    }
    return tests;
  }

 private:
  // The test's own, else that of `defaults`.
  const Node* setting(const Node& test, std::string_view key) const {
    if (const Node* own = test.find(key)) return own;
    return defaults_ == nullptr ? nullptr : defaults_->find(key);
  }
  Text text_setting(const Node& test, std::string_view key) {
    const Node* node = setting(test, key);
    return node == nullptr ? Text{} : text_of(*node, out_);
  }

  std::optional<Test> read_test(const Node& node) {
    if (!check_keys(node, node.at, kTestKeys, {"测试", "a test"}, out_) || !node.is_map())
      return std::nullopt;
    Test test;
    const Sentence name = read_sentence(node, "name", out_);
    test.name = name.plain();
    test.at = name.zh.present ? name.zh.at : name.en.present ? name.en.at : node.at;
    if (!test.name.empty() && !names_.emplace(test.name.zh, test.name.en).second) {
      report(out_, "R019", test.at, {"已有同名的测试", "another test of this file has this name"},
             {"另起一个名称，--run 靠它挑选", "give it another one: --run selects by it"});
    }
    const Text start = text_setting(node, "start");
    if (!start.present) {
      report(out_, "R013", test.at, {"测试缺少“start”", "a test needs 'start'"},
             {"加上 start: 2026-03-02T09:00，或写在 defaults 里",
              "add start: 2026-03-02T09:00, here or in defaults"});
      return std::nullopt;
    }
    if (start.text.starts_with('+') || start.text.starts_with('-')) {
      report(out_, "R300", start.at, {"起点是日期或当地时间", "a start is a date or a local time"},
             {"例如 2026-03-02T09:00", "such as 2026-03-02T09:00"});
      return std::nullopt;
    }
    Scene scene{program_, out_, {}, text_setting(node, "unit").text};
    const auto begin = scene.moment(start);
    if (!begin) return std::nullopt;
    test.start = scene.start = *begin;
    if (const Text until = text_setting(node, "until"); until.present)
      test.until = scene.moment(until);
    if (const auto mode = choose(text_setting(node, "mode"), kModes, {"时钟", "mode"}, out_))
      test.mode = *mode;
    read_units(node, test);
    read_params(node, test);
    if (const Node* events = node.find("events"); events != nullptr && !events->is_empty())
      test.events = read_events(*events, scene);
    if (const Node* expect = node.find("expect"))
      test.expectations = read_expectations(*expect, scene);
    for (const Expectation& expected : test.expectations) check_occurs(expected, test);
    return test;
  }

  // An expectation about nothing would always be met.
  void check_occurs(const Expectation& expected, const Test& test) {
    const auto said = [&](const std::string& word) {
      std::string json;
      append_json_string(json, word);
      json = json.substr(1, json.size() - 2);
      return std::any_of(test.events.begin(), test.events.end(), [&](const ScriptedEvent& event) {
        return event.json.find(json) != std::string::npos;
      });
    };
    const bool registered =
        std::any_of(test.units.begin(), test.units.end(),
                    [&](const RegisteredUnit& unit) { return unit.id == expected.unit; });
    if (!registered && !said(expected.unit)) {
      report(
          out_, "R306", expected.at,
          {"测试中没有单位“" + expected.unit + "”", "no unit '" + expected.unit + "' in this test"},
          {"它既不在 units 里，也没有事件", "it is not in units, and no event is about it"});
    } else if (expected.key && !said(*expected.key)) {
      report(out_, "R306", expected.at,
             {"测试中没有取值“" + *expected.key + "”的事件",
              "no event of this test has the value '" + *expected.key + "'"});
    }
  }

  void read_units(const Node& node, Test& test) {
    const Node* units = setting(node, "units");
    if (units == nullptr || units->is_empty()) return;
    auto read = units_of(*units, source_.name);
    if (read) {
      test.units = *std::move(read);
      return;
    }
    report(out_, "R014", units->at, {"单位表有误", "not a register of units: " + read.error().what},
           {"写成 [{id: u1, name: …, 其他列: …}]，id 不重复",
            "write [{id: u1, name: ..., other columns}], each id once"});
  }

  void read_params(const Node& node, Test& test) {
    const Node* params = setting(node, "params");
    if (params == nullptr || !check_map(*params, {"参数", "params"}, out_)) return;
    std::vector<std::string> known;
    for (const Param& param : program_.params) known.push_back(param.name);
    for (const Entry& entry : params->entries) {
      if (!known_name(entry.key, entry.key_at, known, {"参数", "param"}, out_)) continue;
      if (Text value = text_of(entry.value, out_); value.present)
        test.params.push_back({entry.key, std::move(value)});
    }
  }

  const SourceText& source_;
  std::uint32_t file_;
  const Program& program_;
  Diagnostics& out_;
  const Node* defaults_ = nullptr;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace

std::vector<Test> read_tests(const SourceText& source, std::uint32_t file, const Program& program,
                             Diagnostics& out) {
  return FileReader(source, file, program, out).read();
}

}  // namespace lianqing
