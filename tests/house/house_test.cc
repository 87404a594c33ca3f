// Keeps the rules of the house: who may include whom, where a library may appear, what would make
// the fold depend on more than its inputs, names, sizes, orphans, layout. Every check is a function
// from text to findings, so that the second half of this file can show that each is able to fail.
// CONTRIBUTING.md says the same in prose; the tables below are what counts.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#ifndef LIANQING_SOURCE_DIR
#define LIANQING_SOURCE_DIR "."
#endif

namespace lianqing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// ---- the tables
// ------------------------------------------------------------------------------------

// Folder -> the folders whose headers it may include. tests/ and bench/ may include anything.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"include", {"include"}},
    {"rules", {"include", "rules"}},
    {"engine", {"include", "engine"}},  // and the artefact below
    {"connectors", {"include", "connectors"}},
    {"cli", {"include", "rules", "engine", "connectors", "cli"}},
};

// What the engine knows of the language: the compiled program, the headers that one includes, and
// the patterns a program carries. Adding a row here needs an ADR.
const std::set<std::string> kArtefact = {"rules/program.h", "rules/zone.h", "rules/calendar.h",
                                         "rules/expr.h", "rules/regex.h"};

// Third-party header -> the only files that may include it.
struct Confinement {
  std::string library, header, files;
};
const std::vector<Confinement> kConfined = {
    {"yaml-cpp", R"(yaml-cpp/.*)", R"(rules/document\.cc)"},
    {"RocksDB", R"(rocksdb/.*)", R"(engine/store/rocks_store\.cc)"},
    {"Asio, Beast, Boost.JSON", R"(boost/(asio|beast|json|url)(/.*|\.hpp))", R"(connectors/.*)"},
    {"Boost.Unordered", R"(boost/unordered/.*)", R"((engine|connectors|cli)/.*)"},
    {"simdjson", R"(simdjson.*)", R"(connectors/decode\.cc)"},
    {"spdlog and fmt", R"((spdlog|fmt)/.*)", R"(cli/.*)"},
    {"CLI11", R"(CLI/.*)", R"(cli/.*)"},
    {"date", R"(date/.*)", R"(rules/zone\.cc)"},
    {"RE2", R"(re2/.*)", R"(rules/regex\.cc)"},
    {"utf8proc", R"(utf8proc\.h)", R"(rules/identifier\.cc)"},
    {"OpenSSL", R"(openssl/.*)", R"(engine/digest\.cc)"},
    {"zlib", R"(zlib\.h)", R"(connectors/.*)"},
    {"xxHash", R"(xxhash\.h)", R"((engine|connectors)/.*\.cc)"},
    {"tl::expected", R"(tl/expected\.hpp)", R"(include/lianqing/result\.h)"},
    {"the operating system", R"((sys/|netinet/|arpa/|linux/)?[a-z0-9_]+\.h)",
     R"((connectors|cli|engine/store)/.*)"},
};

// In rules/ and engine/: same inputs, same bytes out. Pattern -> what to use in its place.
struct Ban {
  std::string pattern, advice;
};
const std::vector<Ban> kBans = {
    {R"(_clock\s*::\s*now|\b(clock_gettime|gettimeofday|time_t)\b|\btime\s*\(\s*(0|NULL|nullptr)\s*\))",
     "no clock is read here: take the instant as an argument; admission's caller states it"},
    {R"(\b(srand|rand|rand_r|drand48)\s*\(|\brandom_device\b|\bmt19937|\bdefault_random_engine\b)",
     "no randomness here; a seeded generator belongs in tests/"},
    {R"(\b(getenv|secure_getenv|setenv)\b)",
     "no environment here: cli/ reads it and passes a value"},
    {R"(\b(sto[dfil]|stold|stoll|stoul|stoull|strto[dfl]|strtold|strtoll|strtoull|ato[fil]|atoll)\b)",
     "depends on the locale or throws: use std::from_chars or Number::parse"},
    {R"(\b(setlocale|imbue)\b|std::locale\b)",
     "no locale here: use std::from_chars and std::to_chars"},
    {R"(std::hash\b)", "differs between libraries: use the fixed hash (ContentHash, XXH3)"},
    {R"(\b(map|set)\s*<\s*(const\s+)?[A-Za-z_:]+\s*\*)",
     "addresses differ from run to run: order by an index or an id"},
    {R"(std::(cout|cerr|clog)\b|\bf?printf\s*\()",
     "nothing is logged here: return an error or a count, cli/ shows it"},
};

const std::set<std::string> kVagueWords = {
    "manager",    "handler", "helper", "util", "utility", "common", "misc",   "processor",
    "controller", "service", "impl",   "base", "info",    "data",   "wrapper"};

