#include "rules/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>
#include <algorithm>
#include <sstream>
#include <string_view>
#include <unordered_set>

#include "rules/identifier.h"
#include "rules/report.h"
#include "rules/source_lines.h"
#include "rules/yaml_advice.h"

namespace lianqing {

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

namespace {

// Builds the tree from the reader's events. After a limit is passed it only counts along: the
// reader cannot be stopped, and the text is at most kMaxDocumentBytes long.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceLines& lines, std::uint32_t file, Diagnostics& out)
      : lines_(lines), file_(file), out_(out) {}

  Node take() { return std::move(root_); }
  bool stopped() const { return stopped_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.at = node.inside = empty_place(mark);
    refuse_anchor(anchor, node.at);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    const std::size_t at = position(mark);
    Node node;
    node.quoted = true;
    node.at = node.inside = lines_.span(file_, at, word_length(at));
    report(out_, "R004", node.at, {"不支持 YAML 的别名（*）", "YAML aliases (*) are not taken"},
           {"把内容写出来；若要写星号，请加引号：\"*\"",
            "write it out; for an asterisk use quotes: \"*\""});
    add(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::size_t at = position(mark);
    Node node;
    node.quoted = tag != "?";
    node.text = to_nfc(value);
    place_scalar(node, at, value);
    refuse_anchor(anchor, node.at);
    refuse_tag(tag, at);
    if (value.find('\0') != std::string::npos) {
      report(out_, "R008", node.at,
             {"文字中不能有 NUL 字符", "a text cannot hold the NUL character"});
    }
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Node node;
    std::optional<Node> key;               // read, its value not yet
    std::unordered_set<std::string> keys;  // asked only
  };

  std::size_t position(const YAML::Mark& mark) const {
    if (mark.is_null()) return 0;
    return lines_.position(static_cast<std::size_t>(mark.line),
                           static_cast<std::size_t>(mark.column));
  }

  // Up to the next blank or mark of YAML.
  std::size_t word_length(std::size_t at) const {
    const std::size_t end = lines_.text().find_first_of(" \t\r\n,]}", at);
    return (end == std::string_view::npos ? lines_.text().size() : end) - at;
  }

  // YAML's mark of a missing value is that of the next token: the key is the better place.
  SourceSpan empty_place(const YAML::Mark& mark) const {
    if (!stack_.empty() && stack_.back().key) return stack_.back().key->at;
    return lines_.span(file_, position(mark), 1);
  }

  void place_scalar(Node& node, std::size_t at, const std::string& value) {
    const std::string_view rest = lines_.text().substr(at);
    const bool in_quotes = node.quoted && !rest.empty() && (rest[0] == '"' || rest[0] == '\'');
    const std::size_t quote = in_quotes ? 1 : 0;
    const bool literal = rest.substr(quote, value.size()) == value && node.text == value &&
                         value.find('\n') == std::string::npos;
    if (in_quotes) check_closed(at, rest);
    if (literal) {
      node.at = lines_.span(file_, at, value.size() + 2 * quote);
      node.inside = lines_.span(file_, at + quote, value.size());
      return;
    }
    node.at = lines_.span(file_, at, in_quotes ? quoted_length(rest) : 1);
    node.inside = node.at;
    node.inside.length = 0;
  }

  // Bytes up to and with the closing quote; npos if there is none (yaml-cpp then takes all that
  // follows for the text, without a word).
  static std::size_t quoted_length(std::string_view rest) {
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == '\\' && rest[0] == '"') {
        ++i;
      } else if (rest[i] == rest[0]) {
        if (rest[0] == '"' || i + 1 >= rest.size() || rest[i + 1] != '\'') return i + 1;
        ++i;
      }
    }
    return std::string_view::npos;
  }

  void check_closed(std::size_t at, std::string_view rest) {
    if (quoted_length(rest) != std::string_view::npos) return;
    report(out_, "R001", lines_.span(file_, at, 1),
           {"引号没有结束", "the quotation mark is never closed"},
           {"在文字末尾补上同样的引号", "put the same mark at the end of the text"});
    stopped_ = true;
  }

  void refuse_anchor(YAML::anchor_t anchor, const SourceSpan& at) {
    if (anchor == YAML::NullAnchor) return;
    report(out_, "R004", at, {"不支持 YAML 的锚点（&）", "YAML anchors (&) are not taken"},
           {"把内容写出来；以 & 开头的文字请加引号",
            "write it out; put a text that begins with & in quotes"});
  }

