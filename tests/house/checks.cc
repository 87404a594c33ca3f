#include "tests/house/checks.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <utility>

namespace lianqing::house {

namespace fs = std::filesystem;

namespace {

// ---- the tables

// Folder -> the folders whose headers it may include. tests/ and bench/ may include anything.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"include", {"include"}},
    {"rules", {"include", "rules"}},
    {"engine", {"include", "engine"}},  // and the artefact below
    {"connectors", {"include", "connectors"}},
    {"log", {"include", "log"}},
    {"cli", {"include", "rules", "engine", "connectors", "log", "cli", "dashboard"}},
};

// What the engine knows of the language: the compiled program, the headers that one includes, the
// patterns a program carries, and the digest that names programs and warnings alike. A row more
// needs an ADR.
const std::set<std::string> kArtefact = {
    "rules/program.h", "rules/zone.h",      "rules/calendar.h",    "rules/expr.h",
    "rules/regex.h",   "rules/operators.h", "rules/fingerprint.h", "rules/span.h",
    "rules/views.h",   "rules/duties.h"};

// Third-party header -> the only files that may include it.
struct Confinement {
  std::string library, header, files;
};
const std::vector<Confinement> kConfined = {
    {"yaml-cpp", R"(yaml-cpp/.*)", R"(rules/document\.cc)"},
    {"RocksDB", R"(rocksdb/.*)", R"(engine/store/rocks_store\.cc|log/rocks_log\.cc)"},
    {"Asio, Beast, Boost.JSON", R"(boost/(asio|beast|json|url)(/.*|\.hpp))", R"(connectors/.*)"},
    {"Boost.Unordered", R"(boost/unordered/.*)", R"((engine|connectors|cli)/.*)"},
    {"Boost.Container", R"(boost/container/small_vector\.hpp)", R"(engine/.*)"},
    {"simdjson", R"(simdjson.*)", R"(connectors/decode\.cc)"},
    {"spdlog and fmt", R"((spdlog|fmt)/.*)", R"(cli/.*)"},
    {"date", R"(date/.*)", R"(rules/zone\.cc)"},
    {"RE2", R"(re2/.*)", R"(rules/regex\.cc)"},
    {"utf8proc", R"(utf8proc\.h)", R"(rules/identifier\.cc)"},
    {"OpenSSL", R"(openssl/.*)",
     R"(rules/fingerprint\.cc|engine/digest\.cc|log/sha256\.cc|connectors/.*)"},
    {"zlib", R"(zlib\.h)", R"(connectors/.*)"},
    {"libzip and expat", R"(zip\.h|expat\.h)", R"(connectors/table/xlsx_package\.cc)"},
    {"libpq", R"(libpq-fe\.h)", R"(connectors/sources/postgresql\.cc)"},
    {"zstd", R"(zstd\.h)", R"(connectors/segment/zstd\.cc)"},
    {"xxHash", R"(xxhash\.h)", R"((engine|connectors)/.*\.cc)"},
    {"tl::expected", R"(tl/expected\.hpp)", R"(include/lianqing/result\.h)"},
    {"the operating system", R"((sys/|netinet/|arpa/|linux/)?[a-z0-9_]+\.h)",
     R"((connectors|cli|engine/store)/.*|log/head_file\.cc)"},
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

const std::vector<SizeException> kSizeExceptions = {
    {"rules/codes.h", 500, "one table: a row per code"}};

}  // namespace

const std::set<std::string>& artefact() { return kArtefact; }
const std::vector<SizeException>& size_exceptions() { return kSizeExceptions; }

// ---- a file, three ways

Strings lines_of(const std::string& text) {
  Strings out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

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

std::string home_of(const std::string& target) {
  if (target.starts_with("lianqing/")) return "include";
  for (const char* top :
       {"rules", "engine", "connectors", "log", "cli", "dashboard", "tests", "bench"}) {
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
                         "ADR, then add the row to tests/house/checks.cc"});
    } else if (!std::regex_match(file.path, kCompiled.at(row->library).second)) {
      out.push_back({file.path, include.line,
                     row->library + " is confined to " + row->files +
                         ": call what that file "
                         "offers, or offer more there"});
    }
  }
  return out;
}

// ---- types