constexpr std::size_t kMostLinesSource = 700;
constexpr std::size_t kMostLinesHeader = 300;
struct SizeException {
  std::string path;
  std::size_t most;
  std::string reason;
};
const std::vector<SizeException> kSizeExceptions = {};

// ---- a file, three ways
// ------------------------------------------------------------------------------

// The same text three times, with equal lines and columns. `text`: as it is. `code`: without
// comments and without the insides of literals. `prose`: comments only.
struct SourceFile {
  std::string path;  // from the root of the tree
  Strings text, code, prose;

  bool is_header() const { return path.ends_with(".h"); }
  std::string top() const { return path.substr(0, path.find('/')); }
};

Strings lines_of(const std::string& text) {
  Strings out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

SourceFile source(const std::string& path, const std::string& text) {
  std::string code = text, prose = text;
  const auto blank = [&text](std::string& in, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < text.size(); ++i) {
      if (text[i] != '\n') in[i] = ' ';
    }
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t from = at;
    if (text.compare(at, 2, "//") == 0) {
      at = std::min(text.find('\n', at), text.size());
      blank(code, from, at);
    } else if (text.compare(at, 2, "/*") == 0) {
      const std::size_t end = text.find("*/", at + 2);
      at = end == std::string::npos ? text.size() : end + 2;
      blank(code, from, at);
    } else if (text.compare(at, 2, "R\"") == 0 && (at == 0 || !is_word(text[at - 1]))) {
      const std::size_t open = std::min(text.find('(', at), text.size());
      const std::string close = ")" + text.substr(at + 2, open - at - 2) + "\"";
      const std::size_t end = text.find(close, open);
      at = end == std::string::npos ? text.size() : end + close.size();
      blank(code, from + 2, at - 1);
      blank(prose, from, at);
    } else if (text[at] == '"' || (text[at] == '\'' && (at == 0 || !is_word(text[at - 1])))) {
      const char quote = text[at++];
      while (at < text.size() && text[at] != quote && text[at] != '\n')
        at += text[at] == '\\' ? 2 : 1;
      at = std::min(at + 1, text.size());
      blank(code, from + 1, at - 1);
      blank(prose, from, at);
    } else {
      ++at;
      blank(prose, from, at);
    }
  }
  return {path, lines_of(text), lines_of(code), lines_of(prose)};
}

// ---- findings
// ------------------------------------------------------------------------------------------

struct Finding {
  std::string path;
  std::size_t line;  // from 1; 0: the file as a whole
  std::string message;
};
using Findings = std::vector<Finding>;

std::string render(const Findings& findings) {
  std::string out = std::to_string(findings.size()) + " finding(s)\n";
  for (const Finding& f : findings) {
    out += f.path + (f.line == 0 ? "" : ":" + std::to_string(f.line)) + ": " + f.message + "\n";
  }
  return out;
}

void append(Findings& to, Findings from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// ---- includes
// ------------------------------------------------------------------------------------------

struct Include {
  std::size_t line;
  std::string target;
  bool quoted;
};

std::vector<Include> includes_of(const SourceFile& file) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::vector<Include> out;
  for (std::size_t i = 0; i < file.text.size(); ++i) {
    std::smatch m;
    // The code view tells a real directive from one inside a comment or a raw string.
    if (file.code[i].find("include") == std::string::npos) continue;
    if (std::regex_match(file.text[i], m, kInclude)) out.push_back({i + 1, m[2], m[1] == "\""});
  }
  return out;
}

// The top folder a rooted include path belongs to; empty if it is none of ours.
std::string home_of(const std::string& target) {
  if (target.starts_with("lianqing/")) return "include";
  for (const char* top : {"rules", "engine", "connectors", "cli", "tests", "bench"}) {
    if (target.starts_with(std::string(top) + "/")) return top;
  }
  return "";
}

Findings check_edges(const SourceFile& file) {
  Findings out;
  for (const Include& include : includes_of(file)) {
    const std::string home = home_of(include.target);
    if (home.empty() && include.quoted) {
      out.push_back({file.path, include.line,
                     "\"" + include.target +
                         "\" is not rooted: write the path from the root of "
                         "the tree (\"engine/fold.h\"), and <...> for a library"});
    }
    if (!home.empty() && !include.quoted) {
      out.push_back({file.path, include.line, "write our own headers with quotes, not <...>"});
    }
    const auto allowed = kMayInclude.find(file.top());
    if (home.empty() || allowed == kMayInclude.end() || allowed->second.contains(home)) continue;
    if (file.top() == "engine" && kArtefact.contains(include.target)) continue;
    std::string may;
    for (const std::string& folder : allowed->second) may += " " + folder + "/";
    if (file.top() == "engine") may += " and rules/program.h";
    out.push_back({file.path, include.line,
                   file.top() + "/ may not include " + include.target + " (only" + may +
                       "): move the type both need down, or let cli/ connect the two"});
  }
  return out;
}

