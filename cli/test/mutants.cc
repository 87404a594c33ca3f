#include "cli/test/mutants.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "rules/document.h"
#include "rules/duration.h"
#include "rules/lexer.h"

namespace lianqing {
namespace {

constexpr std::string_view kSections[] = {"params", "macros", "items", "measures", "rules"};
// What has no part in any verdict, or is about single units and days.
constexpr std::string_view kPassedOver[] = {"title", "basis",  "because", "group",
                                            "owner", "duty",   "status",  "from",
                                            "to",    "except", "show",    "allow"};

struct Turn {
  TokenKind kind;
  std::string_view boundary, opposite;  // empty: none
};
constexpr Turn kTurns[] = {
    {TokenKind::greater_equal, ">", "<"}, {TokenKind::greater, ">=", "<="},
    {TokenKind::less_equal, "<", ">"},    {TokenKind::less, "<=", ">="},
    {TokenKind::equal, "", "!="},         {TokenKind::unequal, "", "=="},
};

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::size_t byte_of(std::string_view text, std::uint32_t line, std::uint32_t column) {
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (std::uint32_t i = 1; i < line; ++i) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  for (std::uint32_t i = 1; i < column && at < text.size(); ++i) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// One unit of the last digit written: 3 -> 4, 0.85 -> 0.86; nothing below zero if `unsigned_only`.
std::string stepped(std::string_view digits, int by, bool unsigned_only) {
  const std::size_t point = digits.find('.');
  const int decimals =
      point == std::string_view::npos ? 0 : static_cast<int>(digits.size() - point - 1);
  const auto number = Number::parse(digits);
  if (!number || decimals > 6) return {};
  Number step(by);
  for (int i = 0; i < decimals; ++i) step = step / Number(10);
  const Number out = *number + step;
  if (unsigned_only && out < Number(0)) return {};
  return out.to_string();
}

class Finder {
 public:
  Finder(const SourceText& source, std::uint32_t file, std::vector<Mutant>& out)
      : source_(source), file_(file), out_(out) {}

  void find() {
    Diagnostics ignored;
    const auto root = parse_document(source_, file_, ignored);
    if (!root) return;
    for (const Entry& section : root->entries) {
      if (contains(kSections, section.key)) visit(section.value, section.key, section.key);
    }
  }

 private:
  void visit(const Node& node, const std::string& where, std::string_view section) {
    if (node.is_scalar()) return scalar(node, where);
    for (const Node& item : node.items) visit(item, where, section);
    for (const Entry& entry : node.entries) {
      const bool named = where == section;  // a name of the author's, whatever it is
      const bool bound = section == "params" && (entry.key == "min" || entry.key == "max");
      if (named || !(bound || contains(kPassedOver, entry.key)))
        visit(entry.value, where + "." + entry.key, section);
    }
  }

  void scalar(const Node& node, const std::string& where) {
    if (node.is_empty()) return;
    const std::string& text = node.text;
    if (parse_span(text) || (parse_calendar_span(text) && text[0] >= '0' && text[0] <= '9')) {
      std::size_t end = 0;
      while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
      for (const auto& [kind, by] : {std::pair(MutantKind::longer, 1), {MutantKind::shorter, -1}}) {
        const std::string digits = stepped(text.substr(0, end), by, true);
        if (!digits.empty()) add(node, where, 0, text.size(), kind, digits + text.substr(end));
      }
      return;
    }
    Diagnostics ignored;
    const ExprSource source(text, node.inside, ignored);
    for (const Token& token : read_tokens(source)) {
      if (token.kind == TokenKind::number) {
        const std::string_view digits =
            std::string_view(text).substr(token.begin, token.end - token.begin);
        add(node, where, token.begin, token.end, MutantKind::more, stepped(digits, 1, false));
        add(node, where, token.begin, token.end, MutantKind::less, stepped(digits, -1, false));
      }
      for (const Turn& turn : kTurns) {
        if (turn.kind != token.kind) continue;
        add(node, where, token.begin, token.end, MutantKind::boundary, std::string(turn.boundary));
        add(node, where, token.begin, token.end, MutantKind::opposite, std::string(turn.opposite));
      }
    }
  }

  // Where a byte of the scalar's text stands in the file: what is not blank comes in the same order
  // in both.
  std::size_t place(const Node& node, std::size_t offset) const {
    const std::string_view text = source_.bytes;
    std::size_t at = byte_of(text, node.inside.line, node.inside.column);
    if (node.inside.length == 0 && at < text.size()) {
      if (text[at] == '>' || text[at] == '|') {
        at = std::min(text.find('\n', at), text.size());
      } else if (text[at] == '"' || text[at] == '\'') {
        ++at;
      }
    }
    const auto written = [&](std::size_t n) {
      return static_cast<std::size_t>(
          std::count_if(node.text.begin(), node.text.begin() + static_cast<std::ptrdiff_t>(n),
                        [](char c) { return !is_blank(c); }));
    };
    std::size_t left = written(offset);
    for (; at < text.size(); ++at) {
      if (is_blank(text[at])) continue;
      if (left-- == 0) break;
    }
    return at;
  }

  void add(const Node& node, const std::string& where, std::size_t begin, std::size_t end,
           MutantKind kind, std::string after) {
    if (after.empty()) return;
    Mutant out;
    out.file = file_;
    out.before = node.text.substr(begin, end - begin);
    out.after = std::move(after);
    out.where = where;
    out.kind = kind;
    out.byte = place(node, begin);
    const std::string_view text = source_.bytes;
    // Escapes and folded lines can hide the place: such a mutant is none.
    if (text.substr(out.byte, out.before.size()) != out.before) return;
    const std::string_view before = text.substr(0, out.byte);
    const std::size_t line_start = before.rfind('\n') + 1;
    out.at = {file_, static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1,
              static_cast<std::uint32_t>(count_points(before.substr(line_start))) + 1,
              static_cast<std::uint32_t>(count_points(out.before))};
    out_.push_back(std::move(out));
  }

  static std::size_t count_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
  }

  const SourceText& source_;
  std::uint32_t file_;
  std::vector<Mutant>& out_;
};

// One worker's way through mutants: the tests that caught the last ones are asked first.
class Hunter {
 public:
  explicit Hunter(const Suite& suite) : suite_(suite) {
    for (std::size_t i = 0; i < suite.tests.size(); ++i) order_.push_back(i);
  }

