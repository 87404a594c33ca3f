#include "cli/lsp/rename.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "cli/pack_files.h"
#include "lianqing/assert.h"
#include "rules/document.h"
#include "rules/identifier.h"
#include "rules/source_lines.h"

namespace lianqing::lsp {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Keys whose text is a condition or another expression; `count` and the like beside `units`.
constexpr std::string_view kExpressionKeys[] = {"where", "enter", "exit",  "yellow",
                                                "red",   "needs", "value", "streak"};
constexpr std::string_view kRollUpWords[] = {"count", "share", "max", "sum"};
// Keys that hold one name: of a param, of a list, of a measure.
constexpr std::string_view kNameKeys[] = {
    "over",      "offset",    "for",   "hold",  "by",         "in",     "within",
    "half_life", "q",         "empty", "every", "after",      "codes",  "observe",
    "peers",     "extension", "high",  "low",   "max_future", "window", "silent_after"};
constexpr std::string_view kSections[] = {"measures", "params", "lists", "macros"};

class Occurrences {
 public:
  Occurrences(std::string path, std::string_view name, std::vector<Edit>& out)
      : path_(std::move(path)), name_(name), out_(out) {}

  void of_pack(const Node& root) {
    for (const Entry& section : root.entries) {
      if (is_one_of(section.key, kSections)) {
        for (const Entry& entry : section.value.entries) {
          if (entry.key == name_) put(entry.key_at);
          if (section.key == "macros") in_expression(entry.value);
        }
      }
      if (section.key != "macros" && section.key != "lists") walk(section.value);
    }
  }

  // Of a file of tests: names stand as keys under `params` and `values`.
  void of_tests(const Node& node) {
    for (const Entry& entry : node.entries) {
      if (entry.key == "params" || entry.key == "values") {
        for (const Entry& one : entry.value.entries) {
          if (one.key == name_) put(one.key_at);
        }
      }
      of_tests(entry.value);
    }
    for (const Node& item : node.items) of_tests(item);
  }

  bool lost() const { return lost_; }

 private:
  void walk(const Node& node) {
    const bool rolls_up = node.find("units") != nullptr;
    for (const Entry& entry : node.entries) {
      const Node& value = entry.value;
      if (entry.key == "because") {
        in_sentence(value);
      } else if (value.is_scalar() && (is_one_of(entry.key, kExpressionKeys) ||
                                       (rolls_up && is_one_of(entry.key, kRollUpWords)))) {
        in_expression(value);
      } else if (value.is_scalar() && is_one_of(entry.key, kNameKeys)) {
        if (!value.quoted && value.text == name_) put(value.inside);
      } else if (!value.is_scalar()) {
        walk(value);
      }
    }
    for (const Node& item : node.items) walk(item);
  }

  void in_sentence(const Node& node) {
    if (node.is_scalar()) return find(node, true);
    for (const Entry& entry : node.entries) find(entry.value, true);
  }
  void in_expression(const Node& node) {
    if (node.is_scalar()) find(node, false);
  }

  // Whole words outside of literals; of a sentence only what stands in braces.
  void find(const Node& node, bool sentence) {
    char quote = 0;
    bool inside = !sentence;
    std::uint32_t column = 0;
    const std::string& text = node.text;
    bool in_word = false, after_dot = false;
    for (std::size_t at = 0; at < text.size(); ++column) {
      const CodePoint c = first_code_point(std::string_view(text).substr(at));
      const bool part = is_identifier_part(c.value);
      if (inside && quote == 0 && part && !in_word && !after_dot && is_word(text, at)) {
        SourceSpan span = node.inside;
        lost_ = lost_ || span.length == 0;
        span.column += column;
        span.length = static_cast<std::uint32_t>(count_code_points(name_));
        put(span);
      }
      if (inside && (c.value == U'\'' || c.value == U'"')) {
        quote = quote == 0 ? static_cast<char>(c.value)
                           : (quote == static_cast<char>(c.value) ? '\0' : quote);
      }
      if (sentence && c.value == U'{') inside = true;
      if (sentence && c.value == U'}') inside = false;
      in_word = part;
      after_dot = c.value == U'.';
      at += c.bytes;
    }
  }

