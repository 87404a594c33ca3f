// lianqing new rule PACK: asks a few questions and writes a rule with its test.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/rule_draft.h"
#include "cli/test/report.h"
#include "rules/duration.h"
#include "rules/identifier.h"
#include "rules/report.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr OptionSpec kOptions[] = {
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr std::int64_t kMostEvents = 1000;  // that a test is made of

// Questions on standard error, answers from standard input.
class Dialogue {
 public:
  explicit Dialogue(bool chinese) : chinese_(chinese) {}

  bool chinese() const { return chinese_; }
  const char* say(const char* zh, const char* en) const { return chinese_ ? zh : en; }

  // The answer, or `otherwise` for an empty one. Asked again until `fault` finds nothing wrong with
  // it; nothing at the end of the input.
  using Fault = std::function<std::string(const std::string&)>;
  std::optional<std::string> ask(const std::string& question, const std::string& otherwise,
                                 const Fault& fault) const {
    for (;;) {
      std::fprintf(stderr, "%s%s: ", question.c_str(),
                   otherwise.empty() ? "" : (" [" + otherwise + "]").c_str());
      std::string answer;
      if (!std::getline(std::cin, answer)) return std::nullopt;
      answer = to_nfc(trimmed(answer));
      if (answer.empty()) answer = otherwise;
      const std::string wrong = is_valid_utf8(answer) ? fault(answer) : "UTF-8?";
      if (wrong.empty()) return answer;
      std::fprintf(stderr, "  %s\n", wrong.c_str());
    }
  }

 private:
  static std::string trimmed(std::string text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && blank(text.back())) text.pop_back();
    while (!text.empty() && blank(text.front())) text.erase(0, 1);
    return text;
  }

  bool chinese_;
};

std::string anything(const std::string&) { return {}; }

// The items of the pack that a test can open and close: one that sets a deadline. `program` may be
// null.
std::vector<Obligation> obligations(const Program* program) {
  std::vector<Obligation> out;
  for (const Item& item : program == nullptr ? std::vector<Item>{} : program->items) {
    if (item.due == kNone || item.open.empty() || item.close.empty()) continue;
    Obligation one;
    one.name = item.name;
    const EventType& open = program->types[item.open.front()];
    one.open = open.name;
    one.close = program->types[item.close.front()].name;
    one.key = program->slots[item.key].path;
    one.due = program->slots[item.due].path;
    one.due_is_time = std::any_of(open.fields.begin(), open.fields.end(), [&](const FieldCheck& f) {
      return f.name == one.due && f.type == FieldType::time;
    });
    out.push_back(std::move(one));
  }
  return out;
}

class Interview {
 public:
  // `program` is null for a pack that does not exist yet.
  Interview(const Dialogue& dialogue, const Program* program, std::string folder)
      : ask_(dialogue), program_(program), folder_(std::move(folder)) {}

  // Nothing if the input ended.
  std::optional<RuleDraft> run() {
    const bool whole =
        kind() && subject() && name() && text(draft_.title, ask_.say("标题", "title"), draft_.id) &&
        text(draft_.basis, ask_.say("依据（文件和条款）", "basis (document and article)"), "") &&
        text(draft_.owner, ask_.say("责任岗位", "owner"), "");
    if (!whole) return std::nullopt;
    return draft_;
  }

 private:
  bool kind() {
    items_ = obligations(program_);
    const std::string last = items_.empty() ? "3" : "4";
    std::fputs(ask_.say("什么情况要预警？\n  1 一段时间内某事太多\n  2 很久没有某事（如报告）\n"
                        "  3 某个数值低于界限\n",
                        "What is to be warned of?\n  1 too many of something within a time\n"
                        "  2 nothing for too long, such as a report\n  3 a value below a line\n"),
               stderr);
    if (!items_.empty())
      std::fputs(ask_.say("  4 有期限的事项逾期\n", "  4 an item that is overdue\n"), stderr);
    const std::string range = std::string(ask_.say("选 1 到 ", "1 to ")) + last;
    const auto answer = ask_.ask(range, "1", [&](const std::string& a) {
      return a.size() == 1 && a >= "1" && a <= last ? std::string() : range;
    });
    if (!answer) return false;
    draft_.kind = static_cast<DraftKind>((*answer)[0] - '1');
    return true;
  }