Findings check_confinement(const SourceFile& file) {
  if (!kMayInclude.contains(file.top())) return {};  // tests/ and bench/ may use any library
  static const std::regex kStandard(R"([a-z_0-9]+)");
  static const std::map<std::string, std::pair<std::regex, std::regex>> kCompiled = [] {
    std::map<std::string, std::pair<std::regex, std::regex>> made;
    for (const Confinement& c : kConfined)
      made[c.library] = {std::regex(c.header), std::regex(c.files)};
    return made;
  }();
  Findings out;
  for (const Include& include : includes_of(file)) {
    if (include.quoted || !home_of(include.target).empty()) continue;
    if (std::regex_match(include.target, kStandard)) continue;
    const auto row = std::find_if(kConfined.begin(), kConfined.end(), [&](const Confinement& c) {
      return std::regex_match(include.target, kCompiled.at(c.library).first);
    });
    if (row == kConfined.end()) {
      out.push_back({file.path, include.line,
                     "<" + include.target +
                         "> is a library no row of kConfined allows: write an "
                         "ADR, then add the row to tests/house/house_test.cc"});
    } else if (!std::regex_match(file.path, kCompiled.at(row->library).second)) {
      out.push_back({file.path, include.line,
                     row->library + " is confined to " + row->files +
                         ": call what that file "
                         "offers, or offer more there"});
    }
  }
  return out;
}

// ---- determinism
// -----------------------------------------------------------------------------------------

// Names declared in `code` as a template whose name matches `family`: `unordered_map<A, B<C>>
// name`.
std::set<std::string> declared_as(const Strings& code, const std::regex& family) {
  std::string all;
  for (const std::string& line : code) all += line + "\n";
  std::set<std::string> out;
  for (std::sregex_iterator m(all.begin(), all.end(), family), end; m != end; ++m) {
    std::size_t at = static_cast<std::size_t>(m->position() + m->length());
    for (int depth = 1; at < all.size() && depth > 0; ++at) {
      depth += all[at] == '<' ? 1 : all[at] == '>' ? -1 : 0;
    }
    while (at < all.size() && (std::isspace(static_cast<unsigned char>(all[at])) || all[at] == '&'))
      ++at;
    const std::size_t from = at;
    while (at < all.size() && is_word(all[at])) ++at;
    if (at > from) out.insert(all.substr(from, at - from));
  }
  return out;
}

// `header`: the file's own header, where its members are declared; may be null.
Findings check_iteration(const SourceFile& file, const SourceFile* header) {
  static const std::regex kUnordered(R"(\bunordered_\w+\s*<)");
  static const std::regex kOrdered(R"(\b(vector|array|span|map|set|deque|list)\s*<)");
  static const std::regex kLoop(R"(\bfor\s*\(.*[^:]:\s*([^:].*)\)\s*[^)]*$)");
  static const std::regex kBegin(R"((\w+)\s*(\.|->)\s*c?begin\s*\()");
  static const std::regex kLastName(R"(.*?(\w+)[\s()]*$)");
  Strings code = file.code;
  if (header != nullptr) code.insert(code.end(), header->code.begin(), header->code.end());
  std::set<std::string> names = declared_as(code, kUnordered);
  for (const std::string& both : declared_as(code, kOrdered)) names.erase(both);
  Findings out;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    std::smatch m, last;
    std::string over;
    if (std::regex_search(file.code[i], m, kLoop)) {
      const std::string range = m[1];
      if (range.find("unordered_") != std::string::npos) over = range;
      if (std::regex_match(range, last, kLastName) && names.contains(last[1])) over = last[1];
    } else if (std::regex_search(file.code[i], m, kBegin) && names.contains(m[1])) {
      over = m[1];
    }
    if (over.empty()) continue;
    out.push_back({file.path, i + 1,
                   "the order of unordered '" + over +
                       "' is nobody's promise: look up in it, but "
                       "range over a sorted vector or a dense index"});
  }
  return out;
}

