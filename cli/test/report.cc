#include "cli/test/report.h"

#include <algorithm>

#include "cli/columns.h"
#include "cli/json_parts.h"
#include "cli/render_diagnostics.h"
#include "cli/test/moment.h"
#include "cli/warning_json.h"
#include "cli/words.h"

namespace lianqing {
namespace {

std::string time_text(Instant t, const SuiteTest& test) {
  return local_text(*test.program, t) + " (" + from_start(t, test.test.start) + ")";
}

std::string ending_word(bool revoked, bool chinese) {
  if (chinese) return revoked ? "撤销" : "解除";
  return revoked ? "revoked" : "cleared";
}

std::string level_text(Level level, Style style) {
  return std::string(level_symbol(level)) + " " + std::string(level_word(level, style.chinese));
}

std::string expected_text(const ExpectedChange& change, const SuiteTest& test, Style style) {
  std::string out = time_text(change.time, test) + "  " + level_text(change.to, style);
  if (change.revoked) out += " " + ending_word(*change.revoked, style.chinese);
  return out;
}

std::string got_text(const Warning& change, const SuiteTest& test, bool keyed, Style style) {
  std::string out = time_text(change.time, test) + "  " + level_text(change.to, style);
  if (change.to < change.from) out += " " + ending_word(change.revoked, style.chinese);
  if (keyed && change.key) out += " [" + *change.key + "]";
  return out;
}

std::string rows_text(const Mismatch& mismatch, const SuiteTest& test, Style style) {
  const bool zh = style.chinese;
  std::vector<std::vector<std::string>> rows;
  if (mismatch.compared) {
    rows.push_back({"       ", zh ? "预期" : "expected", zh ? "实际" : "got"});
  } else {
    rows.push_back({"       ", zh ? "实际" : "got"});
  }
  bool keyed = false;
  for (const TimelineRow& row : mismatch.rows) keyed = keyed || (row.expected == nullptr);
  for (const TimelineRow& row : mismatch.rows) {
    const std::string got =
        row.got == nullptr ? std::string("-") : got_text(*row.got, test, keyed, style);
    if (!mismatch.compared) {
      rows.push_back({"", got});
      continue;
    }
    const std::string expected =
        row.expected == nullptr ? std::string("-") : expected_text(*row.expected, test, style);
    rows.push_back({row.agrees() ? "      =" : "      !", expected, got});
  }
  std::string out = columns(rows, std::vector<bool>(rows[0].size(), false));
  for (const TimelineRow& row : mismatch.rows) {
    if (row.expected == nullptr || row.got == nullptr) continue;
    for (const Bilingual& difference : row.differences)
      out += "         " + time_text(row.got->time, test) + "  " + difference.in(zh) + "\n";
  }
  return out;
}

std::string place_of(const std::vector<SourceText>& texts, const SourceSpan& at) {
  if (at.file >= texts.size()) return {};
  return texts[at.file].name + ":" + std::to_string(at.line);
}

std::string mismatch_text(const Mismatch& mismatch, const SuiteTest& test,
                          const std::vector<SourceText>& texts, Style style) {
  std::string out =
      "    " + place_of(texts, mismatch.at) + ": " + mismatch.what.in(style.chinese) + "\n";
  const bool empty = mismatch.rows.empty();
  if (!empty || mismatch.compared) out += rows_text(mismatch, test, style);
  return out;
}

std::string painted_word(bool ok, Style style) {
  const std::string word = style.chinese ? (ok ? "通过" : "失败") : (ok ? "ok" : "FAILED");
  const std::string padding = padded(word, 8);
  if (!style.colour) return padding;
  return std::string(level_colour(ok ? Level::green : Level::red)) + padding + "\033[0m";
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out += c;
    }
  }
  return out;
}

void put_change(JsonWriter& out, Instant time, Level to, std::optional<bool> revoked) {
  out.begin_object().key("time").string(format_rfc3339(time)).key("to").string(name(to));
  if (revoked) out.key("ended").string(*revoked ? "revoked" : "cleared");
  out.end_object();
}

void put(JsonWriter& out, const TimelineRow& row) {
  out.begin_object().key("expected");
  if (row.expected == nullptr) {
    out.null();
  } else {
    put_change(out, row.expected->time, row.expected->to, row.expected->revoked);
  }
  out.key("got");
  if (row.got == nullptr) {
    out.null();
  } else {
    const bool fell = row.got->to < row.got->from;
    put_change(out, row.got->time, row.got->to,
               fell ? std::optional(row.got->revoked) : std::nullopt);
  }
  out.key("differences").begin_array();
  for (const Bilingual& difference : row.differences) put(out, difference);
  out.end_array().end_object();
}