  // What it is about, and from where on.
  bool subject() {
    switch (draft_.kind) {
      case DraftKind::many: return event() && window() && limits();
      case DraftKind::silent: return event() && limits();
      case DraftKind::low: return event() && field() && limits();
      case DraftKind::late: return item() && grace();
    }
    return false;
  }

  bool item() {
    std::string names;
    for (const Obligation& one : items_) names += (names.empty() ? "" : ", ") + one.name;
    const auto answer = ask_.ask(
        std::string(ask_.say("哪一种事项", "which item")) + " (" + names + ")", items_[0].name,
        [&](const std::string& a) {
          return find(a) == nullptr ? ask_.say("规则包没有这种事项", "the pack has no such item")
                                    : "";
        });
    if (!answer) return false;
    draft_.item = *find(*answer);
    return true;
  }

  const Obligation* find(const std::string& name) const {
    for (const Obligation& one : items_) {
      if (one.name == name) return &one;
    }
    return nullptr;
  }

  bool grace() {
    const bool workdays = !program_->calendar.name.empty();
    const char* advice =
        workdays ? ask_.say("写成 2 workdays 或 3d，至多 60", "write 2 workdays or 3d, at most 60")
                 : ask_.say("写成 3d，至多 60d", "write 3d, at most 60d");
    const auto answer = ask_.ask(
        ask_.say("逾期多久变红（没有红就不写）", "red when overdue by (nothing: no red)"), "",
        [&](const std::string& a) { return a.empty() || !red_at(a).empty() ? "" : advice; });
    if (!answer) return false;
    draft_.grace = *answer;
    draft_.red_at = answer->empty() ? "" : red_at(*answer);
    return true;
  }

  // When something due ten days after the start of the tests is overdue by so much; empty if the
  // text is no such length.
  std::string red_at(const std::string& grace) const {
    constexpr std::int64_t kLongest = 60;
    const auto span = parse_span(grace);
    const LocalDay due{std::chrono::year{2026} / 3 / 12};
    if (!span || span->amount == 0) return {};
    if (!span->workdays) {
      const std::int64_t n = span->amount / days(1).count();
      if (n > kLongest || days(n).count() != span->amount) return {};
      return "+" + std::to_string(10 + n) + (draft_.item.due_is_time ? "d" : "d15h");
    }
    if (program_->calendar.name.empty() || span->amount > kLongest) return {};
    const auto day = add_workdays(program_->calendar, due, span->amount);
    if (!day) return {};
    return format_date(Date{(*day + std::chrono::days{1}).time_since_epoch()});
  }

  bool event() {
    std::string known;
    for (const EventType& type : types()) {
      if (type.declared) known += "  " + type.name + "  " + type.title.in(ask_.chinese()) + "\n";
    }
    if (!known.empty())
      std::fputs((std::string(ask_.say("已声明的事件：\n", "declared events:\n")) + known).c_str(),
                 stderr);
    return word(draft_.event, ask_.say("哪一类事件", "type of event"));
  }

  bool field() {
    draft_.declares = std::none_of(types().begin(), types().end(), [&](const EventType& type) {
      return type.name == draft_.event;
    });
    return word(draft_.field, ask_.say("哪个字段的数值", "which field holds the value"));
  }

  bool word(std::string& out, const char* question) {
    const auto answer = ask_.ask(question, "", [&](const std::string& a) {
      return a.empty() || a.find_first_of(" \"'{}[]:,") != std::string::npos
                 ? ask_.say("写一个词，例如 complaint_received",
                            "one word, such as complaint_received")
                 : "";
    });
    if (answer) out = *answer;
    return answer.has_value();
  }