Findings check_statics(const SourceFile& file) {
  static const std::regex kStatic(R"(\b(static|thread_local)\s+([^;({=]*)([;({=]|$))");
  static const std::regex kGlobal(
      R"(^(inline\s+|extern\s+|static\s+)*[A-Za-z_][\w:]*(<[^;()]*>)?[\s*&]+[a-z_]\w*(\[\w*\])?\s*(;|\{.*|=[^=].*)$)");
  static const std::regex kNoVariable(
      R"(\b(const|constexpr|using|typedef|struct|class|enum|union|namespace|template|friend|return|operator|public|private|else|goto|do|throw)\b|__extension__)");
  Findings out;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    const std::string& line = file.code[i];
    std::smatch m;
    bool found =
        std::regex_search(line, m, kStatic) && m[3] != "(" && !std::regex_search(line, kNoVariable);
    // Formatted code has namespace scope, and only that, in column 0.
    found = found || (std::regex_match(line, kGlobal) && !std::regex_search(line, kNoVariable));
    if (!found) continue;
    out.push_back({file.path, i + 1,
                   "a variable that outlives its call: make it constexpr or const, or a member of "
                   "what owns it"});
  }
  return out;
}

Findings check_determinism(const SourceFile& file, const SourceFile* header) {
  if (file.top() != "rules" && file.top() != "engine") return {};
  static const std::vector<std::regex> kPatterns = [] {
    std::vector<std::regex> made;
    for (const Ban& ban : kBans) made.emplace_back(ban.pattern);
    return made;
  }();
  Findings out;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    for (std::size_t b = 0; b < kBans.size(); ++b) {
      std::smatch m;
      if (!std::regex_search(file.code[i], m, kPatterns[b])) continue;
      out.push_back({file.path, i + 1, "'" + m.str() + "': " + kBans[b].advice});
    }
  }
  append(out, check_iteration(file, header));
  append(out, check_statics(file));
  return out;
}

// ---- names, sizes, layout
// ----------------------------------------------------------------------------------

// The last word of `snake_case` or `PascalCase`, in lower case, without a plural s.
std::string last_word(const std::string& name) {
  std::size_t from = name.size();
  while (from > 0 && name[from - 1] != '_') {
    --from;
    if (std::isupper(static_cast<unsigned char>(name[from]))) break;
  }
  std::string out;
  for (const char c : name.substr(from)) {
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (out.size() > 3 && out.ends_with('s') && kVagueWords.contains(out.substr(0, out.size() - 1))) {
    out.pop_back();
  }
  return out;
}

Findings check_names(const SourceFile& file) {
  static const std::regex kType(
      R"(\b(class|struct|concept|union|enum\s+class|enum)\s+([A-Za-z_]\w*))");
  const std::string advice = " says nothing: name what it holds or does (Shard, Outbox, Registry)";
  Findings out;
  for (const fs::path& part : fs::path(file.path)) {
    const std::string word = last_word(part.stem().string());
    if (kVagueWords.contains(word)) {
      out.push_back({file.path, 0, "'" + word + "' as the name of a file or folder" + advice});
    }
  }
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    const std::string& line = file.code[i];
    for (std::sregex_iterator m(line.begin(), line.end(), kType), end; m != end; ++m) {
      const std::string name = (*m)[2];
      if (!kVagueWords.contains(last_word(name))) continue;
      out.push_back({file.path, i + 1, "type '" + name + "': its last word" + advice});
    }
  }
  return out;
}

Findings check_size(const SourceFile& file, const std::vector<SizeException>& exceptions) {
  const std::size_t usual = file.is_header() ? kMostLinesHeader : kMostLinesSource;
  std::size_t most = usual;
  Findings out;
  for (const SizeException& e : exceptions) {
    if (e.path != file.path) continue;
    most = e.most;
    if (file.text.size() <= usual) {
      out.push_back(
          {file.path, 0, "is within the usual size again: remove its row from kSizeExceptions"});
    }
    if (e.reason.empty())
      out.push_back({file.path, 0, "its row in kSizeExceptions gives no reason"});
  }
  if (file.text.size() > most) {
    out.push_back({file.path, 0,
                   std::to_string(file.text.size()) + " lines, at most " + std::to_string(most) +
                       ": split it by noun, or add a row with a reason to kSizeExceptions"});
  }
  return out;
}

// Any text file of the tree.
Findings check_layout(const SourceFile& file) {
  Findings out;
  for (std::size_t i = 0; i < file.text.size(); ++i) {
    const std::string& line = file.text[i];
    if (line.find('\t') != std::string::npos) out.push_back({file.path, i + 1, "tab: use spaces"});
    if (line.ends_with(' ') || line.ends_with('\r')) {
      out.push_back({file.path, i + 1, "white space at the end of the line: remove it"});
    }
  }
  return out;
}