  void refuse_tag(const std::string& tag, std::size_t at) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report(out_, "R005", lines_.span(file_, at, word_length(at)),
           {"不支持 YAML 的标签（!）", "YAML tags (!) are not taken"},
           {"以 ! 开头的条件请加引号：\"!x\"",
            "put a condition that begins with ! in quotes: \"!x\""});
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const std::size_t at = position(mark);
    Level level;
    level.node.kind = kind;
    level.node.at = level.node.inside = lines_.span(file_, at, 1);
    refuse_anchor(anchor, level.node.at);
    refuse_tag(tag, at);
    if (++depth_ > kMaxDocumentDepth && !stopped_) {
      report(out_, "R006", level.node.at, {"嵌套超过 32 层", "nested more than 32 deep"}, {});
      stopped_ = true;
    }
    if (stopped_) return;
    stack_.push_back(std::move(level));
  }

  void close() {
    --depth_;
    if (stopped_ || stack_.empty()) return;
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (stopped_) return;
    if (++nodes_ > kMaxDocumentNodes) {
      report(out_, "R007", node.at,
             {"文件内容超过 50,000 项", "more than 50,000 values in one file"},
             {"把规则分到几个文件里", "divide the pack into several files"});
      stopped_ = true;
      return;
    }
    if (stack_.empty()) {
      root_ = std::move(node);
    } else if (stack_.back().node.kind == NodeKind::sequence) {
      stack_.back().node.items.push_back(std::move(node));
    } else if (!stack_.back().key) {
      stack_.back().key = std::move(node);
    } else {
      Node key = std::move(*stack_.back().key);
      stack_.back().key.reset();
      add_entry(std::move(key), std::move(node));
    }
  }

  void add_entry(Node key, Node value) {
    if (!key.is_scalar() || key.is_empty()) {
      report(out_, "R011", key.at, {"键应是一个词", "a key must be a word"},
             {"以 { 或 [ 开头的文字请加引号", "put a text that begins with { or [ in quotes"});
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      report(out_, "R004", key.at,
             {"不支持 YAML 的合并键（<<）", "YAML merge keys (<<) are not taken"},
             {"把内容写出来", "write it out"});
      return;
    }
    if (!stack_.back().keys.insert(key.text).second) {
      report(out_, "R003", key.at,
             {"重复的键“" + key.text + "”", "duplicate key '" + key.text + "'"},
             {"删去一处，或另起一个名称", "remove one of them or give it another name"});
      return;
    }
    stack_.back().node.entries.push_back({key.text, key.at, std::move(value)});
  }

  const SourceLines& lines_;
  std::uint32_t file_;
  Diagnostics& out_;
  Node root_;
  std::vector<Level> stack_;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  bool stopped_ = false;
};

bool readable(const SourceText& source, std::uint32_t file, Diagnostics& out) {
  const SourceSpan whole{file, 0, 0, 1};
  const std::string& text = source.bytes;
  if (text.size() > kMaxDocumentBytes) {
    report(out, "R007", whole, {"文件超过 1 MiB", "the file is larger than 1 MiB"},
           {"把规则分到几个文件里", "divide the pack into several files"});
    return false;
  }
  const std::size_t nul = text.find('\0');
  if (nul == std::string::npos && is_valid_utf8(text)) return true;
  const SourceLines lines(text);
  std::size_t bad = 0;  // the first line that is not right
  while (bad + 1 < lines.count() && is_valid_utf8(lines.line(bad)) &&
         lines.line(bad).find('\0') == std::string_view::npos) {
    ++bad;
  }
  report(out, "R008", {file, static_cast<std::uint32_t>(bad + 1), 1, 1},
         {"文件不是 UTF-8 编码", "the file is not UTF-8"},
         {"用编辑器另存为 UTF-8（不是 GBK 或 UTF-16）", "save it as UTF-8 (not GBK or UTF-16)"});
  return false;
}

// Both calls end: yaml-cpp goes on forever only if it is asked for documents until it has no more.
std::optional<Node> read(std::string_view text, std::uint32_t file, Diagnostics& out) {
  const SourceLines lines(text);
  TreeBuilder builder(lines, file, out);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      Node empty;
      empty.at = empty.inside = {file, 0, 0, 1};
      return empty;
    }
    if (builder.stopped()) return std::nullopt;
    Node root = builder.take();
    Diagnostics ignored;
    TreeBuilder rest(lines, file, ignored);
    if (parser.HandleNextDocument(rest)) {
      const SourceSpan at = rest.take().at;
      const YamlAdvice advice = advise(lines, {at.line == 0 ? 0 : at.line - 1, 0, {}});
      if (advice.code != "R001") {
        report(out, advice.code, advice.span(lines, file), advice.message, advice.suggestion);
      } else {
        report(out, "R002", at,
               {"前面的内容已结束，此处多出内容", "the document has ended before this"},
               {"一个文件只写一份文档（不用 ---），文字中的特殊符号请加引号",
                "one document per file (no ---); put a text with special characters in quotes"});
      }
      return std::nullopt;
    }
    return root;
  } catch (const YAML::Exception& error) {
    if (builder.stopped()) return std::nullopt;
    YamlStop stop;
    stop.message = error.msg;
    if (!error.mark.is_null()) {
      stop.line = static_cast<std::size_t>(error.mark.line);
      stop.column = static_cast<std::size_t>(error.mark.column);
    }
    const YamlAdvice advice = advise(lines, stop);
    if (advice.code != "R001" || advice.at_known) {
      report(out, advice.code, advice.span(lines, file), advice.message, advice.suggestion);
    } else {
      report(out, "R001", lines.span(file, lines.position(stop.line, stop.column), 1),
             yaml_message(error.msg), advice.suggestion);
    }
    return std::nullopt;
  }
}

}  // namespace

std::optional<Node> parse_document(const SourceText& source, std::uint32_t file, Diagnostics& out) {
  if (!readable(source, file, out)) return std::nullopt;
  std::string_view text = source.bytes;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  return read(text, file, out);
}

}  // namespace lianqing
