#include "rules/format.h"

#include <algorithm>
#include <vector>

#include "rules/document.h"
#include "rules/report.h"

namespace lianqing {
namespace {

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.quoted != b.quoted || a.text != b.text ||
      a.entries.size() != b.entries.size() || a.items.size() != b.items.size())
    return false;
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !same(a.entries[i].value, b.entries[i].value))
      return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
  }
  return true;
}

std::vector<std::string> lines_of(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    if (line.ends_with('\r')) line.pop_back();
    out.push_back(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(" \t") + 1);
  return text;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

// One blank-separated `- ` or the end of the line after the dash.
bool is_dash(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] == '-' && (at + 1 == text.size() || text[at + 1] == ' ');
}

// Where a comment begins at or after `at`: `#` after a blank; the line's end if there is none.
bool begins_comment(std::string_view text, std::size_t at) {
  return text[at] == '#' && (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t');
}

class Layout {
 public:
  explicit Layout(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  std::string run() {
    for (const std::string& line : lines_) take(line);
    flush_comments(0, 0);
    std::string out;
    for (std::size_t i = 0; i < out_.size(); ++i) {
      if (wants_empty_line(i)) out += "\n";
      out += out_[i].text + "\n";
    }
    return out;
  }

 private:
  // A level of the block structure: where it began in the text and where it begins now.
  struct Level {
    std::size_t was = 0, now = 0;
    bool list = false;
  };
  struct Line {
    std::string text;
    bool top = false;  // a section's first line, or a comment right above it
  };
  struct Comment {
    std::string text;
    std::size_t was = 0;
  };

  void take(const std::string& line) {
    if (block_) {
      if (is_blank(line)) {
        out_.push_back({without_trailing_blanks(line), false});
        return;
      }
      const std::size_t indent = line.find_first_not_of(' ');
      if (indent > block_was_) {
        out_.push_back(
            {std::string(indent - block_was_ + block_now_, ' ') + line.substr(indent), false});
        return;
      }
      block_ = false;
    }
    if (quote_ == 0 && is_blank(line)) return put_empty();
    if (quote_ != 0 && is_blank(line)) {
      out_.push_back({"", false});
      return;
    }
    const std::size_t indent = line.find_first_not_of(" \t");
    if (quote_ != 0) return put(base_ + 2, scan(line.substr(indent), 0));
    if (depth_ > 0) return take_flow(line, indent);
    if (line[indent] == '#') {
      comments_.push_back({without_trailing_blanks(line.substr(indent)), indent});
      return;
    }
    take_structure(line, indent);
  }

  void put(std::size_t indent, std::string text) {
    out_.push_back({without_trailing_blanks(std::string(indent, ' ') + std::move(text)), false});
  }

  void put_empty() {
    if (!comments_.empty()) {
      comments_.push_back({"", 0});
    } else if (!out_.empty() && !out_.back().text.empty()) {
      out_.push_back({"", false});
    }
  }

  void take_flow(const std::string& line, std::size_t indent) {
    const bool closes = line[indent] == '}' || line[indent] == ']';
    const std::size_t in = base_ + 2 * (depth_ - (closes ? 1 : 0));
    put(in, line[indent] == '#' ? line.substr(indent) : scan(line.substr(indent), 0));
  }

  // ---- block structure

  void take_structure(const std::string& line, std::size_t indent) {
    const bool list = is_dash(line, indent);
    if (!list && key_end(line, indent) == std::string::npos && !levels_.empty() && continues_) {
      // A text that goes on, or a value below its key.
      const std::string rest = line.substr(indent);
      return put(base_ + 2, std::string_view("{[\"'").find(rest[0]) == std::string_view::npos
                                ? rest
                                : scan(rest, 0));
    }
    const std::vector<Level> before = levels_;
    enter(indent, list);
    const std::size_t now = levels_.back().now;
    const bool top = now == 0 && !list;
    place_comments(before, indent, now, top);
    std::string text;
    std::size_t at = indent;
    std::size_t column = now;
    while (is_dash(line, at)) {
      const std::size_t next = line.find_first_not_of(' ', at + 1);
      text += "-";
      if (next == std::string::npos || line[next] == '#') {
        if (next != std::string::npos) text += " " + line.substr(next);
        at = line.size();
        continues_ = true;
        break;
      }
      text += " ";
      column += 2;
      at = next;
      const bool inner = is_dash(line, at);
      if (inner || key_end(line, at) != std::string::npos) levels_.push_back({at, column, inner});
    }
    base_ = levels_.back().now;
    if (at < line.size()) text += entry(line, at);
    put(now, std::move(text));
    out_.back().top = top;
  }

  void enter(std::size_t indent, bool list) {
    while (!levels_.empty() && levels_.back().was > indent) levels_.pop_back();
    while (levels_.size() > 1 && levels_.back().was == indent && levels_.back().list && !list &&
           levels_[levels_.size() - 2].was == indent)
      levels_.pop_back();
    if (levels_.empty()) {
      levels_.push_back({indent, 0, list});
    } else if (levels_.back().was < indent ||
               (levels_.back().was == indent && list && !levels_.back().list)) {
      levels_.push_back({indent, levels_.back().now + 2, list});
    }
  }

  // The colon that ends a key which begins at `at`; npos if there is none.
  static std::size_t key_end(std::string_view line, std::size_t at) {
    if (at >= line.size() || line[at] == '{' || line[at] == '[') return std::string::npos;
    std::size_t i = at;
    if (line[at] == '"' || line[at] == '\'') {
      for (++i; i < line.size() && line[i] != line[at]; ++i) {
        if (line[i] == '\\' && line[at] == '"') ++i;
      }
      i = std::min(i + 1, line.size());
      while (i < line.size() && line[i] == ' ') ++i;
      const bool ends = i < line.size() && line[i] == ':';
      return ends && (i + 1 == line.size() || line[i + 1] == ' ') ? i : std::string::npos;
    }
    for (; i < line.size(); ++i) {
      if (i > at && begins_comment(line, i)) return std::string::npos;
      if (line[i] == ':' && (i + 1 == line.size() || line[i + 1] == ' ')) return i;
    }
    return std::string::npos;
  }

  // `key: value` or a value, from `at` to the end of the line.
  std::string entry(const std::string& line, std::size_t at) {
    std::string out;
    const std::size_t colon = key_end(line, at);
    if (colon != std::string::npos) {
      out = without_trailing_blanks(line.substr(at, colon - at)) + ":";
      at = line.find_first_not_of(' ', colon + 1);
      if (at == std::string::npos) {
        continues_ = true;  // the value may begin below
        return out;
      }
      out += line[at] == '#' ? std::string(at - colon - 1, ' ') : " ";
    }
    const char first = line[at];
    if (first == '|' || first == '>') {
      block_ = true;
      block_was_ = levels_.back().was;
      block_now_ = levels_.back().now;
      return out + line.substr(at);
    }
    if (first == '#') return out + line.substr(at);
    if (first == '{' || first == '[' || first == '"' || first == '\'') {
      continues_ = false;
      return out + scan(line.substr(at), 0);
    }
    continues_ = true;
    return out + line.substr(at);
  }

  // ---- values

  // Blanks inside brackets put right; what is in quotes or comments stays. Follows quotes and
  // brackets over the end of the line.
  std::string scan(std::string_view text, std::size_t at) {
    std::string out;
    bool trim = false;  // blanks that come are dropped
    while (at < text.size()) {
      const char c = text[at];
      if (quote_ != 0) {
        out += c;
        if (c == '\\' && quote_ == '"' && at + 1 < text.size()) out += text[++at];
        if (c == quote_) quote_ = 0;
        ++at;
        continue;
      }
      if (begins_comment(text, at)) return out + std::string(text.substr(at));
      if (c == ' ' || c == '\t') {
        const std::size_t next = std::min(text.find_first_not_of(" \t", at), text.size());
        const bool before_close =
            next < text.size() && depth_ > 0 &&
            std::string_view("}],").find(text[next]) != std::string_view::npos;
        const bool comment = next < text.size() && text[next] == '#';
        if (comment || (!trim && !before_close)) out += text.substr(at, next - at);
        if (trim && !comment && !before_close && pending_blank_) out += ' ';
        trim = pending_blank_ = false;
        at = next;
        continue;
      }
      if (trim && pending_blank_ && c != '}' && c != ']') out += ' ';
      trim = pending_blank_ = false;
      out += c;
      ++at;
      if ((c == '"' || c == '\'') && opens_quote(out)) quote_ = c;
      if (c == '{' || c == '[') {
        ++depth_;
        trim = true;
      } else if ((c == '}' || c == ']') && depth_ > 0) {
        --depth_;
      } else if (depth_ > 0 && c == ',') {
        trim = pending_blank_ = at < text.size();
      } else if (depth_ > 0 && c == ':' && at < text.size() && text[at] == ' ') {
        trim = pending_blank_ = true;
      }
    }
    pending_blank_ = false;
    return out;
  }

  // A quote opens a text only where a value can begin: not in the middle of a plain one.
  static bool opens_quote(const std::string& written) {
    const std::size_t before = written.find_last_not_of(" \t", written.size() - 2);
    if (written.size() < 2 || before == std::string::npos) return true;
    return std::string_view("{[,:").find(written[before]) != std::string_view::npos;
  }

  // ---- comments and empty lines

  // A comment goes with the line below it, or with the level it stood at.
  void place_comments(const std::vector<Level>& before, std::size_t was, std::size_t now,
                      bool top) {
    // Comments that touch the line belong to it; the rest to what was above.
    std::size_t first_own = comments_.size();
    while (first_own > 0 && comments_[first_own - 1].was == was &&
           !comments_[first_own - 1].text.empty())
      --first_own;
    for (std::size_t i = 0; i < comments_.size(); ++i) {
      if (comments_[i].text.empty()) {
        if (!out_.empty() && !out_.back().text.empty()) out_.push_back({"", false});
        continue;
      }
      std::size_t in = now;
      if (comments_[i].was != was) {
        for (const Level& level : before) {
          if (level.was <= comments_[i].was) in = level.now;
        }
      }
      put(in, comments_[i].text);
      out_.back().top = i >= first_own && top;
    }
    comments_.clear();
  }

  void flush_comments(std::size_t was, std::size_t now) {
    place_comments(levels_, was, now, false);
    while (!out_.empty() && out_.back().text.empty()) out_.pop_back();
  }

  // An empty line between sections, if either takes several lines.
  bool wants_empty_line(std::size_t i) const {
    if (i == 0 || !out_[i].top || out_[i - 1].text.empty()) return false;
    const bool begins = !out_[i - 1].top || out_[i - 1].text[0] != '#';
    const bool long_before = !out_[i - 1].top;
    const bool long_here = out_[i].text[0] == '#' ||
                           (i + 1 < out_.size() && !out_[i + 1].top && !out_[i + 1].text.empty());
    return begins && (long_before || long_here);
  }

  std::vector<std::string> lines_;
  std::vector<Line> out_;
  std::vector<Level> levels_;
  std::vector<Comment> comments_;
  std::size_t base_ = 0;    // where the innermost entry stands now
  std::size_t depth_ = 0;   // of open brackets
  char quote_ = 0;          // of an open text
  bool continues_ = false;  // a line without a key goes on with the value above
  bool pending_blank_ = false;
  bool block_ = false;  // inside the text of | or >
  std::size_t block_was_ = 0, block_now_ = 0;
};

}  // namespace

Checked<std::string> format_yaml(const SourceText& source) {
  Diagnostics out;
  const auto before = parse_document(source, 0, out);
  if (!before || has_error(out)) return Unexpected<Diagnostics>(std::move(out));
  std::string text = Layout(lines_of(source.bytes)).run();
  Diagnostics again;
  const auto after = parse_document({source.name, text}, 0, again);
  if (after && !has_error(again) && same(*before, *after)) return text;
  report(out, "R033", {0, 0, 0, 1},
         {"这个文件的写法不能在不改变内容的前提下整理，未作改动",
          "this file cannot be laid out anew without changing what it says; it is left as it is"},
         {"先用 lianqing check 看看它怎样被读取", "see with lianqing check how it is read"});
  return Unexpected<Diagnostics>(std::move(out));
}

}  // namespace lianqing