  bool window() {
    const auto answer =
        ask_.ask(ask_.say("多长时间内", "within"), "30d", [&](const std::string& a) {
          const auto span = parse_span(a);
          const bool long_enough = span && !span->workdays && span->amount >= days(1).count();
          return long_enough ? ""
                             : ask_.say("写成 30d 或 2w，至少 1d", "write 30d or 2w, at least 1d");
        });
    if (answer) draft_.window = *answer;
    return answer.has_value();
  }

  bool limits() {
    const bool low = draft_.kind == DraftKind::low;
    const char* yellow = ask_.say(low                                ? "低于多少变黄"
                                  : draft_.kind == DraftKind::silent ? "多少天变黄"
                                                                     : "多少件变黄",
                                  low                                ? "yellow below"
                                  : draft_.kind == DraftKind::silent ? "days until yellow"
                                                                     : "yellow at");
    const char* red = ask_.say("多少变红（没有红就不写）", "red at (nothing: no red)");
    const auto right = [&](const std::string& a) {
      const auto n = Number::parse(a);
      return n && (low || (n->is_integer() && *n >= Number(1) && *n <= Number(kMostEvents)));
    };
    const char* wrong = low ? ask_.say("写一个数", "a number")
                            : ask_.say("写 1 到 1000 的整数", "a whole number from 1 to 1000");
    const auto first = ask_.ask(yellow, low ? "60" : "3",
                                [&](const std::string& a) { return right(a) ? "" : wrong; });
    if (!first) return false;
    draft_.yellow = *Number::parse(*first);
    const auto second = ask_.ask(red, "", [&](const std::string& a) {
      if (a.empty()) return "";
      if (!right(a)) return wrong;
      const Number n = *Number::parse(a);
      const bool beyond = low ? n < draft_.yellow : n > draft_.yellow;
      return beyond ? "" : ask_.say("红线要比黄线更严", "red lies beyond yellow");
    });
    if (!second) return false;
    if (!second->empty()) draft_.red = Number::parse(*second);
    return true;
  }

  bool name() {
    const auto answer =
        ask_.ask(ask_.say("规则编号（也是文件名）", "id of the rule, and name of its file"), "",
                 [&](const std::string& a) {
                   if (!is_identifier(a))
                     return ask_.say("字母或汉字开头，只含字母、汉字、数字和 _",
                                     "letters, digits and _, a letter first");
                   const bool taken = fs::exists(fs::path(folder_) / (a + ".yaml")) ||
                                      fs::exists(fs::path(folder_) / (a + ".test.yaml"));
                   return taken || is_rule(a)
                              ? ask_.say("已有这条规则或文件", "there is such a rule or file")
                              : "";
                 });
    if (answer) draft_.id = *answer;
    return answer.has_value();
  }

  bool is_rule(const std::string& id) const {
    return program_ != nullptr && std::any_of(program_->rules.begin(), program_->rules.end(),
                                              [&](const Rule& rule) { return rule.id == id; });
  }

  bool text(std::string& out, const char* question, const std::string& otherwise) {
    const auto answer = ask_.ask(question, otherwise, anything);
    if (answer) out = *answer;
    return answer.has_value();
  }

  const std::vector<EventType>& types() const {
    static const std::vector<EventType> kNone_;
    return program_ == nullptr ? kNone_ : program_->types;
  }

  const Dialogue& ask_;
  const Program* program_;
  std::string folder_;
  std::vector<Obligation> items_;
  RuleDraft draft_;
};

Status write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) return failure(ErrorCode::io, "cannot write " + path.string());
  return {};
}

// What is written, tried first: it must compile and pass.
struct Draft {
  Suite suite;
  std::vector<SourceText> files;  // to be written
};