Findings check_todo(const SourceFile& file) {
  static const std::regex kTodo(R"(\b(TODO|FIXME|XXX)\b(?!\(#[0-9]+\)))");
  Findings out;
  for (std::size_t i = 0; i < file.prose.size(); ++i) {
    if (!std::regex_search(file.prose[i], kTodo)) continue;
    out.push_back({file.path, i + 1, "open an issue and name it, TODO(#12), or do it now"});
  }
  return out;
}

// `build`: the text of CMakeLists.txt.
Findings check_listed(const std::string& path, const std::string& build) {
  std::istringstream in(build);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) {
      word.erase(std::remove_if(word.begin(), word.end(),
                                [](char c) { return c == '(' || c == ')' || c == '"'; }),
                 word.end());
      if (word == path || word.ends_with("(" + path) || word == "${PROJECT_SOURCE_DIR}/" + path)
        return {};
    }
  }
  return {{path, 0, "is in no target: list it in CMakeLists.txt, or delete it"}};
}

Findings check_build(const std::string& build) {
  static const std::regex kGlob(R"(\bfile\s*\(\s*GLOB|\baux_source_directory\b)");
  Findings out;
  const Strings lines = lines_of(build);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!std::regex_search(lines[i], kGlob)) continue;
    out.push_back({"CMakeLists.txt", i + 1, "no globbing: list the files"});
  }
  return out;
}

// Links of a Markdown page to other files of the tree; `exists` is asked with a path from the root.
template <class Exists>
Findings check_links(const SourceFile& page, Exists exists) {
  static const std::regex kLink(R"(\]\(([^)#\s]+)(#[^)]*)?\))");
  Findings out;
  for (std::size_t i = 0; i < page.text.size(); ++i) {
    const std::string& line = page.text[i];
    for (std::sregex_iterator m(line.begin(), line.end(), kLink), end; m != end; ++m) {
      const std::string target = (*m)[1];
      if (target.find(':') != std::string::npos) continue;
      const fs::path path = (fs::path(page.path).parent_path() / target).lexically_normal();
      if (exists(path.generic_string())) continue;
      out.push_back({page.path, i + 1, "the link to " + target + " leads nowhere"});
    }
  }
  return out;
}

// ---- the tree
// ------------------------------------------------------------------------------------------------

struct Tree {
  std::map<std::string, SourceFile> sources;  // C++
  std::map<std::string, SourceFile> pages;    // Markdown, scripts, Python, CMake
  std::string build;                          // CMakeLists.txt
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const Tree& tree() {
  static const Tree kTree = [] {
    const fs::path root = LIANQING_SOURCE_DIR;
    Tree made;
    made.build = read(root / "CMakeLists.txt");
    for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator();
         ++at) {
      const std::string path = at->path().lexically_relative(root).generic_string();
      const std::string name = at->path().filename().string();
      if (at->is_directory()) {
        // Golden files say what the product prints, white space and all.
        const bool skipped = name == ".git" || name == "__pycache__" || path.starts_with("build") ||
                             path == "tests/golden" || path == "examples";
        if (skipped) at.disable_recursion_pending();
        continue;
      }
      const std::string extension = at->path().extension().string();
      if (extension == ".cc" || extension == ".h") {
        made.sources.emplace(path, source(path, read(at->path())));
      } else if (extension == ".md" || extension == ".py" || extension == ".cmake" ||
                 name == "CMakeLists.txt" || path.starts_with("script/") ||
                 path.starts_with(".ci/")) {
        made.pages.emplace(path, SourceFile{path, lines_of(read(at->path())), {}, {}});
      }
    }
    return made;
  }();
  return kTree;
}

template <class Check>
Findings over_sources(Check check) {
  Findings out;
  for (const auto& [path, file] : tree().sources) append(out, check(file));
  return out;
}

const SourceFile* header_of(const SourceFile& file) {
  if (file.is_header()) return nullptr;
  const auto at = tree().sources.find(fs::path(file.path).replace_extension(".h").generic_string());
  return at == tree().sources.end() ? nullptr : &at->second;
}

#define EXPECT_CLEAN(findings)                   \
  do {                                           \
    const Findings found = (findings);           \
    EXPECT_TRUE(found.empty()) << render(found); \
  } while (false)

TEST(House, TheTreeIsRead) {
  ASSERT_TRUE(tree().sources.contains("rules/program.h"))
      << "LIANQING_SOURCE_DIR is not the root of the tree: " << LIANQING_SOURCE_DIR;
  ASSERT_FALSE(tree().build.empty());
}

TEST(House, IncludesFollowTheEdges) { EXPECT_CLEAN(over_sources(check_edges)); }

