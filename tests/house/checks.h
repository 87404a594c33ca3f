// The rules of the house as functions from text to findings: who may include whom, where a library
// may appear, what would make the fold depend on more than its inputs, names, sizes, orphans,
// layout. The tables are in checks.cc. No check reads a file: house_test.cc gives them the tree.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace lianqing::house {

using Strings = std::vector<std::string>;

// The same text three times, with equal lines and columns. `text`: as it is. `code`: without
// comments and without the insides of literals. `prose`: comments only.
struct SourceFile {
  std::string path;  // from the root of the tree
  Strings text, code, prose;

  bool is_header() const { return path.ends_with(".h"); }
  std::string top() const { return path.substr(0, path.find('/')); }
};

SourceFile source(const std::string& path, const std::string& text);
Strings lines_of(const std::string& text);

struct Finding {
  std::string path;
  std::size_t line;  // from 1; 0: the file as a whole
  std::string message;
};
using Findings = std::vector<Finding>;

std::string render(const Findings& findings);
void append(Findings& to, Findings from);

struct Include {
  std::size_t line;
  std::string target;
  bool quoted;
};

std::vector<Include> includes_of(const SourceFile& file);
// The top folder a rooted include path belongs to; empty if it is none of ours.
std::string home_of(const std::string& target);
// The headers of rules/ that engine/ may include.
const std::set<std::string>& artefact();

Findings check_edges(const SourceFile& file);
Findings check_confinement(const SourceFile& file);
// `header`: the file's own header, where its members are declared; may be null.
Findings check_determinism(const SourceFile& file, const SourceFile* header);
Findings check_names(const SourceFile& file);
// A header's types at namespace scope: two of one name in one namespace share template code by the
// linker's choice, whatever they hold.
struct TypeName {
  std::string name;  // with its namespace
  std::string path;
  std::size_t line;
};
std::vector<TypeName> types_of(const SourceFile& header);
Findings check_one_type_a_name(std::vector<TypeName> types);

inline constexpr std::size_t kMostLinesSource = 700;
inline constexpr std::size_t kMostLinesHeader = 300;
struct SizeException {
  std::string path;
  std::size_t most;
  std::string reason;
};
const std::vector<SizeException>& size_exceptions();
Findings check_size(const SourceFile& file, const std::vector<SizeException>& exceptions);

// Any text file of the tree.
Findings check_layout(const SourceFile& file);
Findings check_todo(const SourceFile& file);
// `build`: the text of CMakeLists.txt.
Findings check_listed(const std::string& path, const std::string& build);
Findings check_build(const std::string& build);
// Links of a Markdown page to other files; `exists` is asked with a path from the root.
using Exists = std::function<bool(const std::string&)>;
Findings check_links(const SourceFile& page, const Exists& exists);

}  // namespace lianqing::house