std::vector<TypeName> types_of(const SourceFile& header) {
  static const std::regex kNamespace(R"(namespace ([\w:]+) \{.*)");
  static const std::regex kType(R"((?:struct|class|enum class|enum) (\w+)[^;{]*\{.*)");
  std::vector<TypeName> out;
  std::string within;
  for (std::size_t i = 0; i < header.code.size(); ++i) {
    std::smatch m;
    if (std::regex_match(header.code[i], m, kNamespace)) within = m[1].str() + "::";
    if (std::regex_match(header.code[i], m, kType)) {
      out.push_back({within + m[1].str(), header.path, i + 1});
    }
  }
  return out;
}

Findings check_one_type_a_name(std::vector<TypeName> types) {
  std::stable_sort(types.begin(), types.end(),
                   [](const TypeName& a, const TypeName& b) { return a.name < b.name; });
  Findings out;
  for (std::size_t i = 1; i < types.size(); ++i) {
    if (types[i].name != types[i - 1].name) continue;
    out.push_back({types[i].path, types[i].line,
                   types[i].name + " is also the name of a type in " + types[i - 1].path +
                       ": two types of one name corrupt each other; rename one"});
  }
  return out;
}

// ---- determinism

namespace {

std::string joined(const Strings& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// The place after the bracket that closes the one before `at`.
std::size_t closed(const std::string& code, std::size_t at, char open, char close) {
  for (int depth = 1; at < code.size() && depth > 0; ++at) {
    depth += code[at] == open ? 1 : code[at] == close ? -1 : 0;
  }
  return at;
}

// Names that `code` declares with a template of this family: `family<A, B<C>> name`.
std::set<std::string> declared_as(const std::string& code, const std::regex& family) {
  std::set<std::string> out;
  for (std::sregex_iterator m(code.begin(), code.end(), family), end; m != end; ++m) {
    std::size_t from =
        closed(code, static_cast<std::size_t>(m->position() + m->length()), '<', '>');
    from = std::min(code.find_first_not_of(" \n&", from), code.size());
    std::size_t to = from;
    while (to < code.size() && is_word(code[to])) ++to;
    if (to > from) out.insert(code.substr(from, to - from));
  }
  return out;
}

// What a loop header `declaration : range` ranges over; empty if it is not of that kind.
std::string ranged_over(const std::string& header) {
  if (header.find(';') != std::string::npos) return "";
  for (std::size_t at = header.find(':'); at != std::string::npos; at = header.find(':', at + 1)) {
    if (header.compare(at, 2, "::") != 0) return header.substr(at + 1);
    ++at;
  }
  return "";
}

// `header`: the file's own header, where its members are declared; may be null.
Findings check_iteration(const SourceFile& file, const SourceFile* header) {
  static const std::regex kUnordered(R"(\bunordered_\w+\s*<)");
  static const std::regex kOrdered(R"(\b(vector|array|span|map|set|deque|list)\s*<)");
  static const std::regex kLoop(R"(\bfor\s*\()");
  static const std::regex kBegin(R"((\w+)\s*(\.|->)\s*c?begin\s*\()");
  const std::string code = joined(file.code);
  const std::string known = code + (header == nullptr ? "" : joined(header->code));
  std::set<std::string> names = declared_as(known, kUnordered);
  for (const std::string& both : declared_as(known, kOrdered)) names.erase(both);
  Findings out;
  const auto report = [&](std::size_t at, const std::string& over) {
    const auto line =
        std::count(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    out.push_back({file.path, static_cast<std::size_t>(line) + 1,
                   "the order of unordered '" + over +
                       "' is nobody's promise: look up in it, but "
                       "range over a sorted vector or a dense index"});
  };
  for (std::sregex_iterator m(code.begin(), code.end(), kLoop), end; m != end; ++m) {
    const std::size_t from = static_cast<std::size_t>(m->position() + m->length());
    const std::string range =
        ranged_over(code.substr(from, closed(code, from, '(', ')') - from - 1));
    std::size_t to = range.size();
    while (to > 0 && !is_word(range[to - 1])) --to;
    std::size_t start = to;
    while (start > 0 && is_word(range[start - 1])) --start;
    const std::string last = range.substr(start, to - start);
    if (names.contains(last) || range.find("unordered_") != std::string::npos) report(from, last);
  }
  for (std::sregex_iterator m(code.begin(), code.end(), kBegin), end; m != end; ++m) {
    if (names.contains((*m)[1])) report(static_cast<std::size_t>(m->position()), (*m)[1]);
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

}  // namespace

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

namespace {

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

}  // namespace

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

Findings check_links(const SourceFile& page, const Exists& exists) {
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

}  // namespace lianqing::house