  MutantFate fate(const Mutant& mutant) {
    TestedTexts pack = suite_.pack;
    pack.files[mutant.file].bytes.replace(mutant.byte, mutant.before.size(), mutant.after);
    const auto plain = compile_with(pack, {});
    if (!plain) return MutantFate::refused;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const Test& test = suite_.tests[order_[i]].test;
      std::shared_ptr<const Program> program = *plain;
      if (!test.params.empty()) {
        const auto other = compile_with(pack, test.params);
        if (!other) continue;
        program = *other;
      }
      if (compare(test, run_trial(test, program, {}), *program).empty()) continue;
      std::rotate(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(i),
                  order_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return MutantFate::caught;
    }
    return MutantFate::survived;
  }

 private:
  const Suite& suite_;
  std::vector<std::size_t> order_;
};

}  // namespace

std::vector<Mutant> mutants_of(const TestedTexts& pack) {
  std::vector<Mutant> out;
  for (std::uint32_t file = 0; file < pack.files.size(); ++file) {
    if (pack.files[file].layer == 0) Finder(pack.files[file], file, out).find();
  }
  return out;
}

std::vector<MutantFate> try_mutants(const Suite& suite, std::span<const Mutant> mutants,
                                    unsigned threads) {
  std::vector<MutantFate> fates(mutants.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    Hunter hunter(suite);
    for (std::size_t i = next++; i < mutants.size(); i = next++) fates[i] = hunter.fate(mutants[i]);
  };
  std::vector<std::jthread> pool;
  for (unsigned i = 1; i < threads; ++i) pool.emplace_back(work);
  work();
  pool.clear();
  return fates;
}

Bilingual advice(const Mutant& mutant) {
  const std::string &was = mutant.before, &now = mutant.after;
  switch (mutant.kind) {
    case MutantKind::more:
    case MutantKind::less:
      return {"加一个测试：数值恰好在 " + was + " 与 " + now + " 结果不同之处",
              "add a test at a value for which " + was + " and " + now + " differ"};
    case MutantKind::longer:
    case MutantKind::shorter:
      return {"加一个测试：在恰好 " + was + " 的那一刻预期变化，或在它前后各放一个事件",
              "add a test that expects a change at exactly " + was +
                  ", or has an event on either side of it"};
    case MutantKind::boundary:
      return {"加一个测试：两边恰好相等", "add a test in which both sides are equal"};
    case MutantKind::opposite:
      return {"加一个测试：级别因这个条件而不同",
              "add a test whose levels depend on this condition"};
  }
  return {};
}

}  // namespace lianqing