TEST(House, TheEngineKnowsTheProgramAndNothingElse) {
  // The table of what engine/ may include is closed under inclusion: no back door.
  Findings out;
  for (const std::string& path : kArtefact) {
    const auto at = tree().sources.find(path);
    if (at == tree().sources.end()) continue;
    for (const Include& include : includes_of(at->second)) {
      if (home_of(include.target) != "rules" || kArtefact.contains(include.target)) continue;
      out.push_back({path, include.line,
                     "drags " + include.target +
                         " into engine/: forward-declare "
                         "it, or move what is needed into the program"});
    }
  }
  EXPECT_CLEAN(out);
}

TEST(House, LibrariesStayWhereTheyAreConfined) { EXPECT_CLEAN(over_sources(check_confinement)); }

TEST(House, RulesAndEngineAreDeterministic) {
  EXPECT_CLEAN(
      over_sources([](const SourceFile& f) { return check_determinism(f, header_of(f)); }));
}

TEST(House, NamesSaySomething) { EXPECT_CLEAN(over_sources(check_names)); }

TEST(House, FilesAreOfAReadableSize) {
  EXPECT_CLEAN(over_sources([](const SourceFile& f) { return check_size(f, kSizeExceptions); }));
  for (const SizeException& e : kSizeExceptions) {
    EXPECT_TRUE(tree().sources.contains(e.path))
        << e.path << ": gone; remove it from kSizeExceptions";
  }
}

TEST(House, EverySourceIsInTheBuild) {
  EXPECT_CLEAN(over_sources([](const SourceFile& f) {
    return f.is_header() ? Findings{} : check_listed(f.path, tree().build);
  }));
  EXPECT_CLEAN(check_build(tree().build));
}

TEST(House, NoTabsAndNoTrailingSpace) {
  EXPECT_CLEAN(over_sources(check_layout));
  for (const auto& [path, page] : tree().pages) EXPECT_CLEAN(check_layout(page));
}

TEST(House, EveryTodoNamesItsIssue) { EXPECT_CLEAN(over_sources(check_todo)); }

TEST(House, LinksBetweenPagesLeadSomewhere) {
  for (const auto& [path, page] : tree().pages) {
    if (!path.ends_with(".md")) continue;
    EXPECT_CLEAN(check_links(page, [](const std::string& target) {
      return fs::exists(fs::path(LIANQING_SOURCE_DIR) / target);
    }));
  }
}

// Runs clang-format over `paths`; its own words about what differs, or "absent".
std::string misformatted(const Strings& paths) {
  std::string command = "command -v clang-format-14 >/dev/null || { echo absent; exit 0; }; cd '" +
                        std::string(LIANQING_SOURCE_DIR) +
                        "' && clang-format-14 --style=file --dry-run -Werror";
  for (const std::string& path : paths) command += " '" + path + "'";
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot start a shell";
  std::string out;
  char part[4096];
  for (std::size_t n = 0; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) out.append(part, n);
  const int status = pclose(pipe);
  if (out.starts_with("absent")) return "absent";
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return out.empty() ? "clang-format failed" : out;
}

TEST(House, FormattingIsClangFormats) {
  Strings paths;
  for (const auto& [path, file] : tree().sources) paths.push_back(path);
  const std::string found = misformatted(paths);
  if (found == "absent")
    GTEST_SKIP() << "clang-format-14 is not installed; script/bootstrap does it";
  EXPECT_TRUE(found.empty()) << "run: clang-format-14 -i FILE\n" << found.substr(0, 6000);
}

// ---- the checks are able to fail
// -----------------------------------------------------------------------------

Findings edges(const char* path, const char* text) { return check_edges(source(path, text)); }
Findings libraries(const char* path, const char* text) {
  return check_confinement(source(path, text));
}
Findings bans(const char* path, const char* text) {
  return check_determinism(source(path, text), nullptr);
}

TEST(HouseSelf, LiteralsAndCommentsAreToldFromCode) {
  const SourceFile f = source("rules/a.cc",
                              "int a = 1'000; // rand()\n"
                              "auto s = \"rand() // \\\" \"; /* rand()\n"
                              "rand() */ auto r = R\"x(rand() )\" )x\"; char c = '\"'; int b;\n");
  EXPECT_EQ(f.code[0], "int a = 1'000;          ");
  for (const std::string& line : f.code) EXPECT_EQ(line.find("rand"), std::string::npos) << line;
  EXPECT_NE(f.code[2].find("int b;"), std::string::npos);
  EXPECT_NE(f.prose[0].find("rand()"), std::string::npos);
  EXPECT_EQ(f.prose[0].find("int"), std::string::npos);
}