  bool is_word(std::string_view text, std::size_t at) const {
    if (!text.substr(at).starts_with(name_)) return false;
    const std::string_view rest = text.substr(at + name_.size());
    return rest.empty() || !is_identifier_part(first_code_point(rest).value);
  }

  void put(const SourceSpan& at) { out_.push_back({path_, at}); }

  std::string path_;
  std::string_view name_;
  std::vector<Edit>& out_;
  bool lost_ = false;
};

// The texts after the edits.
std::map<std::string, std::string> apply(const OpenPack& pack, const std::vector<Edit>& edits,
                                         const std::string& to) {
  std::map<std::string, std::string> out;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {  // from the end: places hold
    const std::string* text = pack.text_of(edit->path);
    if (text == nullptr) continue;
    std::string& now = out.try_emplace(edit->path, *text).first->second;
    const std::string_view line = line_of(now, edit->at.line);
    std::size_t begin = 0;
    for (std::uint32_t i = 1; i < edit->at.column; ++i)
      begin += first_code_point(line.substr(begin)).bytes;
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; i < edit->at.length; ++i)
      bytes += first_code_point(line.substr(begin + bytes)).bytes;
    now.replace(static_cast<std::size_t>(line.data() - now.data()) + begin, bytes, to);
  }
  return out;
}

auto error_count(const Diagnostics& findings) {
  return std::count_if(findings.begin(), findings.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void sort_edits(std::vector<Edit>& edits) {
  const auto place = [](const Edit& e) { return std::tie(e.path, e.at.line, e.at.column); };
  std::sort(edits.begin(), edits.end(),
            [&](const Edit& a, const Edit& b) { return place(a) < place(b); });
}

// The tests beside the pack, as they stand in the editor or on the disk.
void find_in_tests(const Workspace& workspace, const std::string& folder, const std::string& name,
                   std::vector<Edit>& out) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".test.yaml") && !path.ends_with(".test.yml")) continue;
    const auto open = workspace.documents().find(path);
    auto bytes = open == workspace.documents().end() ? read_file(path) : open->second;
    if (!bytes) continue;
    Diagnostics ignored;
    const auto root = parse_document({path, *std::move(bytes)}, 0, ignored);
    if (root) Occurrences(path, name, out).of_tests(*root);
  }
}

}  // namespace

Result<std::vector<Edit>> rename_edits(const Workspace& workspace, const OpenPack& pack,
                                       const std::string& path, const std::string& from,
                                       const std::string& to) {
  using Kind = Definition::Kind;
  const std::vector<Definition> known = definitions_of(pack.syntax);
  const auto named = [&](const std::string& name) {
    return std::find_if(known.begin(), known.end(), [&](const Definition& one) {
      return one.name == name && (one.kind == Kind::measure || one.kind == Kind::param ||
                                  one.kind == Kind::list || one.kind == Kind::macro);
    });
  };
  if (named(from) == known.end())
    return failure(ErrorCode::refused, "'" + from + "' is no measure, param, list or macro");
  const std::string name = to_nfc(to);
  if (!is_identifier(name)) return failure(ErrorCode::refused, "'" + to + "' cannot be a name");
  if (named(name) != known.end())
    return failure(ErrorCode::refused, "'" + to + "' is taken already");
  std::vector<Edit> out;
  for (std::size_t i = 0; i < pack.files; ++i) {
    Diagnostics ignored;
    const auto root = parse_document(pack.texts[i], 0, ignored);
    if (!root)
      return failure(ErrorCode::refused, pack.texts[i].name + " cannot be read: mend it first");
    Occurrences found(pack.texts[i].name, from, out);
    found.of_pack(*root);
    if (found.lost()) {
      return failure(ErrorCode::refused, pack.texts[i].name + ": '" + from +
                                             "' stands in a text of several lines: put it on one");
    }
  }
  sort_edits(out);
  LQ_TRY(const OpenPack after, workspace.read_with(path, apply(pack, out, name)));
  if (error_count(after.findings) > error_count(pack.findings))
    return failure(ErrorCode::refused, "the pack would not be right with the name '" + to + "'");
  find_in_tests(workspace, std::filesystem::path(path).parent_path().string(), from, out);
  sort_edits(out);
  return out;
}

}  // namespace lianqing::lsp