void put(JsonWriter& out, const TestResult& result, const std::vector<SourceText>& texts) {
  const Test& test = result.test->test;
  out.begin_object().key("file").string(texts[result.test->file].name);
  out.key("line").unsigned_integer(test.at.line).key("name");
  put(out, test.name);
  out.key("passed").boolean(result.passed()).key("failures").begin_array();
  for (const Mismatch& mismatch : result.mismatches) {
    out.begin_object().key("line").unsigned_integer(mismatch.at.line).key("what");
    put(out, mismatch.what);
    out.key("timeline").begin_array();
    for (const TimelineRow& row : mismatch.rows) put(out, row);
    out.end_array().end_object();
  }
  out.end_array().end_object();
}

bool is_judged(const Rule& rule) {
  return rule.status != RuleStatus::draft && rule.status != RuleStatus::retired;
}

std::size_t limits_met(const RuleSeen& seen) {
  return static_cast<std::size_t>(
      std::count_if(seen.limits.begin(), seen.limits.end(),
                    [](const auto& limit) { return limit.second.complete(); }));
}

void put_coverage(JsonWriter& out, const Suite& suite, const Coverage& coverage) {
  const auto texts = suite.texts();
  out.key("coverage").begin_object().key("rules").begin_array();
  for (const Rule& rule : suite.program->rules) {
    if (!is_judged(rule)) continue;
    const RuleSeen& seen = coverage.of(rule.id);
    out.begin_object().key("rule").string(rule.id).key("levels").begin_object();
    for (std::size_t l = 1; l < kLevels; ++l) {
      if (!rule.levels[l].present) continue;
      out.key(name(static_cast<Level>(l))).begin_object();
      out.key("entered").boolean(seen.entered[l]).key("left").boolean(seen.left[l]).end_object();
    }
    out.end_object().key("grey").boolean(seen.grey);
    out.key("limits").unsigned_integer(seen.limits.size());
    out.key("limits_met").unsigned_integer(limits_met(seen)).end_object();
  }
  out.end_array().key("gaps").begin_array();
  for (const Gap& gap : gaps(coverage, *suite.program)) {
    out.begin_object().key("rule").string(gap.rule).key("place").string(place_of(texts, gap.at));
    out.key("what");
    put(out, gap.what);
    out.end_object();
  }
  out.end_array().end_object();
}

}  // namespace

std::string results_text(const Suite& suite, std::span<const TestResult> results, Style style) {
  const auto texts = suite.texts();
  std::string out;
  std::optional<std::uint32_t> file;
  for (const TestResult& result : results) {
    if (file != result.test->file) out += texts[result.test->file].name + "\n";
    file = result.test->file;
    out += "  " + painted_word(result.passed(), style) + result.test->test.name.in(style.chinese) +
           "\n";
    for (const Mismatch& mismatch : result.mismatches)
      out += mismatch_text(mismatch, *result.test, texts, style);
  }
  return out;
}

std::string counts_text(std::span<const TestResult> results, bool chinese) {
  const auto failed = std::count_if(results.begin(), results.end(),
                                    [](const TestResult& r) { return !r.passed(); });
  const std::string all = std::to_string(results.size()), bad = std::to_string(failed);
  if (chinese) return all + " 个测试，" + (failed == 0 ? "全部通过" : bad + " 个失败");
  return all + (results.size() == 1 ? " test, " : " tests, ") +
         (failed == 0 ? "all passed" : bad + " failed");
}

std::string coverage_text(const Suite& suite, const Coverage& coverage, Style style) {
  const bool zh = style.chinese;
  const auto mark = [&](bool defined, bool seen) {
    if (!defined) return std::string(" ");
    return std::string(seen ? "+" : "-");
  };
  std::vector<std::vector<std::string>> rows;
  rows.push_back(
      zh ? std::vector<std::string>{"规则", "升黄", "离黄", "升红", "离红", "无数据", "界限"}
         : std::vector<std::string>{"rule", "yellow", "left", "red", "left", "grey", "limits"});
  for (const Rule& rule : suite.program->rules) {
    if (!is_judged(rule)) continue;
    const RuleSeen& seen = coverage.of(rule.id);
    std::vector<std::string> row{rule.id};
    for (std::size_t l = 1; l < kLevels; ++l) {
      row.push_back(mark(rule.levels[l].present, seen.entered[l]));
      row.push_back(mark(rule.levels[l].present, seen.left[l]));
    }
    row.push_back(mark(rule.needs != kNone || seen.grey, seen.grey));
    row.push_back(std::to_string(limits_met(seen)) + "/" + std::to_string(seen.limits.size()));
    rows.push_back(std::move(row));
  }
  std::string out = columns(rows, {false, false, false, false, false, false, true});
  const auto missing = gaps(coverage, *suite.program);
  if (missing.empty()) return out;
  const auto texts = suite.texts();
  out += zh ? "测试没有覆盖：\n" : "not covered:\n";
  for (const Gap& gap : missing)
    out += "  " + place_of(texts, gap.at) + ": " + gap.rule + (zh ? "：" : ": ") + gap.what.in(zh) +
           "\n";
  return out;
}

