// Keeps the rules of the house. The first half puts the tree to every check of checks.h; the second
// shows on small snippets that each check is able to fail. CONTRIBUTING.md says the rules in prose.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "tests/house/checks.h"

#ifndef LIANQING_SOURCE_DIR
#define LIANQING_SOURCE_DIR "."
#endif

namespace lianqing::house {
namespace {

namespace fs = std::filesystem;

// ---- the tree

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
  for (const std::string& path : artefact()) {
    const auto at = tree().sources.find(path);
    if (at == tree().sources.end()) continue;
    for (const Include& include : includes_of(at->second)) {
      if (home_of(include.target) != "rules" || artefact().contains(include.target)) continue;
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

TEST(House, ANameIsOfOneType) {
  std::vector<TypeName> types;
  for (const auto& [path, file] : tree().sources) {
    if (!file.is_header()) continue;
    for (TypeName& type : types_of(file)) types.push_back(std::move(type));
  }
  ASSERT_GT(types.size(), 100U);
  EXPECT_CLEAN(check_one_type_a_name(std::move(types)));
}

TEST(House, FilesAreOfAReadableSize) {
  EXPECT_CLEAN(over_sources([](const SourceFile& f) { return check_size(f, size_exceptions()); }));
  for (const SizeException& e : size_exceptions()) {
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
  EXPECT_EQ(edges("log/a.cc", "#include \"engine/entry.h\"\n").size(), 1U);
  EXPECT_EQ(edges("engine/a.cc", "#include \"log/event_log.h\"\n").size(), 1U);
  EXPECT_EQ(edges("connectors/a.cc", "#include \"log/event_log.h\"\n").size(), 1U);
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
       {"  auto t = std::chrono::system_clock::now();",
        "  auto t = time(nullptr);",
        "  int r = rand();",
        "  std::random_device d;",
        "  std::mt19937 g(1);",
        "  auto e = std::getenv(\"TZ\");",
        "  double d = std::stod(s);",
        "  double d = strtod(s, nullptr);",
        "  double d = atof(s);",
        "  setlocale(LC_ALL, \"\");",
        "  std::hash<int>{}(1);",
        "  std::map<Rule*, int> m;",
        "  std::set<const Rule*> m;",
        "  std::cerr << 1;",
        "  printf(\"x\");",
        "int counter = 0;",
        "Cache cache;",
        "std::vector<int> seen;",
        "  static int calls = 0;",
        "  static Cache cache;",
        "thread_local int depth;",
        "inline int counter = 0;",
        "  for (auto& x : std::unordered_map<int, int>{}) {}",
        "  std::unordered_map<int, std::vector<int>> m;\n  for (const auto& [k, v] : m) {",
        "  boost::unordered_flat_map<int, int> m_;\n  for (auto& x :\n       this->m_) use(x);",
        "  std::unordered_set<int> s;\n  std::vector<int> v(s.begin(), s.end());"}) {
    EXPECT_EQ(bans("engine/a.cc", bad).size(), 1U) << bad << "\n"
                                                   << render(bans("engine/a.cc", bad));
    EXPECT_CLEAN(bans("cli/a.cc", bad));
  }
  for (const char* good :
       {"// rand()", "  auto s = f(\"rand()\");", "  static const int kA = 1;",
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

TEST(HouseSelf, TwoTypesOfOneNameAreSeen) {
  const auto all = [](const char* second) {
    std::vector<TypeName> types = types_of(
        source("rules/a.h", "namespace lianqing {\nstruct Token {\n};\nclass Other;\n}\n"));
    for (TypeName& type : types_of(source("cli/b.h", second))) types.push_back(std::move(type));
    return check_one_type_a_name(std::move(types));
  };
  EXPECT_EQ(all("namespace lianqing {\nclass Token final : public X {\n};\n}\n").size(), 1U);
  EXPECT_EQ(all("namespace lianqing {\nenum class Token : int { a };\n}\n").at(0).line, 2U);
  EXPECT_CLEAN(all("namespace lianqing::http {\nstruct Token {\n};\n}\n"));
  EXPECT_CLEAN(all("namespace lianqing {\nstruct Other {\n  struct Token {\n  };\n};\n}\n"));
  EXPECT_CLEAN(all("namespace lianqing {\nstruct Token;\n}\n"));
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
}  // namespace lianqing::house