TEST(HouseSelf, EdgesCanFail) {
  EXPECT_EQ(edges("include/lianqing/a.h", "#include \"rules/program.h\"\n").size(), 1U);
  EXPECT_EQ(edges("rules/a.cc", "\n#include \"engine/fold.h\"\n").at(0).line, 2U);
  EXPECT_EQ(edges("engine/a.cc", "#include \"rules/parse.h\"\n").size(), 1U);
  EXPECT_EQ(edges("engine/a.cc", "#include \"connectors/registry.h\"\n").size(), 1U);
  EXPECT_EQ(edges("connectors/a.cc", "#include \"rules/program.h\"\n").size(), 1U);
  EXPECT_EQ(edges("cli/a.cc", "#include \"tests/support/build.h\"\n").size(), 1U);
  EXPECT_EQ(edges("engine/a.cc", "#include \"fold.h\"\n").size(), 1U);
  EXPECT_EQ(edges("engine/a.cc", "#include <engine/fold.h>\n").size(), 1U);
  EXPECT_CLEAN(
      edges("engine/a.cc", "#include \"rules/program.h\"\n#include \"lianqing/time.h\"\n"));
  EXPECT_CLEAN(edges("cli/a.cc", "#include \"rules/parse.h\"\n#include \"engine/fold.h\"\n"));
  EXPECT_CLEAN(edges("rules/a.cc", "// #include \"engine/fold.h\"\n"));
}

TEST(HouseSelf, ConfinementCanFail) {
  for (const char* header :
       {"yaml-cpp/yaml.h", "rocksdb/db.h", "boost/asio.hpp", "boost/beast/core.hpp",
        "boost/json.hpp", "simdjson.h", "spdlog/spdlog.h", "CLI/CLI.hpp", "date/tz.h", "re2/re2.h",
        "utf8proc.h", "openssl/evp.h", "zlib.h", "tl/expected.hpp", "unistd.h", "sys/mman.h",
        "nlohmann/json.hpp"}) {
    const std::string text = "#include <" + std::string(header) + ">\n";
    EXPECT_EQ(libraries("engine/a.cc", text.c_str()).size(), 1U) << header;
  }
  EXPECT_EQ(libraries("connectors/decode.h", "#include <simdjson.h>\n").size(), 1U);
  EXPECT_EQ(libraries("connectors/a.cc", "#include <spdlog/spdlog.h>\n").size(), 1U);
  EXPECT_CLEAN(libraries("connectors/decode.cc", "#include <simdjson.h>\n#include <vector>\n"));
  EXPECT_CLEAN(libraries("include/lianqing/result.h", "#include <tl/expected.hpp>\n"));
  EXPECT_CLEAN(libraries("tests/unit/a_test.cc", "#include <gtest/gtest.h>\n"));
}

TEST(HouseSelf, DeterminismCanFail) {
  for (const char* bad :
       {"auto t = std::chrono::system_clock::now();",
        "auto t = time(nullptr);",
        "int r = rand();",
        "std::random_device d;",
        "std::mt19937 g(1);",
        "auto e = std::getenv(\"TZ\");",
        "double d = std::stod(s);",
        "double d = strtod(s, nullptr);",
        "double d = atof(s);",
        "setlocale(LC_ALL, \"\");",
        "std::hash<int>{}(1);",
        "std::map<Rule*, int> m;",
        "std::set<const Rule*> m;",
        "std::cerr << 1;",
        "printf(\"x\");",
        "int counter = 0;",
        "Cache cache;",
        "std::vector<int> seen;",
        "  static int calls = 0;",
        "  static Cache cache;",
        "thread_local int depth;",
        "inline int counter = 0;",
        "  for (auto& x : std::unordered_map<int, int>{}) {}",
        "  std::unordered_map<int, std::vector<int>> m;\n  for (const auto& [k, v] : m) {",
        "  boost::unordered_flat_map<int, int> m_;\n  for (auto& x : this->m_) use(x);",
        "  std::unordered_set<int> s;\n  std::vector<int> v(s.begin(), s.end());"}) {
    EXPECT_EQ(bans("engine/a.cc", bad).size(), 1U) << bad << "\n"
                                                   << render(bans("engine/a.cc", bad));
    EXPECT_CLEAN(bans("cli/a.cc", bad));
  }
  for (const char* good :
       {"// rand()", "auto s = f(\"rand()\");", "  static const int kA = 1;",
        "  static Number parse(int a);", "static_assert(true);", "constexpr int kA = 1;",
        "const std::map<int, int> kA = {};", "struct Rule;", "using A = std::vector<int>;",
        "int next(int a) {", "  int local = 0;", "  for (const auto& x : sorted) {",
        "  auto t = entry.time();", "  out.rand_seed();",
        "  std::unordered_map<int, int> m;\n  if (auto at = m.find(1); at != m.end()) {",
        "  snprintf(b, 2, \"x\");", "enum class Op : std::uint8_t {", "}  // namespace lianqing"}) {
    EXPECT_CLEAN(bans("engine/a.cc", good));
  }
}