std::string results_json(const Suite& suite, std::span<const TestResult> results,
                         const Coverage* coverage) {
  std::string text;
  JsonWriter out(text);
  const auto texts = suite.texts();
  const auto failed = std::count_if(results.begin(), results.end(),
                                    [](const TestResult& r) { return !r.passed(); });
  out.begin_object().key("pack").string(suite.program->pack);
  out.key("tests").unsigned_integer(results.size());
  out.key("failed").integer(failed).key("results").begin_array();
  for (const TestResult& result : results) put(out, result, texts);
  out.end_array();
  if (coverage != nullptr) put_coverage(out, suite, *coverage);
  out.end_object();
  return text + "\n";
}

Number Hunt::share() const {
  const auto caught = static_cast<std::int64_t>(count(MutantFate::caught));
  const auto ran = caught + static_cast<std::int64_t>(count(MutantFate::survived));
  if (ran == 0) return Number(100);
  return Number::ratio(Wide{1000} * caught / ran, 10);
}

std::string hunt_text(const Suite& suite, const Hunt& hunt, Style style) {
  const bool zh = style.chinese;
  std::string out;
  for (std::size_t i = 0; i < hunt.mutants.size(); ++i) {
    if (hunt.fates[i] != MutantFate::survived) continue;
    const Mutant& mutant = hunt.mutants[i];
    out += suite.pack.files[mutant.file].name + ":" + std::to_string(mutant.at.line) + ":" +
           std::to_string(mutant.at.column) + ": " + mutant.where + ": " + mutant.before + " -> " +
           mutant.after + (zh ? "，没有测试发现\n" : " is noticed by no test\n");
    out += render_excerpt(mutant.at, suite.pack.files);
    out += "      = " + advice(mutant).in(zh) + "\n";
  }
  const std::string caught = std::to_string(hunt.count(MutantFate::caught)),
                    all = std::to_string(hunt.mutants.size() - hunt.count(MutantFate::refused)),
                    share = hunt.share().to_string();
  return out + suite.program->pack + ": " +
         (zh ? all + " 处改动，测试发现 " + caught + " 处（" + share + "%）\n"
             : all + " mutants, " + caught + " caught (" + share + " %)\n");
}

std::string hunt_json(const Suite& suite, const Hunt& hunt) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("pack").string(suite.program->pack).key("mutants");
  out.unsigned_integer(hunt.mutants.size() - hunt.count(MutantFate::refused));
  out.key("caught").unsigned_integer(hunt.count(MutantFate::caught));
  out.key("share").raw(hunt.share().to_string()).key("survivors").begin_array();
  for (std::size_t i = 0; i < hunt.mutants.size(); ++i) {
    if (hunt.fates[i] != MutantFate::survived) continue;
    const Mutant& mutant = hunt.mutants[i];
    out.begin_object().key("file").string(suite.pack.files[mutant.file].name);
    out.key("line")
        .unsigned_integer(mutant.at.line)
        .key("column")
        .unsigned_integer(mutant.at.column);
    out.key("where").string(mutant.where).key("before").string(mutant.before);
    out.key("after").string(mutant.after).key("advice");
    put(out, advice(mutant));
    out.end_object();
  }
  out.end_array().end_object();
  return text + "\n";
}

std::string junit_suites(const Suite& suite, std::span<const TestResult> results, Style style) {
  const auto texts = suite.texts();
  std::string out;
  for (std::size_t first = 0; first < results.size();) {
    std::size_t end = first, failed = 0;
    for (; end < results.size() && results[end].test->file == results[first].test->file; ++end)
      failed += results[end].passed() ? 0 : 1;
    const std::string file = xml_text(texts[results[first].test->file].name);
    out += "  <testsuite name=\"" + file + "\" tests=\"" + std::to_string(end - first) +
           "\" failures=\"" + std::to_string(failed) + "\" errors=\"0\" skipped=\"0\">\n";
    for (; first < end; ++first) {
      const TestResult& result = results[first];
      const Test& test = result.test->test;
      out += "    <testcase classname=\"" + xml_text(suite.program->pack) + "\" name=\"" +
             xml_text(test.name.in(style.chinese)) + "\" file=\"" + file + "\" line=\"" +
             std::to_string(test.at.line) + "\"";
      if (result.passed()) {
        out += "/>\n";
        continue;
      }
      std::string body;
      for (const Mismatch& mismatch : result.mismatches)
        body += mismatch_text(mismatch, *result.test, texts, style);
      out += ">\n      <failure message=\"" +
             xml_text(result.mismatches.front().what.in(style.chinese)) + "\">" + xml_text(body) +
             "</failure>\n    </testcase>\n";
    }
    out += "  </testsuite>\n";
  }
  return out;
}

std::string junit_error(const std::string& pack, const std::string& why) {
  const std::string name = xml_text(pack);
  return "  <testsuite name=\"" + name +
         "\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n" +
         "    <testcase classname=\"" + name + "\" name=\"read\">\n      <error message=\"read\">" +
         xml_text(why) + "</error>\n    </testcase>\n  </testsuite>\n";
}

std::string junit_document(const std::string& suites) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suites + "</testsuites>\n";
}

}  // namespace lianqing