int write_rule(const std::string& folder, const RuleDraft& draft, Draft& out, Style style) {
  compile_suite(out.suite);
  const bool broken = has_error(out.suite.findings);
  if (!out.suite.findings.empty())
    std::fputs(render_text(out.suite.findings, out.suite.texts(), style.chinese).c_str(), stderr);
  if (broken) return kExitFindings;
  std::vector<const SuiteTest*> tests;
  for (const SuiteTest& test : out.suite.tests) tests.push_back(&test);
  const auto results = run_tests(tests, 1, nullptr);
  const bool passed =
      std::all_of(results.begin(), results.end(), [](const TestResult& r) { return r.passed(); });
  if (!passed) {
    std::fputs(results_text(out.suite, results, style).c_str(), stderr);
    return kExitFindings;
  }
  std::error_code error;
  fs::create_directories(folder, error);
  for (const SourceText& file : out.files) {
    if (Status s = write_file(file.name, file.bytes); !s) return report(s.error(), style.chinese);
    std::printf("%s\n", file.name.c_str());
  }
  std::fprintf(stderr, "%s: %s\n%s lianqing test %s\n", draft.id.c_str(),
               counts_text(results, style.chinese).c_str(),
               style.chinese ? "试一试：" : "Try:", folder.c_str());
  return 0;
}

int new_rule(const std::string& folder, Style style) {
  const Dialogue dialogue(style.chinese);
  Draft out;
  auto calendars = read_calendars(folder);
  std::error_code error;
  const bool is_new = !fs::exists(folder, error);
  if (!is_new && !fs::is_directory(folder, error))
    return report({ErrorCode::usage, folder + " is a file; expected a folder"}, style.chinese);
  std::shared_ptr<const Program> program;
  if (is_new) {
    out.files.push_back({folder + "/pack.yaml", ""});
  } else {
    auto files = read_pack(folder);
    if (!files || !calendars)
      return report(files ? calendars.error() : files.error(), style.chinese);
    out.suite.pack = {*std::move(files), *std::move(calendars)};
    int code = 0;
    program = load_pack(folder, style.chinese, code);
    if (!program) return code;
  }
  if (is_new) {
    const auto id = dialogue.ask(
        dialogue.say("新规则包的编号", "id of the new pack"),
        fs::path(folder).lexically_normal().filename().string(), [&](const std::string& a) {
          return a.empty() || a.find_first_of(" \"'{}[]:,#") != std::string::npos
                     ? dialogue.say("写一个词", "one word")
                     : "";
        });
    if (!id) return kExitUsage;
    out.files[0].bytes = "version: 1\npack: {id: " + *id + ", timezone: Asia/Shanghai}\n";
    out.suite.pack.files = out.files;
  }
  const auto draft = Interview(dialogue, program.get(), folder).run();
  if (!draft) {
    std::fputs(dialogue.say("\n没有答完，什么都没有写。\n",
                            "\nNot all was answered; nothing is written.\n"),
               stderr);
    return kExitUsage;
  }
  const SourceText rule{folder + "/" + draft->id + ".yaml", rule_text(*draft, style.chinese)};
  const SourceText test{
      folder + "/" + draft->id + ".test.yaml",
      test_text(*draft, program ? program->types : std::vector<EventType>{}, style.chinese)};
  out.suite.pack.files.push_back(rule);
  out.suite.test_files.push_back(test);
  out.files.push_back(rule);
  out.files.push_back(test);
  return write_rule(folder, *draft, out, style);
}

}  // namespace

int new_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  Style style;
  style.chinese = is_chinese(*options);
  const char* usage = style.chinese ? "用法：lianqing new rule 规则包所在文件夹"
                                    : "usage: lianqing new rule FOLDER-OF-THE-PACK";
  if (options->has("help")) {
    std::printf("%s\n\n%s", usage, options_help(kOptions, style.chinese).c_str());
    return 0;
  }
  const auto& words = options->positionals();
  if (words.size() != 2 || words[0] != "rule") {
    std::fprintf(stderr, "%s\n", usage);
    return kExitUsage;
  }
  std::string folder = words[1];
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return new_rule(folder, style);
}

}  // namespace lianqing