TEST(HouseSelf, MembersOfTheHeaderAreKnown) {
  const SourceFile header =
      source("engine/a.h", "struct A {\n  std::unordered_map<int, int> by_id;\n};\n");
  const SourceFile file = source("engine/a.cc", "  for (auto& x : a.by_id) {}\n");
  EXPECT_EQ(check_determinism(file, &header).size(), 1U);
}

TEST(HouseSelf, NamesCanFail) {
  EXPECT_EQ(check_names(source("engine/rule_manager.cc", "")).size(), 1U);
  EXPECT_EQ(check_names(source("engine/utils/a.cc", "")).size(), 1U);
  EXPECT_EQ(check_names(source("rules/helpers.h", "")).size(), 1U);
  EXPECT_EQ(check_names(source("rules/a.h", "class EventHandler {\n};\nstruct CodeInfo;\n")).size(),
            2U);
  EXPECT_EQ(check_names(source("rules/a.h", "enum class Base { a };\n")).size(), 1U);
  EXPECT_CLEAN(
      check_names(source("rules/database.cc", "class Database {};\n// class X Manager\n")));
}

TEST(HouseSelf, SizesCanFail) {
  const auto lines = [](std::size_t n) {
    std::string s;
    while (n-- > 0) s += "x\n";
    return s;
  };
  EXPECT_EQ(check_size(source("a.cc", lines(kMostLinesSource + 1)), {}).size(), 1U);
  EXPECT_EQ(check_size(source("a.h", lines(kMostLinesHeader + 1)), {}).size(), 1U);
  EXPECT_CLEAN(check_size(source("a.cc", lines(kMostLinesSource)), {}));
  EXPECT_CLEAN(check_size(source("a.cc", lines(900)), {{"a.cc", 900, "one table"}}));
  EXPECT_EQ(check_size(source("a.cc", lines(901)), {{"a.cc", 900, "one table"}}).size(), 1U);
  EXPECT_EQ(check_size(source("a.cc", lines(10)), {{"a.cc", 900, "one table"}}).size(), 1U);
  EXPECT_EQ(check_size(source("a.cc", lines(900)), {{"a.cc", 900, ""}}).size(), 1U);
}

TEST(HouseSelf, OrphansCanBeFound) {
  const std::string build = "add_library(a rules/a.cc\n  rules/b.cc)\n# rules/c.cc\n";
  EXPECT_CLEAN(check_listed("rules/a.cc", build));
  EXPECT_CLEAN(check_listed("rules/b.cc", build));
  EXPECT_EQ(check_listed("rules/c.cc", build).size(), 1U);
  EXPECT_EQ(check_listed("a.cc", build).size(), 1U);
  EXPECT_EQ(check_build("file(GLOB sources rules/*.cc)\n").size(), 1U);
}

TEST(HouseSelf, LayoutTodosAndLinksCanFail) {
  EXPECT_EQ(check_layout(source("a.cc", "\tint a;\nint b; \nint c;\n")).size(), 2U);
  EXPECT_EQ(check_todo(source("a.cc", "// TODO: later\n")).size(), 1U);
  EXPECT_EQ(check_todo(source("a.cc", "int a;  // FIXME\n")).size(), 1U);
  EXPECT_CLEAN(check_todo(source("a.cc", "// TODO(#12): later\nauto s = \"TODO\";\n")));
  const SourceFile page =
      source("docs/a.md", "[b](b.md) [c](../c.md#x) [d](https://d.example) [e](#e)\n");
  EXPECT_EQ(check_links(page, [](const std::string& path) { return path == "docs/b.md"; }).size(),
            1U);
  EXPECT_CLEAN(check_links(
      page, [](const std::string& path) { return path == "docs/b.md" || path == "c.md"; }));
}

TEST(HouseSelf, FormattingCanFail) {
  const fs::path bad =
      fs::temp_directory_path() / ("lianqing_house_" + std::to_string(::getpid()) + ".cc");
  std::ofstream(bad) << "int   main( ){return 0 ;}\n";
  const std::string found = misformatted({bad.string()});
  fs::remove(bad);
  if (found == "absent")
    GTEST_SKIP() << "clang-format-14 is not installed; script/bootstrap does it";
  EXPECT_NE(found, "");
}

}  // namespace
}  // namespace lianqing
